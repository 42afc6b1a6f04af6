//! Real files that nobody here wrote (DOMAIN.md §7), fetched by `tests/corpora/fetch.sh`: every file is read, every
//! frame decoded, and the values compared with pydicom's. docs/corpora.md tells what differs and why.
//! Beside them, what another program thinks of the files that we write.
//!
//! `cargo test --test corpora -- --ignored`; without the files these tests fail.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops where it is")]

mod account;
mod dciodvfy;
mod decode;
mod grade;
mod mutations;
mod pydicom;
mod support;
mod variants;
