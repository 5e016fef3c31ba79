//! Names of files with dates and wildcards, and the files that have such names. Only folders that can match are listed.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// Most folders below each other that `**` enters.
const DEEPEST: usize = 32;
/// Most patterns that braces stand for.
const MOST_ALTERNATIVES: usize = 256;

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Relative names depend on where a program was started.
    #[error("{0:?} does not begin with /")]
    Relative(String),
    /// There is no such conversion, or it has no fixed width.
    #[error("%{conversion} in {pattern:?} is no part of a date that can be matched")]
    Conversion {
        /// The whole pattern.
        pattern: String,
        /// What follows the percent sign.
        conversion: String,
    },
    /// Braces do not match, or stand for too much.
    #[error("the braces in {0:?} do not match or stand for more than 256 names")]
    Braces(String),
    /// Brackets do not match, for example.
    #[error("{pattern:?} is no pattern: {message}")]
    Wildcards {
        /// The whole pattern.
        pattern: String,
        /// What is wrong.
        message: String,
    },
}

/// An absolute name of files: `%Y`, `%m` and other conversions of strftime match digits of their width, so files of any
/// date match; `*`, `?`, `[..]`, `{a,b}` and `**` are those of a shell. As there, a wildcard at the beginning of a name
/// does not match a dot.
#[derive(Debug, Clone)]
pub struct PathPattern {
    text: String,
    /// One for each alternative.
    walks: Vec<Vec<Component>>,
}

#[derive(Debug, Clone)]
enum Component {
    Literal(String),
    Wildcards {
        matcher: GlobMatcher,
        dot: bool,
    },
    AnyDepth,
    /// Every name but a hidden one.
    AnyName,
}

impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PathPattern {}

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`], if it is none.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if !text.starts_with('/') {
            return Err(PatternError::Relative(text.to_owned()));
        }
        let mut alternatives = Vec::new();
        expand_braces(&replace_dates(text)?, &mut alternatives)
            .filter(|()| alternatives.len() <= MOST_ALTERNATIVES)
            .ok_or_else(|| PatternError::Braces(text.to_owned()))?;
        let walk = |alternative: &String| {
            alternative
                .split('/')
                .filter(|name| !name.is_empty())
                .map(|name| Component::parse(name, text))
                .collect()
        };
        Ok(Self { text: text.to_owned(), walks: alternatives.iter().map(walk).collect::<Result<_, _>>()? })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether an absolute path has such a name.
    #[must_use]
    pub fn is_match(&self, path: &Path) -> bool {
        let names: Vec<_> = path.iter().skip(1).map(Path::new).collect();
        path.is_absolute() && self.walks.iter().any(|walk| walk_fits(walk, &names))
    }

    /// Whether a name has a date, so that a file with a later one takes its place.
    pub(super) fn has_date(&self) -> bool {
        self.text.replace("%%", "").contains('%')
    }

    /// Finds everything that has such a name, also what is no file. Symbolic links are followed.
    pub(super) fn find(&self, found: &mut dyn FnMut(PathBuf, io::Result<Metadata>)) {
        for walk in &self.walks {
            descend(PathBuf::from("/"), walk, found);
        }
    }
}

impl Component {
    fn fits(&self, name: &Path) -> bool {
        match self {
            Self::Wildcards { matcher, dot } => matcher.is_match(name) && (*dot || !is_hidden(name)),
            Self::Literal(literal) => Path::new(literal) == name,
            Self::AnyDepth | Self::AnyName => !is_hidden(name),
        }
    }

    fn parse(name: &str, pattern: &str) -> Result<Self, PatternError> {
        if name == "**" {
            return Ok(Self::AnyDepth);
        }
        if !name.contains(['*', '?', '[', '\\']) {
            return Ok(Self::Literal(name.to_owned()));
        }
        let glob = GlobBuilder::new(name).literal_separator(true).backslash_escape(true).build();
        let glob = glob.map_err(|error| PatternError::Wildcards {
            pattern: pattern.to_owned(),
            message: error.kind().to_string(),
        })?;
        Ok(Self::Wildcards { matcher: glob.compile_matcher(), dot: name.starts_with('.') })
    }
}

fn walk_fits(walk: &[Component], names: &[&Path]) -> bool {
    match (walk.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((Component::AnyDepth, walk)), _) => {
            let depth =
                names.iter().take(DEEPEST + 1).take_while(|name| Component::AnyDepth.fits(name)).count();
            (0..=depth).any(|depth| walk_fits(walk, names.get(depth..).unwrap_or_default()))
        }
        (Some((component, walk)), Some((name, names))) => component.fits(name) && walk_fits(walk, names),
        _ => false,
    }
}

fn descend(folder: PathBuf, walk: &[Component], found: &mut dyn FnMut(PathBuf, io::Result<Metadata>)) {
    let Some((component, rest)) = walk.split_first() else {
        return;
    };
    let mut go_on = |path: PathBuf| {
        if rest.is_empty() {
            let metadata = std::fs::metadata(&path);
            found(path, metadata);
        } else {
            descend(path, rest, found);
        }
    };
    match component {
        Component::Literal(name) => go_on(folder.join(name)),
        Component::Wildcards { .. } | Component::AnyName => match list(&folder) {
            Ok(names) => {
                let fitting = names.into_iter().filter(|name| component.fits(name));
                fitting.for_each(|name| go_on(folder.join(name)));
            }
            Err(error) => found(folder, Err(error)),
        },
        // At its end it means every file below.
        Component::AnyDepth if rest.is_empty() => {
            every_folder(folder, DEEPEST, &mut |folder| descend(folder, &[Component::AnyName], found));
        }
        Component::AnyDepth => every_folder(folder, DEEPEST, &mut |folder| descend(folder, rest, found)),
    }
}

/// A folder and those below it. Links are not followed: they may lead back.
fn every_folder(folder: PathBuf, depth: usize, visit: &mut dyn FnMut(PathBuf)) {
    let names = list(&folder).unwrap_or_default();
    let below: Vec<PathBuf> =
        names.into_iter().filter(|name| !is_hidden(name)).map(|name| folder.join(name)).collect();
    visit(folder);
    if depth == 0 {
        return;
    }
    for path in below {
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            every_folder(path, depth - 1, visit);
        }
    }
}

/// Names in a folder. One that is not there has none: it may come later.
fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| PathBuf::from(entry.file_name()))).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

fn is_hidden(name: &Path) -> bool {
    name.as_os_str().as_encoded_bytes().first() == Some(&b'.')
}

/// Replaces conversions of strftime by wildcards of their width.
fn replace_dates(pattern: &str) -> Result<String, PatternError> {
    let mut replaced = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            replaced.push(letter);
            continue;
        }
        let conversion = letters.next();
        let wildcards = conversion.and_then(wildcards_of).ok_or_else(|| PatternError::Conversion {
            pattern: pattern.to_owned(),
            conversion: conversion.map(String::from).unwrap_or_default(),
        })?;
        replaced.push_str(&wildcards);
    }
    Ok(replaced)
}

fn wildcards_of(conversion: char) -> Option<String> {
    let digits = |count: usize| "[0-9]".repeat(count);
    Some(match conversion {
        'Y' | 'G' => digits(4),
        'm' | 'd' | 'H' | 'I' | 'M' | 'S' | 'y' | 'g' | 'C' | 'V' | 'U' | 'W' => digits(2),
        'j' => digits(3),
        'u' | 'w' => digits(1),
        'e' | 'k' | 'l' => "[ 0-9][0-9]".to_owned(),
        'F' => format!("{}-{}-{}", digits(4), digits(2), digits(2)),
        'T' => format!("{}:{}:{}", digits(2), digits(2), digits(2)),
        'R' => format!("{}:{}", digits(2), digits(2)),
        'b' | 'h' | 'a' => "[A-Z][a-z][a-z]".to_owned(),
        'p' => "[AP]M".to_owned(),
        '%' => "%".to_owned(),
        _ => return None,
    })
}

/// Appends every alternative. They may hold slashes, so they cannot be left to one name.
fn expand_braces(pattern: &str, alternatives: &mut Vec<String>) -> Option<()> {
    let Some((before, rest)) = pattern.split_once('{') else {
        let balanced = !pattern.contains('}') && alternatives.len() <= MOST_ALTERNATIVES;
        return balanced.then(|| alternatives.push(pattern.to_owned()));
    };
    let mut depth = 0_usize;
    let mut choices = vec![String::new()];
    let mut letters = rest.chars();
    loop {
        let letter = letters.next()?;
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                choices.push(String::new());
                continue;
            }
            _ => {}
        }
        choices.last_mut()?.push(letter);
    }
    choices
        .iter()
        .try_for_each(|choice| expand_braces(&format!("{before}{choice}{}", letters.as_str()), alternatives))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &Path, pattern: &str) -> Vec<String> {
        let pattern = PathPattern::parse(&format!("{}/{pattern}", folder.display())).unwrap();
        let mut names = Vec::new();
        pattern.find(&mut |path, metadata| {
            if metadata.is_ok_and(|metadata| metadata.is_file()) {
                names.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        });
        names.sort();
        names
    }

    #[test]
    fn names_with_dates_and_wildcards_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let all = [
            "a/.stat.log",
            "a/stat-2026-1-23.log",
            "a/stat-2026-11-23.log",
            "a/stat.log",
            "a/stat.log.1",
            "b/c/stat.log",
            "b/x.txt",
        ];
        for name in all {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let cases: &[(&str, &[&str])] = &[
            ("a/stat-%Y-%m-%d.log", &["a/stat-2026-11-23.log"]),
            ("a/stat-%F.log", &["a/stat-2026-11-23.log"]),
            ("a/stat.log*", &["a/stat.log", "a/stat.log.1"]),
            ("a/*.log", &["a/stat-2026-1-23.log", "a/stat-2026-11-23.log", "a/stat.log"]),
            ("a/.*.log", &["a/.stat.log"]),
            ("{a,b/c}/stat.log", &["a/stat.log", "b/c/stat.log"]),
            ("**/stat.log", &["a/stat.log", "b/c/stat.log"]),
            ("b/**", &["b/c/stat.log", "b/x.txt"]),
            ("?/[w-y].{txt,log}", &["b/x.txt"]),
            ("missing/*", &[]),
        ];
        for (pattern, names) in cases {
            assert_eq!(&found(folder.path(), pattern), names, "{pattern}");
            let pattern = PathPattern::parse(&format!("{}/{pattern}", folder.path().display())).unwrap();
            let fitting = all.iter().filter(|name| pattern.is_match(&folder.path().join(name)));
            assert_eq!(
                &fitting.collect::<Vec<_>>(),
                &names.iter().collect::<Vec<_>>(),
                "{}",
                pattern.as_str()
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in
            ["stat.log", "/a/%Q", "/a/%", "/a/%-d", "/a/{b", "/a/b}", "/a/[b", "/{,}{,}{,}{,}{,}{,}{,}{,}{,}"]
        {
            assert!(PathPattern::parse(text).is_err(), "{text}");
        }
    }
}
