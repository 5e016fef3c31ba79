//! What was asked for, checked: what can be wrong is told before anything is sent.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chandler_debugger::profile::ProfileChoice;
use chandler_debugger::toolbox::Recipe;
use serde_json::Value;
use thiserror::Error;

use super::args::{CopyArgs, DebugArgs, DebugOutput, PullPolicy};
use super::target::{Target, TargetError};

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) target: Target,
    pub(crate) container: Option<String>,
    pub(crate) tools: Tools,
    pub(crate) profile: Option<ProfileChoice>,
    /// A partial container.
    pub(crate) custom: Option<Value>,
    pub(crate) pull_policy: Option<&'static str>,
    /// Empty: a shell, or the recipe's own words.
    pub(crate) command: Vec<String>,
    pub(crate) recipe: Option<String>,
    pub(crate) stdin: bool,
    pub(crate) tty: bool,
    pub(crate) surroundings: Surroundings,
    pub(crate) quiet: bool,
    pub(crate) new: bool,
    pub(crate) idle: Duration,
    pub(crate) timeout: Duration,
    pub(crate) record: Option<PathBuf>,
    pub(crate) event: bool,
    /// Every pod of the target.
    pub(crate) all: bool,
    /// So many pods at a time.
    pub(crate) parallel: usize,
    pub(crate) copy: Option<Copy>,
    /// What is made to be removed at the end ends by itself after this.
    pub(crate) ttl: Duration,
    /// And is not removed at the end.
    pub(crate) keep: bool,
    pub(crate) dry_run: bool,
    pub(crate) form: DebugOutput,
}

/// What to work with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tools {
    /// The toolbox of that name, or the default.
    Toolbox(Option<String>),
    /// An image.
    Image(String),
}

/// A copy of the pod in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    /// None: one that is made up.
    pub(crate) name: Option<String>,
    /// Other images, by container.
    pub(crate) images: Vec<(String, String)>,
    pub(crate) command: Vec<String>,
    pub(crate) share_processes: bool,
    pub(crate) keep_labels: bool,
}

/// What this program has around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// Standard input is a terminal.
    pub(crate) input: bool,
    /// Standard output is one.
    pub(crate) output: bool,
}

/// How the command is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    /// It reads our standard input.
    pub(crate) stdin: bool,
    /// It has a terminal.
    pub(crate) terminal: bool,
}

/// What is wrong with what was typed.
#[derive(Debug, Error)]
pub(crate) enum RequestError {
    /// The target is none.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Two things do not go together.
    #[error("{one} does not go with {other}")]
    Together {
        /// A flag.
        one: &'static str,
        /// Another, or what there is.
        other: &'static str,
    },
    /// A flag that means nothing here.
    #[error("{flag} needs {what}")]
    Needs {
        /// The flag.
        flag: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// It is not `CONTAINER=IMAGE`.
    #[error("--set-image {word:?} is not CONTAINER=IMAGE")]
    SetImage {
        /// What was typed.
        word: String,
    },
    /// A recording would take the place of another file.
    #[error("--record {}: there is such a file already", path.display())]
    Record {
        /// Which one.
        path: PathBuf,
    },
    /// The file with the partial container cannot be used.
    #[error("--custom {}: {reason}", path.display())]
    Custom {
        /// Which one.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn now() -> Self {
        Self { input: std::io::stdin().is_terminal(), output: std::io::stdout().is_terminal() }
    }

    fn is_terminal(self) -> bool {
        self.input && self.output
    }
}

impl TryFrom<(&DebugArgs, Surroundings)> for Request {
    type Error = RequestError;

    fn try_from((args, surroundings): (&DebugArgs, Surroundings)) -> Result<Self, RequestError> {
        let target = match (&args.target, &args.many.selector) {
            (Some(word), _) => Target::parse(word)?,
            (None, selector) => Target::Selector(selector.clone().unwrap_or_default()),
        };
        let all = args.many.all || matches!(target, Target::Selector(_));
        let request = Self {
            target,
            container: args.container.clone(),
            tools: match &args.image {
                Some(image) => Tools::Image(image.clone()),
                None => Tools::Toolbox(args.toolbox.clone()),
            },
            profile: args.profile,
            custom: args.custom.as_deref().map(read_custom).transpose()?,
            pull_policy: args.image_pull_policy.map(PullPolicy::word),
            command: args.command.clone(),
            recipe: args.recipe.clone(),
            stdin: args.stdin,
            tty: args.tty,
            surroundings,
            quiet: args.quiet,
            new: args.new,
            idle: args.times.idle,
            timeout: args.times.timeout,
            record: args.record.clone(),
            event: !args.no_event,
            all,
            parallel: usize::from(args.many.parallel),
            copy: copy_of(&args.copy)?,
            ttl: args.copy.ttl,
            keep: args.copy.keep,
            dry_run: args.dry_run,
            form: args.output,
        };
        request.check()?;
        Ok(request)
    }
}

impl Request {
    /// Whether there is nothing to run but a shell.
    pub(crate) fn wants_shell(&self) -> bool {
        self.command.is_empty() && self.recipe.is_none()
    }

    /// How its command is run. A shell, and a recipe that likes one, have a terminal wherever there is one.
    pub(crate) fn manner(&self, recipe: Option<&Recipe>) -> Manner {
        let likes_one = self.wants_shell() || recipe.is_some_and(|recipe| recipe.terminal);
        let may_have_one = !self.all && self.form == DebugOutput::Text;
        let implied = likes_one && self.surroundings.is_terminal();
        let terminal = may_have_one && (implied || self.tty && self.surroundings.input);
        Manner { stdin: terminal || self.stdin || self.wants_shell(), terminal }
    }

    fn check(&self) -> Result<(), RequestError> {
        let is_one = matches!(self.target, Target::Pod(_) | Target::Node(_));
        let is_node = matches!(self.target, Target::Node(_));
        let prints = self.form != DebugOutput::Text && !self.dry_run;
        let no_command = self.wants_shell() && !self.dry_run;
        let together = [
            (self.all && is_one, "--all", "one pod or node"),
            (self.all && self.stdin, "-i", "several pods"),
            (self.all && self.tty, "-t", "several pods"),
            (self.all && self.record.is_some(), "--record", "several pods"),
            (self.all && self.copy.is_some(), "--copy", "several pods"),
            (is_node && self.copy.is_some(), "--copy", "a node"),
            (is_node && self.container.is_some(), "-c", "a node"),
            (prints && self.tty, "-t", "-o json or yaml"),
        ];
        if let Some((_, one, other)) = together.into_iter().find(|(wrong, ..)| *wrong) {
            return Err(RequestError::Together { one, other });
        }
        let needs = [
            (self.all && no_command, "several pods at once", "a command behind --, or --recipe"),
            (prints && no_command, "-o json or yaml", "a command behind --, or --recipe"),
            (self.keep && self.copy.is_none() && !is_node, "--keep", "--copy or a node"),
        ];
        if let Some(path) = self.record.as_ref().filter(|path| path.exists()) {
            return Err(RequestError::Record { path: path.clone() });
        }
        match needs.into_iter().find(|(wrong, ..)| *wrong) {
            Some((_, flag, what)) => Err(RequestError::Needs { flag, what }),
            None => Ok(()),
        }
    }
}

fn copy_of(args: &CopyArgs) -> Result<Option<Copy>, RequestError> {
    let Some(name) = &args.copy else { return Ok(None) };
    let images = args.set_image.iter().map(|word| {
        let pair =
            word.split_once('=').filter(|(container, image)| !container.is_empty() && !image.is_empty());
        let (container, image) = pair.ok_or_else(|| RequestError::SetImage { word: word.clone() })?;
        Ok((container.to_owned(), image.to_owned()))
    });
    Ok(Some(Copy {
        name: Some(name.clone()).filter(|name| !name.is_empty()),
        images: images.collect::<Result<_, RequestError>>()?,
        command: args.copy_command.clone(),
        share_processes: args.share_processes,
        keep_labels: args.keep_labels,
    }))
}

fn read_custom(path: &Path) -> Result<Value, RequestError> {
    let wrong = |reason: String| RequestError::Custom { path: path.to_owned(), reason };
    let file = std::fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
    let mut values = chandler_manifest::Documents::new(std::io::BufReader::new(file)).filter_map(
        |document| match document {
            Ok(document) => document.parse().map_err(|error| error.to_string()).transpose(),
            Err(error) => Some(Err(error.to_string())),
        },
    );
    match (values.next(), values.next()) {
        (Some(Ok(value)), None) if value.is_object() => Ok(value),
        (Some(Err(reason)), _) => Err(wrong(reason)),
        _ => Err(wrong("want one document with fields of a container".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser as _;

    const TERMINAL: Surroundings = Surroundings { input: true, output: true };
    const PIPES: Surroundings = Surroundings { input: false, output: false };

    fn ask(words: &str, surroundings: Surroundings) -> Result<Request, String> {
        let words = ["kubectl-chandler", "debug"].into_iter().chain(words.split_whitespace());
        let args = Args::try_parse_from(words).map_err(|error| error.to_string())?;
        let Command::Debug(args) = args.command else { return Err("another verb".to_owned()) };
        Request::try_from((&*args, surroundings)).map_err(|error| error.to_string())
    }

    fn manner(words: &str, surroundings: Surroundings) -> (bool, bool) {
        let Manner { stdin, terminal } = ask(words, surroundings).unwrap().manner(None);
        (stdin, terminal)
    }

    #[test]
    fn shell_has_a_terminal_where_there_is_one_and_reads_in_any_case() {
        assert_eq!(manner("web", TERMINAL), (true, true));
        assert_eq!(manner("web", PIPES), (true, false));
        assert_eq!(manner("web", Surroundings { output: false, ..TERMINAL }), (true, false));
    }

    #[test]
    fn command_has_what_was_asked_for() {
        assert_eq!(manner("web -- ls", TERMINAL), (false, false));
        assert_eq!(manner("web -i -- cat", PIPES), (true, false));
        assert_eq!(manner("web -it -- top", TERMINAL), (true, true));
        assert_eq!(manner("web -it -- top", PIPES), (true, false), "there is no terminal to be had");
    }

    #[test]
    fn recipe_that_likes_a_terminal_has_it_where_there_is_one() {
        let recipe = Recipe {
            terminal: true,
            ..chandler_debugger::toolbox::Toolbox::built_in().recipes.values().next().unwrap().clone()
        };
        let request = ask("web --recipe top", TERMINAL).unwrap();
        assert!(request.manner(Some(&recipe)).terminal);
        assert!(!ask("web --recipe top", PIPES).unwrap().manner(Some(&recipe)).terminal);
        assert!(!ask("web --recipe top -o json", TERMINAL).unwrap().manner(Some(&recipe)).terminal);
    }

    #[test]
    fn words_that_do_not_go_together_are_told() {
        for (words, message) in [
            ("web --all -- ls", "--all does not go with one pod or node"),
            ("deploy/web --all -i -- cat", "-i does not go with several pods"),
            ("-l app=web", "several pods at once needs a command behind --, or --recipe"),
            ("node/a --copy -- ls", "--copy does not go with a node"),
            ("web --keep -- ls", "--keep needs --copy or a node"),
            ("web -o json", "-o json or yaml needs a command behind --, or --recipe"),
            ("web --copy --set-image app -- ls", "--set-image \"app\" is not CONTAINER=IMAGE"),
            ("web --record /proc/version -- ls", "--record /proc/version: there is such a file already"),
            ("web --custom /nowhere/file -- ls", "--custom /nowhere/file: No such file"),
            ("configmap/web -- ls", "\"configmap\" is nothing that has pods"),
        ] {
            let told = ask(words, PIPES).unwrap_err();
            assert!(told.starts_with(message), "{words}: {told}");
        }
        for words in ["", "web -l app=web -- ls", "web --set-image a=b -- ls", "web --profile strong -- ls"] {
            assert!(ask(words, PIPES).is_err(), "{words}");
        }
    }

    #[test]
    fn dry_run_needs_no_command() {
        assert!(ask("web --dry-run -o yaml", PIPES).unwrap().dry_run);
    }
}
