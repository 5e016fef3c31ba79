//! What runs in the containers: words for a container's `command`, and for an exec.
//!
//! The scripts are POSIX sh for any image: dash, bash, and busybox's.

/// What starts the sleeper, whose script is `$1`. Among processes it is then a short line, by which an entry finds it.
const START_SLEEPER: &str = r#"export SLEEPER="$1"; exec sh -c 'eval "$SLEEPER"' chandler-sleeper"#;

const SLEEPER: &str = include_str!("script/sleeper.sh");
const ENTER: &str = include_str!("script/enter.sh");

/// Where a command works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewChoice {
    /// In the target's root and working directory, with the toolbox's tools on `PATH`. Where that is not possible, as
    /// [`Self::Toolbox`], and a line on stderr says what is missing.
    Target,
    /// In the toolbox's own root. The target's is below `$CHANDLER_TARGET_ROOT`, where it can be seen.
    Toolbox,
    /// In the node's root, which the container has at `/host`, with the toolbox's tools on `PATH`.
    Host,
}

/// A command to run in a session.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e> {
    /// Where it works.
    pub view: ViewChoice,
    /// The target's container ID, with or without `containerd://`.
    pub target_id: Option<&'e str>,
    /// The target's process is not the first one of its namespace: with `shareProcessNamespace` and with `hostPID`. It is
    /// found by the container's ID then.
    pub shares_pod_processes: bool,
    /// Says nothing of its own on stderr.
    pub quiet: bool,
    /// The command, run as it is. Empty: a shell.
    pub command: &'e [String],
    /// Which shell, by name or path. None: bash, or else sh.
    pub shell: Option<&'e str>,
}

/// The command of a session container: a process that does nothing and ends when no command has run in its container for
/// `CHANDLER_IDLE_SECONDS`, or at once on SIGTERM.
#[must_use]
pub fn sleeper() -> Vec<String> {
    // The kubelet makes one `$` of two in a container's command.
    let script = shorten(SLEEPER).replace("$$", "$$$$");
    ["sh", "-c", START_SLEEPER, "sh", &script].map(str::to_owned).into()
}

/// The words of an exec that enters a session. The exit code is the command's own; 126 and 127 as shells have them. The
/// environment has `CHANDLER_TARGET_ROOT`, a prefix for paths of the target, which is empty in the target's own root, and
/// missing where its files cannot be seen.
#[must_use]
pub fn enter(entry: &Entry<'_>) -> Vec<String> {
    words(entry, false, entry.command)
}

/// The words of an exec that runs a script of POSIX sh with the toolbox's tools on `PATH` and the target's files below
/// `$CHANDLER_TARGET_ROOT`, a prefix that is empty in the target's own root: there absolute links lead where they do for
/// the target, with a prefix they do not. Exits with the script's own code, or with 125 and a line on stderr where the
/// target's files cannot be seen. `arguments` are `$1` and on. Of the entry its command and shell are not used.
#[must_use]
pub fn below_target(entry: &Entry<'_>, script: &str, arguments: &[String]) -> Vec<String> {
    let mut command: Vec<String> = ["sh", "-c", script, "sh"].map(str::to_owned).into();
    command.extend_from_slice(arguments);
    words(entry, true, &command)
}

fn words(entry: &Entry<'_>, needs_files: bool, command: &[String]) -> Vec<String> {
    let view = match entry.view {
        ViewChoice::Target => "target",
        ViewChoice::Toolbox => "toolbox",
        ViewChoice::Host => "host",
    };
    let target = match entry.target_id {
        Some(id) if entry.shares_pod_processes => id.rsplit('/').next().unwrap_or(id),
        None if entry.shares_pod_processes => "unknown",
        _ => "",
    };
    let manner = match (needs_files, entry.quiet) {
        (true, _) => "files",
        (false, true) => "quiet",
        (false, false) => "",
    };
    let script = shorten(ENTER);
    let fixed = ["sh", "-c", script.as_str(), "chandler", view, target, manner, entry.shell.unwrap_or("")];
    fixed.into_iter().map(str::to_owned).chain(command.iter().cloned()).collect()
}

/// Without comments, indentation and empty lines: an exec's words travel in a URL.
fn shorten(script: &str) -> String {
    let lines = script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    /// Proxies take request lines of 8 KiB, and there is more in one than these words.
    const URL: usize = 6_500;

    fn entry<'e>(command: &'e [String]) -> Entry<'e> {
        let id = Some("containerd://0123abcd");
        let view = ViewChoice::Target;
        Entry { view, target_id: id, shares_pod_processes: false, quiet: false, command, shell: None }
    }

    /// Bytes that a word takes in a query.
    fn length_in_query(word: &str) -> usize {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._* ".contains(&byte);
        word.bytes().map(|byte| if is_plain(byte) { 1 } else { 3 }).sum()
    }

    #[test]
    fn words_of_an_exec_fit_into_a_url() {
        let length: usize =
            enter(&entry(&[])).iter().map(|word| length_in_query(word) + "&command=".len()).sum();
        assert!(length < URL, "{length}");
    }

    #[test]
    fn command_goes_last_and_as_it_is() {
        let command = ["printf".to_owned(), "a  b\n# c\n".to_owned(), String::new()];
        assert!(enter(&entry(&command)).ends_with(&command));
    }

    #[test]
    fn container_is_looked_for_only_where_processes_are_shared() {
        let mut wish = entry(&[]);
        assert_eq!(enter(&wish)[4..8], ["target", "", "", ""]);
        wish.shares_pod_processes = true;
        assert_eq!(enter(&wish)[5], "0123abcd");
        wish.target_id = None;
        assert_eq!(enter(&wish)[5], "unknown");
    }

    #[test]
    fn files_that_must_be_seen_are_so_also_for_the_quiet() {
        let wish = Entry { quiet: true, ..entry(&[]) };
        assert_eq!(enter(&wish)[6], "quiet");
        let words = below_target(&wish, "cat \"$1\"", &["a b".to_owned()]);
        assert_eq!(words[6..], ["files", "", "sh", "-c", "cat \"$1\"", "sh", "a b"]);
    }

    #[test]
    fn sleeper_survives_what_the_kubelet_makes_of_dollars() {
        let expanded = sleeper().last().map(|script| script.replace("$$", "$"));
        assert_eq!(expanded, Some(shorten(SLEEPER)));
        assert!(SLEEPER.contains("me=$$"));
    }

    #[test]
    fn scripts_are_understood_by_the_shell() {
        for script in [SLEEPER, ENTER, &shorten(SLEEPER), &shorten(ENTER)] {
            let mut shell = Command::new("sh").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
            shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
            assert!(shell.wait().unwrap().success());
        }
    }
}
