//! Copies out of a container.

use std::io::{self, PipeReader, Read as _, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::{Archive, Kind};
use super::error::TransferError;
use super::folder::Folder;
use super::leftover::Leftover;
use super::look::Look;
use super::name::{Name, printable};
use super::place::{Landing, PlaceFault, Source, Standing, land, means_folder};
use super::progress::Progress;
use super::remote::{Remote, Session};
use super::report::Report;
use super::resume::{Rest, file_rest, tree_rest};
use super::sums::{CHUNK, Carried, Hasher, Remark, Sum};
use super::unpack::{Shape, UnpackError, Unpacked, unpack};
use super::words::{self, Script};
use crate::stream::StreamError;

/// A copy.
#[derive(Debug, Clone)]
pub struct Job {
    /// The path in the container, as it was typed.
    pub remote: Vec<u8>,
    /// The path on this machine.
    pub local: PathBuf,
    /// Whether what a try before left is gone on with.
    pub resume: bool,
    /// What tells this copy from others of the same paths: the container that is copied out of, or the user and machine
    /// that copy in. Another try of the same copy finds by it what is there.
    pub identity: String,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// What a stream into the container leaves where it is cut.
    pub leftover: Arc<Leftover>,
}

/// A folder of this machine: what is written goes by the handle, so that nobody can put another in its place.
#[derive(Debug, Clone)]
pub(super) struct Here {
    pub(super) folder: Arc<Folder>,
    pub(super) path: PathBuf,
}

/// Where it lands on this machine.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// The folder that was typed and the name in it, where that is what it lands in. What was typed may be a link; what
    /// is in it may be one that came out of a container before.
    inside: Option<(PathBuf, Name)>,
}

/// Copies a file or a folder out of a container.
///
/// # Errors
/// It did not come to its end. What was carried stays, for another try to go on with.
pub async fn copy_out<R: Remote>(session: &Session<'_, R>, job: &Job) -> Result<Report, TransferError> {
    let look = session.look(&job.remote).await?;
    let is_folder = is_folder(&look, &job.remote)?;
    let place = landing(job, is_folder)?;
    if is_folder {
        folder_out(session, job, (&look, &place)).await
    } else {
        file_out(session, job, (&look, &place)).await
    }
}

/// Writes a file as it is to `output`, or a folder as an archive.
///
/// # Errors
/// It did not come to its end.
pub async fn stream_out<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    output: impl Write + Send + 'static,
) -> Result<Report, TransferError> {
    let look = session.look(&job.remote).await?;
    let progress = Arc::clone(&job.progress);
    if is_folder(&look, &job.remote)? {
        let line = words::send_folder(&look.at);
        let read = move |input: PipeReader| read_archive(input, output, &progress);
        let (ran, read) = session.fetch(line, Vec::new(), read).await?;
        let mut report = Report { destination: "-".to_owned(), ..Report::default() };
        finish(ran, read, &mut report, |report, files| report.files = files)?;
        report.mismatched = session.mismatches(&look.at, &report.files).await?;
        return Ok(report);
    }
    progress.expect(look.size);
    let (folder, name) = look.split().unwrap_or_default();
    let read = move |input: PipeReader| read_content(input, output, &progress);
    let (ran, read) = session.fetch(words::send_content(&folder, &name), Vec::new(), read).await?;
    let mut report = Report { destination: "-".to_owned(), ..Report::default() };
    finish(ran, read, &mut report, |report, (size, sum)| report.files = vec![Carried { name, size, sum }])?;
    report.mismatched = session.mismatches(&folder, &report.files).await?;
    refuse_short(session, (look.size, &folder), &mut report).await?;
    Ok(report)
}

/// A beginning has the sum of a beginning too. Some files say that they have more bytes than can be read, as those of
/// `/sys` do: they are whole where all of them has that sum.
async fn refuse_short<R: Remote>(
    session: &Session<'_, R>,
    (expected, folder): (u64, &[u8]),
    report: &mut Report,
) -> Result<(), TransferError> {
    let Some(file) = report.files.first().filter(|file| file.size < expected) else { return Ok(()) };
    if session.sums(folder, &[&file.name]).await?.get(&file.name) != Some(&file.sum) {
        let reason = format!("ended after {} of {expected} bytes", file.size);
        report.refused.push(Remark { name: file.name.to_string(), reason });
    }
    Ok(())
}

async fn folder_out<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    (look, place): (&Look, &Place),
) -> Result<Report, TransferError> {
    if let Some(here) = place.open()? {
        return fill(session, job, look, (&here, Shape::Tree)).await;
    }
    // A new folder stands there when it is whole.
    let place = &place.path;
    let gathered = gathering_place(job, look, place);
    if !job.resume && gathered.symlink_metadata().is_ok() {
        std::fs::remove_dir_all(&gathered).map_err(|error| TransferError::local(&gathered, error))?;
    }
    let here = Here::open(&gathered, Folder::open_own)?;
    let mut report = fill(session, job, look, (&here, Shape::Whole)).await?;
    std::fs::rename(&gathered, place).map_err(|error| TransferError::local(place, error))?;
    report.destination = place.display().to_string();
    Ok(report)
}

/// Fills a folder that is there.
async fn fill<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    look: &Look,
    (here, shape): (&Here, Shape),
) -> Result<Report, TransferError> {
    let mut report = Report { destination: here.path.display().to_string(), ..Report::default() };
    let rest = match job.resume {
        true => tree_rest(session, job, (look, here), (&shape, &mut report)).await?,
        false => Rest::All,
    };
    let (line, input) = match rest {
        Rest::Nothing => return Ok(report),
        Rest::All => (words::send_folder(&look.at), Vec::new()),
        Rest::Listed(names) => (words::send_listed(&look.at), names),
    };
    let carried = fetch((session, job), (line, input), (here, shape), &mut report).await?;
    report.mismatched.extend(session.mismatches(&look.at, &carried).await?);
    report.files.extend(carried);
    Ok(report)
}

/// Where a new folder is gathered: beside its place, under a name that another try of the same copy has too.
fn gathering_place(job: &Job, look: &Look, place: &Path) -> PathBuf {
    let key =
        Sum::of(&[job.identity.as_bytes(), b"\0", &look.at, b"\0", place.as_os_str().as_bytes()].concat());
    let key = key.to_string();
    place.with_file_name(format!(".chandler-cp-{}", key.get(..10).unwrap_or_default()))
}

async fn file_out<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    (look, Place { path: place, .. }): (&Look, &Place),
) -> Result<Report, TransferError> {
    job.progress.expect(look.size);
    let (folder, remote_name) = look.split().unwrap_or_default();
    let parent = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = place.file_name().and_then(|name| Name::read(name.as_bytes()).ok()).unwrap_or_default();
    let here = Here::open(parent, Folder::open)?;
    let mut report = Report { destination: place.display().to_string(), ..Report::default() };
    let rest = match job.resume {
        true => file_rest(session, job, ((&folder, &remote_name), (&here, &name)), &mut report).await?,
        false => Rest::All,
    };
    if !matches!(rest, Rest::Nothing) {
        let line = words::send_file(&folder, &remote_name);
        let shape = Shape::File(name);
        let carried = fetch((session, job), (line, Vec::new()), (&here, shape), &mut report).await?;
        report.files.extend(carried);
    }
    let there = report.files.iter().map(|file| Carried { name: remote_name.clone(), ..file.clone() });
    report.mismatched = session.mismatches(&folder, &there.collect::<Vec<_>>()).await?;
    Ok(report)
}

/// Runs what sends an archive, and unpacks it; the files that came.
async fn fetch<R: Remote>(
    (session, job): (&Session<'_, R>, &Job),
    (line, input): ((Script, Vec<Vec<u8>>), Vec<u8>),
    (here, shape): (&Here, Shape),
    report: &mut Report,
) -> Result<Vec<Carried>, TransferError> {
    let (folder, progress) = (Arc::clone(&here.folder), Arc::clone(&job.progress));
    let read = move |input: PipeReader| {
        let mut done = Unpacked::default();
        let ended = unpack(input, (&folder, &shape), &progress, &mut done);
        ended.map(|()| done)
    };
    let (ran, read) = session.fetch(line, input, read).await?;
    let mut carried = Vec::new();
    finish(ran, read, report, |report, done| {
        report.folders += done.folders;
        report.links += done.links;
        report.refused.extend(done.refused);
        report.notes.extend(done.notes);
        carried = done.files;
    })?;
    Ok(carried)
}

/// Brings together what the script and the thread say. What this machine could not write is the cause of what the script
/// then could not send; an archive that was cut is what a lost stream leaves.
fn finish<T>(
    ran: Result<(u8, Vec<u8>), TransferError>,
    read: Result<T, UnpackError>,
    report: &mut Report,
    take: impl FnOnce(&mut Report, T),
) -> Result<(), TransferError> {
    match (ran, read) {
        (_, Err(error @ UnpackError::Write { .. })) => Err(error.into()),
        (Err(TransferError::Stream(StreamError::OutputGone)), Err(error)) => Err(error.into()),
        (Err(error), _) => Err(error),
        (Ok((0, _)), Err(error)) => Err(error.into()),
        (Ok((code, errors)), Err(_)) => Err(TransferError::of_answer(code, &errors)),
        (Ok((code, errors)), Ok(done)) => {
            if code != 0 {
                report.refuse_complaints((code, &errors));
            }
            take(report, done);
            Ok(())
        }
    }
}

fn is_folder(look: &Look, path: &[u8]) -> Result<bool, TransferError> {
    let path_text = printable(path);
    match look.standing {
        Standing::Folder => Ok(true),
        Standing::File if means_folder(path) => {
            Err(TransferError::Missing { path: format!("folder {path_text}") })
        }
        Standing::File => Ok(false),
        Standing::Missing | Standing::NoParent => Err(TransferError::Missing { path: path_text }),
        Standing::Other => Err(TransferError::Special { path: path_text }),
    }
}

/// Where it lands on this machine.
fn landing(job: &Job, is_folder: bool) -> Result<Place, TransferError> {
    let local = &job.local;
    let source = Source { is_folder, path: &job.remote };
    let bytes = local.as_os_str().as_bytes();
    let landed = land(&source, (local_standing(local), means_folder(bytes)));
    match landed.map_err(|fault| TransferError::Place { name: local.display().to_string(), fault })? {
        // Through a link to a file, as `cp` has it.
        Landing::Itself => {
            let path = std::fs::canonicalize(local).unwrap_or_else(|_| local.clone());
            Ok(Place { path, inside: None })
        }
        Landing::Inside(name) => {
            let path = local.join(std::ffi::OsStr::from_bytes(name.as_bytes()));
            Ok(Place { path, inside: Some((local.clone(), name)) })
        }
    }
}

impl Here {
    fn open(path: &Path, open: impl Fn(&Path) -> io::Result<Folder>) -> Result<Self, TransferError> {
        let folder = open(path).map_err(|error| TransferError::local(path, error))?;
        Ok(Self { folder: Arc::new(folder), path: path.to_owned() })
    }
}

impl Place {
    /// The folder that stands there; None where nothing does.
    fn open(&self) -> Result<Option<Here>, TransferError> {
        let opened = match &self.inside {
            Some((typed, name)) => Folder::open(typed).and_then(|folder| folder.inside(name)),
            None => Folder::open(&self.path),
        };
        match opened {
            Ok(folder) => Ok(Some(Here { folder: Arc::new(folder), path: self.path.clone() })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                let fault = if self.path.is_symlink() { PlaceFault::Link } else { PlaceFault::NotAFolder };
                Err(TransferError::Place { name: self.path.display().to_string(), fault })
            }
            Err(error) => Err(TransferError::local(&self.path, error)),
        }
    }
}

fn local_standing(path: &Path) -> Standing {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Standing::Folder,
        Ok(found) if found.is_file() => Standing::File,
        Ok(_) => Standing::Other,
        Err(_) => match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() || parent.is_dir() => Standing::Missing,
            _ => Standing::NoParent,
        },
    }
}

fn read_content(
    mut input: PipeReader,
    mut output: impl Write,
    progress: &Progress,
) -> Result<(u64, Sum), UnpackError> {
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; CHUNK];
    let mut size = 0;
    while let read @ 1.. = input.read(&mut buffer).map_err(super::archive::ArchiveError::Read)? {
        let bytes = buffer.get(..read).unwrap_or_default();
        output.write_all(bytes).map_err(write_failed)?;
        hasher.add(bytes);
        progress.advance(read as u64);
        size += read as u64;
    }
    output.flush().map_err(write_failed)?;
    Ok((size, hasher.sum()))
}

/// Hands an archive on as it comes, and hashes the files in it.
fn read_archive(
    input: PipeReader,
    output: impl Write,
    progress: &Progress,
) -> Result<Vec<Carried>, UnpackError> {
    let mut tee = Tee { input, output, failed: None };
    let read = read_files(&mut tee, progress);
    let read = read.and_then(|files| tee.output.flush().map_err(write_failed).map(|()| files));
    match tee.failed {
        Some(error) => Err(write_failed(error)),
        None => read,
    }
}

fn read_files(tee: &mut Tee<impl Write>, progress: &Progress) -> Result<Vec<Carried>, UnpackError> {
    let mut files = Vec::new();
    let mut archive = Archive::new(tee);
    while let Some(entry) = archive.next_entry()? {
        if entry.kind != Kind::File {
            continue;
        }
        let mut hasher = Hasher::default();
        let size = hasher.add_all(&mut archive).map_err(super::archive::ArchiveError::Read)?;
        progress.advance(size);
        if let Ok(name) = Name::read(&entry.name) {
            files.push(Carried { name, size, sum: hasher.sum() });
        }
    }
    Ok(files)
}

fn write_failed(source: io::Error) -> UnpackError {
    UnpackError::Write { name: "standard output".to_owned(), source }
}

/// Hands on what is read from it.
struct Tee<W> {
    input: PipeReader,
    output: W,
    failed: Option<io::Error>,
}

impl<W: Write> io::Read for Tee<W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        if let Err(error) = self.output.write_all(buffer.get(..read).unwrap_or_default()) {
            let kind = error.kind();
            self.failed = Some(error);
            return Err(kind.into());
        }
        Ok(read)
    }
}
