//! The daemon behind a real API server: what a pod becomes on its way in.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod between;
mod daemon;
mod pods;
mod templates;
