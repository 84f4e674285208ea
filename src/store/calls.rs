//! Which calls of chat platforms were carried out? Each by its mark, for as long as it could come again.

use jiff::Timestamp;

use super::Store;
use crate::error::Result;

impl Store {
    /// Remembers the call with this `mark` until `until`: it is carried out now. `false` for one that is remembered already, by this process or
    /// by another. Those whose time is over by `now` go. This does not move [`Store::changes`]: no answer rests on it.
    pub async fn remember_call(&self, (platform, mark): (&str, &[u8]), until: Timestamp, now: Timestamp) -> Result<bool> {
        let mut transaction = self.db.write().await?;
        let over = sqlx::query("DELETE FROM calls WHERE until_ms <= $1").bind(now.as_millisecond());
        over.execute(&mut *transaction).await?;
        let query = "INSERT INTO calls (platform, mark, until_ms) VALUES ($1, $2, $3) ON CONFLICT (platform, mark) DO NOTHING";
        let query = sqlx::query(query).bind(platform).bind(mark).bind(until.as_millisecond());
        let is_first = query.execute(&mut *transaction).await?.rows_affected() > 0;
        transaction.commit().await?;
        Ok(is_first)
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;

    use super::*;

    #[tokio::test]
    async fn a_call_is_remembered_for_its_platform_and_until_its_time_is_over() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let at = |second: i64| Timestamp::UNIX_EPOCH + second.seconds();
        let is_first =
            async |platform: &str, mark: &[u8], now: i64| store.remember_call((platform, mark), at(now + 60), at(now)).await.unwrap();
        assert!(is_first("discord", b"a", 0).await && is_first("discord", b"b", 1).await && is_first("slack", b"a", 2).await);
        assert!(!is_first("discord", b"a", 59).await && !is_first("slack", b"a", 59).await);
        assert!(is_first("discord", b"a", 60).await, "it would be refused for its age");
        let rows = async || {
            let query = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM calls");
            query.fetch_one(store.db.reader()).await.unwrap()
        };
        assert_eq!(rows().await, 3);
        assert!(is_first("discord", b"c", 500).await);
        assert_eq!(rows().await, 1, "what is over is gone");
    }
}
