//! Measures the agent: lines a second beside mtail and beside reading JSON alone, many series, and idle logs.

use std::path::{Path, PathBuf};

/// The allocator of the programs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::print_stdout, reason = "the table is what this program is for")]
fn main() -> anyhow::Result<()> {
    use chandler_benches::agent::{program, speed};
    use chandler_benches::figures::Store;
    use chandler_benches::table::Table;

    let targets = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let store = Store::open(targets)?;
    store.remove("agent-figures")?;
    let agent = std::env::var_os("CHANDLER_AGENT")
        .map_or_else(|| targets.join("../release/chandler-agent"), PathBuf::from);
    let mtail = std::env::var_os("CHANDLER_MTAIL").filter(|path| !path.is_empty()).map(PathBuf::from);
    if mtail.is_none() {
        anstream::eprintln!("SKIPPED mtail: it is not installed, and benches/mtail did not get it");
    }
    let folder = store.folder().join("agent");
    // What an earlier run left.
    let _ = std::fs::remove_dir_all(&folder);
    let logs = folder.join("logs");
    std::fs::create_dir_all(&logs)?;
    let programs = speed::Programs { agent, mtail };
    let mut figures = speed::measure(&logs, &programs)?;
    figures.extend(program::measure(&folder, &programs.agent)?);
    std::fs::remove_dir_all(&folder)?;
    println!("\n{}", Table(&figures));
    store.save("agent-figures", &figures)
}
