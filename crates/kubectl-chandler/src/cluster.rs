//! A cluster, asked as kubectl asks it: each question has a bound in time, objects come as they are, and an answer that
//! is none says what to do about it.

mod access;
mod args;
mod error;
mod kubeconfig;
mod log;
mod resource;
mod watch;
mod write;

use std::time::Duration;

use http::Request;
use kube::Client;
use kube::api::{GetParams, ListParams};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use access::{Access, Right};
pub(crate) use args::ClusterArgs;
pub(crate) use error::ClusterError;
pub(crate) use log::Container;
pub(crate) use resource::{
    CARRIERS, CLUSTER_TEMPLATES, EVENTS, JOBS, NAMESPACES, NODES, PODS, Resource, SERVICES, SESSION_EVENTS,
    TEMPLATES, TOOLBOXES, WEBHOOKS,
};
pub(crate) use watch::Sighting;
pub(crate) use write::Object;

use error::Question;
use kubeconfig::read_config;

/// Objects of one page of a list: more would be held in memory, fewer asked for too often.
const PAGE: u32 = 500;

/// How long a connection may take to be made: nobody is there then.
const CONNECT: Duration = Duration::from_secs(10);

/// A cluster, and where in it we are.
#[derive(Clone)]
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
        // Streams and watches are silent for as long as they like; each question is bounded by itself.
        config.read_timeout = None;
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

    /// What streams are opened with.
    pub(crate) fn client(&self) -> &Client {
        &self.client
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
        let question = Question { name: Some(name), ..self.question("get", resource, namespace) };
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
        let question = self.question("list", resource, namespace);
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

    fn question<'q>(
        &'q self,
        verb: &'static str,
        resource: &'q Resource,
        namespace: Option<&'q str>,
    ) -> Question<'q> {
        Question { server: &self.server, verb, resource, subresource: None, namespace, name: None }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        request: Result<Request<Vec<u8>>, kube::core::request::Error>,
        question: Question<'_>,
    ) -> Result<T, ClusterError> {
        let request =
            request.map_err(|error| ClusterError::of_answer(kube::Error::BuildRequest(error), question))?;
        let answer = async {
            match self.client.request(request.clone()).await {
                Err(error) if error::was_closed(&error) => self.client.request(request).await,
                answer => answer,
            }
        };
        self.bounded(answer, question).await
    }

    /// An answer, where it comes in time.
    async fn bounded<T>(
        &self,
        answer: impl Future<Output = Result<T, kube::Error>>,
        question: Question<'_>,
    ) -> Result<T, ClusterError> {
        let failed = |error| ClusterError::of_answer(error, question);
        let Some(bound) = self.bound else { return answer.await.map_err(failed) };
        match tokio::time::timeout(bound, answer).await {
            Ok(answer) => answer.map_err(failed),
            Err(_) => Err(ClusterError::Late { server: self.server.clone(), bound }),
        }
    }
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
