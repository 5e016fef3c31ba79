//! The files that rules stand in, and whether they say something else now. What is broken leaves the last good rules.

use std::path::PathBuf;

use anyhow::anyhow;

use crate::rules::{Rules, RulesError, RulesText};

/// Files with rules, and what they said.
#[derive(Debug)]
pub(super) struct RuleFiles {
    paths: Vec<PathBuf>,
    text: RulesText,
    /// What they said the last time, if that is something else. Perhaps somebody is writing them.
    seen: Option<RulesText>,
}

impl RuleFiles {
    /// Reads rules for the first time.
    pub(super) fn load(paths: &[PathBuf]) -> anyhow::Result<(Self, Rules)> {
        let text = RulesText::read(paths);
        let rules = text.compile().map_err(|error| anyhow!("the rules are not valid:\n{error}"))?;
        Ok((Self { paths: paths.to_owned(), text, seen: None }, rules))
    }

    /// Rules, if the files say something else than before: at once where somebody asks, else when they say it twice, as a
    /// file may be half written or be missing for a moment.
    pub(super) fn changed(&mut self, is_asked: bool) -> Option<Result<Rules, RulesError>> {
        let text = RulesText::read(&self.paths);
        if text == self.text {
            self.seen = None;
            return None;
        }
        if !is_asked && self.seen.as_ref() != Some(&text) {
            self.seen = Some(text);
            return None;
        }
        self.seen = None;
        self.text = text;
        Some(self.text.compile())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn rules(metric: &str) -> String {
        format!("sources: [{{name: a, paths: /a, metrics: [{{name: {metric}, type: counter}}]}}]")
    }

    #[test]
    fn rules_are_taken_when_they_were_seen_twice_or_somebody_asks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.yaml");
        fs::write(&path, rules("a_total")).unwrap();
        let (mut files, _) = RuleFiles::load(std::slice::from_ref(&path)).unwrap();
        assert!(files.changed(false).is_none());
        fs::remove_file(&path).unwrap();
        assert!(files.changed(false).is_none());
        fs::write(&path, rules("b_total")).unwrap();
        assert!(files.changed(false).is_none());
        assert!(files.changed(false).is_some_and(|rules| rules.is_ok()));
        assert!(files.changed(false).is_none());
        fs::write(&path, rules("c_total")).unwrap();
        assert!(files.changed(true).is_some_and(|rules| rules.is_ok()));
    }
}
