//! What can be typed behind `debug`.

use std::path::PathBuf;
use std::time::Duration;

use chandler_debugger::profile::ProfileChoice;
use clap::{ValueEnum, ValueHint};
use clap_complete::ArgValueCompleter;

use crate::args::StyleArgs;
use crate::cluster::ClusterArgs;
use crate::completion;

/// Behind the help of `debug`.
pub(crate) const AFTER_HELP: &str = "Examples:
  kubectl chandler debug web-0                          a shell with tools that sees what the pod sees
  kubectl chandler debug deploy/web -c app -- ss -tlnp  one command beside one container of a workload's pod
  kubectl chandler debug web-0 --recipe dns -- db.shop  a command of the toolbox that has a name
  kubectl chandler debug -l app=web -- cat /etc/hosts   the same in every pod of a selector, each line with its pod
  kubectl chandler debug web-0 -q --recipe capture -- port 80 >web.pcap
  kubectl chandler debug web-0 --copy --share-processes --command sleep --command 1d -- ls /data
  kubectl chandler debug node/worker-1 -- journalctl -u kubelet
  kubectl chandler debug web-0 --dry-run -o yaml        what would be sent

With -o json or yaml standard output has one document a pod and nothing else: what was done, the command's exit code,
and its output in the fields stdout and stderr (16 MiB of each at most).

Exit codes:
  the command's own; 128+n where signal n ended it
  2    wrong usage
  124  no session within --timeout
  125  no session can be had: the reason and the next step are told
  126  the command cannot be run
  127  there is no such command
  130, 143  a signal ended this program: what it made is removed
  141  whoever read the output has gone, as with | head -1
  255  the connection was lost before the command's end was known, or standard output cannot be written
With several pods: 0 if every command gave 0; else 255, 125 or 124, the highest that there was; else the first code
that is not 0.";

/// Arguments of `debug`.
#[derive(Debug, clap::Args)]
pub(crate) struct DebugArgs {
    /// What to look into: POD, pod/NAME, node/NAME, or TYPE/NAME of what has pods: deploy, sts, ds, rs, rc, job, svc.
    /// Of those a pod is picked, a ready one first and the oldest of these, and named on standard error.
    #[arg(value_name = "TARGET", required_unless_present = "selector", conflicts_with = "selector",
        add = ArgValueCompleter::new(completion::debug_targets))]
    pub(crate) target: Option<String>,

    /// The command and its words. Without one: a shell.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,

    /// The container to look into. Else the one that the pod's annotation kubectl.kubernetes.io/default-container names,
    /// else its first.
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(completion::containers))]
    pub(crate) container: Option<String>,

    /// The toolbox to work with; `kubectl chandler toolboxes` lists them.
    #[arg(long, value_name = "NAME", conflicts_with = "image", add = ArgValueCompleter::new(completion::toolboxes))]
    pub(crate) toolbox: Option<String>,

    /// An image to work with in place of a toolbox.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,

    /// When the image is pulled.
    #[arg(long, value_name = "POLICY")]
    pub(crate) image_pull_policy: Option<PullPolicy>,

    /// What the tools may do: auto is the strongest of general, baseline and restricted that is allowed.
    /// sysadmin is a privileged container.
    #[arg(long, value_name = "PROFILE", add = ArgValueCompleter::new(completion::profiles))]
    pub(crate) profile: Option<ProfileChoice>,

    /// A file with a partial container, YAML or JSON, that is merged onto the one that is made.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) custom: Option<PathBuf>,

    /// A command of the toolbox by its name; words behind -- are added to it.
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(completion::recipes))]
    pub(crate) recipe: Option<String>,

    /// The command reads this standard input.
    #[arg(short = 'i', long)]
    pub(crate) stdin: bool,

    /// The command has a terminal. A shell has one wherever standard input and output are one.
    #[arg(short = 't', long)]
    pub(crate) tty: bool,

    /// Say nothing but what goes wrong.
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Make a session even where one that fits is running.
    #[arg(long)]
    pub(crate) new: bool,

    #[command(flatten)]
    pub(crate) times: SessionTimes,

    /// Keep what the session shows as an asciicast in this file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) record: Option<PathBuf>,

    /// Leave no Event on the pod that says who looked into it.
    #[arg(long)]
    pub(crate) no_event: bool,

    #[command(flatten)]
    pub(crate) many: ManyArgs,

    #[command(flatten)]
    pub(crate) copy: CopyArgs,

    /// Print what would be sent, after the API server has looked at it; nothing is kept. yaml unless -o says json.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// How the end is told; see below.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: DebugOutput,

    #[command(flatten)]
    pub(crate) style: StyleArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// How long a session lasts unused, and may take to come.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct SessionTimes {
    /// The session ends by itself when no command has run in it for so long.
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_time)]
    pub(crate) idle: Duration,

    /// How long it may take until there is a session.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_time)]
    pub(crate) timeout: Duration,
}

/// Several pods at once.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Several pods")]
pub(crate) struct ManyArgs {
    /// Every running pod of TARGET, not only one.
    #[arg(long)]
    pub(crate) all: bool,

    /// Every running pod with these labels, as in app=web,tier!=cache, in place of TARGET.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(crate) selector: Option<String>,

    /// So many pods at a time.
    #[arg(long, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallel: u16,
}

/// A copy of the pod in its place.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Copies")]
pub(crate) struct CopyArgs {
    /// Look into a copy of the pod, which gets no traffic and is removed at the end. For pods that crash or have ended.
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) copy: Option<String>,

    /// Another image for a container of the copy; * is every container. May be repeated.
    #[arg(long, value_name = "CONTAINER=IMAGE", requires = "copy")]
    pub(crate) set_image: Vec<String>,

    /// Another command for the container of the copy that is looked into, a word each time.
    #[arg(long = "command", value_name = "WORD", requires = "copy", allow_hyphen_values = true)]
    pub(crate) copy_command: Vec<String>,

    /// The containers of the copy see each other's processes.
    #[arg(long, requires = "copy")]
    pub(crate) share_processes: bool,

    /// The copy keeps the pod's labels, so that Services and workloads may take it for one of theirs.
    #[arg(long, requires = "copy")]
    pub(crate) keep_labels: bool,

    /// A copy, or the pod on a node, ends after so long whatever happens.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_time)]
    pub(crate) ttl: Duration,

    /// The copy, or the pod on a node, stays at the end; its --ttl still ends it, and `gc` removes it then.
    #[arg(long)]
    pub(crate) keep: bool,
}

/// When an image is pulled, in Kubernetes' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(crate) enum PullPolicy {
    /// Each time.
    Always,
    /// Where it is not there.
    IfNotPresent,
    /// Not at all.
    Never,
}

/// How the end is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DebugOutput {
    /// The command's output as it comes; all else on standard error.
    Text,
    /// A JSON object for each pod, one a line.
    Json,
    /// A YAML document for each pod.
    Yaml,
}

impl PullPolicy {
    /// As containers have it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}

/// A time of at least a second: `90`, `90s`, `15m`, `2h`, `1d`.
fn parse_time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let count: u64 = digits.parse().map_err(|_| "want a whole number and a unit, as in 30m".to_owned())?;
    let seconds = match unit {
        "" | "s" => Some(count),
        "m" => count.checked_mul(60),
        "h" => count.checked_mul(3600),
        "d" => count.checked_mul(86_400),
        _ => return Err(format!("{unit:?} is none of s, m, h and d")),
    };
    // The API server's own bound on deadlines: a signed 32 bit number of seconds.
    let fits = |seconds: &u64| (1..=2_147_483_647).contains(seconds);
    seconds.filter(fits).map(Duration::from_secs).ok_or_else(|| "want from a second to 68 years".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7_200), ("1d", 86_400)] {
            assert_eq!(parse_time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0", "soon", "5w", "99999999999h"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
