//! Real files that nobody here wrote (DOMAIN.md §7), fetched by `tests/corpora/fetch.sh`: every file is read, every
//! frame decoded, and the values compared with pydicom's. docs/corpora.md tells what differs and why.
//!
//! `cargo test --test corpora -- --ignored`; without the files these tests fail.

mod decode;
mod grade;
mod pydicom;
mod support;
