//! Finds the program that is meant and becomes it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::chroot;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Where this program stands under the names of others, below the root of the toolbox.
const FOLDER: &str = "/usr/lib/chandler/bin";

/// Where many programs look for the certificates that they trust.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Programs that look for them and say so by no argument.
const TRUSTING: [&str; 2] = ["curl", "openssl"];

/// As root it becomes a user that only the toolbox's root knows.
const TCPDUMP: &str = "tcpdump";

/// A program of the toolbox.
#[derive(Debug, PartialEq)]
struct Program {
    /// The toolbox's root as seen from here; empty where it is our own.
    root: PathBuf,
    name: OsString,
}

/// Becomes the program that the first argument names. Comes back only where that is not possible, with what a shell would
/// exit with: 127 where there is no such program, else 126.
pub(crate) fn launch(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let called = arguments.next().unwrap_or_default();
    let mut program = Program::find(&called, &env::var_os("PATH").unwrap_or_default());
    let user = program.find_user();
    let path = program.path();
    let failure = match path.metadata() {
        Ok(_) => program.command(&called).args(user).args(arguments).exec(),
        Err(missing) => missing,
    };
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(io::stderr(), "chandler-toolbox: cannot run {}: {failure}", path.display());
    ExitCode::from(if failure.kind() == io::ErrorKind::NotFound { 127 } else { 126 })
}

/// Whether a list of users has the one that every Linux has.
fn knows_root(users: &[u8]) -> bool {
    users.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"root:"))
}

impl Program {
    /// A path that was called says both root and name; a bare name was found on `PATH`, where our folder is.
    fn find(called: &OsStr, path: &OsStr) -> Self {
        let called = Path::new(called);
        let name = called.file_name().unwrap_or_default();
        let root = called
            .parent()
            .and_then(root_of)
            .or_else(|| env::split_paths(path).find_map(|one| root_of(&one)));
        // A login shell is called with a dash in front.
        let name = name.as_bytes().strip_prefix(b"-").map_or(name, OsStr::from_bytes);
        Self { root: root.unwrap_or_default(), name: name.to_owned() }
    }

    /// Arguments that say which user to become, where the root we are in knows root. Where it knows nobody the program goes
    /// back to the toolbox's root, and only names of files that start with a slash lead elsewhere than they did.
    fn find_user(&mut self) -> &'static [&'static str] {
        if self.name != TCPDUMP || self.root.as_os_str().is_empty() {
            return &[];
        }
        if knows_root(&fs::read("/etc/passwd").unwrap_or_default()) {
            return &["-Z", "root"];
        }
        // Who may not do this is not root, and stays who they are.
        if chroot(&self.root).is_ok() {
            self.root = PathBuf::new();
        }
        &[]
    }

    /// A path of the toolbox, which starts with a slash.
    fn at(&self, path: impl AsRef<OsStr>) -> PathBuf {
        let mut whole = self.root.clone().into_os_string();
        whole.push(path);
        whole.into()
    }

    fn path(&self) -> PathBuf {
        let mut path = self.at("/usr/bin");
        path.push(&self.name);
        path
    }

    /// The program with its own loader and libraries, called as this one was.
    fn command(&self, called: &OsStr) -> Command {
        let libraries = self.at(format!("/usr/lib/{}-linux-gnu", env::consts::ARCH));
        let mut command = Command::new(libraries.join(loader()));
        command.arg("--argv0").arg(called).arg("--library-path").arg(&libraries).arg(self.path());
        // The target's variables are here too, and this one names libraries that go with other ones.
        command.env_remove("LD_PRELOAD");
        set_if_absent(&mut command, "TERMINFO", self.at("/usr/lib/terminfo"));
        if TRUSTING.iter().any(|name| self.name == *name) && !Path::new(CERTIFICATES).exists() {
            set_if_absent(&mut command, "SSL_CERT_FILE", self.at(CERTIFICATES));
        }
        command
    }
}

/// The root of the toolbox whose folder this is.
fn root_of(folder: &Path) -> Option<PathBuf> {
    folder.as_os_str().as_bytes().strip_suffix(FOLDER.as_bytes()).map(|root| OsStr::from_bytes(root).into())
}

/// The file name of glibc's loader.
fn loader() -> &'static str {
    if cfg!(target_arch = "aarch64") { "ld-linux-aarch64.so.1" } else { "ld-linux-x86-64.so.2" }
}

fn set_if_absent(command: &mut Command, variable: &str, value: PathBuf) {
    if env::var_os(variable).is_none() {
        command.env(variable, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(called: &str, path: &str) -> (String, String) {
        let program = Program::find(called.as_ref(), path.as_ref());
        (program.root.display().to_string(), program.name.display().to_string())
    }

    #[test]
    fn path_says_root_and_name() {
        let expected = ("/proc/7/root".to_owned(), "curl".to_owned());
        assert_eq!(found("/proc/7/root/usr/lib/chandler/bin/curl", "/bin"), expected);
    }

    #[test]
    fn bare_name_is_one_of_the_folder_on_path() {
        let path = "/usr/bin:/proc/7/root/usr/lib/chandler/bin:/bin";
        assert_eq!(found("-bash", path), ("/proc/7/root".to_owned(), "bash".to_owned()));
        assert_eq!(found("../x/jq", path), ("/proc/7/root".to_owned(), "jq".to_owned()));
    }

    #[test]
    fn without_a_folder_the_root_is_ours() {
        assert_eq!(found("jq", "/usr/bin"), (String::new(), "jq".to_owned()));
        assert_eq!(found("/usr/lib/chandler/bin/jq", ""), (String::new(), "jq".to_owned()));
    }

    #[test]
    fn root_is_a_user_of_that_name() {
        assert!(knows_root(b"nobody:x:65534:65534::/:\nroot:x:0:0:root:/root:/bin/sh\n"));
        assert!(!knows_root(b"rootless:x:1:1::/:\n") && !knows_root(b""));
    }

    #[test]
    fn program_is_started_by_its_own_loader_under_the_name_it_was_called_by() {
        let program = Program { root: "/proc/7/root".into(), name: "bash".into() };
        let command = program.command("-bash".as_ref());
        let libraries = format!("/proc/7/root/usr/lib/{}-linux-gnu", env::consts::ARCH);
        assert_eq!(command.get_program().display().to_string(), format!("{libraries}/{}", loader()));
        let arguments: Vec<_> = command.get_args().map(|argument| argument.display().to_string()).collect();
        let expected = ["--argv0", "-bash", "--library-path", &libraries, "/proc/7/root/usr/bin/bash"];
        assert_eq!(arguments, expected);
    }
}
