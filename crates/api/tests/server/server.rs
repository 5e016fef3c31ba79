//! The API server's code, asked through the program of tests/oracle.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread;

use serde::Deserialize;
use serde_json::Value;

use crate::objects::{KINDS, both_kinds, kind_of};

/// The API server with the definitions in `crds/`.
pub(crate) struct Server {
    program: PathBuf,
}

/// What the server says of a definition.
#[derive(Debug, Deserialize)]
pub(crate) struct Defined {
    #[serde(rename = "crd")]
    pub(crate) name: String,
    pub(crate) errors: Vec<String>,
}

/// What the server makes of an object on create.
#[derive(Debug, Deserialize)]
pub(crate) struct Created {
    pub(crate) errors: Vec<String>,
    /// Paths of fields that the schema does not know: `kubectl` refuses them.
    pub(crate) unknown: Vec<String>,
    /// The object as it would be stored.
    pub(crate) object: Value,
}

/// The program that `CHANDLER_ORACLE` names; says once where it names none.
static SERVER: LazyLock<Option<Server>> = LazyLock::new(|| {
    let program = std::env::var_os("CHANDLER_ORACLE").map(PathBuf::from);
    if program.is_none() {
        println!("SKIPPED custom_resources: CHANDLER_ORACLE is not set, run make test");
    }
    program.map(|program| Server { program })
});

impl Server {
    pub(crate) fn from_environment() -> Option<&'static Self> {
        SERVER.as_ref()
    }

    /// What it says of each definition in `crds/`.
    pub(crate) fn definitions(&self) -> Vec<Defined> {
        self.ask("").iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What it makes of each object.
    pub(crate) fn create(&self, objects: &[Value]) -> Vec<Created> {
        let mut questions = String::new();
        objects.iter().for_each(|object| writeln!(questions, "{object}").unwrap());
        let answers = self.ask(&questions);
        let created = answers.iter().skip(definition_files().len());
        created
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }

    /// Both kinds with each of those specs are refused, with its error and no other.
    pub(crate) fn assert_refused(&self, cases: &[(Value, &str)]) {
        let objects: Vec<_> = cases.iter().flat_map(|(spec, _)| both_kinds("example", spec)).collect();
        let words = cases.iter().flat_map(|(_, words)| [*words; KINDS.len()]);
        for ((object, words), created) in objects.iter().zip(words).zip(self.create(&objects)) {
            assert_refused_with(object, words, &created);
        }
    }

    pub(crate) fn assert_objects_refused(&self, objects: &[Value], words: &str) {
        for (object, created) in objects.iter().zip(self.create(objects)) {
            assert_refused_with(object, words, &created);
        }
    }

    /// Both kinds with each of those specs are accepted.
    pub(crate) fn assert_accepted(&self, specs: &[Value]) {
        let objects: Vec<_> = specs.iter().flat_map(|spec| both_kinds("example", spec)).collect();
        self.assert_objects_accepted(&objects);
    }

    pub(crate) fn assert_objects_accepted(&self, objects: &[Value]) {
        for (object, created) in objects.iter().zip(self.create(objects)) {
            assert!(created.errors.is_empty(), "{:?} for {object}", created.errors);
            assert!(created.unknown.is_empty(), "unknown {:?} in {object}", created.unknown);
        }
    }

    /// One line for each definition, then one for each question. Questions are written while answers are read, so
    /// that full pipes on both sides cannot stop each other.
    fn ask(&self, questions: &str) -> Vec<String> {
        let mut command = Command::new(&self.program);
        command.arg("custom-resources").args(definition_files()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = command.spawn();
        let mut oracle =
            started.unwrap_or_else(|error| panic!("{} does not start: {error}", self.program.display()));
        let mut input = oracle.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            scope.spawn(move || input.write_all(questions.as_bytes()).unwrap());
            oracle.wait_with_output().unwrap()
        });
        assert!(output.status.success(), "the oracle failed");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

fn assert_refused_with(object: &Value, words: &str, created: &Created) {
    let [error] = &created.errors[..] else { panic!("not one error: {:?} for {object}", created.errors) };
    assert!(error.contains(words), "{}: {error}", kind_of(object));
}

/// The files in `crds/`.
pub(crate) fn definition_files() -> Vec<PathBuf> {
    let mut files: Vec<_> =
        std::fs::read_dir(repository().join("crds")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The folder of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
