//! Files, folders and standard input as sources of documents, and how a problem in one is told.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use chandler_manifest::{Document, ParseError, ReadError};
use thiserror::Error;

use crate::template::{Problem, Segment};

/// Bytes that are read at once.
const BUFFER_SIZE: usize = 64 * 1024;

/// Endings of the files that are read when a folder is named.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// A file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: String,
    path: Option<PathBuf>,
}

/// Why a path is no source.
#[derive(Debug, Error)]
pub enum SourceError {
    /// It does not exist, or cannot be looked at.
    #[error("cannot read {path:?}")]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder holds nothing to read.
    #[error("folder {path:?} holds no .yaml, .yml or .json file")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl Source {
    /// Opens it for reading.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(&self) -> io::Result<Box<dyn BufRead>> {
        match &self.path {
            None => Ok(Box::new(BufReader::with_capacity(BUFFER_SIZE, io::stdin()))),
            Some(path) => Ok(Box::new(BufReader::with_capacity(BUFFER_SIZE, File::open(path)?))),
        }
    }

    /// Its name for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Turns what a user names into sources: `-` is standard input, a folder stands for its .yaml, .yml and .json files
/// in the order of their names, with those of its subfolders when `recursive`. What does not exist, and folders that
/// hold nothing to read, come as errors beside the sources.
#[must_use]
pub fn expand_sources(paths: &[PathBuf], recursive: bool) -> (Vec<Source>, Vec<SourceError>) {
    let (mut sources, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        match expand(path, recursive) {
            Ok(found) => sources.extend(found),
            Err(error) => errors.push(error),
        }
    }
    (sources, errors)
}

fn expand(path: &Path, recursive: bool) -> Result<Vec<Source>, SourceError> {
    if path == Path::new("-") {
        return Ok(vec![Source { name: "standard input".to_owned(), path: None }]);
    }
    let metadata =
        std::fs::metadata(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    if !metadata.is_dir() {
        return Ok(vec![Source::file(path)]);
    }
    let mut files = Vec::new();
    list_folder(path, recursive, &mut files)?;
    if files.is_empty() {
        return Err(SourceError::Empty { path: path.to_owned() });
    }
    Ok(files.iter().map(|file| Source::file(file)).collect())
}

fn list_folder(folder: &Path, recursive: bool, files: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    let failed = |source| SourceError::Read { path: folder.to_owned(), source };
    let entries: Result<Vec<_>, _> = std::fs::read_dir(folder).map_err(failed)?.collect();
    let mut entries = entries.map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        if is_folder && recursive {
            list_folder(&path, recursive, files)?;
        } else if !is_folder
            && path.extension().and_then(OsStr::to_str).is_some_and(|end| EXTENSIONS.contains(&end))
        {
            files.push(path);
        }
    }
    Ok(())
}

impl Source {
    fn file(path: &Path) -> Self {
        Self { name: path.display().to_string(), path: Some(path.to_owned()) }
    }
}

/// Something wrong with a file, and where. Printed as `file:line:column: document 2: spec.patches[0]: what`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// The file.
    pub file: String,
    /// Which document of it, from 1.
    pub document: Option<usize>,
    /// Line and column in the file, from 1.
    pub position: Option<(usize, usize)>,
    /// The path in the document, such as `spec.patches[0]`.
    pub path: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl FileProblem {
    /// A problem of a whole file.
    #[must_use]
    pub fn of_file(file: &str, message: impl fmt::Display) -> Self {
        Self {
            file: file.to_owned(),
            document: None,
            position: None,
            path: None,
            message: message.to_string(),
        }
    }

    /// A path that is no source. The file's own error comes with it: it says what the path is not.
    #[must_use]
    pub fn of_source(error: &SourceError) -> Self {
        match error {
            SourceError::Read { path, source } => Self::of_file(&path.display().to_string(), source),
            SourceError::Empty { path } => {
                Self::of_file(&path.display().to_string(), "the folder holds no .yaml, .yml or .json file")
            }
        }
    }

    /// A document that cannot be read from its file.
    #[must_use]
    pub fn of_read(file: &str, error: &ReadError) -> Self {
        Self::of_file(file, error)
    }

    /// A document that is not YAML or JSON.
    #[must_use]
    pub fn of_parse(file: &str, document: &Document, error: &ParseError) -> Self {
        Self {
            document: Some(document.number()),
            position: Some((error.line, error.column)),
            ..Self::of_file(file, &error.kind)
        }
    }

    /// A problem at a path in a document.
    #[must_use]
    pub fn in_document(file: &str, document: &Document, problem: Problem) -> Self {
        let path: Vec<_> = problem.path.iter().map(located).collect();
        let position = document.locate(&path).map(|location| (location.line, location.column));
        Self {
            document: Some(document.number()),
            position: position.or(Some((document.line(), 1))),
            path: (!problem.path.is_empty()).then(|| chandler_template::format_path(&problem.path)),
            ..Self::of_file(file, problem.message)
        }
    }
}

fn located(segment: &Segment) -> chandler_manifest::Segment<'_> {
    match segment {
        Segment::Key(key) => chandler_manifest::Segment::Key(key),
        Segment::Index(index) => chandler_manifest::Segment::Index(*index),
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if let Some((line, column)) = self.position {
            write!(formatter, ":{line}:{column}")?;
        }
        formatter.write_str(": ")?;
        if let Some(document) = self.document {
            write!(formatter, "document {document}: ")?;
        }
        if let Some(path) = &self.path {
            write!(formatter, "{path}: ")?;
        }
        formatter.write_str(&self.message)
    }
}
