//! A process that is meant, and no other that got its number later.

use std::fs;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

/// A process, by its number and the moment of its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// Its start, in ticks since that of the machine.
    started: u64,
}

impl Process {
    /// The process of that number; none where there is none.
    #[must_use]
    pub fn of(id: u32) -> Option<Self> {
        Some(Self { id, started: start_of(id)? })
    }

    /// Sends it a signal; where it has ended there is nothing to do.
    pub fn signal(self, signal: Signal) {
        let pid = i32::try_from(self.id).ok().and_then(Pid::from_raw);
        let Some(Ok(handle)) = pid.map(|pid| pidfd_open(pid, PidfdFlags::empty())) else { return };
        // Held from here on: if it is the one that is meant now, it is the one that gets the signal.
        if start_of(self.id) == Some(self.started) {
            let _ = pidfd_send_signal(handle, signal);
        }
    }
}

/// The 22nd word of its status. The second may have blanks and brackets in it.
fn start_of(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    status.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signal_reaches_the_process_that_is_meant_and_no_other() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::of(child.id()).unwrap();
        Process { started: process.started + 1, ..process }.signal(Signal::KILL);
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(child.try_wait().unwrap().is_none(), "another process had that number");
        process.signal(Signal::TERM);
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(15));
    }
}
