//! What is the same for all pods of a run: asked of the cluster at once, before anything is made.

use std::time::Duration;

use chandler_api::debug::RecipeView;
use chandler_debugger::plan::SessionWish;
use chandler_debugger::profile::ProfileChoice;
use chandler_debugger::script::ViewChoice;
use chandler_debugger::toolbox::{Recipe, Toolbox};
use serde_json::Value;
use tokio::time::Instant;

use super::failure::Failure;
use super::made::Made;
use super::pods::{Found, find_pods, name_of};
use super::request::{Manner, Request, Tools};
use super::rights::Asked;
use super::target::Target;
use super::voice::Voice;
use crate::cluster::{Cluster, ClusterError, NAMESPACES, NODES, PODS};
use crate::toolboxes::{Shelf, ToolboxError, labels_of};

/// What is the same for all pods of a run.
#[derive(Clone)]
pub(crate) struct Context<'c> {
    pub(crate) cluster: &'c Cluster,
    pub(crate) request: &'c Request,
    /// The namespace object; null where we may not see it.
    pub(crate) namespace: Value,
    pub(crate) toolbox: Toolbox,
    pub(crate) recipe: Option<Recipe>,
    pub(crate) rights: Asked,
    /// Pods that are to be removed at the end.
    pub(crate) made: &'c Made,
    /// Until then there has to be a session. Each of several pods has its own.
    pub(crate) deadline: Instant,
}

impl<'c> Context<'c> {
    /// Asks for everything at once, and gives the pods, or the node, too.
    ///
    /// # Errors
    /// There is no pod, no toolbox, or no answer.
    pub(crate) async fn prepare(
        (cluster, request): (&'c Cluster, &'c Request),
        made: &'c Made,
        voice: &Voice,
    ) -> Result<(Self, Vec<Value>), Failure> {
        let deadline = Instant::now() + request.timeout;
        let rights = Asked::ask(cluster, request);
        let asked = async {
            tokio::join!(
                find(cluster, request),
                cluster.get(&NAMESPACES, None, cluster.namespace()),
                gather(cluster, request),
            )
        };
        let asked = tokio::time::timeout_at(deadline, asked).await;
        let (found, namespace, shelf) = asked.map_err(|_| late(request.timeout))?;
        let (found, shelf) = (found?, shelf?);
        let namespace = namespace.unwrap_or_default();
        let toolbox = choose(request, &shelf, (&namespace, voice))?;
        let recipe = recipe_of(request, &toolbox)?;
        if let Some(note) = found.note {
            voice.remark(note);
        }
        Ok((Self { cluster, request, namespace, toolbox, recipe, rights, made, deadline }, found.pods))
    }

    /// For a pod whose turn comes now.
    pub(crate) fn renewed(&self) -> Self {
        Self { deadline: Instant::now() + self.request.timeout, ..self.clone() }
    }

    /// What its container may do.
    pub(crate) fn profile(&self) -> ProfileChoice {
        self.toolbox.profile(self.request.profile, self.recipe.as_ref())
    }

    /// The tooling container that is wished for.
    pub(crate) fn wish<'w>(&'w self, name: &'w str) -> SessionWish<'w> {
        SessionWish {
            name,
            target: self.request.container.as_deref(),
            toolbox: &self.toolbox,
            profile: self.profile(),
            custom: self.request.custom.as_ref(),
            idle: self.request.idle,
            pull_policy: self.request.pull_policy,
        }
    }

    /// Whose file system the command works in.
    pub(crate) fn view(&self) -> ViewChoice {
        match self.recipe.as_ref().map(|recipe| recipe.view) {
            Some(RecipeView::Toolbox) => ViewChoice::Toolbox,
            _ => ViewChoice::Target,
        }
    }

    /// The pod after a moment, where it may be about to start.
    ///
    /// # Errors
    /// The time is over, which is `late`, or the pod cannot be seen.
    pub(crate) async fn look_again(
        &self,
        pod: &Value,
        pause: Duration,
        late: impl FnOnce() -> Failure,
    ) -> Result<Value, Failure> {
        let next = Instant::now() + pause;
        if next > self.deadline {
            return Err(late());
        }
        tokio::time::sleep_until(next).await;
        Ok(self.cluster.get(&PODS, Some(self.cluster.namespace()), name_of(pod)).await?)
    }

    /// The words to run. Empty: a shell.
    pub(crate) fn words(&self) -> Vec<String> {
        let own = self.recipe.iter().flat_map(|recipe| &recipe.command);
        own.chain(&self.request.command).cloned().collect()
    }

    /// How they are run.
    pub(crate) fn manner(&self) -> Manner {
        self.request.manner(self.recipe.as_ref())
    }
}

async fn find(cluster: &Cluster, request: &Request) -> Result<Found, ClusterError> {
    match &request.target {
        Target::Node(name) => {
            let node = cluster.get(&NODES, None, name).await?;
            Ok(Found { pods: vec![node], note: None })
        }
        target => find_pods(cluster, target, request.all).await,
    }
}

/// An image needs no toolbox.
async fn gather(cluster: &Cluster, request: &Request) -> Result<Shelf, ClusterError> {
    match &request.tools {
        Tools::Image(_) => Ok(Shelf::default()),
        Tools::Toolbox(_) => Shelf::gather(cluster).await,
    }
}

fn choose(
    request: &Request,
    shelf: &Shelf,
    (namespace, voice): (&Value, &Voice),
) -> Result<Toolbox, Failure> {
    let name = match &request.tools {
        Tools::Image(image) => return Ok(Toolbox::of_image(image, image)),
        Tools::Toolbox(name) => name,
    };
    shelf.notes.iter().for_each(|note| voice.note(note));
    let choice = shelf.choose(&labels_of(namespace), name.as_deref())?;
    choice.notes.iter().for_each(|note| voice.note(note));
    Ok(choice.toolbox)
}

fn recipe_of(request: &Request, toolbox: &Toolbox) -> Result<Option<Recipe>, ToolboxError> {
    let Some(name) = &request.recipe else { return Ok(None) };
    let recipe = toolbox.recipes.get(name).cloned();
    let missing = || {
        let names: Vec<_> = toolbox.recipes.keys().map(String::as_str).collect();
        ToolboxError::NoRecipe { toolbox: toolbox.name.clone(), name: name.clone(), there: names.join(", ") }
    };
    recipe.ok_or_else(missing).map(Some)
}

fn late(waited: Duration) -> Failure {
    Failure::Late { waited, seen: "the API server has not answered".to_owned() }
}
