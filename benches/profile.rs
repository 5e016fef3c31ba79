//! Repeats one decision, for a profiler.
use anyhow::Result;
use chandler_benches::inputs;
#[expect(clippy::print_stderr, reason = "the profiler's own figure")]
fn main() -> Result<()> {
    let rounds: usize = std::env::var("ROUNDS").unwrap_or_default().parse().unwrap_or(1);
    let injector = inputs::injector(3, &std::env::temp_dir())?;
    let pod = match std::env::var("CASE").unwrap_or_default().as_str() {
        "variables" => inputs::pod_with_variables(2000)?,
        "object" => inputs::pod_of_size(1 << 20)?,
        _ => inputs::pod()?,
    };
    let review = inputs::review(&pod)?;
    let start = std::time::Instant::now();
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let s = std::time::Instant::now();
        std::hint::black_box(injector.answer(&review)?);
        best = best.min(s.elapsed().as_secs_f64());
    }
    eprintln!("mean {:?} best {:.1} us", start.elapsed() / u32::try_from(rounds)?, best * 1e6);
    Ok(())
}
