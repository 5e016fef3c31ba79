//! The Kubernetes vocabulary of Chandler: its kinds, and the names that it writes on objects.
//! No I/O: what is here is what a user types, and what the API server stores.

pub mod debug;
pub mod injection;
pub mod names;

pub use debug::{DebugToolbox, DebugToolboxSpec};
pub use injection::{
    ClusterInjectionTemplate, InjectionTemplate, InjectionTemplateSpec, InjectionTemplateStatus,
};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;

/// Every CustomResourceDefinition of the suite, in the order in which `crds/` holds them.
#[must_use]
pub fn custom_resource_definitions() -> Vec<CustomResourceDefinition> {
    vec![ClusterInjectionTemplate::crd(), DebugToolbox::crd(), InjectionTemplate::crd()]
}
