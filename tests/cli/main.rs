//! The real program, as a user runs it: what it prints, where, and how it ends.

mod bad_input;
mod dialects;
mod engine;
mod grade;
mod models;
mod output;
mod support;
