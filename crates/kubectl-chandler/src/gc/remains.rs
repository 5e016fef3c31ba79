//! What `debug` may have left behind: whether anybody still needs it, and who made it.

use std::path::Path;

use chandler_api::names;
use k8s_openapi::jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Who made a pod: a person on a machine, and the process that removes it at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Maker {
    /// `USER@HOST`.
    person: String,
    /// None: the pod is meant to stay.
    process: Option<Process>,
}

/// A process, told from a later one of the same number by when it started, and from one of a container by its namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    id: u32,
    /// In the clock ticks of the machine; empty where that cannot be told.
    started: String,
    /// The PID namespace that it is in, as its number; empty where that cannot be told.
    namespace: String,
}

/// Where and when things are judged.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    /// The time.
    pub(crate) now: Timestamp,
    /// This process.
    pub(crate) maker: Maker,
}

/// How a pod that we made stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum State {
    /// It has ended.
    Finished,
    /// Its time is over.
    Expired,
    /// The process that made it is gone without removing it.
    Orphaned,
    /// Somebody may be in it.
    InUse,
}

/// A pod that `debug` made, in the shape in which `--output json` prints it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remains {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    /// `copy` or `node`.
    pub(crate) kind: String,
    pub(crate) state: State,
    pub(crate) expires: Option<String>,
    pub(crate) made_by: Option<String>,
    pub(crate) removed: bool,
}

impl Maker {
    /// This process.
    pub(crate) fn here() -> Self {
        let id = std::process::id();
        let started = start_of(id).unwrap_or_default();
        let namespace = pid_namespace().unwrap_or_default();
        Self { person: person(), process: Some(Process { id, started, namespace }) }
    }

    /// The same for a pod that is to stay.
    pub(crate) fn keeping(self) -> Self {
        Self { process: None, ..self }
    }

    /// As the annotation has it: `USER@HOST`, or `USER@HOST/PROCESS/START/NAMESPACE`.
    pub(crate) fn text(&self) -> String {
        match &self.process {
            Some(Process { id, started, namespace }) => format!("{}/{id}/{started}/{namespace}", self.person),
            None => self.person.clone(),
        }
    }

    fn parse(text: &str) -> Self {
        let mut parts = text.split('/');
        let person = parts.next().unwrap_or_default().to_owned();
        let id = parts.next().and_then(|id| id.parse().ok());
        let mut next = || parts.next().unwrap_or_default().to_owned();
        let (started, namespace) = (next(), next());
        Self { person, process: id.map(|id| Process { id, started, namespace }) }
    }

    /// Whether the process is surely gone: only the machine that it ran on knows, and there only who sees its processes.
    fn is_gone(&self, here: &Self) -> bool {
        let (Some(process), Some(own)) = (&self.process, &here.process) else { return false };
        let is_of_here = self.person == here.person && process.namespace == own.namespace;
        if !is_of_here || process.started.is_empty() || process.namespace.is_empty() {
            return false;
        }
        start_of(process.id).is_none_or(|started| started != process.started)
    }
}

impl Remains {
    /// Reads it from the pod.
    pub(crate) fn of(pod: &Value, here: &Here) -> Self {
        let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let mark = |list: &str, key: &str| {
            let value = pod.pointer(&format!("/metadata/{list}"))?.get(key)?.as_str()?;
            Some(value.to_owned())
        };
        let expires = mark("annotations", names::EXPIRES);
        let made_by = mark("annotations", names::MADE_BY);
        let is_over = expires
            .as_deref()
            .and_then(|text| text.parse().ok())
            .is_some_and(|end: Timestamp| end <= here.now);
        let is_orphan = made_by.as_deref().is_some_and(|text| Maker::parse(text).is_gone(&here.maker));
        let state = match text("/status/phase").as_deref() {
            Some("Succeeded" | "Failed") => State::Finished,
            _ if is_over => State::Expired,
            _ if is_orphan => State::Orphaned,
            _ => State::InUse,
        };
        Self {
            namespace: text("/metadata/namespace").unwrap_or_default(),
            name: text("/metadata/name").unwrap_or_default(),
            uid: text("/metadata/uid").unwrap_or_default(),
            kind: mark("labels", names::DEBUG_LABEL).unwrap_or_default(),
            state,
            expires,
            made_by,
            removed: false,
        }
    }

    /// Whether nobody needs it any more.
    pub(crate) fn is_useless(&self) -> bool {
        self.state != State::InUse
    }

    /// Whether the same person made it on the same machine.
    pub(crate) fn is_ours(&self, here: &Here) -> bool {
        self.made_by.as_deref().is_some_and(|text| Maker::parse(text).person == here.maker.person)
    }
}

impl State {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Finished => "Finished",
            Self::Expired => "Expired",
            Self::Orphaned => "Orphaned",
            Self::InUse => "InUse",
        }
    }
}

fn person() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = host.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    let plain = |text: Option<String>| {
        let text = text.unwrap_or_default();
        let text = text.trim().replace(['/', '@'], "-");
        if text.is_empty() { "unknown".to_owned() } else { text }
    };
    format!("{}@{}", plain(user), plain(host))
}

/// When a process started; none where there is no such process, or no way to know.
fn start_of(process: u32) -> Option<String> {
    let text = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat")).ok()?;
    // The name of the program, in parentheses, may have blanks in it.
    let (_, fields) = text.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

/// The number of the PID namespace that this process is in.
fn pid_namespace() -> Option<String> {
    let link = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(link.to_str()?.trim_start_matches("pid:[").trim_end_matches(']').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn here() -> Here {
        Here { now: "2026-01-01T12:00:00Z".parse().unwrap(), maker: Maker::here() }
    }

    fn state(phase: &str, expires: &str, made_by: &str) -> State {
        let annotations = json!({names::EXPIRES: expires, names::MADE_BY: made_by});
        let pod = json!({
            "metadata": {"name": "a", "labels": {names::DEBUG_LABEL: "copy"}, "annotations": annotations},
            "status": {"phase": phase},
        });
        Remains::of(&pod, &here()).state
    }

    #[test]
    fn pods_are_useless_that_ended_expired_or_lost_their_maker() {
        let (later, before) = ("2026-01-01T13:00:00Z", "2026-01-01T11:00:00Z");
        let Maker { person, .. } = Maker::here();
        let own = Maker::here().text();
        assert_eq!(state("Running", later, &own), State::InUse);
        assert_eq!(state("Succeeded", later, &own), State::Finished);
        assert_eq!(state("Running", before, &own), State::Expired);
        let place = pid_namespace().unwrap();
        assert_eq!(state("Running", later, &format!("{person}/1/0/{place}")), State::Orphaned);
        assert_eq!(state("Running", later, &format!("{person}/4194999/1/{place}")), State::Orphaned);
        assert_eq!(state("Running", later, &format!("{person}/4194999/1/7")), State::InUse, "a container's");
        assert_eq!(state("Running", later, &person), State::InUse, "meant to stay");
        assert_eq!(state("Running", later, "else@where/1/0"), State::InUse, "nobody here can know");
    }

    #[test]
    fn makers_are_read_as_they_were_written() {
        let maker = Maker::here();
        assert_eq!(Maker::parse(&maker.text()), maker);
        let staying = maker.keeping();
        assert_eq!(Maker::parse(&staying.text()), staying);
    }
}
