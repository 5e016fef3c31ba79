//! Measures the program on files of manifests, puts all figures into one table, and writes the page and its plots.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use chandler_benches::figures::{Amount, Bar, Figure, Store};
use chandler_benches::inputs;
use chandler_benches::page::{Growth, Page};
use chandler_benches::program::{Inject, built};
use chandler_benches::samples::Timing;
use chandler_benches::table::Table;

/// How many Deployments are in the file that is timed.
const DOCUMENTS: usize = 5000;

/// How many are in the one that shows whether memory grows with the file.
const MANY_DOCUMENTS: usize = 50_000;

/// How often a run of the program is timed.
const RUNS: usize = 5;

/// How many templates there are, of which three apply.
const TEMPLATES: [usize; 4] = [3, 10, 100, 1000];

/// Sizes of pods, in KiB.
const SIZES: [usize; 6] = [1, 4, 16, 64, 256, 1024];

const MICROSECOND: f64 = 1e3;
const MILLISECOND: f64 = 1e6;

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn main() -> Result<()> {
    let store = Store::open(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
    let (templates, sizes) = (growth_of_templates(&store)?, growth_of_size(&store)?);
    let mut figures = decisions(&store)?;
    figures.extend(store.load("allocations")?);
    figures.push(growth(&templates));
    figures.push(merge(&store)?);
    figures.extend(offline(&store)?);
    // Where there could be no API server, that was said.
    figures.extend(store.find::<Vec<Figure>>("admission-figures")?.unwrap_or_default());
    let admission = store.find("admission")?.unwrap_or_default();
    // Nor a node.
    figures.extend(store.find::<Vec<Figure>>("sessions-figures")?.unwrap_or_default());
    figures.extend(store.load("agent-figures")?);
    let sessions = store.find("sessions")?.unwrap_or_default();
    println!("\n{}", Table(&figures));
    let page = Page {
        figures: &figures,
        templates: &templates,
        sizes: &sizes,
        admission: &admission,
        sessions: &sessions,
    };
    page.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs"))
}

fn decisions(store: &Store) -> Result<Vec<Figure>> {
    let rows = [
        (
            "decision/pod",
            "Decision: pod of 5 KB, three templates",
            100.0 * MICROSECOND,
            "Istio's handler: 2.6–2.8 ms ¹",
        ),
        (
            "decision/variables",
            "Decision: pod with 2,000 variables",
            2.0 * MILLISECOND,
            "Istio's handler: 11 ms ¹",
        ),
        ("decision/object", "Decision: pod of 1 MiB", 10.0 * MILLISECOND, ""),
    ];
    let figure = |(id, work, bar, beside): (&str, &str, f64, &str)| {
        let timing = measured(store, id)?;
        Ok(timed(work, timing).bar(Bar::AtMost(Amount::Nanoseconds(bar))).beside(beside))
    };
    rows.into_iter().map(figure).collect()
}

fn measured(store: &Store, id: &str) -> Result<Timing> {
    Timing::read(&store.folder().join("criterion"), id)
}

fn timed(work: &str, timing: Timing) -> Figure {
    Figure::new(work, Amount::Nanoseconds(timing.median)).best(Amount::Nanoseconds(timing.best))
}

fn growth_of_templates(store: &Store) -> Result<Vec<Growth>> {
    let point =
        |count| Ok(Growth { size: count as f64, timing: measured(store, &format!("templates/{count}"))? });
    TEMPLATES.into_iter().map(point).collect()
}

fn growth_of_size(store: &Store) -> Result<Vec<Growth>> {
    let point = |size| {
        let review = inputs::review(&inputs::pod_of_size(size * 1024)?)?;
        Ok(Growth { size: review.len() as f64 / 1024.0, timing: measured(store, &format!("size/{size}"))? })
    };
    SIZES.into_iter().map(point).collect()
}

fn growth(templates: &[Growth]) -> Figure {
    let median = |point: Option<&Growth>| point.map_or(f64::NAN, |point| point.timing.median);
    let best = |point: Option<&Growth>| point.map_or(f64::NAN, |point| point.timing.best);
    let (few, many) = (templates.first(), templates.last());
    Figure::new("The same with 1,000 templates, beside 3", Amount::Times(median(many) / median(few)))
        .best(Amount::Times(best(many) / best(few)))
        .bar(Bar::AtMost(Amount::Times(2.0)))
}

/// Our median beside the best run of Go, so that the ratio is not too good.
fn merge(store: &Store) -> Result<Figure> {
    let ours = measured(store, "merge/ours")?;
    let go = store.load("go")?;
    let go = go.first().and_then(|figure| figure.best).map_or(f64::NAN, Amount::number);
    let beside = format!(
        "ours {}, Go's StrategicMergePatch {}",
        Amount::Nanoseconds(ours.median),
        Amount::Nanoseconds(go)
    );
    Ok(Figure::new("Merge of 2 KB into 5 KB, faster than Go", Amount::Times(go / ours.median))
        .best(Amount::Times(go / ours.best))
        .bar(Bar::AtLeast(Amount::Times(5.0)))
        .beside(&beside))
}

fn offline(store: &Store) -> Result<Vec<Figure>> {
    let inject = Inject {
        program: built(Path::new(env!("CARGO_TARGET_TMPDIR"))),
        templates: inputs::templates_folder(),
    };
    let manifests = |count: usize| -> Result<PathBuf> {
        let path = store.folder().join(format!("deployments-{count}.yaml"));
        inputs::write_deployments(&path, count)?;
        Ok(path)
    };
    let (one, some, many) = (manifests(1)?, manifests(DOCUMENTS)?, manifests(MANY_DOCUMENTS)?);
    let (few, lots) = (inject.footprint(&some)?, inject.footprint(&many)?);
    let input = std::fs::metadata(&some)?.len();
    ensure!(
        few.printed > input,
        "{} bytes of output for {input} of input: nothing was injected",
        few.printed
    );
    let per_document = time(&inject, &some)?.per(DOCUMENTS);
    let figures = vec![
        timed("kubectl-chandler inject, 5,000 Deployments of 2 KB: each", per_document)
            .bar(Bar::AtMost(Amount::Nanoseconds(0.2 * MILLISECOND)))
            .beside("istioctl kube-inject: 3.9 ms ¹"),
        timed("The same: a file of one, start to end", time(&inject, &one)?)
            .beside("istioctl kube-inject: 68 ms ¹"),
        Figure::new("The same: first output", Amount::Nanoseconds(few.first_output.as_nanos() as f64)),
        Figure::new("The same: peak memory", Amount::Bytes(few.peak as f64)),
        Figure::new(
            "Peak memory with 50,000, beside 5,000",
            Amount::Times(lots.peak as f64 / few.peak as f64),
        )
        .beside(&format!("{} for a file of {}", Amount::Bytes(lots.peak as f64), size_of(&many)?)),
    ];
    std::fs::remove_file(many)?;
    Ok(figures)
}

fn time(inject: &Inject, manifests: &Path) -> Result<Timing> {
    let rounds: Result<Vec<_>> = (0..RUNS).map(|_| Ok(inject.time(manifests)?.as_nanos() as f64)).collect();
    Timing::of(rounds?)
}

fn size_of(path: &Path) -> Result<Amount> {
    Ok(Amount::Bytes(std::fs::metadata(path)?.len() as f64))
}
