//! `chandler-injector`: answers AdmissionReviews.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    chandler_injector::program::run()
}
