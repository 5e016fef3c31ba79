//! Names that Chandler reads from objects and writes on them. Each is written here and nowhere else.

/// The API group of every kind.
pub const GROUP: &str = "chandler.dev";

/// The version of every kind.
pub const VERSION: &str = "v1alpha1";

/// `apiVersion` of every kind.
pub const API_VERSION: &str = "chandler.dev/v1alpha1";

/// Names of the CustomResourceDefinitions of templates, in words.
pub const DEFINITIONS: &str = "injectiontemplates.chandler.dev and clusterinjectiontemplates.chandler.dev";

/// What the suite's annotations and labels start with.
pub const PREFIX: &str = "chandler.dev/";

/// Annotation of a pod or namespace: the templates that it asks for, an ordered list like `"a, cluster/b@9f86d081884c"`.
/// A list of a pod that starts with `+` adds to its namespace's.
pub const TEMPLATES: &str = "chandler.dev/templates";

/// Annotation of a pod or namespace: `"false"` turns every template off but those with mode `Mandatory`.
pub const INJECT: &str = "chandler.dev/inject";

/// Annotation that the injector writes: each template that it applied, with its revision, in order.
pub const INJECTED: &str = "chandler.dev/injected";

/// Key in the API server's audit log, behind the name of the webhook and a slash: templates that were applied, as the record
/// has them.
pub const AUDIT_APPLIED: &str = "applied";

/// Key in the API server's audit log: templates that failed for the pod, as the record would have them.
pub const AUDIT_FAILED: &str = "failed";

/// Prefix of the annotations that set a parameter: `chandler.dev/param.NAME` or `chandler.dev/param.TEMPLATE.NAME`.
pub const PARAMETER_PREFIX: &str = "chandler.dev/param.";

/// What a reference to a template starts with when it means a ClusterInjectionTemplate.
pub const CLUSTER_PREFIX: &str = "cluster/";

/// Label that the API server puts on each namespace: its name.
pub const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Annotation of a mirror pod, the API server's picture of a static pod: no admission can change what runs.
pub const MIRROR_POD: &str = "kubernetes.io/config.mirror";

/// Label that a Deployment's controller puts on its pods: the hash at the end of their ReplicaSet's name.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// Node label, and so a key of `nodeSelector`: the operating system.
pub const NODE_OS_LABEL: &str = "kubernetes.io/os";

/// Condition of a template: whether its newest spec is in force.
pub const COMPILED: &str = "Compiled";

/// Reason of a condition that holds: pods get this revision.
pub const REASON_IN_FORCE: &str = "InForce";

/// Reason of a condition that does not hold: the spec has problems, and an older one serves.
pub const REASON_LAST_REVISION_SERVES: &str = "LastRevisionServes";

/// Reason of a condition that does not hold: the spec has problems, and none serves.
pub const REASON_NOTHING_SERVES: &str = "NothingServes";

/// The injector: its Lease, and what the chart calls its Deployment, its Service and its webhook configurations.
pub const INJECTOR: &str = "chandler-injector";

/// Owner of the fields that the injector writes into the status of templates.
pub const STATUS_FIELD_MANAGER: &str = "chandler-injector-status";

/// What says of an Event that it comes from the injector.
pub const EVENT_REPORTER: &str = "chandler.dev/injector";

/// Reason of an Event: a pod of the workload came without a template that was for it, because that failed.
pub const EVENT_SKIPPED: &str = "InjectionSkipped";

/// Reason of an Event: a pod of the workload was refused.
pub const EVENT_DENIED: &str = "InjectionDenied";

/// Field manager of what the leader keeps of webhook configurations: their `caBundle`.
pub const CERTIFICATE_MANAGER: &str = "chandler-certificates";

/// Environment variable of a tooling container: its own name. By it the container's processes know each other.
pub const SESSION_VARIABLE: &str = "CHANDLER_SESSION";

/// Environment variable of a tooling container: the container that it looks into.
pub const TARGET_VARIABLE: &str = "CHANDLER_TARGET";

/// Environment variable of a tooling container: its profile.
pub const PROFILE_VARIABLE: &str = "CHANDLER_PROFILE";

/// Environment variable of a tooling container: it ends when nobody has used it for so many seconds.
pub const IDLE_VARIABLE: &str = "CHANDLER_IDLE_SECONDS";

/// What the names of tooling containers start with.
pub const SESSION_PREFIX: &str = "chandler-";

/// Label of a pod that `kubectl chandler debug` made: [`DEBUG_COPY`] or [`DEBUG_NODE`].
pub const DEBUG_LABEL: &str = "chandler.dev/debug";

/// Value of [`DEBUG_LABEL`]: the pod is a copy of another.
pub const DEBUG_COPY: &str = "copy";

/// Value of [`DEBUG_LABEL`]: the pod is there to look into its node.
pub const DEBUG_NODE: &str = "node";

/// Annotation of such a pod: when it may be removed, as RFC 3339 has it.
pub const EXPIRES: &str = "chandler.dev/expires";

/// Annotation of such a pod: who made it.
pub const MADE_BY: &str = "chandler.dev/made-by";

/// Annotation of a copy: the pod that it was copied from.
pub const COPY_OF: &str = "chandler.dev/copy-of";

/// Annotation of a pod: the container that is meant where nobody names one.
pub const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// What says of an Event that it comes from the debugger.
pub const DEBUG_EVENT_REPORTER: &str = "chandler.dev/debugger";

/// Reason of an Event: somebody debugs a container of the pod.
pub const EVENT_DEBUGGING: &str = "Debugging";
