//! Makes, changes and removes objects of a cluster. A dry run goes all the way through admission and keeps nothing.

use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::Request;
use serde_json::Value;

use super::error::Question;
use super::resource::{Resource, SELF_REVIEWS};
use super::{Cluster, ClusterError, check_name};

/// An object that is changed, or a part of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'o> {
    pub(crate) resource: &'o Resource,
    pub(crate) namespace: Option<&'o str>,
    pub(crate) name: &'o str,
    pub(crate) subresource: Option<&'static str>,
}

impl Cluster {
    /// Makes an object, and gives it back as the API server has it.
    ///
    /// # Errors
    /// There is no answer, or it is not taken.
    pub(crate) async fn create(
        &self,
        (resource, namespace): (&Resource, Option<&str>),
        object: &Value,
        dry_run: bool,
    ) -> Result<Value, ClusterError> {
        let name = object.pointer("/metadata/name").and_then(Value::as_str);
        let question = Question { name, ..self.question("create", resource, namespace) };
        let parameters = PostParams { dry_run, ..PostParams::default() };
        let body = object.to_string().into_bytes();
        self.ask(Request::new(resource.path(namespace)).create(&parameters, body), question).await
    }

    /// Merges a patch onto an object as Kubernetes' strategic merge does it, and gives the object back.
    ///
    /// # Errors
    /// There is no answer, or the patch is not taken.
    pub(crate) async fn patch(
        &self,
        object: Object<'_>,
        patch: &Value,
        dry_run: bool,
    ) -> Result<Value, ClusterError> {
        let Object { resource, namespace, name, subresource } = object;
        check_name(name)?;
        let question =
            Question { name: Some(name), subresource, ..self.question("patch", resource, namespace) };
        let parameters = PatchParams { dry_run, ..PatchParams::default() };
        let (path, patch) = (Request::new(resource.path(namespace)), Patch::Strategic(patch));
        let request = match subresource {
            Some(subresource) => path.patch_subresource(subresource, name, &parameters, &patch),
            None => path.patch(name, &parameters, &patch),
        };
        self.ask(request, question).await
    }

    /// Removes an object at once, if it is still the one with this `uid`; one that is gone is no error.
    ///
    /// # Errors
    /// There is no answer, or the object stays.
    pub(crate) async fn delete(&self, object: Object<'_>, uid: &str) -> Result<(), ClusterError> {
        let Object { resource, namespace, name, .. } = object;
        check_name(name)?;
        let question = Question { name: Some(name), ..self.question("delete", resource, namespace) };
        let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        let request = Request::new(resource.path(namespace)).delete(name, &parameters.grace_period(0));
        match self.ask::<Value>(request, question).await {
            Ok(_) | Err(ClusterError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What the API server calls whoever asks; none where it does not say.
    pub(crate) async fn user(&self) -> Option<String> {
        let review = serde_json::json!({"apiVersion": SELF_REVIEWS.api_version(), "kind": SELF_REVIEWS.kind});
        let answer = self.create((&SELF_REVIEWS, None), &review, false).await.ok()?;
        answer.pointer("/status/userInfo/username").and_then(Value::as_str).map(str::to_owned)
    }
}
