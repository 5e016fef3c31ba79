//! Whether a template can work, before any pod meets it: it is tried on sample pods and on real ones, and what it makes of
//! them is held against the rules of the API server. What can never work is an error, what may not is a warning.
//!
//! A plain function of values: the webhook reads the surroundings and asks, and a command line could do the same.

mod judgement;
mod overlap;
mod places;
mod platform;
mod pod;
mod quota;
mod real;
mod samples;
mod trial;
mod values;

use serde_json::Value;

use crate::catalog::compile_object;
use crate::facts::Namespace;
use crate::review::Injector;
use crate::template::{Problem, Template, TemplateReference};
use crate::templates::TemplateSet;

use pod::read;

/// Namespaces in which nothing is ever injected.
const EXCLUDED_NAMESPACE: &str = "kube-system";

/// What a template is held against, besides the rules.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The other templates, the namespaces, and what the platform says.
    pub injector: &'a Injector,
    /// Some pods of namespaces that the template is for, as they are now.
    pub pods: &'a [Value],
    /// ResourceQuotas of those namespaces.
    pub quotas: &'a [Value],
    /// LimitRanges of those namespaces, whose defaults spare a pod the trouble.
    pub limit_ranges: &'a [Value],
    /// Whether there is time for more. What is left out then is said in a warning.
    pub has_time: &'a dyn Fn() -> bool,
}

/// What becomes of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Everything that can never work. Any of them refuses the template.
    pub errors: Vec<Problem>,
    /// What may not work, the most important first.
    pub warnings: Vec<String>,
}

/// A warning and how much it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Warning {
    rank: Rank,
    text: String,
}

/// How much a warning matters, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    RealPod,
    Refused,
    LockOut,
    PodSecurity,
    Quota,
    Overlap,
    Shadow,
    Image,
    Unfinished,
}

/// A template that compiles, ready to be tried.
#[derive(Debug)]
pub struct Subject {
    object: Value,
    reference: TemplateReference,
    /// It alone.
    set: TemplateSet,
}

/// Validates the object of a template of either kind.
#[must_use]
pub fn validate(object: &Value, surroundings: &Surroundings<'_>) -> Verdict {
    match Subject::compile(object) {
        Ok(subject) => subject.examine(surroundings),
        Err(errors) => Verdict { errors, warnings: Vec::new() },
    }
}

impl Subject {
    /// Compiles the object of a template.
    ///
    /// # Errors
    /// It does not compile.
    pub fn compile(object: &Value) -> Result<Self, Vec<Problem>> {
        let template = compile_object(object, "")?;
        let reference = template.reference().clone();
        let mut set = TemplateSet::default();
        set.insert(template);
        Ok(Self { object: object.clone(), reference, set })
    }

    /// The names of the namespaces whose pods the template is for, in order.
    #[must_use]
    pub fn namespaces(&self, injector: &Injector) -> Vec<String> {
        let found = self.template().map(|template| namespaces_of(template, injector)).unwrap_or_default();
        found.into_iter().map(|namespace| namespace.name().to_owned()).collect()
    }

    /// The namespace of an `InjectionTemplate`.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.reference.namespace.as_deref()
    }

    /// Tries the template, and says what is wrong with it.
    #[must_use]
    pub fn examine(&self, surroundings: &Surroundings<'_>) -> Verdict {
        let Some(template) = self.template() else { return Verdict::default() };
        let look = Look { subject: self, template, surroundings };
        let cases = trial::cases(&look);
        let (errors, mut warnings) = judgement::judge(&look, &cases);
        if errors.is_empty() {
            warnings.extend(real::warnings(&look));
            warnings.extend(platform::warnings(&look, &cases));
            warnings.extend(overlap::warnings(&look));
            warnings.extend(unfinished(surroundings));
        }
        warnings.sort_by_key(|warning| warning.rank);
        Verdict { errors, warnings: warnings.into_iter().map(|warning| warning.text).collect() }
    }

    /// The sample pods that the template is for, fitted out with the plainest values, each with what sort of pod it is.
    /// Those on which it fails are left out.
    #[must_use]
    pub fn fitted_samples(&self, surroundings: &Surroundings<'_>) -> Vec<(&'static str, Value)> {
        let Some(template) = self.template() else { return Vec::new() };
        let look = Look { subject: self, template, surroundings };
        let cases =
            trial::cases(&look).into_iter().filter(|case| case.is_for && case.choice.differs.is_none());
        cases.filter_map(|case| Some((case.sort, case.fitted.ok()?))).collect()
    }

    /// A sample pod that every Pod Security level lets through, fitted out; none where the template is for none of them.
    #[must_use]
    pub fn fitted_restricted_sample(&self, surroundings: &Surroundings<'_>) -> Option<Value> {
        let look = Look { subject: self, template: self.template()?, surroundings };
        trial::restricted_case(&look)?.fitted.ok()
    }

    fn template(&self) -> Option<&Template> {
        self.set.get(&self.reference)
    }
}

/// A template that is looked at, among what surrounds it.
#[derive(Clone, Copy)]
struct Look<'a> {
    subject: &'a Subject,
    template: &'a Template,
    surroundings: &'a Surroundings<'a>,
}

impl<'a> Look<'a> {
    fn has_time(&self) -> bool {
        (self.surroundings.has_time)()
    }

    fn source(&self) -> &'a Value {
        &self.subject.object
    }

    /// Namespaces whose pods the template is for.
    fn namespaces(&self) -> Vec<&'a Namespace> {
        namespaces_of(self.template, self.surroundings.injector)
    }

    /// The namespace of the samples: its own, or one that its selector selects.
    fn sample_namespace(&self) -> Namespace {
        match &self.template.reference.namespace {
            Some(name) => {
                let known = self.surroundings.injector.namespaces.get(name);
                known.map_or_else(|| Namespace::named(name), |namespace| namespace.as_ref().clone())
            }
            None => samples::sample_namespace(self.source()),
        }
    }
}

impl Warning {
    fn new(rank: Rank, text: impl Into<String>) -> Self {
        Self { rank, text: text.into() }
    }
}

fn namespaces_of<'a>(template: &Template, injector: &'a Injector) -> Vec<&'a Namespace> {
    let own = template.reference.namespace.as_deref();
    let is_for = |namespace: &&Namespace| {
        let labels = crate::facts::metadata_map(namespace.object(), "labels");
        namespace.name() != EXCLUDED_NAMESPACE
            && own.is_none_or(|own| own == namespace.name())
            && template.limits.namespace_selector.matches(labels)
    };
    let mut found: Vec<_> = injector.namespaces.values().map(AsRef::as_ref).filter(is_for).collect();
    found.sort_by_key(|namespace| namespace.name());
    found
}

fn unfinished(surroundings: &Surroundings<'_>) -> Option<Warning> {
    let text = "the template takes so long to try that not everything was looked at";
    (!(surroundings.has_time)()).then(|| Warning::new(Rank::Unfinished, text))
}

/// Some names, and how many more there are.
fn enumerate<'n>(names: impl IntoIterator<Item = &'n str>, most: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
