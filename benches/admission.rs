//! Measures admission at one real API server: nothing, a constant webhook, a MutatingAdmissionPolicy and our daemon beside
//! each other, and our daemon as the cluster grows. Where there can be no API server it says so, and measures nothing.

/// The allocator of the programs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    linux::measure()?;
    #[cfg(not(target_os = "linux"))]
    anstream::eprintln!("SKIPPED admission: real clusters need Linux");
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;
    use std::process::Command;
    use std::sync::Arc;

    use anyhow::{Context as _, Result, ensure};
    use chandler_benches::admission::place::Place;
    use chandler_benches::admission::{constant, growth, rounds};
    use chandler_benches::figures::Store;
    use chandler_benches::table::Table;

    /// What people say to cargo.
    const KEPT: [&str; 2] = ["CARGO_HOME", "CARGO_TARGET_DIR"];

    /// Measures and keeps the figures.
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    pub fn measure() -> Result<()> {
        chandler_e2e::use_ring();
        let words: Vec<String> = std::env::args().collect();
        if let Some([_, folder]) =
            words.windows(2).find(|words| words.first().is_some_and(|word| word == constant::ROLE))
        {
            return constant::serve(Path::new(folder));
        }
        build()?;
        let store = Store::open(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
        store.remove("admission")?;
        store.remove("admission-figures")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            // Where it cannot be opened, that was said.
            let Some(place) = Place::open(store.folder()).await? else { return Ok(()) };
            let place = Arc::new(place);
            let (mut admission, mut figures) = rounds::measure(&place).await?;
            figures.extend(growth::measure(&place, &mut admission).await?);
            println!("\n{}", Table(&figures));
            store.save("admission-figures", &figures)?;
            store.save_value("admission", &admission)
        })
    }

    /// Builds what runs as a process of its own, as this was built and from the same parts: the daemon, and what keeps the
    /// cluster.
    fn build() -> Result<()> {
        let cargo = std::env::var_os("CARGO").context("run this with cargo bench")?;
        let profile = if cfg!(debug_assertions) { "dev" } else { "bench" };
        let packages = ["-p", "chandler-benches", "-p", "chandler-e2e", "--bins"];
        let mut command = Command::new(cargo);
        command.args(["build", "--quiet", "--locked", "--profile", profile]).args(packages);
        // What cargo says to this program is not for the next one: some parts would be built anew each time.
        let is_said = |name: &str| name.starts_with("CARGO_") && !KEPT.contains(&name);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_said)) {
            command.env_remove(name);
        }
        let status = command.status()?;
        ensure!(status.success(), "the daemon was not built");
        Ok(())
    }
}
