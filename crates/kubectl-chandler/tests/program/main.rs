//! The program as a user runs it: arguments and files in, output, messages and exit codes out.

mod bad_documents;
mod bad_templates;
mod examples;
mod inject;
mod real_manifests;
mod session;
