//! What the cases show: what every pod would suffer is an error, what some would a warning.

use std::collections::{BTreeMap, BTreeSet};

use chandler_pod_patch::MergeError;
use serde_json::Value;

use super::pod::{Finding, Nature, inspect};
use super::read::{items, text};
use super::trial::Case;
use super::{Look, Rank, Warning, overlap, places};
use crate::decision::Failure;
use crate::passes::ApplyError;
use crate::template::{Problem, Segment, at};

/// What was found in the same place of several pods.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Trouble {
    holder: Holder,
    field: String,
    message: String,
}

/// Whose field it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Pod,
    /// A container that the template adds: its list and name.
    Added(&'static str, String),
    /// Containers that the pod brings, of this kind.
    Own(&'static str),
}

/// Where a trouble was seen.
#[derive(Debug)]
struct Seen<'c> {
    /// One of the findings.
    finding: Finding,
    /// The cases, and in how many containers of each.
    cases: Vec<(&'c Case, usize)>,
}

/// All that the cases show.
struct Findings<'c> {
    troubles: BTreeMap<Trouble, Seen<'c>>,
    /// How many cases there are that did not fail.
    fitted: usize,
    /// How many containers of the pods' own the template changed in them.
    changed: usize,
}

/// Errors and warnings of the sample pods.
pub(super) fn judge(look: &Look<'_>, cases: &[Case]) -> (Vec<Problem>, Vec<Warning>) {
    let matching: Vec<&Case> = cases.iter().filter(|case| case.is_for).collect();
    // Where no sample is such a pod, what holds for all of them holds for that, too.
    let (considered, says_warnings) =
        if matching.is_empty() { (cases.iter().collect(), false) } else { (matching, true) };
    if let Some((failure, is_guessed)) = common_failure(&considered) {
        return judge_failure(look, failure, is_guessed || !says_warnings);
    }
    let findings = gather(look, &considered);
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for (trouble, seen) in &findings.troubles {
        match findings.judge(look, trouble, seen) {
            Some(Ok(problem)) if !errors.contains(&problem) => errors.push(problem),
            Some(Err(warning)) if says_warnings && !warnings.contains(&warning) => warnings.push(warning),
            _ => {}
        }
    }
    // Less than all samples are no proof.
    if !look.has_time() {
        errors.clear();
    }
    (errors, warnings)
}

/// The failure that all cases share, and whether a guess had a part in it.
fn common_failure<'c>(cases: &[&'c Case]) -> Option<(&'c Failure, bool)> {
    let failures: Option<Vec<&Failure>> = cases.iter().map(|case| case.fitted.as_ref().err()).collect();
    let failures = failures?;
    let first = failures.first()?;
    let is_same = failures.iter().all(|failure| failure.to_string() == first.to_string());
    is_same.then_some((*first, cases.iter().any(|case| case.choice.is_guessed)))
}

fn judge_failure(look: &Look<'_>, failure: &Failure, is_uncertain: bool) -> (Vec<Problem>, Vec<Warning>) {
    match failure {
        Failure::Apply { patch, error }
            if is_certain(error) && !(is_uncertain && depends_on_values(error)) =>
        {
            let problem = Problem::new(&at!["spec", "patches", *patch], error);
            (vec![problem], Vec::new())
        }
        _ if is_uncertain || !look.has_time() => (Vec::new(), Vec::new()),
        _ => {
            let text = format!("the template fails on every sample pod: {failure}");
            (Vec::new(), vec![Warning::new(Rank::Refused, text)])
        }
    }
}

/// Whether a patch fails by itself, and not because of what a pod has.
fn is_certain(error: &ApplyError) -> bool {
    match error {
        ApplyError::NotIdempotent { .. } | ApplyError::Shape { .. } => true,
        ApplyError::Merge { error } | ApplyError::MergeContainer { error, .. } => matches!(
            error,
            MergeError::ReadValue { .. }
                | MergeError::FindKey { .. }
                | MergeError::RepeatItem { .. }
                | MergeError::CompareItems { .. }
                | MergeError::ReadDirective { .. }
                | MergeError::PlaceDirective { .. }
                | MergeError::TouchField { .. }
                | MergeError::PlaceContainers { .. }
        ),
        ApplyError::Json { .. } | ApplyError::Unstable { .. } => false,
    }
}

fn depends_on_values(error: &ApplyError) -> bool {
    !matches!(error, ApplyError::NotIdempotent { .. })
}

fn gather<'c>(look: &Look<'_>, cases: &[&'c Case]) -> Findings<'c> {
    let mut findings = Findings { troubles: BTreeMap::new(), fitted: 0, changed: 0 };
    for case in cases {
        let Ok(fitted) = &case.fitted else { continue };
        findings.fitted += 1;
        findings.changed += count_changed(case, fitted);
        for finding in inspect(fitted).into_iter().filter(|finding| is_settled(look, case, finding)) {
            findings.take(case, fitted, finding);
        }
    }
    findings
}

/// Whether a finding says something about the template, and not about a value that was guessed.
fn is_settled(look: &Look<'_>, case: &Case, finding: &Finding) -> bool {
    let located = || places::locate_in_pods(look.source(), finding).value;
    !case.choice.is_guessed
        || finding.nature == Nature::Presence
        || finding.nature == Nature::Image
        || places::is_constant(located())
}

fn count_changed(case: &Case, fitted: &Value) -> usize {
    let containers = super::pod::CONTAINER_LISTS
        .into_iter()
        .flat_map(|list| items(super::pod::spec_of(fitted), list).map(move |container| (list, container)));
    let is_changed = |(list, container): &(&str, &Value)| {
        case.original(list, text(container, "name")).is_some_and(|original| original != *container)
    };
    containers.filter(is_changed).count()
}

impl<'c> Findings<'c> {
    fn take(&mut self, case: &'c Case, fitted: &Value, finding: Finding) {
        let holder = holder_of(case, fitted, &finding);
        let trouble = Trouble { holder, field: finding.field.clone(), message: finding.message.clone() };
        let seen = self.troubles.entry(trouble).or_insert_with(|| Seen { finding, cases: Vec::new() });
        match seen.cases.last_mut() {
            Some((last, count)) if std::ptr::eq(*last, case) => *count += 1,
            _ => seen.cases.push((case, 1)),
        }
    }

    /// An error, a warning, or nothing.
    fn judge(&self, look: &Look<'_>, trouble: &Trouble, seen: &Seen<'c>) -> Option<Result<Problem, Warning>> {
        if let Holder::Added(list, name) = &trouble.holder
            && self.is_partial(list, name)
            && !places::is_placed(look.source(), list, name)
        {
            let text = format!(
                "pods without a container {name:?} would be refused: the template says no image for it; a patch of containers, matched by name, leaves such pods alone"
            );
            return Some(Err(Warning::new(Rank::Refused, text)));
        }
        if let Nature::Volume(volume) = &seen.finding.nature {
            return self.judge_volume(look, (trouble, seen), volume);
        }
        if self.is_everywhere(trouble, seen) {
            return Some(Ok(problem_of(look, trouble, &seen.finding)));
        }
        self.is_worth_a_warning(trouble, seen).then(|| Err(warning_of(trouble, seen)))
    }

    /// Whether the template adds a container of which it says no image.
    fn is_partial(&self, list: &'static str, name: &str) -> bool {
        let holder = Holder::Added(list, name.to_owned());
        self.troubles
            .iter()
            .any(|(trouble, seen)| trouble.holder == holder && seen.finding.nature == Nature::Image)
    }

    fn is_everywhere(&self, trouble: &Trouble, seen: &Seen<'_>) -> bool {
        match &trouble.holder {
            Holder::Own(_) => {
                let alike = self.troubles.iter().filter(|(other, _)| {
                    let is_own = matches!(other.holder, Holder::Own(_));
                    is_own && (&other.field, &other.message) == (&trouble.field, &trouble.message)
                });
                let count: usize = alike.map(|(_, seen)| seen.count()).sum();
                count == self.changed
            }
            _ => seen.cases.len() == self.fitted,
        }
    }

    /// A pod that has by itself what the template adds is its owner's matter.
    fn is_worth_a_warning(&self, trouble: &Trouble, seen: &Seen<'_>) -> bool {
        let is_clash = trouble.message.starts_with("another ");
        !is_clash || !matches!(trouble.holder, Holder::Own(_)) || seen.cases.len() == self.fitted
    }

    /// A volume that the template does not bring may come with the pods: then its author says so, or there are such pods.
    fn judge_volume(
        &self,
        look: &Look<'_>,
        (trouble, seen): (&Trouble, &Seen<'_>),
        volume: &str,
    ) -> Option<Result<Problem, Warning>> {
        let source = look.source().get("spec").unwrap_or(&Value::Null);
        if source.to_string().contains("spec.volumes") || !places::has_text(source, volume) {
            return None;
        }
        let other = overlap::template_with_volume(look, volume);
        let is_known =
            look.surroundings.pods.iter().any(|pod| {
                items(super::pod::spec_of(pod), "volumes").any(|known| text(known, "name") == volume)
            });
        let is_added = matches!(trouble.holder, Holder::Added(..));
        if is_added && !is_known && other.is_none() && self.is_everywhere(trouble, seen) {
            let mut problem = problem_of(look, trouble, &seen.finding);
            problem.message.push_str(
                ": add it to spec.volumes, or say with a match condition over pod.spec.volumes that the pods have it",
            );
            return Some(Ok(problem));
        }
        let from = other.map(|other| format!(", unless template {other} brings it")).unwrap_or_default();
        let text = format!(
            "pods without a volume {volume:?} would be refused{from}: the template mounts it and does not bring it"
        );
        Some(Err(Warning::new(Rank::Refused, text)))
    }
}

impl Seen<'_> {
    fn count(&self) -> usize {
        self.cases.iter().map(|(_, count)| count).sum()
    }
}

fn holder_of(case: &Case, fitted: &Value, finding: &Finding) -> Holder {
    let Some(container) = &finding.container else { return Holder::Pod };
    match case.original(container.list, &container.name) {
        None => Holder::Added(container.list, container.name.clone()),
        Some(_) if container.list == "containers" => Holder::Own("container"),
        Some(_) => {
            let mut containers = items(super::pod::spec_of(fitted), container.list);
            let found = containers.find(|found| text(found, "name") == container.name);
            let is_sidecar = found.is_some_and(|found| text(found, "restartPolicy") == "Always");
            Holder::Own(if is_sidecar { "sidecar" } else { "init container" })
        }
    }
}

fn problem_of(look: &Look<'_>, trouble: &Trouble, finding: &Finding) -> Problem {
    let located = match trouble.holder {
        Holder::Own(_) => places::locate_in_containers(look.source(), finding),
        _ => places::locate_in_pods(look.source(), finding),
    };
    let leads_there =
        matches!(located.path.last(), Some(Segment::Key(key)) if finding.field.ends_with(key.as_str()));
    let message = if leads_there {
        finding.message.clone()
    } else {
        format!("{}: {}", place_of(trouble, finding), finding.message)
    };
    Problem::new(&located.path, message)
}

/// The field in words: of an added container by its name, of others by their kind.
fn place_of(trouble: &Trouble, finding: &Finding) -> String {
    match trouble.holder {
        Holder::Own(kind) => format!("{} of each {kind}", trouble.field),
        _ => finding.path(),
    }
}

/// Which pods would be refused, and why.
fn warning_of(trouble: &Trouble, seen: &Seen<'_>) -> Warning {
    let place = place_of(trouble, &seen.finding);
    let sorts: BTreeSet<&str> = seen.cases.iter().map(|(case, _)| case.sort).collect();
    let is_plain = seen.cases.iter().any(|(case, _)| case.choice.differs.is_none());
    let differs = seen.cases.iter().find_map(|(case, _)| case.choice.differs.as_ref()).filter(|_| !is_plain);
    let who = match (differs, &trouble.holder) {
        (Some((name, value)), _) => format!("with the parameter {name} = {value:?} a pod"),
        (None, Holder::Own(kind)) => {
            let article = if kind.starts_with('i') { "an" } else { "a" };
            format!("a pod with {article} {kind} of its own")
        }
        (None, _) => sorts.first().copied().unwrap_or_default().to_owned(),
    };
    let text = format!("{who} would be refused: {place}: {}", trouble.message);
    Warning::new(Rank::Refused, text)
}
