//! What those who look after a workload should hear of the admission of one of its pods. Whoever makes a pod by hand reads
//! its warnings or its refusal; a controller passes them on to nobody.

use chandler_api::injection::OnError;
use chandler_api::names;
use serde_json::Value;

use crate::decision::{Decision, Settings, UnknownTemplates, Verdict};

/// Longest message of a notice, in bytes.
const MAX_MESSAGE: usize = 600;

/// What there is to tell about a pod to those who look after its workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notices {
    /// The controller of the pod, by its owner reference.
    pub owner: Controller,
    /// What there is to tell.
    pub notices: Vec<Notice>,
}

/// The object that controls a pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Controller {
    /// Its namespace, which is the pod's.
    pub namespace: String,
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// [`names::EVENT_SKIPPED`] or [`names::EVENT_DENIED`].
    pub reason: &'static str,
    /// The template, as annotations name it.
    pub template: String,
    /// What happened, with the template's name.
    pub message: String,
}

impl Notices {
    /// What there is to tell of a decision. None for a pod that nothing controls, and where all went well.
    #[must_use]
    pub fn of(decision: &Decision<'_>, settings: &Settings, pod: &Value, namespace: &str) -> Option<Self> {
        let notices = if decision.denial.is_some() {
            denials(decision, settings)
        } else {
            failures(decision, OnError::Skip, names::EVENT_SKIPPED, "was skipped")
        };
        let owner = if notices.is_empty() { None } else { Controller::of_pod(pod, namespace) };
        owner.map(|owner| Self { owner, notices })
    }
}

fn denials(decision: &Decision<'_>, settings: &Settings) -> Vec<Notice> {
    let mut notices = failures(decision, OnError::Deny, names::EVENT_DENIED, "refused the pod");
    let unknown = decision.unknown.iter().filter(|_| settings.unknown_templates == UnknownTemplates::Deny);
    notices.extend(unknown.map(|unknown| Notice {
        reason: names::EVENT_DENIED,
        template: unknown.reference.clone(),
        message: bounded(format!("the pod was refused: {unknown}"), MAX_MESSAGE),
    }));
    notices
}

fn failures(decision: &Decision<'_>, policy: OnError, reason: &'static str, what: &str) -> Vec<Notice> {
    let failed = decision.outcomes.iter().filter_map(|outcome| match &outcome.verdict {
        Verdict::Failed(failure) if outcome.template.on_error == policy => Some((outcome.template, failure)),
        _ => None,
    });
    let notices = failed.map(|(template, failure)| {
        let template = template.reference().to_string();
        let message = bounded(format!("template {template} {what}: {failure}"), MAX_MESSAGE);
        Notice { reason, template, message }
    });
    notices.collect()
}

impl Controller {
    fn of_pod(pod: &Value, namespace: &str) -> Option<Self> {
        let references = pod.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        Self::of_references(references?.iter(), namespace)
    }

    /// The one of these owner references that controls, where it says all that is needed.
    pub(crate) fn of_references<'v>(
        mut references: impl Iterator<Item = &'v Value>,
        namespace: &str,
    ) -> Option<Self> {
        let controller = references
            .find(|reference| reference.get("controller").and_then(Value::as_bool).unwrap_or_default())?;
        let text = |key| Some(controller.get(key)?.as_str()?.to_owned()).filter(|text| !text.is_empty());
        Some(Self {
            namespace: namespace.to_owned(),
            api_version: text("apiVersion")?,
            kind: text("kind")?,
            name: text("name")?,
            uid: text("uid")?,
        })
    }
}

/// A text cut to a number of bytes, between characters.
pub(crate) fn bounded(mut text: String, most: usize) -> String {
    const MARK: &str = "…";
    if text.len() > most {
        let mut end = most.saturating_sub(MARK.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(MARK);
    }
    text
}

#[cfg(test)]
mod tests;
