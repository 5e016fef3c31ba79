//! A window at which a person sits: a pseudo-terminal, what is typed, and what is seen.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::Stdio;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::place::BOUND;

/// The window.
pub(crate) struct Window {
    window: File,
    /// The side of the program. Held, so that its settings can be read when the program is gone.
    terminal: OwnedFd,
    output: mpsc::UnboundedReceiver<Vec<u8>>,
    seen: Vec<u8>,
    /// What is before this has been waited for.
    from: usize,
}

impl Window {
    /// A window of that size.
    pub(crate) fn open(columns: u16, rows: u16) -> Self {
        let window = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&window).unwrap();
        unlockpt(&window).unwrap();
        let name = ptsname(&window, Vec::new()).unwrap();
        // It must not become the terminal of the tests themselves.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(&*name, flags, Mode::empty()).unwrap();
        let window = File::from(window);
        let output = read(window.try_clone().unwrap());
        let opened = Self { window, terminal, output, seen: Vec::new(), from: 0 };
        opened.resize(columns, rows);
        opened
    }

    /// Gives it another size, which the program is told of by a signal.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.window, size).unwrap();
    }

    /// How the terminal treats what is typed and shown.
    pub(crate) fn settings(&self) -> String {
        format!("{:?}", tcgetattr(&self.terminal).unwrap())
    }

    /// Runs a program in it.
    pub(crate) fn run(&self, mut command: Command) -> Child {
        let end = || Stdio::from(self.terminal.try_clone().unwrap());
        command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap()
    }

    /// Types.
    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.window.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until this is seen, behind all that was waited for before.
    pub(crate) async fn until(&mut self, awaited: &str) {
        while let Err(late) = self.find(awaited) {
            let more = timeout(BOUND, self.output.recv()).await;
            let Ok(Some(more)) = more else { panic!("{awaited:?} did not come: {late:?}") };
            self.seen.extend(more);
        }
    }

    /// Goes behind it; else gives what was seen.
    fn find(&mut self, awaited: &str) -> Result<(), String> {
        let rest = &self.seen[self.from..];
        let found = rest.windows(awaited.len()).position(|part| part == awaited.as_bytes());
        match found {
            Some(place) => self.from += place + awaited.len(),
            None => return Err(String::from_utf8_lossy(&self.seen).into_owned()),
        }
        Ok(())
    }

    /// The code that a program in it ends with.
    pub(crate) async fn code_of(&self, program: &mut Child) -> Option<i32> {
        timeout(BOUND, program.wait()).await.unwrap().unwrap().code()
    }
}

/// Reads what is shown, in a thread of its own, until nobody has the terminal any more.
fn read(mut window: File) -> mpsc::UnboundedReceiver<Vec<u8>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = window.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}
