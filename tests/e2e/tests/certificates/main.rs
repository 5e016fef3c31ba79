//! Certificates of the injector, on a real API server that refuses a pod when it cannot trust who answers.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "the runner shows what a test prints when it fails")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod clocks;
mod creator;
mod files;
mod healing;
mod replica;
mod rotation;
mod stage;
