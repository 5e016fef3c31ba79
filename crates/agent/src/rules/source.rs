//! A source: which files are read, how, and what their lines mean.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::rule::{Outcome, Rule};
use super::scope::Scope;
use super::slots::{Slots, Values};
use super::time::{Clock, EventTime, Moment};
use crate::files::PathPattern;
use crate::observation::{Observations, Problem, Reason};

/// Files with one kind of lines, and the rules for them.
#[derive(Debug)]
pub struct Source {
    /// Its name, which no other source has.
    pub name: String,
    /// The names of its files.
    pub paths: Vec<PathPattern>,
    /// Whose days its events have.
    pub zone: TimeZone,
    /// Its name in the tz database.
    pub zone_name: String,
    /// How long after its end a day still takes events.
    pub lateness: Duration,
    /// Longest line, in bytes.
    pub max_line: usize,
    /// What becomes of lines that are not UTF-8.
    pub invalid_utf8: InvalidUtf8,
    /// Where reading starts in files that were there before the source.
    pub start: Start,
    /// How long a file that was rotated away is read on.
    pub grace: Duration,
    pub(super) compiled: Compiled,
}

/// What becomes of lines that are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidUtf8 {
    /// They are not counted, but reported.
    Drop,
    /// Each wrong sequence becomes U+FFFD.
    Replace,
}

/// Where reading starts in files that were there before the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With their first line.
    Beginning,
    /// Behind their last line.
    End,
}

/// What a source makes of lines.
#[derive(Debug)]
pub(super) struct Compiled {
    id: u64,
    pub(super) slots: Slots,
    pub(super) time: Option<EventTime>,
    pub(super) rules: Vec<Rule>,
}

/// Buffers and memory between lines. One can be used for several sources, and is quickest with one.
#[derive(Debug, Default)]
pub struct Reader {
    source: u64,
    values: Values<'static>,
    clock: Clock,
    scratch: String,
}

/// One line of a file, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// What it says.
    pub text: &'a str,
    /// When it was read, in milliseconds since 1970: its time, where the source has no event time.
    pub read_at: i64,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    }
}

/// How observations are handed on before all of a line are made.
pub struct Parts<'t> {
    /// Memory for them, which stays small. Problems are found there afterwards.
    pub memory: &'t mut Observations,
    /// Takes some of them, which are forgotten then.
    pub take: &'t mut dyn FnMut(&Observations),
}

/// Where observations are gathered.
pub(super) struct Sink<'t> {
    pub(super) out: &'t mut Observations,
    /// To whom they are handed on when there are many; without it all of them are gathered.
    pub(super) take: Option<&'t mut dyn FnMut(&Observations)>,
}

/// To whom it is told what a line says.
pub(super) struct Told<'t, 's, F> {
    pub(super) sink: &'t mut Sink<'s>,
    pub(super) see: F,
}

/// What one rule made of a line.
pub(super) struct Seen<'s> {
    pub(super) rule: usize,
    pub(super) outcome: Outcome,
    pub(super) line: &'s [Option<&'s str>],
    /// Their places among all observations, where all are gathered.
    pub(super) observations: Range<usize>,
}

impl Compiled {
    pub(super) fn new(slots: Slots, time: Option<EventTime>, rules: Vec<Rule>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), slots, time, rules }
    }
}

impl Sink<'_> {
    /// An array can have as many elements as the line has bytes, each with labels of its own: they are not gathered.
    #[inline]
    pub(super) fn hand_on_if_full(&mut self) {
        if self.out.is_full() {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        if let Some(take) = &mut self.take {
            take(self.out);
            self.out.labels.clear();
            self.out.all.clear();
        }
    }
}

impl Reader {
    /// What is remembered holds for one source only.
    #[inline]
    fn enter(&mut self, source: u64) {
        if self.source != source {
            self.source = source;
            self.clock = Clock::default();
        }
    }
}

impl Source {
    /// Appends what a line says to `out`. Blank lines say nothing. A line that is no whole JSON object, or has no time,
    /// gives a problem and nothing else. All of it is gathered, however much it is.
    pub fn observe(&self, line: Line<'_>, reader: &mut Reader, out: &mut Observations) {
        self.tell(line, reader, Sink { out, take: None });
    }

    /// Hands on what a line says: at once, or in several parts if it is much.
    pub fn observe_in_parts(&self, line: Line<'_>, reader: &mut Reader, Parts { memory, take }: Parts<'_>) {
        memory.clear();
        self.tell(line, reader, Sink { out: memory, take: Some(take) });
        take(memory);
    }

    fn tell(&self, line: Line<'_>, reader: &mut Reader, mut sink: Sink<'_>) {
        let see = |_: &Seen<'_>| {};
        if let Err(reason) = self.judge(line, reader, Told { sink: &mut sink, see }) {
            sink.out.problems.push(Problem { rule: None, reason });
        }
    }

    /// Tells what a line says, and what each rule made of it. Nothing comes of a blank line.
    pub(super) fn judge(
        &self,
        line: Line<'_>,
        reader: &mut Reader,
        told: Told<'_, '_, impl FnMut(&Seen<'_>)>,
    ) -> Result<Option<Moment>, Reason> {
        if line.is_blank() {
            return Ok(None);
        }
        reader.enter(self.compiled.id);
        let mut values: Values<'_> = std::mem::take(&mut reader.values);
        let filled = self.compiled.slots.fill_line(line.text, &mut values);
        let moment = filled.and_then(|_| self.moment(&values, line.read_at, &mut reader.clock));
        if let (Ok(escapes), Ok(moment)) = (filled, moment) {
            let scope = Scope { escapes, ..Scope::of_line(&values, moment) };
            self.apply_rules(&scope, &mut reader.scratch, told);
        }
        reader.values = emptied(values);
        moment.map(Some)
    }

    #[inline]
    fn apply_rules(&self, line: &Scope<'_>, scratch: &mut String, told: Told<'_, '_, impl FnMut(&Seen<'_>)>) {
        let Told { sink, mut see } = told;
        for (rule, compiled) in self.compiled.rules.iter().enumerate() {
            let before = sink.out.all.len();
            let outcome = compiled.observe(line, scratch, sink);
            if let Outcome::Problem(reason) = outcome {
                sink.out.problems.push(Problem { rule: Some(rule), reason });
            }
            see(&Seen { rule, outcome, line: line.line, observations: before..sink.out.all.len() });
            sink.hand_on_if_full();
        }
    }

    /// What its rules feed: the name of the metric of each, by the index that problems have.
    #[must_use]
    pub fn rule(&self, index: usize) -> Option<&str> {
        self.compiled.rules.get(index).map(|rule| rule.name.as_str())
    }

    /// Whether one of its rules feeds the metric of this index.
    #[must_use]
    pub fn feeds(&self, metric: usize) -> bool {
        self.compiled.rules.iter().any(|rule| rule.metric == metric)
    }

    /// How many rules it has.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.compiled.rules.len()
    }

    #[inline]
    fn moment(&self, values: &Values<'_>, now: i64, clock: &mut Clock) -> Result<Moment, Reason> {
        let time = match &self.compiled.time {
            None => Some(now),
            Some(EventTime { slot, format, or_now }) => {
                let raw = values.get(*slot).copied().flatten();
                let time = raw.and_then(|raw| clock.read(format, raw, &self.zone));
                if *or_now { time.or(Some(now)) } else { time }
            }
        };
        time.and_then(|time| clock.moment(time, &self.zone)).ok_or(Reason::NoTime)
    }
}

/// The memory of `values`, for the next line: collecting in place keeps it.
fn emptied(mut values: Values<'_>) -> Values<'static> {
    values.clear();
    values.into_iter().map(|_| None).collect()
}
