//! Merges a partial pod onto a pod by Kubernetes' own rules, and finds the smallest JSON Patch between two.
//!
//! `schema` knows how the lists of a pod merge, `merge` and `pod` carry a patch out, `check` validates one
//! before there is a pod, `diff` compares what was with what is.

mod check;
mod diff;
mod differences;
mod directive;
mod error;
mod key;
mod merge;
mod place;
mod plain;
mod pod;
mod report;
pub mod schema;

pub use check::{check_container_patch, check_pod_patch};
pub use diff::{Operation, diff, diff_at};
pub use differences::{DIFFERENCES, Difference};
pub use error::MergeError;
pub use pod::{merge_container, merge_pod, strategic_merge};
pub use report::{Cause, Conflict, Conflicts, Report, Warning};
