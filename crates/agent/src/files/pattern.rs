//! Names of files with dates and wildcards, and the files that have such names. Only folders that can match are listed.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// Most folders below each other that `**` enters.
const DEEPEST: usize = 32;
/// Most patterns that braces stand for.
const MOST_ALTERNATIVES: usize = 256;

/// Longest pattern, in bytes: the longest name of a file that Linux has.
const MAX_LENGTH: usize = 4096;

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Relative names depend on where a program was started.
    #[error("the path {0:?} is not absolute")]
    Relative(String),
    /// No file has such a name.
    #[error("the path has {0} bytes; {max} are allowed", max = MAX_LENGTH)]
    Length(usize),
    /// No file has such a name either.
    #[error("the path {0:?} has a NUL in it")]
    Nul(String),
    /// There is no such conversion, or it has no fixed width.
    #[error("%{conversion} in the path {pattern:?} is no part of a date that has a fixed width")]
    Conversion {
        /// The whole pattern.
        pattern: String,
        /// What follows the percent sign.
        conversion: String,
    },
    /// Braces do not match, or stand for too much.
    #[error("the braces in the path {0:?} do not match, or stand for more than {max} names", max = MOST_ALTERNATIVES)]
    Braces(String),
    /// Brackets do not match, for example.
    #[error("the path {pattern:?} is no pattern: {message}")]
    Wildcards {
        /// The whole pattern.
        pattern: String,
        /// What is wrong.
        message: String,
    },
}

impl PatternError {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Relative(_) => "begin it with /",
            Self::Length(_) | Self::Nul(_) => "write the name of files",
            Self::Conversion { .. } => {
                "use %Y %m %d %H %M %S %y %j %F %T %b %a, * for what has no fixed width, and %% for a percent sign"
            }
            Self::Braces(_) => {
                "close each {, write \\{ for a brace in a name, and several paths for more names"
            }
            Self::Wildcards { .. } => "use *, ?, [abc] and {a,b}; \\ before a sign takes it as it is",
        }
    }
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
        if text.len() > MAX_LENGTH {
            return Err(PatternError::Length(text.len()));
        }
        if text.contains('\0') {
            return Err(PatternError::Nul(text.to_owned()));
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
        let rest = letters.as_str();
        let wildcards = letters.next().and_then(wildcards_of).ok_or_else(|| PatternError::Conversion {
            pattern: pattern.to_owned(),
            conversion: conversion_of(rest).to_owned(),
        })?;
        replaced.push_str(&wildcards);
    }
    Ok(replaced)
}

/// What follows a percent sign, with the flags before its letter, as in `%-d`.
fn conversion_of(rest: &str) -> &str {
    let flags = rest.chars().take_while(char::is_ascii_punctuation).map(char::len_utf8).sum::<usize>();
    let letter = rest.chars().find(|letter| !letter.is_ascii_punctuation()).map_or(0, char::len_utf8);
    rest.get(..flags + letter).unwrap_or(rest)
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
    if alternatives.len() > MOST_ALTERNATIVES {
        return None;
    }
    let Some((open, sign)) = braces(pattern).find(|(_, sign)| *sign != ',') else {
        alternatives.push(pattern.to_owned());
        return Some(());
    };
    let (choices, after) = choices(pattern, (sign == '{').then_some(open)?)?;
    let before = pattern.get(..open)?;
    choices.iter().try_for_each(|choice| expand_braces(&format!("{before}{choice}{after}"), alternatives))
}

/// The choices of the group that begins there, and what stands behind it; none where it has no end.
fn choices(pattern: &str, open: usize) -> Option<(Vec<&str>, &str)> {
    let (mut depth, mut start, mut choices) = (0_usize, open + 1, Vec::new());
    for (place, sign) in braces(pattern).filter(|(place, _)| *place >= open) {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_end = depth == 0;
        if is_end || depth == 1 && sign == ',' {
            choices.push(pattern.get(start..place)?);
            start = place + 1;
        }
        if is_end {
            return Some((choices, pattern.get(start..)?));
        }
    }
    None
}

/// Braces and commas with their places, apart from those behind a backslash.
fn braces(pattern: &str) -> impl Iterator<Item = (usize, char)> {
    let mut escaped = false;
    pattern.char_indices().filter(move |(_, sign)| {
        let is_plain = !escaped;
        escaped = is_plain && *sign == '\\';
        is_plain && matches!(sign, '{' | '}' | ',')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        for text in [
            "",
            "stat.log",
            "/a/%Q",
            "/a/%",
            "/a/%-d",
            "/a/{b",
            "/a/b}",
            "/a/[b",
            "/a\0",
            "/{,}{,}{,}{,}{,}{,}{,}{,}{,}",
        ] {
            assert!(PathPattern::parse(text).is_err(), "{text}");
        }
        assert!(PathPattern::parse(&format!("/{}", "a".repeat(MAX_LENGTH))).is_err());
    }

    #[test]
    fn braces_stand_for_names_and_behind_a_backslash_for_themselves() {
        let cases: &[(&str, &[&str])] = &[
            ("/a,b", &["/a,b"]),
            ("/{a,b}", &["/a", "/b"]),
            ("/{a}{,x}", &["/a", "/ax"]),
            ("/{a,{b,c}d}e", &["/ae", "/bde", "/cde"]),
            (r"/\{a,b\}", &[r"/\{a,b\}"]),
            (r"/{a\,b,c}", &[r"/a\,b", "/c"]),
            (r"/\\{a,b}", &[r"/\\a", r"/\\b"]),
        ];
        for (pattern, names) in cases {
            let mut alternatives = Vec::new();
            assert_eq!(expand_braces(pattern, &mut alternatives), Some(()), "{pattern}");
            assert_eq!(&alternatives, names, "{pattern}");
        }
        let pattern = PathPattern::parse(r"/a/\{b\}-{c,d}.log").unwrap();
        assert!(pattern.is_match(Path::new("/a/{b}-d.log")) && !pattern.is_match(Path::new("/a/b-d.log")));
    }

    #[test]
    fn a_conversion_that_is_refused_is_named_with_its_flags() {
        for (text, named) in
            [("/%B", "%B"), ("/%-d.log", "%-d"), ("/a%", "%"), ("/%^#b", "%^#b"), ("/%é", "%é")]
        {
            let error = PathPattern::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{named} in the path")), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern_or_refused_without_a_panic(
            text in any::<String>(),
            dense in "[]a-c*?/{},!^\\\\%YmdBsé\\[-]{0,24}",
        ) {
            for text in [format!("/{text}"), format!("/{dense}"), text] {
                if let Ok(pattern) = PathPattern::parse(&text) {
                    let _ = pattern.is_match(Path::new("/a/b"));
                }
            }
        }
    }
}
