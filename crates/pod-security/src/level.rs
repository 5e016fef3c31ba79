//! The three levels, and which one a namespace enforces.

use std::fmt;

use serde_json::Value;

/// Label of a namespace: the level that its pods have to meet.
pub const ENFORCE_LABEL: &str = "pod-security.kubernetes.io/enforce";

/// A level of Pod Security, the one that allows most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Refuses nothing.
    Privileged,
    /// Refuses what is known to lead out of a container.
    Baseline,
    /// Refuses whatever is not hardened as well.
    Restricted,
}

impl Level {
    /// The level that a namespace enforces by its label. Without one it is [`Level::Privileged`], unless the cluster's
    /// configuration says otherwise, which nobody can read. A word that is no level means [`Level::Restricted`], as
    /// `ParseLevel` and `PolicyToEvaluate` in `k8s.io/pod-security-admission/api` have it.
    #[must_use]
    pub fn enforced(namespace: &Value) -> Self {
        let label = namespace
            .get("metadata")
            .and_then(|metadata| metadata.get("labels")?.get(ENFORCE_LABEL)?.as_str());
        match label {
            None | Some("privileged") => Self::Privileged,
            Some("baseline") => Self::Baseline,
            Some(_) => Self::Restricted,
        }
    }

    /// Its name, as the label has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn level_is_what_the_label_says() {
        for level in [Level::Privileged, Level::Baseline, Level::Restricted] {
            let namespace = json!({"metadata": {"labels": {ENFORCE_LABEL: level.name()}}});
            assert_eq!(Level::enforced(&namespace), level);
        }
    }

    #[test]
    fn word_that_is_no_level_means_restricted() {
        for word in ["", "Baseline", "strict"] {
            let namespace = json!({"metadata": {"labels": {ENFORCE_LABEL: word}}});
            assert_eq!(Level::enforced(&namespace), Level::Restricted, "{word}");
        }
    }

    #[test]
    fn namespace_without_the_label_refuses_nothing() {
        let other = json!({"metadata": {"labels": {"pod-security.kubernetes.io/warn": "restricted"}}});
        for namespace in [Value::Null, json!({}), json!({"metadata": {"labels": null}}), other] {
            assert_eq!(Level::enforced(&namespace), Level::Privileged, "{namespace}");
        }
    }
}
