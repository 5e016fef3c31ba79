//! Sessions of the debugger on a real kubelet beside `kubectl debug` and `kubectl exec`: what was measured, and what came
//! of it.

mod page;
#[cfg(target_os = "linux")]
pub mod place;
#[cfg(target_os = "linux")]
pub mod rounds;

use serde::{Deserialize, Serialize};

/// Everything that was measured beside each other.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
pub struct Sessions {
    /// From the start of a program to the first output of its command.
    pub starts: Vec<Start>,
    /// How many bytes go through.
    pub rates: Vec<Rate>,
}

/// How soon a command answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// What was run.
    pub name: String,
    /// Until its first output, in nanoseconds, a number for each run.
    pub times: Vec<f64>,
    /// How many runs there were of a command that writes at once and ends.
    pub runs: usize,
    /// In how many of them not all of its output came.
    pub lost: usize,
}

/// How much goes through a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rate {
    /// What was run.
    pub name: String,
    /// Bytes a second that come out, a number for each run.
    pub out: Vec<f64>,
    /// Bytes a second that go in.
    pub into: Vec<f64>,
}
