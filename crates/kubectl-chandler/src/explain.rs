//! `explain`: for each pod and template, applied or why not, and where each parameter came from.

mod account;
mod live;
mod target;
mod text;

use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::ExitCode;

use anstream::AutoStream;

use crate::args::{ExplainArgs, ExplainOutput};
use crate::documents::{Item, Run};
use crate::forms;
use crate::report::{Reporter, usage};
use crate::style::styled_output;

use account::Account;

/// Runs `explain`.
pub(crate) fn run(args: &ExplainArgs) -> ExitCode {
    let reporter = Reporter::new(args.style.color);
    if args.targets.is_empty() { explain_documents(args, reporter) } else { live::run(args, reporter) }
}

fn explain_documents(args: &ExplainArgs, mut reporter: Reporter) -> ExitCode {
    let input = args.input();
    if let Err(message) = input.check() {
        return usage(message);
    }
    let run = Run::prepare(&input, &mut reporter);
    let mut writer = Writer::new(args);
    let written = run
        .for_each(&mut reporter, &mut |item, reporter| explain(&run, &item, &mut writer, reporter))
        .and_then(|()| writer.output.flush());
    reporter.written(written);
    reporter.finish()
}

fn explain(run: &Run, item: &Item<'_>, writer: &mut Writer, reporter: &mut Reporter) -> io::Result<()> {
    let Some(value) = &item.value else { return Ok(()) };
    for pod in run.decide(value) {
        if let (ExplainOutput::Json | ExplainOutput::Yaml, Some(_)) = (writer.form, &pod.decision.denial) {
            item.tell(&pod, run, reporter);
        }
        let account = Account::of_document(item, &pod, run.injector());
        if account.denied.is_some() && writer.form == ExplainOutput::Text {
            reporter.count_denial();
        }
        writer.write(&account)?;
    }
    Ok(())
}

/// Writes accounts in the form that was asked for.
struct Writer {
    form: ExplainOutput,
    output: BufWriter<AutoStream<StdoutLock<'static>>>,
}

impl Writer {
    fn new(args: &ExplainArgs) -> Self {
        Self { form: args.output, output: BufWriter::new(styled_output(args.style.color)) }
    }

    fn write(&mut self, account: &Account) -> io::Result<()> {
        match self.form {
            ExplainOutput::Text => text::write_account(account, &mut self.output),
            ExplainOutput::Json => forms::write_json(account, &mut self.output),
            ExplainOutput::Yaml => forms::write_yaml(account, &mut self.output),
        }
    }
}
