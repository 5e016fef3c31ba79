//! Measures decisions and merges with Criterion, one core, bytes in to bytes out, and the same merge in Go beside it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chandler_benches::figures::{Amount, Figure, Store};
use chandler_benches::inputs;
use chandler_benches::samples::Timing;
use chandler_injector::Injector;
use chandler_pod_patch::strategic_merge;
use criterion::Criterion;
use serde::Deserialize;
use serde_json::{Value, json};

/// The allocator of the programs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many templates there are, of which three apply.
const TEMPLATES: [usize; 4] = [3, 10, 100, 1000];

/// Sizes of pods, in KiB.
const SIZES: [usize; 6] = [1, 4, 16, 64, 256, 1024];

/// How often the Go program measures.
const GO_RUNS: usize = 3;

fn main() -> Result<()> {
    let store = Store::open(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
    let mut criterion = Criterion::default()
        .output_directory(&store.folder().join("criterion"))
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(2500))
        .sample_size(50)
        .nresamples(1000)
        .configure_from_args();
    measure_merges(&mut criterion, &store)?;
    measure_decisions(&mut criterion, &store)?;
    measure_growth(&mut criterion, &store)
}

fn measure_decisions(criterion: &mut Criterion, store: &Store) -> Result<()> {
    let injector = inputs::injector(3, store.folder())?;
    let pods = [
        ("decision/pod", inputs::pod()?),
        ("decision/variables", inputs::pod_with_variables(2000)?),
        ("decision/object", inputs::large_pod()?),
    ];
    pods.iter().try_for_each(|(id, pod)| measure_decision(criterion, id, (&injector, pod)))
}

fn measure_growth(criterion: &mut Criterion, store: &Store) -> Result<()> {
    let pod = inputs::pod()?;
    for count in TEMPLATES {
        let injector = inputs::injector(count, store.folder())?;
        measure_decision(criterion, &format!("templates/{count}"), (&injector, &pod))?;
    }
    let injector = inputs::injector(3, store.folder())?;
    for size in SIZES {
        let pod = inputs::pod_of_size(size * 1024)?;
        measure_decision(criterion, &format!("size/{size}"), (&injector, &pod))?;
    }
    Ok(())
}

/// Measures a decision, after a look at whether it is one: the three templates have to give a patch.
fn measure_decision(criterion: &mut Criterion, id: &str, (injector, pod): (&Injector, &Value)) -> Result<()> {
    let review = inputs::review(pod)?;
    let answer: Value = serde_json::from_slice(&injector.answer(&review)?.body)?;
    ensure!(answer.pointer("/response/patch").is_some(), "{id}: no patch in {answer}");
    criterion.bench_function(id, |bencher| bencher.iter(|| injector.answer(&review)));
    Ok(())
}

/// Measures the strategic merge of 2 KB into 5 KB, with the Go program's runs around ours.
fn measure_merges(criterion: &mut Criterion, store: &Store) -> Result<()> {
    let (pod, patch) = (inputs::pod()?, inputs::patch()?);
    let question = json!({"original": pod, "patch": patch}).to_string();
    let (pod, patch) = (pod.to_string(), patch.to_string());
    merge(pod.as_bytes(), patch.as_bytes())?;
    let mut rounds = vec![measure_go(&question)?];
    criterion.bench_function("merge/ours", |bencher| {
        bencher.iter(|| merge(pod.as_bytes(), patch.as_bytes()));
    });
    for _ in 1..GO_RUNS {
        rounds.push(measure_go(&question)?);
    }
    let go = Timing::of(rounds)?;
    let figure = Figure::new("Go", Amount::Nanoseconds(go.median)).best(Amount::Nanoseconds(go.best));
    store.save("go", &[figure])
}

fn merge(pod: &[u8], patch: &[u8]) -> Result<Vec<u8>> {
    let mut pod = read(pod)?;
    strategic_merge(&mut pod, &read(patch)?)?;
    Ok(serde_json::to_vec(&pod)?)
}

/// Looks once at all bytes for what is no UTF-8, and not at each text again, as the injector does.
fn read(bytes: &[u8]) -> Result<Value> {
    Ok(serde_json::from_str(std::str::from_utf8(bytes)?)?)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GoAnswer {
    nanoseconds_per_operation: f64,
}

/// Nanoseconds that the Go program needs for the same merge.
fn measure_go(question: &str) -> Result<f64> {
    let oracle = std::env::var_os("CHANDLER_ORACLE")
        .context("CHANDLER_ORACLE must name the program of tests/oracle")?;
    let mut command = Command::new(&oracle);
    command.arg("strategic-merge-bench").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| oracle.display().to_string())?;
    let mut input = child.stdin.take().context("the Go program has no input")?;
    writeln!(input, "{question}")?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the Go program failed");
    let answer: GoAnswer = serde_json::from_slice(&output.stdout)?;
    Ok(answer.nanoseconds_per_operation)
}
