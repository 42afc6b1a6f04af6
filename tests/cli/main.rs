//! The real program, as a user runs it: what it prints, where, and how it ends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops where it is")]

mod bad_input;
mod batch;
mod calibrate;
mod dialects;
mod engine;
mod evaluate;
mod faults;
mod grade;
mod help;
mod levels;
mod models;
#[path = "../support/mounts.rs"]
mod mounts;
mod output;
mod report;
mod sample;
mod seed;
mod support;
mod train;
mod vanish;
