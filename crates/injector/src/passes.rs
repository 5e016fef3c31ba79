//! Applies rendered patches in three passes: every `pod` patch, then every `containers` patch, then every `json`
//! patch. So what one template says of all containers also holds for those that another adds.

mod apply;
mod stability;

use chandler_pod_patch::{Conflicts, Report};
use serde_json::Value;

use crate::rendering::RenderedPatch;

pub use apply::ApplyError;

/// A template whose patches are ready.
#[derive(Debug, Clone)]
pub(crate) struct Prepared<'t> {
    /// Which of the decision's templates.
    pub(crate) index: usize,
    pub(crate) conflicts: Conflicts,
    pub(crate) patches: Vec<RenderedPatch<'t>>,
    /// Whether it takes anything away, so that what it does may depend on what is there already.
    pub(crate) removes: bool,
}

/// Why a template does not fit a pod, and which of its patches shows it.
#[derive(Debug, Clone)]
pub(crate) struct PatchFailure {
    pub(crate) patch: usize,
    pub(crate) error: ApplyError,
}

/// A pod fitted out, with what each template had to say, and the templates that failed.
#[derive(Debug)]
pub(crate) struct Fitted {
    pub(crate) pod: Value,
    /// Reports of the templates that applied whole, by their index.
    pub(crate) reports: Vec<(usize, Report)>,
    pub(crate) failures: Vec<(usize, PatchFailure)>,
}

/// The order of the passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Pod,
    Containers,
    Json,
}

const PASSES: [Pass; 3] = [Pass::Pod, Pass::Containers, Pass::Json];

/// Applies the templates to a copy of the pod. One that fails is taken out, and the others start again from the pod
/// as it was, so that each applies whole or not at all.
pub(crate) fn apply_passes(pod: &Value, templates: Vec<Prepared<'_>>) -> Fitted {
    let mut trial = Trial { templates, failures: Vec::new(), retried: Vec::new() };
    loop {
        let mut fitted = pod.clone();
        let mut reports = trial.empty_reports();
        let outcome =
            trial.run(&mut fitted, &mut reports).and_then(|()| trial.check_stability(&fitted, &reports));
        match outcome {
            Ok(()) => return Fitted { pod: fitted, reports, failures: trial.final_failures() },
            Err((index, failure)) => trial.take_out(index, failure),
        }
    }
}

/// Templates that are tried together, and those that failed so far.
struct Trial<'t> {
    templates: Vec<Prepared<'t>>,
    /// Templates taken out, each with its failure.
    failures: Vec<(Prepared<'t>, PatchFailure)>,
    /// Templates that have had their second chance.
    retried: Vec<usize>,
}

impl Trial<'_> {
    fn empty_reports(&self) -> Vec<(usize, Report)> {
        self.templates.iter().map(|template| (template.index, Report::default())).collect()
    }

    fn run(&self, pod: &mut Value, reports: &mut [(usize, Report)]) -> Result<(), (usize, PatchFailure)> {
        for pass in PASSES {
            for (template, (_, report)) in self.templates.iter().zip(reports.iter_mut()) {
                for patch in &template.patches {
                    let more = apply::apply(pod, pass, patch, template.conflicts)
                        .map_err(|error| (template.index, PatchFailure { patch: patch.index, error }))?;
                    report.warnings.extend(more.warnings);
                    report.conflicts.extend(more.conflicts);
                }
            }
        }
        Ok(())
    }

    /// Takes a template out. Those that failed while it took part get a second chance: it may have been the cause.
    fn take_out(&mut self, index: usize, failure: PatchFailure) {
        let Some(place) = self.templates.iter().position(|template| template.index == index) else { return };
        let failed = self.templates.remove(place);
        let retried = &self.retried;
        let again = self.failures.extract_if(.., |(template, _)| !retried.contains(&template.index));
        let again: Vec<_> = again.map(|(template, _)| template).collect();
        for template in again {
            self.retried.push(template.index);
            let place = self.templates.partition_point(|other| other.index < template.index);
            self.templates.insert(place, template);
        }
        self.failures.push((failed, failure));
    }

    fn final_failures(self) -> Vec<(usize, PatchFailure)> {
        self.failures.into_iter().map(|(template, failure)| (template.index, failure)).collect()
    }
}
