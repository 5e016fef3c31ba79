//! What the templates are to the pods of one namespace, as far as the namespace decides it.

use std::collections::HashMap;

use anstyle::Style;
use chandler_api::injection::SelectionMode;
use chandler_api::names;
use chandler_injector::{
    Facts, Origin, Owner, Rejection, Request, Review, Selection, TemplateReference, select_templates,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::live::{Live, LiveTemplate};
use crate::style;

/// What a template is to the pods of a namespace. Its other limits may still leave out one or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Here {
    /// Every pod gets it.
    Mandatory,
    /// Every pod gets it that does not turn injection off.
    Default,
    /// The namespace asks for it, for pods that do not ask for others.
    Requested,
    /// Pods get it that ask for it.
    OnRequest,
    /// The namespace turns injection off.
    TurnedOff,
    /// The labels of the namespace do not match, or the webhook does not see it.
    No,
}

/// What each template is to the pods of one namespace.
#[derive(Debug)]
pub(crate) struct Applies {
    by_reference: HashMap<TemplateReference, Here>,
}

impl Applies {
    /// Asks the selection itself: about a pod that says nothing, and about one that asks for every template.
    pub(crate) fn to(namespace: &str, live: &Live) -> Self {
        let mut by_reference = HashMap::new();
        let on_request = live
            .injector
            .templates
            .visible(namespace)
            .into_iter()
            .filter(|template| template.mode() == SelectionMode::OnRequest);
        let names: Vec<_> = on_request.map(|template| template.reference().to_string()).collect();
        let asking = json!({"metadata": {"annotations": {names::TEMPLATES: names.join(",")}}});
        for pod in [asking, json!({})] {
            by_reference.extend(look(namespace, &pod, live));
        }
        if !live.reach.includes(&live.namespace(namespace)) {
            by_reference.values_mut().for_each(|here| *here = Here::No);
        }
        Self { by_reference }
    }

    /// What a template is there; none of one that does not compile.
    pub(crate) fn of(&self, template: &LiveTemplate) -> Option<Here> {
        self.by_reference.get(&template.reference).copied()
    }
}

fn look(namespace: &str, pod: &Value, live: &Live) -> Vec<(TemplateReference, Here)> {
    let namespace = live.namespace(namespace);
    let review = Review { pod, namespace: &namespace, owner: Owner::default(), request: Request::default() };
    let facts = Facts::gather(&review, &live.injector.settings.cluster);
    let Selection { selected, rejected, .. } = select_templates(&live.injector.templates, &facts);
    let selected = selected.into_iter().map(|candidate| (candidate, None));
    let looked_at =
        selected.chain(rejected.into_iter().map(|(candidate, rejection)| (candidate, Some(rejection))));
    looked_at
        .map(|(candidate, rejection)| {
            (candidate.template.reference().clone(), here(candidate.origin, rejection.as_ref()))
        })
        .collect()
}

fn here(origin: Origin, rejection: Option<&Rejection>) -> Here {
    match (rejection, origin) {
        (Some(Rejection::NamespaceSelector), _) => Here::No,
        (Some(Rejection::TurnedOff(_)), _) => Here::TurnedOff,
        (_, Origin::Mandatory) => Here::Mandatory,
        (_, Origin::Default) => Here::Default,
        (_, Origin::Namespace) => Here::Requested,
        (_, Origin::Pod) => Here::OnRequest,
    }
}

impl Here {
    /// The words for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Mandatory => "mandatory",
            Self::Default => "by default",
            Self::Requested => "requested",
            Self::OnRequest => "on request",
            Self::TurnedOff => "turned off",
            Self::No => "no",
        }
    }

    /// Their colour.
    pub(crate) fn style(self) -> Style {
        match self {
            Self::Mandatory | Self::Default | Self::Requested => style::GOOD,
            Self::OnRequest => Style::new(),
            Self::TurnedOff | Self::No => style::FAINT,
        }
    }
}
