//! `explain`: for each pod and template, applied or why not, and where each parameter came from.

mod account;
mod text;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;

use crate::args::{ExplainArgs, ExplainOutput};
use crate::documents::{Item, Run};
use crate::report::{Reporter, usage};
use crate::style::styled_output;

use account::Account;

/// Runs `explain`.
pub(crate) fn run(args: &ExplainArgs) -> ExitCode {
    if let Err(message) = args.input.check() {
        return usage(message);
    }
    let mut reporter = Reporter::new(args.color);
    let run = Run::prepare(&args.input, &mut reporter);
    let mut output = BufWriter::new(styled_output(args.color));
    let written = run
        .for_each(&mut reporter, &mut |item, reporter| {
            explain(&run, &item, (args.output, &mut output), reporter)
        })
        .and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => reporter.failure(format_args!("cannot write the output: {error}")),
        Ok(()) => {}
    }
    reporter.finish()
}

fn explain(
    run: &Run,
    item: &Item<'_>,
    (form, mut output): (ExplainOutput, &mut dyn Write),
    reporter: &mut Reporter,
) -> io::Result<()> {
    let Some(value) = &item.value else { return Ok(()) };
    for pod in run.decide(value) {
        if let (ExplainOutput::Json | ExplainOutput::Yaml, Some(_)) = (form, &pod.decision.denial) {
            item.tell(&pod, run, reporter);
        }
        let account = Account::of(item, &pod, run.injector());
        match form {
            ExplainOutput::Text => {
                if account.denied.is_some() {
                    reporter.count_denial();
                }
                text::write_account(&account, output)?;
            }
            ExplainOutput::Json => {
                serde_json::to_writer(&mut *output, &account)?;
                output.write_all(b"\n")?;
            }
            ExplainOutput::Yaml => {
                output.write_all(b"---\n")?;
                let value = serde_json::to_value(&account)?;
                chandler_manifest::write_yaml(&value, &mut output)?;
            }
        }
    }
    Ok(())
}
