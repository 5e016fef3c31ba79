//! `explain` for people.

use std::io::{self, Write};

use super::account::{Account, ParameterAccount, TemplateAccount, TemplateResult};
use crate::style;

/// Writes what there is to say about one pod.
pub(crate) fn write_account(account: &Account, output: &mut dyn Write) -> io::Result<()> {
    let (heading, faint, bad, attention) = (style::HEADING, style::FAINT, style::BAD, style::ATTENTION);
    let Account { kind, namespace, name, file, document, .. } = account;
    writeln!(
        output,
        "{heading}{kind} {namespace}/{name}{heading:#} {faint}({file}, document {document}){faint:#}"
    )?;
    if let Some(reason) = &account.denied {
        writeln!(output, "  {bad}denied{bad:#}: {reason}")?;
    }
    for template in &account.templates {
        write_template(template, output)?;
    }
    if account.templates.is_empty() {
        writeln!(output, "  there is no template for this namespace")?;
    }
    for warning in &account.warnings {
        writeln!(output, "  {attention}warning{attention:#}: {warning}")?;
    }
    writeln!(output)
}

fn write_template(template: &TemplateAccount, output: &mut dyn Write) -> io::Result<()> {
    let (style, result) = match template.result {
        TemplateResult::Applied => (style::GOOD, "applied"),
        TemplateResult::NotApplied => (style::FAINT, "not applied"),
        TemplateResult::Failed => (style::BAD, "failed"),
    };
    let TemplateAccount { template: reference, revision, reason, .. } = template;
    writeln!(output, "  {style}{result}{style:#} {reference}@{revision}: {reason}")?;
    template.parameters.iter().try_for_each(|parameter| write_parameter(parameter, output))
}

fn write_parameter(parameter: &ParameterAccount, output: &mut dyn Write) -> io::Result<()> {
    let faint = style::FAINT;
    let ParameterAccount { name, value, from } = parameter;
    writeln!(output, "      {name} = {value} {faint}({from}){faint:#}")
}
