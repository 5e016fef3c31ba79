//! Writes the seed corpora of all targets from the repository's examples: `cargo run --example seeds`, from any
//! folder.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use chandler_agent::checkpoint::Folder;
use chandler_agent::rules::Rules;
use chandler_fuzz::Input;
use chandler_fuzz::agent::{self, Positions};
use chandler_injector::locate_pods;
use chandler_manifest::Documents;
use serde_json::Value;

/// Bytes before the content of a checkpoint.
const HEADER: usize = 36;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpora = Corpora { folder: here.join("corpus"), count: 0 };
    for entry in fs::read_dir(here.join("../examples"))? {
        let folder = entry?.path();
        // Others are of toolboxes and of the agent.
        if folder.join("template.yaml").exists() {
            corpora.add_example(&folder)?;
        }
    }
    corpora.add_archives()?;
    corpora.add_agent(&here.join("../examples/agent"))?;
    println!("{} seeds in {}", corpora.count, corpora.folder.display());
    Ok(())
}

struct Corpora {
    folder: PathBuf,
    count: usize,
}

impl Corpora {
    fn add(&mut self, target: &str, seed: &[u8]) -> Outcome {
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("example-{:04}", self.count)), seed)?;
        self.count += 1;
        Ok(())
    }

    /// Archives with one entry of each type, under a name that leads out and under one that does not.
    fn add_archives(&mut self) -> Outcome {
        for letter in b"01234567LKxgS" {
            for name in ["a", "../out/victim"] {
                self.add("archive", &archive(*letter, name))?;
            }
        }
        Ok(())
    }

    /// Rules and lines as they are, and a checkpoint without its header.
    fn add_agent(&mut self, examples: &Path) -> Outcome {
        self.add("agent_rules", agent::RULES.as_bytes())?;
        for line in agent::LINES.lines() {
            self.add("agent_line", line.as_bytes())?;
        }
        for example in fs::read_dir(examples)? {
            for file in fs::read_dir(example?.path())? {
                let path = file?.path();
                match path.extension().and_then(OsStr::to_str) {
                    Some("yaml") => self.add("agent_rules", &fs::read(path)?)?,
                    Some("log") => self.add("agent_line", &fs::read(path)?)?,
                    _ => {}
                }
            }
        }
        let rules = Rules::parse("rules.yaml", agent::RULES)?;
        let snapshot = agent::store_of(&rules, agent::LINES).snapshot(agent::NOW);
        let folder = tempfile::tempdir()?;
        Folder::open(folder.path())?.write(&Positions::default(), &snapshot)?;
        let checkpoint = fs::read(folder.path().join("checkpoint.0"))?;
        self.add("agent_checkpoint", checkpoint.get(HEADER..).unwrap_or_default())
    }

    fn add_example(&mut self, folder: &Path) -> Outcome {
        for entry in fs::read_dir(folder)? {
            self.add("template", &fs::read(entry?.path())?)?;
        }
        let before = pods(&folder.join("manifest.yaml"))?;
        let after = pods(&folder.join("expected.yaml"))?;
        for (before, after) in before.iter().zip(&after).filter(|(before, after)| before != after) {
            self.add("diff", &Input::seed(before, after))?;
        }
        for template in documents(&folder.join("template.yaml"))? {
            for patch in template.pointer("/spec/patches").and_then(Value::as_array).into_iter().flatten() {
                self.add_patch(patch, &before)?;
            }
        }
        Ok(())
    }

    fn add_patch(&mut self, patch: &Value, pods: &[Value]) -> Outcome {
        for pod in pods {
            if let Some(patch) = patch.get("pod") {
                self.add("merge", &Input::seed(pod, &without_structure(patch)))?;
            }
            if let (Some(patch), Some(container)) =
                (patch.pointer("/containers/patch"), pod.pointer("/spec/containers/0"))
            {
                self.add("merge", &Input::seed(container, &without_structure(patch)))?;
            }
        }
        Ok(())
    }
}

/// An archive with one entry, whose content is its name.
fn archive(letter: u8, name: &str) -> Vec<u8> {
    let mut block = vec![0; 512];
    let mut put = |at: usize, text: &[u8]| {
        let places = block.iter_mut().skip(at).zip(text);
        places.for_each(|(place, byte)| *place = *byte);
    };
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(124, format!("{:011o}\0", name.len()).as_bytes());
    put(136, b"00000001000\0        ");
    put(156, &[letter]);
    put(157, name.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().copied().map(u32::from).sum();
    let places = block.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").into_bytes());
    places.for_each(|(place, byte)| *place = byte);
    block.extend_from_slice(name.as_bytes());
    block.resize(2048, 0);
    block
}

fn documents(path: &Path) -> Outcome<Vec<Value>> {
    let text = fs::read(path)?;
    let mut values = Vec::new();
    for document in Documents::new(text.as_slice()) {
        values.extend(document?.parse()?);
    }
    Ok(values)
}

fn pods(path: &Path) -> Outcome<Vec<Value>> {
    let documents = documents(path)?;
    let pods = documents.iter().flat_map(|document| {
        let locations = locate_pods(document);
        locations.into_iter().filter_map(|location| document.pointer(&location.pointer).cloned())
    });
    Ok(pods.collect())
}

/// Without the keys of the template engine: a merge never sees them.
fn without_structure(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(key, _)| *key != "$if" && *key != "$for");
            kept.map(|(key, value)| (key.clone(), without_structure(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_structure).collect(),
        leaf => leaf.clone(),
    }
}
