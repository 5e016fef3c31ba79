//! The page docs/benchmarks.md with its plots.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::admission::Admission;
use crate::figures::{Amount, Figure};
use crate::plot::{Line, Plot};
use crate::samples::Timing;
use crate::sessions::Sessions;
use crate::table::Table;

const OURS: &str = "#005f87";
const BOUND: &str = "#bb5500";

const HEAD: &str = "# Benchmarks

```sh
make bench
```

measures everything on this page in one run, prints the table and writes this page and its plots anew. It needs Go,
for the merge that ours is held against and for Kubernetes, and Linux with root, for a node. It takes about half an
hour; the machine should have nothing else to do.

Every figure is from that run, on one machine, but for those marked ¹. *Median* is the middle of all rounds and is
held against the bar; *Best* is the best round, which says what the work costs when nothing disturbs it.
";

const NOTES: &str = "
¹ Seen on this kind of machine, on a pod of this kind; not part of this run.

- A *decision* is all of `chandler_injector::Injector::answer` on one core: the bytes of an AdmissionReview in, the bytes
  of the answer out. The pod is `benches/inputs/pod.json`; the three templates in `benches/inputs/templates` add a
  sidecar with its volume, set variables and mounts on every container, and use parameters, a CEL condition and expressions.
- The *merge* goes from bytes to bytes on both sides: `serde_json`, `strategic_merge`, `serde_json` here;
  `strategicpatch.StrategicMergePatch` with the types of `k8s.io/api/core/v1` there. Our median is held against Go's best run.
- *Admission* is a create of that pod by dry run at a real API server, and what it takes longer than in a namespace where
  nothing changes pods; more below.
- *inject* is the program as people run it, with a file of Deployments full of comments. Its output goes to /dev/null
  where time is measured, and into a pipe where memory and first output are. Memory is the most that was ever resident.
- The *agent* reads a log of 1,000,000 lines of about 250 bytes by ten rules (`benches/inputs/agent/rules.yaml`), and mtail
  the same log by five of them, which take five regular expressions (`five.mtail`). Each is started for the file and reads it
  once to its end (`replay`, `--one_shot`), in turn, on one core, and what they counted is compared. Time is that of the
  processor, from the start of the program to its end. Our median is held against mtail's best run.
- *Only parsing* is the agent's own parser over the same lines in memory: it checks every byte of them, and shows each key and
  each value to nobody. *Only checking* shows nothing. `serde_json` does either: into `IgnoredAny`, and into a `Value`.
- With 50,000 series the agent runs as people run it, and is scraped while a log grows by some 100,000 lines a second.
";

/// A point of a plot: how long the work took at a size.
#[derive(Debug, Clone, Copy)]
pub struct Growth {
    /// How many templates, or KiB.
    pub size: f64,
    /// How long it took.
    pub timing: Timing,
}

/// What the page shows.
#[derive(Debug)]
pub struct Page<'a> {
    /// The table.
    pub figures: &'a [Figure],
    /// Decisions by the number of templates.
    pub templates: &'a [Growth],
    /// Decisions by the size of the review.
    pub sizes: &'a [Growth],
    /// Admission at a real API server; empty where there was none.
    pub admission: &'a Admission,
    /// Sessions on a real kubelet; empty where there was none.
    pub sessions: &'a Sessions,
}

impl Page<'_> {
    /// Writes the page and its plots into a folder.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let files = [
            ("benchmarks.md", self.markdown()),
            ("benchmarks-templates.svg", self.plot_templates()),
            ("benchmarks-size.svg", self.plot_sizes()),
        ];
        let memory =
            (!self.admission.ways.is_empty()).then(|| ("benchmarks-memory.svg", self.admission.plot()));
        files.into_iter().chain(memory).try_for_each(|(name, content)| {
            let path = folder.join(name);
            fs::write(&path, content).with_context(|| path.display().to_string())
        })
    }

    fn markdown(&self) -> String {
        let table = Table(self.figures).markdown();
        let growth =
            format!("\n## How the cost grows\n\n{}\n{}", self.growth_of_templates(), self.growth_of_sizes());
        let (admission, sessions) = (self.admission.markdown(), self.sessions.markdown());
        format!("{HEAD}\nMachine: {}.\n\n{table}{NOTES}{growth}{admission}{sessions}", machine())
    }

    fn growth_of_templates(&self) -> String {
        let first = self.templates.first().map_or(f64::NAN, |point| point.timing.median);
        let rows = self.templates.iter().map(|point| {
            let Timing { median, best } = point.timing;
            let (median_text, best) = (Amount::Nanoseconds(median), Amount::Nanoseconds(best));
            format!("| {} | {median_text} | {best} | {} |\n", point.size, Amount::Times(median / first))
        });
        let head = "Templates of which three apply; the others are for other pods, and are looked at and rejected:\n\n\
                    ![Time of a decision by the number of templates](benchmarks-templates.svg)\n\n\
                    | Templates | Median | Best | Beside 3 |\n|--:|--:|--:|--:|\n";
        [head.to_owned()].into_iter().chain(rows).collect()
    }

    fn growth_of_sizes(&self) -> String {
        let rows = self.sizes.iter().map(|point| {
            let Timing { median, best } = point.timing;
            let per = Amount::Nanoseconds(median / point.size);
            format!(
                "| {:.0} KiB | {} | {} | {per} |\n",
                point.size,
                Amount::Nanoseconds(median),
                Amount::Nanoseconds(best)
            )
        });
        let head = "Size of the review; the pod grows by whole containers, each of which the templates change, so that \
                    the answer grows with it:\n\n\
                    ![Time of a decision by the size of the review](benchmarks-size.svg)\n\n\
                    | Review | Median | Best | A KiB |\n|--:|--:|--:|--:|\n";
        [head.to_owned()].into_iter().chain(rows).collect()
    }

    fn plot_templates(&self) -> String {
        let first = self.templates.first().map_or(f64::NAN, |point| point.timing.median / 1e3);
        let bar: Vec<_> = self.templates.iter().map(|point| (point.size, 2.0 * first)).collect();
        let lines = [
            Line {
                name: "median of the decision",
                points: &points(self.templates),
                colour: OURS,
                bound: false,
            },
            Line { name: "bar: twice the time with three", points: &bar, colour: BOUND, bound: true },
        ];
        let plot = Plot {
            title: "A decision on a pod of 5 KB",
            across: "templates, of which three apply",
            up: "time (µs)",
            lines: &lines,
        };
        plot.svg()
    }

    fn plot_sizes(&self) -> String {
        let per = self.sizes.get(1).map_or(f64::NAN, |point| point.timing.median / 1e3 / point.size);
        let linear: Vec<_> = self.sizes.iter().map(|point| (point.size, per * point.size)).collect();
        let lines = [
            Line { name: "median of the decision", points: &points(self.sizes), colour: OURS, bound: false },
            Line { name: "linear growth", points: &linear, colour: BOUND, bound: true },
        ];
        let plot = Plot {
            title: "A decision with three templates",
            across: "size of the review (KiB)",
            up: "time (µs)",
            lines: &lines,
        };
        plot.svg()
    }
}

/// Microseconds by size.
fn points(growth: &[Growth]) -> Vec<(f64, f64)> {
    growth.iter().map(|point| (point.size, point.timing.median / 1e3)).collect()
}

/// The machine in general words.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = described.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    format!("{cores} cores of {model}, Linux")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_names_both_plots_and_every_size() {
        let timing = Timing { median: 1000.0, best: 900.0 };
        let growth = [3.0, 10.0].map(|size| Growth { size, timing });
        let figures = [Figure::new("work", Amount::Count(1.0))];
        let (admission, sessions) = (Admission::default(), Sessions::default());
        let page = Page {
            figures: &figures,
            templates: &growth,
            sizes: &growth,
            admission: &admission,
            sessions: &sessions,
        };
        let page = page.markdown();
        for part in [
            "(benchmarks-templates.svg)",
            "(benchmarks-size.svg)",
            "| 10 | 1 µs |",
            "| 10 KiB | 1 µs |",
            "| work |",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }
}
