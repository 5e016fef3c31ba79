//! Two folders, one of which stands for the container, and a shell that works there.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chandler_debugger::stream::{Ending, Io, StreamError};
use chandler_debugger::transfer::{Job, Owner, Remote, Session};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::process::Command;

/// What the scripts need.
const TOOLS: [&str; 18] = [
    "sh",
    "cat",
    "chmod",
    "chown",
    "find",
    "head",
    "id",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "rmdir",
    "sha256sum",
    "stat",
    "tail",
    "tar",
    "touch",
    "xargs",
];

/// Two folders.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    shell: Shell,
    owner: Owner,
}

/// Runs words here. After `cut_after` bytes of input or output its stream is lost, once.
#[derive(Debug)]
pub(crate) struct Shell {
    path: String,
    cut_after: AtomicU64,
}

/// Whose tools the scripts use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tools {
    Busybox,
    Gnu,
}

impl Place {
    pub(crate) fn new(tools: Tools) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["there", "here", "bin"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let bin = folder.path().join("bin");
        match tools {
            Tools::Busybox => install_busybox(&bin),
            Tools::Gnu => TOOLS
                .iter()
                .for_each(|tool| std::os::unix::fs::symlink(format!("/bin/{tool}"), bin.join(tool)).unwrap()),
        }
        let path = bin.display().to_string();
        let owner =
            Owner { below: Some(folder.path().join("there").display().to_string()), ..Owner::default() };
        Self { folder, shell: Shell { path, cut_after: AtomicU64::new(u64::MAX) }, owner }
    }

    pub(crate) fn session(&self) -> Session<'_, Shell> {
        Session { remote: &self.shell, owner: &self.owner }
    }

    /// The container's root is this folder of the machine.
    pub(crate) fn look_below(&mut self, folder: &str) {
        self.owner.below = Some(folder.to_owned());
    }

    /// A path in the container, as this machine sees it.
    pub(crate) fn there(&self, path: &str) -> PathBuf {
        self.folder.path().join("there").join(path)
    }

    pub(crate) fn here(&self, path: &str) -> PathBuf {
        self.folder.path().join("here").join(path)
    }

    pub(crate) fn job(&self, remote: &str, local: &str) -> Job {
        let local = self.folder.path().join("here").join(local);
        Job {
            remote: remote.into(),
            local,
            resume: true,
            identity: "me".to_owned(),
            progress: Arc::default(),
            leftover: Arc::default(),
        }
    }

    /// Takes a program away from the tools.
    pub(crate) fn lose(&self, tool: &str) {
        std::fs::remove_file(self.folder.path().join("bin").join(tool)).unwrap();
    }

    /// Puts a script in the place of a program.
    pub(crate) fn replace(&self, tool: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder.path().join("bin").join(tool);
        self.lose(tool);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// The next stream is lost after so many bytes, in the direction in which there are many.
    pub(crate) fn cut_after(&self, bytes: u64) {
        self.shell.cut_after.store(bytes, Ordering::Relaxed);
    }
}

fn install_busybox(bin: &Path) {
    let installed = std::process::Command::new("busybox").args(["--install", "-s"]).arg(bin).status();
    assert!(installed.unwrap().success(), "busybox is needed (package busybox-static)");
}

impl Remote for Shell {
    async fn run(&self, words: Vec<String>, io: Io) -> Result<Ending, StreamError> {
        let mut command = Command::new(Path::new(&self.path).join("sh"));
        command.args(words.get(1..).unwrap_or_default()).env("PATH", &self.path).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let Io { stdin: input, stdout: mut output, stderr: errors, .. } = io;
        let limit = self.cut_after.load(Ordering::Relaxed);
        let is_cut = |carried| if carried == limit { Err(StreamError::Lost) } else { Ok(()) };
        let feed = async {
            let mut fed = 0;
            if let Some(input) = input {
                fed = copy(&mut input.take(limit), &mut stdin).await.unwrap_or_default();
            }
            is_cut(fed)?;
            drop(stdin);
            Ok(())
        };
        let read = async {
            let read = copy(&mut stdout.take(limit), &mut output).await.unwrap_or_default();
            output.shutdown().await.ok();
            is_cut(read)
        };
        let complain = async {
            // The other end may be gone.
            let _ = copy(&mut stderr, &mut errors.unwrap()).await;
            Ok(())
        };
        let carried = tokio::select! {
            carried = async { tokio::try_join!(feed, read, complain) } => carried,
            () = tokio::time::sleep(std::time::Duration::from_secs(30)) => panic!("a script hangs"),
        };
        if let Err(error) = carried {
            self.cut_after.store(u64::MAX, Ordering::Relaxed);
            return Err(error);
        }
        let status = child.wait().await.unwrap();
        let code = status.code().or(status.signal().map(|signal| 128 + signal));
        Ok(Ending { code: u8::try_from(code.unwrap()).unwrap() })
    }
}

/// A tree with all that can be in one.
pub(crate) fn plant(folder: &Path) {
    use std::os::unix::fs::{PermissionsExt, symlink};
    std::fs::create_dir_all(folder.join("sub/deep")).unwrap();
    std::fs::write(folder.join("a"), b"first\n").unwrap();
    std::fs::write(folder.join("empty"), b"").unwrap();
    std::fs::write(folder.join("sub/a\nb"), b"odd\n").unwrap();
    std::fs::write(folder.join("sub").join("n".repeat(200)), b"long\n").unwrap();
    std::fs::write(folder.join("sub/deep/run"), b"#!/bin/sh\n").unwrap();
    std::fs::hard_link(folder.join("a"), folder.join("sub/again")).unwrap();
    symlink("/etc/passwd", folder.join("sub/out")).unwrap();
    symlink("../a", folder.join("sub/in")).unwrap();
    std::fs::set_permissions(folder.join("sub/deep/run"), PermissionsExt::from_mode(0o751)).unwrap();
    for path in ["a", "sub/deep/run"] {
        let file = std::fs::File::options().append(true).open(folder.join(path)).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
    }
    std::fs::set_permissions(folder.join("sub/deep"), PermissionsExt::from_mode(0o555)).unwrap();
    let deep = std::fs::File::open(folder.join("sub/deep")).unwrap();
    deep.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_100_000_000)).unwrap();
}

/// All of a tree, in lines that can be compared.
pub(crate) fn describe(folder: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt as _;
    let mut lines = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let found = std::fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(folder).unwrap();
            let what = if found.is_symlink() {
                format!("link {:?}", std::fs::read_link(&path).unwrap())
            } else if found.is_dir() {
                folders.push(path.clone());
                format!(
                    "folder {:o} {}",
                    found.mode(),
                    if name.ends_with("deep") { found.mtime() } else { 0 }
                )
            } else {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).len();
                format!("file {:o} {} names {} bytes {text}", found.mode(), found.mtime(), found.nlink())
            };
            lines.push(format!("{name:?} {what}"));
        }
    }
    lines.sort();
    lines
}

/// Bytes that no two places share.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(&mut next).take(count).collect()
}
