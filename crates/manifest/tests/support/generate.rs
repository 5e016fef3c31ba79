//! Random YAML, the same at every run.

/// A small generator of random numbers (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

const WORDS: &[&str] = &[
    "y",
    "Y",
    "yes",
    "Yes",
    "YES",
    "yEs",
    "n",
    "N",
    "no",
    "NO",
    "true",
    "True",
    "TRUE",
    "tRUE",
    "false",
    "on",
    "On",
    "off",
    "OFF",
    "null",
    "Null",
    "NULL",
    "nULL",
    "~",
    "~a",
    "",
    ".inf",
    "-.inf",
    "+.Inf",
    ".nan",
    ".NaN",
    ".",
    "..",
    "+",
    "-0",
    "-",
    "0",
    "00",
    "0755",
    "0o755",
    "0O17",
    "0x1F",
    "0X1f",
    "0b101",
    "0B1",
    "0b-1",
    "0b+1",
    "-0b1",
    "-0b-1",
    "08",
    "09.5",
    "1_000",
    "_1",
    "1_",
    "0x_1",
    "0_7",
    "1e3",
    "1E+3",
    "1e",
    "1.",
    ".5",
    ".5e2",
    ".5_0",
    "._5",
    "-.5",
    "+.5_1",
    "1e400",
    "-1e400",
    "1e-400",
    ".5e999",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "+9223372036854775808",
    "0xFFFFFFFFFFFFFFFF",
    "0x10000000000000000",
    "0b1111111111111111111111111111111111111111111111111111111111111111",
    "1e20",
    "1e21",
    "1e22",
    "123456789.0",
    "1234567.5",
    "0.00001",
    "1.5",
    "100000.0",
    "1000000.0",
    "-0.0",
    "12:30",
    "1:2:3.5",
    "2001-12-14",
    "2001-12-14T21:59:43.10-05:00",
    "2001-1-1",
    "0x",
    "0b",
    "0o",
    "1.2.3",
    "10Gi",
    "100m",
    "1,000",
    "<<",
    "=",
    "!!str 1",
    "!!int 1",
    "!!int \"12\"",
    "!!float 1",
    "!!float 1.5",
    "!!bool yes",
    "!!null ~",
    "!!str",
    "!!str ~",
    "!!binary aGVsbG8=",
    "!!int x",
    "!!float 18446744073709551615",
    "! 12",
    "'1'",
    "\"1\"",
    "'it''s'",
    "\"\\x41\\u00e9\\n\\t\\e\"",
    "\"a\\/b\"",
    "a b",
    "a: b",
    "a #b",
    "a#b",
    "a:b",
    ":a",
    "?a",
    "-a",
    "--- a",
    "%a",
    "a%",
    "@a",
    "`a",
    "&x",
    "*x",
    "!x",
    "|x",
    "é",
    "日本",
    "🚢",
    "\u{a0}x\u{a0}",
    "x\u{feff}y",
    "x\u{200b}",
];

const NUMBER_PARTS: &[&str] = &[
    "0", "1", "7", "8", "9", "10", "255", "0x", "0o", "0b", "x", "o", "b", "_", ".", "e", "E", "+", "-", "f",
    "F", "inf", "nan", ":",
];

/// One scalar, as the value or the key of a mapping, an item of a list, or alone.
pub fn scalar(random: &mut Random) -> String {
    let text = scalar_text(random);
    match random.below(6) {
        0 => format!("{text}\n"),
        1 => format!("- {text}\n"),
        2 => format!("{text}: v\n"),
        3 => format!("{{a: {text}}}"),
        _ => format!("a: {text}\nb: 1\n"),
    }
}

fn scalar_text(random: &mut Random) -> String {
    if random.chance(2) {
        return random.pick(WORDS).to_owned();
    }
    (0..=random.below(5)).map(|_| random.pick(NUMBER_PARTS)).collect()
}

/// A document of random structure in random styles.
pub fn document(random: &mut Random) -> String {
    let mut writer = Writer { random, out: String::new(), anchors: 0 };
    if writer.random.chance(4) {
        writer.out.push_str(["# comment\n", "---\n", "--- # comment\n", "\n"][writer.random.below(4)]);
    }
    writer.block(0, 4);
    if writer.random.chance(6) {
        writer.out.push_str(["...\n", "# end\n", "\n\n"][writer.random.below(3)]);
    }
    match writer.random.below(8) {
        0 => writer.out.replace('\n', "\r\n"),
        _ => writer.out,
    }
}

const TEXTS: &[&str] = &[
    "text",
    "two words",
    "a:b",
    "http://x/y?z#w",
    "--flag",
    "yes",
    "0755",
    "1e3",
    "null",
    "~",
    "é",
    "🚢 ship",
    "x  y",
    "it's",
    "a\\b",
    "a,b",
    "{{x}}",
    "[x",
    "$(VAR)",
    "100m",
    "-1",
    "- x",
    "? x",
    ": x",
    "x: y",
    "x #y",
    "#x",
    "!x",
    "&x",
    "*x",
    "%x",
    "@x",
];

const LINES: &[&str] = &[
    "line",
    "  indented",
    "",
    "\ttab",
    "two  words",
    "trailing ",
    "# no comment",
    "- item",
    "a: b",
    "   ",
    "'quote\"",
    "\\",
];

struct Writer<'r> {
    random: &'r mut Random,
    out: String,
    anchors: usize,
}

/// Where a value is written.
#[derive(Clone, Copy)]
struct Place {
    /// Of the line of its key or dash.
    indent: usize,
    /// How much further what is below it is indented.
    step: usize,
    /// How many levels there may be below it.
    depth: usize,
    in_list: bool,
}

impl Writer<'_> {
    fn indent(&mut self, width: usize) {
        self.out.extend(std::iter::repeat_n(' ', width));
    }

    /// A block mapping or list whose lines are indented by `indent`.
    fn block(&mut self, indent: usize, depth: usize) {
        let in_list = self.random.chance(3);
        let step = [1, 2, 2, 2, 4][self.random.below(5)];
        for index in 0..=self.random.below(4) {
            self.maybe_comment(indent);
            self.indent(indent);
            if in_list {
                self.out.push('-');
            } else {
                self.key(index);
                self.out.push(':');
            }
            self.value(Place { indent, step, depth, in_list });
        }
    }

    fn maybe_comment(&mut self, indent: usize) {
        if self.random.chance(10) {
            let width = [0, indent, indent + 3][self.random.below(3)];
            self.indent(width);
            self.out.push_str(["# note\n", "\n", "#\n"][self.random.below(3)]);
        }
    }

    fn key(&mut self, index: usize) {
        let key = self
            .random
            .pick(&["a", "key", "'q'", "\"d\"", "a b", "x/y", "on", "1", "1.5", "é", "a-b", "0x1", "y"]);
        match self.random.below(12) {
            0 => self.out.push_str(key),
            1 if index == 0 && self.anchors > 0 => self.out.push_str("<<"),
            _ => {
                self.out.push_str(["k", "'k", "\"k"][index % 3]);
                self.out.push_str(&index.to_string());
                self.out.push_str(["", "'", "\""][index % 3]);
            }
        }
    }

    fn value(&mut self, place: Place) {
        let Place { indent, step, depth, .. } = place;
        if self.random.chance(12) {
            self.anchors += 1;
            self.out.push_str(&format!(" &a{}", self.anchors));
        }
        match self.random.below(10) {
            0..=2 if depth > 0 => self.collection(place),
            3 => {
                self.out.push(' ');
                self.flow(3);
                self.end_line();
            }
            4 => self.block_scalar(indent, step),
            5 if self.anchors > 0 && !self.is_anchored() => {
                let target = 1 + self.random.below(self.anchors);
                self.out.push_str(&format!(" *a{target}"));
                self.end_line();
            }
            6 => {
                let text = self.random.pick(TEXTS);
                self.out.push_str(&format!(" {text}\n"));
                if self.random.chance(3) {
                    self.indent(indent + step);
                    self.out.push_str("more words\n");
                }
            }
            7 => self.end_line(),
            8 => {
                self.out.push(' ');
                self.quoted(indent + step);
                self.end_line();
            }
            _ => {
                let text = self.random.pick(WORDS);
                self.out.push_str(&format!(" {text}"));
                self.end_line();
            }
        }
    }

    /// Whether the value that comes next has an anchor.
    fn is_anchored(&self) -> bool {
        self.out.ends_with(|character: char| character.is_ascii_digit())
    }

    fn collection(&mut self, place: Place) {
        let Place { indent, step, depth, in_list } = place;
        if in_list && self.random.chance(2) && !self.is_anchored() {
            self.out.push(' ');
            return self.compact_mapping(indent + 2, depth);
        }
        self.end_line();
        if !in_list && self.random.chance(3) {
            self.list_at(indent, depth - 1);
        } else {
            self.block(indent + step, depth - 1);
        }
    }

    fn end_line(&mut self) {
        let comment = self.random.chance(10);
        self.out.push_str(if comment { " # why\n" } else { "\n" });
    }

    /// A list at the level of its key.
    fn list_at(&mut self, indent: usize, depth: usize) {
        for _ in 0..=self.random.below(3) {
            self.indent(indent);
            self.out.push('-');
            self.value(Place { indent, step: 2, depth, in_list: true });
        }
    }

    /// A mapping that starts behind the dash of its item.
    fn compact_mapping(&mut self, indent: usize, depth: usize) {
        self.out.push_str("c0:");
        self.value(Place { indent, step: 2, depth: depth - 1, in_list: false });
        for index in 1..=self.random.below(3) {
            self.indent(indent);
            self.out.push_str(&format!("c{index}:"));
            self.value(Place { indent, step: 2, depth: depth - 1, in_list: false });
        }
    }

    fn flow(&mut self, depth: usize) {
        match self.random.below(if depth == 0 { 2 } else { 4 }) {
            0 => {
                let text = self.random.pick(&[
                    "x", "1", "'q'", "\"d\\n\"", "yes", "a b", "null", "0x1f", "", "a:b", "http://h",
                ]);
                self.out.push_str(text);
            }
            1 => self.out.push('z'),
            2 => self.flow_items('[', ']', depth),
            _ => self.flow_items('{', '}', depth),
        }
    }

    fn flow_items(&mut self, open: char, close: char, depth: usize) {
        self.out.push(open);
        for index in 0..self.random.below(4) {
            if index > 0 {
                self.out.push_str(self.random.pick(&[",", ", ", " , "]));
            }
            if open == '{' {
                let key = ["f", "\"f\"", "'f'"][index % 3].replace('f', &format!("f{index}"));
                self.out.push_str(&key);
                self.out.push_str(self.random.pick(&[": ", " : ", ":  "]));
            }
            self.flow(depth - 1);
        }
        self.out.push(close);
    }

    fn quoted(&mut self, indent: usize) {
        let double = self.random.chance(2);
        let quote = if double { '"' } else { '\'' };
        self.out.push(quote);
        for index in 0..=self.random.below(3) {
            if index > 0 {
                self.out.push_str(self.random.pick(&["\n", " \n", "\n\n"]));
                self.indent(indent);
            }
            let single = &["one", "two  three", "''", "\\", "# x", ": "];
            let text = self.random.pick(if double {
                &["one", "tab\\t", "\\\"", "\\\\", "\\u00e9", "# x", "\\  x"]
            } else {
                single
            });
            self.out.push_str(text);
        }
        self.out.push(quote);
    }

    fn block_scalar(&mut self, indent: usize, step: usize) {
        self.out.push(' ');
        self.out.push_str(self.random.pick(&["|", ">"]));
        self.out.push_str(self.random.pick(&["", "-", "+"]));
        let explicit = self.random.chance(4);
        if explicit {
            self.out.push_str(&step.to_string());
        }
        self.end_line();
        for index in 0..=self.random.below(5) {
            let line = if index == 0 && !explicit { "first" } else { self.random.pick(LINES) };
            if !line.is_empty() {
                self.indent(indent + step);
            }
            self.out.push_str(line);
            self.out.push('\n');
        }
    }
}

/// A document in which a few characters were changed.
pub fn damaged(random: &mut Random) -> String {
    const DAMAGE: &[&str] = &[
        ":", " ", "\n", "\t", "-", "- ", "? ", "#", " #", "'", "\"", "{", "}", "[", "]", ",", "&a ", "*a",
        "!", "!!str ", "|", ">", "%", "---\n", "...\n", "\r", "\\", "0", "é", "\u{feff}", "\u{2028}",
        "\u{85}", "<<: ", "~", "@",
    ];
    let mut characters: Vec<String> = document(random).chars().map(String::from).collect();
    for _ in 0..=random.below(3) {
        let place = random.below(characters.len());
        match random.below(3) {
            0 => characters[place] = String::new(),
            1 => characters[place] = random.pick(DAMAGE).to_owned(),
            _ => characters[place].push_str(random.pick(DAMAGE)),
        }
    }
    characters.concat() + "\n"
}
