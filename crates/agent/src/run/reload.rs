//! The files that rules stand in, and whether they say something else now. What is broken leaves the last good rules.

use std::path::PathBuf;

use anyhow::anyhow;

use crate::rules::{Rules, RulesError, RulesText};

/// How much it is wanted to have rules read again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    /// Without another look whether the files say the same.
    pub(super) at_once: bool,
    /// Also if they are as before.
    pub(super) in_any_case: bool,
}

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

    /// Rules, if the files say something else than before: when they say it twice, as a file may be half written or be missing
    /// for a moment, or as it is asked for.
    pub(super) fn changed(&mut self, asked: Asked) -> Option<Result<Rules, RulesError>> {
        let text = RulesText::read(&self.paths);
        if text == self.text && !asked.in_any_case {
            self.seen = None;
            return None;
        }
        if !asked.at_once && self.seen.as_ref() != Some(&text) {
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

    const ASKED: Asked = Asked { at_once: true, in_any_case: false };

    fn rules(metric: &str) -> String {
        format!("sources: [{{name: a, paths: /a, metrics: [{{name: {metric}, type: counter}}]}}]")
    }

    #[test]
    fn rules_are_taken_when_they_were_seen_twice_or_somebody_asks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.yaml");
        fs::write(&path, rules("a_total")).unwrap();
        let (mut files, _) = RuleFiles::load(std::slice::from_ref(&path)).unwrap();
        let mut changed = |asked| files.changed(asked).map(|rules| rules.is_ok());
        assert_eq!(changed(Asked::default()), None);
        fs::remove_file(&path).unwrap();
        assert_eq!(changed(Asked::default()), None);
        fs::write(&path, rules("b_total")).unwrap();
        assert_eq!(changed(Asked::default()), None);
        assert_eq!(changed(Asked::default()), Some(true));
        assert_eq!(changed(ASKED), None);
        fs::write(&path, rules("c_total")).unwrap();
        assert_eq!(changed(ASKED), Some(true));
    }

    #[test]
    fn rules_are_told_once_and_again_only_to_who_wants_them_in_any_case() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.yaml");
        fs::write(&path, rules("a_total")).unwrap();
        let (mut files, _) = RuleFiles::load(std::slice::from_ref(&path)).unwrap();
        let mut changed = |asked| files.changed(asked).map(|rules| rules.is_ok());
        fs::write(&path, "[").unwrap();
        assert_eq!(changed(ASKED), Some(false));
        assert_eq!(changed(ASKED), None);
        assert_eq!(changed(Asked { in_any_case: true, ..ASKED }), Some(false));
    }
}
