//! Templates that every pod gets, and that say different things of one field.

use std::collections::BTreeSet;

use chandler_api::injection::SelectionMode;
use serde_json::Value;

use super::read::{items, text};
use super::samples::samples;
use super::trial::{Ready, prepare, with_facts};
use super::{Look, Rank, Warning, enumerate};
use crate::facts::{Facts, Namespace, metadata_map};
use crate::passes::{Fitted, Prepared, apply_passes};
use crate::rendering::RenderedAction;
use crate::template::{Template, TemplateReference};

/// Most other templates that a template is compared with.
const MAX_OTHERS: usize = 50;

/// Most fields that a warning names.
const MAX_FIELDS: usize = 3;

/// Which other templates always apply beside this one and write one field differently.
pub(super) fn warnings(look: &Look<'_>) -> Vec<Warning> {
    if !always_applies(look.template) {
        return Vec::new();
    }
    let others = neighbours(look).into_iter().filter(|other| always_applies(other)).take(MAX_OTHERS);
    let others = others.take_while(|_| look.has_time());
    let found = others.filter_map(|other| {
        let fields = contested(look, other);
        let names = (!fields.is_empty()).then(|| enumerate(fields.iter().map(String::as_str), MAX_FIELDS))?;
        let (mode, reference) = (word(other.mode), &other.reference);
        Some(format!("template {reference} ({mode}) applies to the same pods and sets {names} differently"))
    });
    found.map(|text| Warning::new(Rank::Overlap, text)).collect()
}

/// A template beside this one that brings a volume of that name.
pub(super) fn template_with_volume<'a>(look: &Look<'a>, volume: &str) -> Option<&'a TemplateReference> {
    let namespace = look.sample_namespace();
    let sample = samples(look.source()).into_iter().next()?;
    let brings = |other: &&Template| {
        let fitted = with_facts(look, &sample.pod, &namespace, |facts| {
            let ready = prepare(other, facts, 0).ok()?;
            Some(apply_passes(&sample.pod, vec![ready.prepared]).pod)
        });
        let fitted = fitted.flatten();
        fitted.is_some_and(|pod| {
            items(super::pod::spec_of(&pod), "volumes").any(|known| text(known, "name") == volume)
        })
    };
    let others = neighbours(look).into_iter().take(MAX_OTHERS).take_while(|_| look.has_time());
    others.into_iter().find(brings).map(Template::reference)
}

/// Whether nothing but its namespace decides whether a pod gets a template.
fn always_applies(template: &Template) -> bool {
    let limits = &template.limits;
    template.mode != SelectionMode::OnRequest
        && limits.pod_selector.is_empty()
        && limits.conditions.is_empty()
}

fn word(mode: SelectionMode) -> &'static str {
    match mode {
        SelectionMode::OnRequest => "OnRequest",
        SelectionMode::Default => "Default",
        SelectionMode::Mandatory => "Mandatory",
    }
}

/// Other templates that a pod can have beside this one, by order and name.
fn neighbours<'a>(look: &Look<'a>) -> Vec<&'a Template> {
    let templates = &look.surroundings.injector.templates;
    let namespaces = look.namespaces();
    let others = templates.references().filter(|other| **other != look.template.reference);
    let mut found: Vec<&Template> = others
        .filter_map(|other| templates.get(other))
        .filter(|other| namespaces.iter().any(|namespace| reaches(other, namespace)))
        .collect();
    found.sort_by_key(|template| (template.order, &template.reference));
    found
}

fn reaches(template: &Template, namespace: &Namespace) -> bool {
    let own = template.reference.namespace.as_deref();
    own.is_none_or(|own| own == namespace.name())
        && template.limits.namespace_selector.matches(metadata_map(namespace.object(), "labels"))
}

/// The fields that both templates write, each with a value of its own, on some sample.
fn contested(look: &Look<'_>, other: &Template) -> BTreeSet<String> {
    let namespace = look.sample_namespace();
    let mut fields = BTreeSet::new();
    for sample in samples(look.source()) {
        let found =
            with_facts(look, &sample.pod, &namespace, |facts| contested_on(look.template, other, facts));
        fields.extend(found.into_iter().flatten());
    }
    fields
}

fn contested_on(one: &Template, other: &Template, facts: &Facts<'_>) -> BTreeSet<String> {
    let ready =
        |template, index| prepare(template, facts, index).ok().filter(|ready: &Ready<'_>| ready.is_for);
    let fit = |templates: Vec<Prepared<'_>>| apply_passes(facts.pod, templates);
    let pair =
        |first: usize, second: usize| Some((ready(one, first)?.prepared, ready(other, second)?.prepared));
    let (Some((alone, other_alone)), Some((first, second))) = (pair(0, 1), pair(0, 1)) else {
        return BTreeSet::new();
    };
    let mut found = written_by_json(facts.pod, (&alone, &other_alone), &fit);
    let (alone, other_alone) = (fit(vec![alone]), fit(vec![other_alone]));
    let is_first = (one.order, &one.reference.name) <= (other.order, &other.reference.name);
    let both = fit(if is_first { vec![first, second] } else { vec![second, first] });
    let known: BTreeSet<String> = [&alone, &other_alone].into_iter().flat_map(conflicts).collect();
    found.extend(conflicts(&both).into_iter().filter(|path| !known.contains(path)));
    found
}

/// Every place where a template and what it found there differ.
fn conflicts(fitted: &Fitted) -> Vec<String> {
    use crate::passes::ApplyError::{Merge, MergeContainer};
    use chandler_pod_patch::MergeError::Overwrite;
    let reports = fitted.reports.iter().flat_map(|(_, report)| &report.conflicts);
    let failed = fitted.failures.iter().filter_map(|(_, failure)| match &failure.error {
        Merge { error: Overwrite { conflicts } } | MergeContainer { error: Overwrite { conflicts }, .. } => {
            Some(conflicts)
        }
        _ => None,
    });
    reports.chain(failed.flatten()).map(|conflict| conflict.path.clone()).collect()
}

/// What the operations of a `json` patch of one write over what the other wrote: no merge reports that.
fn written_by_json<'t>(
    pod: &Value,
    (one, other): (&Prepared<'t>, &Prepared<'t>),
    fit: &dyn Fn(Vec<Prepared<'t>>) -> Fitted,
) -> BTreeSet<String> {
    let operations = |prepared: &Prepared<'_>| -> Vec<String> {
        let patches = prepared.patches.iter().filter_map(|patch| match &patch.action {
            RenderedAction::Json(operations) => Some(operations),
            _ => None,
        });
        patches.flat_map(|patch| patch.iter().map(|operation| operation.path().to_string())).collect()
    };
    let paths: Vec<String> = operations(one).into_iter().chain(operations(other)).collect();
    if paths.is_empty() {
        return BTreeSet::new();
    }
    let (one, other) = (fit(vec![one.clone()]).pod, fit(vec![other.clone()]).pod);
    let differs = |path: &String| {
        let (before, first, second) = (pod.pointer(path), one.pointer(path), other.pointer(path));
        first != second && first != before && second != before
    };
    paths.into_iter().filter(differs).map(|path| path.trim_start_matches('/').replace('/', ".")).collect()
}
