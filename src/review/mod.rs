//! The reader's judgement: what a person says of each of the 25 grades, in which box it is seen, and in which words.
//!
//! Nothing is ever overwritten. A review is a list of acts, each with its author, its time, what was there before and
//! what is there since; what stands at a moment is what the acts add up to. Taking something back is an act too.
//!
//! Nothing in here knows about files, databases or windows.

mod act;
mod change;
mod decision;
mod desk;
mod draft;
mod state;
mod statement;
mod texts;
mod undo;
mod wording;

pub use act::Act;
pub use change::Change;
pub use decision::{BoxChoice, Decision, Region};
pub use desk::Desk;
pub use draft::Draft;
pub use state::{CellReview, Refusal, Review, Signature};
pub use statement::Statement;
pub use wording::{conclusion, sentence};

#[cfg(test)]
mod tests;
