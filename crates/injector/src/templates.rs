//! The templates that a decision chooses from, in the order in which it does.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chandler_api::injection::SelectionMode;

use crate::record::{Recorded, read_record};
use crate::template::{Template, TemplateReference};

/// Compiled templates, found by name and listed by order.
#[derive(Debug, Default, Clone)]
pub struct TemplateSet {
    by_reference: HashMap<TemplateReference, Arc<Template>>,
    /// Templates that nobody has to ask for: of the cluster, and of each namespace; by order and name.
    cluster_wide: Vec<Arc<Template>>,
    by_namespace: HashMap<String, Vec<Arc<Template>>>,
    /// Revisions that were effective a moment ago: a pod on its way in may have met one of them.
    earlier: HashMap<TemplateReference, Vec<Arc<Template>>>,
}

impl TemplateSet {
    /// Adds a template, in place of one of the same scope and name, which is given back.
    pub fn insert(&mut self, template: Template) -> Option<Arc<Template>> {
        self.insert_shared(Arc::new(template))
    }

    /// Adds every template of another set, each in place of one of the same scope and name.
    pub fn merge(&mut self, other: Self) {
        for template in other.by_reference.into_values() {
            self.insert_shared(template);
        }
    }

    fn insert_shared(&mut self, template: Arc<Template>) -> Option<Arc<Template>> {
        let reference = template.reference().clone();
        let previous = self.remove(&reference);
        if template.mode() != SelectionMode::OnRequest {
            let unasked = self.unasked_mut(&reference);
            let place = unasked.partition_point(|other| precedes(other, &template) == Ordering::Less);
            unasked.insert(place, Arc::clone(&template));
        }
        self.by_reference.insert(reference, template);
        previous
    }

    /// Takes a template out, and gives it back.
    pub fn remove(&mut self, reference: &TemplateReference) -> Option<Arc<Template>> {
        let template = self.by_reference.remove(reference)?;
        self.unasked_mut(reference).retain(|template| template.reference() != reference);
        Some(template)
    }

    /// Keeps a revision that is not effective any more, for pods whose record names it.
    pub fn keep_earlier(&mut self, template: Arc<Template>) {
        self.earlier.entry(template.reference().clone()).or_default().push(template);
    }

    /// Lets go of a revision that was kept.
    pub fn forget_earlier(&mut self, template: &Arc<Template>) {
        if let Some(kept) = self.earlier.get_mut(template.reference()) {
            kept.retain(|other| !Arc::ptr_eq(other, template));
            if kept.is_empty() {
                self.earlier.remove(template.reference());
            }
        }
    }

    /// The templates for a pod of a namespace that has a record already: those that it names are of the revisions that it
    /// names, where they were effective a moment ago. So a pod that the API server brings a second time, since another
    /// webhook has changed it, is never fitted out half from one revision and half from the next.
    #[must_use]
    pub fn as_recorded(&self, record: &str, namespace: &str) -> Cow<'_, Self> {
        let kept = |recorded: Recorded<'_>| {
            let is_it = |template: &&Arc<Template>| template.revision() == recorded.revision;
            self.earlier.get(&recorded.reference)?.iter().rfind(is_it).cloned()
        };
        let is_effective = |recorded: &Recorded<'_>| {
            self.get(&recorded.reference).is_some_and(|now| now.revision() == recorded.revision)
        };
        let mut templates = Cow::Borrowed(self);
        for recorded in read_record(record, namespace).filter(|recorded| !is_effective(recorded)) {
            if let Some(template) = kept(recorded) {
                templates.to_mut().insert_shared(template);
            }
        }
        templates
    }

    fn unasked_mut(&mut self, reference: &TemplateReference) -> &mut Vec<Arc<Template>> {
        match &reference.namespace {
            None => &mut self.cluster_wide,
            Some(namespace) => self.by_namespace.entry(namespace.clone()).or_default(),
        }
    }

    /// The template of exactly this scope and name.
    #[must_use]
    pub fn get(&self, reference: &TemplateReference) -> Option<&Template> {
        self.by_reference.get(reference).map(Arc::as_ref)
    }

    /// Every template that pods of a namespace can have, by name, those of the namespace first.
    #[must_use]
    pub fn visible(&self, namespace: &str) -> Vec<&Template> {
        let reaches =
            |template: &&Template| template.reference.namespace.as_deref().is_none_or(|own| own == namespace);
        let mut visible: Vec<_> = self.by_reference.values().map(Arc::as_ref).filter(reaches).collect();
        visible.sort_by_key(|template| (template.reference.namespace.is_none(), &template.reference.name));
        visible
    }

    /// The templates with mode Default or Mandatory for pods of a namespace, by (order, name).
    pub fn unasked(&self, namespace: &str) -> impl Iterator<Item = &Template> {
        let own = self.by_namespace.get(namespace).map(Vec::as_slice).unwrap_or_default();
        let (mut own, mut shared) = (own.iter().peekable(), self.cluster_wide.iter().peekable());
        std::iter::from_fn(move || match (own.peek(), shared.peek()) {
            (Some(first), Some(second)) if precedes(first, second) == Ordering::Greater => shared.next(),
            (Some(_), _) => own.next(),
            (None, _) => shared.next(),
        })
        .map(Arc::as_ref)
    }

    /// The templates of these names alone, in every scope: what an annotation means depends on no other.
    pub(crate) fn of_names(&self, names: &HashSet<String>) -> Self {
        let mut some = Self::default();
        let named = self.by_reference.values().filter(|template| names.contains(&template.reference.name));
        for template in named {
            some.insert_shared(Arc::clone(template));
        }
        some
    }

    /// Which templates there are, in no order.
    pub fn references(&self) -> impl Iterator<Item = &TemplateReference> {
        self.by_reference.keys()
    }

    /// How many templates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_reference.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_reference.is_empty()
    }
}

/// Order of templates that nobody asked for: by `order`, then by name, then the cluster's before a namespace's.
fn precedes(one: &Template, other: &Template) -> Ordering {
    fn key(template: &Template) -> (i32, &str, bool) {
        (template.order, &template.reference.name, template.reference.namespace.is_some())
    }
    key(one).cmp(&key(other))
}
