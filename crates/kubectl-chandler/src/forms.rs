//! One value in the forms that programs read: a line of JSON, a document of YAML.

use std::io::{self, Write};

use serde::Serialize;

/// Writes a value as one line of JSON.
pub(crate) fn write_json(value: &impl Serialize, output: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *output, value)?;
    output.write_all(b"\n")
}

/// Writes a value as a document of YAML.
pub(crate) fn write_yaml(value: &impl Serialize, mut output: &mut dyn Write) -> io::Result<()> {
    output.write_all(b"---\n")?;
    chandler_manifest::write_yaml(&serde_json::to_value(value)?, &mut output)
}
