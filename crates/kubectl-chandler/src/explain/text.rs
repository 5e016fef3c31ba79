//! `explain` for people.

use std::io::{self, Write};

use super::account::{Account, OwnerAccount, ParameterAccount, PodsAccount, TemplateAccount, TemplateResult};
use crate::live::{Finding, Renewal, Standing, State};
use crate::style::{self, printable};

/// Writes what there is to say about one pod.
pub(crate) fn write_account(account: &Account, output: &mut dyn Write) -> io::Result<()> {
    write_heading(account, output)?;
    let indent = match (&account.record, account.is_live()) {
        (Some(record), _) => {
            write_record(record, output)?;
            writeln!(
                output,
                "  a pod like it, created now, would get (what it has already stays as it is):"
            )?;
            "    "
        }
        (None, true) => {
            writeln!(output, "  a pod of it, created now, would get:")?;
            "    "
        }
        (None, false) => "  ",
    };
    if let Some(reason) = &account.denied {
        let bad = style::BAD;
        writeln!(output, "{indent}{bad}denied{bad:#}: {}", printable(reason))?;
    }
    account.templates.iter().try_for_each(|template| write_template(template, indent, output))?;
    if account.templates.is_empty() {
        writeln!(output, "{indent}there is no template for this namespace")?;
    }
    if let Some(pods) = &account.pods {
        write_pods(pods, output)?;
    }
    let attention = style::ATTENTION;
    for warning in &account.warnings {
        writeln!(output, "  {attention}warning{attention:#}: {}", printable(warning))?;
    }
    writeln!(output)
}

fn write_heading(account: &Account, output: &mut dyn Write) -> io::Result<()> {
    let (heading, faint) = (style::HEADING, style::FAINT);
    let Account { kind, namespace, name, .. } = account;
    write!(output, "{heading}{kind} {namespace}/{name}{heading:#}")?;
    if let (Some(file), Some(document)) = (&account.file, account.document) {
        write!(output, " {faint}({file}, document {document}){faint:#}")?;
    }
    if let Some(OwnerAccount { kind, name }) = &account.owner {
        write!(output, " {faint}(of {kind} {name}){faint:#}")?;
    }
    writeln!(output)
}

fn write_record(record: &[Standing], output: &mut dyn Write) -> io::Result<()> {
    if record.is_empty() {
        return writeln!(output, "  was given nothing when it was created: it carries no record");
    }
    writeln!(output, "  was given, when it was created:")?;
    record.iter().try_for_each(|standing| {
        let Standing { template, recorded, current, state, .. } = standing;
        let (style, word) = (style::of_state(*state), state.word());
        let (template, recorded) = (printable(template), printable(recorded));
        write!(output, "    {template}@{recorded}: {style}{word}{style:#}")?;
        writeln!(output, "{}", comment(*state, current.as_deref()))
    })
}

/// What follows the word for a state.
fn comment(state: State, current: Option<&str>) -> String {
    let now = current.unwrap_or_default();
    match state {
        State::Current => String::new(),
        State::Outdated => format!(", the template is now {now}"),
        State::MayMiss => format!(", a new pod gets {now}"),
        State::Pinned => {
            format!(", the template is now {now}, and the pod asks for the old one: a new pod gets none")
        }
        State::Gone => ", there is no such template any more".to_owned(),
        State::Unknown => ", the template does not compile".to_owned(),
    }
}

fn write_template(template: &TemplateAccount, indent: &str, output: &mut dyn Write) -> io::Result<()> {
    let (style, result) = match template.result {
        TemplateResult::Applied => (style::GOOD, "applied"),
        TemplateResult::NotApplied => (style::FAINT, "not applied"),
        TemplateResult::Failed => (style::BAD, "failed"),
        TemplateResult::Broken => (style::BAD, "broken"),
    };
    let TemplateAccount { template: reference, revision, reason, .. } = template;
    let at = if revision.is_empty() { "" } else { "@" };
    writeln!(output, "{indent}{style}{result}{style:#} {reference}{at}{revision}: {}", printable(reason))?;
    template.parameters.iter().try_for_each(|parameter| write_parameter(parameter, indent, output))
}

fn write_parameter(parameter: &ParameterAccount, indent: &str, output: &mut dyn Write) -> io::Result<()> {
    let faint = style::FAINT;
    let ParameterAccount { name, value, from } = parameter;
    writeln!(output, "{indent}    {name} = {value} {faint}({from}){faint:#}")
}

fn write_pods(pods: &PodsAccount, output: &mut dyn Write) -> io::Result<()> {
    let PodsAccount { total, stale, findings, renewal } = pods;
    match (total, stale) {
        (0, _) => return writeln!(output, "  it has no pods"),
        (_, 0) => return writeln!(output, "  its pods: {total}, each as a new one would be"),
        _ => writeln!(output, "  its pods: {total}, {stale} of them not as a new one would be:")?,
    }
    for finding in findings {
        let Finding { template, state, pods, recorded, current, reason } = finding;
        let (style, word, template) = (style::of_state(*state), state.word(), printable(template));
        write!(output, "    {pods} of {total}: ")?;
        match recorded {
            Some(recorded) => write!(output, "{template}@{}: {style}{word}{style:#}", printable(recorded))?,
            None => write!(
                output,
                "{template}: {style}{word}{style:#} ({})",
                reason.as_deref().unwrap_or_default()
            )?,
        }
        writeln!(output, "{}", comment(*state, current.as_deref()))?;
    }
    match renewal {
        Some(renewal @ Renewal::Command(_)) => writeln!(output, "  to renew them: {}", renewal.text()),
        Some(renewal) => writeln!(output, "  to renew them, {}", renewal.text()),
        None => Ok(()),
    }
}
