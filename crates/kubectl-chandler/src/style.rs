//! Colours, which vanish where nobody can see them.

use std::io::{self, IsTerminal};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::args::Color;
use crate::live::State;

/// What is right.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// What somebody should look at.
pub(crate) const ATTENTION: Style = AnsiColor::Yellow.on_default();
/// Where something is.
pub(crate) const PLACE: Style = AnsiColor::Cyan.on_default();
/// A heading.
pub(crate) const HEADING: Style = Style::new().bold();
/// What is of less interest.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Standard output, whose styles reach a terminal and nothing else, unless told otherwise.
pub(crate) fn styled_output(color: Color) -> AutoStream<io::StdoutLock<'static>> {
    AutoStream::new(io::stdout().lock(), choice(color))
}

/// Standard error in the same way.
pub(crate) fn styled_errors(color: Color) -> AutoStream<io::Stderr> {
    AutoStream::new(io::stderr(), choice(color))
}

/// How a state of a pod stands out.
pub(crate) fn of_state(state: State) -> Style {
    match state {
        State::Current => GOOD,
        State::Gone => BAD,
        State::Outdated | State::Pinned | State::Unknown | State::MayMiss => ATTENTION,
    }
}

/// A text of somebody else, without what a terminal would act on.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// How many columns the terminal has on which standard output appears; none where it is no terminal.
pub(crate) fn terminal_width() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(columns))
}

/// Whether a person watches standard error.
pub(crate) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

fn choice(color: Color) -> ColorChoice {
    match color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    }
}
