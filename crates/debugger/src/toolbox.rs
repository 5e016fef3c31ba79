//! What an engineer works with: an image, and how it is used.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::profile::ProfileChoice;

/// The image of this suite, as the chart and the plugin name it where nobody names another.
pub const DEFAULT_IMAGE: &str = concat!("chandler.dev/toolbox:", env!("CARGO_PKG_VERSION"));

/// What an engineer works with.
#[derive(Debug, Clone, PartialEq)]
pub struct Toolbox {
    /// What people call it.
    pub name: String,
    /// Its image.
    pub image: String,
    /// The program that an interactive session runs, looked up on the image's PATH; None: the best of `bash` and `sh`.
    pub shell: Option<String>,
    /// What its container may do, where the command line does not say.
    pub profile: ProfileChoice,
    /// Environment variables, as a container has them in `env`.
    pub env: Vec<Value>,
    /// Volume mounts, as a container has them in `volumeMounts`; the volumes are the pod's.
    pub volume_mounts: Vec<Value>,
    /// Commands with a name.
    pub recipes: BTreeMap<String, Recipe>,
}

/// A command with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// What it does, in a line.
    pub description: String,
    /// The words of the command; words from the command line are added.
    pub command: Vec<String>,
    /// Whether it wants a terminal where there is one.
    pub terminal: bool,
    /// What it needs at least, where the toolbox does not have it anyway.
    pub profile: Option<ProfileChoice>,
}
