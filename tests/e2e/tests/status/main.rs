//! What the daemon says of templates and on workloads, with no more rights than the chart gives it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod conditions;
mod counts;
mod events;
mod replicas;
mod stage;
