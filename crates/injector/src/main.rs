//! `chandler-injector`: answers AdmissionReviews.

use std::process::ExitCode;

fn main() -> ExitCode {
    chandler_injector::program::run()
}
