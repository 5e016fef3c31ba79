//! A template on the sample pods, alone: what becomes of each, with each choice of values.

use serde_json::Value;

use super::Look;
use super::pod::CONTAINER_LISTS;
use super::read::{items, text};
use super::samples::{Sample, restricted_samples, samples};
use super::values::{Choice, choices};
use crate::condition::Scope;
use crate::decision::Failure;
use crate::facts::{Facts, Namespace, Owner, Request, Review};
use crate::parameters::{parameters_object, resolve_parameters};
use crate::passes::{Fitted, Prepared, apply_passes};
use crate::rendering::render_patches;
use crate::selection::{Rejection, find_rejection};
use crate::template::Template;
use chandler_api::injection::OperatingSystem;
use chandler_api::names;

/// Samples that each further choice of values is tried on.
const SAMPLES_OF_A_CHOICE: usize = 2;

/// A sample pod with a choice of values, and what the template made of it.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) sort: &'static str,
    pub(super) choice: Choice,
    /// Whether the template's limits and conditions let this pod through.
    pub(super) is_for: bool,
    pub(super) pod: Value,
    pub(super) fitted: Result<Value, Failure>,
}

/// A template with its patches ready for one pod.
pub(super) struct Ready<'t> {
    pub(super) is_for: bool,
    pub(super) prepared: Prepared<'t>,
}

/// Tries the template on every sample with its plainest values, and on some with others.
pub(super) fn cases(look: &Look<'_>) -> Vec<Case> {
    let samples = for_its_system(samples(look.source()), look.template);
    let mut cases = Vec::new();
    for (index, choice) in choices(look.template, look.source()).iter().enumerate() {
        let most = if index == 0 { samples.len() } else { SAMPLES_OF_A_CHOICE };
        let mut tried = 0;
        for sample in &samples {
            if tried < most && (cases.is_empty() || look.has_time()) {
                let case = try_on(look, sample, choice);
                tried += usize::from(case.as_ref().is_some_and(|case| case.is_for));
                cases.extend(case);
            }
        }
    }
    cases
}

/// The first sample that a Pod Security level lets through and that the template is for, and what becomes of it.
pub(super) fn restricted_case(look: &Look<'_>) -> Option<Case> {
    let samples = for_its_system(restricted_samples(look.source()), look.template);
    let choice = choices(look.template, look.source()).into_iter().next()?;
    let mut cases = samples.iter().filter_map(|sample| try_on(look, sample, &choice));
    cases.find(|case| case.is_for && case.fitted.is_ok())
}

/// Pods for Windows are rare: they count where the template names them.
fn for_its_system(mut samples: Vec<Sample>, template: &Template) -> Vec<Sample> {
    let is_for_windows = template.limits.os.contains(&OperatingSystem::Windows);
    samples.retain(|sample| is_for_windows || sample.pod.pointer("/spec/os").is_none());
    samples
}

/// None where the template leaves pods of that sort alone.
fn try_on(look: &Look<'_>, sample: &Sample, choice: &Choice) -> Option<Case> {
    let namespace = look.sample_namespace();
    let pod = with_values(&sample.pod, choice);
    let ready = with_facts(look, &pod, &namespace, |facts| prepare(look.template, facts, 0))?;
    let (is_for, fitted) = match ready {
        Ok(ready) => (ready.is_for, fit(&pod, ready.prepared)),
        Err((is_for, failure)) => (is_for, Err(failure)),
    };
    Some(Case { sort: sample.sort, choice: choice.clone(), is_for, pod, fitted })
}

/// Hands the facts of a sample to `work`; none where the network or system of the pod is not the template's.
pub(super) fn with_facts<T>(
    look: &Look<'_>,
    pod: &Value,
    namespace: &Namespace,
    work: impl FnOnce(&Facts<'_>) -> T,
) -> Option<T> {
    let review = Review { pod, namespace, owner: Owner::of_pod(pod), request: Request::default() };
    let facts = Facts::gather(&review, &look.surroundings.injector.settings.cluster);
    let rejection = find_rejection(look.template, &facts);
    let is_other_sort = matches!(rejection, Some(Rejection::HostNetwork | Rejection::OperatingSystem));
    (!is_other_sort).then(|| work(&facts))
}

/// A template's patches for a pod. With a failure comes whether the pod is one that the template is for.
pub(super) fn prepare<'t>(
    template: &'t Template,
    facts: &Facts<'_>,
    index: usize,
) -> Result<Ready<'t>, (bool, Failure)> {
    let is_selected = find_rejection(template, facts).is_none();
    let resolved =
        resolve_parameters(template, facts).map_err(|error| (is_selected, Failure::Parameters { error }))?;
    let parameters = parameters_object(&resolved);
    let scope = Scope::new(facts);
    let mut conditions = template.limits.conditions.iter();
    let is_for =
        is_selected && conditions.all(|condition| condition.holds(&scope, Some(&parameters)) == Ok(true));
    let patches =
        render_patches(template, facts, &parameters).map_err(|error| (is_for, Failure::Render { error }))?;
    let Template { conflicts, removes, .. } = *template;
    Ok(Ready { is_for, prepared: Prepared { index, conflicts, patches, removes } })
}

fn fit(pod: &Value, prepared: Prepared<'_>) -> Result<Value, Failure> {
    let Fitted { pod, mut failures, .. } = apply_passes(pod, vec![prepared]);
    match failures.pop() {
        Some((_, failure)) => Err(Failure::Apply { patch: failure.patch, error: failure.error }),
        None => Ok(pod),
    }
}

/// The pod as somebody would write it who wants these values.
fn with_values(pod: &Value, choice: &Choice) -> Value {
    let mut pod = pod.clone();
    let annotations = pod.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    if let Some(annotations) = annotations {
        let values = choice.values.iter();
        annotations.extend(
            values.map(|(name, text)| {
                (format!("{}{name}", names::PARAMETER_PREFIX), Value::from(text.as_str()))
            }),
        );
    }
    pod
}

impl Case {
    /// The containers that the template added, each with its list. One without an image is a part of somebody else's.
    pub(super) fn added(&self) -> Vec<(&'static str, &Value)> {
        let Ok(fitted) = &self.fitted else { return Vec::new() };
        let mut added = Vec::new();
        for list in CONTAINER_LISTS {
            let containers = items(super::pod::spec_of(fitted), list);
            added.extend(
                containers
                    .filter(|container| self.original(list, text(container, "name")).is_none())
                    .map(|container| (list, container)),
            );
        }
        added.retain(|(_, container)| !text(container, "image").is_empty());
        added
    }

    /// The container of that name in the pod as it was.
    pub(super) fn original(&self, list: &str, name: &str) -> Option<&Value> {
        items(super::pod::spec_of(&self.pod), list).find(|container| text(container, "name") == name)
    }
}
