//! Archives (PACS): asking them, fetching studies from them, and sending results back (Cargo feature `network`).
//!
//! Nothing here talks to a computer that the user has not entered ([`Nodes`]), and nothing listens except while a job that
//! needs it is running. Instances go from the network into files as they are ([`study`](crate::study) reads them there);
//! only command sets, questions and answers are decoded here.

pub mod dimse;
mod error;
mod inbox;
mod meta;
mod node;
mod query;
mod retrieve;

pub use dimse::{Finder, FoundInstance, Sent, echo, status, store};
pub use error::ArchiveError;
pub use inbox::{Bounds, Inbox, Incoming};
pub use meta::{Head, Outgoing, read as read_head};
pub use node::{AeTitle, FILE_NAME, Node, Nodes, NodesError, Receive, Tls, is_name};
pub use query::{Day, Found, FoundSeries, FoundStudy, Question};
pub use retrieve::{By, Progress, Retrieved, retrieve};
