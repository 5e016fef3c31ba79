//! The daemon that is abused, and a request that it answers.

use std::time::Duration;

use chandler_e2e::{
    Certificate, Needs, Replica, ReplicaSpec, Scene, Usage, Wait, install_definitions, review_of, wait_for,
};
use serde_json::json;

use crate::client::{Client, Seen, post};

/// A daemon that knows its cluster and is asked by us alone.
pub(crate) struct Target {
    pub(crate) replica: Replica,
    pub(crate) client: Client,
    _folder: tempfile::TempDir,
    pub(crate) scene: Scene,
}

impl Target {
    /// Starts one; none where this machine cannot have a cluster.
    pub(crate) async fn open(test: &str, flags: &[&str], wrapper: &[&str]) -> Option<Self> {
        let scene = Scene::open(Needs::ApiServer, test).await.unwrap()?;
        install_definitions(&scene.client).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let certificate = Certificate::write(folder.path(), &scene.namespace).unwrap();
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let spec = ReplicaSpec {
            name: "replica".to_owned(),
            folder: folder.path().to_owned(),
            kubeconfig: scene.kubeconfig().to_owned(),
            flags: [certificate.flags(), vec![format!("--namespace={}", scene.namespace)], owned(flags)]
                .concat(),
            wrapper: owned(wrapper),
        };
        let replica = spec.start().await.unwrap();
        replica.until_ready().await.unwrap();
        let client = Client::new(replica.webhook, &certificate.authority);
        Some(Self { replica, client, _folder: folder, scene })
    }

    /// A review of a pod is answered.
    pub(crate) async fn answers(&self, after: &str) {
        let seen = self.client.ask(&post("application/json", &review())).await;
        assert_eq!(seen, Seen::Status(200), "the next good request after {after}");
    }

    pub(crate) fn usage(&self) -> Usage {
        self.replica.usage().unwrap()
    }

    /// Waits until no more files are open than there were.
    pub(crate) async fn until_files_are_closed(&self, before: Usage) {
        wait_for("connections to be let go of", Duration::from_secs(30), async || {
            let files = self.usage().files;
            // One more watch of the API server may be on its way.
            let is_back = files <= before.files + 1;
            Ok(if is_back { Wait::Done(()) } else { Wait::NotYet(format!("{files} of {before:?}")) })
        })
        .await
        .unwrap();
    }
}

/// A review as the API server sends it.
pub(crate) fn review() -> Vec<u8> {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app"},
        "spec": {"containers": [{"name": "app", "image": "example.com/app:1"}]},
    });
    review_of(&pod, "default").to_string().into_bytes()
}
