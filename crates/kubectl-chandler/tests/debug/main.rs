//! Sessions, copies and nodes, as a user has them on a real kubelet.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod completion;
mod copies;
mod failures;
mod many;
mod place;
mod remains;
mod rights;
mod sessions;
mod streams;
mod targets;
mod terminal;
mod toolboxes;
mod window;
