//! What is run in the session container: short scripts that rely on POSIX sh and on `tar`, `sha256sum` and the like of
//! busybox or GNU. Each goes into its folder step by step and then works there.

use crate::script::{self, Entry, ViewChoice};

use super::error::TransferError;
use super::name::{Name, printable};

const COMMON: &str = include_str!("script/common.sh");
const LOOK: &str = include_str!("script/look.sh");
const INSIDE: &str = include_str!("script/inside.sh");
const STAGE: &str = include_str!("script/stage.sh");
const APPEND: &str = include_str!("script/append.sh");
const PLACE: &str = include_str!("script/place.sh");

/// Whose files are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// The container's ID, as its status has it.
    pub container_id: Option<String>,
    /// The pod's containers share their processes (`shareProcessNamespace`, `hostPID`).
    pub shares_pod_processes: bool,
    /// The files are those below this folder of the session, and no other container's: `/host` of a node.
    pub below: Option<String>,
}

/// A script with the tools that it needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Script {
    tools: &'static str,
    text: &'static str,
}

/// Says what a path is.
pub(super) const LOOK_AT: Script = Script { tools: "stat readlink", text: LOOK };
/// Makes the folder in which things are gathered.
pub(super) const MAKE_STAGE: Script =
    Script { tools: "stat mkdir rm id tar sha256sum xargs find mv chmod", text: STAGE };
/// Lists what is mounted in the container.
pub(super) const LIST_MOUNTS: Script = Script { tools: "cat", text: "exec cat \"${root%/root}/mounts\"" };
/// Adds to a file.
pub(super) const ADD_TO: Script = Script { tools: "stat cat chmod touch", text: APPEND };
/// Gives what was gathered its place.
pub(super) const GIVE_PLACE: Script = Script { tools: "stat mv rm rmdir chmod chown id", text: PLACE };

const fn inside(tools: &'static str) -> Script {
    Script { tools, text: INSIDE }
}

/// An exec's words for a script.
pub(super) fn words(
    owner: &Owner,
    script: Script,
    arguments: &[&[u8]],
) -> Result<Vec<String>, TransferError> {
    let mut text = format!("tools='{}'\n{}\n{}", script.tools, shorten(COMMON), shorten(script.text));
    let arguments = arguments.iter().map(|bytes| said(bytes)).collect::<Result<Vec<_>, _>>()?;
    if let Some(below) = &owner.below {
        text.insert_str(0, &format!("CHANDLER_TARGET_ROOT='{below}'\n"));
        let fixed = ["sh".to_owned(), "-c".to_owned(), text, "sh".to_owned()];
        return Ok(fixed.into_iter().chain(arguments).collect());
    }
    let entry = Entry {
        view: ViewChoice::Toolbox,
        target_id: owner.container_id.as_deref(),
        shares_pod_processes: owner.shares_pod_processes,
        quiet: true,
        command: &[],
        shell: None,
    };
    Ok(script::below_target(&entry, &text, &arguments))
}

/// A word of an exec.
fn said(bytes: &[u8]) -> Result<String, TransferError> {
    let text = String::from_utf8(bytes.to_vec());
    text.map_err(|_| TransferError::NotText { path: printable(bytes) })
}

/// Sends all that is in a folder, and the folder itself, as an archive.
pub(super) fn send_folder(folder: &[u8]) -> (Script, Vec<Vec<u8>>) {
    line("stat tar", folder, &[b"tar", b"-c", b"-f", b"-", b"."])
}

/// Sends what standard input names, each with a NUL behind it, as archives that follow each other.
pub(super) fn send_listed(folder: &[u8]) -> (Script, Vec<Vec<u8>>) {
    line("stat tar xargs", folder, &[b"xargs", b"-0", b"tar", b"-c", b"-f", b"-", b"--no-recursion"])
}

/// Sends one file as an archive.
pub(super) fn send_file(folder: &[u8], name: &Name) -> (Script, Vec<Vec<u8>>) {
    line("stat tar", folder, &[b"tar", b"-c", b"-f", b"-", &name.dotted()])
}

/// Sends the last so many bytes of the first `size` of a file.
pub(super) fn send_rest(folder: &[u8], name: &Name, (from, size): (u64, u64)) -> (Script, Vec<Vec<u8>>) {
    let (from_byte, rest) = (format!("+{}", from.saturating_add(1)), size.saturating_sub(from).to_string());
    let pipe = b"tail -c \"$1\" \"$3\" | head -c \"$2\"";
    let words = [from_byte.as_bytes(), rest.as_bytes(), &name.dotted()];
    line("stat tail head", folder, &[&[&b"sh"[..], b"-c", pipe, b"sh"], &words[..]].concat())
}

/// Sends what is in a file as it is.
pub(super) fn send_content(folder: &[u8], name: &Name) -> (Script, Vec<Vec<u8>>) {
    line("stat cat", folder, &[b"cat", &name.dotted()])
}

/// Names all that is in a folder, each with a NUL behind it.
pub(super) fn list(folder: &[u8]) -> (Script, Vec<Vec<u8>>) {
    line("stat find", folder, &[b"find", b".", b"-print0"])
}

/// Says of each thing that standard input names its size, time, number of names, mode and name.
pub(super) fn describe(folder: &[u8]) -> (Script, Vec<Vec<u8>>) {
    line("stat xargs", folder, &[b"xargs", b"-0", b"stat", b"-c", b"%s %Y %h %a %n"])
}

/// Hashes each file that standard input names.
pub(super) fn hash(folder: &[u8]) -> (Script, Vec<Vec<u8>>) {
    line("stat xargs sha256sum", folder, &[b"xargs", b"-0", b"sha256sum"])
}

/// Hashes the first bytes of a file.
pub(super) fn hash_start(folder: &[u8], name: &Name, size: u64) -> (Script, Vec<Vec<u8>>) {
    let size = size.to_string();
    let pipe = b"head -c \"$1\" \"$2\" | sha256sum";
    line("stat head sha256sum", folder, &[b"sh", b"-c", pipe, b"sh", size.as_bytes(), &name.dotted()])
}

/// Unpacks an archive from standard input.
pub(super) fn receive(folder: &[u8]) -> (Script, Vec<Vec<u8>>) {
    line("stat tar", folder, &[b"tar", b"-x", b"-p", b"-o", b"-f", b"-"])
}

/// Writes standard input to a file.
pub(super) fn receive_content(folder: &[u8]) -> (Script, Vec<Vec<u8>>) {
    line("stat cat", folder, &[b"sh", b"-c", b"cat >file"])
}

/// Takes away what standard input names, each with a NUL behind it.
pub(super) fn remove(folder: &[u8]) -> (Script, Vec<Vec<u8>>) {
    line("stat xargs rm", folder, &[b"xargs", b"-0", b"rm", b"-f"])
}

/// Takes a folder away with all that is in it.
pub(super) fn throw_away(folder: &[u8], name: &[u8]) -> (Script, Vec<Vec<u8>>) {
    line("stat rm", folder, &[b"rm", b"-rf", &[b"./", name].concat()])
}

fn line(tools: &'static str, folder: &[u8], program: &[&[u8]]) -> (Script, Vec<Vec<u8>>) {
    let arguments = std::iter::once(folder).chain(program.iter().copied());
    (inside(tools), arguments.map(<[u8]>::to_vec).collect())
}

/// Without comments and indentation: an exec's words travel in a URL.
fn shorten(script: &str) -> String {
    let lines = script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}
