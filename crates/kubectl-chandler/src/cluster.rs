//! A cluster, asked as kubectl asks it: each question has a bound in time, objects come as they are, and an answer that
//! is none says what to do about it.

mod args;
mod error;
mod resource;

use std::time::Duration;

use http::Request;
use kube::api::{GetParams, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use args::ClusterArgs;
pub(crate) use error::ClusterError;
pub(crate) use resource::{
    CARRIERS, CLUSTER_TEMPLATES, JOBS, NAMESPACES, PODS, Resource, TEMPLATES, WEBHOOKS,
};

use error::Question;

/// Objects of one page of a list: more would be held in memory, fewer asked for too often.
const PAGE: u32 = 500;

/// How long a connection may take to be made: nobody is there then.
const CONNECT: Duration = Duration::from_secs(10);

/// A cluster, and where in it we are.
pub(crate) struct Cluster {
    client: Client,
    server: String,
    namespace: String,
    bound: Option<Duration>,
}

/// Which objects to list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing<'l> {
    pub(crate) resource: &'l Resource,
    /// None: of all namespaces, or objects that are in none.
    pub(crate) namespace: Option<&'l str>,
    pub(crate) labels: Option<&'l str>,
    pub(crate) fields: Option<&'l str>,
    /// Whether `metadata` is all that is wanted of them.
    pub(crate) metadata_only: bool,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(default)]
    items: Option<Vec<Value>>,
}

#[derive(Deserialize, Default)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

/// Runs what asks a cluster until it is done.
///
/// # Errors
/// There is no runtime to be had.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    chandler_runtime::use_ring();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    // A name that is still being looked up would be waited for otherwise.
    runtime.shutdown_background();
    Ok(done)
}

impl Cluster {
    /// Finds the cluster that the flags mean. Nothing is sent.
    ///
    /// # Errors
    /// There is no kubeconfig, or it does not lead to a cluster.
    pub(crate) async fn open(args: &ClusterArgs) -> Result<Self, ClusterError> {
        let mut config = read_config(args).await?;
        let bound = args.request_timeout.0;
        config.connect_timeout = Some(bound.map_or(CONNECT, |bound| bound.min(CONNECT)));
        config.read_timeout = bound;
        if let Some(user) = &args.impersonated_user {
            config.auth_info.impersonate = Some(user.clone());
            config.auth_info.impersonate_groups =
                Some(args.impersonated_groups.clone()).filter(|groups| !groups.is_empty());
        }
        let namespace = args.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config)
            .map_err(|error| ClusterError::Kubeconfig { reason: error.to_string() })?;
        check_name(&namespace)?;
        Ok(Self { client, server, namespace, bound })
    }

    /// The namespace that the flags or the context name.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// An object, as it is.
    ///
    /// # Errors
    /// There is no answer, or none with the object.
    pub(crate) async fn get(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Value, ClusterError> {
        check_name(name)?;
        let question = Question { server: &self.server, resource, namespace, name: Some(name) };
        let request = kube::core::Request::new(resource.path(namespace)).get(name, &GetParams::default());
        let mut object: Value = self.ask(request, question).await?;
        name_kind(&mut object, resource);
        Ok(object)
    }

    /// Hands each object of a list to `visit`, page by page.
    ///
    /// # Errors
    /// There is no answer, or none with a list.
    pub(crate) async fn list(
        &self,
        listing: Listing<'_>,
        visit: &mut dyn FnMut(Value),
    ) -> Result<(), ClusterError> {
        let Listing { resource, namespace, labels, fields, metadata_only } = listing;
        let question = Question { server: &self.server, resource, namespace, name: None };
        let path = kube::core::Request::new(resource.path(namespace));
        let mut parameters = ListParams {
            label_selector: labels.map(str::to_owned),
            field_selector: fields.map(str::to_owned),
            ..ListParams::default().limit(PAGE)
        };
        loop {
            let request =
                if metadata_only { path.list_metadata(&parameters) } else { path.list(&parameters) };
            let Page { metadata, items } = self.ask(request, question).await?;
            for mut object in items.into_iter().flatten() {
                name_kind(&mut object, resource);
                visit(object);
            }
            match metadata.next.filter(|token| !token.is_empty()) {
                Some(token) => parameters.continue_token = Some(token),
                None => return Ok(()),
            }
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: Result<Request<Vec<u8>>, kube::core::request::Error>,
        question: Question<'_>,
    ) -> Result<T, ClusterError> {
        let failed = |error| ClusterError::of_answer(error, question);
        let request = request.map_err(|error| failed(kube::Error::BuildRequest(error)))?;
        let answer = self.client.request(request);
        let Some(bound) = self.bound else { return answer.await.map_err(failed) };
        match tokio::time::timeout(bound, answer).await {
            Ok(answer) => answer.map_err(failed),
            Err(_) => Err(ClusterError::Late { server: self.server.clone(), bound }),
        }
    }
}

async fn read_config(args: &ClusterArgs) -> Result<Config, ClusterError> {
    let kubeconfig = match &args.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = match kubeconfig {
        Ok(kubeconfig) => kubeconfig,
        // Inside of a pod there is none, and no need for one.
        Err(KubeconfigError::ReadConfig(..)) if args.kubeconfig.is_none() && is_in_cluster() => {
            return Config::incluster()
                .map_err(|error| ClusterError::Kubeconfig { reason: error.to_string() });
        }
        Err(error) => return Err(ClusterError::of_kubeconfig(error)),
    };
    let options = KubeConfigOptions {
        context: args.context.clone(),
        cluster: args.cluster.clone(),
        user: args.user.clone(),
    };
    Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(ClusterError::of_kubeconfig)
}

fn is_in_cluster() -> bool {
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}

/// Objects of a list do not say what they are.
fn name_kind(object: &mut Value, resource: &Resource) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert("apiVersion".to_owned(), resource.api_version().into());
        fields.insert("kind".to_owned(), resource.kind.into());
    }
}

/// A name becomes a part of a path.
fn check_name(name: &str) -> Result<(), ClusterError> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:".contains(letter);
    match !name.is_empty() && !name.starts_with('.') && name.chars().all(is_plain) {
        true => Ok(()),
        false => Err(ClusterError::Name { name: name.to_owned() }),
    }
}
