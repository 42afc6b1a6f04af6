//! What is seen: painters take the state as it is and push what the reader asks for. They own nothing but the buffers of
//! widgets (`panels::Memory`) and textures.

pub mod panels;
pub mod scores;
pub mod theme;
pub mod viewport;
