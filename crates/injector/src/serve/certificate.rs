//! Where the injector's own certificate is kept, and whom the API server is to trust because of it.

use chandler_api::names;
use chandler_runtime::authority::{AuthorityArgs, PolicyError};
use chandler_runtime::certificate::OwnAuthority;
use clap::Args;

/// Flags of the certificate that the daemons keep themselves.
#[derive(Debug, Clone, Args)]
pub struct CertificateArgs {
    /// Secret in which the authority and the certificate are kept, in the daemon's namespace.
    #[arg(long, value_name = "NAME", default_value = "chandler-injector-tls")]
    pub certificate_secret: String,

    /// Service by which the API server finds the daemon: the certificate is for its name.
    #[arg(long, value_name = "NAME", default_value = names::INJECTOR)]
    pub service: String,

    /// Name of the MutatingWebhookConfiguration and the ValidatingWebhookConfiguration whose caBundle is kept.
    #[arg(long, value_name = "NAME", default_value = names::INJECTOR)]
    pub webhook_configuration: String,

    /// How long what lives.
    #[command(flatten)]
    pub authority: AuthorityArgs,
}

impl CertificateArgs {
    /// The authority of a daemon in that namespace.
    ///
    /// # Errors
    /// What the flags say does not fit together.
    pub(super) fn own_authority(&self, namespace: &str) -> Result<OwnAuthority, PolicyError> {
        Ok(OwnAuthority {
            policy: self.authority.policy()?,
            names: self.authority.names(&self.service, namespace)?,
            namespace: namespace.to_owned(),
            secret: self.certificate_secret.clone(),
            webhook_configuration: Some(self.webhook_configuration.clone()),
            field_manager: names::CERTIFICATE_MANAGER,
        })
    }
}
