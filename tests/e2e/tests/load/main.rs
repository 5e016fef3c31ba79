//! Pods from many clients at a real API server, on two replicas that restart and are killed, while templates change.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what was measured is worth a look where it passes as well")]

mod clients;
mod memory;
mod run;
mod service;
mod templates;
