//! What a `Status` says: how the command ended, or why it did not run. The words that kubelets and container runtimes have
//! for this are not an interface; where one is unknown here, it is a refusal with their words.

use serde::Deserialize;

use super::{Ending, StreamError};

/// Of a container that the kubelet or the runtime does not run: not yet, or not any more. The last one is of a container
/// that ends while the command is to begin.
const NOT_RUNNING: [&str; 9] = [
    "container not found",
    "pod does not exist",
    "does not have a host assigned",
    "container_exited",
    "container_created",
    "container is not created or running",
    "container is not running",
    "cannot exec in a stopped container",
    "error executing setns process",
];

/// Of a command that there is no program for.
const NO_PROGRAM: [&str; 2] = ["executable file not found", "no such file or directory"];

/// Of a command whose program cannot be run.
const BAD_PROGRAM: [&str; 4] =
    ["permission denied", "exec format error", "is a directory", "argument list too long"];

/// After these comes what went wrong.
const PREFACES: [&str; 3] =
    ["Internal error occurred: ", "unable to upgrade connection: ", "unable to start container process: "];

/// Of runtimes that tried to start a command.
const AT_START: [&str; 2] = ["failed to exec", "exec failed"];

/// What of a `Status` (meta/v1) is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub(super) status: Option<String>,
    pub(super) message: String,
    pub(super) code: u16,
    pub(super) details: Option<Details>,
}

/// Its details.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    pub(super) causes: Vec<Cause>,
}

/// One of its causes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cause {
    pub(super) reason: String,
    pub(super) message: String,
}

/// Reads the message of the status channel.
pub(super) fn read(bytes: &[u8]) -> Result<Ending, StreamError> {
    match serde_json::from_slice::<Status>(bytes) {
        Ok(status) => judge(status),
        Err(_) => Err(refusal(0, &String::from_utf8_lossy(bytes))),
    }
}

fn judge(status: Status) -> Result<Ending, StreamError> {
    if status.status.as_deref() == Some("Success") {
        return Ok(Ending { code: 0 });
    }
    match exit_code(&status) {
        Some(code) => Ok(Ending { code }),
        None => Err(refusal(status.code, &status.message)),
    }
}

/// The exit code of a command that failed; 255 where it has no room in a byte.
fn exit_code(status: &Status) -> Option<u8> {
    let causes = &status.details.as_ref()?.causes;
    let code: i64 = causes.iter().find(|cause| cause.reason == "ExitCode")?.message.parse().ok()?;
    (code != 0).then(|| u8::try_from(code).unwrap_or(u8::MAX))
}

/// Which refusal the HTTP code and the words are.
pub(super) fn refusal(code: u16, message: &str) -> StreamError {
    let words = message.to_lowercase();
    let message = shorten(message);
    let has = |known: &[&str]| known.iter().any(|known| words.contains(known));
    if has(&NOT_RUNNING) {
        return StreamError::NotRunning { message };
    }
    if has(&AT_START) && has(&NO_PROGRAM) {
        return StreamError::CannotRun { message, code: 127 };
    }
    if has(&AT_START) && has(&BAD_PROGRAM) {
        return StreamError::CannotRun { message, code: 126 };
    }
    match code {
        401 => StreamError::Unauthorized { message },
        403 => StreamError::Forbidden { message },
        404 => StreamError::NotFound { message },
        _ => StreamError::Refused { message },
    }
}

/// What counts: each part on the way puts words of its own before those of the next.
fn shorten(message: &str) -> String {
    let words = PREFACES.iter().filter_map(|preface| Some(message.rsplit_once(preface)?.1));
    words.min_by_key(|words| words.len()).unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn failed(code: &str) -> Result<Ending, StreamError> {
        let status = json!({"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
            "message": format!("command terminated with non-zero exit code: exit status {code}"),
            "details": {"causes": [{"reason": "ExitCode", "message": code}]}});
        read(status.to_string().as_bytes())
    }

    #[test]
    fn success_is_code_0() {
        assert_eq!(read(br#"{"metadata":{},"status":"Success"}"#).unwrap().code, 0);
    }

    #[test]
    fn codes_come_as_they_are() {
        assert_eq!(failed("42").unwrap().code, 42);
        assert_eq!(failed("137").unwrap().code, 137);
    }

    #[test]
    fn a_code_that_has_no_room_in_a_byte_is_255() {
        assert_eq!(failed("3221225786").unwrap().code, 255);
        assert_eq!(failed("-1").unwrap().code, 255);
    }

    #[test]
    fn a_failure_never_is_code_0() {
        assert_eq!(failed("0").unwrap_err().reason(), "Refused");
        assert_eq!(read(b"{}").unwrap_err().reason(), "Refused");
        assert_eq!(read(b"no JSON").unwrap_err().to_string(), "refused: no JSON");
    }

    #[test]
    fn refusals_are_told_apart_by_their_words() {
        let cases = [
            (500, "unable to upgrade connection: container not found (\"a\")", "NotRunning"),
            (500, "unable to upgrade connection: pod does not exist", "NotRunning"),
            (500, "failed to exec in container: container is in CONTAINER_EXITED state", "NotRunning"),
            (
                500,
                "unable to start container process: error executing setns process: exit status 1",
                "NotRunning",
            ),
            (400, "pod a does not have a host assigned", "NotRunning"),
            (403, "pods \"a\" is forbidden: User \"b\" cannot create resource \"pods/exec\"", "Forbidden"),
            (404, "pods \"a\" not found", "NotFound"),
            (401, "Unauthorized", "Unauthorized"),
            (400, "container b is not valid for pod a", "Refused"),
        ];
        for (code, message, reason) in cases {
            assert_eq!(refusal(code, message).reason(), reason, "{message}");
        }
    }

    #[test]
    fn what_went_wrong_is_told_without_who_passed_it_on() {
        let message = "Internal error occurred: Internal error occurred: error executing command in container: OCI \
            runtime exec failed: exec failed: unable to start container process: exec: \"a\": permission denied";
        let error = refusal(500, message);
        assert_eq!(error.to_string(), "cannot run the command: exec: \"a\": permission denied");
    }

    #[test]
    fn a_command_that_cannot_run_has_the_code_that_a_shell_gives() {
        let start = "OCI runtime exec failed: exec failed: unable to start container process: exec: \"a\"";
        let cases = [
            ("executable file not found in $PATH: unknown", 127),
            ("stat /a: no such file or directory: unknown", 127),
            ("permission denied: unknown", 126),
            ("exec format error", 126),
        ];
        for (why, code) in cases {
            let error = refusal(500, &format!("{start}: {why}"));
            assert!(matches!(error, StreamError::CannotRun { .. }), "{error}");
            assert_eq!(error.exit_code(), code, "{why}");
        }
    }
}
