//! Whether a second injection would find nothing to do. Merging is idempotent by itself; several templates together
//! are not where one undoes what another did.

use chandler_pod_patch::{Conflicts, Report};
use serde_json::Value;

use super::apply::{ApplyError, apply};
use super::{PASSES, PatchFailure, Trial};

impl Trial<'_> {
    /// Applies the templates to their own result, where that is not evidently what they leave alone.
    /// `Err` is the template to take out: the one that fails, or the last one that changes something.
    pub(super) fn check_stability(
        &self,
        fitted: &Value,
        reports: &[(usize, Report)],
    ) -> Result<(), (usize, PatchFailure)> {
        if self.is_evidently_stable(reports) {
            return Ok(());
        }
        let mut again = fitted.clone();
        let mut ignored = self.empty_reports();
        self.run(&mut again, &mut ignored).map_err(|(index, failure)| {
            let effect = format!("fails: {}", failure.error);
            (index, PatchFailure { error: ApplyError::Unstable { effect }, ..failure })
        })?;
        if again == *fitted { Ok(()) } else { Err(self.find_last_change(fitted)) }
    }

    /// Templates that take nothing away find all that they add the next time. Where they contradict the pod or each
    /// other, the same one wins again, unless one fails on what it finds: by `conflicts: Fail`, or because the image
    /// of a container that it places is another's.
    fn is_evidently_stable(&self, reports: &[(usize, Report)]) -> bool {
        let mut conflicts = reports.iter().flat_map(|(_, report)| &report.conflicts).peekable();
        let contradicts = conflicts.peek().is_some();
        let may_fail =
            contradicts && self.templates.iter().any(|template| template.conflicts == Conflicts::Fail);
        let changes_image = conflicts.any(|conflict| conflict.path.ends_with(".image"));
        !may_fail && !changes_image && !self.templates.iter().any(|template| template.removes)
    }

    fn find_last_change(&self, fitted: &Value) -> (usize, PatchFailure) {
        let mut pod = fitted.clone();
        let mut last = (usize::MAX, 0);
        for pass in PASSES {
            for template in &self.templates {
                for patch in &template.patches {
                    let before = pod.clone();
                    if apply(&mut pod, pass, patch, template.conflicts).is_err() || pod != before {
                        last = (template.index, patch.index);
                    }
                }
            }
        }
        let effect = "would change the pod again".to_owned();
        (last.0, PatchFailure { patch: last.1, error: ApplyError::Unstable { effect } })
    }
}
