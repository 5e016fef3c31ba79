//! What the API server makes of our kinds: whether it accepts the definitions in `crds/`, what it refuses of an object,
//! what it fills in.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bounds;
mod definitions;
mod examples;
mod objects;
mod rules;
mod server;
mod stored;
mod toolboxes;
