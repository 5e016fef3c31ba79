//! One AdmissionReview: bytes in, bytes out.

mod object;
mod request;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_api::names;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::decision::{Decision, Settings, Verdict, decide};
use crate::facts::{Namespace, Owner, Request, Review, metadata_map};
use crate::notice::Notices;
use crate::record::record_of;
use crate::templates::TemplateSet;
pub(crate) use object::read_object;
pub(crate) use request::{AdmissionRequest, AdmissionReview, Reading};

/// Largest request that the API server sends: two objects of 3 MiB and their envelope, in bytes.
pub const MAX_REVIEW_SIZE: usize = 7 * 1024 * 1024;

/// Most values in the objects of a review: numbers, texts, lists and mappings, each of which takes far more memory than
/// its bytes may say. A pod with two thousand variables has seven thousand, and one of the largest that etcd stores (1.5 MiB)
/// no more than this.
pub const MAX_REVIEW_VALUES: usize = 80_000;

/// Longest single warning that the API server passes on, in characters.
const MAX_WARNING_LENGTH: usize = 256;

/// Most bytes that the API server passes on for all warnings of a response together.
const MAX_WARNINGS_SIZE: usize = 4096;

/// How the JSON of an answer ends.
const CLOSING: &[u8] = b"}}";

/// Everything that answers need.
#[derive(Debug, Default, Clone)]
pub struct Injector {
    /// The templates.
    pub templates: TemplateSet,
    /// What the platform says.
    pub settings: Settings,
    /// The namespaces, by name. Of one that is not here only its name is known.
    pub namespaces: HashMap<String, Arc<Namespace>>,
}

/// The answer to an AdmissionReview, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The AdmissionReview, JSON.
    pub body: Vec<u8>,
    /// What it does.
    pub effect: Effect,
    /// The namespace of the request, where no more than its name was known.
    pub unknown_namespace: Option<String>,
    /// What those who look after the pod's workload should hear; nothing of a dry run.
    pub notices: Option<Notices>,
}

/// What an answer does to the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Fits it out.
    Patched,
    /// Nothing.
    Unchanged,
    /// Refuses it.
    Denied,
}

/// Why there is no answer: the caller's fault, so that the API server's `failurePolicy` decides.
#[derive(Debug, Error)]
pub enum ReviewError {
    /// More bytes than [`MAX_REVIEW_SIZE`].
    #[error("the review has {size} bytes; {MAX_REVIEW_SIZE} are allowed")]
    TooLarge {
        /// Its size.
        size: usize,
    },
    /// More values than were to be read, [`MAX_REVIEW_VALUES`] at most.
    #[error("the objects of the review hold more than {values} values")]
    TooManyValues {
        /// How many were to be read.
        values: usize,
    },
    /// The bytes are not an AdmissionReview.
    #[error("cannot read the AdmissionReview")]
    Decode {
        /// Why.
        source: serde_json::Error,
    },
    /// It is of another kind or version.
    #[error("got {api_version} {kind}, want AdmissionReview of admission.k8s.io/v1 or v1beta1")]
    Version {
        /// The start of its `apiVersion`.
        api_version: String,
        /// The start of its `kind`.
        kind: String,
    },
    /// It has no request, or the request has no uid.
    #[error("the AdmissionReview holds no request with a uid")]
    NoRequest,
    /// The answer cannot be written.
    #[error("cannot write the AdmissionReview")]
    Encode {
        /// Why.
        source: serde_json::Error,
    },
}

impl ReviewError {
    /// Which of the errors it is, from a closed set.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::TooManyValues { .. } => "too_many_values",
            Self::Decode { .. } => "no_review",
            Self::Version { .. } => "other_version",
            Self::NoRequest => "no_request",
            Self::Encode { .. } => "internal",
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    api_version: &'a str,
    kind: &'a str,
    response: &'a Response<'a>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    /// Why the request is refused, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    /// For the API server's audit log, which puts the name of the webhook before each key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: BTreeMap<&'static str, String>,
    /// JSON; written by [`append_patch`].
    #[serde(skip)]
    patch: Option<Vec<u8>>,
    /// Not for the API server.
    #[serde(skip)]
    notices: Option<Notices>,
}

/// Why a request is refused.
#[derive(Serialize)]
pub(crate) struct Status {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    /// Of which object, and what else there is to say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) details: Option<Value>,
}

impl Injector {
    /// Answers one AdmissionReview.
    ///
    /// # Errors
    /// The bytes are not an AdmissionReview with a uid. A failing template is no error: the answer says what became of it.
    pub fn answer(&self, review: &[u8]) -> Result<Reply, ReviewError> {
        self.answer_in(review, None, MAX_REVIEW_VALUES)
    }

    /// Answers one AdmissionReview of no more values than that, whose namespace may be one that is known since a moment.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub(crate) fn answer_in(
        &self,
        review: &[u8],
        found: Option<&Namespace>,
        values: usize,
    ) -> Result<Reply, ReviewError> {
        let mut review = AdmissionReview::read(review, &Reading { values, old_object: false })?;
        let request = &mut review.request;
        if !is_for_us(request) {
            return review.reply(Response::default());
        }
        let known = self.namespace_of(request, found);
        let response = self.respond(request, known)?;
        let mut reply = review.reply(response)?;
        reply.unknown_namespace = review.request.namespace.filter(|_| known.is_none());
        Ok(reply)
    }

    fn namespace_of<'n>(
        &'n self,
        request: &AdmissionRequest,
        found: Option<&'n Namespace>,
    ) -> Option<&'n Namespace> {
        let name = request.namespace.as_deref().unwrap_or_default();
        let known = self.namespaces.get(name).map(Arc::as_ref);
        known.or_else(|| found.filter(|namespace| namespace.name() == name))
    }

    fn respond(
        &self,
        request: &mut AdmissionRequest,
        known: Option<&Namespace>,
    ) -> Result<Response<'static>, ReviewError> {
        let unknown;
        let namespace = match known {
            Some(namespace) => namespace,
            None => {
                unknown = Namespace::named(request.namespace.as_deref().unwrap_or_default());
                &unknown
            }
        };
        let record = metadata_map(&request.object, "annotations")
            .and_then(|map| map.get(names::INJECTED)?.as_str())
            .unwrap_or_default();
        let templates = self.templates.as_recorded(record, namespace.name());
        let review = Review {
            pod: &request.object,
            namespace,
            owner: Owner::of_pod(&request.object),
            request: Request {
                operation: std::mem::take(&mut request.operation),
                user_info: std::mem::take(&mut request.user_info),
                dry_run: request.dry_run.unwrap_or_default(),
            },
        };
        let decision = decide(&templates, &self.settings, &review);
        let notices = (!review.request.dry_run)
            .then(|| Notices::of(&decision, &self.settings, &request.object, namespace.name()))
            .flatten();
        Ok(Response { notices, ..respond_with(&decision, &request.object)? })
    }
}

impl Response<'static> {
    /// An answer without a patch: a refusal where there is a status.
    pub(crate) fn without_patch(status: Option<Status>, warnings: &[String]) -> Self {
        Self { status, warnings: bound_warnings(warnings), ..Self::default() }
    }
}

impl AdmissionReview {
    /// Writes the answer, of the version of the review and with its uid.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn reply(&self, response: Response<'_>) -> Result<Reply, ReviewError> {
        let allowed = response.status.is_none();
        let response = Response { uid: &self.request.uid, allowed, ..response };
        let answer = Answer { api_version: self.api_version, kind: "AdmissionReview", response: &response };
        let mut bytes = serde_json::to_vec(&answer).map_err(|source| ReviewError::Encode { source })?;
        if let Some(patch) = &response.patch {
            append_patch(&mut bytes, patch);
        }
        let effect = match response.patch {
            _ if !allowed => Effect::Denied,
            Some(_) => Effect::Patched,
            None => Effect::Unchanged,
        };
        Ok(Reply { body: bytes, effect, unknown_namespace: None, notices: response.notices })
    }
}

/// Whether a request is one that the injector has a say in: the creation of a pod that a node will run for the API server.
fn is_for_us(request: &AdmissionRequest) -> bool {
    request.operation == "CREATE"
        && request.kind.group.is_empty()
        && request.kind.kind == "Pod"
        && request.sub_resource.as_deref().unwrap_or_default().is_empty()
        && request.object.is_object()
        && !metadata_map(&request.object, "annotations")
            .is_some_and(|map| map.contains_key(names::MIRROR_POD))
}

fn respond_with(decision: &Decision<'_>, before: &Value) -> Result<Response<'static>, ReviewError> {
    let warnings = bound_warnings(&decision.warnings);
    let response =
        Response { warnings, audit_annotations: audit_annotations(decision), ..Response::default() };
    if let Some(message) = &decision.denial {
        let status = Status { code: 403, reason: "Forbidden", message: message.clone(), details: None };
        return Ok(Response { status: Some(status), ..response });
    }
    let operations = decision.patch("", before);
    if operations.is_empty() {
        return Ok(response);
    }
    let patch = serde_json::to_vec(&operations).map_err(|source| ReviewError::Encode { source })?;
    Ok(Response { patch: Some(patch), ..response })
}

/// What the audit log should know: the templates with their revisions that were applied, and those that failed.
fn audit_annotations(decision: &Decision<'_>) -> BTreeMap<&'static str, String> {
    let templates_with = |is_it: fn(&Verdict) -> bool| {
        let found = decision.outcomes.iter().filter(move |outcome| is_it(&outcome.verdict));
        record_of(found.map(|outcome| outcome.template))
    };
    let applied = templates_with(|verdict| matches!(verdict, Verdict::Applied(_)));
    let failed = templates_with(|verdict| matches!(verdict, Verdict::Failed(_)));
    let all = [(names::AUDIT_APPLIED, applied), (names::AUDIT_FAILED, failed)];
    all.into_iter().filter(|(_, templates)| !templates.is_empty()).collect()
}

/// Adds the patch to a written answer, before the brackets that close the response and the review. It is most of the
/// answer, and base64 has nothing in it that a writer of JSON would have to look for.
fn append_patch(answer: &mut Vec<u8>, patch: &[u8]) {
    answer.truncate(answer.len().saturating_sub(CLOSING.len()));
    answer.extend_from_slice(br#","patchType":"JSONPatch","patch":""#);
    answer.extend_from_slice(STANDARD.encode(patch).as_bytes());
    answer.push(b'"');
    answer.extend_from_slice(CLOSING);
}

/// Cuts warnings to what the API server passes on, so that it does not cut in the middle of one.
fn bound_warnings(warnings: &[String]) -> Vec<String> {
    let mut size = 0;
    let cut = warnings.iter().map(|warning| match warning.char_indices().nth(MAX_WARNING_LENGTH - 1) {
        Some((end, _)) if warning.len() > end + 1 => format!("{}…", warning.get(..end).unwrap_or_default()),
        _ => warning.clone(),
    });
    cut.take_while(|warning| {
        size += warning.len();
        size <= MAX_WARNINGS_SIZE
    })
    .collect()
}

#[cfg(test)]
mod tests;
