//! Pictures that leave the program: as on screen, with what has to be said, and without a name.

use std::sync::Arc;

use egui::{Key, Modifiers, OutputCommand, Vec2, vec2};
use egui_kittest::kittest::Queryable;
use image::{
    RgbaImage,
    imageops::{FilterType, crop_imm, flip_horizontal, resize},
};

use super::{Window, graded_demo, graded_window, id, is_shown, press, session, wait_for};
use crate::{
    RESEARCH_USE_ONLY,
    grading::Evidence,
    markup::{Point, Shape},
    ui::{
        picture::{self, Sketch},
        state::{command::UiCommand as C, export::PictureOf, pane::PaneId, session::Session, viewer::Action},
    },
    worker::{SessionId, SliceKey, Ticket},
};

fn does(window: &mut Window, command: C) {
    window.state_mut().viewer.perform(Action::Do(command));
    for _ in 0..4 {
        window.step();
    }
    wait_for(window, "the slices", is_shown);
}

fn taken(window: &mut Window, of: PictureOf) -> RgbaImage {
    Sketch::new(&window.state().viewer, of).expect("an image").paint().expect("painted")
}

/// Every field that names the patient, or that somebody typed.
fn rename(session: &mut Session, word: &str) {
    let study = Arc::make_mut(&mut session.study);
    study.patient.name = format!("{word}^Anna");
    study.patient.id = word.to_owned();
    study.patient.birth_date = word.to_owned();
    study.date = word.to_owned();
    study.description = word.to_owned();
    for series in &mut study.series {
        series.description = word.to_owned();
    }
}

/// How many pixels differ by more than `least` in one of their colours.
fn differing(a: &RgbaImage, b: &RgbaImage, least: u8) -> usize {
    assert_eq!(a.dimensions(), b.dimensions());
    let differs = |a: &image::Rgba<u8>, b: &image::Rgba<u8>| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > least);
    a.pixels().zip(b.pixels()).filter(|(a, b)| differs(a, b)).count()
}

#[test]
fn no_pixel_and_no_byte_tells_the_patient() {
    let mut window = graded_demo();
    let other = session(window.state()).study.as_ref().clone();
    let mut below = Session::new(SessionId(1_002), Ticket(1_003), other, false);
    below.run.progress = crate::ui::state::session::Grading::Cancelled;
    window.state_mut().viewer.sessions.push(below);
    window.state_mut().viewer.perform(Action::Compare(SessionId(1_002)));
    wait_for(&mut window, "both studies", |app| {
        let visible = app.viewer.visible_panes();
        visible.len() == 6 && visible.into_iter().all(|id| app.viewer.shown_in(id).is_some())
    });
    // A slice that cannot be shown says why on screen, with the name of its file.
    let open = session(window.state());
    let key = SliceKey { session: open.id, series: open.panes[1].series.expect("T2"), slice: open.panes[1].slice };
    let mut pictures = Vec::new();
    for word in ["Zwölfender", "Q"] {
        let viewer = &mut window.state_mut().viewer;
        viewer.sessions.iter_mut().for_each(|session| rename(session, word));
        viewer.slices.cache.put(key, Err(format!("/data/{word}/1.dcm: the data end too early")));
        window.step();
        let screen = window.render().expect("the window");
        let file = tempfile::NamedTempFile::new().expect("a file");
        let sketch = Sketch::new(&window.state().viewer, PictureOf::AllPanes).expect("an image");
        picture::save(&sketch, file.path()).expect("saved");
        let bytes = std::fs::read(file.path()).expect("a PNG");
        pictures.push((screen, taken(&mut window, PictureOf::Pane), bytes));
    }
    let [first, second] = &pictures[..] else { panic!("two") };
    assert!(differing(&first.0, &second.0, 0) > 1000, "the screen does show the names: the test tells something");
    assert_eq!(differing(&first.1, &second.1, 0), 0);
    assert_eq!(first.2, second.2, "the files");
}

#[test]
fn the_picture_is_what_is_on_screen() {
    let mut window = graded_window(vec2(1280.0, 720.0), 2.0);
    does(&mut window, C::Captions);
    for command in [C::ZoomIn, C::PanLeft, C::Invert] {
        does(&mut window, command);
    }
    let screen = window.render().expect("the window");
    let taken = taken(&mut window, PictureOf::Pane);
    let rect = window.get_by(|node| node.label().is_some_and(|label| label.starts_with("Pane 1"))).rect();
    let (width, height) = ((rect.width() * 2.0) as u32, (rect.height() * 2.0) as u32);
    let on_screen = crop_imm(&screen, (rect.left() * 2.0) as u32, (rect.top() * 2.0) as u32, width, height).to_image();
    assert_eq!(taken.width(), width);
    // Above it stands what has to be said.
    let below = crop_imm(&taken, 0, taken.height() - height, width, height).to_image();
    assert!(taken.height() > height + 40);
    let inside = |image: &RgbaImage| crop_imm(image, 4, 4, width - 8, height - 8).to_image();
    // A pane on screen may begin between two pixels, and so edges of letters differ; nothing else does.
    let all = (width * height) as usize;
    let differs = differing(&inside(&below), &inside(&on_screen), 40);
    assert!(differs < all / 100, "{differs} of {all} pixels");
}

#[test]
fn flips_windows_and_hidden_overlays_are_in_the_picture() {
    let mut window = graded_demo();
    let with_overlays = taken(&mut window, PictureOf::Pane);
    does(&mut window, C::Overlays);
    let plain = taken(&mut window, PictureOf::Pane);
    assert!(differing(&with_overlays, &plain, 20) > 500);
    does(&mut window, C::FlipHorizontal);
    let flipped = taken(&mut window, PictureOf::Pane);
    // Away from the letters at the edges.
    let middle = |image: &RgbaImage| {
        let (width, height) = image.dimensions();
        crop_imm(image, 80, height / 4, width - 160, height / 6).to_image()
    };
    assert!(differing(&middle(&plain), &middle(&flipped), 20) > 1000);
    assert_eq!(differing(&flip_horizontal(&middle(&plain)), &middle(&flipped), 3), 0);
    does(&mut window, C::Invert);
    let inverted = taken(&mut window, PictureOf::Pane);
    let sums = |image: &RgbaImage| middle(image).pixels().map(|p| u64::from(p.0[0])).sum::<u64>();
    assert!(sums(&inverted) != sums(&flipped));
}

#[test]
fn what_is_selected_or_under_the_pointer_leaves_no_trace() {
    let mut window = graded_demo();
    let open = window.state_mut().viewer.session_mut().expect("a study");
    let pane = &open.panes[1];
    let slice = open.study.series[pane.series.expect("a series")].slices[pane.slice].id();
    open.marks.markup.add(
        slice.clone(),
        Shape::Length { from: Point::new(60.0, 40.0), to: Point::new(130.0, 70.0) },
        "",
    );
    window.step();
    let plain = taken(&mut window, PictureOf::AllPanes);
    let viewer = &mut window.state_mut().viewer;
    let (visibility, threshold) = (viewer.visibility, viewer.settings.threshold);
    let open = viewer.session_mut().expect("a study");
    let evidence = crate::ui::view::viewport::visible_boxes(open, &visibility, threshold, &slice)
        .last()
        .map(|v| Evidence::from(*v));
    open.marks.selected = open.marks.markup.marks().first().map(|mark| mark.id);
    open.focus.cell = Some(id("spinal_canal_stenosis_l4_l5"));
    assert!(evidence.is_some(), "a box on the slice");
    open.focus.evidence = evidence;
    press(&mut window, Modifiers::NONE, Key::D);
    window.hover_at(super::pane(&window, 1));
    window.step();
    assert_eq!(differing(&plain, &taken(&mut window, PictureOf::AllPanes), 0), 0);
}

#[test]
fn a_png_says_what_made_it_and_what_it_is_not_for() {
    let window = graded_demo();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new").join("picture.png");
    let sketch = Sketch::new(&window.state().viewer, PictureOf::Pane).expect("an image");
    picture::save(&sketch, &path).expect("saved");
    let reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&path).expect("a file")));
    let reader = reader.read_info().expect("a PNG");
    let texts = &reader.info().uncompressed_latin1_text;
    let text = |keyword: &str| texts.iter().find(|t| t.keyword == keyword).map(|t| t.text.clone());
    assert_eq!(text("Software"), Some(format!("Foramen {}", env!("CARGO_PKG_VERSION"))));
    assert_eq!(text("Disclaimer"), Some(RESEARCH_USE_ONLY.to_owned()));
    let warning = reader.info().utf8_text[0].get_text().expect("a text");
    assert!(warning.contains("phantom") && warning.contains("demo models"), "{warning}");
    let decoded = image::open(&path).expect("another reader opens it").into_rgba8();
    assert_eq!(differing(&decoded, &sketch.paint().expect("painted"), 0), 0);
    // A place where nothing can be written: a message with its name.
    std::fs::create_dir(folder.path().join("taken.png")).expect("a folder");
    let error = picture::save(&sketch, &folder.path().join("taken.png")).expect_err("a folder is in the way");
    assert!(error.to_string().contains("taken.png"), "{error}");
}

#[test]
fn the_picture_of_the_pane_comes_into_the_clipboard() {
    let mut window = graded_demo();
    let expected = taken(&mut window, PictureOf::Pane);
    window.key_press_modifiers(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::C);
    for _ in 0..600 {
        window.step();
        let copied = window.output().platform_output.commands.iter().find_map(|command| match command {
            OutputCommand::CopyImage(image) => Some(image.clone()),
            _ => None,
        });
        if let Some(copied) = copied {
            let copied = RgbaImage::from_raw(copied.size[0] as u32, copied.size[1] as u32, copied.as_raw().to_vec());
            assert_eq!(differing(&copied.expect("pixels"), &expected, 0), 0);
            assert!(window.state().viewer.notices.last().is_some_and(|n| n.text.contains("copied to the clipboard")));
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("nothing was copied");
}

#[test]
fn pictures_of_a_pane_of_all_panes_and_of_a_narrow_one() {
    let mut window = graded_demo();
    let viewer = &window.state().viewer;
    let pane = PaneId { session: session(window.state()).id, index: 0 };
    assert_eq!(viewer.active_pane(), Some(pane));
    let mut failed = Vec::new();
    let mut look = |image: &RgbaImage, name: &str| {
        let half = resize(image, image.width() / 2, image.height() / 2, FilterType::Triangle);
        let options = egui_kittest::SnapshotOptions::new().threshold(1.0).max_failed_pixels(60);
        if let Err(error) = egui_kittest::try_image_snapshot_options(&half, name, &options) {
            failed.push(error.to_string());
        }
    };
    look(&taken(&mut window, PictureOf::AllPanes), "picture-all");
    does(&mut window, C::LayoutTwo);
    does(&mut window, C::FlipVertical);
    look(&taken(&mut window, PictureOf::Pane), "picture-pane");
    // Before the window was ever painted, a picture has a size all the same.
    let viewer = &mut window.state_mut().viewer;
    let shown = viewer.active_pane().expect("a pane");
    assert_ne!(shown, pane, "the first pane is not on screen");
    viewer.pane_mut(shown).expect("a pane").area = Vec2::ZERO;
    assert!(Sketch::new(viewer, PictureOf::Pane).is_some());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
