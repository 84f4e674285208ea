//! Can a person have a tenant read now? Through whatever reads tenants, and not so often that Microsoft minds.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::Ask;
use crate::{
    access::Asker,
    error::{Error, ErrorKind, Result},
    telemetry,
};

/// How old what is stored must be for Microsoft to be asked again.
pub const REFRESH_AGE_MIN: Duration = Duration::from_mins(5);
/// How long somebody waits for a reading. The reading itself goes on.
const WAIT_MAX: Duration = Duration::from_mins(1);
/// When to ask again after that.
const AGAIN: Duration = Duration::from_secs(30);

/// What reads tenants from Microsoft Graph.
pub trait TenantReader: Send + Sync {
    /// Whether `tenant` is one that is read.
    fn reads(&self, tenant: &str) -> bool;
    /// Has `tenant` read unless somebody did within [`REFRESH_AGE_MIN`], and waits until that is done; `None` when it
    /// is not one that is read.
    fn read<'a>(&'a self, tenant: &'a str) -> BoxFuture<'a, Option<Result<()>>>;
}

/// What reads nothing, as in commands that only ask.
pub struct NoReader;

impl TenantReader for NoReader {
    fn reads(&self, _tenant: &str) -> bool {
        false
    }

    fn read<'a>(&'a self, _tenant: &'a str) -> BoxFuture<'a, Option<Result<()>>> {
        Box::pin(std::future::ready(None))
    }
}

/// What came of the wish that a tenant be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// It was read: the next answer is new.
    Read,
    /// It was read at this moment already, which is recent enough.
    Recent(Timestamp),
    /// It is not read from Microsoft Graph, at least not by this process.
    NotRead,
}

impl RefreshOutcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Recent(_) => "recent",
            Self::NotRead => "not_read",
        }
    }
}

impl Ask {
    /// Has a tenant that `asker` may see read from Microsoft Graph now, unless that was done a moment ago.
    ///
    /// # Errors
    /// [`ErrorKind::BadArguments`] where it is not one tenant that is meant; [`ErrorKind::Throttled`] when the reading takes so
    /// long that it is no use to wait; else what the reading says.
    pub async fn refresh(&self, asker: &Asker, tenant: Option<&str>) -> Result<RefreshOutcome> {
        let tenant = self.view.index().single(asker, tenant)?.label;
        let outcome = self.read_now(&tenant, WAIT_MAX).await;
        telemetry::refresh_asked(&asker.name, &tenant, outcome.as_ref().map(|refreshed| refreshed.word()));
        outcome
    }

    async fn read_now(&self, tenant: &str, wait_max: Duration) -> Result<RefreshOutcome> {
        if !self.reader.reads(tenant) {
            return Ok(RefreshOutcome::NotRead);
        }
        if let Some(read_at) = self.view.store().read_at(tenant).await?
            && Duration::try_from(self.view.now().duration_since(read_at)).is_ok_and(|age| age < REFRESH_AGE_MIN)
        {
            return Ok(RefreshOutcome::Recent(read_at));
        }
        match tokio::time::timeout(wait_max, self.reader.read(tenant)).await {
            Ok(None) => Ok(RefreshOutcome::NotRead),
            Ok(Some(read)) => {
                read?;
                self.view.look_after().await;
                Ok(RefreshOutcome::Read)
            }
            Err(_) => {
                let sentence = format!("Tenant {tenant} is still syncing. Its newest score will be available in a moment.");
                Err(Error::new(ErrorKind::Throttled, sentence).retry_after(AGAIN))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{ask::StoreView, store::Store};

    struct Never;

    impl TenantReader for Never {
        fn reads(&self, _tenant: &str) -> bool {
            true
        }

        fn read<'a>(&'a self, _tenant: &'a str) -> BoxFuture<'a, Option<Result<()>>> {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_a_reading_that_does_not_end() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        store.ensure_tenant("contoso").await.unwrap();
        let view = Arc::new(StoreView::open(store).await.unwrap());
        let nobody = Ask::new(Arc::clone(&view), Arc::new(NoReader), 1 << 20);
        assert_eq!(nobody.refresh(&Asker::local(), None).await.unwrap(), RefreshOutcome::NotRead, "nothing reads");
        let ask = Ask::new(view, Arc::new(Never), 1 << 20);
        let error = ask.read_now("contoso", Duration::from_millis(5)).await.unwrap_err();
        assert_eq!((error.kind, error.retry_after), (ErrorKind::Throttled, Some(AGAIN)));
        assert!(error.sentence.contains("contoso is still syncing"), "{error}");
    }
}
