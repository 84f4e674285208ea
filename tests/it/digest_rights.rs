//! Who gets a digest, and who may have one? Rights, owners who leave, silence, pauses, tenants without a score; through the real scheduler.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, civil::date};
use scorewatch::{
    access::{Asker, Role, Tenants},
    delivery::{BoundDestination, Post},
    digest::{Digest, Owner, When},
    error::{Error, ErrorKind, Result},
    graph::read_saved,
    posting::Owners,
    sandbox::{self, Options},
    store::Source,
};
use tempfile::TempDir;

use crate::digest_year::{Desk, at, digest, outbox, place, set};

fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("scorewatch.db");
    (home, path)
}

fn only(names: &[&str]) -> Tenants {
    Tenants::Only(names.iter().map(ToString::to_string).collect())
}

fn daily() -> When {
    When::read("daily", None, "08:00", "UTC").unwrap()
}

fn morning() -> Digest {
    digest("morning", daily())
}

/// `soc`, whose readers see `tenants` as `role`, and the operator's `ops`.
fn destinations(role: Role, tenants: Tenants) -> BTreeMap<String, BoundDestination> {
    BTreeMap::from([("soc".to_owned(), place(role, tenants)), ("ops".to_owned(), place(Role::Operator, Tenants::All))])
}

fn everywhere() -> BTreeMap<String, BoundDestination> {
    destinations(Role::Analyst, Tenants::All)
}

fn operator(user: &str, tenants: Tenants) -> Asker {
    let id: Arc<str> = format!("chat:{user}").into();
    Asker { name: Arc::clone(&id), id, role: Role::Operator, tenants }
}

/// A digest that `user` defined in a chat.
fn of(user: &str, name: &str, tenants: Tenants) -> Digest {
    let owner = Owner::Person { platform: "chat".to_owned(), user: user.to_owned(), space: Some("1".to_owned()), rooms: Vec::new() };
    Digest { tenants, owner, ..digest(name, daily()) }
}

/// The posts of what was made, in order.
async fn posts(path: &Path) -> Vec<Post> {
    outbox(path).await.into_iter().map(|(.., post)| post).collect()
}

async fn titles(path: &Path) -> Vec<String> {
    posts(path).await.into_iter().map(|post| post.card.title).collect()
}

/// A desk on Friday at noon, that knows the digest and a day of contoso.
async fn desk(path: &Path, digest: Digest, named: BTreeMap<String, BoundDestination>) -> Desk {
    set(at("2026-11-20T12:00:00Z"));
    let mut desk = Desk::open(path, vec![digest], named).await;
    desk.read("contoso", date(2026, 11, 19), 50.0).await;
    desk.read("contoso", date(2026, 11, 20), 50.0).await;
    desk.digests.round().await.unwrap();
    desk
}

async fn round_at(desk: &mut Desk, moment: &str) {
    set(at(moment));
    desk.doors.ask.view().look().await.unwrap();
    desk.digests.round().await.unwrap();
    desk.arrive().await;
}

#[tokio::test]
async fn what_was_just_defined_is_first_sent_when_it_is_next_due() {
    let (_home, path) = home();
    let mut desk = desk(&path, morning(), everywhere()).await;
    round_at(&mut desk, "2026-11-21T07:59:59Z").await;
    assert!(posts(&path).await.is_empty(), "nothing is owed from before");
    desk.read("contoso", date(2026, 11, 21), 47.5).await;
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    round_at(&mut desk, "2026-11-21T08:00:30Z").await;
    let sent = outbox(&path).await;
    let [(kind, period, to, tenants, post)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!([kind, period, to, tenants].map(String::as_str), ["digest:morning", "2026-11-21T08:00:00Z", "soc", "contoso"]);
    assert_eq!((post.kind.word(), post.card.title.as_str()), ("digest", "Contoso: \u{2212}2.5 points since Friday: 1 control slipped"));
}

#[tokio::test]
async fn nothing_new_is_said_or_not_and_the_next_one_covers_it() {
    for silent in [false, true] {
        let (_home, path) = home();
        let mut desk = desk(&path, Digest { silent, ..morning() }, everywhere()).await;
        desk.read("contoso", date(2026, 11, 21), 55.0).await;
        round_at(&mut desk, "2026-11-21T08:00:00Z").await;
        desk.read("contoso", date(2026, 11, 22), 55.0).await;
        round_at(&mut desk, "2026-11-22T08:00:00Z").await;
        desk.read("contoso", date(2026, 11, 23), 56.0).await;
        round_at(&mut desk, "2026-11-23T08:00:00Z").await;
        let first = "Contoso: +5 points since Friday: 1 control improved";
        if silent {
            assert_eq!(titles(&path).await, [first, "Contoso: +1 point since Saturday: 1 control improved"]);
        } else {
            let last = "Contoso: +1 point since Sunday: 1 control improved";
            assert_eq!(titles(&path).await, [first, "Contoso: nothing new since Saturday", last]);
        }
    }
}

#[tokio::test]
async fn a_pause_holds_it_back_and_the_next_one_covers_the_pause() {
    let (_home, path) = home();
    let mut desk = desk(&path, morning(), everywhere()).await;
    desk.read("contoso", date(2026, 11, 21), 55.0).await;
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    let terminal = Asker::local();
    desk.doors.operations.digest_pause(&terminal, "morning", true).await.unwrap();
    desk.read("contoso", date(2026, 11, 23), 53.0).await;
    round_at(&mut desk, "2026-11-23T08:00:00Z").await;
    assert_eq!(desk.doors.operations.digests(&terminal).await.unwrap()[0].next, None);
    desk.doors.operations.digest_pause(&terminal, "morning", false).await.unwrap();
    round_at(&mut desk, "2026-11-23T09:00:00Z").await;
    assert_eq!(posts(&path).await.len(), 1, "what was due during the pause is not made up for");
    desk.read("contoso", date(2026, 11, 24), 52.0).await;
    round_at(&mut desk, "2026-11-24T08:00:00Z").await;
    assert_eq!(titles(&path).await[1], "Contoso: \u{2212}3 points since Saturday: 1 control slipped");
    let shown = desk.doors.operations.digests(&terminal).await.unwrap().remove(0);
    assert_eq!((shown.covered, shown.next), (Some(date(2026, 11, 24)), Some(at("2026-11-25T08:00:00Z"))));
}

#[tokio::test]
async fn one_that_is_sent_by_hand_counts() {
    let (_home, path) = home();
    let mut desk = desk(&path, morning(), everywhere()).await;
    desk.read("contoso", date(2026, 11, 21), 55.0).await;
    set(at("2026-11-21T05:00:00Z"));
    let id = desk.doors.operations.digest_send(&Asker::local(), "morning").await.unwrap();
    assert_eq!(posts(&path).await[0].id, id);
    desk.arrive().await;
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    desk.read("contoso", date(2026, 11, 22), 54.0).await;
    round_at(&mut desk, "2026-11-22T08:00:00Z").await;
    assert_eq!(
        titles(&path).await,
        [
            "Contoso: +5 points since Friday: 1 control improved",
            "Contoso: no new score since today's last digest",
            "Contoso: \u{2212}1 point since Saturday: 1 control slipped"
        ]
    );
    let card = desk.doors.operations.digest_preview(&Asker::local(), "morning").await.unwrap();
    assert_eq!(card.title, "Contoso: no new score since today's last digest");
    assert_eq!(posts(&path).await.len(), 3, "a preview sends nothing");
    let error = desk.doors.operations.digest_send(&Asker::local(), "mornign").await.unwrap_err();
    assert!(error.kind == ErrorKind::NotFound && error.sentence.contains("Did you mean `morning`?"), "{error}");
}

#[tokio::test]
async fn a_tenant_without_a_score_is_left_out_and_old_scores_are_told() {
    let (_home, path) = home();
    let mut desk = desk(&path, morning(), everywhere()).await;
    desk.store.ensure_tenant("fabrikam").await.unwrap();
    round_at(&mut desk, "2026-11-24T08:00:00Z").await;
    desk.read("fabrikam", date(2026, 11, 25), 80.0).await;
    round_at(&mut desk, "2026-11-25T08:00:00Z").await;
    let said: Vec<String> = posts(&path).await.iter().map(|post| serde_json::to_string(&post.card).unwrap()).collect();
    assert!(said[0].contains("no score yet") && said[0].contains("Contoso: no data since Friday"), "{}", said[0]);
    assert!(said[1].contains("no data since Friday; Fabrikam: first score") && !said[1].contains("no score yet"), "{}", said[1]);

    let (_home, path) = self::home();
    set(at("2026-11-20T12:00:00Z"));
    let mut desk = Desk::open(&path, vec![morning()], everywhere()).await;
    desk.digests.round().await.unwrap();
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    assert!(posts(&path).await.is_empty());
    desk.read("contoso", date(2026, 11, 21), 50.0).await;
    round_at(&mut desk, "2026-11-21T08:10:00Z").await;
    assert_eq!(titles(&path).await, ["Contoso: the first score, 50 %"], "made as soon as there is something to tell");
}

#[tokio::test]
async fn a_silent_one_says_once_that_there_is_no_data() {
    let (_home, path) = home();
    let mut desk = desk(&path, Digest { silent: true, ..morning() }, everywhere()).await;
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    assert!(posts(&path).await.is_empty(), "a day old is as new as it gets");
    for day in 22..25 {
        round_at(&mut desk, &format!("2026-11-{day}T08:00:00Z")).await;
    }
    assert_eq!(titles(&path).await, ["Contoso: no data since Friday"]);
    desk.read("contoso", date(2026, 11, 24), 50.0).await;
    round_at(&mut desk, "2026-11-25T08:00:00Z").await;
    assert_eq!(posts(&path).await.len(), 1, "there is data again, and nothing new");
    for day in 26..29 {
        round_at(&mut desk, &format!("2026-11-{day}T08:00:00Z")).await;
    }
    assert_eq!(titles(&path).await, ["Contoso: no data since Friday", "Contoso: no data since Tuesday"]);
}

#[tokio::test]
async fn why_a_tenant_has_no_data_is_said_where_it_is_known() {
    let (_home, path) = home();
    let mut desk = desk(&path, Digest { silent: true, ..morning() }, everywhere()).await;
    desk.store.ensure_tenant("fabrikam").await.unwrap();
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    assert!(posts(&path).await.is_empty(), "it was just added");
    let sentence = "The client secret of tenant fabrikam has expired. Make a new one.";
    let failed = Error::new(ErrorKind::Upstream, sentence).at_the_door();
    desk.store.reading_failed("fabrikam", &failed, at("2026-11-21T09:00:00Z")).await.unwrap();
    desk.store
        .reading_failed("contoso", &Error::new(ErrorKind::Upstream, "It has expired, too.").at_the_door(), at("2026-11-21T09:00:00Z"))
        .await
        .unwrap();
    desk.read("contoso", date(2026, 11, 21), 50.0).await;
    round_at(&mut desk, "2026-11-22T08:00:00Z").await;
    let fails = "the sign-in to Microsoft fails";
    assert_eq!(titles(&path).await, [format!("Fabrikam: {fails}, no score yet")], "which is worse than nothing new");
    let said = serde_json::to_string(&posts(&path).await[0].card).unwrap();
    assert!(said.contains("nothing new") && said.contains(sentence), "{said}");
    desk.store
        .reading_failed("contoso", &Error::new(ErrorKind::Upstream, "It has expired, too.").at_the_door(), at("2026-11-22T09:00:00Z"))
        .await
        .unwrap();
    round_at(&mut desk, "2026-11-23T08:00:00Z").await;
    assert_eq!(titles(&path).await[1], format!("Both tenants: {fails}, no data since Saturday"));
}

/// Stores what the sandbox's Graph says of `tenant`, whose story has names and words of people.
async fn import(desk: &Desk, tenant: &str) {
    let (today, options) = (date(2026, 11, 23), Options::new(date(2026, 11, 23)));
    let files = [
        ("scores.json".to_owned(), sandbox::scores_json(tenant, &options, today, 90).unwrap()),
        ("profiles.json".to_owned(), sandbox::profiles_json(tenant, &options, today).unwrap()),
    ];
    desk.store.save(tenant, &read_saved(&files).unwrap(), Source::Import, at("2026-11-23T06:00:00Z")).await.unwrap();
    desk.doors.ask.view().look().await.unwrap();
}

#[tokio::test]
async fn readers_get_no_more_than_they_may_see() {
    for (role, tenants) in [(Role::Reader, only(&["contoso"])), (Role::Analyst, Tenants::All)] {
        let (_home, path) = home();
        set(at("2026-11-22T12:00:00Z"));
        let mut desk = Desk::open(&path, vec![morning()], destinations(role, tenants.clone())).await;
        desk.digests.round().await.unwrap();
        import(&desk, "contoso").await;
        import(&desk, "fabrikam").await;
        round_at(&mut desk, "2026-11-23T08:00:00Z").await;
        let post = posts(&path).await.remove(0);
        let said = serde_json::to_string(&post).unwrap();
        assert!(said.contains("Outlook add-ins"), "{said}");
        assert_eq!(said.contains("fabrikam"), tenants == Tenants::All, "{said}");
        assert_eq!(said.contains("chen.wei@contoso.example"), role == Role::Analyst, "{said}");
        assert_eq!(post.tenants, if tenants == Tenants::All { vec!["contoso", "fabrikam"] } else { vec!["contoso"] });
    }
}

#[tokio::test]
async fn what_its_readers_may_not_see_stops_it_and_the_operator_is_told_once() {
    let (_home, path) = home();
    let both = Digest { tenants: only(&["contoso", "fabrikam"]), ..morning() };
    let mut desk = desk(&path, both, destinations(Role::Analyst, only(&["contoso"]))).await;
    for day in 21..24 {
        round_at(&mut desk, &format!("2026-11-{day}T08:00:00Z")).await;
    }
    let sent = outbox(&path).await;
    let [(kind, _, to, tenants, post)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!([kind, to, tenants].map(String::as_str), ["notice:digest:morning", "ops", ""]);
    let said = serde_json::to_string(&post.card).unwrap();
    assert!(said.contains("fabrikam") && said.contains("scorewatch digest resume morning"), "{said}");
    let shown = desk.doors.operations.digests(&Asker::local()).await.unwrap().remove(0);
    assert!(shown.next.is_none() && shown.stopped.unwrap().contains("those who read there may not see"));
}

/// People in a chat, as far as they still are somebody.
#[derive(Default)]
struct People(Mutex<BTreeMap<String, Result<Asker, ()>>>);

impl People {
    fn are(&self, user: &str, asker: Option<Result<Asker, ()>>) {
        let mut people = self.0.lock().unwrap();
        match asker {
            Some(asker) => drop(people.insert(user.to_owned(), asker)),
            None => drop(people.remove(user)),
        }
    }
}

impl Owners for People {
    fn still<'a>(&'a self, owner: &'a Owner) -> BoxFuture<'a, Result<Option<Asker>>> {
        Box::pin(async move {
            let Owner::Person { user, space, .. } = owner else { panic!("nobody asks about the configuration") };
            assert_eq!(space.as_deref(), Some("1"));
            match self.0.lock().unwrap().get(user) {
                Some(Ok(asker)) => Ok(Some(asker.clone())),
                Some(Err(())) => Err(Error::new(ErrorKind::Upstream, "The chat is away.")),
                None => Ok(None),
            }
        })
    }
}

#[tokio::test]
async fn an_owner_who_left_or_may_no_more_stops_the_digest() {
    let ada = || operator("ada", only(&["contoso"]));
    let gone: [Option<Asker>; 3] =
        [None, Some(Asker { role: Role::Analyst, ..ada() }), Some(Asker { tenants: only(&["fabrikam"]), ..ada() })];
    for gone in gone {
        let (_home, path) = home();
        let mut desk = desk(&path, Digest { silent: true, ..morning() }, everywhere()).await;
        let people = Arc::new(People::default());
        desk.doors.operations.digest_add(&ada(), of("ada", "hers", only(&["contoso"]))).await.unwrap();
        round_at(&mut desk, "2026-11-21T08:00:00Z").await;
        assert!(posts(&path).await.is_empty(), "away from the chat nobody says that she still may, nor that she may not");
        desk.owners(Arc::clone(&people) as Arc<dyn Owners>);
        people.are("ada", Some(Err(())));
        round_at(&mut desk, "2026-11-21T08:01:00Z").await;
        assert!(posts(&path).await.is_empty(), "nor while the chat is away");
        people.are("ada", Some(Ok(ada())));
        round_at(&mut desk, "2026-11-21T08:02:00Z").await;
        assert_eq!(titles(&path).await, ["Contoso: nothing new since Thursday"]);

        people.are("ada", gone.map(Ok));
        for day in [22, 23] {
            desk.read("contoso", date(2026, 11, day), 50.0).await;
            round_at(&mut desk, &format!("2026-11-{day}T08:00:00Z")).await;
        }
        let sent = outbox(&path).await;
        assert_eq!(sent.iter().map(|(kind, ..)| kind.as_str()).collect::<Vec<_>>(), ["digest:hers", "notice:digest:hers"]);

        people.are("ada", Some(Ok(ada())));
        desk.doors.operations.digest_pause(&ada(), "hers", false).await.unwrap();
        round_at(&mut desk, "2026-11-24T08:00:00Z").await;
        assert_eq!(outbox(&path).await.len(), 3, "it goes on when somebody says so");
    }
}

#[tokio::test]
async fn of_an_owner_on_another_platform_nobody_says_anything() {
    let (_home, path) = home();
    let mut desk = desk(&path, Digest { silent: true, ..morning() }, everywhere()).await;
    let ada = operator("ada", only(&["contoso"]));
    let hers = of("ada", "hers", only(&["contoso"]));
    let Owner::Person { user, space, rooms, .. } = hers.owner.clone() else { panic!("{:?}", hers.owner) };
    let owner = Owner::Person { platform: "elsewhere".to_owned(), user, space, rooms };
    let elsewhere = Asker { id: "elsewhere:ada".into(), ..ada.clone() };
    desk.doors.operations.digest_add(&elsewhere, Digest { owner, ..hers }).await.unwrap();
    let people = Arc::new(People::default());
    people.are("ada", Some(Ok(ada)));
    desk.owners(people);
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    assert!(posts(&path).await.is_empty(), "who has the same id on the platform that is connected is somebody else");
}

#[tokio::test]
async fn what_its_owner_did_not_see_for_a_while_is_told_since_it_was_told_last() {
    let (_home, path) = home();
    let mut desk = desk(&path, Digest { silent: true, ..morning() }, everywhere()).await;
    let people = Arc::new(People::default());
    desk.owners(Arc::clone(&people) as Arc<dyn Owners>);
    let sees = |tenants| people.are("ada", Some(Ok(operator("ada", tenants))));
    desk.doors.operations.digest_add(&operator("ada", Tenants::All), of("ada", "hers", Tenants::All)).await.unwrap();
    for (day, tenants) in [(21, Tenants::All), (22, only(&["contoso"])), (23, Tenants::All)] {
        sees(tenants);
        desk.read("contoso", date(2026, 11, day), 50.0).await;
        desk.read("fabrikam", date(2026, 11, day), 80.0 - f64::from(day)).await;
        round_at(&mut desk, &format!("2026-11-{day}T08:00:00Z")).await;
    }
    let hers = outbox(&path).await.into_iter().filter(|(kind, ..)| kind == "digest:hers").map(|(.., post)| post.card.title);
    let hers: Vec<String> = hers.collect();
    assert!(hers[2].starts_with("Fabrikam: \u{2212}2 points since Saturday: 1 control slipped"), "{hers:?}");
}

#[tokio::test]
async fn a_destination_that_is_gone_stops_it() {
    let (_home, path) = home();
    let mut first = desk(&path, morning(), everywhere()).await;
    let ada = operator("ada", Tenants::All);
    first.doors.operations.digest_add(&ada, of("ada", "hers", Tenants::All)).await.unwrap();
    first.digests.round().await.unwrap();
    drop(first);
    let ops = BTreeMap::from([("ops".to_owned(), place(Role::Operator, Tenants::All))]);
    let mut desk = Desk::open(&path, Vec::new(), ops).await;
    let people = Arc::new(People::default());
    people.are("ada", Some(Ok(ada)));
    desk.owners(people);
    round_at(&mut desk, "2026-11-21T08:00:00Z").await;
    let sent = outbox(&path).await;
    assert_eq!(sent.iter().map(|(kind, ..)| kind.as_str()).collect::<Vec<_>>(), ["notice:digest:hers"]);
    assert!(serde_json::to_string(&sent[0].4.card).unwrap().contains("Destination `soc` not found"));
}

#[tokio::test]
async fn only_operators_define_digests_of_what_they_and_the_readers_see() {
    let (_home, path) = home();
    let desk = desk(&path, morning(), destinations(Role::Reader, only(&["contoso", "fabrikam"]))).await;
    desk.store.ensure_tenant("northwind").await.unwrap();
    desk.store.ensure_tenant("fabrikam").await.unwrap();
    desk.doors.ask.view().look().await.unwrap();
    let doors = &desk.doors;
    let ada = operator("ada", only(&["contoso", "northwind"]));
    let refused = async |asker: &Asker, digest: Digest| doors.operations.digest_add(asker, digest).await.unwrap_err();
    let hers = |name: &str, names: &[&str]| of("ada", name, only(names));

    let analyst = Asker { role: Role::Analyst, ..ada.clone() };
    assert_eq!(refused(&analyst, hers("a", &["contoso"])).await.kind, ErrorKind::Forbidden);
    assert_eq!(doors.operations.digests(&analyst).await.unwrap_err().kind, ErrorKind::Forbidden);
    assert_eq!(refused(&ada, of("bob", "a", only(&["contoso"]))).await.kind, ErrorKind::Forbidden, "in somebody else's name");
    assert_eq!(refused(&ada, Digest { owner: Owner::Configuration, ..hers("a", &["contoso"]) }).await.kind, ErrorKind::Forbidden);
    assert_eq!(refused(&ada, hers("a", &["fabrikam"])).await.kind, ErrorKind::NotFound, "what she does not see does not exist");
    let error = refused(&ada, hers("a", &["contoso", "northwind"])).await;
    assert!(error.kind == ErrorKind::Forbidden && error.sentence.contains("`northwind`"), "{error}");
    let error = refused(&ada, Digest { to: "sco".to_owned(), ..hers("a", &["contoso"]) }).await;
    assert!(error.kind == ErrorKind::NotFound && error.sentence.contains("`sco` not found"), "{error}");
    assert_eq!(refused(&ada, Digest { skills: Vec::new(), ..hers("a", &["contoso"]) }).await.kind, ErrorKind::BadArguments);
    for name in ["", "Morning", "all", "a b", "../a", &"a".repeat(41)] {
        assert_eq!(refused(&ada, hers(name, &["contoso"])).await.kind, ErrorKind::BadArguments, "{name}");
    }
    let stranger = operator("eve", only(&["northwind"]));
    assert_eq!(refused(&stranger, of("eve", "a", Tenants::All)).await.kind, ErrorKind::Forbidden, "nothing that both see");

    for number in 0..20 {
        doors.operations.digest_add(&ada, hers(&format!("a{number}"), &["contoso"])).await.unwrap();
    }
    let error = refused(&ada, hers("a20", &["contoso"])).await;
    assert!(error.kind == ErrorKind::BadArguments && error.sentence.contains("20 digests already"), "{error}");
    doors.operations.digest_remove(&ada, "a7").await.unwrap();
    doors.operations.digest_add(&ada, of("ada", "wide", Tenants::All)).await.unwrap();
    let names = |asker: Asker| async move {
        doors.operations.digests(&asker).await.unwrap().into_iter().map(|shown| shown.digest.name).collect::<Vec<_>>()
    };
    assert!(names(ada.clone()).await.contains(&"wide".to_owned()), "one's own, although she does not see all");
    assert!(!names(ada.clone()).await.contains(&"morning".to_owned()));
    assert_eq!(names(stranger.clone()).await, Vec::<String>::new());
    assert_eq!(names(Asker::local()).await.len(), 21);
    assert_eq!(doors.operations.digest_pause(&stranger, "a1", true).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(doors.operations.digest_remove(&stranger, "a1").await.unwrap_err().kind, ErrorKind::NotFound);
    let error = doors.operations.digest_remove(&Asker::local(), "morning").await.unwrap_err();
    assert!(error.kind == ErrorKind::BadArguments && error.sentence.contains("configuration"), "{error}");

    let card = doors.operations.digest_preview(&ada, "wide").await.unwrap();
    assert!(card.title.starts_with("Contoso: "), "{}", card.title);
    let audit = desk.store.audit(100, None).await.unwrap();
    let of = |what: &str| audit.iter().filter(|entry| entry.what == what && entry.asker == "chat:ada").count();
    assert_eq!((of("digest.add"), of("digest.remove"), audit.len()), (21, 1, 22), "what was refused changed nothing");
}

#[tokio::test]
async fn nobody_learns_what_digests_of_other_tenants_are_called() {
    let (_home, path) = home();
    let desk = desk(&path, morning(), destinations(Role::Reader, only(&["contoso", "fabrikam"]))).await;
    desk.store.ensure_tenant("fabrikam").await.unwrap();
    desk.doors.ask.view().look().await.unwrap();
    let doors = &desk.doors;
    let [ada, bob] = [("ada", "contoso"), ("bob", "fabrikam")].map(|(name, tenant)| operator(name, only(&[tenant])));
    let hers = |name: &str| of("ada", name, only(&["contoso"]));
    let his = |name: &str| of("bob", name, only(&["fabrikam"]));
    assert_eq!(doors.operations.digest_add(&ada, hers("weekly")).await.unwrap(), "weekly");
    // One of hers, one of the configuration, one that there is not: he sees the same of all.
    for name in ["weekly", "morning", "fresh"] {
        let does = |name: String| {
            let bob = &bob;
            async move {
                let said = |outcome: Result<(), Error>| outcome.unwrap_err().to_string().replace(&name, "X");
                [
                    said(doors.operations.digest_pause(bob, &name, true).await),
                    said(doors.operations.digest_pause(bob, &name, false).await),
                    said(doors.operations.digest_preview(bob, &name).await.map(drop)),
                    said(doors.operations.digest_send(bob, &name).await.map(drop)),
                    said(doors.operations.digest_remove(bob, &name).await),
                ]
            }
        };
        assert_eq!(does(name.to_owned()).await, does("nowhere".to_owned()).await);
        doors.operations.digest_add(&bob, his(name)).await.unwrap();
        let shown = doors.operations.digests(&bob).await.unwrap();
        assert_eq!(shown.iter().map(|shown| shown.digest.title()).collect::<Vec<_>>(), [name]);
        assert!(doors.operations.digest_add(&bob, his(name)).await.unwrap_err().sentence.contains("already"), "his own he knows of");
        doors.operations.digest_pause(&bob, name, true).await.unwrap();
        doors.operations.digest_remove(&bob, name).await.unwrap();
    }
    assert_eq!(doors.operations.digests(&ada).await.unwrap().len(), 1, "hers is still there");
    doors.operations.digest_add(&bob, his("weekly")).await.unwrap();
    let names: Vec<_> = doors.operations.digests(&Asker::local()).await.unwrap().into_iter().map(|shown| shown.digest.name).collect();
    assert_eq!(names, ["morning", "weekly", "weekly.2"], "whoever sees all tells them apart");
}

#[tokio::test]
async fn one_that_cannot_be_made_does_not_hold_up_others() {
    let (_home, path) = home();
    set(at("2026-11-20T12:00:00Z"));
    let all = vec![Digest { to: "nowhere".to_owned(), ..digest("broken", daily()) }, morning()];
    let mut desk = Desk::open(&path, all, everywhere()).await;
    desk.read("contoso", date(2026, 11, 20), 50.0).await;
    desk.digests.round().await.unwrap();
    set(at("2026-11-21T08:00:00Z"));
    let next = desk.digests.round().await.unwrap().unwrap();
    let kinds: Vec<String> = outbox(&path).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["digest:morning", "notice:digest:broken"]);
    assert_eq!(SignedDuration::from_hours(24), next.duration_since(at("2026-11-21T08:00:00Z")));
}
