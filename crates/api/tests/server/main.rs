//! What a real API server makes of our kinds: whether it accepts the definitions in `crds/`, what it refuses of
//! an object, what it fills in. Its own Go code answers, in the program that `make test` builds and names in
//! `CHANDLER_ORACLE`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it says what was skipped")]

mod bounds;
mod definitions;
mod examples;
mod objects;
mod rules;
mod server;
mod stored;
