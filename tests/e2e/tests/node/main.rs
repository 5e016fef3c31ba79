//! Pods that templates fitted out, running: on a node with its kubelet and containers, nothing of it pretended.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod agent;
mod fitted_pods;
mod job;
mod local;
mod pods;
