//! What can be typed, and what it means.

use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// What is printed for wrong usage and for `--help`.
pub(crate) const USAGE: &str = "\
Usage: chandler-workload COMMAND

  serve --port N [--folder DIR]             HTTP: /healthz says ok, / says who answers, else the files of DIR
  write FILE [--every SECONDS] [--count N]  append numbered lines, one a second and without end by default
  wait-for FILE --text TEXT [--timeout S]   wait until the file holds the text, 60 s by default
  get URL [--timeout S]                     print what the URL (http only) answers, within 10 s by default
  print [--lines N] [--stderr]              print numbered lines, one by default
  exit CODE                                 end with this exit code
  sleep [SECONDS]                           sleep, for ever by default
  names --port N NAME ADDRESS               DNS on loopback: NAME has the ADDRESS, and no other has one
  env NAME                                  print a variable of the environment

Exit codes: 0 done, 1 failed, 2 wrong usage, CODE of exit. SIGTERM and SIGINT end it at once, also as PID 1: with 0
where it would run for ever (serve, names, sleep without SECONDS, write without --count), else with 143.";

/// One thing to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Serve { port: u16, folder: Option<PathBuf> },
    Write { file: PathBuf, every: Duration, count: Option<u64> },
    WaitFor { file: PathBuf, text: String, timeout: Duration },
    Get { url: String, timeout: Duration },
    Print { lines: u64, stderr: bool },
    Exit { code: u8 },
    Sleep { time: Option<Duration> },
    Names { port: u16, known: String, address: Ipv4Addr },
    Env { name: String },
}

/// The arguments do not make a command; the text says why.
#[derive(Debug, PartialEq)]
pub(crate) struct WrongUsage(String);

impl fmt::Display for WrongUsage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Command {
    /// Understands the arguments after the program's name.
    pub(crate) fn parse(arguments: Vec<String>) -> Result<Self, WrongUsage> {
        let mut arguments = Arguments(arguments);
        let name = arguments.next("COMMAND")?;
        let command = arguments.command(&name)?;
        arguments.nothing_left(&name)?;
        Ok(command)
    }

    /// True if only a signal ends it, which then is no failure.
    pub(crate) fn is_endless(&self) -> bool {
        matches!(
            self,
            Self::Serve { .. }
                | Self::Names { .. }
                | Self::Write { count: None, .. }
                | Self::Sleep { time: None }
        )
    }
}

/// What was typed and not yet understood.
struct Arguments(Vec<String>);

impl Arguments {
    fn command(&mut self, name: &str) -> Result<Command, WrongUsage> {
        Ok(match name {
            "help" | "--help" | "-h" => Command::Help,
            "serve" => Command::Serve { port: self.required("--port")?, folder: self.option("--folder")? },
            "write" => Command::Write {
                every: self.seconds("--every", 1)?,
                count: self.option("--count")?,
                file: self.value("FILE")?,
            },
            "wait-for" => Command::WaitFor {
                text: self.required("--text")?,
                timeout: self.seconds("--timeout", 60)?,
                file: self.value("FILE")?,
            },
            "get" => Command::Get { timeout: self.seconds("--timeout", 10)?, url: self.value("URL")? },
            "print" => {
                Command::Print { lines: self.option("--lines")?.unwrap_or(1), stderr: self.flag("--stderr") }
            }
            "exit" => Command::Exit { code: self.value("CODE")? },
            "sleep" => Command::Sleep { time: self.sleep_time()? },
            "names" => Command::Names {
                port: self.required("--port")?,
                known: self.value("NAME")?,
                address: self.value("ADDRESS")?,
            },
            "env" => Command::Env { name: self.value("NAME")? },
            unknown => return Err(WrongUsage(format!("there is no command {unknown}"))),
        })
    }

    fn next(&mut self, what: &str) -> Result<String, WrongUsage> {
        if self.0.is_empty() {
            return Err(WrongUsage(format!("{what} is missing")));
        }
        Ok(self.0.remove(0))
    }

    fn value<T: FromStr>(&mut self, what: &str) -> Result<T, WrongUsage> {
        let text = self.next(what)?;
        if text.starts_with("--") {
            return Err(WrongUsage(format!("{what} is missing, {text} means nothing here")));
        }
        parse(what, &text)
    }

    fn option<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, WrongUsage> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else { return Ok(None) };
        if at + 1 == self.0.len() {
            return Err(WrongUsage(format!("{name} needs a value")));
        }
        self.0.remove(at);
        parse(name, &self.0.remove(at)).map(Some)
    }

    fn required<T: FromStr>(&mut self, name: &str) -> Result<T, WrongUsage> {
        self.option(name)?.ok_or_else(|| WrongUsage(format!("{name} is missing")))
    }

    fn seconds(&mut self, name: &str, default: u64) -> Result<Duration, WrongUsage> {
        Ok(self.option(name)?.map_or(Duration::from_secs(default), |Seconds(time)| time))
    }

    fn flag(&mut self, name: &str) -> bool {
        let at = self.0.iter().position(|argument| argument == name);
        at.map(|at| self.0.remove(at)).is_some()
    }

    fn sleep_time(&mut self) -> Result<Option<Duration>, WrongUsage> {
        if self.0.is_empty() {
            return Ok(None);
        }
        self.value("SECONDS").map(|Seconds(time)| Some(time))
    }

    fn nothing_left(&self, command: &str) -> Result<(), WrongUsage> {
        match self.0.first() {
            Some(argument) => Err(WrongUsage(format!("{command} does not take {argument}"))),
            None => Ok(()),
        }
    }
}

fn parse<T: FromStr>(what: &str, text: &str) -> Result<T, WrongUsage> {
    text.parse().map_err(|_| WrongUsage(format!("{what} cannot be {text:?}")))
}

/// Seconds with an optional fraction, few enough to be added to any clock.
struct Seconds(Duration);

const MAX_SECONDS: f64 = 1e9;

impl FromStr for Seconds {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let seconds: f64 = text.parse().map_err(drop)?;
        if seconds > MAX_SECONDS {
            return Err(());
        }
        Duration::try_from_secs_f64(seconds).map(Self).map_err(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(str::to_owned).collect()).map_err(|error| error.0)
    }

    #[test]
    fn options_stand_before_or_after_the_file() {
        let expected =
            Ok(Command::Write { file: "a".into(), every: Duration::from_millis(200), count: Some(3) });
        assert_eq!(parse("write a --every 0.2 --count 3"), expected);
        assert_eq!(parse("write --count 3 a --every 0.2"), expected);
    }

    #[test]
    fn only_what_has_no_end_of_its_own_is_endless() {
        let endless: Vec<_> = ["serve --port 0", "write a", "write a --count 1", "sleep", "sleep 1", "env A"]
            .map(|line| parse(line).unwrap().is_endless())
            .into();
        assert_eq!(endless, [true, true, false, true, false, false]);
    }

    #[test]
    fn wrong_usage_says_what_is_wrong() {
        let wrong = [
            ("", "COMMAND is missing"),
            ("dance", "there is no command dance"),
            ("serve", "--port is missing"),
            ("serve --port", "--port needs a value"),
            ("serve --port 65536", "--port cannot be \"65536\""),
            ("serve --port 80 --lines 1", "serve does not take --lines"),
            ("write --evry 1", "FILE is missing, --evry means nothing here"),
            ("wait-for a", "--text is missing"),
            ("sleep -1", "SECONDS cannot be \"-1\""),
            ("sleep 1e10", "SECONDS cannot be \"1e10\""),
            ("exit 256", "CODE cannot be \"256\""),
            ("env", "NAME is missing"),
        ];
        for (line, message) in wrong {
            assert_eq!(parse(line), Err(message.to_owned()), "{line}");
        }
    }
}
