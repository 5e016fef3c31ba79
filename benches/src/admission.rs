//! Admission at a real API server: where it is measured, what it is measured beside, and what came of it.

#[cfg(target_os = "linux")]
pub mod constant;
#[cfg(target_os = "linux")]
pub mod growth;
mod page;
#[cfg(target_os = "linux")]
pub mod place;
#[cfg(target_os = "linux")]
pub mod policy;
#[cfg(target_os = "linux")]
pub mod rounds;

use serde::{Deserialize, Serialize};

/// Everything that was measured beside each other.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
pub struct Admission {
    /// Each way to change a pod, or none.
    pub ways: Vec<Way>,
    /// Ours by the number of templates, of which three apply.
    pub templates: Vec<Point>,
    /// Ours by the number of namespaces.
    pub namespaces: Vec<Point>,
}

/// What one way costs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Way {
    /// Its name.
    pub name: String,
    /// One client, each request after the one before.
    pub one: Latency,
    /// Many clients at once.
    pub many: Latency,
    /// Requests a second from many clients.
    pub rate: f64,
    /// Processor time of our daemon for each request, in nanoseconds. None where it has no part in it.
    pub processor: Option<f64>,
    /// Its resident memory at the end, in bytes.
    pub memory: Option<f64>,
}

/// How long requests took, in nanoseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Latency {
    /// The median.
    pub p50: f64,
    /// Of a hundred the longest but one.
    pub p99: f64,
}

/// What our daemon costs in a cluster of some size.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Point {
    /// How many templates, or namespaces.
    pub count: usize,
    /// What it adds to the median of a request of one client, in nanoseconds.
    pub extra: f64,
    /// Its resident memory, in bytes.
    pub memory: f64,
    /// From its start until it is ready, in nanoseconds.
    pub start: f64,
}

impl Latency {
    /// The latency of requests, in nanoseconds. Not a number where there is none.
    #[must_use]
    pub fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or(f64::NAN);
        Self { p50: at(50), p99: at(99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let latency = Latency::of((0..200).rev().map(f64::from).collect());
        assert_eq!((latency.p50, latency.p99), (100.0, 198.0));
        assert!(Latency::of(Vec::new()).p50.is_nan());
    }
}
