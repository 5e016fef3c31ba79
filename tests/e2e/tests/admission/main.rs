//! The daemon behind a real API server: what a pod becomes on its way in.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "what was measured is worth a look where it passes as well")]

mod account;
mod answers;
mod between;
mod client_authority;
mod daemon;
mod direct;
mod limits;
mod pods;
mod replicas;
mod selection;
mod templates;
mod unknown_fields;
mod untouched;
