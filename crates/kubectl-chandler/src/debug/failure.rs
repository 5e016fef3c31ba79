//! Why there is no session, or no end of one.

use std::error::Error;
use std::time::Duration;

use chandler_debugger::plan::PlanError;
use chandler_debugger::record::RecordError;
use chandler_debugger::standing::Diagnosis;
use chandler_debugger::stream::StreamError;
use chandler_debugger::terminal::TerminalError;

use crate::cluster::ClusterError;
use crate::exit;
use crate::toolboxes::ToolboxError;

/// Why there is no session, or no end of one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The cluster gives no answer, or refuses.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// There is nothing to work with.
    #[error(transparent)]
    Toolbox(#[from] ToolboxError),
    /// The pod can have no session.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No profile is allowed.
    #[error("profile {profile} is not allowed here: {reason}")]
    Refused {
        /// The last one that was tried.
        profile: String,
        /// What the API server said of it.
        reason: String,
    },
    /// The container will not run.
    #[error("{}", .0.message)]
    Stuck(Diagnosis),
    /// It is not there in time.
    #[error("no session within {waited:?} (--timeout): {seen}")]
    Late {
        /// How long it was waited for.
        waited: Duration,
        /// What there was instead.
        seen: String,
    },
    /// The stream failed.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The terminal cannot be had.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// The session cannot be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Standard input or output is closed.
    #[error("cannot use standard input and output")]
    Streams {
        /// Why.
        source: std::io::Error,
    },
}

impl Failure {
    /// The exit code that it gives.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Late { .. } => exit::LATE,
            Self::Stream(error) => error.exit_code(),
            _ => exit::NO_SESSION,
        }
    }

    /// One of a closed set, for programs.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Cluster(error) => error.reason(),
            Self::Toolbox(_) => "Toolbox",
            Self::Plan(error) => error.reason(),
            Self::Refused { .. } => "ProfileRefused",
            Self::Stuck(diagnosis) => diagnosis.reason,
            Self::Late { .. } => "Timeout",
            Self::Stream(error) => error.reason(),
            Self::Terminal(_) => "Terminal",
            Self::Record(_) => "Record",
            Self::Streams { .. } => "Streams",
        }
    }

    /// What is wrong, with what that comes from.
    pub(crate) fn message(&self) -> String {
        let causes = std::iter::successors(Error::source(self), |error| Error::source(*error));
        let causes: String = causes.map(|cause| format!(": {cause}")).collect();
        format!("{self}{causes}")
    }

    /// What to do about it, where the message does not say that.
    pub(crate) fn next_step(&self) -> Option<String> {
        let step = match self {
            Self::Stuck(diagnosis) => diagnosis.next_step.clone(),
            Self::Plan(error) => error.next_step(),
            Self::Refused { .. } => {
                "ask for less with --profile, or whoever keeps the namespace's rules for more".to_owned()
            }
            Self::Late { .. } => "see kubectl describe pod, or give it longer with --timeout".to_owned(),
            Self::Stream(StreamError::Lost | StreamError::Silent) => {
                "run it again when the API server answers; what was begun may still run, as ps there tells"
                    .to_owned()
            }
            _ => String::new(),
        };
        Some(step).filter(|step| !step.is_empty())
    }
}
