//! `inject`: manifests in, manifests with their pods fitted out, out.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use serde_json::Value;

use crate::args::{InjectArgs, InjectOutput};
use crate::documents::{Item, PodDecision, Run};
use crate::output::Printer;
use crate::report::{Reporter, usage};
use crate::style::styled_output;

/// Runs `inject`.
pub(crate) fn run(args: &InjectArgs) -> ExitCode {
    if let Err(message) = args.input.check() {
        return usage(message);
    }
    let mut reporter = Reporter::new(args.style.color);
    let run = Run::prepare(&args.input, &mut reporter);
    // With a template missing, manifests would come out short of it: nothing is printed, everything is checked.
    let output: Box<dyn Write> = match args.output {
        _ if !run.is_complete() => Box::new(io::sink()),
        InjectOutput::Diff => Box::new(styled_output(args.style.color)),
        // Manifests reach their reader byte for byte, also those with the escapes of a terminal in them.
        _ => Box::new(io::stdout().lock()),
    };
    let mut printer = Printer::new(args.output, BufWriter::with_capacity(64 * 1024, output));
    let written = run
        .for_each(&mut reporter, &mut |item, reporter| inject(&run, item, &mut printer, reporter))
        .and_then(|()| printer.finish());
    reporter.written(written);
    reporter.finish()
}

fn inject<W: Write>(
    run: &Run,
    item: Item<'_>,
    printer: &mut Printer<W>,
    reporter: &mut Reporter,
) -> io::Result<()> {
    let Some(value) = &item.value else { return printer.pass(&item) };
    let decisions = run.decide(value);
    decisions.iter().for_each(|pod| item.tell(pod, run, reporter));
    if decisions.iter().any(|pod| pod.decision.denial.is_some()) {
        return printer.leave_out(&item);
    }
    let is_changed = |pod: &PodDecision<'_>| {
        pod.decision.pod.is_some() && pod.decision.pod.as_ref() != value.pointer(&pod.location.pointer)
    };
    let changed: Vec<_> = decisions.into_iter().filter(is_changed).collect();
    if changed.is_empty() {
        return printer.pass(&item);
    }
    if printer.prints_patches() {
        return changed.iter().try_for_each(|pod| printer.patch(pod, &patch_of(pod, value)));
    }
    printer.change(item, |value| changed.into_iter().for_each(|pod| put(pod, value)))
}

fn patch_of<'v>(pod: &'v PodDecision<'_>, value: &'v Value) -> Vec<chandler_pod_patch::Operation<'v>> {
    let before = value.pointer(&pod.location.pointer);
    before.map(|before| pod.decision.patch(&pod.location.pointer, before)).unwrap_or_default()
}

/// Puts the fitted pod in the place of the pod.
fn put(pod: PodDecision<'_>, value: &mut Value) {
    if let (Some(place), Some(fitted)) = (value.pointer_mut(&pod.location.pointer), pod.decision.pod) {
        *place = fitted;
    }
}
