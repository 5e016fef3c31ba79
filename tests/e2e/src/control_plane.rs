//! etcd, the API server, the controllers and the scheduler: their files and flags.

use std::path::{Path, PathBuf};

use crate::admission::{self, AUDIT_LOG};
use crate::component::Component;
use crate::home::{Home, HomeError};
use crate::kubeconfig::kubeconfig;
use crate::pki::{Authority, Identity, token_keys};
use crate::programs::Programs;
use thiserror::Error;

/// The addresses of Services.
pub const SERVICES: &str = "10.96.0.0/16";

/// The address of the Service `kubernetes`.
const KUBERNETES_SERVICE: &str = "10.96.0.1";

/// Who the parts of a cluster are to its API server, by the name of their kubeconfig.
const USERS: [(&str, &str, Option<&str>); 5] = [
    ("admin", "chandler-admin", Some("system:masters")),
    ("controller-manager", "system:kube-controller-manager", None),
    ("scheduler", "system:kube-scheduler", None),
    ("proxy", "system:kube-proxy", None),
    ("kubelet", "system:node:node", Some("system:nodes")),
];

/// Why the files of a cluster are not there.
#[derive(Debug, Error)]
pub enum FilesError {
    /// No certificate can be made.
    #[error("cannot make a certificate")]
    Certify(#[from] rcgen::Error),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] HomeError),
}

/// Where the API server listens.
#[derive(Debug, Clone)]
pub struct Address {
    /// Its IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// A control plane whose files are written.
#[derive(Debug)]
pub struct ControlPlane {
    folder: PathBuf,
    programs: Programs,
    address: Address,
    /// What everything trusts.
    pub authority: Authority,
}

impl ControlPlane {
    /// Writes certificates, keys and kubeconfigs into the folder of a cluster.
    ///
    /// # Errors
    /// A certificate cannot be made, or a file not written.
    pub fn write(home: &Home, programs: Programs, address: Address) -> Result<Self, FilesError> {
        let authority = Authority::new()?;
        home.write("pki/ca.crt", &authority.certificate)?;
        let (private, public) = token_keys()?;
        home.write("pki/tokens.key", private)?;
        home.write("pki/tokens.pub", public)?;
        let names = [
            address.host.as_str(),
            "127.0.0.1",
            KUBERNETES_SERVICE,
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
        ];
        let servers = [
            ("api-server", Identity { user: "kube-apiserver", group: None, names: &names }),
            ("node", Identity { user: "node", group: None, names: &[&address.host, "node"] }),
            ("to-node", Identity { user: "kube-apiserver", group: Some("system:masters"), names: &[] }),
            ("to-webhooks", Identity { user: "kube-apiserver", group: None, names: &[] }),
        ];
        for (file, identity) in servers {
            let certified = authority.issue(identity)?;
            home.write(&format!("pki/{file}.crt"), certified.certificate)?;
            home.write(&format!("pki/{file}.key"), certified.key)?;
        }
        for (file, text) in admission::files(home.path()) {
            home.write(file, text)?;
        }
        let plane = Self { folder: home.path().to_owned(), programs, address, authority };
        for (file, user, group) in USERS {
            let address = &plane.address;
            let server = format!("https://{}:{}", address.host, address.port);
            home.write(&format!("{file}.kubeconfig"), plane.kubeconfig(&server, user, group)?)?;
        }
        Ok(plane)
    }

    /// The kubeconfig of an administrator at another address, as that of a forwarded port.
    ///
    /// # Errors
    /// A certificate cannot be made.
    pub fn admin(&self, server: &str) -> Result<String, rcgen::Error> {
        self.kubeconfig(server, "chandler-admin", Some("system:masters"))
    }

    fn kubeconfig(&self, server: &str, user: &str, group: Option<&str>) -> Result<String, rcgen::Error> {
        let certified = self.authority.issue(Identity { user, group, names: &[] })?;
        Ok(kubeconfig(server, &self.authority, &certified))
    }

    /// A program of the cluster.
    pub(crate) fn component(&self, name: &str) -> Component {
        let mut component = Component::new(name, self.programs.path(name), &self.folder);
        component.path = self.programs.folders();
        component
    }

    /// A file in the folder of the cluster.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// etcd, on a socket in the folder of the cluster: no port can be taken by another.
    #[must_use]
    pub fn etcd(&self) -> Component {
        self.component("etcd")
            .flag("data-dir", self.file("etcd"))
            .flag("listen-client-urls", ETCD)
            .flag("advertise-client-urls", ETCD)
            .flag("listen-peer-urls", "http://127.0.0.1:0")
            .flag("log-level", "warn")
            // Alone it need not wait for others before it leads.
            .flag("heartbeat-interval", "10")
            .flag("election-timeout", "100")
            // What it holds dies with the cluster.
            .flag("unsafe-no-fsync", "true")
    }

    /// The API server.
    #[must_use]
    pub fn api_server(&self) -> Component {
        let pki = |name: &str| self.file(&format!("pki/{name}"));
        self.component("kube-apiserver")
            .flag("etcd-servers", ETCD)
            .flag("bind-address", &self.address.host)
            .flag("advertise-address", &self.address.host)
            .flag("secure-port", self.address.port.to_string())
            .flag("allow-privileged", "true")
            .flag("authorization-mode", "Node,RBAC")
            .flag("enable-admission-plugins", "NodeRestriction")
            .flag("admission-control-config-file", self.file("admission.json"))
            .flag("audit-policy-file", self.file("audit-policy.json"))
            .flag("audit-log-path", self.file(AUDIT_LOG))
            .flag("client-ca-file", pki("ca.crt"))
            .flag("tls-cert-file", pki("api-server.crt"))
            .flag("tls-private-key-file", pki("api-server.key"))
            .flag("kubelet-certificate-authority", pki("ca.crt"))
            .flag("kubelet-client-certificate", pki("to-node.crt"))
            .flag("kubelet-client-key", pki("to-node.key"))
            .flag("kubelet-preferred-address-types", "InternalIP")
            .flag("service-account-issuer", "https://kubernetes.default.svc")
            .flag("service-account-key-file", pki("tokens.pub"))
            .flag("service-account-signing-key-file", pki("tokens.key"))
            .flag("service-cluster-ip-range", SERVICES)
    }

    /// The controllers.
    #[must_use]
    pub fn controller_manager(&self) -> Component {
        let user = self.file("controller-manager.kubeconfig");
        with_user(self.component("kube-controller-manager"), &user)
            .flag("service-account-private-key-file", self.file("pki/tokens.key"))
            .flag("root-ca-file", self.file("pki/ca.crt"))
            .flag("use-service-account-credentials", "true")
    }

    /// The scheduler.
    #[must_use]
    pub fn scheduler(&self) -> Component {
        with_user(self.component("kube-scheduler"), &self.file("scheduler.kubeconfig"))
    }
}

/// A socket whose file has that name, in the folder that both programs run in.
const ETCD: &str = "unix://localhost:2379";

fn with_user(component: Component, kubeconfig: &Path) -> Component {
    component
        .flag("kubeconfig", kubeconfig)
        .flag("authentication-kubeconfig", kubeconfig)
        .flag("authorization-kubeconfig", kubeconfig)
        .flag("bind-address", "127.0.0.1")
        .flag("leader-elect", "false")
}
