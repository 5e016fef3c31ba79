//! Real Kubernetes for tests and people, without Docker: [`Cluster`] starts one and ends it, [`Scene`] gives a test its
//! place in one. An *api-server* is etcd and kube-apiserver on loopback; a *node* runs pods, in namespaces of its own; a
//! *given* cluster is whatever KUBECONFIG names. Linux only: elsewhere there is nothing here.

#![cfg(target_os = "linux")]

mod admission;
mod cgroups;
mod cluster;
mod component;
mod control_plane;
mod definitions;
mod examples;
mod forward;
mod helm;
mod home;
mod init;
mod keeper;
mod kubeconfig;
mod line;
mod name;
mod node;
mod objects;
mod outage;
mod pki;
mod process;
mod programs;
mod replica;
mod rights;
mod scene;
mod wait;
mod webhook;

pub use admission::AUDITED;
pub use cluster::{Cluster, ClusterError, Start, images_folder};
pub use definitions::{Defined, definition_files, install_definitions};
pub use examples::{Example, documents_in, documents_of, examples, repository};
pub use helm::Helm;
pub use home::{Description, HomeError, Kind, find, root, running, sweep};
pub use init::run as run_init;
pub use keeper::{Order, run as run_keeper};
pub use line::Line;
pub use name::{Name, NameError};
pub use objects::{Answer, Objects, send};
pub use outage::{Outage, Restored};
pub use process::Process;
pub use programs::{Programs, ProgramsError};
pub use replica::{Certificate, Replica, ReplicaSpec, Usage, make_service, service_config};
pub use rights::grant_rights;
pub use scene::{NO_HOME, Needs, Scene, TEST_LABEL, client, skip, start_or_skip};
pub use wait::{Wait, wait_for};
pub use webhook::{review_of, webhook_of};

/// Makes the one provider of cryptography that of this process.
pub fn use_ring() {
    // It may be there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
