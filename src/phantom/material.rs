//! What the phantom is made of; what it looks like is in [`super::sequence`].

/// A kind of tissue; what it looks like is in [`super::sequence`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tissue {
    Air,
    Skin,
    Fat,
    Muscle,
    CorticalBone,
    Marrow,
    Nucleus,
    DryNucleus,
    Annulus,
    Csf,
    Nerve,
    Ligament,
    Fluid,
    Blood,
    Bowel,
    Kidney,
}

impl Tissue {
    /// How many there are.
    pub const COUNT: usize = Self::Kidney as usize + 1;
}
