//! Why a container is not made or does not start, or ended at once.

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Diagnosis;
use super::container::Subject;
use super::image::{own_words, wrong_architecture};
use crate::plan::field::text;

/// Who ends so soon has not done what a tooling container is for. The kubelet tells times to the second.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(1);

/// Where a program for another machine was started.
const FOREIGN: &str = "exec format error";

/// Lines of a log that a message has room for.
const LINES: usize = 3;

/// Something that the container's fields name is not there, or not allowed.
pub(crate) fn diagnose_config(subject: &Subject<'_>, message: &str) -> Diagnosis {
    let words = own_words(message);
    if words.contains("target container") {
        return target_not_running(subject, &words);
    }
    if words.contains("runAsNonRoot") || words.contains("non-numeric user") {
        return Diagnosis::new(
            "RootForbidden",
            format!("container {} may not run as root, as its image does: {words}", subject.name),
            "use --profile restricted, or set runAsUser with --custom",
        );
    }
    if words.contains("not found") || words.contains("couldn't find key") {
        return Diagnosis::new(
            "MissingReference",
            format!("container {} refers to what is not there: {words}", subject.name),
            "make it, or mark the reference as optional",
        );
    }
    Diagnosis::new(
        "ContainerConfig",
        format!("container {} has fields that its node cannot serve: {words}", subject.name),
        "change them with --custom, or try another --profile",
    )
}

/// The runtime does not make it.
pub(crate) fn diagnose_creation(subject: &Subject<'_>, message: &str) -> Diagnosis {
    let words = own_words(message);
    if words.contains("invalid target container") {
        return target_not_running(subject, &words);
    }
    if words.contains("no command specified") {
        return no_program(subject, &words);
    }
    Diagnosis::new(
        "ContainerCreation",
        format!("container {} cannot be made: {words}", subject.name),
        "try another --profile or --image; kubectl describe pod says more",
    )
}

/// The runtime made it and cannot start it.
pub(crate) fn diagnose_start(subject: &Subject<'_>, message: &str) -> Diagnosis {
    let words = own_words(message);
    if words.contains(FOREIGN) {
        return wrong_architecture(subject, &words);
    }
    let is_missing =
        ["executable file not found", "no such file or directory"].iter().any(|part| words.contains(part));
    if is_missing && words.contains("exec") {
        return no_program(subject, &words);
    }
    Diagnosis::new(
        "ContainerStart",
        format!("container {} cannot be started: {words}", subject.name),
        "try another --profile or --image; kubectl describe pod says more",
    )
}

/// It crashes again and again, as containers of copies may that restart.
pub(crate) fn diagnose_crashes(subject: &Subject<'_>) -> Diagnosis {
    let last = subject.status.pointer("/lastState/terminated").unwrap_or(&Value::Null);
    Diagnosis::new(
        "CrashLoop",
        format!("container {} crashes again and again{}", subject.name, code(last)),
        "hold it with another command: --copy --command sleep --command 1d",
    )
}

/// Why it ended, where that is no end of a session.
pub(crate) fn diagnose_end(subject: &Subject<'_>, terminated: &Value) -> Option<Diagnosis> {
    let reason = text(terminated, "/reason").unwrap_or_default();
    let message = text(terminated, "/message").unwrap_or_default();
    if matches!(reason, "StartError" | "ContainerCannotRun") || message.contains(FOREIGN) {
        return Some(diagnose_start(subject, message));
    }
    ended_at_once(terminated).then(|| {
        Diagnosis::new(
            "EndedAtOnce",
            format!("container {} ended as soon as it started{}", subject.name, code(terminated)),
            format!(
                "see what it said, with kubectl logs and -c {}; or name another image with --image",
                subject.name
            ),
        )
    })
}

/// Makes more of a diagnosis with what the container wrote: its log is the only one to know of an image for another
/// architecture.
#[must_use]
pub fn read_log(diagnosis: Diagnosis, log: &str) -> Diagnosis {
    let lines: Vec<&str> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if diagnosis.reason != "EndedAtOnce" || lines.is_empty() {
        return diagnosis;
    }
    let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("; ");
    if last.contains(FOREIGN) {
        let next_step = wrong_architecture(&Subject::find(&Value::Null, ""), "").next_step;
        let message = format!("the image is for another architecture than the node: {last}");
        return Diagnosis { reason: "WrongArchitecture", message, next_step };
    }
    Diagnosis { message: format!("{}: {last}", diagnosis.message), ..diagnosis }
}

fn target_not_running(subject: &Subject<'_>, words: &str) -> Diagnosis {
    Diagnosis::new(
        "TargetNotRunning",
        format!("container {} is not running, so nothing can look into it: {words}", subject.target()),
        "try again when it runs, or debug a copy that is held: --copy --command sleep --command 1d",
    )
}

fn no_program(subject: &Subject<'_>, words: &str) -> Diagnosis {
    Diagnosis::new(
        "NoShell",
        format!("image {} has no shell: {words}", subject.image()),
        "name an image with sh in it: --image, or --toolbox for another",
    )
}

fn ended_at_once(terminated: &Value) -> bool {
    let time = |field: &str| text(terminated, field)?.parse::<Timestamp>().ok();
    let (Some(start), Some(end)) = (time("/startedAt"), time("/finishedAt")) else { return false };
    end.duration_since(start) <= AT_ONCE
}

/// How it ended, for the end of a sentence.
fn code(terminated: &Value) -> String {
    let reason = text(terminated, "/reason").map(|reason| format!(" ({reason})")).unwrap_or_default();
    let code = terminated.get("exitCode").and_then(Value::as_i64);
    code.map(|code| format!(", with exit code {code}{reason}")).unwrap_or_default()
}
