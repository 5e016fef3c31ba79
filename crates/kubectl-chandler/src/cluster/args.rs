//! The flags that say which cluster is asked, and as whom: kubectl's own, for every verb that asks one.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueHint;
use clap_complete::ArgValueCompleter;

use crate::completion;

/// Which cluster is asked, and as whom.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterArgs {
    /// The file that says where clusters are, in place of KUBECONFIG and ~/.kube/config.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig to use.
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(completion::contexts))]
    pub(crate) context: Option<String>,

    /// The cluster of the kubeconfig to use.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,

    /// The user of the kubeconfig to use.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// Namespace; the context's unless told. Of manifests and templates in files that name none: `default`.
    #[arg(short, long, value_name = "NAME", add = ArgValueCompleter::new(completion::namespaces))]
    pub(crate) namespace: Option<String>,

    /// User to act as.
    #[arg(long = "as", value_name = "USER")]
    pub(crate) impersonated_user: Option<String>,

    /// Group to act as; may be repeated.
    #[arg(long = "as-group", value_name = "GROUP", requires = "impersonated_user")]
    pub(crate) impersonated_groups: Vec<String>,

    /// How long one answer of the API server may take: seconds, or with a unit as in 500ms, 10s, 2m; 0 for ever.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_bound)]
    pub(crate) request_timeout: Bound,
}

/// A bound in time, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound(pub(crate) Option<Duration>);

impl ClusterArgs {
    /// The flags that lead kubectl to the same cluster, each with a blank ahead: what is to be typed there must not go
    /// to another one.
    pub(crate) fn kubectl_flags(&self) -> String {
        let path = self.kubeconfig.as_ref().map(|path| path.display().to_string());
        let flags = [
            ("kubeconfig", &path),
            ("context", &self.context),
            ("cluster", &self.cluster),
            ("user", &self.user),
        ];
        let said = flags.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        said.map(|(name, value)| format!(" --{name} {}", quoted(value))).collect()
    }
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@%+=,".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn parse_bound(text: &str) -> Result<Bound, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.strip_prefix(digits).unwrap_or_default();
    let count: u64 = digits.parse().map_err(|_| "want a whole number and a unit, as in 30s".to_owned())?;
    let bound = match unit {
        "ms" => Some(Duration::from_millis(count)),
        "" | "s" => Some(Duration::from_secs(count)),
        "m" => count.checked_mul(60).map(Duration::from_secs),
        "h" => count.checked_mul(3600).map(Duration::from_secs),
        _ => return Err(format!("{unit:?} is none of ms, s, m and h")),
    };
    bound
        .ok_or_else(|| "too long".to_owned())
        .map(|bound| Bound(Some(bound).filter(|bound| !bound.is_zero())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_read_as_kubectl_reads_them() {
        let seconds = |count| Ok(Bound(Some(Duration::from_secs(count))));
        assert_eq!(parse_bound("30s"), seconds(30));
        assert_eq!(parse_bound("5"), seconds(5));
        assert_eq!(parse_bound("2m"), seconds(120));
        assert_eq!(parse_bound("500ms"), Ok(Bound(Some(Duration::from_millis(500)))));
        assert_eq!(parse_bound("0"), Ok(Bound(None)));
        assert!(parse_bound("soon").is_err() && parse_bound("1d").is_err() && parse_bound("").is_err());
        assert!(parse_bound("18446744073709551615h").is_err());
    }

    #[test]
    fn words_that_a_shell_would_take_apart_are_quoted() {
        assert_eq!(quoted("kind-dev"), "kind-dev");
        assert_eq!(quoted("it's mine"), r"'it'\''s mine'");
    }
}
