//! The flags that say where templates, namespaces and the platform's values come from.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::source::{FileProblem, Source, expand_sources};
use super::{Read, read_namespaces, read_templates};
use crate::decision::{Settings, UnknownTemplates};
use crate::facts::Namespace;
use crate::review::Injector;

/// Where templates, namespaces and the platform's values come from.
#[derive(Debug, Clone, Args)]
pub struct CatalogArgs {
    /// Templates: files, folders, or - for standard input.
    #[arg(short, long, value_name = "PATH", num_args = 1.., required = true)]
    pub templates: Vec<PathBuf>,

    /// Namespace objects, for their labels and annotations: files, folders, or -.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub namespaces: Vec<PathBuf>,

    /// Namespace of documents and templates that name none.
    #[arg(short, long, value_name = "NAME", default_value = "default")]
    pub namespace: String,

    /// Read folders with their subfolders.
    #[arg(short = 'R', long)]
    pub recursive: bool,

    /// What the platform says.
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// What the platform says to every decision.
#[derive(Debug, Clone, Args)]
pub struct SettingsArgs {
    /// Name of the cluster, `cluster.name` in expressions.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub cluster_name: String,

    /// A value of the platform, `cluster.values.KEY` in expressions; may be repeated.
    #[arg(long = "cluster-value", value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub cluster_values: Vec<(String, String)>,

    /// What a template that does not exist means to the pod that asks for it.
    #[arg(long, value_name = "WHAT", default_value = "warn")]
    pub unknown_templates: UnknownTemplatesArg,
}

/// What a template that does not exist means to the pod that asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnknownTemplatesArg {
    /// A warning.
    Warn,
    /// The pod is refused.
    Deny,
}

impl CatalogArgs {
    /// Reads all of it.
    #[must_use]
    pub fn load(&self) -> Read<Injector> {
        let mut problems = Vec::new();
        let templates = self.expand(&self.templates, &mut problems);
        let namespaces = self.expand(&self.namespaces, &mut problems);
        let templates = read_templates(&templates, &self.namespace);
        let namespaces: Read<HashMap<String, Arc<Namespace>>> = read_namespaces(&namespaces);
        problems.extend(templates.problems);
        problems.extend(namespaces.problems);
        let found = Injector {
            templates: templates.found,
            settings: self.settings.settings(),
            namespaces: namespaces.found,
        };
        Read { found, problems }
    }

    /// Whether standard input is one of the sources.
    #[must_use]
    pub fn reads_standard_input(&self) -> bool {
        self.templates.iter().chain(&self.namespaces).any(|path| path.as_os_str() == "-")
    }

    fn expand(&self, paths: &[PathBuf], problems: &mut Vec<FileProblem>) -> Vec<Source> {
        let (sources, errors) = expand_sources(paths, self.recursive);
        problems.extend(errors.iter().map(FileProblem::of_source));
        sources
    }
}

impl SettingsArgs {
    /// The settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let values: Map<_, _> = self
            .cluster_values
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect();
        Settings {
            cluster: json!({"name": self.cluster_name, "values": values}),
            unknown_templates: match self.unknown_templates {
                UnknownTemplatesArg::Warn => UnknownTemplates::Warn,
                UnknownTemplatesArg::Deny => UnknownTemplates::Deny,
            },
        }
    }
}

fn key_and_value(argument: &str) -> Result<(String, String), String> {
    match argument.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("want KEY=VALUE".to_owned()),
    }
}
