//! What an engineer works with: an image, and how it is used.

mod built_in;
mod choice;
mod file;

pub use choice::{Choice, ChoiceError, Offer, Source, choose};
pub use file::{FileError, read_file};

use std::collections::BTreeMap;

use chandler_api::debug::{DebugRecipe, DebugToolboxSpec, RecipeView};
use serde_json::Value;

use crate::profile::ProfileChoice;

/// The image of this suite, as the chart and the plugin name it where nobody names another.
pub const DEFAULT_IMAGE: &str = concat!("chandler.dev/toolbox:", env!("CARGO_PKG_VERSION"));

/// The name of the toolbox that is always there.
pub const DEFAULT_NAME: &str = "default";

/// What an engineer works with.
#[derive(Debug, Clone, PartialEq)]
pub struct Toolbox {
    /// What people call it; the image's where it was named by that.
    pub name: String,
    /// What it is for, where somebody says.
    pub description: Option<String>,
    /// Its image.
    pub image: String,
    /// When nodes pull the image. None: the cluster's own rule.
    pub pull_policy: Option<String>,
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
    /// What it needs, where the command line does not say; None: what the toolbox says.
    pub profile: Option<ProfileChoice>,
    /// Whose file system it works in.
    pub view: RecipeView,
}

impl Toolbox {
    /// The toolbox that is always there.
    #[must_use]
    pub fn built_in() -> Self {
        Self::of_image(DEFAULT_NAME, DEFAULT_IMAGE)
    }

    /// One of which only the image is known, as with `--image`.
    #[must_use]
    pub fn of_image(name: &str, image: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: None,
            image: image.to_owned(),
            pull_policy: None,
            shell: None,
            profile: ProfileChoice::Auto,
            env: Vec::new(),
            volume_mounts: Vec::new(),
            recipes: built_in::recipes(),
        }
    }

    /// One that somebody described.
    #[must_use]
    pub fn of_spec(name: &str, spec: &DebugToolboxSpec) -> Self {
        let mut toolbox = Self::of_image(name, &spec.image);
        toolbox.description.clone_from(&spec.description);
        toolbox.pull_policy = spec.image_pull_policy.map(|policy| policy.name().to_owned());
        toolbox.shell.clone_from(&spec.shell);
        toolbox.profile = spec.profile.into();
        toolbox.env = values(&spec.env);
        toolbox.volume_mounts = values(&spec.volume_mounts);
        toolbox.recipes.extend(spec.recipes.iter().map(|recipe| (recipe.name.clone(), recipe.into())));
        toolbox
    }

    /// What a container may do: as the command line says, else as the recipe needs it, else as the toolbox has it.
    #[must_use]
    pub fn profile(&self, asked: Option<ProfileChoice>, recipe: Option<&Recipe>) -> ProfileChoice {
        asked.or_else(|| recipe?.profile).unwrap_or(self.profile)
    }
}

impl From<&DebugRecipe> for Recipe {
    fn from(recipe: &DebugRecipe) -> Self {
        Self {
            description: recipe.description.clone().unwrap_or_default(),
            command: recipe.command.clone(),
            terminal: recipe.terminal,
            profile: recipe.profile.map(ProfileChoice::from),
            view: recipe.view,
        }
    }
}

fn values<T: serde::Serialize>(items: &[T]) -> Vec<Value> {
    items.iter().filter_map(|item| serde_json::to_value(item).ok()).collect()
}

#[cfg(test)]
mod tests;
