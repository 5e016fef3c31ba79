//! The files that rules stand in, and whether they say something else now. What is broken leaves the last good rules.

use std::path::PathBuf;

use anyhow::anyhow;

use crate::rules::{Rules, RulesError, RulesText};

/// Files with rules, and what they said.
#[derive(Debug)]
pub(super) struct RuleFiles {
    paths: Vec<PathBuf>,
    text: RulesText,
}

impl RuleFiles {
    /// Reads rules for the first time.
    pub(super) fn load(paths: &[PathBuf]) -> anyhow::Result<(Self, Rules)> {
        let text = RulesText::read(paths);
        let rules = text.compile().map_err(|error| anyhow!("the rules are not valid:\n{error}"))?;
        Ok((Self { paths: paths.to_owned(), text }, rules))
    }

    /// Rules, if the files say something else than before, or if they are wanted in any case.
    pub(super) fn changed(&mut self, in_any_case: bool) -> Option<Result<Rules, RulesError>> {
        let text = RulesText::read(&self.paths);
        if text == self.text && !in_any_case {
            return None;
        }
        self.text = text;
        Some(self.text.compile())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOOD: &str = "sources: [{name: s, paths: [/a], metrics: [{name: a_total, type: counter}]}]";

    #[test]
    fn rules_are_told_once_and_again_only_to_who_wants_them_in_any_case() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.yaml");
        fs::write(&path, GOOD).unwrap();
        let (mut files, _) = RuleFiles::load(std::slice::from_ref(&path)).unwrap();
        assert!(files.changed(false).is_none());
        fs::write(&path, "[").unwrap();
        assert!(files.changed(false).unwrap().is_err());
        assert!(files.changed(false).is_none());
        assert!(files.changed(true).unwrap().is_err());
        fs::write(&path, GOOD).unwrap();
        assert!(files.changed(false).unwrap().is_ok());
    }
}
