//! Transfers between two folders of this machine: the scripts run in a real shell with real tools, and every archive is
//! one that somebody could send.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod evil;
mod into;
mod out;
mod place;
mod resume;
