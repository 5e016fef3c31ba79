//! What Pod Security admission refuses in a pod: the level that a namespace enforces, and how a pod breaks it.
//!
//! The rules are the [Pod Security Standards], check by check as the folder `policy` of `k8s.io/pod-security-admission`
//! has them at v1.36, in its order and with its words for the reasons. A namespace may ask for the rules of an earlier
//! version of Kubernetes, and a cluster for exceptions: neither is known here.
//!
//! [Pod Security Standards]: https://kubernetes.io/docs/concepts/security/pod-security-standards/

mod baseline;
mod check;
mod level;
mod pod;
mod read;
mod restricted;

pub use check::{Violation, violations};
pub use level::{ENFORCE_LABEL, Level};
pub use pod::Subject;
