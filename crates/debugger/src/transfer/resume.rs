//! What another try has left to carry: files that are there and have the same SHA-256 stay, and an unfinished one is gone
//! on with where its bytes are those of the other side.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::sync::Arc;

use super::error::TransferError;
use super::folder::{Folder, NewFile, finished_name};
use super::look::Look;
use super::name::Name;
use super::out::{Here, Job};
use super::remote::{Remote, Session};
use super::report::Report;
use super::sums::{CHUNK, Carried, Hasher, Sum};
use super::tree::Tree;
use super::unpack::Shape;
use super::verify::lines;
use super::words;

/// What `find` ends with where it could not read all.
const UNREADABLE: u8 = 1;

/// What is left to carry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// All of it.
    All,
    /// These, as `xargs -0` reads them.
    Listed(Vec<u8>),
    /// Nothing.
    Nothing,
}

/// What the container says of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct There {
    size: u64,
    mtime: i64,
    names: u64,
    mode: u32,
}

/// A folder of the container and one here.
struct Sides<'s> {
    remote: &'s [u8],
    folder: &'s Arc<Folder>,
}

/// What is left of a folder.
pub(super) async fn tree_rest<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    (look, Here { folder, path }): (&Look, &Here),
    (shape, report): (&Shape, &mut Report),
) -> Result<Rest, TransferError> {
    let here = Tree::of_folder(path).map_err(|error| TransferError::local(path, error))?;
    let (finished, unfinished) = files_of(&here);
    if finished.is_empty() && unfinished.is_empty() {
        return Ok(Rest::All);
    }
    let (names, is_whole) = names_there(session, look, report).await?;
    let known: HashSet<_> = names.iter().collect();
    let asked: Vec<_> =
        finished.iter().chain(&unfinished).filter(|name| known.contains(name)).cloned().collect();
    let there = describe(session, &look.at, &asked).await?;

    // What could not be listed may be there all the same.
    if *shape == Shape::Whole && is_whole {
        remove_others(folder, &here, &known);
    }
    let sides = Sides { remote: &look.at, folder };
    let mut done = take_finished(session, &sides, (&finished, &there)).await?;
    let mut gone_on = Vec::new();
    for name in unfinished.iter().filter(|name| !name.is_odd()) {
        if let Some(found) = there.get(name) {
            gone_on.extend(go_on((session, job), &sides, ((name, name), *found), report).await?);
        }
    }
    report.mismatched.extend(session.mismatches(&look.at, &gone_on).await?);
    done.extend(gone_on);
    report.resumed +=
        done.iter().filter(|file| finished.contains(&file.name)).map(|file| file.size).sum::<u64>();
    let settled: HashSet<_> = done.iter().map(|file| &file.name).collect();
    let wanted = lines(names.iter().filter(|name| !settled.contains(name)));
    report.files.extend(done.iter().cloned());
    Ok(if wanted.is_empty() { Rest::Nothing } else { Rest::Listed(wanted) })
}

/// What is left of a file: its name in a folder of the container, and that in a folder here.
pub(super) async fn file_rest<R: Remote>(
    session: &Session<'_, R>,
    job: &Job,
    ((remote, remote_name), (here, name)): ((&[u8], &Name), (&Here, &Name)),
    report: &mut Report,
) -> Result<Rest, TransferError> {
    let folder = &here.folder;
    if remote_name.is_odd() || folder.unfinished(name).ok().flatten().is_none() {
        return Ok(Rest::All);
    }
    let there = describe(session, remote, std::slice::from_ref(remote_name)).await?;
    let Some(found) = there.get(remote_name) else { return Ok(Rest::All) };
    let sides = Sides { remote, folder };
    match go_on((session, job), &sides, ((remote_name, name), *found), report).await? {
        Some(file) => {
            report.files.push(file);
            Ok(Rest::Nothing)
        }
        None => Ok(Rest::All),
    }
}

/// All names of a folder there, and whether they are all: of what cannot be read the program that lists complains.
async fn names_there<R: Remote>(
    session: &Session<'_, R>,
    look: &Look,
    report: &mut Report,
) -> Result<(Vec<Name>, bool), TransferError> {
    let listed = session.ask_line(words::list(&look.at), Vec::new()).await?;
    let names = listed.output.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let names: Vec<_> = names.filter_map(|name| Name::read(name).ok()).collect();
    match listed.code {
        0 => Ok((names, true)),
        UNREADABLE if !names.is_empty() && !listed.errors.trim_ascii().is_empty() => {
            report.refuse_complaints((listed.code, &listed.errors));
            Ok((names, false))
        }
        code => Err(TransferError::of_answer(code, &listed.errors)),
    }
}

/// What is no more on the other side has no place in a folder that is to be the same. What stays in spite of that is
/// told by nobody: it was never asked for.
fn remove_others(folder: &Folder, here: &Tree, known: &HashSet<&Name>) {
    let is_other = |name: &Name| {
        let finished = name.split_last().and_then(|(parent, last)| parent.child(finished_name(last)?).ok());
        !known.contains(name) && finished.is_none_or(|finished| !known.contains(&finished))
    };
    for leaf in here.leaves.iter().rev().filter(|leaf| !leaf.name.is_folder_itself() && is_other(&leaf.name))
    {
        let _ = folder.remove(&leaf.name);
    }
}

/// Names of files, and of those that are unfinished.
fn files_of(tree: &Tree) -> (HashSet<Name>, Vec<Name>) {
    let files = tree.leaves.iter().filter(|leaf| leaf.size().is_some());
    let (mut finished, mut unfinished) = (HashSet::new(), Vec::new());
    for leaf in files {
        let Some((parent, last)) = leaf.name.split_last() else { continue };
        match finished_name(last).map(|last| parent.child(last)) {
            Some(Ok(name)) => unfinished.push(name),
            _ => {
                finished.insert(leaf.name.clone());
            }
        }
    }
    (finished, unfinished)
}

async fn describe<R: Remote>(
    session: &Session<'_, R>,
    folder: &[u8],
    names: &[Name],
) -> Result<HashMap<Name, There>, TransferError> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let answer = session.ask_line(words::describe(folder), lines(names.iter())).await?;
    let read = answer.output.split(|byte| *byte == b'\n').filter_map(There::read);
    Ok(read.collect())
}

/// Files that are here already, with the sum that they have there.
async fn take_finished<R: Remote>(
    session: &Session<'_, R>,
    sides: &Sides<'_>,
    (finished, there): (&HashSet<Name>, &HashMap<Name, There>),
) -> Result<Vec<Carried>, TransferError> {
    let is_same = |name: &Name, there: &There| {
        let here = sides.folder.find(name).ok().flatten();
        // Files with several names are carried together, so that they are one file here too.
        here.is_some_and(|here| {
            here.size == Some(there.size) && here.mtime == there.mtime && there.names == 1
        })
    };
    let alike = there.iter().filter(|(name, found)| finished.contains(name) && is_same(name, found));
    let names: Vec<_> = alike.map(|(name, _)| name.clone()).collect();
    let sums = session.sums(sides.remote, &names.iter().collect::<Vec<_>>()).await?;
    let folder = Arc::clone(sides.folder);
    let hashed = tokio::task::spawn_blocking(move || {
        let files = names.into_iter().filter_map(|name| hash_here(&folder, name));
        files.collect::<Vec<_>>()
    });
    let files = hashed.await.unwrap_or_default();
    Ok(files.into_iter().filter(|file| sums.get(&file.name) == Some(&file.sum)).collect())
}

fn hash_here(folder: &Folder, name: Name) -> Option<Carried> {
    let mut hasher = Hasher::default();
    let size = hasher.add_all(folder.read(&name).ok()?).ok()?;
    Some(Carried { name, size, sum: hasher.sum() })
}

/// Goes on with an unfinished file, known there and here by these names; None where its bytes are not those of the other
/// side, or are too many.
async fn go_on<R: Remote>(
    (session, job): (&Session<'_, R>, &Job),
    sides: &Sides<'_>,
    ((remote_name, name), there): ((&Name, &Name), There),
    report: &mut Report,
) -> Result<Option<Carried>, TransferError> {
    let Some(file) = sides.folder.unfinished(name).ok().flatten().filter(|_| there.names == 1) else {
        return Ok(None);
    };
    let failed = |source| TransferError::Local { name: name.to_string(), source };
    let hashed = tokio::task::spawn_blocking(move || file.hash().map(|hash| (file, hash)));
    let (file, (size, hasher)) =
        hashed.await.map_err(std::io::Error::other).and_then(|done| done).map_err(failed)?;
    if size == 0 || size > there.size {
        return Ok(None);
    }
    if session.sum_of_start(sides.remote, remote_name, size).await? != Some(hasher.clone().sum()) {
        return Ok(None);
    }
    report.resumed += size;
    job.progress.advance(size);
    let line = words::send_rest(sides.remote, remote_name, (size, there.size));
    let progress = Arc::clone(&job.progress);
    let write = move |input| add(file, input, hasher, &progress);
    let (ran, added) = session.fetch(line, Vec::new(), write).await?;
    let (file, added, sum) = added.map_err(failed)?;
    let (code, errors) = ran?;
    if code != 0 || size + added != there.size {
        return Err(TransferError::of_answer(code, &errors));
    }
    file.finish(there.mode, there.mtime).map_err(failed)?;
    Ok(Some(Carried { name: name.clone(), size: there.size, sum }))
}

fn add(
    mut file: NewFile,
    mut input: impl std::io::Read,
    mut hasher: Hasher,
    progress: &super::progress::Progress,
) -> std::io::Result<(NewFile, u64, Sum)> {
    let mut buffer = vec![0; CHUNK];
    let mut added = 0;
    while let read @ 1.. = input.read(&mut buffer)? {
        let bytes = buffer.get(..read).unwrap_or_default();
        file.write_all(bytes)?;
        hasher.add(bytes);
        progress.advance(read as u64);
        added += read as u64;
    }
    Ok((file, added, hasher.sum()))
}

impl There {
    /// Reads `SIZE TIME NAMES MODE NAME`.
    fn read(line: &[u8]) -> Option<(Name, Self)> {
        let mut fields = line.splitn(5, |byte| *byte == b' ');
        let [size, mtime, names, mode, name] = std::array::from_fn(|_| fields.next());
        let text = |field: Option<&[u8]>| std::str::from_utf8(field?).ok().map(str::to_owned);
        let there = Self {
            size: text(size)?.parse().ok()?,
            mtime: text(mtime)?.parse().ok()?,
            names: text(names)?.parse().ok()?,
            mode: u32::from_str_radix(&text(mode)?, 8).ok()?,
        };
        Some((Name::read(name?).ok()?, there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_is_read() {
        let (name, there) = There::read(b"12 1000 1 644 ./a b").unwrap();
        assert_eq!(name.to_string(), "a b");
        assert_eq!(there, There { size: 12, mtime: 1000, names: 1, mode: 0o644 });
        assert_eq!(There::read(b"forged"), None);
    }
}
