//! Tooling containers for pods and nodes, and what goes in and out of them.
//!
//! Pure: `toolbox` is what an engineer works with, `profile` what it may do, `plan` turns a pod or a node and a wish into
//! what is to be made in the cluster, `existing` finds what was made before, `standing` says from a pod whether a container
//! runs, will run, or why it never will, and `script` is what runs in the containers. Edges: `stream` carries a command's
//! input and output, `terminal` is the person's, `record` keeps a session, and `transfer` carries files.

pub mod existing;
pub mod plan;
pub mod profile;
pub mod record;
pub mod script;
pub mod standing;
pub mod stream;
pub mod terminal;
pub mod toolbox;
pub mod transfer;
