//! The node: containerd, the kubelet and kube-proxy, their files and flags.

use std::path::Path;

use serde_json::json;

use crate::component::Component;
use crate::control_plane::ControlPlane;
use crate::home::{Home, HomeError};

/// The node's address, in its own network namespace.
pub const ADDRESS: &str = "172.30.0.1";

/// The port of the API server there.
pub const PORT: u16 = 6443;

/// containerd's socket, in the node's own mount namespace.
pub const SOCKET: &str = "/run/containerd/containerd.sock";

/// The image of the container that holds a pod's namespaces.
pub const PAUSE: &str = "chandler.dev/pause:test";

/// Addresses of pods.
const PODS: &str = "10.244.0.0/24";

/// Where Debian has the plugins that connect pods.
const PLUGINS: &str = "/usr/lib/cni";

/// Writes the files of a node.
///
/// # Errors
/// One cannot be written.
pub fn write_files(home: &Home) -> Result<(), HomeError> {
    let folder = home.path();
    home.write("cni/10-pods.conflist", network().to_string())?;
    home.write("containerd.toml", containerd_configuration(folder))?;
    home.write("kubelet.yaml", kubelet_configuration(folder).to_string())?;
    home.write("kube-proxy.yaml", proxy_configuration(folder).to_string())?;
    // Pods inherit this: there is no name server here, and none of the machine's is theirs to ask.
    home.write("resolv.conf", "")?;
    Ok(())
}

/// Each pod has a link of its own to the node, so that every packet passes the node's rules for Services.
fn network() -> serde_json::Value {
    json!({
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "ptp",
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni/networks",
                    "ranges": [[{"subnet": PODS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": true}},
        ],
    })
}

fn containerd_configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"version = 3
root = "{folder}/containerd/root"
state = "{folder}/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.erofs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.nri.v1.nri", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
address = "{SOCKET}"
[plugins.'io.containerd.cri.v1.images']
snapshotter = "{snapshotter}"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "{PAUSE}"
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["{PLUGINS}"]
conf_dir = "{folder}/cni"
"#,
        snapshotter = snapshotter(),
    )
}

/// An overlay cannot lie on an overlay, which is what the files of a container on the host are.
fn snapshotter() -> &'static str {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let is_overlay = mounts.lines().any(|line| line.split(' ').take(3).skip(1).eq(["/", "overlay"]));
    if is_overlay { "native" } else { "overlayfs" }
}

fn kubelet_configuration(folder: &Path) -> serde_json::Value {
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "containerRuntimeEndpoint": format!("unix://{SOCKET}"),
        "failCgroupV1": false,
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": false,
        "enforceNodeAllocatable": [],
        "failSwapOn": false,
        "localStorageCapacityIsolation": false,
        // A test machine's disk is its owner's matter.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "1Mi", "nodefs.available": "1Mi", "imagefs.available": "1Mi"},
        // No name server answers there; pods are set up as elsewhere all the same.
        "clusterDNS": ["10.96.0.10"],
        "clusterDomain": "cluster.local",
        "resolvConf": folder.join("resolv.conf"),
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": true},
            "x509": {"clientCAFile": folder.join("pki/ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": folder.join("pki/node.crt"),
        "tlsPrivateKeyFile": folder.join("pki/node.key"),
        "address": ADDRESS,
        "healthzBindAddress": "127.0.0.1",
        "nodeStatusUpdateFrequency": "2s",
        "serializeImagePulls": false,
    })
}

fn proxy_configuration(folder: &Path) -> serde_json::Value {
    json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "bindAddress": ADDRESS,
        "clientConnection": {"kubeconfig": folder.join("proxy.kubeconfig")},
        // Their sysctls are read-only in a network namespace.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpCloseWaitTimeout": "0s", "tcpEstablishedTimeout": "0s"},
    })
}

impl ControlPlane {
    /// containerd.
    #[must_use]
    pub fn containerd(&self) -> Component {
        self.component("containerd").flag("config", self.file("containerd.toml"))
    }

    /// The kubelet.
    #[must_use]
    pub fn kubelet(&self) -> Component {
        self.component("kubelet")
            .flag("config", self.file("kubelet.yaml"))
            .flag("kubeconfig", self.file("kubelet.kubeconfig"))
            .flag("root-dir", self.file("kubelet"))
            .flag("node-ip", ADDRESS)
            .flag("hostname-override", "node")
    }

    /// kube-proxy.
    #[must_use]
    pub fn proxy(&self) -> Component {
        self.component("kube-proxy")
            .flag("config", self.file("kube-proxy.yaml"))
            .flag("hostname-override", "node")
    }

    /// Brings an archive of an image to the node.
    #[must_use]
    pub fn import(&self, archive: &Path) -> Component {
        let mut import = self.component("ctr");
        let words = ["--address", SOCKET, "--namespace", "k8s.io", "images", "import", "--local"];
        import.arguments = words.map(str::to_owned).to_vec();
        import.arguments.push(archive.display().to_string());
        import
    }
}
