//! Sessions in containers of many kinds: what a command sees of its target, what it leaves there, and when a session ends.
//! The words of a session are what the plugin sends; the container is made by hand.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod life;
mod node;
mod restricted;
mod session;
mod target;
mod terminal;
