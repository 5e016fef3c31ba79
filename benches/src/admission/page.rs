//! The part of the page on admission at a real API server.

use super::{Admission, Point, Way};
use crate::figures::Amount;
use crate::plot::{Line, Plot};

const HEAD: &str = "
## Admission at a real API server

The pod of 5 KB is created by dry run at one API server, in rounds in which every way has its turn, so that what else the
machine does hits all alike. The webhooks are behind a Service, each a process of its own; the constant one is a few lines
of hyper and rustls that answer every review with the same patch. It and the policy add the sidecar and the volume of the
template `access-log`; one more has the patch of all three. The API server calls a webhook again when a plugin of its own
changed the pod after it, as the one that mounts a token into each new container does; but where the webhook says never. API server, etcd, webhooks and clients share the cores.

| Way | p50 | p99 | 16 clients: p50 | p99 | Requests/s | Processor, each | Memory |
|---|--:|--:|--:|--:|--:|--:|--:|
";

const GROWTH: &str = "
How the daemon grows with its cluster, freshly started. *Added* is what it adds to the median of a create of one client, with
three templates that apply. Templates beside those three, for other pods; namespaces with three labels and an annotation:

![Resident memory by the number of templates and namespaces](benchmarks-memory.svg)

| | | Added | Memory | Start to ready |
|---|--:|--:|--:|--:|
";

const TEMPLATES: &str = "#005f87";
const NAMESPACES: &str = "#bb5500";

impl Admission {
    /// The part of the page; nothing where nothing was measured.
    #[must_use]
    pub fn markdown(&self) -> String {
        if self.ways.is_empty() {
            return String::new();
        }
        let growth = [("Templates", &self.templates), ("Namespaces", &self.namespaces)];
        let growth =
            growth.into_iter().flat_map(|(what, points)| points.iter().map(move |point| point.row(what)));
        let ways = self.ways.iter().map(Way::row);
        [HEAD.to_owned()].into_iter().chain(ways).chain([GROWTH.to_owned()]).chain(growth).collect()
    }

    /// Memory by the number of templates and namespaces.
    #[must_use]
    pub fn plot(&self) -> String {
        let (templates, namespaces) = (memory(&self.templates), memory(&self.namespaces));
        let lines = [
            Line { name: "templates", points: &templates, colour: TEMPLATES, bound: false },
            Line { name: "namespaces", points: &namespaces, colour: NAMESPACES, bound: false },
        ];
        let plot = Plot {
            title: "Resident memory of chandler-injector",
            across: "templates, or namespaces",
            up: "memory (MiB)",
            lines: &lines,
        };
        plot.svg()
    }
}

impl Way {
    fn row(&self) -> String {
        let time = |nanoseconds: f64| Amount::Nanoseconds(nanoseconds).to_string();
        let cells = [
            self.name.clone(),
            time(self.one.p50),
            time(self.one.p99),
            time(self.many.p50),
            time(self.many.p99),
            format!("{:.0}", self.rate),
            self.processor.map(time).unwrap_or_default(),
            self.memory.map(|memory| Amount::Bytes(memory).to_string()).unwrap_or_default(),
        ];
        format!("| {} |\n", cells.join(" | "))
    }
}

impl Point {
    fn row(&self, what: &str) -> String {
        let Self { count, extra, memory, start } = *self;
        let (extra, start) = (Amount::Nanoseconds(extra), Amount::Nanoseconds(start));
        format!("| {what} | {count} | {extra} | {} | {start} |\n", Amount::Bytes(memory))
    }
}

/// MiB by count.
fn memory(points: &[Point]) -> Vec<(f64, f64)> {
    points.iter().map(|point| (point.count as f64, point.memory / (1024.0 * 1024.0))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Latency;
    use super::*;

    #[test]
    fn part_names_every_way_and_every_size_and_is_empty_where_nothing_was_measured() {
        let latency = Latency { p50: 2e6, p99: 3e6 };
        let way = Way {
            name: "ours".to_owned(),
            one: latency,
            many: latency,
            rate: 512.3,
            processor: Some(2e5),
            memory: Some(8.0 * 1024.0 * 1024.0),
        };
        let point = Point { count: 100, extra: 1e6, memory: 1024.0 * 1024.0, start: 1e8 };
        let admission = Admission { ways: vec![way], templates: vec![point], namespaces: Vec::new() };
        let part = admission.markdown();
        assert!(part.contains("| ours | 2 ms | 3 ms | 2 ms | 3 ms | 512 | 200 µs | 8 MiB |\n"), "{part}");
        assert!(part.contains("| Templates | 100 | 1 ms | 1 MiB | 100 ms |\n"), "{part}");
        assert_eq!(Admission::default().markdown(), "");
    }
}
