//! What the daemon does with requests that are none: thousands of them, through the network, and no API server in between.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod client;
mod files;
mod large;
mod malformed;
mod slow;
mod stalled;
mod target;
