//! Finds the kubeconfig that the flags mean, or the account of the pod that this runs in.

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::{ClusterArgs, ClusterError};

/// Reads it. Nothing is sent, unless a program of the kubeconfig does.
pub(super) async fn read_config(args: &ClusterArgs) -> Result<Config, ClusterError> {
    let kubeconfig = match &args.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let kubeconfig = match kubeconfig {
        Ok(kubeconfig) => kubeconfig,
        // Inside of a pod there is none, and no need for one.
        Err(KubeconfigError::ReadConfig(..)) if args.kubeconfig.is_none() && is_in_cluster() => {
            return Config::incluster()
                .map_err(|error| ClusterError::Kubeconfig { reason: error.to_string() });
        }
        Err(error) => return Err(ClusterError::of_kubeconfig(error)),
    };
    let options = KubeConfigOptions {
        context: args.context.clone(),
        cluster: args.cluster.clone(),
        user: args.user.clone(),
    };
    Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(ClusterError::of_kubeconfig)
}

fn is_in_cluster() -> bool {
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}
