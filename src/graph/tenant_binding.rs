//! Whose data did Graph send? That of the tenant that is configured, or it is not taken.

use super::Graph;
use crate::{
    error::{Error, ErrorKind, Result},
    text::is_guid,
};

/// What is known of whose data it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantBinding {
    /// That of the configured tenant, or it does not say whose it is.
    Configured,
    /// The configured domain is that of this tenant, by the sign-in service's own word.
    Confirmed {
        /// Its id.
        entra_id: String,
    },
    /// Nobody could say whose the configured domain is: it is taken for this tenant's from now on.
    FirstUse {
        /// Its id.
        entra_id: String,
    },
}

impl TenantBinding {
    /// What to tell of it: a part of a sentence.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Configured => None,
            Self::Confirmed { entra_id } => Some(format!("bound to the Entra tenant {entra_id}, which owns the configured domain")),
            Self::FirstUse { entra_id } => Some(format!(
                "bound to the Entra tenant {entra_id}, because the data belongs to it; whether the configured domain belongs to it, too, could not be looked up: check that it does"
            )),
        }
    }
}

impl Graph {
    /// Checks that data of the Entra tenant `sent` is that of the configured one; `bound` is whether the store knows already whose it is.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] when it is another's.
    pub async fn whose(&self, sent: Option<&str>, bound: bool) -> Result<TenantBinding> {
        let configured = &self.settings.entra_id;
        let Some(sent) = sent else { return Ok(TenantBinding::Configured) };
        if is_guid(configured) {
            return if configured.eq_ignore_ascii_case(sent) {
                Ok(TenantBinding::Configured)
            } else {
                Err(self.of_another(sent, configured))
            };
        }
        if bound || !configured.contains('.') {
            return Ok(TenantBinding::Configured);
        }
        let entra_id = sent.to_owned();
        match self.id_of(configured).await {
            Some(known) if known.eq_ignore_ascii_case(sent) => Ok(TenantBinding::Confirmed { entra_id }),
            Some(known) => Err(self.of_another(sent, &format!("{configured}, which is {known}"))),
            None => Ok(TenantBinding::FirstUse { entra_id }),
        }
    }

    fn of_another(&self, sent: &str, configured: &str) -> Error {
        let name = &self.settings.name;
        let sentence = format!(
            "Microsoft Graph returned data of the Entra tenant {sent}, but {name} is configured as {configured}. Nothing was stored. Correct the tenant_id of {name}, and check for a proxy between this service and Graph."
        );
        Error::new(ErrorKind::Misconfigured, sentence)
    }
}
