//! What `explain` has to say about one pod, in the shape in which `--output json` prints it.

use chandler_api::injection::SelectionMode;
use chandler_injector::{Decision, Injector, Outcome, Rejection, ResolvedParameter, Template, Verdict};
use serde::Serialize;
use serde_json::Value;

use crate::documents::{Item, PodDecision};
use crate::live::{Finding, LiveTemplate, Renewal, Standing};

/// What there is to say about one pod.
#[derive(Debug, Serialize)]
pub(crate) struct Account {
    /// The file that it is from; none of a live object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// Which document of the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) document: Option<usize>,
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The workload of a live pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<OwnerAccount>,
    /// What the record of a live pod says, and how it stands to the templates of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<Vec<Standing>>,
    /// The running pods of a live workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pods: Option<PodsAccount>,
    /// Why the pod is refused, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) denied: Option<String>,
    pub(crate) templates: Vec<TemplateAccount>,
    pub(crate) warnings: Vec<String>,
}

/// The workload of a pod.
#[derive(Debug, Serialize)]
pub(crate) struct OwnerAccount {
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// The running pods of a workload.
#[derive(Debug, Serialize)]
pub(crate) struct PodsAccount {
    /// How many have not ended.
    pub(crate) total: usize,
    /// How many of them have anything that a new pod would not, or may lack something.
    pub(crate) stale: usize,
    pub(crate) findings: Vec<Finding>,
    /// What makes them anew, where that is due.
    #[serde(flatten)]
    pub(crate) renewal: Option<Renewal>,
}

/// What became of one template.
#[derive(Debug, Serialize)]
pub(crate) struct TemplateAccount {
    /// `name`, or `cluster/name`.
    pub(crate) template: String,
    /// Empty where the template does not compile and its status does not say which one serves.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) revision: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<SelectionMode>,
    pub(crate) result: TemplateResult,
    /// Why it was applied, or why not.
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) parameters: Vec<ParameterAccount>,
}

/// Whether a template was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum TemplateResult {
    Applied,
    NotApplied,
    Failed,
    /// The template does not compile.
    Broken,
}

/// The value of a parameter.
#[derive(Debug, Serialize)]
pub(crate) struct ParameterAccount {
    pub(crate) name: String,
    pub(crate) value: Value,
    /// Where the value came from.
    pub(crate) from: String,
}

impl Account {
    /// Whether it is about an object of a cluster.
    pub(crate) fn is_live(&self) -> bool {
        self.file.is_none()
    }

    /// Gathers what a decision about a pod of a document says.
    pub(crate) fn of_document(item: &Item<'_>, pod: &PodDecision<'_>, injector: &Injector) -> Self {
        let (file, document) = (Some(item.file.to_owned()), Some(item.document.number()));
        Self { file, document, ..Self::of(pod, injector) }
    }

    /// Gathers what a decision says, and adds the templates that were not even looked at.
    pub(crate) fn of(pod: &PodDecision<'_>, injector: &Injector) -> Self {
        let Decision { outcomes, rejected, .. } = &pod.decision;
        let looked_at: Vec<_> = outcomes
            .iter()
            .map(TemplateAccount::of)
            .chain(
                rejected
                    .iter()
                    .map(|(candidate, rejection)| TemplateAccount::rejected(candidate.template, rejection)),
            )
            .collect();
        let is_known = |template: &Template| {
            outcomes.iter().any(|outcome| std::ptr::eq(outcome.template, template))
                || rejected.iter().any(|(candidate, _)| std::ptr::eq(candidate.template, template))
        };
        let others =
            injector.templates.visible(&pod.namespace).into_iter().filter(|template| !is_known(template));
        let others = others.map(|template| TemplateAccount::rejected(template, &Rejection::NotRequested));
        Self {
            file: None,
            document: None,
            owner: None,
            record: None,
            pods: None,
            kind: pod.location.kind.clone(),
            namespace: pod.namespace.clone(),
            name: pod.location.name.clone(),
            denied: pod.decision.denial.clone(),
            templates: looked_at.into_iter().chain(others).collect(),
            warnings: pod.decision.warnings.clone(),
        }
    }
}

impl TemplateAccount {
    fn of(outcome: &Outcome<'_>) -> Self {
        let (result, reason) = match &outcome.verdict {
            Verdict::Applied(_) => (TemplateResult::Applied, outcome.origin.to_string()),
            Verdict::Rejected(rejection) => (TemplateResult::NotApplied, rejection.to_string()),
            Verdict::Failed(failure) => (TemplateResult::Failed, failure.to_string()),
        };
        let parameters = outcome.parameters.iter().map(ParameterAccount::of).collect();
        Self { parameters, ..Self::new(outcome.template, result, reason) }
    }

    /// A template of a cluster that does not compile.
    pub(crate) fn broken(template: &LiveTemplate) -> Self {
        Self {
            template: template.reference.to_string(),
            revision: template.revision.clone().unwrap_or_default(),
            mode: None,
            result: TemplateResult::Broken,
            reason: template.problems.join("; "),
            parameters: Vec::new(),
        }
    }

    fn rejected(template: &Template, rejection: &Rejection) -> Self {
        Self::new(template, TemplateResult::NotApplied, rejection.to_string())
    }

    fn new(template: &Template, result: TemplateResult, reason: String) -> Self {
        Self {
            template: template.reference().to_string(),
            revision: template.revision().to_owned(),
            mode: Some(template.mode()),
            result,
            reason,
            parameters: Vec::new(),
        }
    }
}

impl ParameterAccount {
    fn of(parameter: &ResolvedParameter) -> Self {
        Self {
            name: parameter.name.clone(),
            value: parameter.value.clone(),
            from: parameter.origin.to_string(),
        }
    }
}
