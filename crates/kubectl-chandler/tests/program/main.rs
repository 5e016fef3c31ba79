//! The program as a user runs it: arguments and files in, output, messages and exit codes out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by a panic"
)]
#![allow(clippy::print_stdout, reason = "what was compared, and what was skipped")]

mod bad_documents;
mod bad_templates;
mod examples;
mod inject;
mod real_manifests;
mod session;
