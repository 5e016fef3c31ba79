//! The program at API servers that do what the one at hand does not: those that open a stream before they know whether
//! the container runs, lose an answer, or are at a request for a long time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod api;
mod copies;
mod sessions;
