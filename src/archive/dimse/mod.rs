//! DICOM over TCP and TLS (PS3.7, PS3.8), in blocking threads: the older of the two ways to talk to an archive, and the one
//! that every archive has.

mod association;
mod classes;
pub mod command;
mod echo;
pub mod elements;
mod fetch;
mod find;
mod get;
mod listener;
pub mod pdu;
pub mod status;
mod store;
mod take;
mod tls;
mod wire;

pub(crate) use association::{IMPLEMENTATION, IMPLEMENTATION_NAME};
pub(crate) use classes::Offer;
pub use echo::echo;
pub(crate) use fetch::fetch;
pub use find::{Finder, FoundInstance};
pub(crate) use get::{Ended, Wanted, get};
pub use store::{Sent, store};
pub(crate) use take::Taken;
