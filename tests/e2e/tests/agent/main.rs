//! The agent under a real Prometheus: what was written to logs is what `increase()` says, also if the agent is killed.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod exact;
mod prometheus;
