//! `explain` on objects of a cluster: what a pod was given, and what a pod like it would get now.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use chandler_injector::catalog::{FileProblem, expand_sources, read_templates};
use chandler_injector::{Decision, Injector, Owner, PodLocation, Verdict, locate_pods};
use serde_json::Value;

use super::Writer;
use super::account::{Account, OwnerAccount, PodsAccount, TemplateAccount};
use super::target::{Target, parse_targets};
use crate::args::{ExplainArgs, ExplainOutput};
use crate::cluster::{Cluster, ClusterError, block_on};
use crate::documents::decide_about;
use crate::live::{Live, LiveTemplate, Renewal, Survey, pod_owner, record_standing, survey_workload};
use crate::report::{Reporter, usage};

/// Explains each target.
pub(super) fn run(args: &ExplainArgs, mut reporter: Reporter) -> ExitCode {
    let targets = match parse_targets(&args.targets) {
        Ok(targets) => targets,
        Err(error) => return usage(&error.to_string()),
    };
    match block_on(explain_targets(args, &targets, &mut reporter)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => reporter.failure(error),
        Err(error) => reporter.failure(error),
    }
    reporter.finish()
}

/// The cluster, and the templates to decide with: those of the cluster, and local ones in their place.
struct Explainer<'a> {
    args: &'a ExplainArgs,
    cluster: Cluster,
    live: Live,
    injector: Injector,
    /// Whether every local template could be read.
    is_complete: bool,
}

async fn explain_targets(
    args: &ExplainArgs,
    targets: &[Target],
    reporter: &mut Reporter,
) -> Result<(), ClusterError> {
    let cluster = Cluster::open(&args.cluster).await?;
    let live = Live::read(&cluster, Some(cluster.namespace()), args.settings.settings()).await?;
    let mut injector = live.injector.clone();
    let is_complete = add_local_templates(args, cluster.namespace(), &mut injector, reporter);
    let explainer = Explainer { args, cluster, live, injector, is_complete };
    let mut writer = Writer::new(args);
    for target in targets {
        let written = match explainer.explain(target, reporter).await {
            Ok(account) => explainer.write(account, &mut writer, reporter),
            Err(error) => {
                reporter.failure(error);
                Ok(())
            }
        };
        reporter.written(written);
    }
    reporter.written(writer.output.flush());
    Ok(())
}

/// Adds the templates of `--templates`, each in place of the live one of its scope and name.
fn add_local_templates(
    args: &ExplainArgs,
    namespace: &str,
    injector: &mut Injector,
    reporter: &mut Reporter,
) -> bool {
    let (sources, errors) = expand_sources(&args.templates, args.recursive);
    let read = read_templates(&sources, namespace);
    let problems = errors.iter().map(FileProblem::of_source).chain(read.problems);
    let count = problems.map(|problem| reporter.problem(&problem)).count();
    injector.templates.merge(read.found);
    count == 0
}

impl Explainer<'_> {
    async fn explain(
        &self,
        target: &Target,
        reporter: &mut Reporter,
    ) -> Result<Option<Account>, ClusterError> {
        let namespace = self.cluster.namespace();
        let object = self.cluster.get(target.resource, Some(namespace), &target.name).await?;
        let Some(mut location) = locate_pods(&object).into_iter().next() else {
            reporter.failure(format_args!("{}/{} carries no pod", target.resource.singular(), target.name));
            return Ok(None);
        };
        let admitted = owner_at_admission(&location);
        let owner = std::mem::replace(&mut location.owner, admitted);
        let Some(pod) = decide_about(&self.injector, &object, location, namespace.to_owned()) else {
            return Ok(None);
        };
        let mut account = Account::of(&pod, &self.injector);
        self.add_broken(&mut account, &pod.decision, reporter);
        self.add_reach(&mut account);
        match target.resource.kind {
            "Pod" => self.add_record(&mut account, &object),
            "PodTemplate" => {}
            _ => account.pods = Some(self.pods_of(&object, &owner, &pod.decision).await?),
        }
        Ok(Some(account))
    }

    /// Live templates that do not compile, unless a local one is in their place. It is an error where one is for the
    /// pod: what is decided without it is not the whole.
    fn add_broken(&self, account: &mut Account, decision: &Decision<'_>, reporter: &mut Reporter) {
        let is_replaced =
            |template: &&LiveTemplate| self.injector.templates.get(&template.reference).is_some();
        for template in self.live.broken(Some(&account.namespace)).filter(|template| !is_replaced(template)) {
            let is_asked_for =
                decision.unknown.iter().any(|unknown| template.is_meant_by(&unknown.reference));
            if is_asked_for || !template.is_on_request() {
                template.complaints().for_each(|complaint| reporter.failure(complaint));
            }
            account.templates.push(TemplateAccount::broken(template));
        }
    }

    fn add_reach(&self, account: &mut Account) {
        let namespace = self.live.namespace(&account.namespace);
        if !self.live.reach.includes(&namespace) {
            let name = namespace.name();
            account.warnings.push(format!(
                "the webhook leaves out namespace {name}: whatever would be decided, no pod there is fitted out"
            ));
        }
    }

    fn add_record(&self, account: &mut Account, pod: &Value) {
        account.record = Some(record_standing(pod, &account.namespace, &self.live));
        let Owner { kind, name } = pod_owner(pod);
        account.owner = (kind != "Pod").then_some(OwnerAccount { kind, name });
    }

    async fn pods_of(
        &self,
        object: &Value,
        owner: &Owner,
        decision: &Decision<'_>,
    ) -> Result<PodsAccount, ClusterError> {
        let applied =
            decision.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Applied(_)));
        let expected = applied.map(|outcome| outcome.template.reference().clone()).collect();
        let survey =
            survey_workload(&self.cluster, (object, owner), &self.live, Survey::expecting(expected)).await?;
        let total = survey.total();
        let flags = self.args.cluster.kubectl_flags();
        let renewal = (total.stale > 0).then(|| Renewal::of(owner, self.cluster.namespace(), &flags));
        let findings = total.findings().cloned().collect();
        Ok(PodsAccount { total: total.pods, stale: total.stale, findings, renewal })
    }

    fn write(
        &self,
        account: Option<Account>,
        writer: &mut Writer,
        reporter: &mut Reporter,
    ) -> io::Result<()> {
        let Some(account) = account else { return Ok(()) };
        if let Some(denial) = account.denied.as_deref().filter(|_| self.is_complete) {
            match self.args.output {
                ExplainOutput::Text => reporter.count_denial(),
                ExplainOutput::Json | ExplainOutput::Yaml => {
                    let object = format!("{} {}/{}", account.kind, account.namespace, account.name);
                    reporter.denial(&FileProblem::of_file(&object, denial));
                }
            }
        }
        writer.write(&account)
    }
}

/// The workload that admission sees: a CronJob's pods come from the Job that it makes, named after the minute.
fn owner_at_admission(location: &PodLocation) -> Owner {
    if location.kind != "CronJob" {
        return location.owner.clone();
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Owner { kind: "Job".to_owned(), name: format!("{}-{}", location.name, now.as_secs() / 60) }
}
