//! `kubectl chandler`: one plugin in front of the suite's libraries.
//!
//! `args` is what can be typed. For manifests: `documents` streams them and decides about their pods, `inject` writes
//! them fitted out. For a cluster: `cluster` asks it, `live` is what it holds of templates and pods, `templates` and
//! `outdated` list that. `explain` tells why, of both. `debug` looks into pods and nodes with a toolbox, `cp` carries
//! files, `toolboxes` lists those, and `gc` removes what was left behind. `report`, `style`, `list`, `table` and `forms`
//! are what people and programs see; `completion` is for shells.

mod args;
mod cluster;
mod completion;
mod cp;
mod debug;
mod documents;
mod exit;
mod explain;
mod forms;
mod gc;
mod inject;
mod list;
mod live;
mod outdated;
mod output;
mod progress;
mod report;
mod style;
mod table;
mod templates;
mod toolboxes;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;

use args::{Args, Command};

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    if let Some(answered) = completion::answer_kubectl() {
        return answered;
    }
    CompleteEnv::with_factory(Args::command).complete();
    match Args::parse().command {
        Command::Inject(args) => inject::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Templates(args) => templates::run(&args),
        Command::Outdated(args) => outdated::run(&args),
        Command::Cp(args) => cp::run(&args),
        Command::Debug(args) => debug::run(&args),
        Command::Gc(args) => gc::run(&args),
        Command::Toolboxes(args) => toolboxes::run(&args),
        Command::Completion { shell } => {
            let mut command = Args::command();
            clap_complete::generate(shell, &mut command, "kubectl-chandler", &mut std::io::stdout());
            exit::OK
        }
    }
}
