//! Writes the CustomResourceDefinitions that `crds/` holds: `crds FOLDER`, one file a kind.

use std::path::Path;
use std::process::ExitCode;

use chandler_api::custom_resource_definitions;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        return failure("usage: crds FOLDER");
    };
    for definition in custom_resource_definitions() {
        let name = definition.metadata.name.clone().unwrap_or_default();
        let path = Path::new(&folder).join(format!("{name}.yaml"));
        let written = serde_saphyr::to_string(&definition)
            .map_err(std::io::Error::other)
            .and_then(|yaml| std::fs::write(&path, yaml));
        if let Err(error) = written {
            return failure(&format!("cannot write {}: {error}", path.display()));
        }
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "a command line program")]
fn failure(message: &str) -> ExitCode {
    eprintln!("crds: {message}");
    ExitCode::FAILURE
}
