//! Clusters leave nothing behind, however they end, and nothing of them shows outside while they run.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it says what was skipped, and how long starts take")]

mod ends;
mod machine;
mod side_by_side;
