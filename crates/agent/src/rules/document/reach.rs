//! Paths of one rule that cannot all lead somewhere in the same line, and labels that never end.

use super::metric::Paths;
use crate::rules::fault::{Complaint, Faults, Place};
use crate::rules::path::{Path, Root};

/// Complains of paths that lead through a value which has to be a number, a text or a time, and of labels that take
/// their values from the time or from the number that is measured.
pub(super) fn check(paths: &Paths, time: Option<&Path>, faults: &mut Faults) {
    let labels = paths.labels.iter().flat_map(|label| label.paths().map(|path| (label.place, path)));
    let labels: Vec<_> = labels.collect();
    for (place, path) in &labels {
        faults.check(*place, check_bounded(path, paths, time));
    }
    let value = paths.value.iter().map(|value| (value.place, &value.value));
    let leaves: Vec<(Place, &Path)> = value.chain(labels).collect();
    let each = paths.each.iter().map(|each| (each.place, &each.value));
    for (place, path) in leaves.iter().copied().chain(each) {
        let through = leaves.iter().map(|(_, leaf)| *leaf).chain(time).find(|leaf| leaf.is_above(path));
        if let Some(through) = through {
            let message = format!(
                "{} leads through {}, which is a value and no object here",
                shown(path),
                shown(through)
            );
            faults.add(place, Complaint::new(message, "correct one of the two paths"));
        }
    }
}

fn check_bounded(label: &Path, paths: &Paths, time: Option<&Path>) -> Result<(), Complaint> {
    let advice = "a label needs few values; leave this one out";
    if time == Some(label) {
        return Err(Complaint::new(
            format!("a label takes the time of the line, {}, as its value", shown(label)),
            advice,
        ));
    }
    let is_value = paths.value.as_ref().is_some_and(|value| value.value == *label);
    if is_value && !matches!(label.root, Root::Key(_)) {
        return Err(Complaint::new(
            format!("a label takes the metric's value, {}, as its own", shown(label)),
            advice,
        ));
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    use crate::rules::path::Step;
    let mut text = match path.root {
        Root::Line => String::new(),
        Root::Element => "@".to_owned(),
        Root::Key(_) => "@key".to_owned(),
    };
    for step in &path.steps {
        match step {
            Step::Key(key) if text.is_empty() => text += key,
            Step::Key(key) => text += &format!(".{key}"),
            Step::Index(index) => text += &format!("[{index}]"),
            Step::Every => text += ".*",
            Step::EveryElement => text += "[*]",
            Step::Matching(regex) => text += &format!("./{regex}/"),
        }
    }
    text
}
