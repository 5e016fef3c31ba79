//! Decides how templates fit a pod out. Data meets the modules in this order:
//!
//! `template` compiles a template once, `templates` holds them, `facts` is what is known of a pod,
//! `selection` chooses, `parameters` and `rendering` give the patches their values, `passes` applies them,
//! `token` gives new containers what the API server gives every one, `record` writes down what was done, and `decision`
//! is the whole of it. `review` and `workload` are the two ways in: an AdmissionReview, and a manifest that carries a
//! pod. `catalog` reads templates from files, `serve` is the daemon, which watches them, and `validation` says whether
//! one can work before any pod meets it.

pub mod catalog;
mod census;
mod condition;
mod decision;
mod facts;
mod notice;
mod parameters;
mod passes;
pub mod program;
pub mod record;
mod rendering;
mod review;
mod selection;
mod selector;
pub mod serve;
mod template;
mod templates;
mod token;
pub mod validation;
mod workload;

pub use condition::ConditionError;
pub use decision::{Decision, Failure, Outcome, Settings, UnknownTemplates, Verdict, decide};
pub use facts::{Facts, Namespace, Owner, Request, Review};
pub use notice::{Controller, Notice, Notices};
pub use parameters::{ParameterOrigin, ResolveError, ResolvedParameter};
pub use passes::ApplyError;
pub use rendering::RenderPatchError;
pub use review::{Effect, Injector, MAX_REVIEW_SIZE, MAX_REVIEW_VALUES, Reply, ReviewError};
pub use selection::{Candidate, Holder, Origin, Rejection, Selection, UnknownTemplate, select_templates};
pub use selector::{Selector, SelectorError};
pub use template::{Problem, Segment, Template, TemplateReference};
pub use templates::TemplateSet;
pub use workload::{PodLocation, locate_pods};
