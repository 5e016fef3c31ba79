//! `cp` as a user runs it, in and out of pods that run.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod cuts;
mod files;
mod place;
mod refusals;
mod trees;
