//! `cp`: files in and out of containers.
//!
//! `args` is what can be typed, `ends` what the two sides are, `outcome` what it came to and how that is told, and `rate`
//! the line on the terminal meanwhile. The session is that of `debug`, entered or made; all that concerns files is
//! `chandler_debugger::transfer`.

mod args;
mod ends;
mod outcome;
mod rate;

use std::cell::OnceCell;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chandler_debugger::stream::StreamError;
use chandler_debugger::transfer::{
    Container, Job, Progress, Report, Session, TransferError, copy_in, copy_out, remove_leftover, stream_in,
    stream_out,
};

use crate::cluster::{Cluster, block_on};
use crate::debug::{Failure, Made, Reached, Voice, ended_by_signal, reach};
use crate::exit;
use crate::report::usage;

pub(crate) use args::{AFTER_HELP, CpArgs};
pub(crate) use ends::typed_end;

use ends::{Direction, Ends};
use outcome::Outcome;

/// Between two tries of a transfer that was cut, at first; each time twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest of these pauses.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long the end may take to remove what was made.
const GOODBYE: Duration = Duration::from_secs(8);

/// How long it may take to remove what a stream has left in the container.
const TIDYING: Duration = Duration::from_secs(5);

/// The session that was reached, and what is copied there.
type Begun = OnceCell<(Reached, Job)>;

/// Runs `cp`.
pub(crate) fn run(args: &CpArgs) -> ExitCode {
    let ends = match Ends::read(&args.source, &args.destination) {
        Ok(ends) => ends,
        Err(error) => return usage(&error.to_string()),
    };
    let voice = Voice::new(args.style.color, args.quiet, "");
    match block_on(cp(args, &ends, &voice)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            voice.complain(error);
            ExitCode::from(exit::NO_SESSION)
        }
    }
}

async fn cp(args: &CpArgs, ends: &Ends, voice: &Voice) -> u8 {
    let mut cluster_args = args.cluster.clone();
    if let Some(namespace) = &ends.namespace {
        cluster_args.namespace = Some(namespace.clone());
    }
    let cluster = match Cluster::open(&cluster_args).await {
        Ok(cluster) => cluster,
        Err(error) => return Outcome::of(ends).failed(&Failure::from(error)).tell(args, voice),
    };
    let (made, begun) = (Made::default(), Begun::new());
    let outcome = tokio::select! {
        outcome = carry(args, (&cluster, ends), (&made, &begun), voice) => outcome,
        signal = ended_by_signal() => Outcome::of(ends).ended_by(signal, ends.is_resumable()),
    };
    let code = outcome.tell(args, voice);
    tidy(&cluster, &begun, voice).await;
    if tokio::time::timeout(GOODBYE, made.remove(&cluster, voice)).await.is_err() {
        voice.complain("what was made is not removed yet: kubectl chandler gc does that");
    }
    code
}

/// Finds a session, and carries the files.
async fn carry(
    args: &CpArgs,
    (cluster, ends): (&Cluster, &Ends),
    (made, begun): (&Made, &Begun),
    voice: &Voice,
) -> Outcome {
    let outcome = Outcome::of(ends);
    let reached = match reach(cluster, &args.session(&ends.target), made, voice).await {
        Ok(reached) => reached,
        Err(failure) => return outcome.failed(&failure),
    };
    let progress = Arc::new(Progress::default());
    let job = ends.job(!args.no_resume, (&reached, &progress));
    let began = Instant::now();
    let (reached, job) = begun.get_or_init(|| (reached, job));
    let work = carry_on(args, (cluster, reached, ends), job, voice);
    let carried = rate::shown(&progress, voice, work).await;
    let outcome = outcome.with(reached, &progress, began.elapsed());
    match carried {
        Ok(report) => outcome.carried(report),
        Err(error) => outcome.broke_off(&error, ends.is_resumable() && !args.no_resume),
    }
}

/// Carries the files; where the connection is lost it goes on, as long as anything is gained by that.
async fn carry_on(
    args: &CpArgs,
    (cluster, reached, ends): (&Cluster, &Reached, &Ends),
    job: &Job,
    voice: &Voice,
) -> Result<Report, TransferError> {
    let remote = reached.container(cluster);
    let session = Session { remote: &remote, owner: &reached.owner };
    let (mut tries, mut best) = (0, 0);
    let mut pause = PAUSE;
    loop {
        match carry_once(&session, (ends, job)).await {
            Err(TransferError::Stream(error))
                if is_cut(&error) && tries < args.retries && ends.is_resumable() =>
            {
                if job.progress.done() > best {
                    (tries, best, pause) = (0, job.progress.done(), PAUSE);
                }
                tries += 1;
                voice.note(format_args!("{error}: try {tries} of {} to go on", args.retries));
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                job.progress.restart();
            }
            done => return done,
        }
    }
}

/// Takes away what a stream has left in the container.
async fn tidy(cluster: &Cluster, begun: &Begun, voice: &Voice) {
    let Some((reached, job)) = begun.get() else { return };
    let remote = reached.container(cluster);
    let session = Session { remote: &remote, owner: &reached.owner };
    let removed = tokio::time::timeout(TIDYING, remove_leftover(&session, job)).await;
    if let (Ok(Err(_)) | Err(_), Some(path)) = (removed, job.leftover.path()) {
        voice.complain(format_args!("what came from standard input may be left in the container: {path}"));
    }
}

async fn carry_once(
    session: &Session<'_, Container>,
    (ends, job): (&Ends, &Job),
) -> Result<Report, TransferError> {
    match (ends.direction, ends.is_stream()) {
        (Direction::Out, false) => copy_out(session, job).await,
        (Direction::Out, true) => stream_out(session, job, std::io::stdout()).await,
        (Direction::In, false) => copy_in(session, job).await,
        (Direction::In, true) => stream_in(session, job, std::io::stdin()).await,
    }
}

impl Reached {
    fn container(&self, cluster: &Cluster) -> Container {
        Container { client: cluster.client().clone(), destination: self.destination.clone() }
    }
}

fn is_cut(error: &StreamError) -> bool {
    matches!(error, StreamError::Lost | StreamError::Silent | StreamError::Unreachable { .. })
}
