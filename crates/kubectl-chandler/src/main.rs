//! `kubectl-chandler`: the kubectl plugin of the suite.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_chandler::run()
}
