//! What a cluster holds that decisions need: templates, namespaces, and which of these the webhook sees.

mod owner;
mod pods;
mod reach;
mod renewal;
mod standing;
mod survey;

use std::collections::HashMap;
use std::sync::Arc;

use chandler_injector::catalog::compile_object;
use chandler_injector::{Injector, Namespace, Settings, TemplateReference, TemplateSet};
use serde_json::Value;

use crate::cluster::{CLUSTER_TEMPLATES, Cluster, ClusterError, Listing, NAMESPACES, Resource, TEMPLATES};

pub(crate) use owner::{kubectl_name, pod_owner};
pub(crate) use pods::{Scope, selector_text, survey_pods, survey_workload};
pub(crate) use reach::Reach;
pub(crate) use renewal::Renewal;
pub(crate) use standing::{Standing, State, record_standing};
pub(crate) use survey::{Finding, Survey, Workload};

/// Templates and namespaces of a cluster, as they are now.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// Those that compile, ready to decide, with the namespaces.
    pub(crate) injector: Injector,
    /// Every template, by scope and name.
    pub(crate) templates: Vec<LiveTemplate>,
    /// Which namespaces the webhook sees.
    pub(crate) reach: Reach,
}

/// A template as the cluster has it.
#[derive(Debug)]
pub(crate) struct LiveTemplate {
    pub(crate) reference: TemplateReference,
    pub(crate) object: Value,
    /// Why it does not compile; nothing where it does.
    pub(crate) problems: Vec<String>,
    /// The hash of its spec. Of one that does not compile, the one that its status says still serves.
    pub(crate) revision: Option<String>,
}

impl Live {
    /// Reads what pods of one namespace, or of all, depend on.
    ///
    /// # Errors
    /// The cluster gives no answer, or does not let us see it.
    pub(crate) async fn read(
        cluster: &Cluster,
        namespace: Option<&str>,
        settings: Settings,
    ) -> Result<Self, ClusterError> {
        let mut templates = Vec::new();
        let mut set = TemplateSet::default();
        for (resource, namespace) in [(&CLUSTER_TEMPLATES, None), (&TEMPLATES, namespace)] {
            let mut take = |object| templates.push(LiveTemplate::of(object, &mut set));
            cluster.list(whole(resource, namespace), &mut take).await?;
        }
        let order =
            |template: &LiveTemplate| (template.reference.namespace.clone(), template.reference.name.clone());
        templates.sort_by_cached_key(order);
        let namespaces = read_namespaces(cluster, namespace).await?;
        let reach = Reach::read(cluster).await;
        Ok(Self { injector: Injector { templates: set, settings, namespaces }, templates, reach })
    }

    /// The template of exactly this scope and name.
    pub(crate) fn template(&self, reference: &TemplateReference) -> Option<&LiveTemplate> {
        let key = (&reference.namespace, &reference.name);
        let found = self
            .templates
            .binary_search_by(|template| (&template.reference.namespace, &template.reference.name).cmp(&key));
        found.ok().and_then(|index| self.templates.get(index))
    }

    /// Templates for pods of a namespace that do not compile.
    pub(crate) fn broken(&self, namespace: Option<&str>) -> impl Iterator<Item = &LiveTemplate> {
        let reaches = move |template: &&LiveTemplate| {
            let own = template.reference.namespace.as_deref();
            own.is_none() || namespace.is_none() || own == namespace
        };
        self.templates.iter().filter(|template| !template.problems.is_empty()).filter(reaches)
    }

    /// A namespace; of one that was not read only the name is known.
    pub(crate) fn namespace(&self, name: &str) -> Arc<Namespace> {
        let known = self.injector.namespaces.get(name).cloned();
        known.unwrap_or_else(|| Arc::new(Namespace::named(name)))
    }
}

impl LiveTemplate {
    fn of(mut object: Value, set: &mut TemplateSet) -> Self {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let name = text("/metadata/name").unwrap_or_default();
        let reference = TemplateReference { name, namespace: text("/metadata/namespace") };
        let serving = text("/status/revision");
        let (revision, problems) = match compile_object(&object, "") {
            Ok(template) => {
                let revision = template.revision().to_owned();
                set.insert(template);
                (Some(revision), Vec::new())
            }
            Err(problems) => (serving, problems.iter().map(ToString::to_string).collect()),
        };
        forget_managers(&mut object);
        Self { reference, object, problems, revision }
    }

    /// The template as `kubectl get` names it.
    pub(crate) fn kubectl_name(&self) -> String {
        let resource = if self.reference.namespace.is_some() { &TEMPLATES } else { &CLUSTER_TEMPLATES };
        format!("{}.{}/{}", resource.singular(), resource.group, self.reference.name)
    }

    /// Whether pods have to ask for it.
    pub(crate) fn is_on_request(&self) -> bool {
        let mode = self.object.pointer("/spec/select/mode").and_then(Value::as_str);
        mode.is_none_or(|mode| mode == "OnRequest")
    }

    /// Whether an entry of a list of templates means it: `name`, `cluster/name`, with or without `@revision`.
    pub(crate) fn is_meant_by(&self, entry: &str) -> bool {
        let path = entry.split_once('@').map_or(entry, |(path, _)| path);
        path == self.reference.to_string() || path == self.reference.name
    }

    /// A sentence for each thing that is wrong with it.
    pub(crate) fn complaints(&self) -> impl Iterator<Item = String> {
        let name = match &self.reference.namespace {
            Some(namespace) => format!("{namespace}/{}", self.reference.name),
            None => self.reference.to_string(),
        };
        self.problems.iter().map(move |problem| format!("template {name} does not compile: {problem}"))
    }
}

/// Metadata of the namespaces that matter.
async fn read_namespaces(
    cluster: &Cluster,
    namespace: Option<&str>,
) -> Result<HashMap<String, Arc<Namespace>>, ClusterError> {
    let mut found = HashMap::new();
    let mut take = |object: Value| {
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let metadata = object.get("metadata").unwrap_or(&Value::Null);
        found.insert(name.to_owned(), Arc::new(Namespace::from_metadata(name, metadata)));
    };
    match namespace {
        // Whoever may only see a namespace may see it by its name.
        Some(name) => take(cluster.get(&NAMESPACES, None, name).await?),
        None => {
            let listing = Listing { metadata_only: true, ..whole(&NAMESPACES, None) };
            cluster.list(listing, &mut take).await?;
        }
    }
    Ok(found)
}

fn whole<'l>(resource: &'l Resource, namespace: Option<&'l str>) -> Listing<'l> {
    Listing { resource, namespace, labels: None, fields: None, metadata_only: false }
}

/// Takes out who wrote which field: nobody's business here, and most of the size.
fn forget_managers(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
}
