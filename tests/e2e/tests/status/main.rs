//! What the daemon says of templates and on workloads, with no more rights than it needs.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod conditions;
mod counts;
mod events;
mod replicas;
mod rights;
mod stage;
