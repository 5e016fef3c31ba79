//! Exit codes. The help texts and the docs name them too.

use std::process::ExitCode;

/// Everything went well.
pub(crate) const OK: ExitCode = ExitCode::SUCCESS;

/// A template, a document or a file could not be read or written; everything else was still done.
pub(crate) const FAILED: u8 = 1;

/// Wrong usage. The argument parser ends with the same code.
pub(crate) const USAGE: u8 = 2;

/// Everything could be read, and a template refused a pod.
pub(crate) const DENIED: u8 = 3;

/// Something is out of date, and whoever asked wants to know by the code.
pub(crate) const OUTDATED: u8 = 4;

/// Everything went well, as a number.
pub(crate) const SUCCESS: u8 = 0;

/// There was no session in time.
pub(crate) const LATE: u8 = 124;

/// There can be no session.
pub(crate) const NO_SESSION: u8 = 125;

/// There is no such program, as shells have it.
pub(crate) const NO_PROGRAM: u8 = 127;

/// The connection was lost before the end of a command was known.
pub(crate) const LOST: u8 = 255;
