//! Pipes, and a pseudo-terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::LocalModes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

fn pipe() -> (OwnedFd, OwnedFd) {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap()
}

/// Both sides of a pseudo-terminal: that of the window, and that of the program.
fn terminal() -> (OwnedFd, OwnedFd) {
    let window = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&window).unwrap();
    unlockpt(&window).unwrap();
    let name = ptsname(&window, Vec::new()).unwrap();
    let program = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    (window, program.into())
}

fn is_raw(terminal: &OwnedFd) -> bool {
    let modes = tcgetattr(terminal).unwrap().local_modes;
    !modes.intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
}

// One test: a program has one raw terminal.
#[test]
fn a_terminal_is_raw_until_its_guard_is_dropped_also_by_a_panic() {
    let (_window, program) = terminal();
    let before = format!("{:?}", tcgetattr(&program).unwrap());
    let guard = RawTerminal::of(program.try_clone().unwrap()).unwrap();
    assert!(is_raw(&program));
    drop(guard);
    assert_eq!(format!("{:?}", tcgetattr(&program).unwrap()), before);

    let (panicking, seen) = (program.try_clone().unwrap(), program.try_clone().unwrap());
    let panicked = std::thread::spawn(move || {
        let _guard = RawTerminal::of(panicking).unwrap();
        assert!(!is_raw(&seen), "the terminal is raw");
    });
    panicked.join().unwrap_err();
    assert_eq!(format!("{:?}", tcgetattr(&program).unwrap()), before);
}

#[test]
fn what_is_no_terminal_is_an_error() {
    let (reader, _writer) = pipe();
    assert!(matches!(RawTerminal::of(reader), Err(TerminalError::Mode(_))));
}

#[test]
fn a_terminal_that_does_not_know_its_size_has_none() {
    let (window, program) = terminal();
    assert_eq!(size_of(program.as_fd()), None);
    let size = rustix::termios::Winsize { ws_col: 90, ws_row: 30, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&window, size).unwrap();
    assert_eq!(size_of(program.as_fd()), Some(Size { columns: 90, rows: 30 }));
}

#[tokio::test]
async fn input_is_read_to_its_end() {
    let (reader, writer) = pipe();
    let bytes: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
    let written = bytes.clone();
    let writing = std::thread::spawn(move || File::from(writer).write_all(&written).unwrap());
    let mut read = Vec::new();
    Input::of(reader).unwrap().read_to_end(&mut read).await.unwrap();
    assert!(read == bytes, "{} bytes", read.len());
    writing.join().unwrap();
}

#[tokio::test]
async fn input_that_nobody_wants_any_more_is_left_for_the_next() {
    let (reader, writer) = pipe();
    let mut writer = File::from(writer);
    let mut input = Input::of(reader.try_clone().unwrap()).unwrap();
    writer.write_all(b"one").unwrap();
    let mut buffer = [0; 16];
    assert_eq!(input.read(&mut buffer).await.unwrap(), 3);
    // It waits for more, and is left alone.
    let waits = async { input.read(&mut buffer).await };
    assert!(futures_util::FutureExt::now_or_never(waits).is_none());
    drop(input);
    writer.write_all(b"two").unwrap();
    drop(writer);
    let mut rest = String::new();
    File::from(reader).read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "two");
}

#[tokio::test]
async fn what_is_flushed_is_written() {
    let (reader, writer) = pipe();
    let mut output = Output::of(writer).unwrap();
    output.write_all(b"hello").await.unwrap();
    output.flush().await.unwrap();
    let mut buffer = [0; 5];
    File::from(reader).read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"hello");
}

#[tokio::test]
async fn much_output_waits_for_its_reader_and_is_whole() {
    let (reader, writer) = pipe();
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        File::from(reader).read_to_end(&mut bytes).unwrap();
        bytes
    });
    let mut output = Output::of(writer).unwrap();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| (number >> 3) as u8).collect();
    output.write_all(&bytes).await.unwrap();
    output.flush().await.unwrap();
    drop(output);
    assert!(reading.join().unwrap() == bytes);
}

#[tokio::test]
async fn a_reader_that_went_away_is_an_error() {
    let (reader, writer) = pipe();
    drop(reader);
    let mut output = Output::of(writer).unwrap();
    output.write_all(b"hello").await.unwrap();
    assert_eq!(output.flush().await.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
    assert_eq!(output.write(b"more").await.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
}

/// Says in the environment of a program of ours what it is to do.
const PART: &str = "CHANDLER_TERMINAL_TEST";

/// No test by itself: the program that the next tests run, with a terminal as its standard input.
#[tokio::test(flavor = "multi_thread")]
async fn program_with_a_terminal() {
    let Ok(part) = std::env::var(PART) else { return };
    let _raw = RawTerminal::enter().unwrap();
    let mut told = std::pin::pin!(told_to_end());
    if part == "cleans up" {
        // It waits from its first poll on, which is before anybody knows of this program.
        assert!(futures_util::FutureExt::now_or_never(&mut told).is_none());
    }
    println!("ready");
    match part.as_str() {
        "cleans up" => std::process::exit(100 + told.await.unwrap()),
        _ => std::future::pending().await,
    }
}

/// Starts the program and waits until its terminal is raw.
fn start(part: &str, terminal: &OwnedFd) -> std::process::Child {
    use std::io::BufRead as _;
    let mut program = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "terminal::tests::program_with_a_terminal", "--nocapture"])
        .env(PART, part)
        .stdin(terminal.try_clone().unwrap())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(program.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"));
    assert!(is_raw(terminal));
    program
}

fn send(program: &std::process::Child, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_child(program);
    rustix::process::kill_process(id, signal).unwrap();
}

#[test]
fn a_signal_ends_the_program_and_its_terminal_is_as_before() {
    use std::os::unix::process::ExitStatusExt as _;
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::HUP, rustix::process::Signal::INT]
    {
        let (_window, terminal) = terminal();
        let before = format!("{:?}", tcgetattr(&terminal).unwrap());
        let mut program = start("waits", &terminal);
        send(&program, signal);
        assert_eq!(program.wait().unwrap().signal(), Some(signal.as_raw()));
        assert_eq!(format!("{:?}", tcgetattr(&terminal).unwrap()), before);
    }
}

#[test]
fn a_program_that_cleans_up_at_a_signal_ends_as_it_wants() {
    let (_window, terminal) = terminal();
    let before = format!("{:?}", tcgetattr(&terminal).unwrap());
    let mut program = start("cleans up", &terminal);
    send(&program, rustix::process::Signal::TERM);
    assert_eq!(program.wait().unwrap().code(), Some(115));
    assert_eq!(format!("{:?}", tcgetattr(&terminal).unwrap()), before);
}
