//! A server that scrapes the agent without a pause, wherever it is now, and complains of what no server may see.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::agent::{Invalid, scrape};
use crate::number::Number;
use crate::page::{Format, Page, name_of};
use crate::truth::Truth;

/// What the scraper shares with whoever writes lines and starts agents.
#[derive(Debug, Default)]
pub struct Watch {
    /// Where the agent serves, while it runs.
    pub address: Mutex<Option<SocketAddr>>,
    /// What was written.
    pub truth: Mutex<Truth>,
    stop: AtomicBool,
    scrapes: AtomicU64,
}

/// The scraper.
#[derive(Debug)]
pub struct Scraper {
    watch: Arc<Watch>,
    thread: JoinHandle<Result<()>>,
}

impl Watch {
    /// The agent is here now, or nowhere.
    pub fn set_address(&self, address: Option<SocketAddr>) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Looks at the truth, or adds to it.
    pub fn with_truth<T>(&self, look: impl FnOnce(&mut Truth) -> T) -> T {
        look(&mut self.truth.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Scraper {
    /// Starts to scrape.
    #[must_use]
    pub fn start(watch: &Arc<Watch>) -> Self {
        let shared = Arc::clone(watch);
        let thread = std::thread::spawn(move || follow(&shared));
        Self { watch: Arc::clone(watch), thread }
    }

    /// Whether it has found a fault already.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends it. Returns how many pages it has seen.
    ///
    /// # Errors
    /// A page was not valid, a sum went down or was gone, or was more than was written.
    pub fn stop(self) -> Result<u64> {
        self.watch.stop.store(true, Ordering::Relaxed);
        self.thread.join().ok().context("the scraper panicked")??;
        Ok(self.watch.scrapes.load(Ordering::Relaxed))
    }
}

fn follow(watch: &Watch) -> Result<()> {
    let mut highest = BTreeMap::new();
    let mut formats = [Format::Text, Format::OpenMetrics].into_iter().cycle();
    while !watch.stop.load(Ordering::Relaxed) {
        // It need not be as quick as it can.
        std::thread::sleep(Duration::from_millis(30));
        let address = *watch.address.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(address), Some(format)) = (address, formats.next()) else { continue };
        match scrape(address, format) {
            Ok(page) => {
                compare(&page, &mut highest)?;
                if let Some(excess) = watch.with_truth(|truth| truth.excess(&page)) {
                    bail!("a scrape saw too much: {excess}");
                }
                watch.scrapes.fetch_add(1, Ordering::Relaxed);
            }
            // Else it was killed meanwhile.
            Err(error) if error.is::<Invalid>() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
}

fn compare(page: &Page, highest: &mut BTreeMap<String, Number>) -> Result<()> {
    for (series, before) in &*highest {
        match page.get(series) {
            Some(number) if number >= *before => {}
            Some(number) => bail!("a scrape saw {series} go down from {before:?} to {number:?}"),
            None => bail!("a scrape saw nothing of {series}, which was {before:?}"),
        }
    }
    let stays =
        |series: &str| page.is_monotonic(series) && is_of_lines(series) && !series.contains("passing");
    let sums = page.samples.iter().filter(|(series, _)| stays(series));
    highest.extend(sums.map(|(series, number)| (series.clone(), *number)));
    Ok(())
}

/// What the agent says of its own process begins anew with it; what it says of lines does not.
fn is_of_lines(series: &str) -> bool {
    let of_lines = ["lines_total", "faults_total", "exceptions_total"];
    match name_of(series).strip_prefix("chandler_agent_") {
        Some(own) => of_lines.contains(&own),
        None => !series.starts_with("process_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_lines_never_go_down_and_those_of_the_process_may() {
        let page = |name: &str, value: u8| {
            Page::parse(&format!("# TYPE {name} counter\n{name}{{source=\"a\"}} {value}\n"), Format::Text)
                .unwrap()
        };
        for (name, may) in [
            ("orders_total", false),
            ("chandler_agent_lines_total", false),
            ("chandler_agent_faults_total", false),
            ("chandler_agent_exceptions_total", false),
            ("chandler_agent_file_troubles_total", true),
            ("process_cpu_seconds_total", true),
        ] {
            let mut highest = BTreeMap::new();
            compare(&page(name, 2), &mut highest).unwrap();
            assert_eq!(compare(&page(name, 1), &mut highest).is_ok(), may, "{name}");
        }
    }
}
