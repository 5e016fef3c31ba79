//! Measures sessions of the debugger on a real kubelet beside `kubectl debug` and `kubectl exec`. Where there can be no node
//! it says so, and measures nothing.

fn main() -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    linux::measure()?;
    #[cfg(not(target_os = "linux"))]
    anstream::eprintln!("SKIPPED sessions: real clusters need Linux");
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;

    use anyhow::Result;
    use chandler_benches::figures::Store;
    use chandler_benches::program::built;
    use chandler_benches::sessions::place::Place;
    use chandler_benches::sessions::rounds;
    use chandler_benches::table::Table;

    /// Measures and keeps the figures.
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    pub fn measure() -> Result<()> {
        chandler_e2e::use_ring();
        let targets = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let store = Store::open(targets)?;
        store.remove("sessions")?;
        store.remove("sessions-figures")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            // Where it cannot be opened, that was said.
            let Some(place) = Place::open(&built(targets)).await? else { return Ok(()) };
            let (sessions, figures) = rounds::measure(&place).await?;
            println!("\n{}", Table(&figures));
            store.save("sessions-figures", &figures)?;
            store.save_value("sessions", &sessions)
        })
    }
}
