//! What a hand is doing on an image at this moment: a mark that is drawn, a box that is pulled.

pub mod boxes;
pub mod marks;
