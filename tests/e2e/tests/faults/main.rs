//! What the daemon does when what it depends on is away: the API server, its history, the disk.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod api_server;
mod disk;
mod leader;
mod review;
mod stage;
