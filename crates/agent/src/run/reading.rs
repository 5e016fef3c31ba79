//! The thread that reads: looks for files, reads what they have, writes checkpoints, and takes new rules.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use chandler_runtime::readiness::Condition;
use chandler_runtime::shutdown::{Phase, Shutdown};

use super::hints::{Folders, Hint, Hints};
use super::reload::{Asked, RuleFiles};
use crate::engine::Engine;

/// What is read of all sources together before anything else may have its turn.
const BUDGET: usize = 4 << 20;
/// Bytes after which a checkpoint is written, whatever the time is.
const VOLUME: u64 = 256 << 20;
/// How often rules are compared with their files.
const RULES_INTERVAL: Duration = Duration::from_secs(5);
/// Looks take no more than one part in so many of the time.
const LOOK_SHARE: u32 = 20;

/// How often things are done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Between looks that nothing asks for.
    pub(super) look: Duration,
    /// Between checkpoints.
    pub(super) checkpoint: Duration,
}

/// Everything that the thread needs.
pub(super) struct Reading {
    engine: Arc<Engine>,
    rules: RuleFiles,
    hints: Hints,
    pace: Pace,
    folders: Folders,
    shutdown: Shutdown,
    /// Bytes since the last checkpoint.
    unsaved: u64,
    saved: Instant,
    compared: Instant,
    is_failing: bool,
    /// There are sources that never looked.
    is_new: bool,
}

impl Reading {
    pub(super) fn new(
        (engine, rules): (Arc<Engine>, RuleFiles),
        (hints, pace): (Hints, Pace),
        shutdown: Shutdown,
    ) -> Self {
        let now = Instant::now();
        let folders = Folders::new(hints.clone());
        Self {
            engine,
            rules,
            hints,
            pace,
            folders,
            shutdown,
            unsaved: 0,
            saved: now,
            compared: now,
            is_failing: false,
            is_new: true,
        }
    }

    /// Reads until the end, and writes the last checkpoint.
    pub(super) fn run(mut self, caught_up: &Condition) {
        let mut hint = Hint::default();
        while !self.is_over() {
            self.take_rules(hint.rules);
            let begin = Instant::now();
            self.engine.look(SystemTime::now());
            self.folders.watch(self.engine.folders());
            let looked = begin.elapsed();
            if std::mem::take(&mut self.is_new) {
                // Where files end that are read from there on is known now, and has to stay so.
                self.save();
            }
            let next = Instant::now() + self.pace.look;
            let more = self.read_until(next);
            if !more {
                self.engine.tell_caught_up(SystemTime::now());
                caught_up.hold();
            }
            self.save_if_due();
            // Who asks for rules does not wait until everything is read.
            hint = self.hints.wait(if more { Instant::now() } else { next });
            if more {
                continue;
            }
            // Who writes all the time does not have it looked at all the time.
            let rest = looked.saturating_mul(LOOK_SHARE).min(next.saturating_duration_since(Instant::now()));
            if hint.woken && !self.is_over() {
                Hints::rest(rest);
            }
        }
        self.save();
    }

    fn is_over(&self) -> bool {
        self.shutdown.has_reached(Phase::Draining)
    }

    /// Reads what there is, no longer than until the next look; whether there is more.
    fn read_until(&mut self, next: Instant) -> bool {
        loop {
            let step = self.engine.read(BUDGET, SystemTime::now());
            self.unsaved = self.unsaved.saturating_add(step.bytes);
            self.save_if_due();
            if !step.more || self.is_over() || Instant::now() >= next {
                return step.more;
            }
        }
    }

    fn save_if_due(&mut self) {
        let age = self.saved.elapsed();
        if self.unsaved >= VOLUME && !self.is_failing || self.unsaved > 0 && age >= self.pace.checkpoint {
            self.save();
        }
    }

    fn save(&mut self) {
        let written = self.engine.checkpoint(SystemTime::now());
        self.saved = Instant::now();
        match written {
            Ok(_) => {
                self.unsaved = 0;
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("checkpoints can be written again");
                }
            }
            Err(error) if self.is_failing => {
                tracing::debug!(error = error.with_causes(), "the checkpoint cannot be written still");
            }
            Err(error) => {
                self.is_failing = true;
                tracing::error!(
                    error = error.with_causes(),
                    "the checkpoint cannot be written: scrapes show the one before until it can"
                );
            }
        }
    }

    fn take_rules(&mut self, is_asked: bool) {
        if !is_asked && self.compared.elapsed() < RULES_INTERVAL {
            return;
        }
        self.compared = Instant::now();
        // Who asks is told again what is wrong.
        let is_refused = !self.engine.status().rules.is_newest;
        let asked = Asked { at_once: is_asked, in_any_case: is_asked && is_refused };
        let Some(changed) = self.rules.changed(asked) else {
            if is_asked {
                tracing::info!("the rules are as before");
            }
            return;
        };
        match changed {
            Ok(rules) => {
                self.engine.replace_rules(rules, SystemTime::now());
                self.is_new = true;
                tracing::info!("other rules are in force");
            }
            Err(error) => {
                self.engine.tell_rules(false, SystemTime::now());
                let error = error.to_string();
                tracing::error!(error, "the rules are not valid: the last good ones stay in force");
            }
        }
    }
}
