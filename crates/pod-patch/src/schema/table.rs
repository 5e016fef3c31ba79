//! The merge rules of the pod type. Made by `make merge-table` from Kubernetes' OpenAPI document:
//! do not edit.

use super::{Field, Key, Shape, Type};

static AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE: Type = Type {
    name: "AWSElasticBlockStoreVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "partition", shape: Shape::Scalar },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "volumeID", shape: Shape::Text },
    ],
};

static AFFINITY: Type = Type {
    name: "Affinity",
    one_of: &[],
    fields: &[
        Field { name: "nodeAffinity", shape: Shape::Object(&NODE_AFFINITY) },
        Field { name: "podAffinity", shape: Shape::Object(&POD_AFFINITY) },
        Field { name: "podAntiAffinity", shape: Shape::Object(&POD_ANTI_AFFINITY) },
    ],
};

static APP_ARMOR_PROFILE: Type = Type {
    name: "AppArmorProfile",
    one_of: &[],
    fields: &[
        Field { name: "localhostProfile", shape: Shape::Text },
        Field { name: "type", shape: Shape::Text },
    ],
};

static AZURE_DISK_VOLUME_SOURCE: Type = Type {
    name: "AzureDiskVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "cachingMode", shape: Shape::Text },
        Field { name: "diskName", shape: Shape::Text },
        Field { name: "diskURI", shape: Shape::Text },
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "kind", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
    ],
};

static AZURE_FILE_VOLUME_SOURCE: Type = Type {
    name: "AzureFileVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "secretName", shape: Shape::Text },
        Field { name: "shareName", shape: Shape::Text },
    ],
};

static CSI_VOLUME_SOURCE: Type = Type {
    name: "CSIVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "driver", shape: Shape::Text },
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "nodePublishSecretRef", shape: Shape::Object(&LOCAL_OBJECT_REFERENCE) },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "volumeAttributes", shape: Shape::Map(&Shape::Text) },
    ],
};

static CAPABILITIES: Type = Type {
    name: "Capabilities",
    one_of: &[],
    fields: &[
        Field { name: "add", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "drop", shape: Shape::Atomic(&Shape::Text) },
    ],
};

static CEPH_FS_VOLUME_SOURCE: Type = Type {
    name: "CephFSVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "monitors", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "path", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "secretFile", shape: Shape::Text },
        Field { name: "secretRef", shape: Shape::Object(&LOCAL_OBJECT_REFERENCE) },
        Field { name: "user", shape: Shape::Text },
    ],
};

static CINDER_VOLUME_SOURCE: Type = Type {
    name: "CinderVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "secretRef", shape: Shape::Object(&LOCAL_OBJECT_REFERENCE) },
        Field { name: "volumeID", shape: Shape::Text },
    ],
};

static CLUSTER_TRUST_BUNDLE_PROJECTION: Type = Type {
    name: "ClusterTrustBundleProjection",
    one_of: &[],
    fields: &[
        Field { name: "labelSelector", shape: Shape::Object(&LABEL_SELECTOR) },
        Field { name: "name", shape: Shape::Text },
        Field { name: "optional", shape: Shape::Scalar },
        Field { name: "path", shape: Shape::Text },
        Field { name: "signerName", shape: Shape::Text },
    ],
};

static CONFIG_MAP_ENV_SOURCE: Type = Type {
    name: "ConfigMapEnvSource",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "optional", shape: Shape::Scalar },
    ],
};

static CONFIG_MAP_KEY_SELECTOR: Type = Type {
    name: "ConfigMapKeySelector",
    one_of: &[],
    fields: &[
        Field { name: "key", shape: Shape::Text },
        Field { name: "name", shape: Shape::Text },
        Field { name: "optional", shape: Shape::Scalar },
    ],
};

static CONFIG_MAP_PROJECTION: Type = Type {
    name: "ConfigMapProjection",
    one_of: &[],
    fields: &[
        Field { name: "items", shape: Shape::Atomic(&Shape::Object(&KEY_TO_PATH)) },
        Field { name: "name", shape: Shape::Text },
        Field { name: "optional", shape: Shape::Scalar },
    ],
};

static CONFIG_MAP_VOLUME_SOURCE: Type = Type {
    name: "ConfigMapVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "defaultMode", shape: Shape::Scalar },
        Field { name: "items", shape: Shape::Atomic(&Shape::Object(&KEY_TO_PATH)) },
        Field { name: "name", shape: Shape::Text },
        Field { name: "optional", shape: Shape::Scalar },
    ],
};

pub(super) static CONTAINER: Type = Type {
    name: "Container",
    one_of: &[],
    fields: &[
        Field { name: "args", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "command", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "env", shape: Shape::Keyed { item: &ENV_VAR, keys: &[Key { field: "name", default: None }] } },
        Field { name: "envFrom", shape: Shape::Atomic(&Shape::Object(&ENV_FROM_SOURCE)) },
        Field { name: "image", shape: Shape::Text },
        Field { name: "imagePullPolicy", shape: Shape::Text },
        Field { name: "lifecycle", shape: Shape::Object(&LIFECYCLE) },
        Field { name: "livenessProbe", shape: Shape::Object(&PROBE) },
        Field { name: "name", shape: Shape::Text },
        Field { name: "ports", shape: Shape::Keyed { item: &CONTAINER_PORT, keys: &[Key { field: "containerPort", default: None }, Key { field: "protocol", default: Some("TCP") }] } },
        Field { name: "readinessProbe", shape: Shape::Object(&PROBE) },
        Field { name: "resizePolicy", shape: Shape::Atomic(&Shape::Object(&CONTAINER_RESIZE_POLICY)) },
        Field { name: "resources", shape: Shape::Object(&RESOURCE_REQUIREMENTS) },
        Field { name: "restartPolicy", shape: Shape::Text },
        Field { name: "restartPolicyRules", shape: Shape::Atomic(&Shape::Object(&CONTAINER_RESTART_RULE)) },
        Field { name: "securityContext", shape: Shape::Object(&SECURITY_CONTEXT) },
        Field { name: "startupProbe", shape: Shape::Object(&PROBE) },
        Field { name: "stdin", shape: Shape::Scalar },
        Field { name: "stdinOnce", shape: Shape::Scalar },
        Field { name: "terminationMessagePath", shape: Shape::Text },
        Field { name: "terminationMessagePolicy", shape: Shape::Text },
        Field { name: "tty", shape: Shape::Scalar },
        Field { name: "volumeDevices", shape: Shape::Keyed { item: &VOLUME_DEVICE, keys: &[Key { field: "devicePath", default: None }] } },
        Field { name: "volumeMounts", shape: Shape::Keyed { item: &VOLUME_MOUNT, keys: &[Key { field: "mountPath", default: None }] } },
        Field { name: "workingDir", shape: Shape::Text },
    ],
};

static CONTAINER_EXTENDED_RESOURCE_REQUEST: Type = Type {
    name: "ContainerExtendedResourceRequest",
    one_of: &[],
    fields: &[
        Field { name: "containerName", shape: Shape::Text },
        Field { name: "requestName", shape: Shape::Text },
        Field { name: "resourceName", shape: Shape::Text },
    ],
};

static CONTAINER_PORT: Type = Type {
    name: "ContainerPort",
    one_of: &[],
    fields: &[
        Field { name: "containerPort", shape: Shape::Scalar },
        Field { name: "hostIP", shape: Shape::Text },
        Field { name: "hostPort", shape: Shape::Scalar },
        Field { name: "name", shape: Shape::Text },
        Field { name: "protocol", shape: Shape::Text },
    ],
};

static CONTAINER_RESIZE_POLICY: Type = Type {
    name: "ContainerResizePolicy",
    one_of: &[],
    fields: &[
        Field { name: "resourceName", shape: Shape::Text },
        Field { name: "restartPolicy", shape: Shape::Text },
    ],
};

static CONTAINER_RESTART_RULE: Type = Type {
    name: "ContainerRestartRule",
    one_of: &[],
    fields: &[
        Field { name: "action", shape: Shape::Text },
        Field { name: "exitCodes", shape: Shape::Object(&CONTAINER_RESTART_RULE_ON_EXIT_CODES) },
    ],
};

static CONTAINER_RESTART_RULE_ON_EXIT_CODES: Type = Type {
    name: "ContainerRestartRuleOnExitCodes",
    one_of: &[],
    fields: &[
        Field { name: "operator", shape: Shape::Text },
        Field { name: "values", shape: Shape::Atomic(&Shape::Scalar) },
    ],
};

static CONTAINER_STATE: Type = Type {
    name: "ContainerState",
    one_of: &[],
    fields: &[
        Field { name: "running", shape: Shape::Object(&CONTAINER_STATE_RUNNING) },
        Field { name: "terminated", shape: Shape::Object(&CONTAINER_STATE_TERMINATED) },
        Field { name: "waiting", shape: Shape::Object(&CONTAINER_STATE_WAITING) },
    ],
};

static CONTAINER_STATE_RUNNING: Type = Type {
    name: "ContainerStateRunning",
    one_of: &[],
    fields: &[
        Field { name: "startedAt", shape: Shape::Text },
    ],
};

static CONTAINER_STATE_TERMINATED: Type = Type {
    name: "ContainerStateTerminated",
    one_of: &[],
    fields: &[
        Field { name: "containerID", shape: Shape::Text },
        Field { name: "exitCode", shape: Shape::Scalar },
        Field { name: "finishedAt", shape: Shape::Text },
        Field { name: "message", shape: Shape::Text },
        Field { name: "reason", shape: Shape::Text },
        Field { name: "signal", shape: Shape::Scalar },
        Field { name: "startedAt", shape: Shape::Text },
    ],
};

static CONTAINER_STATE_WAITING: Type = Type {
    name: "ContainerStateWaiting",
    one_of: &[],
    fields: &[
        Field { name: "message", shape: Shape::Text },
        Field { name: "reason", shape: Shape::Text },
    ],
};

static CONTAINER_STATUS: Type = Type {
    name: "ContainerStatus",
    one_of: &[],
    fields: &[
        Field { name: "allocatedResources", shape: Shape::Map(&Shape::Quantity) },
        Field { name: "allocatedResourcesStatus", shape: Shape::Keyed { item: &RESOURCE_STATUS, keys: &[Key { field: "name", default: None }] } },
        Field { name: "containerID", shape: Shape::Text },
        Field { name: "image", shape: Shape::Text },
        Field { name: "imageID", shape: Shape::Text },
        Field { name: "lastState", shape: Shape::Object(&CONTAINER_STATE) },
        Field { name: "name", shape: Shape::Text },
        Field { name: "ready", shape: Shape::Scalar },
        Field { name: "resources", shape: Shape::Object(&RESOURCE_REQUIREMENTS) },
        Field { name: "restartCount", shape: Shape::Scalar },
        Field { name: "started", shape: Shape::Scalar },
        Field { name: "state", shape: Shape::Object(&CONTAINER_STATE) },
        Field { name: "stopSignal", shape: Shape::Text },
        Field { name: "user", shape: Shape::Object(&CONTAINER_USER) },
        Field { name: "volumeMounts", shape: Shape::Keyed { item: &VOLUME_MOUNT_STATUS, keys: &[Key { field: "mountPath", default: None }] } },
    ],
};

static CONTAINER_USER: Type = Type {
    name: "ContainerUser",
    one_of: &[],
    fields: &[
        Field { name: "linux", shape: Shape::Object(&LINUX_CONTAINER_USER) },
    ],
};

static DOWNWARD_API_PROJECTION: Type = Type {
    name: "DownwardAPIProjection",
    one_of: &[],
    fields: &[
        Field { name: "items", shape: Shape::Atomic(&Shape::Object(&DOWNWARD_API_VOLUME_FILE)) },
    ],
};

static DOWNWARD_API_VOLUME_FILE: Type = Type {
    name: "DownwardAPIVolumeFile",
    one_of: &[],
    fields: &[
        Field { name: "fieldRef", shape: Shape::Object(&OBJECT_FIELD_SELECTOR) },
        Field { name: "mode", shape: Shape::Scalar },
        Field { name: "path", shape: Shape::Text },
        Field { name: "resourceFieldRef", shape: Shape::Object(&RESOURCE_FIELD_SELECTOR) },
    ],
};

static DOWNWARD_API_VOLUME_SOURCE: Type = Type {
    name: "DownwardAPIVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "defaultMode", shape: Shape::Scalar },
        Field { name: "items", shape: Shape::Atomic(&Shape::Object(&DOWNWARD_API_VOLUME_FILE)) },
    ],
};

static EMPTY_DIR_VOLUME_SOURCE: Type = Type {
    name: "EmptyDirVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "medium", shape: Shape::Text },
        Field { name: "sizeLimit", shape: Shape::Quantity },
    ],
};

static ENV_FROM_SOURCE: Type = Type {
    name: "EnvFromSource",
    one_of: &[],
    fields: &[
        Field { name: "configMapRef", shape: Shape::Object(&CONFIG_MAP_ENV_SOURCE) },
        Field { name: "prefix", shape: Shape::Text },
        Field { name: "secretRef", shape: Shape::Object(&SECRET_ENV_SOURCE) },
    ],
};

static ENV_VAR: Type = Type {
    name: "EnvVar",
    one_of: &["value", "valueFrom"],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "value", shape: Shape::Text },
        Field { name: "valueFrom", shape: Shape::Object(&ENV_VAR_SOURCE) },
    ],
};

static ENV_VAR_SOURCE: Type = Type {
    name: "EnvVarSource",
    one_of: &["configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"],
    fields: &[
        Field { name: "configMapKeyRef", shape: Shape::Object(&CONFIG_MAP_KEY_SELECTOR) },
        Field { name: "fieldRef", shape: Shape::Object(&OBJECT_FIELD_SELECTOR) },
        Field { name: "fileKeyRef", shape: Shape::Object(&FILE_KEY_SELECTOR) },
        Field { name: "resourceFieldRef", shape: Shape::Object(&RESOURCE_FIELD_SELECTOR) },
        Field { name: "secretKeyRef", shape: Shape::Object(&SECRET_KEY_SELECTOR) },
    ],
};

static EPHEMERAL_CONTAINER: Type = Type {
    name: "EphemeralContainer",
    one_of: &[],
    fields: &[
        Field { name: "args", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "command", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "env", shape: Shape::Keyed { item: &ENV_VAR, keys: &[Key { field: "name", default: None }] } },
        Field { name: "envFrom", shape: Shape::Atomic(&Shape::Object(&ENV_FROM_SOURCE)) },
        Field { name: "image", shape: Shape::Text },
        Field { name: "imagePullPolicy", shape: Shape::Text },
        Field { name: "lifecycle", shape: Shape::Object(&LIFECYCLE) },
        Field { name: "livenessProbe", shape: Shape::Object(&PROBE) },
        Field { name: "name", shape: Shape::Text },
        Field { name: "ports", shape: Shape::Keyed { item: &CONTAINER_PORT, keys: &[Key { field: "containerPort", default: None }, Key { field: "protocol", default: Some("TCP") }] } },
        Field { name: "readinessProbe", shape: Shape::Object(&PROBE) },
        Field { name: "resizePolicy", shape: Shape::Atomic(&Shape::Object(&CONTAINER_RESIZE_POLICY)) },
        Field { name: "resources", shape: Shape::Object(&RESOURCE_REQUIREMENTS) },
        Field { name: "restartPolicy", shape: Shape::Text },
        Field { name: "restartPolicyRules", shape: Shape::Atomic(&Shape::Object(&CONTAINER_RESTART_RULE)) },
        Field { name: "securityContext", shape: Shape::Object(&SECURITY_CONTEXT) },
        Field { name: "startupProbe", shape: Shape::Object(&PROBE) },
        Field { name: "stdin", shape: Shape::Scalar },
        Field { name: "stdinOnce", shape: Shape::Scalar },
        Field { name: "targetContainerName", shape: Shape::Text },
        Field { name: "terminationMessagePath", shape: Shape::Text },
        Field { name: "terminationMessagePolicy", shape: Shape::Text },
        Field { name: "tty", shape: Shape::Scalar },
        Field { name: "volumeDevices", shape: Shape::Keyed { item: &VOLUME_DEVICE, keys: &[Key { field: "devicePath", default: None }] } },
        Field { name: "volumeMounts", shape: Shape::Keyed { item: &VOLUME_MOUNT, keys: &[Key { field: "mountPath", default: None }] } },
        Field { name: "workingDir", shape: Shape::Text },
    ],
};

static EPHEMERAL_VOLUME_SOURCE: Type = Type {
    name: "EphemeralVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "volumeClaimTemplate", shape: Shape::Object(&PERSISTENT_VOLUME_CLAIM_TEMPLATE) },
    ],
};

static EXEC_ACTION: Type = Type {
    name: "ExecAction",
    one_of: &[],
    fields: &[
        Field { name: "command", shape: Shape::Atomic(&Shape::Text) },
    ],
};

static FC_VOLUME_SOURCE: Type = Type {
    name: "FCVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "lun", shape: Shape::Scalar },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "targetWWNs", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "wwids", shape: Shape::Atomic(&Shape::Text) },
    ],
};

static FILE_KEY_SELECTOR: Type = Type {
    name: "FileKeySelector",
    one_of: &[],
    fields: &[
        Field { name: "key", shape: Shape::Text },
        Field { name: "optional", shape: Shape::Scalar },
        Field { name: "path", shape: Shape::Text },
        Field { name: "volumeName", shape: Shape::Text },
    ],
};

static FLEX_VOLUME_SOURCE: Type = Type {
    name: "FlexVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "driver", shape: Shape::Text },
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "options", shape: Shape::Map(&Shape::Text) },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "secretRef", shape: Shape::Object(&LOCAL_OBJECT_REFERENCE) },
    ],
};

static FLOCKER_VOLUME_SOURCE: Type = Type {
    name: "FlockerVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "datasetName", shape: Shape::Text },
        Field { name: "datasetUUID", shape: Shape::Text },
    ],
};

static GCE_PERSISTENT_DISK_VOLUME_SOURCE: Type = Type {
    name: "GCEPersistentDiskVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "partition", shape: Shape::Scalar },
        Field { name: "pdName", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
    ],
};

static GRPC_ACTION: Type = Type {
    name: "GRPCAction",
    one_of: &[],
    fields: &[
        Field { name: "port", shape: Shape::Scalar },
        Field { name: "service", shape: Shape::Text },
    ],
};

static GIT_REPO_VOLUME_SOURCE: Type = Type {
    name: "GitRepoVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "directory", shape: Shape::Text },
        Field { name: "repository", shape: Shape::Text },
        Field { name: "revision", shape: Shape::Text },
    ],
};

static GLUSTERFS_VOLUME_SOURCE: Type = Type {
    name: "GlusterfsVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "endpoints", shape: Shape::Text },
        Field { name: "path", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
    ],
};

static HTTP_GET_ACTION: Type = Type {
    name: "HTTPGetAction",
    one_of: &[],
    fields: &[
        Field { name: "host", shape: Shape::Text },
        Field { name: "httpHeaders", shape: Shape::Atomic(&Shape::Object(&HTTP_HEADER)) },
        Field { name: "path", shape: Shape::Text },
        Field { name: "port", shape: Shape::Scalar },
        Field { name: "scheme", shape: Shape::Text },
    ],
};

static HTTP_HEADER: Type = Type {
    name: "HTTPHeader",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "value", shape: Shape::Text },
    ],
};

static HOST_ALIAS: Type = Type {
    name: "HostAlias",
    one_of: &[],
    fields: &[
        Field { name: "hostnames", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "ip", shape: Shape::Text },
    ],
};

static HOST_IP: Type = Type {
    name: "HostIP",
    one_of: &[],
    fields: &[
        Field { name: "ip", shape: Shape::Text },
    ],
};

static HOST_PATH_VOLUME_SOURCE: Type = Type {
    name: "HostPathVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "path", shape: Shape::Text },
        Field { name: "type", shape: Shape::Text },
    ],
};

static ISCSI_VOLUME_SOURCE: Type = Type {
    name: "ISCSIVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "chapAuthDiscovery", shape: Shape::Scalar },
        Field { name: "chapAuthSession", shape: Shape::Scalar },
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "initiatorName", shape: Shape::Text },
        Field { name: "iqn", shape: Shape::Text },
        Field { name: "iscsiInterface", shape: Shape::Text },
        Field { name: "lun", shape: Shape::Scalar },
        Field { name: "portals", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "secretRef", shape: Shape::Object(&LOCAL_OBJECT_REFERENCE) },
        Field { name: "targetPortal", shape: Shape::Text },
    ],
};

static IMAGE_VOLUME_SOURCE: Type = Type {
    name: "ImageVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "pullPolicy", shape: Shape::Text },
        Field { name: "reference", shape: Shape::Text },
    ],
};

static IMAGE_VOLUME_STATUS: Type = Type {
    name: "ImageVolumeStatus",
    one_of: &[],
    fields: &[
        Field { name: "imageRef", shape: Shape::Text },
    ],
};

static KEY_TO_PATH: Type = Type {
    name: "KeyToPath",
    one_of: &[],
    fields: &[
        Field { name: "key", shape: Shape::Text },
        Field { name: "mode", shape: Shape::Scalar },
        Field { name: "path", shape: Shape::Text },
    ],
};

static LABEL_SELECTOR: Type = Type {
    name: "LabelSelector",
    one_of: &[],
    fields: &[
        Field { name: "matchExpressions", shape: Shape::Atomic(&Shape::Object(&LABEL_SELECTOR_REQUIREMENT)) },
        Field { name: "matchLabels", shape: Shape::Map(&Shape::Text) },
    ],
};

static LABEL_SELECTOR_REQUIREMENT: Type = Type {
    name: "LabelSelectorRequirement",
    one_of: &[],
    fields: &[
        Field { name: "key", shape: Shape::Text },
        Field { name: "operator", shape: Shape::Text },
        Field { name: "values", shape: Shape::Atomic(&Shape::Text) },
    ],
};

static LIFECYCLE: Type = Type {
    name: "Lifecycle",
    one_of: &[],
    fields: &[
        Field { name: "postStart", shape: Shape::Object(&LIFECYCLE_HANDLER) },
        Field { name: "preStop", shape: Shape::Object(&LIFECYCLE_HANDLER) },
        Field { name: "stopSignal", shape: Shape::Text },
    ],
};

static LIFECYCLE_HANDLER: Type = Type {
    name: "LifecycleHandler",
    one_of: &["exec", "httpGet", "sleep", "tcpSocket"],
    fields: &[
        Field { name: "exec", shape: Shape::Object(&EXEC_ACTION) },
        Field { name: "httpGet", shape: Shape::Object(&HTTP_GET_ACTION) },
        Field { name: "sleep", shape: Shape::Object(&SLEEP_ACTION) },
        Field { name: "tcpSocket", shape: Shape::Object(&TCP_SOCKET_ACTION) },
    ],
};

static LINUX_CONTAINER_USER: Type = Type {
    name: "LinuxContainerUser",
    one_of: &[],
    fields: &[
        Field { name: "gid", shape: Shape::Scalar },
        Field { name: "supplementalGroups", shape: Shape::Atomic(&Shape::Scalar) },
        Field { name: "uid", shape: Shape::Scalar },
    ],
};

static LOCAL_OBJECT_REFERENCE: Type = Type {
    name: "LocalObjectReference",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
    ],
};

static MANAGED_FIELDS_ENTRY: Type = Type {
    name: "ManagedFieldsEntry",
    one_of: &[],
    fields: &[
        Field { name: "apiVersion", shape: Shape::Text },
        Field { name: "fieldsType", shape: Shape::Text },
        Field { name: "fieldsV1", shape: Shape::Map(&Shape::Unknown) },
        Field { name: "manager", shape: Shape::Text },
        Field { name: "operation", shape: Shape::Text },
        Field { name: "subresource", shape: Shape::Text },
        Field { name: "time", shape: Shape::Text },
    ],
};

static NFS_VOLUME_SOURCE: Type = Type {
    name: "NFSVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "path", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "server", shape: Shape::Text },
    ],
};

static NODE_AFFINITY: Type = Type {
    name: "NodeAffinity",
    one_of: &[],
    fields: &[
        Field { name: "preferredDuringSchedulingIgnoredDuringExecution", shape: Shape::Atomic(&Shape::Object(&PREFERRED_SCHEDULING_TERM)) },
        Field { name: "requiredDuringSchedulingIgnoredDuringExecution", shape: Shape::Object(&NODE_SELECTOR) },
    ],
};

static NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS: Type = Type {
    name: "NodeAllocatableResourceClaimStatus",
    one_of: &[],
    fields: &[
        Field { name: "containers", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "resourceClaimName", shape: Shape::Text },
        Field { name: "resources", shape: Shape::Map(&Shape::Quantity) },
    ],
};

static NODE_SELECTOR: Type = Type {
    name: "NodeSelector",
    one_of: &[],
    fields: &[
        Field { name: "nodeSelectorTerms", shape: Shape::Atomic(&Shape::Object(&NODE_SELECTOR_TERM)) },
    ],
};

static NODE_SELECTOR_REQUIREMENT: Type = Type {
    name: "NodeSelectorRequirement",
    one_of: &[],
    fields: &[
        Field { name: "key", shape: Shape::Text },
        Field { name: "operator", shape: Shape::Text },
        Field { name: "values", shape: Shape::Atomic(&Shape::Text) },
    ],
};

static NODE_SELECTOR_TERM: Type = Type {
    name: "NodeSelectorTerm",
    one_of: &[],
    fields: &[
        Field { name: "matchExpressions", shape: Shape::Atomic(&Shape::Object(&NODE_SELECTOR_REQUIREMENT)) },
        Field { name: "matchFields", shape: Shape::Atomic(&Shape::Object(&NODE_SELECTOR_REQUIREMENT)) },
    ],
};

static OBJECT_FIELD_SELECTOR: Type = Type {
    name: "ObjectFieldSelector",
    one_of: &[],
    fields: &[
        Field { name: "apiVersion", shape: Shape::Text },
        Field { name: "fieldPath", shape: Shape::Text },
    ],
};

static OBJECT_META: Type = Type {
    name: "ObjectMeta",
    one_of: &[],
    fields: &[
        Field { name: "annotations", shape: Shape::Map(&Shape::Text) },
        Field { name: "creationTimestamp", shape: Shape::Text },
        Field { name: "deletionGracePeriodSeconds", shape: Shape::Scalar },
        Field { name: "deletionTimestamp", shape: Shape::Text },
        Field { name: "finalizers", shape: Shape::Set },
        Field { name: "generateName", shape: Shape::Text },
        Field { name: "generation", shape: Shape::Scalar },
        Field { name: "labels", shape: Shape::Map(&Shape::Text) },
        Field { name: "managedFields", shape: Shape::Atomic(&Shape::Object(&MANAGED_FIELDS_ENTRY)) },
        Field { name: "name", shape: Shape::Text },
        Field { name: "namespace", shape: Shape::Text },
        Field { name: "ownerReferences", shape: Shape::Keyed { item: &OWNER_REFERENCE, keys: &[Key { field: "uid", default: None }] } },
        Field { name: "resourceVersion", shape: Shape::Text },
        Field { name: "selfLink", shape: Shape::Text },
        Field { name: "uid", shape: Shape::Text },
    ],
};

static OWNER_REFERENCE: Type = Type {
    name: "OwnerReference",
    one_of: &[],
    fields: &[
        Field { name: "apiVersion", shape: Shape::Text },
        Field { name: "blockOwnerDeletion", shape: Shape::Scalar },
        Field { name: "controller", shape: Shape::Scalar },
        Field { name: "kind", shape: Shape::Text },
        Field { name: "name", shape: Shape::Text },
        Field { name: "uid", shape: Shape::Text },
    ],
};

static PERSISTENT_VOLUME_CLAIM_SPEC: Type = Type {
    name: "PersistentVolumeClaimSpec",
    one_of: &[],
    fields: &[
        Field { name: "accessModes", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "dataSource", shape: Shape::Object(&TYPED_LOCAL_OBJECT_REFERENCE) },
        Field { name: "dataSourceRef", shape: Shape::Object(&TYPED_OBJECT_REFERENCE) },
        Field { name: "resources", shape: Shape::Object(&VOLUME_RESOURCE_REQUIREMENTS) },
        Field { name: "selector", shape: Shape::Object(&LABEL_SELECTOR) },
        Field { name: "storageClassName", shape: Shape::Text },
        Field { name: "volumeAttributesClassName", shape: Shape::Text },
        Field { name: "volumeMode", shape: Shape::Text },
        Field { name: "volumeName", shape: Shape::Text },
    ],
};

static PERSISTENT_VOLUME_CLAIM_TEMPLATE: Type = Type {
    name: "PersistentVolumeClaimTemplate",
    one_of: &[],
    fields: &[
        Field { name: "metadata", shape: Shape::Object(&OBJECT_META) },
        Field { name: "spec", shape: Shape::Object(&PERSISTENT_VOLUME_CLAIM_SPEC) },
    ],
};

static PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE: Type = Type {
    name: "PersistentVolumeClaimVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "claimName", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
    ],
};

static PHOTON_PERSISTENT_DISK_VOLUME_SOURCE: Type = Type {
    name: "PhotonPersistentDiskVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "pdID", shape: Shape::Text },
    ],
};

pub(super) static POD: Type = Type {
    name: "Pod",
    one_of: &[],
    fields: &[
        Field { name: "apiVersion", shape: Shape::Text },
        Field { name: "kind", shape: Shape::Text },
        Field { name: "metadata", shape: Shape::Object(&OBJECT_META) },
        Field { name: "spec", shape: Shape::Object(&POD_SPEC) },
        Field { name: "status", shape: Shape::Object(&POD_STATUS) },
    ],
};

static POD_AFFINITY: Type = Type {
    name: "PodAffinity",
    one_of: &[],
    fields: &[
        Field { name: "preferredDuringSchedulingIgnoredDuringExecution", shape: Shape::Atomic(&Shape::Object(&WEIGHTED_POD_AFFINITY_TERM)) },
        Field { name: "requiredDuringSchedulingIgnoredDuringExecution", shape: Shape::Atomic(&Shape::Object(&POD_AFFINITY_TERM)) },
    ],
};

static POD_AFFINITY_TERM: Type = Type {
    name: "PodAffinityTerm",
    one_of: &[],
    fields: &[
        Field { name: "labelSelector", shape: Shape::Object(&LABEL_SELECTOR) },
        Field { name: "matchLabelKeys", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "mismatchLabelKeys", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "namespaceSelector", shape: Shape::Object(&LABEL_SELECTOR) },
        Field { name: "namespaces", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "topologyKey", shape: Shape::Text },
    ],
};

static POD_ANTI_AFFINITY: Type = Type {
    name: "PodAntiAffinity",
    one_of: &[],
    fields: &[
        Field { name: "preferredDuringSchedulingIgnoredDuringExecution", shape: Shape::Atomic(&Shape::Object(&WEIGHTED_POD_AFFINITY_TERM)) },
        Field { name: "requiredDuringSchedulingIgnoredDuringExecution", shape: Shape::Atomic(&Shape::Object(&POD_AFFINITY_TERM)) },
    ],
};

static POD_CERTIFICATE_PROJECTION: Type = Type {
    name: "PodCertificateProjection",
    one_of: &[],
    fields: &[
        Field { name: "certificateChainPath", shape: Shape::Text },
        Field { name: "credentialBundlePath", shape: Shape::Text },
        Field { name: "keyPath", shape: Shape::Text },
        Field { name: "keyType", shape: Shape::Text },
        Field { name: "maxExpirationSeconds", shape: Shape::Scalar },
        Field { name: "signerName", shape: Shape::Text },
        Field { name: "userAnnotations", shape: Shape::Map(&Shape::Text) },
    ],
};

static POD_CONDITION: Type = Type {
    name: "PodCondition",
    one_of: &[],
    fields: &[
        Field { name: "lastProbeTime", shape: Shape::Text },
        Field { name: "lastTransitionTime", shape: Shape::Text },
        Field { name: "message", shape: Shape::Text },
        Field { name: "observedGeneration", shape: Shape::Scalar },
        Field { name: "reason", shape: Shape::Text },
        Field { name: "status", shape: Shape::Text },
        Field { name: "type", shape: Shape::Text },
    ],
};

static POD_DNS_CONFIG: Type = Type {
    name: "PodDNSConfig",
    one_of: &[],
    fields: &[
        Field { name: "nameservers", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "options", shape: Shape::Atomic(&Shape::Object(&POD_DNS_CONFIG_OPTION)) },
        Field { name: "searches", shape: Shape::Atomic(&Shape::Text) },
    ],
};

static POD_DNS_CONFIG_OPTION: Type = Type {
    name: "PodDNSConfigOption",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "value", shape: Shape::Text },
    ],
};

static POD_EXTENDED_RESOURCE_CLAIM_STATUS: Type = Type {
    name: "PodExtendedResourceClaimStatus",
    one_of: &[],
    fields: &[
        Field { name: "requestMappings", shape: Shape::Atomic(&Shape::Object(&CONTAINER_EXTENDED_RESOURCE_REQUEST)) },
        Field { name: "resourceClaimName", shape: Shape::Text },
    ],
};

static POD_IP: Type = Type {
    name: "PodIP",
    one_of: &[],
    fields: &[
        Field { name: "ip", shape: Shape::Text },
    ],
};

static POD_OS: Type = Type {
    name: "PodOS",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
    ],
};

static POD_READINESS_GATE: Type = Type {
    name: "PodReadinessGate",
    one_of: &[],
    fields: &[
        Field { name: "conditionType", shape: Shape::Text },
    ],
};

static POD_RESOURCE_CLAIM: Type = Type {
    name: "PodResourceClaim",
    one_of: &["resourceClaimName", "resourceClaimTemplateName"],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "resourceClaimName", shape: Shape::Text },
        Field { name: "resourceClaimTemplateName", shape: Shape::Text },
    ],
};

static POD_RESOURCE_CLAIM_STATUS: Type = Type {
    name: "PodResourceClaimStatus",
    one_of: &["resourceClaimName"],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "resourceClaimName", shape: Shape::Text },
    ],
};

static POD_SCHEDULING_GATE: Type = Type {
    name: "PodSchedulingGate",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
    ],
};

static POD_SCHEDULING_GROUP: Type = Type {
    name: "PodSchedulingGroup",
    one_of: &[],
    fields: &[
        Field { name: "podGroupName", shape: Shape::Text },
    ],
};

static POD_SECURITY_CONTEXT: Type = Type {
    name: "PodSecurityContext",
    one_of: &[],
    fields: &[
        Field { name: "appArmorProfile", shape: Shape::Object(&APP_ARMOR_PROFILE) },
        Field { name: "fsGroup", shape: Shape::Scalar },
        Field { name: "fsGroupChangePolicy", shape: Shape::Text },
        Field { name: "runAsGroup", shape: Shape::Scalar },
        Field { name: "runAsNonRoot", shape: Shape::Scalar },
        Field { name: "runAsUser", shape: Shape::Scalar },
        Field { name: "seLinuxChangePolicy", shape: Shape::Text },
        Field { name: "seLinuxOptions", shape: Shape::Object(&SE_LINUX_OPTIONS) },
        Field { name: "seccompProfile", shape: Shape::Object(&SECCOMP_PROFILE) },
        Field { name: "supplementalGroups", shape: Shape::Atomic(&Shape::Scalar) },
        Field { name: "supplementalGroupsPolicy", shape: Shape::Text },
        Field { name: "sysctls", shape: Shape::Atomic(&Shape::Object(&SYSCTL)) },
        Field { name: "windowsOptions", shape: Shape::Object(&WINDOWS_SECURITY_CONTEXT_OPTIONS) },
    ],
};

static POD_SPEC: Type = Type {
    name: "PodSpec",
    one_of: &[],
    fields: &[
        Field { name: "activeDeadlineSeconds", shape: Shape::Scalar },
        Field { name: "affinity", shape: Shape::Object(&AFFINITY) },
        Field { name: "automountServiceAccountToken", shape: Shape::Scalar },
        Field { name: "containers", shape: Shape::Keyed { item: &CONTAINER, keys: &[Key { field: "name", default: None }] } },
        Field { name: "dnsConfig", shape: Shape::Object(&POD_DNS_CONFIG) },
        Field { name: "dnsPolicy", shape: Shape::Text },
        Field { name: "enableServiceLinks", shape: Shape::Scalar },
        Field { name: "ephemeralContainers", shape: Shape::Keyed { item: &EPHEMERAL_CONTAINER, keys: &[Key { field: "name", default: None }] } },
        Field { name: "hostAliases", shape: Shape::Keyed { item: &HOST_ALIAS, keys: &[Key { field: "ip", default: None }] } },
        Field { name: "hostIPC", shape: Shape::Scalar },
        Field { name: "hostNetwork", shape: Shape::Scalar },
        Field { name: "hostPID", shape: Shape::Scalar },
        Field { name: "hostUsers", shape: Shape::Scalar },
        Field { name: "hostname", shape: Shape::Text },
        Field { name: "hostnameOverride", shape: Shape::Text },
        Field { name: "imagePullSecrets", shape: Shape::Keyed { item: &LOCAL_OBJECT_REFERENCE, keys: &[Key { field: "name", default: None }] } },
        Field { name: "initContainers", shape: Shape::Keyed { item: &CONTAINER, keys: &[Key { field: "name", default: None }] } },
        Field { name: "nodeName", shape: Shape::Text },
        Field { name: "nodeSelector", shape: Shape::Map(&Shape::Text) },
        Field { name: "os", shape: Shape::Object(&POD_OS) },
        Field { name: "overhead", shape: Shape::Map(&Shape::Quantity) },
        Field { name: "preemptionPolicy", shape: Shape::Text },
        Field { name: "priority", shape: Shape::Scalar },
        Field { name: "priorityClassName", shape: Shape::Text },
        Field { name: "readinessGates", shape: Shape::Atomic(&Shape::Object(&POD_READINESS_GATE)) },
        Field { name: "resourceClaims", shape: Shape::Keyed { item: &POD_RESOURCE_CLAIM, keys: &[Key { field: "name", default: None }] } },
        Field { name: "resources", shape: Shape::Object(&RESOURCE_REQUIREMENTS) },
        Field { name: "restartPolicy", shape: Shape::Text },
        Field { name: "runtimeClassName", shape: Shape::Text },
        Field { name: "schedulerName", shape: Shape::Text },
        Field { name: "schedulingGates", shape: Shape::Keyed { item: &POD_SCHEDULING_GATE, keys: &[Key { field: "name", default: None }] } },
        Field { name: "schedulingGroup", shape: Shape::Object(&POD_SCHEDULING_GROUP) },
        Field { name: "securityContext", shape: Shape::Object(&POD_SECURITY_CONTEXT) },
        Field { name: "serviceAccount", shape: Shape::Text },
        Field { name: "serviceAccountName", shape: Shape::Text },
        Field { name: "setHostnameAsFQDN", shape: Shape::Scalar },
        Field { name: "shareProcessNamespace", shape: Shape::Scalar },
        Field { name: "subdomain", shape: Shape::Text },
        Field { name: "terminationGracePeriodSeconds", shape: Shape::Scalar },
        Field { name: "tolerations", shape: Shape::Atomic(&Shape::Object(&TOLERATION)) },
        Field { name: "topologySpreadConstraints", shape: Shape::Keyed { item: &TOPOLOGY_SPREAD_CONSTRAINT, keys: &[Key { field: "topologyKey", default: None }, Key { field: "whenUnsatisfiable", default: None }] } },
        Field { name: "volumes", shape: Shape::Keyed { item: &VOLUME, keys: &[Key { field: "name", default: None }] } },
    ],
};

static POD_STATUS: Type = Type {
    name: "PodStatus",
    one_of: &[],
    fields: &[
        Field { name: "allocatedResources", shape: Shape::Map(&Shape::Quantity) },
        Field { name: "conditions", shape: Shape::Keyed { item: &POD_CONDITION, keys: &[Key { field: "type", default: None }] } },
        Field { name: "containerStatuses", shape: Shape::Atomic(&Shape::Object(&CONTAINER_STATUS)) },
        Field { name: "ephemeralContainerStatuses", shape: Shape::Atomic(&Shape::Object(&CONTAINER_STATUS)) },
        Field { name: "extendedResourceClaimStatus", shape: Shape::Object(&POD_EXTENDED_RESOURCE_CLAIM_STATUS) },
        Field { name: "hostIP", shape: Shape::Text },
        Field { name: "hostIPs", shape: Shape::Keyed { item: &HOST_IP, keys: &[Key { field: "ip", default: None }] } },
        Field { name: "initContainerStatuses", shape: Shape::Atomic(&Shape::Object(&CONTAINER_STATUS)) },
        Field { name: "message", shape: Shape::Text },
        Field { name: "nodeAllocatableResourceClaimStatuses", shape: Shape::Atomic(&Shape::Object(&NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS)) },
        Field { name: "nominatedNodeName", shape: Shape::Text },
        Field { name: "observedGeneration", shape: Shape::Scalar },
        Field { name: "phase", shape: Shape::Text },
        Field { name: "podIP", shape: Shape::Text },
        Field { name: "podIPs", shape: Shape::Keyed { item: &POD_IP, keys: &[Key { field: "ip", default: None }] } },
        Field { name: "qosClass", shape: Shape::Text },
        Field { name: "reason", shape: Shape::Text },
        Field { name: "resize", shape: Shape::Text },
        Field { name: "resourceClaimStatuses", shape: Shape::Keyed { item: &POD_RESOURCE_CLAIM_STATUS, keys: &[Key { field: "name", default: None }] } },
        Field { name: "resources", shape: Shape::Object(&RESOURCE_REQUIREMENTS) },
        Field { name: "startTime", shape: Shape::Text },
    ],
};

static PORTWORX_VOLUME_SOURCE: Type = Type {
    name: "PortworxVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "volumeID", shape: Shape::Text },
    ],
};

static PREFERRED_SCHEDULING_TERM: Type = Type {
    name: "PreferredSchedulingTerm",
    one_of: &[],
    fields: &[
        Field { name: "preference", shape: Shape::Object(&NODE_SELECTOR_TERM) },
        Field { name: "weight", shape: Shape::Scalar },
    ],
};

static PROBE: Type = Type {
    name: "Probe",
    one_of: &["exec", "grpc", "httpGet", "tcpSocket"],
    fields: &[
        Field { name: "exec", shape: Shape::Object(&EXEC_ACTION) },
        Field { name: "failureThreshold", shape: Shape::Scalar },
        Field { name: "grpc", shape: Shape::Object(&GRPC_ACTION) },
        Field { name: "httpGet", shape: Shape::Object(&HTTP_GET_ACTION) },
        Field { name: "initialDelaySeconds", shape: Shape::Scalar },
        Field { name: "periodSeconds", shape: Shape::Scalar },
        Field { name: "successThreshold", shape: Shape::Scalar },
        Field { name: "tcpSocket", shape: Shape::Object(&TCP_SOCKET_ACTION) },
        Field { name: "terminationGracePeriodSeconds", shape: Shape::Scalar },
        Field { name: "timeoutSeconds", shape: Shape::Scalar },
    ],
};

static PROJECTED_VOLUME_SOURCE: Type = Type {
    name: "ProjectedVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "defaultMode", shape: Shape::Scalar },
        Field { name: "sources", shape: Shape::Atomic(&Shape::Object(&VOLUME_PROJECTION)) },
    ],
};

static QUOBYTE_VOLUME_SOURCE: Type = Type {
    name: "QuobyteVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "group", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "registry", shape: Shape::Text },
        Field { name: "tenant", shape: Shape::Text },
        Field { name: "user", shape: Shape::Text },
        Field { name: "volume", shape: Shape::Text },
    ],
};

static RBD_VOLUME_SOURCE: Type = Type {
    name: "RBDVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "image", shape: Shape::Text },
        Field { name: "keyring", shape: Shape::Text },
        Field { name: "monitors", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "pool", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "secretRef", shape: Shape::Object(&LOCAL_OBJECT_REFERENCE) },
        Field { name: "user", shape: Shape::Text },
    ],
};

static RESOURCE_CLAIM: Type = Type {
    name: "ResourceClaim",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "request", shape: Shape::Text },
    ],
};

static RESOURCE_FIELD_SELECTOR: Type = Type {
    name: "ResourceFieldSelector",
    one_of: &[],
    fields: &[
        Field { name: "containerName", shape: Shape::Text },
        Field { name: "divisor", shape: Shape::Quantity },
        Field { name: "resource", shape: Shape::Text },
    ],
};

static RESOURCE_HEALTH: Type = Type {
    name: "ResourceHealth",
    one_of: &[],
    fields: &[
        Field { name: "health", shape: Shape::Text },
        Field { name: "message", shape: Shape::Text },
        Field { name: "resourceID", shape: Shape::Text },
    ],
};

static RESOURCE_REQUIREMENTS: Type = Type {
    name: "ResourceRequirements",
    one_of: &[],
    fields: &[
        Field { name: "claims", shape: Shape::Atomic(&Shape::Object(&RESOURCE_CLAIM)) },
        Field { name: "limits", shape: Shape::Map(&Shape::Quantity) },
        Field { name: "requests", shape: Shape::Map(&Shape::Quantity) },
    ],
};

static RESOURCE_STATUS: Type = Type {
    name: "ResourceStatus",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "resources", shape: Shape::Atomic(&Shape::Object(&RESOURCE_HEALTH)) },
    ],
};

static SE_LINUX_OPTIONS: Type = Type {
    name: "SELinuxOptions",
    one_of: &[],
    fields: &[
        Field { name: "level", shape: Shape::Text },
        Field { name: "role", shape: Shape::Text },
        Field { name: "type", shape: Shape::Text },
        Field { name: "user", shape: Shape::Text },
    ],
};

static SCALE_IO_VOLUME_SOURCE: Type = Type {
    name: "ScaleIOVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "gateway", shape: Shape::Text },
        Field { name: "protectionDomain", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "secretRef", shape: Shape::Object(&LOCAL_OBJECT_REFERENCE) },
        Field { name: "sslEnabled", shape: Shape::Scalar },
        Field { name: "storageMode", shape: Shape::Text },
        Field { name: "storagePool", shape: Shape::Text },
        Field { name: "system", shape: Shape::Text },
        Field { name: "volumeName", shape: Shape::Text },
    ],
};

static SECCOMP_PROFILE: Type = Type {
    name: "SeccompProfile",
    one_of: &[],
    fields: &[
        Field { name: "localhostProfile", shape: Shape::Text },
        Field { name: "type", shape: Shape::Text },
    ],
};

static SECRET_ENV_SOURCE: Type = Type {
    name: "SecretEnvSource",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "optional", shape: Shape::Scalar },
    ],
};

static SECRET_KEY_SELECTOR: Type = Type {
    name: "SecretKeySelector",
    one_of: &[],
    fields: &[
        Field { name: "key", shape: Shape::Text },
        Field { name: "name", shape: Shape::Text },
        Field { name: "optional", shape: Shape::Scalar },
    ],
};

static SECRET_PROJECTION: Type = Type {
    name: "SecretProjection",
    one_of: &[],
    fields: &[
        Field { name: "items", shape: Shape::Atomic(&Shape::Object(&KEY_TO_PATH)) },
        Field { name: "name", shape: Shape::Text },
        Field { name: "optional", shape: Shape::Scalar },
    ],
};

static SECRET_VOLUME_SOURCE: Type = Type {
    name: "SecretVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "defaultMode", shape: Shape::Scalar },
        Field { name: "items", shape: Shape::Atomic(&Shape::Object(&KEY_TO_PATH)) },
        Field { name: "optional", shape: Shape::Scalar },
        Field { name: "secretName", shape: Shape::Text },
    ],
};

static SECURITY_CONTEXT: Type = Type {
    name: "SecurityContext",
    one_of: &[],
    fields: &[
        Field { name: "allowPrivilegeEscalation", shape: Shape::Scalar },
        Field { name: "appArmorProfile", shape: Shape::Object(&APP_ARMOR_PROFILE) },
        Field { name: "capabilities", shape: Shape::Object(&CAPABILITIES) },
        Field { name: "privileged", shape: Shape::Scalar },
        Field { name: "procMount", shape: Shape::Text },
        Field { name: "readOnlyRootFilesystem", shape: Shape::Scalar },
        Field { name: "runAsGroup", shape: Shape::Scalar },
        Field { name: "runAsNonRoot", shape: Shape::Scalar },
        Field { name: "runAsUser", shape: Shape::Scalar },
        Field { name: "seLinuxOptions", shape: Shape::Object(&SE_LINUX_OPTIONS) },
        Field { name: "seccompProfile", shape: Shape::Object(&SECCOMP_PROFILE) },
        Field { name: "windowsOptions", shape: Shape::Object(&WINDOWS_SECURITY_CONTEXT_OPTIONS) },
    ],
};

static SERVICE_ACCOUNT_TOKEN_PROJECTION: Type = Type {
    name: "ServiceAccountTokenProjection",
    one_of: &[],
    fields: &[
        Field { name: "audience", shape: Shape::Text },
        Field { name: "expirationSeconds", shape: Shape::Scalar },
        Field { name: "path", shape: Shape::Text },
    ],
};

static SLEEP_ACTION: Type = Type {
    name: "SleepAction",
    one_of: &[],
    fields: &[
        Field { name: "seconds", shape: Shape::Scalar },
    ],
};

static STORAGE_OS_VOLUME_SOURCE: Type = Type {
    name: "StorageOSVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "secretRef", shape: Shape::Object(&LOCAL_OBJECT_REFERENCE) },
        Field { name: "volumeName", shape: Shape::Text },
        Field { name: "volumeNamespace", shape: Shape::Text },
    ],
};

static SYSCTL: Type = Type {
    name: "Sysctl",
    one_of: &[],
    fields: &[
        Field { name: "name", shape: Shape::Text },
        Field { name: "value", shape: Shape::Text },
    ],
};

static TCP_SOCKET_ACTION: Type = Type {
    name: "TCPSocketAction",
    one_of: &[],
    fields: &[
        Field { name: "host", shape: Shape::Text },
        Field { name: "port", shape: Shape::Scalar },
    ],
};

static TOLERATION: Type = Type {
    name: "Toleration",
    one_of: &[],
    fields: &[
        Field { name: "effect", shape: Shape::Text },
        Field { name: "key", shape: Shape::Text },
        Field { name: "operator", shape: Shape::Text },
        Field { name: "tolerationSeconds", shape: Shape::Scalar },
        Field { name: "value", shape: Shape::Text },
    ],
};

static TOPOLOGY_SPREAD_CONSTRAINT: Type = Type {
    name: "TopologySpreadConstraint",
    one_of: &[],
    fields: &[
        Field { name: "labelSelector", shape: Shape::Object(&LABEL_SELECTOR) },
        Field { name: "matchLabelKeys", shape: Shape::Atomic(&Shape::Text) },
        Field { name: "maxSkew", shape: Shape::Scalar },
        Field { name: "minDomains", shape: Shape::Scalar },
        Field { name: "nodeAffinityPolicy", shape: Shape::Text },
        Field { name: "nodeTaintsPolicy", shape: Shape::Text },
        Field { name: "topologyKey", shape: Shape::Text },
        Field { name: "whenUnsatisfiable", shape: Shape::Text },
    ],
};

static TYPED_LOCAL_OBJECT_REFERENCE: Type = Type {
    name: "TypedLocalObjectReference",
    one_of: &[],
    fields: &[
        Field { name: "apiGroup", shape: Shape::Text },
        Field { name: "kind", shape: Shape::Text },
        Field { name: "name", shape: Shape::Text },
    ],
};

static TYPED_OBJECT_REFERENCE: Type = Type {
    name: "TypedObjectReference",
    one_of: &[],
    fields: &[
        Field { name: "apiGroup", shape: Shape::Text },
        Field { name: "kind", shape: Shape::Text },
        Field { name: "name", shape: Shape::Text },
        Field { name: "namespace", shape: Shape::Text },
    ],
};

static VOLUME: Type = Type {
    name: "Volume",
    one_of: &["awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "image", "iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk", "portworxVolume", "projected", "quobyte", "rbd", "scaleIO", "secret", "storageos", "vsphereVolume"],
    fields: &[
        Field { name: "awsElasticBlockStore", shape: Shape::Object(&AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE) },
        Field { name: "azureDisk", shape: Shape::Object(&AZURE_DISK_VOLUME_SOURCE) },
        Field { name: "azureFile", shape: Shape::Object(&AZURE_FILE_VOLUME_SOURCE) },
        Field { name: "cephfs", shape: Shape::Object(&CEPH_FS_VOLUME_SOURCE) },
        Field { name: "cinder", shape: Shape::Object(&CINDER_VOLUME_SOURCE) },
        Field { name: "configMap", shape: Shape::Object(&CONFIG_MAP_VOLUME_SOURCE) },
        Field { name: "csi", shape: Shape::Object(&CSI_VOLUME_SOURCE) },
        Field { name: "downwardAPI", shape: Shape::Object(&DOWNWARD_API_VOLUME_SOURCE) },
        Field { name: "emptyDir", shape: Shape::Object(&EMPTY_DIR_VOLUME_SOURCE) },
        Field { name: "ephemeral", shape: Shape::Object(&EPHEMERAL_VOLUME_SOURCE) },
        Field { name: "fc", shape: Shape::Object(&FC_VOLUME_SOURCE) },
        Field { name: "flexVolume", shape: Shape::Object(&FLEX_VOLUME_SOURCE) },
        Field { name: "flocker", shape: Shape::Object(&FLOCKER_VOLUME_SOURCE) },
        Field { name: "gcePersistentDisk", shape: Shape::Object(&GCE_PERSISTENT_DISK_VOLUME_SOURCE) },
        Field { name: "gitRepo", shape: Shape::Object(&GIT_REPO_VOLUME_SOURCE) },
        Field { name: "glusterfs", shape: Shape::Object(&GLUSTERFS_VOLUME_SOURCE) },
        Field { name: "hostPath", shape: Shape::Object(&HOST_PATH_VOLUME_SOURCE) },
        Field { name: "image", shape: Shape::Object(&IMAGE_VOLUME_SOURCE) },
        Field { name: "iscsi", shape: Shape::Object(&ISCSI_VOLUME_SOURCE) },
        Field { name: "name", shape: Shape::Text },
        Field { name: "nfs", shape: Shape::Object(&NFS_VOLUME_SOURCE) },
        Field { name: "persistentVolumeClaim", shape: Shape::Object(&PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE) },
        Field { name: "photonPersistentDisk", shape: Shape::Object(&PHOTON_PERSISTENT_DISK_VOLUME_SOURCE) },
        Field { name: "portworxVolume", shape: Shape::Object(&PORTWORX_VOLUME_SOURCE) },
        Field { name: "projected", shape: Shape::Object(&PROJECTED_VOLUME_SOURCE) },
        Field { name: "quobyte", shape: Shape::Object(&QUOBYTE_VOLUME_SOURCE) },
        Field { name: "rbd", shape: Shape::Object(&RBD_VOLUME_SOURCE) },
        Field { name: "scaleIO", shape: Shape::Object(&SCALE_IO_VOLUME_SOURCE) },
        Field { name: "secret", shape: Shape::Object(&SECRET_VOLUME_SOURCE) },
        Field { name: "storageos", shape: Shape::Object(&STORAGE_OS_VOLUME_SOURCE) },
        Field { name: "vsphereVolume", shape: Shape::Object(&VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE) },
    ],
};

static VOLUME_DEVICE: Type = Type {
    name: "VolumeDevice",
    one_of: &[],
    fields: &[
        Field { name: "devicePath", shape: Shape::Text },
        Field { name: "name", shape: Shape::Text },
    ],
};

static VOLUME_MOUNT: Type = Type {
    name: "VolumeMount",
    one_of: &[],
    fields: &[
        Field { name: "mountPath", shape: Shape::Text },
        Field { name: "mountPropagation", shape: Shape::Text },
        Field { name: "name", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "recursiveReadOnly", shape: Shape::Text },
        Field { name: "subPath", shape: Shape::Text },
        Field { name: "subPathExpr", shape: Shape::Text },
    ],
};

static VOLUME_MOUNT_STATUS: Type = Type {
    name: "VolumeMountStatus",
    one_of: &[],
    fields: &[
        Field { name: "mountPath", shape: Shape::Text },
        Field { name: "name", shape: Shape::Text },
        Field { name: "readOnly", shape: Shape::Scalar },
        Field { name: "recursiveReadOnly", shape: Shape::Text },
        Field { name: "volumeStatus", shape: Shape::Object(&VOLUME_STATUS) },
    ],
};

static VOLUME_PROJECTION: Type = Type {
    name: "VolumeProjection",
    one_of: &[],
    fields: &[
        Field { name: "clusterTrustBundle", shape: Shape::Object(&CLUSTER_TRUST_BUNDLE_PROJECTION) },
        Field { name: "configMap", shape: Shape::Object(&CONFIG_MAP_PROJECTION) },
        Field { name: "downwardAPI", shape: Shape::Object(&DOWNWARD_API_PROJECTION) },
        Field { name: "podCertificate", shape: Shape::Object(&POD_CERTIFICATE_PROJECTION) },
        Field { name: "secret", shape: Shape::Object(&SECRET_PROJECTION) },
        Field { name: "serviceAccountToken", shape: Shape::Object(&SERVICE_ACCOUNT_TOKEN_PROJECTION) },
    ],
};

static VOLUME_RESOURCE_REQUIREMENTS: Type = Type {
    name: "VolumeResourceRequirements",
    one_of: &[],
    fields: &[
        Field { name: "limits", shape: Shape::Map(&Shape::Quantity) },
        Field { name: "requests", shape: Shape::Map(&Shape::Quantity) },
    ],
};

static VOLUME_STATUS: Type = Type {
    name: "VolumeStatus",
    one_of: &[],
    fields: &[
        Field { name: "image", shape: Shape::Object(&IMAGE_VOLUME_STATUS) },
    ],
};

static VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE: Type = Type {
    name: "VsphereVirtualDiskVolumeSource",
    one_of: &[],
    fields: &[
        Field { name: "fsType", shape: Shape::Text },
        Field { name: "storagePolicyID", shape: Shape::Text },
        Field { name: "storagePolicyName", shape: Shape::Text },
        Field { name: "volumePath", shape: Shape::Text },
    ],
};

static WEIGHTED_POD_AFFINITY_TERM: Type = Type {
    name: "WeightedPodAffinityTerm",
    one_of: &[],
    fields: &[
        Field { name: "podAffinityTerm", shape: Shape::Object(&POD_AFFINITY_TERM) },
        Field { name: "weight", shape: Shape::Scalar },
    ],
};

static WINDOWS_SECURITY_CONTEXT_OPTIONS: Type = Type {
    name: "WindowsSecurityContextOptions",
    one_of: &[],
    fields: &[
        Field { name: "gmsaCredentialSpec", shape: Shape::Text },
        Field { name: "gmsaCredentialSpecName", shape: Shape::Text },
        Field { name: "hostProcess", shape: Shape::Scalar },
        Field { name: "runAsUserName", shape: Shape::Text },
    ],
};
