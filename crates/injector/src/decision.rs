//! The decision about one pod: [`decide`] is the whole pipeline, from a review to the fitted pod and what was done.

mod failure;

use chandler_api::injection::OnError;
use chandler_pod_patch::{Conflicts, Operation, Report, diff_at};
use serde_json::{Value, json};

use crate::condition::Scope;
use crate::facts::{Facts, Review, find_malformed};
use crate::parameters::{ResolvedParameter, parameters_object, resolve_parameters, unused_annotations};
use crate::passes::{Fitted, PatchFailure, Prepared, apply_passes};
use crate::record::{record_of, write_record};
use crate::rendering::render_patches;
use crate::selection::{Candidate, Origin, Rejection, UnknownTemplate, select_templates};
use crate::template::Template;
use crate::templates::TemplateSet;
use crate::token::mount_token;

pub use failure::Failure;

/// What the platform tells every decision.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `cluster` in expressions: `name`, and `values` that parameters may come from.
    pub cluster: Value,
    /// What a template that does not exist means to the pod that asks for it.
    pub unknown_templates: UnknownTemplates,
}

/// What a template that does not exist means to the pod that asks for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownTemplates {
    /// A warning.
    #[default]
    Warn,
    /// The pod is refused.
    Deny,
}

/// What was decided about a pod.
#[derive(Debug)]
pub struct Decision<'t> {
    /// The pod fitted out. None: nothing is to do, or the pod is refused.
    pub pod: Option<Value>,
    /// Why the pod is refused, if it is.
    pub denial: Option<String>,
    /// What the one who brought the pod should know.
    pub warnings: Vec<String>,
    /// Every template that was selected, in order.
    pub outcomes: Vec<Outcome<'t>>,
    /// Every template that was looked at and is not for this pod. There may be a thousand: they cost next to nothing.
    pub rejected: Vec<(Candidate<'t>, Rejection)>,
    /// Templates that were asked for and do not exist.
    pub unknown: Vec<UnknownTemplate>,
}

/// What became of one template.
#[derive(Debug)]
pub struct Outcome<'t> {
    /// The template.
    pub template: &'t Template,
    /// Why it was looked at.
    pub origin: Origin,
    /// Applied, or why not.
    pub verdict: Verdict,
    /// The values of its parameters, where it came so far.
    pub parameters: Vec<ResolvedParameter>,
}

/// Whether a template was applied.
#[derive(Debug)]
pub enum Verdict {
    /// Whole, with what there is to say about it.
    Applied(Report),
    /// It is not for this pod.
    Rejected(Rejection),
    /// It failed; the template's `onError` says what that means.
    Failed(Failure),
}

impl Default for Settings {
    fn default() -> Self {
        Self { cluster: json!({"name": "", "values": {}}), unknown_templates: UnknownTemplates::Warn }
    }
}

impl Decision<'_> {
    /// The smallest JSON Patch from the pod as it was to the pod fitted out, each path below `pointer`.
    #[must_use]
    pub fn patch<'v>(&'v self, pointer: &str, before: &'v Value) -> Vec<Operation<'v>> {
        self.pod.as_ref().map(|after| diff_at(pointer, before, after)).unwrap_or_default()
    }
}

/// Decides how a pod is fitted out: select, prepare, apply, mount the token, record.
#[must_use]
pub fn decide<'t>(templates: &'t TemplateSet, settings: &Settings, review: &Review<'_>) -> Decision<'t> {
    let facts = Facts::gather(review, &settings.cluster);
    let mut selection = select_templates(templates, &facts);
    let warnings = std::mem::take(&mut selection.warnings);
    let unknown = std::mem::take(&mut selection.unknown);
    let rejected = std::mem::take(&mut selection.rejected);
    let (mut outcomes, prepared) = prepare(selection.selected, &facts);
    let fitted = if prepared.is_empty() { None } else { fit_out(review.pod, prepared, &mut outcomes) };
    let denial = find_denial(&outcomes, &unknown, settings.unknown_templates);
    let pod = fitted.filter(|_| denial.is_none());
    let mut decision = Decision { pod, denial, warnings, outcomes, rejected, unknown };
    decision.collect_warnings(&facts, settings);
    decision
}

/// Applies the prepared templates to a copy of the pod and records them; none where not one of them applies.
fn fit_out(pod: &Value, prepared: Vec<Prepared<'_>>, outcomes: &mut [Outcome<'_>]) -> Option<Value> {
    let Fitted { pod: mut fitted, reports, failures } = apply_passes(pod, prepared);
    mount_token(pod, &mut fitted);
    settle(outcomes, without_moot_conflicts(reports, pod, &fitted), failures);
    let applied = outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Applied(_)));
    let record = record_of(applied.map(|outcome| outcome.template));
    (!record.is_empty() && write_record(&mut fitted, record)).then_some(fitted)
}

/// Checks conditions, resolves parameters and renders patches of each selected template.
fn prepare<'t>(selected: Vec<Candidate<'t>>, facts: &Facts<'_>) -> (Vec<Outcome<'t>>, Vec<Prepared<'t>>) {
    let scope = Scope::new(facts);
    let malformed = find_malformed(facts.pod);
    let mut prepared = Vec::with_capacity(selected.len());
    let mut outcomes = Vec::with_capacity(selected.len());
    for candidate in selected {
        let index = outcomes.len();
        let mut outcome = Outcome::of(candidate);
        let patches = match &malformed {
            Some(message) => Err(Verdict::Failed(Failure::Malformed { message: message.clone() })),
            None => prepare_template(&mut outcome, &scope, facts),
        };
        match patches {
            Ok(patches) => {
                let Template { conflicts, removes, .. } = *candidate.template;
                prepared.push(Prepared { index, conflicts, patches, removes });
            }
            Err(verdict) => outcome.verdict = verdict,
        }
        outcomes.push(outcome);
    }
    (outcomes, prepared)
}

fn prepare_template<'t>(
    outcome: &mut Outcome<'t>,
    scope: &Scope<'_>,
    facts: &Facts<'_>,
) -> Result<Vec<crate::rendering::RenderedPatch<'t>>, Verdict> {
    let template = outcome.template;
    let (early, late): (Vec<_>, Vec<_>) =
        template.limits.conditions.iter().partition(|condition| !condition.uses_parameters());
    let check = |conditions: Vec<&crate::condition::Condition>, parameters: Option<&Value>| {
        conditions.into_iter().try_for_each(|condition| match condition.holds(scope, parameters) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Verdict::Rejected(Rejection::MatchCondition(condition.name().to_owned()))),
            Err(error) => {
                Err(Verdict::Failed(Failure::Condition { name: condition.name().to_owned(), error }))
            }
        })
    };
    check(early, None)?;
    outcome.parameters = resolve_parameters(template, facts)
        .map_err(|error| Verdict::Failed(Failure::Parameters { error }))?;
    let parameters = parameters_object(&outcome.parameters);
    check(late, Some(&parameters))?;
    render_patches(template, facts, &parameters).map_err(|error| Verdict::Failed(Failure::Render { error }))
}

/// Writes what the passes found into the outcomes.
fn settle(outcomes: &mut [Outcome<'_>], reports: Vec<(usize, Report)>, failures: Vec<(usize, PatchFailure)>) {
    let applied = reports.into_iter().map(|(index, report)| (index, Verdict::Applied(report)));
    let failed = failures.into_iter().map(|(index, PatchFailure { patch, error })| {
        (index, Verdict::Failed(Failure::Apply { patch, error }))
    });
    for (index, verdict) in applied.chain(failed) {
        if let Some(outcome) = outcomes.get_mut(index) {
            outcome.verdict = verdict;
        }
    }
}

/// A pod that has already what the templates give overrides nothing, whichever way they got there.
fn without_moot_conflicts(
    mut reports: Vec<(usize, Report)>,
    before: &Value,
    after: &Value,
) -> Vec<(usize, Report)> {
    let has_conflicts = reports.iter().any(|(_, report)| !report.conflicts.is_empty());
    if has_conflicts && before == after {
        for (_, report) in &mut reports {
            report.conflicts.retain(|conflict| conflict.policy != Conflicts::Override);
        }
    }
    reports
}

fn find_denial(
    outcomes: &[Outcome<'_>],
    unknown: &[UnknownTemplate],
    unknown_templates: UnknownTemplates,
) -> Option<String> {
    let failed = outcomes.iter().filter_map(|outcome| match &outcome.verdict {
        Verdict::Failed(failure) if outcome.template.on_error == OnError::Deny => {
            Some(format!("template {} failed: {failure}", outcome.template.reference))
        }
        _ => None,
    });
    let missing = unknown.iter().filter(|_| unknown_templates == UnknownTemplates::Deny);
    let reasons: Vec<_> = failed.chain(missing.map(ToString::to_string)).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

impl<'t> Outcome<'t> {
    fn of(candidate: Candidate<'t>) -> Self {
        let Candidate { template, origin } = candidate;
        Self { template, origin, verdict: Verdict::Applied(Report::default()), parameters: Vec::new() }
    }

    /// What the one who brought the pod should know of this template.
    fn warnings(&self) -> Vec<String> {
        let reference = &self.template.reference;
        match &self.verdict {
            Verdict::Applied(report) => {
                let warnings =
                    report.warnings.iter().map(|warning| format!("template {reference}: {warning}"));
                let conflicts =
                    report.conflicts.iter().map(|conflict| format!("template {reference}: {conflict}"));
                warnings.chain(conflicts).collect()
            }
            Verdict::Rejected(rejection) => {
                warning_of(self.template, self.origin, rejection).into_iter().collect()
            }
            Verdict::Failed(_) if self.template.on_error == OnError::Deny => Vec::new(),
            Verdict::Failed(failure) => vec![format!("template {reference} was skipped: {failure}")],
        }
    }
}

/// A template that somebody asked for, and does not get.
fn warning_of(template: &Template, origin: Origin, rejection: &Rejection) -> Option<String> {
    let is_requested = matches!(origin, Origin::Pod | Origin::Namespace);
    is_requested.then(|| format!("template {} was {origin} and not applied: {rejection}", template.reference))
}

impl<'t> Decision<'t> {
    fn collect_warnings(&mut self, facts: &Facts<'_>, settings: &Settings) {
        let odd = facts.odd_annotations();
        self.warnings.extend(
            odd.map(|key| format!("the annotation {key} is ignored: its value is no text, quote it")),
        );
        if settings.unknown_templates == UnknownTemplates::Warn {
            self.warnings.extend(self.unknown.iter().map(ToString::to_string));
        }
        self.warnings.extend(self.outcomes.iter().flat_map(Outcome::warnings));
        let rejected = self.rejected.iter();
        self.warnings.extend(rejected.filter_map(|(candidate, rejection)| {
            warning_of(candidate.template, candidate.origin, rejection)
        }));
        let rejected = self.rejected.iter().map(|(candidate, _)| candidate.template);
        let unused =
            unused_annotations(facts, self.outcomes.iter().map(|outcome| outcome.template).chain(rejected));
        self.warnings.extend(
            unused
                .into_iter()
                .map(|key| format!("the annotation {key} sets no parameter of a selected template")),
        );
    }
}

#[cfg(test)]
mod tests;
