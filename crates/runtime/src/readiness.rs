//! Whether a daemon can do its work: it is ready when everything that it waits for is there, and it is not ending.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a daemon waits for, by name.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    conditions: Arc<Mutex<BTreeMap<&'static str, bool>>>,
}

/// One thing that a daemon waits for.
#[derive(Debug, Clone)]
pub struct Condition {
    name: &'static str,
    readiness: Readiness,
}

impl Readiness {
    /// Adds something to wait for; it is not there yet.
    #[must_use]
    pub fn condition(&self, name: &'static str) -> Condition {
        self.set(name, false);
        Condition { name, readiness: self.clone() }
    }

    /// Whether everything is there.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.missing().is_empty()
    }

    /// What is not there, by name.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let conditions = self.conditions.lock().unwrap_or_else(PoisonError::into_inner);
        conditions.iter().filter(|(_, holds)| !**holds).map(|(name, _)| *name).collect()
    }

    fn set(&self, name: &'static str, holds: bool) {
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner).insert(name, holds);
    }
}

impl Condition {
    /// It is there.
    pub fn hold(&self) {
        self.readiness.set(self.name, true);
    }

    /// It is gone.
    pub fn fail(&self) {
        self.readiness.set(self.name, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn daemon_is_ready_when_everything_is_there() {
        let readiness = Readiness::default();
        let (templates, namespaces) = (readiness.condition("templates"), readiness.condition("namespaces"));
        templates.hold();
        assert_eq!(readiness.missing(), ["namespaces"]);
        namespaces.hold();
        assert!(readiness.is_ready());
        templates.fail();
        assert!(!readiness.is_ready());
    }
}
