//! What whoever asks must be allowed to, asked before it is needed: an ephemeral container cannot be taken away again when
//! it turns out that nobody may enter it.

use tokio::sync::watch;

use super::request::Request;
use crate::cluster::{Access, Cluster, ClusterError, PODS, Right};

/// What the API server says of the rights that a session needs.
#[derive(Debug, Clone)]
pub(crate) struct Rights {
    namespace: String,
    /// To add a container to a pod, or to make a pod.
    make: Access,
    makes_pods: bool,
    /// To take away again what was made; a container cannot be.
    remove: Access,
    /// To enter: servers up to 1.34 look at `get`, as streams start with that; those from 1.35 on at `create`.
    enter_by_get: Access,
    enter_by_create: Access,
}

/// Rights that are asked for while other things go on: whoever enters a session that is there does not wait for them.
#[derive(Debug, Clone)]
pub(crate) struct Asked(watch::Receiver<Option<Rights>>);

impl Asked {
    /// Asks for all at once.
    pub(crate) fn ask(cluster: &Cluster, request: &Request) -> Self {
        let (told, asked) = watch::channel(None);
        let cluster = cluster.clone();
        let makes_pods = request.copy.is_some() || request.target.is_node();
        let removes = makes_pods && !request.keep;
        tokio::spawn(async move {
            let rights = Rights::ask(&cluster, makes_pods, removes).await;
            let _ = told.send(Some(rights));
        });
        Self(asked)
    }

    /// Whether it makes sense to make anything.
    ///
    /// # Errors
    /// The right that is surely missing.
    pub(crate) async fn check(&self) -> Result<(), ClusterError> {
        let mut asked = self.0.clone();
        let told = asked.wait_for(Option::is_some).await;
        // Where nobody tells, trying will.
        told.ok().and_then(|rights| rights.clone()).map_or(Ok(()), |rights| rights.check())
    }
}

impl Rights {
    async fn ask(cluster: &Cluster, makes_pods: bool, removes: bool) -> Self {
        let namespace = cluster.namespace().to_owned();
        let make = cluster.review(making(makes_pods, &namespace));
        let get = cluster.review(entering("get", &namespace));
        let create = cluster.review(entering("create", &namespace));
        let remove =
            async { if removes { cluster.review(removing(&namespace)).await } else { Access::Given } };
        let (make, remove, enter_by_get, enter_by_create) = tokio::join!(make, remove, get, create);
        Self { namespace, make, makes_pods, remove, enter_by_get, enter_by_create }
    }

    fn check(&self) -> Result<(), ClusterError> {
        if self.make == Access::Missing {
            return Err(making(self.makes_pods, &self.namespace).missing());
        }
        if self.remove == Access::Missing {
            return Err(removing(&self.namespace).missing());
        }
        if (self.enter_by_get, self.enter_by_create) == (Access::Missing, Access::Missing) {
            return Err(entering("create", &self.namespace).missing());
        }
        Ok(())
    }
}

/// That nobody may enter.
pub(crate) fn no_entry(namespace: &str) -> ClusterError {
    entering("create", namespace).missing()
}

fn making(makes_pods: bool, namespace: &str) -> Right<'_> {
    let (verb, subresource) =
        if makes_pods { ("create", None) } else { ("patch", Some("ephemeralcontainers")) };
    Right { verb, resource: &PODS, subresource, namespace: Some(namespace) }
}

fn removing(namespace: &str) -> Right<'_> {
    Right { verb: "delete", resource: &PODS, subresource: None, namespace: Some(namespace) }
}

fn entering<'n>(verb: &'static str, namespace: &'n str) -> Right<'n> {
    Right { verb, resource: &PODS, subresource: Some("exec"), namespace: Some(namespace) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(make: Access, get: Access, create: Access) -> Option<String> {
        let namespace = "shop".to_owned();
        let rights = Rights {
            namespace,
            make,
            makes_pods: false,
            remove: Access::Given,
            enter_by_get: get,
            enter_by_create: create,
        };
        rights.check().err().map(|error| error.to_string())
    }

    #[test]
    fn nothing_is_made_that_could_not_be_removed() {
        let rights = Rights {
            namespace: "shop".to_owned(),
            make: Access::Given,
            makes_pods: true,
            remove: Access::Missing,
            enter_by_get: Access::Given,
            enter_by_create: Access::Given,
        };
        let error = rights.check().unwrap_err().to_string();
        assert!(error.contains(r#""resources":["pods"],"verbs":["delete"]"#), "{error}");
    }

    #[test]
    fn right_that_is_surely_missing_is_named_with_its_rule() {
        use Access::{Given, Missing, Untold};
        assert_eq!(missing(Given, Given, Missing), None, "an older server needs no more");
        assert_eq!(missing(Given, Missing, Given), None);
        assert_eq!(missing(Untold, Untold, Missing), None, "trying will tell");
        let patch = missing(Missing, Given, Given).unwrap();
        let rule = r#"Role in namespace shop with the rule {"apiGroups":[""],"resources":["pods/ephemeralcontainers"],"verbs":["patch"]}"#;
        assert!(patch.ends_with(rule), "{patch}");
        let exec = missing(Given, Missing, Missing).unwrap();
        assert!(exec.contains(r#""resources":["pods/exec"],"verbs":["create"]"#), "{exec}");
    }
}
