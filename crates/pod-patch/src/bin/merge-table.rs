//! Reads an OpenAPI v2 document on standard input and writes the merge table (`src/schema/table.rs`) on
//! standard output.

use std::error::Error;
use std::io::{self, Read, Write};

use chandler_pod_patch::schema::{extract::extract, render::render};

fn main() -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let table = extract(&serde_json::from_str(&text)?)?;
    io::stdout().write_all(render(&table).as_bytes())?;
    Ok(())
}
