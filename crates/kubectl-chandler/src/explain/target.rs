//! What `TYPE/NAME` and `TYPE NAME` mean.

use thiserror::Error;

use crate::cluster::{CARRIERS, Resource};

/// A live object to explain.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) resource: &'static Resource,
    pub(crate) name: String,
}

/// Why words name no object.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum TargetError {
    /// There is a type and no name.
    #[error("{word} of which name? Want TYPE/NAME or TYPE NAME, such as deploy/shop")]
    NoName {
        /// What was typed.
        word: String,
    },
    /// `TYPE/NAME` and `TYPE NAME` do not mix.
    #[error("{word:?} is not TYPE/NAME, as the words before it are")]
    Mixed {
        /// What was typed.
        word: String,
    },
    /// The type carries no pods.
    #[error("{word:?} is no type of object that carries pods; these do: {}", known())]
    Type {
        /// What was typed.
        word: String,
    },
}

fn known() -> String {
    let names: Vec<_> = CARRIERS.iter().map(Resource::singular).collect();
    names.join(" ")
}

/// Reads `TYPE/NAME …` or `TYPE NAME …`.
pub(crate) fn parse_targets(words: &[String]) -> Result<Vec<Target>, TargetError> {
    match words {
        [] => Ok(Vec::new()),
        [kind, names @ ..] if !kind.contains('/') => {
            if names.is_empty() {
                return Err(TargetError::NoName { word: kind.clone() });
            }
            names.iter().map(|name| target(kind, name)).collect()
        }
        words => words.iter().map(|word| pair(word)).collect(),
    }
}

fn pair(word: &str) -> Result<Target, TargetError> {
    let (kind, name) = word.split_once('/').ok_or_else(|| TargetError::Mixed { word: word.to_owned() })?;
    target(kind, name)
}

fn target(kind: &str, name: &str) -> Result<Target, TargetError> {
    let resource = Resource::carrier(kind).ok_or_else(|| TargetError::Type { word: kind.to_owned() })?;
    match name {
        "" => Err(TargetError::NoName { word: kind.to_owned() }),
        _ if name.contains('/') => Err(TargetError::Mixed { word: name.to_owned() }),
        _ => Ok(Target { resource, name: name.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<(&'static str, String)>, String> {
        let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        let targets = parse_targets(&words).map_err(|error| error.to_string())?;
        Ok(targets.into_iter().map(|target| (target.resource.kind, target.name)).collect())
    }

    #[test]
    fn both_ways_of_naming_objects_are_read() {
        let both = vec![("Pod", "a".to_owned()), ("Pod", "b".to_owned())];
        assert_eq!(parse("pod/a po/b"), Ok(both.clone()));
        assert_eq!(parse("pods a b"), Ok(both));
        assert_eq!(parse("deploy/web sts/db").unwrap().len(), 2);
    }

    #[test]
    fn words_that_name_no_object_are_told() {
        for (words, message) in [
            ("deploy", "deploy of which name?"),
            ("deploy/", "deploy of which name?"),
            ("pod/a b", "\"b\" is not TYPE/NAME"),
            ("pod a/b", "\"a/b\" is not TYPE/NAME"),
            ("service/a", "\"service\" is no type of object that carries pods; these do: pod deployment"),
        ] {
            assert!(parse(words).unwrap_err().starts_with(message), "{words}");
        }
    }
}
