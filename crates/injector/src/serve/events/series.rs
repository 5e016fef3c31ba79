//! What is told once and then counted: the same thing about the same workload. No client; the time is given.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::notice::Controller;

/// Most different things that are remembered. What is one too many takes the place of what was heard longest ago.
const MAX_SERIES: usize = 1024;

/// Time between two writes about the same thing.
const REST: Duration = Duration::from_secs(60);

/// Time after which what was not heard again is forgotten; told anew after that, it is a new Event.
const FORGET: Duration = Duration::from_secs(600);

/// What an Event is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    pub(super) workload: Controller,
    pub(super) template: String,
    pub(super) reason: &'static str,
}

/// All that is remembered.
#[derive(Debug, Default)]
pub(super) struct Series {
    by_subject: HashMap<Subject, Entry>,
}

#[derive(Debug)]
struct Entry {
    message: String,
    /// How often it was heard, and how much of that was written.
    count: i32,
    written: i32,
    /// Under which the Event is, once it is written.
    name: Option<String>,
    heard: Instant,
    /// It is not written before that time.
    rests_until: Instant,
}

/// Something to write.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub(super) subject: Subject,
    pub(super) message: String,
    /// How often it was heard.
    pub(super) count: i32,
    /// Under which the Event is, if there is one.
    pub(super) name: Option<String>,
}

impl Series {
    /// Hears of something. Whether something else that nobody was told had to be forgotten for it.
    pub(super) fn add(&mut self, subject: Subject, message: String, now: Instant) -> bool {
        if let Some(entry) = self.by_subject.get_mut(&subject) {
            entry.count = entry.count.saturating_add(1);
            entry.heard = now;
            return false;
        }
        let dropped = self.by_subject.len() >= MAX_SERIES && self.forget_oldest();
        let entry = Entry { message, count: 1, written: 0, name: None, heard: now, rests_until: now };
        self.by_subject.insert(subject, entry);
        dropped
    }

    fn forget_oldest(&mut self) -> bool {
        let oldest = self.by_subject.iter().min_by_key(|(_, entry)| entry.heard);
        let Some(subject) = oldest.map(|(subject, _)| subject.clone()) else { return false };
        self.by_subject.remove(&subject).is_some_and(|entry| entry.written == 0)
    }

    /// Whether there is nothing to look after.
    pub(super) fn is_empty(&self) -> bool {
        self.by_subject.is_empty()
    }

    /// What is to be written first, if anything is. What is old and written is forgotten.
    pub(super) fn due(&mut self, now: Instant) -> Option<Due> {
        let is_old = |entry: &Entry| now.duration_since(entry.heard) >= FORGET && now >= entry.rests_until;
        self.by_subject.retain(|_, entry| entry.written != entry.count || !is_old(entry));
        let due = self
            .by_subject
            .iter()
            .filter(|(_, entry)| entry.written < entry.count && now >= entry.rests_until);
        // What was never told goes first.
        let (subject, entry) = due.min_by_key(|(_, entry)| (entry.written > 0, entry.rests_until))?;
        Some(Due {
            subject: subject.clone(),
            message: entry.message.clone(),
            count: entry.count,
            name: entry.name.clone(),
        })
    }

    /// What was due is written, under this name; or it was not, and is due again later.
    pub(super) fn written(&mut self, due: &Due, name: Option<String>, now: Instant) {
        let Some(entry) = self.by_subject.get_mut(&due.subject) else { return };
        entry.rests_until = now + REST;
        if let Some(name) = name {
            entry.written = due.count;
            entry.name = Some(name);
        } else if now.duration_since(entry.heard) >= FORGET {
            self.by_subject.remove(&due.subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(name: &str) -> Subject {
        let workload = Controller {
            namespace: "shop".into(),
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            name: name.into(),
            uid: format!("uid-{name}"),
        };
        Subject { workload, template: "cluster/a".into(), reason: "InjectionSkipped" }
    }

    #[test]
    fn first_is_told_at_once_and_the_rest_counted_on_after_a_while() {
        let (mut series, start) = (Series::default(), Instant::now());
        series.add(subject("web"), "first".into(), start);
        let due = series.due(start).unwrap();
        assert_eq!((due.count, due.name.as_deref(), due.message.as_str()), (1, None, "first"));
        series.written(&due, Some("web.1".into()), start);
        for _ in 0..199 {
            series.add(subject("web"), "other".into(), start);
        }
        assert!(series.due(start + REST / 2).is_none());
        let due = series.due(start + REST).unwrap();
        assert_eq!((due.count, due.name.as_deref()), (200, Some("web.1")));
        series.written(&due, Some("web.1".into()), start + REST);
        assert!(series.due(start + REST * 3).is_none(), "nothing new");
    }

    #[test]
    fn what_failed_is_tried_again_later_and_forgotten_at_last() {
        let (mut series, start) = (Series::default(), Instant::now());
        series.add(subject("web"), String::new(), start);
        let due = series.due(start).unwrap();
        series.written(&due, None, start);
        assert!(series.due(start).is_none());
        let due = series.due(start + REST).unwrap();
        series.written(&due, None, start + FORGET);
        assert!(series.is_empty());
    }

    #[test]
    fn what_was_written_is_forgotten_when_it_is_not_heard_again() {
        let (mut series, start) = (Series::default(), Instant::now());
        series.add(subject("web"), String::new(), start);
        let due = series.due(start).unwrap();
        series.written(&due, Some("web.1".into()), start);
        assert!(series.due(start + FORGET).is_none());
        assert!(series.is_empty());
    }

    #[test]
    fn memory_is_bounded_and_what_is_lost_is_said() {
        let (mut series, start) = (Series::default(), Instant::now());
        let second = |index: usize| start + Duration::from_millis(u64::try_from(index).unwrap());
        let lost: Vec<bool> = (0..MAX_SERIES + 2)
            .map(|index| series.add(subject(&index.to_string()), String::new(), second(index)))
            .collect();
        assert_eq!(series.by_subject.len(), MAX_SERIES);
        assert_eq!(lost.iter().filter(|lost| **lost).count(), 2);
        assert!(!series.by_subject.contains_key(&subject("0")), "the one that was heard longest ago");
    }
}
