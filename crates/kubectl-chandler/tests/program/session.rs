//! A folder with files, and runs of the program in it.

use std::io::Write;
use std::process::{Command, Stdio};

/// A throw-away folder in which the program runs.
pub struct Session {
    folder: tempfile::TempDir,
}

/// What a run left behind.
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A template that adds one label to every pod that its caller shows it.
pub const LABEL: &str = "apiVersion: chandler.dev/v1alpha1
kind: ClusterInjectionTemplate
metadata: {name: label}
spec:
  select: {mode: Default}
  patches:
  - pod: {metadata: {labels: {fitted: \"yes\"}}}
";

impl Session {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    /// A folder with the template above as `t.yaml` and a manifest as `m.yaml`.
    pub fn with_manifest(manifest: &str) -> Self {
        Self::new(&[("t.yaml", LABEL), ("m.yaml", manifest)])
    }

    pub fn run(&self, arguments: &str) -> Output {
        self.run_with_input(arguments, b"")
    }

    pub fn run_with_input(&self, arguments: &str, input: &[u8]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-chandler"));
        command.args(arguments.split_whitespace());
        self.end(&mut command, input)
    }

    /// A line for bash, for what takes a pipe.
    pub fn shell(&self, script: &str) -> Output {
        self.end(Command::new("bash").args(["-c", script]), b"")
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn end(&self, command: &mut Command, input: &[u8]) -> Output {
        let mut child = command
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A program that ends early does not read it all, which is its right.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Output {
            code: output.status.code().expect("the program ends by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// `inject -f m.yaml -t t.yaml`.
    pub fn inject(&self) -> Output {
        self.run("inject -f m.yaml -t t.yaml")
    }
}
