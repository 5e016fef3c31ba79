//! How it went with each pod, and the exit code of all.

use serde::Serialize;
use serde_json::Value;

use super::failure::Failure;
use super::pods::name_of;
use super::session::Session;
use crate::exit;

/// How it went with one pod, in the shape in which `--output json` prints it.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    pub(crate) namespace: String,
    pub(crate) pod: String,
    /// The container that the command ran in; none where it never came to that.
    pub(crate) session: Option<String>,
    /// The container that was looked into.
    pub(crate) target: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) profile: Option<String>,
    /// Whether the session was there before.
    pub(crate) reentered: bool,
    pub(crate) exit_code: u8,
    /// Why there was no session, or no end: one of a closed set. None where the command came to its end.
    pub(crate) reason: Option<&'static str>,
    pub(crate) message: Option<String>,
    pub(crate) next_step: Option<String>,
    pub(crate) notes: Vec<String>,
    /// The command's output, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stdout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stderr: Option<String>,
    /// Whether some of it did not fit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) truncated: bool,
    /// What was sent, for a dry run.
    #[serde(skip)]
    pub(crate) sent: Option<Value>,
}

impl Outcome {
    /// Nothing has happened yet.
    pub(crate) fn of(namespace: &str, pod: &str) -> Self {
        Self { namespace: namespace.to_owned(), pod: pod.to_owned(), ..Self::default() }
    }

    /// There is a session.
    pub(crate) fn take(&mut self, session: &Session) {
        name_of(&session.pod).clone_into(&mut self.pod);
        self.session = Some(session.container.clone());
        self.target.clone_from(&session.target);
        self.image = Some(session.image.clone());
        self.profile = Some(session.profile.clone());
        self.reentered = session.reentered;
        self.sent.clone_from(&session.sent);
    }

    /// What the command wrote, and whether some of it did not fit.
    pub(crate) fn keep(&mut self, stdout: (String, bool), stderr: (String, bool)) {
        self.truncated = stdout.1 || stderr.1;
        (self.stdout, self.stderr) = (Some(stdout.0), Some(stderr.0));
    }

    /// It did not come to an end.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.exit_code = failure.code();
        self.reason = Some(failure.reason());
        let message = failure.message();
        // A stream does not know what it leads to.
        self.message = Some(match failure {
            Failure::Stream(_) if !self.pod.is_empty() => format!("pod {}: {message}", self.pod),
            _ => message,
        });
        self.next_step = failure.next_step();
    }

    /// What is told to people of one that did not come to an end.
    pub(crate) fn complaint(&self) -> Option<String> {
        let message = self.message.as_deref()?;
        let step = self.next_step.as_deref().map(|step| format!("\n  next: {step}")).unwrap_or_default();
        Some(format!("{message}{step}"))
    }
}

/// Codes of failures of ours, rather than of a command.
const OWN: [u8; 3] = [exit::LATE, exit::NO_SESSION, exit::LOST];

/// The exit code of all: 0 where every command gave that, else the worst failure of our own, else the first that is not 0.
pub(crate) fn code_of<'o>(outcomes: impl IntoIterator<Item = &'o Outcome>) -> u8 {
    let mut first = exit::SUCCESS;
    let mut worst = None;
    for outcome in outcomes {
        match outcome.reason {
            Some(_) if OWN.contains(&outcome.exit_code) => worst = worst.max(Some(outcome.exit_code)),
            _ if first == exit::SUCCESS => first = outcome.exit_code,
            _ => {}
        }
    }
    worst.unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chandler_debugger::stream::StreamError;

    fn ended(code: u8) -> Outcome {
        Outcome { exit_code: code, ..Outcome::default() }
    }

    fn failed(code: u8) -> Outcome {
        Outcome { exit_code: code, reason: Some("Timeout"), ..Outcome::default() }
    }

    #[test]
    fn code_of_many_is_the_worst_failure_or_else_the_first_that_is_not_zero() {
        for (outcomes, code) in [
            (vec![], 0),
            (vec![ended(0), ended(0)], 0),
            (vec![ended(0), ended(3), ended(200)], 3),
            (vec![ended(255), ended(3)], 255),
            (vec![ended(255), failed(124)], 124),
            (vec![failed(125), ended(3), failed(124)], 125),
            (vec![failed(125), failed(255), ended(0)], 255),
        ] {
            assert_eq!(code_of(&outcomes), code, "{outcomes:?}");
        }
    }

    #[test]
    fn lost_connection_names_the_pod_and_the_next_step() {
        let mut outcome = Outcome::of("shop", "web");
        outcome.fail(&Failure::Stream(StreamError::Lost));
        let complaint = outcome.complaint().unwrap();
        assert!(complaint.starts_with("pod web: the connection was lost"), "{complaint}");
        assert!(complaint.contains("\n  next: run it again"), "{complaint}");
        assert_eq!(outcome.exit_code, exit::LOST);
    }

    #[test]
    fn complaint_has_the_next_step_below_it() {
        let mut outcome = failed(125);
        assert_eq!(outcome.complaint(), None);
        outcome.message = Some("no such image".to_owned());
        outcome.next_step = Some("look at its name".to_owned());
        assert_eq!(outcome.complaint().unwrap(), "no such image\n  next: look at its name");
    }
}
