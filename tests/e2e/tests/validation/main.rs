//! Templates on their way into a real API server, past the daemon's validating webhook: what is refused, what is warned
//! of, and whether the API server itself is of the same opinion about the pods.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "the suite admission uses more of it")]
#[path = "../admission/daemon.rs"]
mod daemon;
#[allow(dead_code, reason = "the suite admission uses more of it")]
#[path = "../admission/direct.rs"]
mod direct;
mod errors;
mod security;
mod stage;
mod templates;
mod updates;
mod warnings;
