//! Counts what one decision allocates: the pod of 5 KB and three templates, bytes in to bytes out.
//! It is a program of its own because counting costs time.

use std::alloc::System;
use std::hint::black_box;
use std::path::Path;

use anyhow::{Result, ensure};
use chandler_benches::figures::{Amount, Figure, Store};
use chandler_benches::inputs;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<()> {
    let store = Store::open(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
    let injector = inputs::injector(3, store.folder())?;
    let review = inputs::review(&inputs::pod()?)?;
    let answer = || count(|| injector.answer(&review));
    // The first decision of a thread also registers the functions of CEL.
    answer();
    let (once, again) = (answer(), answer());
    ensure!(
        once == again,
        "two equal decisions allocate {} and {} times",
        once.allocations,
        again.allocations
    );
    let reading = count(|| serde_json::from_slice::<serde_json::Value>(&review));
    let beside = format!(
        "{} of them only to read the review as JSON; Istio's handler: 16,500 ¹",
        allocations(reading)
    );
    let figures =
        [Figure::new("Allocations of that decision", Amount::Count(allocations(once))).beside(&beside)];
    store.save("allocations", &figures)
}

fn count<T>(work: impl FnOnce() -> T) -> Stats {
    let region = Region::new(ALLOCATOR);
    drop(black_box(work()));
    region.change()
}

/// Allocations and reallocations: both may have to search for memory.
fn allocations(stats: Stats) -> f64 {
    (stats.allocations + stats.reallocations) as f64
}
