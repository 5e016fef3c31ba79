//! What can be typed behind `cp`.

use std::ffi::OsString;

use chandler_debugger::profile::ProfileChoice;
use clap::ValueEnum;
use clap_complete::ArgValueCompleter;

use crate::args::StyleArgs;
use crate::cluster::ClusterArgs;
use crate::completion;
use crate::debug::{PullPolicy, SessionArgs, SessionTimes, Target};

/// Behind the help of `cp`.
pub(crate) const AFTER_HELP: &str = "Examples:
  kubectl chandler cp web-0:/var/log/app ./logs         a folder out of a pod, whatever is in its image
  kubectl chandler cp ./fix.conf deploy/web:/etc/app/   a file into a folder of a pod of a Deployment
  kubectl chandler cp shop/web-0:core.1 - | gdb-tool    a file of the container's working folder, as a stream
  kubectl chandler cp web-0:/data - | tar -t            a folder as a stream: a tar archive
  tar -c . | kubectl chandler cp - web-0:/data          an archive into a folder that is there
  kubectl chandler cp node/worker-1:/var/log/pods .     out of a node

Things land as with cp -r: in a folder that is there under their own name, else under the new one; of SRC/. it is what
is in it that lands. Links in the tree are kept and never followed; a link that is named itself is followed. Modes and
times (to the second) are kept; set-user-ID and set-group-ID are not. Nothing is written outside of the destination,
whatever names and links an archive has, and nothing through a link but one that is DST itself.

Into a container all is gathered beside the destination in a folder .chandler-cp-…, its sums are compared there, and
then it gets its place by renaming. It belongs to the user of the container's process, if the session may do that.

A transfer that was cut goes on where it was: run it again. What there is of a file is hashed on both sides first.
On this machine it is in .chandler-cp-… (a new folder) or .NAME.chandler-part meanwhile. A stream begins anew, and what
came of it is removed.

Of a node with the profile general files come out; to write there takes --profile sysadmin.

Exit codes:
  0    all is there, and the SHA-256 of each file is the same on both sides
  1    something is not: it is named, with the reason; all the rest was carried
  2    wrong usage
  124  no session within --timeout
  125  no session can be had: the reason and the next step are told
  255  the connection was lost, and all --retries were too; what was carried is kept for another run";

/// Arguments of `cp`.
#[derive(Debug, clap::Args)]
pub(crate) struct CpArgs {
    /// What to copy: POD:PATH, NAMESPACE/POD:PATH, TYPE/NAME:PATH, node/NAME:PATH, a path of this machine, or - for
    /// standard input. A path of a container that does not begin with / is below its working folder.
    #[arg(value_name = "SRC", add = ArgValueCompleter::new(completion::ends))]
    pub(crate) source: OsString,

    /// Where to: the same, and - is standard output. One of the two is of this machine.
    #[arg(value_name = "DST", add = ArgValueCompleter::new(completion::ends))]
    pub(crate) destination: OsString,

    /// The container whose files are meant. Else the one that the pod's annotation
    /// kubectl.kubernetes.io/default-container names, else its first.
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(completion::containers))]
    pub(crate) container: Option<String>,

    /// Begin anew: what a run that was cut has left is thrown away.
    #[arg(long)]
    pub(crate) no_resume: bool,

    /// How often a transfer that was cut is gone on with, before a byte more is gained.
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) retries: u32,

    /// The toolbox to work with; `kubectl chandler toolboxes` lists them.
    #[arg(long, value_name = "NAME", conflicts_with = "image", add = ArgValueCompleter::new(completion::toolboxes))]
    pub(crate) toolbox: Option<String>,

    /// An image to work with in place of a toolbox: one with sh, tar and sha256sum, as busybox has them.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,

    /// When the image is pulled.
    #[arg(long, value_name = "POLICY")]
    pub(crate) image_pull_policy: Option<PullPolicy>,

    /// What the session may do: auto is the strongest of general, baseline and restricted that is allowed.
    #[arg(long, value_name = "PROFILE", add = ArgValueCompleter::new(completion::profiles))]
    pub(crate) profile: Option<ProfileChoice>,

    #[command(flatten)]
    pub(crate) times: SessionTimes,

    /// Leave no Event on the pod that says who copied.
    #[arg(long)]
    pub(crate) no_event: bool,

    /// Say nothing but what goes wrong, and show no progress.
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// How the end is told: on standard output, or on standard error where that has the file.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: CpOutput,

    #[command(flatten)]
    pub(crate) style: StyleArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// How the end is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CpOutput {
    /// A line.
    Text,
    /// A JSON object, with each file and its SHA-256.
    Json,
    /// The SHA-256 of each file, as sha256sum prints and checks it.
    Sums,
}

impl CpArgs {
    /// What is wished for of the session.
    pub(crate) fn session(&self, target: &Target) -> SessionArgs {
        SessionArgs {
            target: target.clone(),
            container: self.container.clone(),
            toolbox: self.toolbox.clone(),
            image: self.image.clone(),
            image_pull_policy: self.image_pull_policy,
            profile: self.profile,
            times: self.times,
            no_event: self.no_event,
        }
    }
}
