//! Streams to containers that run: every byte, every end, and every way to lose a connection.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stdout, reason = "people who look at a run want to see how fast it was")]

mod bytes;
mod endings;
mod losses;
mod refusals;
mod sizes;
mod stage;
