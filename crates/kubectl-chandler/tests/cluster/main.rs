//! The verbs that ask a cluster, as a user runs them against a real API server.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod completion;
mod explain;
mod failures;
mod outdated;
mod place;
mod templates;
