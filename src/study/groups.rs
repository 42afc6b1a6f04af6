//! Where an attribute of a frame may be: in the frame's own functional group, in the shared one, or in the file itself.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

/// The places where an attribute of a frame may be.
pub struct Groups<'a> {
    /// The file itself.
    pub object: &'a InMemDicomObject,
    shared: Option<&'a InMemDicomObject>,
    /// The groups of each frame.
    pub per_frame: &'a [InMemDicomObject],
}

impl<'a> Groups<'a> {
    /// Those of a file.
    pub fn of(object: &'a InMemDicomObject) -> Self {
        let items = |tag| object.get(tag).and_then(|e| e.items()).unwrap_or_default();
        Self {
            object,
            shared: items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first(),
            per_frame: items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE),
        }
    }

    /// The data set that holds `tag` for a frame: its own group, the shared one, or the file itself.
    pub fn find(&self, frame: u32, group: Tag, tag: Tag) -> Option<&'a InMemDicomObject> {
        let inside = |object: &'a InMemDicomObject| object.get(group)?.items()?.first();
        let own = self.per_frame.get(frame as usize).and_then(inside);
        [own, self.shared.and_then(inside), Some(self.object)].into_iter().flatten().find(|o| o.get(tag).is_some())
    }
}
