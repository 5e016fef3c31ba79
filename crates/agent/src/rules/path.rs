//! Paths into a line: `pay.amount`, `pay."a.b"`, `list[-1].name`; with `each` also `queues.*`, `rooms[*].players` and
//! `queues./^q-/`; and from there `@`, `@.name`, `@key`.

use regex::{Regex, RegexBuilder};

use super::fault::Complaint;

/// Most steps of a path.
const MAX_STEPS: usize = 16;

/// Longest path, in bytes.
const MAX_LENGTH: usize = 1024;

/// Largest compiled regular expression, in bytes.
const MAX_REGEX: usize = 1024 * 1024;

/// One step of a path.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// `.name`, `."a.b"` or `['a.b']`: the member with this key.
    Key(Box<str>),
    /// `[0]`, or `[-1]` from the end: the element with this index.
    Index(i64),
    /// `.*`: every member of an object, every element of an array.
    Every,
    /// `[*]`: every element of an array.
    EveryElement,
    /// `./^q-/`: every member whose key matches.
    Matching(Regex),
}

impl Step {
    pub(super) fn is_constant(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Index(_))
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => one == other,
            (Self::Index(one), Self::Index(other)) => one == other,
            (Self::Matching(one), Self::Matching(other)) => one.as_str() == other.as_str(),
            (Self::Every, Self::Every) | (Self::EveryElement, Self::EveryElement) => true,
            _ => false,
        }
    }
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// At the line.
    Line,
    /// `@`: at the element that `each` has reached.
    Element,
    /// `@key`: the key or index of the last wildcard of `each`; `@key1` that of the first.
    Key(Option<usize>),
}

/// A path.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    pub(super) root: Root,
    pub(super) steps: Vec<Step>,
}

impl Path {
    /// Reads a path.
    pub(super) fn parse(text: &str) -> Result<Self, Complaint> {
        if text.len() > MAX_LENGTH {
            let message = format!("the path has {} bytes; {MAX_LENGTH} are allowed", text.len());
            return Err(Complaint::new(message, "shorten it"));
        }
        let mut parser = Parser { text, rest: text };
        let root = parser.root()?;
        let mut steps = Vec::new();
        if root == Root::Line {
            let first = if parser.rest.starts_with('[') { parser.bracket()? } else { parser.name()? };
            steps.push(first);
        }
        while !parser.rest.is_empty() {
            steps.push(parser.step()?);
        }
        if steps.len() > MAX_STEPS {
            let message = format!("the path {text:?} has {} steps; {MAX_STEPS} are allowed", steps.len());
            return Err(Complaint::new(message, "shorten it"));
        }
        if matches!(root, Root::Key(_)) && !steps.is_empty() {
            return Err(Complaint::new(format!("{text:?}: a key has no members"), "write @key alone"));
        }
        Ok(Self { root, steps })
    }

    /// Reads a path that leads to one value: without wildcards.
    pub(super) fn parse_constant(text: &str) -> Result<Self, Complaint> {
        let path = Self::parse(text)?;
        if path.steps.iter().all(Step::is_constant) {
            return Ok(path);
        }
        let message = format!("the path {text:?} has a wildcard and so leads to many values");
        Err(Complaint::new(message, "put it under each: and write \"@\" here"))
    }

    /// Whether whoever has a value at this path can have none at the other, which leads through it.
    pub(super) fn is_above(&self, other: &Self) -> bool {
        self.root == other.root
            && self.steps.len() < other.steps.len()
            && other.steps.starts_with(&self.steps)
    }
}

struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
}

impl Parser<'_> {
    fn fail<T>(&self, what: &str, advice: &str) -> Result<T, Complaint> {
        let place = self.text.get(..self.text.len() - self.rest.len()).map_or(0, |read| read.chars().count());
        Err(Complaint::new(format!("path {:?}, character {}: {what}", self.text, place + 1), advice))
    }

    fn root(&mut self) -> Result<Root, Complaint> {
        let Some(rest) = self.rest.strip_prefix('@') else { return Ok(Root::Line) };
        let (root, rest) = match rest.strip_prefix("key") {
            Some(rest) => {
                let digits =
                    rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
                let (number, rest) = rest.split_at_checked(digits).unwrap_or((rest, ""));
                (Root::Key(number.parse().ok()), rest)
            }
            None => (Root::Element, rest),
        };
        if !rest.is_empty() && !rest.starts_with(['.', '[']) {
            return self.fail(
                "@ stands for the element of each, @key for its key",
                "write @, @.name, @key or @key1; a key that begins with @ needs quotes: '[\"@timestamp\"]'",
            );
        }
        self.rest = rest;
        Ok(root)
    }

    fn step(&mut self) -> Result<Step, Complaint> {
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            return self.name();
        }
        if self.rest.starts_with('[') {
            return self.bracket();
        }
        self.fail(
            "a step begins with . or [",
            "put keys with dots, spaces or other signs in quotes: a.\"b c\"",
        )
    }

    /// What follows a dot.
    fn name(&mut self) -> Result<Step, Complaint> {
        if let Some(rest) = self.rest.strip_prefix('*') {
            self.rest = rest;
            return Ok(Step::Every);
        }
        if self.rest.starts_with(['"', '\'']) {
            return self.quoted().map(|key| Step::Key(key.into()));
        }
        if self.rest.starts_with('/') {
            return self.regex();
        }
        let end = self.rest.find(|letter: char| !is_plain(letter)).unwrap_or(self.rest.len());
        let (key, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        if key.is_empty() {
            return self
                .fail("a key is missing", "write a path such as pay.amount, pay.\"a.b\" or list[0].name");
        }
        self.rest = rest;
        Ok(Step::Key(key.into()))
    }

    fn bracket(&mut self) -> Result<Step, Complaint> {
        let inside = self.rest.strip_prefix('[').unwrap_or(self.rest);
        if inside.starts_with(['"', '\'']) {
            self.rest = inside;
            let key = self.quoted()?;
            let Some(rest) = self.rest.strip_prefix(']') else { return self.fail("] is missing", "add it") };
            self.rest = rest;
            return Ok(Step::Key(key.into()));
        }
        let Some((index, rest)) = inside.split_once(']') else { return self.fail("] is missing", "add it") };
        let step = match index.parse() {
            _ if index == "*" => Step::EveryElement,
            Ok(index) => Step::Index(index),
            Err(_) => {
                return self.fail(
                    "an index is a whole number",
                    "write [0], [-1] for the last, [*] for all, or ['name'] for a key",
                );
            }
        };
        self.rest = rest;
        Ok(step)
    }

    /// A key in quotes; a backslash takes the next character as it is.
    fn quoted(&mut self) -> Result<String, Complaint> {
        let mut letters = self.rest.chars();
        let quote = letters.next();
        let mut key = String::new();
        while let Some(letter) = letters.next() {
            match letter {
                _ if Some(letter) == quote => {
                    self.rest = letters.as_str();
                    return Ok(key);
                }
                '\\' => key.extend(letters.next()),
                _ => key.push(letter),
            }
        }
        self.fail("the quote has no end", "add it")
    }

    fn regex(&mut self) -> Result<Step, Complaint> {
        let mut pattern = String::new();
        let mut letters = self.rest.strip_prefix('/').unwrap_or(self.rest).chars();
        loop {
            match letters.next() {
                Some('/') => break,
                Some('\\') => match letters.next() {
                    Some('/') => pattern.push('/'),
                    other => {
                        pattern.push('\\');
                        pattern.extend(other);
                    }
                },
                Some(letter) => pattern.push(letter),
                None => return self.fail("the regular expression has no end", "close it with /"),
            }
        }
        let regex = compile_regex(&pattern)?;
        self.rest = letters.as_str();
        Ok(Step::Matching(regex))
    }
}

fn is_plain(letter: char) -> bool {
    !letter.is_whitespace() && !letter.is_control() && !r#".[]{}()"'`*/\@,"#.contains(letter)
}

/// Compiles a regular expression, within bounds.
pub(super) fn compile_regex(pattern: &str) -> Result<Regex, Complaint> {
    RegexBuilder::new(pattern).size_limit(MAX_REGEX).dfa_size_limit(MAX_REGEX).build().map_err(|error| {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Complaint::new(
            format!("the regular expression {pattern:?} cannot be used: {why}"),
            "write it in RE2's syntax, without look-around and back-references",
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(path: &str) -> String {
        let path = Path::parse(path).unwrap();
        let steps = path.steps.iter().map(|step| match step {
            Step::Key(key) => format!("<{key}>"),
            Step::Index(index) => format!("#{index}"),
            Step::Every => "*".to_owned(),
            Step::EveryElement => "[*]".to_owned(),
            Step::Matching(regex) => format!("/{regex}/"),
        });
        format!("{:?} {}", path.root, steps.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn paths_are_read() {
        for (path, steps) in [
            ("a", "Line <a>"),
            ("pay.amount", "Line <pay> <amount>"),
            ("pay.\"a.b\".c", "Line <pay> <a.b> <c>"),
            ("pay['a.b'][\"c\"]", "Line <pay> <a.b> <c>"),
            ("['@timestamp']", "Line <@timestamp>"),
            ("'it\\'s'", "Line <it's>"),
            ("list[0][-1].x-y:z", "Line <list> #0 #-1 <x-y:z>"),
            ("中文.ключ", "Line <中文> <ключ>"),
            ("queues.*", "Line <queues> *"),
            ("rooms[*].players", "Line <rooms> [*] <players>"),
            ("queues./^q-\\d+\\/x/.n", "Line <queues> /^q-\\d+/x/ <n>"),
            ("*", "Line *"),
            ("1.2", "Line <1> <2>"),
            ("@", "Element "),
            ("@.name", "Element <name>"),
            ("@[0]", "Element #0"),
            ("@key", "Key(None) "),
            ("@key1", "Key(Some(1)) "),
        ] {
            assert_eq!(shown(path), steps, "{path}");
        }
    }

    #[test]
    fn wrong_paths_are_refused_with_their_place() {
        for (path, message) in [
            ("", "character 1: a key is missing"),
            (".a", "character 1: a key is missing"),
            ("a..b", "character 3: a key is missing"),
            ("a.", "character 3: a key is missing"),
            ("a b", "character 2: a step begins with . or ["),
            ("a[x]", "character 2: an index is a whole number"),
            ("a[0", "character 2: ] is missing"),
            ("a['b'", "character 6: ] is missing"),
            ("a.'b", "character 3: the quote has no end"),
            ("a./b", "character 3: the regular expression has no end"),
            ("a./(/", "the regular expression \"(\" cannot be used: unclosed group"),
            ("@timestamp", "character 1: @ stands for the element of each"),
            ("@key.a", "a key has no members"),
            (&"a.".repeat(600), "the path has 1200 bytes"),
            (&format!("a{}", ".a".repeat(16)), "has 17 steps"),
        ] {
            let complaint = Path::parse(path).unwrap_err();
            assert!(complaint.message.contains(message), "{path}: {}", complaint.message);
        }
        assert!(Path::parse_constant("a.*").is_err());
        assert!(Path::parse_constant("a.b").is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in any::<String>(), dense in "[ab.\\[\\]'\"*/@\\\\key01-]{0,16}") {
            let _ = Path::parse(&text);
            let _ = Path::parse(&dense);
        }

        #[test]
        fn any_key_can_be_quoted(key in any::<String>()) {
            let quoted = key.replace('\\', "\\\\").replace('"', "\\\"");
            prop_assume!(quoted.len() < 1000);
            let path = Path::parse(&format!("[\"{quoted}\"]")).unwrap();
            prop_assert_eq!(path.steps, vec![Step::Key(key.into())]);
        }
    }
}
