//! Logs: a constant sentence and fields, as text for people or JSON for machines, on standard error.

use clap::{Args, ValueEnum};
use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// What is logged, and how.
#[derive(Debug, Clone, Args)]
pub struct TelemetryArgs {
    /// What is logged: a level, or levels by module, as info,chandler_runtime=debug.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "CHANDLER_LOG")]
    pub log: String,

    /// How it is written.
    #[arg(long, value_name = "FORMAT", default_value = "json", value_enum)]
    pub log_format: LogFormat,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// One line of text, coloured on a terminal.
    Text,
}

/// Why there is no log.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The filter cannot be understood.
    #[error("--log {filter:?} is no filter")]
    ParseFilter {
        /// What was given.
        filter: String,
        /// Why.
        source: ParseError,
    },
}

impl TelemetryArgs {
    /// Starts logging for the whole process. A second call changes nothing.
    ///
    /// # Errors
    /// The filter cannot be understood.
    pub fn start(&self) -> Result<(), TelemetryError> {
        let filter = EnvFilter::try_new(&self.log)
            .map_err(|source| TelemetryError::ParseFilter { filter: self.log.clone(), source })?;
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        // Where a log cannot be written, saying so there would end the task that logs.
        let builder = builder.log_internal_errors(false);
        let started = match self.log_format {
            LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
            LogFormat::Text => {
                builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
            }
        };
        if started.is_err() {
            tracing::debug!("logging was started before");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_that_is_none_is_an_error_that_names_the_flag() {
        let arguments = TelemetryArgs { log: "a=loud".to_owned(), log_format: LogFormat::Json };
        assert_eq!(arguments.start().unwrap_err().to_string(), "--log \"a=loud\" is no filter");
    }
}
