//! What the API server says of pods: of those that templates fit out, and of the merge that does it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod golden;
mod merge_table;
mod patches;
mod strategic_merge;
