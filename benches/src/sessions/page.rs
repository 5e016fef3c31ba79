//! The part of the page on sessions.

use super::{Rate, Sessions, Start};
use crate::figures::Amount;
use crate::samples::Timing;

const HEAD: &str = "
## Sessions on a real kubelet

Each command is run by each program in turn on one node, with a second between them, in which the kubelet comes to rest. *Until
output* goes from the start of the program to the answer of `sh -c 'read line; echo …'`, to which a line was sent at once.
A first session is in a pod that nobody has looked into. *Lost* are runs of `echo`, which ends at once, of which not all
output came. API server, kubelet, containerd and the programs share the cores.

| Program | Until output: median | Best | Longest | Output lost |
|---|--:|--:|--:|--:|
";

const RATES: &str = "
A stream of 200 MB of zeros out of a container, and into one:

| Program | Out: median | Best | In: median | Best |
|---|--:|--:|--:|--:|
";

impl Sessions {
    /// The part of the page; nothing where nothing was measured.
    #[must_use]
    pub fn markdown(&self) -> String {
        if self.starts.is_empty() {
            return String::new();
        }
        let starts = self.starts.iter().map(Start::row);
        let rates = self.rates.iter().map(Rate::row);
        [HEAD.to_owned()].into_iter().chain(starts).chain([RATES.to_owned()]).chain(rates).collect()
    }
}

impl Start {
    fn row(&self) -> String {
        let longest = self.times.iter().copied().fold(f64::NAN, f64::max);
        let (median, best) = middle_and_least(&self.times);
        let [median, best, longest] = [median, best, longest].map(Amount::Nanoseconds);
        format!("| {} | {median} | {best} | {longest} | {} of {} |\n", self.name, self.lost, self.runs)
    }
}

impl Rate {
    fn row(&self) -> String {
        let cells = [&self.out, &self.into].map(|rates| {
            let best = rates.iter().copied().fold(f64::NAN, f64::max);
            let [median, best] = [middle_and_least(rates).0, best].map(|rate| rate / 1e6);
            format!("{median:.0} MB/s | {best:.0} MB/s")
        });
        format!("| {} | {} |\n", self.name, cells.join(" | "))
    }
}

/// Not numbers where there is none.
pub(super) fn middle_and_least(numbers: &[f64]) -> (f64, f64) {
    Timing::of(numbers.to_vec()).map_or((f64::NAN, f64::NAN), |timing| (timing.median, timing.best))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_say_what_was_lost_and_how_much_goes_through() {
        let start = Start { name: "ours".to_owned(), times: vec![3e8, 1e8, 2e8], runs: 30, lost: 1 };
        assert_eq!(start.row(), "| ours | 200 ms | 100 ms | 300 ms | 1 of 30 |\n");
        let rate = Rate { name: "ours".to_owned(), out: vec![2e8], into: vec![9e7] };
        assert_eq!(rate.row(), "| ours | 200 MB/s | 200 MB/s | 90 MB/s | 90 MB/s |\n");
        assert_eq!(Sessions::default().markdown(), "");
    }
}
