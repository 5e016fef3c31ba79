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

    /// Rules, if the files say something else than before.
    pub(super) fn changed(&mut self) -> Option<Result<Rules, RulesError>> {
        let text = RulesText::read(&self.paths);
        if text == self.text {
            return None;
        }
        self.text = text;
        Some(self.text.compile())
    }
}
