//! Which questions can somebody go on with? Each under a short id, until it is not used for a while.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, db::Connection, form::StoredForm, tenants::moment};
use crate::error::Result;

/// How many questions are kept; the oldest make room.
const ROWS_MAX: i64 = 100_000;

/// A question that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredQuestion {
    /// Its id.
    pub id: String,
    /// The question, as whoever keeps it writes it.
    pub question: String,
    /// Until when it is kept.
    pub until: Timestamp,
}

impl Store {
    /// The questions with these ids, as far as they are kept, also those whose time is over.
    pub async fn saved_questions(&self, ids: &[&str]) -> Result<Vec<StoredQuestion>> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let query = sqlx::query("SELECT question, until_ms FROM saved_questions WHERE id = $1").bind(*id);
            if let Some(row) = query.fetch_optional(self.db.reader()).await? {
                let until = moment(row.try_get(1)?)?;
                found.push(StoredQuestion {
                    id: (*id).to_owned(),
                    question: StoredForm::SavedQuestion.json(row.try_get(0)?)?.1.to_owned(),
                    until,
                });
            }
        }
        Ok(found)
    }

    /// Keeps `questions`, all of them or none; one that is kept already gets the new time. Those whose time is over by
    /// `now` go. This does not move [`Store::changes`]: no answer rests on it.
    pub async fn save_questions(&self, questions: &[StoredQuestion], now: Timestamp) -> Result<()> {
        let mut transaction = self.db.write().await?;
        let expired = sqlx::query("DELETE FROM saved_questions WHERE until_ms <= $1").bind(now.as_millisecond());
        expired.execute(&mut *transaction).await?;
        for saved in questions {
            let query = "INSERT INTO saved_questions (id, question, until_ms) VALUES ($1, $2, $3) \
                ON CONFLICT (id) DO UPDATE SET until_ms = excluded.until_ms";
            let query = sqlx::query(query)
                .bind(&*saved.id)
                .bind(StoredForm::SavedQuestion.written(&saved.question))
                .bind(saved.until.as_millisecond());
            query.execute(&mut *transaction).await?;
        }
        make_room(&mut transaction, ROWS_MAX).await?;
        transaction.commit().await
    }
}

/// Removes what is too much, the oldest first.
async fn make_room(connection: &mut Connection, rows_max: i64) -> Result<()> {
    let row = sqlx::query("SELECT COUNT(*) FROM saved_questions").fetch_one(&mut *connection).await?;
    let too_many = row.try_get::<i64, _>(0)? - rows_max;
    if too_many > 0 {
        let query = "DELETE FROM saved_questions WHERE id IN (SELECT id FROM saved_questions ORDER BY until_ms, id LIMIT $1)";
        sqlx::query(query).bind(too_many).execute(connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;

    use super::*;

    #[tokio::test]
    async fn the_oldest_make_room_and_what_is_over_goes() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
        let at = |hour: i64| Timestamp::UNIX_EPOCH + hour.hours();
        let saved = |id: &str, hour: i64| StoredQuestion { id: id.to_owned(), question: format!("[{id}]"), until: at(hour) };
        let there = async |ids: &[&str]| store.saved_questions(ids).await.unwrap().into_iter().map(|saved| saved.id).collect::<Vec<_>>();
        store.save_questions(&[saved("b", 3), saved("a", 2), saved("c", 9), saved("d", 4)], at(1)).await.unwrap();
        assert_eq!(store.saved_questions(&["x", "c"]).await.unwrap(), [saved("c", 9)]);

        store.save_questions(&[saved("a", 8)], at(3)).await.unwrap();
        assert_eq!(there(&["a", "b", "c", "d"]).await, ["a", "c", "d"], "renewed; over; as they were");
        let mut write = store.db.write().await.unwrap();
        make_room(&mut write, 2).await.unwrap();
        write.commit().await.unwrap();
        assert_eq!(there(&["a", "c", "d"]).await, ["a", "c"]);
    }
}
