//! Copies into a container. All is gathered in a folder beside the destination, its sums are compared there, and then it
//! gets its place by renaming: what stands at the destination is either as before or whole.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, PipeWriter, Read, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use super::error::TransferError;
use super::look::Look;
use super::name::{Name, printable};
use super::out::Job;
use super::pack::{PackError, Packed, pack, repack};
use super::place::{Landing, Source, Standing, land, means_folder};
use super::progress::Progress;
use super::remote::{Remote, Session};
use super::report::Report;
use super::sums::{CHUNK, Carried, Hasher, Sum};
use super::tree::{Leaf, LeafKind, Tree};
use super::words;

/// The name of the one file in a stage.
const FILE: &[u8] = b"file";

/// Where things are gathered, and where they go from there.
#[derive(Debug)]
struct Stage {
    /// The folder in the container that both are in.
    folder: Vec<u8>,
    /// The stage's name.
    name: Vec<u8>,
    /// The name of what is copied; empty where it is what is in the stage that goes into the folder.
    place: Vec<u8>,
    /// User and group of the container's process.
    owner: Vec<u8>,
}

/// What was sent.
#[derive(Debug)]
struct Sent {
    files: Vec<Carried>,
    /// Those that are in the stage and not whole.
    short: Vec<Name>,
}

/// Copies a file or a folder into a container.
///
/// # Errors
/// It did not come to its end. What was carried stays in the container, for another try to go on with, only where the
/// connection was lost.
pub async fn copy_in<R: Remote>(session: &Session<'_, R>, job: &Job) -> Result<Report, TransferError> {
    let metadata = std::fs::metadata(&job.local).map_err(|error| TransferError::local(&job.local, error))?;
    let is_folder = metadata.is_dir();
    let (look, landing) = land_there(session, job, is_folder).await?;
    let tree = if is_folder { Tree::of_folder(&job.local) } else { Tree::of_file(&job.local, file_name()) };
    let tree = tree.map_err(|error| TransferError::local(&job.local, error))?;
    job.progress.expect(tree.size());
    let stage = stage(&look, &landing, job)?;
    let mut report = Report { destination: stage.destination(), refused: tree.left_out, ..Report::default() };
    let left = make_stage(session, job, (&stage, &tree.leaves), &mut report).await?;
    let sent = send(session, job, (&stage, left), &mut report).await;
    let mode = tree.leaves.first().map_or(0o755, |leaf| leaf.mode);
    let mode = if is_folder { format!("{mode:o}") } else { "file".to_owned() };
    end((session, job), (&stage, &mode), sent, report).await
}

/// Copies what `input` brings: an archive where the destination is a folder, else the content of a file.
///
/// # Errors
/// It did not come to its end.
pub async fn stream_in<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    input: impl Read + Send + 'static,
) -> Result<Report, TransferError> {
    let look = session.look(&job.remote).await?;
    let is_archive = look.standing == Standing::Folder;
    match look.standing {
        Standing::Folder | Standing::Missing | Standing::File if is_archive || !means_folder(&job.remote) => {
        }
        Standing::NoParent => return Err(fault(job, super::place::PlaceFault::NoParent)),
        Standing::Other => return Err(fault(job, super::place::PlaceFault::Special)),
        _ => return Err(fault(job, super::place::PlaceFault::NeedsFolder)),
    }
    let identity = format!("stream {} {}", job.identity, std::process::id());
    let anew = Job { resume: false, identity, ..job.clone() };
    let stage = stage(&look, &Landing::Itself, &anew)?;
    let mut report = Report { destination: stage.destination(), ..Report::default() };
    job.leftover.begin(&stage.folder, &stage.name);
    let made = make_stage(session, &anew, (&stage, &[]), &mut report).await;
    made.inspect_err(|error| {
        if !matches!(error, TransferError::Stream(_)) {
            job.leftover.end();
        }
    })?;
    let progress = Arc::clone(&job.progress);
    let (sent, mode) = if is_archive {
        let line = words::receive(&stage.path());
        let write = move |output: PipeWriter| {
            let mut done = Packed::default();
            repack(input, output, &progress, &mut done).map(|()| done)
        };
        let sent = session.send(line, write).await;
        (sent.and_then(|(ran, packed)| sent_well(ran, packed)).map(|packed| take(packed, &mut report)), "755")
    } else {
        let line = words::receive_content(&stage.path());
        let write = move |output: PipeWriter| send_content(input, output, &progress);
        let sent = session.send(line, write).await;
        let file = sent.and_then(|(ran, written)| sent_well(ran, written));
        (file.map(|(size, sum)| Sent::of(vec![Carried { name: file_name(), size, sum }])), "file")
    };
    end((session, job), (&stage, mode), sent, report).await
}

/// Compares the sums and gives everything its place; takes the stage away where that cannot be, unless another try may
/// go on with it.
async fn end<R: Remote>(
    (session, job): (&Session<'_, R>, &Job),
    (stage, mode): (&Stage, &str),
    sent: Result<Sent, TransferError>,
    mut report: Report,
) -> Result<Report, TransferError> {
    let ended = match sent {
        Ok(sent) => give_place((session, job), (stage, mode), sent, &mut report).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(true) | Err(TransferError::Stream(_)) => {}
        Ok(false) | Err(_) => {
            throw_away(session, stage).await;
            job.leftover.end();
        }
    }
    ended.map(|_| report)
}

/// Whether it has its place now.
async fn give_place<R: Remote>(
    (session, job): (&Session<'_, R>, &Job),
    (stage, mode): (&Stage, &str),
    sent: Sent,
    report: &mut Report,
) -> Result<bool, TransferError> {
    if !sent.short.is_empty() {
        let names = super::verify::lines(sent.short.iter());
        session.ask_line(words::remove(&stage.path()), names).await?.good()?;
    }
    report.mismatched = session.mismatches(&stage.path(), &sent.files).await?;
    let is_nothing = mode == "file" && sent.files.is_empty();
    report.files = sent.files.into_iter().map(|file| stage.named(file)).collect();
    if is_nothing || !report.mismatched.is_empty() {
        return Ok(false);
    }
    job.leftover.end();
    let arguments = [&stage.folder, &stage.name, &stage.place, mode.as_bytes(), &stage.owner];
    let arguments = arguments.map(<[u8]>::as_ref);
    let placed = session.ask((words::GIVE_PLACE, &arguments), Vec::new()).await?;
    if placed.good()?.starts_with(b"kept") {
        let owner = printable(&stage.owner);
        report.note(
            report.destination.clone(),
            format!("belongs to the session's user: this session may not give files to {owner}"),
        );
    }
    Ok(true)
}

/// Looks at the destination, at what is in it where that is what is meant, and says where things land.
async fn land_there<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    is_folder: bool,
) -> Result<(Look, Landing), TransferError> {
    let local = std::path::absolute(&job.local).unwrap_or_else(|_| job.local.clone());
    let typed = job.local.as_os_str().as_bytes();
    // `.` has a name after all, unless it is what is in it that is meant.
    let bytes = if typed.ends_with(b"/.") { typed } else { local.as_os_str().as_bytes() };
    let source = Source { is_folder, path: bytes };
    let look = session.look(&job.remote).await?;
    let landing =
        land(&source, (look.standing, means_folder(&job.remote))).map_err(|error| fault(job, error))?;
    Ok((look, landing))
}

fn stage(look: &Look, landing: &Landing, job: &Job) -> Result<Stage, TransferError> {
    let local = std::path::absolute(&job.local).unwrap_or_else(|_| job.local.clone());
    let key = [job.identity.as_bytes(), b"\0", local.as_os_str().as_bytes(), b"\0", &look.at].concat();
    let key = Sum::of(&key).to_string();
    let name = format!(".chandler-cp-{}", key.get(..10).unwrap_or_default()).into_bytes();
    let owner = look.owner.clone();
    Ok(match landing {
        Landing::Inside(inside) => {
            Stage { folder: look.at.clone(), name, place: inside.as_bytes().to_vec(), owner }
        }
        Landing::Itself if look.standing == Standing::Folder => {
            Stage { folder: look.at.clone(), name, place: Vec::new(), owner }
        }
        Landing::Itself => {
            let missing = || TransferError::Special { path: printable(&look.at) };
            let (folder, place) = look.split().ok_or_else(missing)?;
            Stage { folder, name, place: place.as_bytes().to_vec(), owner }
        }
    })
}

/// Makes the stage, or finds that of another try: what is left to send.
async fn make_stage<'l, R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    (stage, leaves): (&Stage, &'l [Leaf]),
    report: &mut Report,
) -> Result<Left<'l>, TransferError> {
    for manner in if job.resume { &["resume", "anew"][..] } else { &["anew"] } {
        let arguments: [&[u8]; 3] = [&stage.folder, &stage.name, manner.as_bytes()];
        let made = session.ask((words::MAKE_STAGE, &arguments), Vec::new()).await?.good();
        let made = match made {
            Err(TransferError::ReadOnly { said, .. }) => return Err(read_only(session, said).await),
            made => made?,
        };
        if !made.starts_with(b"kept") {
            break;
        }
        if let Some(left) = left_of(session, job, (stage, leaves), report).await? {
            return Ok(left);
        }
    }
    Ok(Left { leaves: leaves.iter().collect(), done: Vec::new() })
}

/// What is left to send, and what is in the stage already.
struct Left<'l> {
    leaves: Vec<&'l Leaf>,
    done: Vec<Carried>,
}

/// Compares a stage with what is to be there. None where it has things in it that do not belong there: it is then made
/// anew.
async fn left_of<'l, R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    (stage, leaves): (&Stage, &'l [Leaf]),
    report: &mut Report,
) -> Result<Option<Left<'l>>, TransferError> {
    let listed = session.ask_line(words::list(&stage.path()), Vec::new()).await?.good()?;
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let names: Vec<_> = names.filter_map(|name| Name::read(name).ok()).collect();
    let known: HashSet<_> = leaves.iter().map(|leaf| &leaf.name).collect();
    if names.iter().any(|name| !name.is_folder_itself() && !known.contains(name)) {
        return Ok(None);
    }
    let sizes = sizes_there(session, &stage.path(), &names).await?;
    let shared = linked(leaves);
    let (mut whole, mut begun) = (Vec::new(), Vec::new());
    for leaf in leaves.iter().filter(|leaf| !shared.contains(&leaf.name) && !leaf.name.is_odd()) {
        match (leaf.size(), sizes.get(&leaf.name)) {
            (Some(size), Some(there)) if *there == size => whole.push(leaf),
            (Some(size), Some(there)) if *there > 0 && *there < size => begun.push((leaf, *there)),
            _ => {}
        }
    }
    let mut done = same(session, stage, &whole).await?;
    for (leaf, there) in begun {
        done.extend(go_on(session, job, stage, (leaf, there)).await?);
    }
    report.resumed = done.iter().map(|(_, resumed)| resumed).sum();
    let done: Vec<_> = done.into_iter().map(|(file, _)| file).collect();
    job.progress.advance(report.resumed);
    let settled: HashSet<_> = done.iter().map(|file| &file.name).collect();
    let left = leaves.iter().filter(|leaf| !settled.contains(&leaf.name)).collect();
    Ok(Some(Left { leaves: left, done }))
}

/// Files with several names are sent together.
fn linked(leaves: &[Leaf]) -> HashSet<&Name> {
    let firsts = leaves.iter().filter_map(|leaf| match &leaf.kind {
        LeafKind::Hard(first) => Some(first),
        _ => None,
    });
    firsts.collect()
}

async fn sizes_there<R: Remote>(
    session: &Session<'_, R>,
    folder: &[u8],
    names: &[Name],
) -> Result<HashMap<Name, u64>, TransferError> {
    let described = session.ask_line(words::describe(folder), super::verify::lines(names.iter())).await?;
    let lines = described.output.split(|byte| *byte == b'\n');
    let sizes = lines.filter_map(|line| {
        let mut fields = line.splitn(5, |byte| *byte == b' ');
        let size = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        Some((Name::read(fields.nth(3)?).ok()?, size))
    });
    Ok(sizes.collect())
}

/// Those that have the same sum here as there, and how much of them was carried before: all.
async fn same<R: Remote>(
    session: &Session<'_, R>,
    stage: &Stage,
    leaves: &[&Leaf],
) -> Result<Vec<(Carried, u64)>, TransferError> {
    let sums = session.sums(&stage.path(), &leaves.iter().map(|leaf| &leaf.name).collect::<Vec<_>>()).await?;
    let mut files = Vec::new();
    for leaf in leaves {
        let (name, size) = (leaf.name.clone(), leaf.size().unwrap_or_default());
        let sum = hash_start(leaf, size).await?.sum();
        if sums.get(&name) == Some(&sum) {
            files.push((Carried { name, size, sum }, size));
        }
    }
    Ok(files)
}

/// Adds to a file that is there in part; None where that part is not ours.
async fn go_on<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    stage: &Stage,
    (leaf, there): (&Leaf, u64),
) -> Result<Option<(Carried, u64)>, TransferError> {
    let hasher = hash_start(leaf, there).await?;
    if session.sum_of_start(&stage.path(), &leaf.name, there).await? != Some(hasher.clone().sum()) {
        return Ok(None);
    }
    let arguments = [
        stage.path(),
        leaf.name.dotted(),
        format!("{:o}", leaf.mode).into_bytes(),
        leaf.mtime.to_string().into_bytes(),
    ];
    let (path, progress) = (leaf.path.clone(), Arc::clone(&job.progress));
    let write = move |output: PipeWriter| -> Result<(u64, Sum), PackError> {
        let mut file = File::open(path)?;
        io::Seek::seek(&mut file, io::SeekFrom::Start(there))?;
        send_rest(file, (output, hasher), &progress)
    };
    let (ran, written) = session.send((words::ADD_TO, arguments.into()), write).await?;
    let (added, sum) = sent_well(ran, written)?;
    // It became shorter meanwhile: it is sent as any other, which finds that out.
    if leaf.size().is_some_and(|size| there + added < size) {
        return Ok(None);
    }
    Ok(Some((Carried { name: leaf.name.clone(), size: there + added, sum }, there)))
}

async fn hash_start(leaf: &Leaf, size: u64) -> Result<Hasher, TransferError> {
    let path = leaf.path.clone();
    let hashed = tokio::task::spawn_blocking(move || {
        let mut hasher = Hasher::default();
        hasher.add_all(File::open(path)?.take(size)).map(|_| hasher)
    });
    let hashed = hashed.await.map_err(io::Error::other).and_then(|hashed| hashed);
    hashed.map_err(|error| TransferError::local(&leaf.path, error))
}

/// Sends what is left, as an archive.
async fn send<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    (stage, left): (&Stage, Left<'_>),
    report: &mut Report,
) -> Result<Sent, TransferError> {
    let progress = Arc::clone(&job.progress);
    let leaves: Vec<_> = left.leaves.into_iter().cloned().collect();
    if leaves.is_empty() {
        return Ok(Sent::of(left.done));
    }
    let write = move |output: PipeWriter| {
        let mut done = Packed::default();
        pack(&leaves.iter().collect::<Vec<_>>(), output, &progress, &mut done).map(|()| done)
    };
    let (ran, packed) = session.send(words::receive(&stage.path()), write).await?;
    let mut sent = take(sent_well(ran, packed)?, report);
    sent.files.extend(left.done);
    Ok(sent)
}

fn take(packed: Packed, report: &mut Report) -> Sent {
    report.folders += packed.folders;
    report.links += packed.links;
    report.refused.extend(packed.refused);
    report.notes.extend(packed.notes);
    Sent { files: packed.files, short: packed.short }
}

/// What the script says goes before what could not be sent to it.
fn sent_well<T>(
    ran: Result<(u8, Vec<u8>), TransferError>,
    sent: Result<T, PackError>,
) -> Result<T, TransferError> {
    match ran? {
        (0, _) => Ok(sent?),
        (_, _) if matches!(sent, Err(PackError::Archive(_))) => Ok(sent?),
        (code, errors) => Err(written_badly(code, &errors)),
    }
}

fn written_badly(code: u8, errors: &[u8]) -> TransferError {
    match TransferError::of_answer(code, errors) {
        TransferError::Failed { said, .. } => TransferError::Write { said },
        other => other,
    }
}

fn send_content(input: impl Read, output: PipeWriter, progress: &Progress) -> Result<(u64, Sum), PackError> {
    send_rest(input, (output, Hasher::default()), progress)
}

fn send_rest(
    mut input: impl Read,
    (mut output, mut hasher): (PipeWriter, Hasher),
    progress: &Progress,
) -> Result<(u64, Sum), PackError> {
    let mut buffer = vec![0; CHUNK];
    let mut total = 0;
    while let read @ 1.. = input.read(&mut buffer)? {
        let bytes = buffer.get(..read).unwrap_or_default();
        output.write_all(bytes)?;
        hasher.add(bytes);
        progress.advance(read as u64);
        total += read as u64;
    }
    Ok((total, hasher.sum()))
}

async fn throw_away<R: Remote>(session: &Session<'_, R>, stage: &Stage) {
    // What went wrong before is what is told.
    let _ = session.ask_line(words::throw_away(&stage.folder, &stage.name), Vec::new()).await;
}

/// Where files may be written, beside the reason why not where they were to be.
async fn read_only<R: Remote>(session: &Session<'_, R>, said: String) -> TransferError {
    let asked = session.ask((words::LIST_MOUNTS, &[]), Vec::new()).await;
    let mounts = asked.map(|answer| super::mounts::writable(&answer.output)).unwrap_or_default();
    TransferError::ReadOnly { said, mounts }
}

fn fault(job: &Job, fault: super::place::PlaceFault) -> TransferError {
    TransferError::Place { name: printable(&job.remote), fault }
}

fn file_name() -> Name {
    Name::read(FILE).unwrap_or_default()
}

impl Sent {
    fn of(files: Vec<Carried>) -> Self {
        Self { files, short: Vec::new() }
    }
}

impl Stage {
    /// Its path in the container.
    fn path(&self) -> Vec<u8> {
        [self.folder.as_slice(), b"/", &self.name].concat()
    }

    /// Where things land.
    fn destination(&self) -> String {
        printable(&[self.folder.as_slice(), b"/", &self.place].concat())
    }

    /// A file of the stage under the name that it gets.
    fn named(&self, file: Carried) -> Carried {
        let own = Name::read(&self.place).unwrap_or_default();
        if file.name == file_name() && !own.is_folder_itself() { Carried { name: own, ..file } } else { file }
    }
}
