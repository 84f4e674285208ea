//! How is a digest written down that was made? Once for each time that it was due, whoever made it, and in the place of one that still waits.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use super::{
    DigestRun, NewDelivery, Store,
    audit::{self, AuditEntry},
    db::Connection,
    form::StoredForm,
    outbox,
};
use crate::{error::Result, score::ReportedState};

/// A digest that was made, or of which there was nothing to tell.
#[derive(Debug, Clone, Copy)]
pub struct DigestDone<'a> {
    /// Its name.
    pub name: &'a str,
    /// How far it was when it was begun; nothing is written when it is further by now.
    pub run: &'a DigestRun,
    /// The moment at which it was due, or as far as it was.
    pub due: Timestamp,
    /// When it was made.
    pub at: Timestamp,
    /// What it told, by tenant.
    pub reported: &'a BTreeMap<String, ReportedState>,
    /// What was told before it.
    pub before: &'a BTreeMap<String, ReportedState>,
    /// The id of an earlier delivery that did not arrive, and that it covers.
    pub replaces: Option<&'a str>,
    /// What is to be delivered, if anything.
    pub delivery: Option<&'a NewDelivery>,
    /// Who had it made, if anybody.
    pub entry: Option<&'a AuditEntry>,
}

/// What came of noting a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestRecorded {
    /// All of it is written.
    All,
    /// Nothing: somebody else made it first.
    Overtaken,
    /// Nothing: what it would take the place of is being sent, or was just now.
    Sending,
}

impl Store {
    /// Notes what was made, puts it into the outbox and takes back what it replaces there: all of it, or nothing.
    pub async fn digest_done(&self, done: &DigestDone<'_>) -> Result<DigestRecorded> {
        let mut transaction = self.db.write().await?;
        if !step(&mut transaction, done).await? {
            return Ok(DigestRecorded::Overtaken);
        }
        if let Some(earlier) = done.replaces
            && !replace(&mut transaction, earlier, done).await?
        {
            return Ok(DigestRecorded::Sending);
        }
        if let Some(delivery) = done.delivery
            && !outbox::add(&mut transaction, delivery).await?
        {
            return Ok(DigestRecorded::Overtaken);
        }
        if let Some(entry) = done.entry {
            audit::add(&mut transaction, entry).await?;
        }
        transaction.commit().await?;
        Ok(DigestRecorded::All)
    }
}

/// Whether a later digest covers what the delivery `id` was to tell.
pub(super) async fn covers(connection: &mut Connection, id: &str) -> Result<bool> {
    let query = "SELECT 1 FROM outbox WHERE id = $1 AND (state = 'replaced' OR (state IN ('failed', 'withheld') AND EXISTS \
        (SELECT 1 FROM digest_runs AS run WHERE outbox.kind = 'digest' AND run.name = outbox.maker AND run.made > 0 AND COALESCE(run.delivery, '') <> outbox.id)))";
    Ok(sqlx::query(query).bind(id).fetch_optional(connection).await?.is_some())
}

/// Goes on from how far it was; whether it was still there.
async fn step(connection: &mut Connection, done: &DigestDone<'_>) -> Result<bool> {
    let DigestDone { name, run, due, reported, before, delivery, .. } = done;
    let covered: BTreeMap<&str, Date> = reported.iter().map(|(tenant, imprint)| (tenant.as_str(), imprint.day)).collect();
    let query = "UPDATE digest_runs SET due_ms = $3, covered = $4, told = $5, before = $6, delivery = $7, made = made + 1 \
        WHERE name = $1 AND due_ms = $2 AND made = $8";
    let query = sqlx::query(query).bind(*name).bind(run.due.as_millisecond()).bind(due.as_millisecond());
    let query = query
        .bind(StoredForm::DigestRun.write(&covered)?)
        .bind(StoredForm::DigestRun.write(reported)?)
        .bind(StoredForm::DigestRun.write(before)?)
        .bind(delivery.map(|delivery| &*delivery.id))
        .bind(run.made);
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// Takes back `earlier`, if it waits and nobody sends it; `false` when somebody does, or did.
async fn replace(connection: &mut Connection, earlier: &str, done: &DigestDone<'_>) -> Result<bool> {
    let at = done.at.strftime("%Y-%m-%d %H:%M UTC");
    let why = match done.delivery {
        Some(_) => format!("The digest of {at} covers it, too."),
        None => format!("At {at} nothing of it was new any more."),
    };
    let query = "UPDATE outbox SET state = 'replaced', holder = NULL, lease_ms = 0, why = $2 \
        WHERE id = $1 AND state = 'waiting' AND (holder IS NULL OR lease_ms <= $3)";
    let query = sqlx::query(query).bind(earlier).bind(why).bind(done.at.as_millisecond());
    if query.execute(&mut *connection).await?.rows_affected() > 0 {
        return Ok(true);
    }
    let query = sqlx::query("SELECT 1 FROM outbox WHERE id = $1 AND state IN ('waiting', 'sent')").bind(earlier);
    Ok(query.fetch_optional(connection).await?.is_none())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::civil::date;

    use super::*;
    use crate::{
        delivery::PostKind,
        store::{
            DeliveryFilter, DeliveryState, ReportedDigest, Retried, StoredPost, Undelivered,
            digest_runs::tests::{at, entry, run, store},
            outbox::tests::asks_for_a_pause,
        },
    };

    fn delivery(id: &str) -> NewDelivery {
        let text = |text: &str| text.to_owned();
        NewDelivery {
            id: text(id),
            tenants: text("contoso"),
            kind: PostKind::Digest { name: text("morning") },
            period: text(id),
            destination: text("soc"),
            title: text(id),
            post: StoredPost::from_column("1 {}".to_owned()),
            names: false,
            created: at(9),
            deadline: at(99),
        }
    }

    fn imprints() -> BTreeMap<String, ReportedState> {
        let imprint: ReportedState = serde_json::from_str(r#"{"day":"2026-11-20","points":1.5,"controls":{"a":[1.5,2.0]}}"#).unwrap();
        BTreeMap::from([("contoso".to_owned(), imprint)])
    }

    /// The digest after `run`, at the second `due`.
    fn done<'a>(run: &'a DigestRun, due: i64, reported: &'a BTreeMap<String, ReportedState>, delivery: &'a NewDelivery) -> DigestDone<'a> {
        let due = at(due);
        DigestDone { name: "morning", run, due, at: due, reported, before: reported, replaces: None, delivery: Some(delivery), entry: None }
    }

    /// Makes the digest of the second `due`, as the delivery of that name, in the place of `replaces`.
    async fn make(store: &Store, due: i64, replaces: Option<&str>) -> DigestRecorded {
        let (run, reported, delivery) = (run(store).await, imprints(), delivery(&due.to_string()));
        store.digest_done(&DigestDone { replaces, ..done(&run, due, &reported, &delivery) }).await.unwrap()
    }

    async fn states(store: &Store) -> Vec<(String, DeliveryState)> {
        let filter = DeliveryFilter { limit: 99, ..DeliveryFilter::default() };
        let mut states: Vec<_> = store.deliveries(&filter).await.unwrap().into_iter().map(|known| (known.id, known.state)).collect();
        states.sort();
        states
    }

    #[tokio::test]
    async fn of_two_who_make_the_same_digest_one_does() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (store(&directory).await, store(&directory).await);
        one.digest_known("morning", "daily", at(1)).await.unwrap();
        other.digest_known("morning", "daily", at(5)).await.unwrap();
        let (started_run, reported, before, delivery) = (run(&one).await, imprints(), BTreeMap::new(), delivery("a"));
        let entry = entry(9);
        let done = DigestDone { before: &before, entry: Some(&entry), ..done(&started_run, 9, &reported, &delivery) };
        assert_eq!(one.digest_done(&done).await.unwrap(), DigestRecorded::All);
        assert_eq!(other.digest_done(&done).await.unwrap(), DigestRecorded::Overtaken);
        // One that was sent by hand leaves the moment as it is.
        let by_hand = DigestRun { due: at(9), ..started_run.clone() };
        assert_eq!(other.digest_done(&DigestDone { run: &by_hand, ..done }).await.unwrap(), DigestRecorded::Overtaken);
        // What is in the outbox already was made already.
        let again = run(&one).await;
        assert_eq!(other.digest_done(&DigestDone { run: &again, ..done }).await.unwrap(), DigestRecorded::Overtaken);
        assert_eq!((states(&one).await.len(), one.audit(9, None).await.unwrap().len()), (1, 1));
        let covered = BTreeMap::from([("contoso".to_owned(), date(2026, 11, 20))]);
        assert_eq!(run(&other).await, DigestRun { due: at(9), made: 1, covered, ..started_run });
        assert_eq!(other.digest_reported("morning").await.unwrap(), ReportedDigest { reported, before, delivery: Some("a".to_owned()) });
        assert_eq!(other.digest_reported("evening").await.unwrap(), ReportedDigest::default());
    }

    #[tokio::test]
    async fn a_digest_takes_the_place_of_one_that_waits_unless_that_is_being_sent() {
        let directory = tempfile::tempdir().unwrap();
        let (store, lease) = (store(&directory).await, Duration::from_secs(10));
        store.digest_known("morning", "daily", at(1)).await.unwrap();
        assert_eq!(make(&store, 10, None).await, DigestRecorded::All);
        let held = store.claim("a", lease, at(12)).await.unwrap().unwrap();
        assert_eq!(make(&store, 20, Some("10")).await, DigestRecorded::Sending);
        assert_eq!((run(&store).await.made, states(&store).await.len()), (1, 1), "nothing is written");
        // Its lease is over, as that of a process that died: it is replaced, and whoever held it records nothing.
        assert_eq!(make(&store, 22, Some("10")).await, DigestRecorded::All);
        assert!(!store.delivered(&held, None, None, at(23)).await.unwrap());
        let replaced = store.delivery("10").await.unwrap().unwrap();
        assert_eq!(replaced.why.as_deref(), Some("The digest of 1970-01-01 00:00 UTC covers it, too."));
        let sent = store.claim("a", lease, at(30)).await.unwrap().unwrap();
        assert_eq!((sent.id.as_str(), store.claim("b", lease, at(30)).await.unwrap()), ("22", None), "one message goes out");
        assert!(store.delivered(&sent, None, None, at(31)).await.unwrap());
        assert_eq!(make(&store, 40, Some("22")).await, DigestRecorded::Sending, "it just went out");
        let states: Vec<_> = states(&store).await;
        assert_eq!(states, [("10".to_owned(), DeliveryState::Replaced), ("22".to_owned(), DeliveryState::Sent)]);
    }

    #[tokio::test]
    async fn what_a_later_digest_covers_is_not_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let (store, lease) = (store(&directory).await, Duration::from_secs(10));
        let retry = async |id: &str| {
            let state = store.delivery(id).await.unwrap().unwrap().state;
            store.deliver_again(id, state, at(50), at(99), &entry(50)).await.unwrap()
        };
        store.digest_known("morning", "daily", at(1)).await.unwrap();
        make(&store, 10, None).await;
        let claimed = store.claim("a", lease, at(12)).await.unwrap().unwrap();
        store.not_delivered(&claimed, Undelivered::Failed { tried: true }, "No.").await.unwrap();
        assert_eq!(retry("10").await, Retried::Waits, "it is the last one");
        make(&store, 20, Some("10")).await;
        assert_eq!(retry("10").await, Retried::Covered);
        let claimed = store.claim("a", lease, at(22)).await.unwrap().unwrap();
        store.not_delivered(&claimed, Undelivered::Withheld, "No.").await.unwrap();
        make(&store, 30, Some("20")).await;
        assert_eq!((retry("20").await, retry("30").await), (Retried::Covered, Retried::Waits));
        let of = |id: &str, state| (id.to_owned(), state);
        assert_eq!(
            states(&store).await,
            [of("10", DeliveryState::Replaced), of("20", DeliveryState::Withheld), of("30", DeliveryState::Waiting)]
        );
        assert_eq!(store.audit(9, None).await.unwrap().len(), 2, "what was refused changed nothing");
    }

    #[tokio::test]
    async fn a_pause_that_a_destination_asked_for_is_kept_by_what_replaces() {
        let directory = tempfile::tempdir().unwrap();
        let (store, lease) = (store(&directory).await, Duration::from_secs(10));
        store.digest_known("morning", "daily", at(1)).await.unwrap();
        make(&store, 10, None).await;
        store.destination_failed("soc", &asks_for_a_pause(at(60)), at(10)).await.unwrap();
        make(&store, 20, Some("10")).await;
        assert_eq!(store.claim("a", lease, at(59)).await.unwrap(), None);
        assert_eq!(store.claim("a", lease, at(60)).await.unwrap().unwrap().id, "20");
        // It is not waited for beyond its own deadline.
        store.destination_failed("soc", &asks_for_a_pause(at(600)), at(60)).await.unwrap();
        make(&store, 80, Some("20")).await;
        assert_eq!(store.claim("a", lease, at(98)).await.unwrap(), None);
        assert_eq!(store.claim("a", lease, at(99)).await.unwrap().unwrap().id, "80");
    }

    #[tokio::test]
    async fn what_cannot_be_written_whole_is_not_written() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.digest_known("morning", "daily", at(1)).await.unwrap();
        store.db.pragma("CREATE TRIGGER no BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END").await;
        let (started_run, reported, delivery) = (run(&store).await, imprints(), delivery("a"));
        let done = done(&started_run, 9, &reported, &delivery);
        store.digest_done(&done).await.unwrap_err();
        assert_eq!(run(&store).await, started_run, "it is made again");
        store.db.pragma("DROP TRIGGER no").await;
        assert_eq!(store.digest_done(&done).await.unwrap(), DigestRecorded::All);
    }
}
