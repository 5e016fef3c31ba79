//! `injector-under-test`: the injector's program as one of this package, so that its tests can start and kill it.

use std::process::ExitCode;

fn main() -> ExitCode {
    chandler_injector::program::run()
}
