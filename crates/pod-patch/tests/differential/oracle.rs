//! The Go program of tests/oracle, asked through its standard input and output.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use serde::Serialize;
use serde_json::{Value, json};

use crate::verdict::Inquiry;

/// A pod and a patch for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Pair {
    pub(crate) pod: Value,
    pub(crate) patch: Value,
}

/// What a merge gave, or why there is nothing.
pub(crate) type Answer = Result<Value, String>;

/// The program.
pub(crate) struct Oracle {
    program: PathBuf,
}

impl Oracle {
    /// The program that `CHANDLER_ORACLE` names; says so where it names none.
    pub(crate) fn from_environment() -> Option<Self> {
        let program = std::env::var_os("CHANDLER_ORACLE").map(PathBuf::from);
        if program.is_none() {
            println!("SKIPPED differential: CHANDLER_ORACLE is not set, run make test");
        }
        program.map(|program| Self { program })
    }

    /// Everything that a subcommand without input prints.
    pub(crate) fn print(&self, arguments: &[String]) -> String {
        let output = Command::new(&self.program).args(arguments).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "the oracle failed on {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Asks one process all questions of each inquiry, and shows each with its answers, in order.
    pub(crate) fn inquire(
        &self,
        inquiries: impl Iterator<Item = Inquiry> + Send,
        mut visit: impl FnMut(&Inquiry, &[Answer]),
    ) {
        let ask = |pair: &Pair| json!({"original": pair.pod, "patch": pair.patch});
        let asked = inquiries.map(|inquiry| (inquiry.questions.iter().map(ask).collect(), inquiry));
        self.converse("strategic-merge", asked, |inquiry, answers| {
            visit(&inquiry, &answers.into_iter().map(|answer| field(answer, "result")).collect::<Vec<_>>());
        });
    }

    /// The patches that `kubectl` would send to turn each first pod into the second.
    pub(crate) fn two_way_patches(&self, pods: Vec<(Value, Value)>) -> Vec<Answer> {
        let ask = |(original, modified)| (vec![json!({"original": original, "modified": modified})], ());
        let mut patches = Vec::with_capacity(pods.len());
        self.converse("two-way-patch", pods.into_iter().map(ask), |(), answers| {
            patches.extend(answers.into_iter().map(|answer| field(answer, "patch")));
        });
        patches
    }

    /// Writes questions from a thread and reads answers here, so that full pipes on both sides
    /// cannot stop each other.
    fn converse<T: Send>(
        &self,
        subcommand: &str,
        asked: impl Iterator<Item = (Vec<Value>, T)> + Send,
        mut visit: impl FnMut(T, Vec<Value>),
    ) {
        let mut oracle = self.start(subcommand);
        let mut questions = BufWriter::new(oracle.stdin.take().unwrap());
        let mut answers = BufReader::new(oracle.stdout.take().unwrap()).lines();
        let (sender, waiting) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                for (lines, subject) in asked {
                    lines.iter().for_each(|line| writeln!(questions, "{line}").unwrap());
                    sender.send((lines.len(), subject)).unwrap();
                }
            });
            for (count, subject) in waiting {
                let lines = answers.by_ref().take(count).map(|line| line.unwrap());
                visit(subject, lines.map(|line| serde_json::from_str(&line).unwrap()).collect());
            }
        });
        assert!(oracle.wait().unwrap().success(), "the oracle failed");
    }

    fn start(&self, subcommand: &str) -> Child {
        let mut command = Command::new(&self.program);
        command.arg(subcommand).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", self.program.display()))
    }
}

fn field(mut answer: Value, name: &str) -> Answer {
    match answer.get("error") {
        Some(error) => Err(error.as_str().unwrap().to_owned()),
        None => Ok(answer[name].take()),
    }
}
