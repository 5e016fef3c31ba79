//! The chart: what helm makes of it, what the API server makes of that, and a release that lives.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod guard;
mod lifecycle;
mod monitoring;
mod release;
mod rendered;
mod turn;
mod values;
