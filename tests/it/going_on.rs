//! What goes on from an answer? SavedQuestion questions, suggestions, readings on demand and stopped destinations, over real stores.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use scorewatch::{
    access::{Asker, Role, Tenants},
    app::{App, BackgroundWork, Doors},
    ask::{AnswerForm, Ask, Question, RawArgs, RefreshOutcome, SavedQuestion, StoreView, Suggestion, SuggestionQuery},
    config::{self, Config, ConfigSources},
    error::{Error, ErrorKind},
    graph::read_saved,
    operations::UsageWish,
    posting::Posts,
    sandbox::{self, FaultRule, InjectedFault, Options, Sandbox},
    schedule::{OnDemand, keep_reading},
    skills::Entry,
    store::{Source, Store, UsageBy},
    surfaces::config_parts,
};
use sqlx::{ConnectOptions as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    answers::TODAY,
    program::configured,
    refresh::World,
    support::doors::{doors, doors_by},
};

const HOUR: i64 = 3600;

fn asker(tenants: &[&str]) -> Asker {
    let tenants = Tenants::Only(tenants.iter().map(ToString::to_string).collect());
    Asker { id: "test".into(), name: "test".into(), role: Role::Reader, tenants }
}

/// A clock that is ahead.
const fn ahead<const HOURS: i64>() -> fn() -> Timestamp {
    || Timestamp::from_second(1_800_000_000 + HOURS * HOUR).unwrap()
}

async fn open(path: &Path, now: fn() -> Timestamp) -> Doors {
    doors_by(Store::open(path).await.unwrap(), now, Posts::default()).await
}

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("scorewatch.db");
    (directory, path)
}

fn kept(skill: &str, tenant: Option<&str>, args: &[(&str, &str)]) -> SavedQuestion {
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    SavedQuestion { skill: Entry::named(skill).unwrap(), tenant: tenant.map(ToOwned::to_owned), args }
}

fn weakest() -> SavedQuestion {
    kept("weakest_controls", Some("contoso"), &[("limit", "5")])
}

/// Makes every write into `table` fail from now on.
async fn forbid_writing(path: &Path, table: &str) -> SqliteConnection {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    for event in ["INSERT", "UPDATE", "DELETE"] {
        let trigger = format!("CREATE TRIGGER no_{event} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END");
        sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(&mut connection).await.unwrap();
    }
    connection
}

#[tokio::test]
async fn a_question_is_kept_across_restarts_and_processes() {
    let (_directory, path) = place();
    let first = open(&path, ahead::<0>()).await;
    let changes = Store::open(&path).await.unwrap().changes().await.unwrap();
    let hostile = kept("control", None, &[("name", "\"}],\u{202e}🎉'; DROP TABLE saved_questions")]);
    let ids = first.ask.save(&[weakest(), hostile.clone(), weakest()]).await.unwrap();
    assert_eq!(ids[0], ids[2]);
    assert!(ids.iter().all(|id| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))));
    drop(first);

    let (second, third) = (open(&path, ahead::<1>()).await, open(&path, ahead::<1>()).await);
    for doors in [&second, &third] {
        let again = doors.ask.saved(&ids[0]).await.unwrap();
        assert_eq!((again.skill.name, again.tenant.as_deref(), &*again.args), ("weakest_controls", Some("contoso"), &*weakest().args));
        assert_eq!(doors.ask.saved(&ids[1]).await.unwrap().args, hostile.args);
    }
    let theirs = third.ask.save(&[kept("secure_score", None, &[])]).await.unwrap();
    assert_eq!(second.ask.saved(&theirs[0]).await.unwrap().skill.name, "secure_score");
    assert_eq!(Store::open(&path).await.unwrap().changes().await.unwrap(), changes, "no server has to look again");
}

#[tokio::test]
async fn what_is_kept_already_is_not_written_again_until_half_its_time_is_over() {
    let (_directory, path) = place();
    let doors = open(&path, ahead::<0>()).await;
    let id = doors.ask.save(&[weakest()]).await.unwrap().remove(0);
    let _connection = forbid_writing(&path, "saved_questions").await;
    for hours in [ahead::<0>(), ahead::<{ 14 * 24 }>()] {
        let doors = open(&path, hours).await;
        assert_eq!(doors.ask.save(&[weakest()]).await.unwrap(), [&*id]);
        assert_eq!(doors.ask.save(&[weakest()]).await.unwrap(), [&*id]);
    }
    assert_eq!(doors.ask.save(&[weakest()]).await.unwrap(), [&*id]);
    assert!(doors.ask.save(&[weakest(), kept("secure_score", None, &[])]).await.is_err(), "something new is written");
    let late = open(&path, ahead::<{ 14 * 24 + 1 }>()).await;
    assert!(late.ask.save(&[weakest()]).await.is_err(), "after half of its time it is written");
    assert_eq!(late.ask.saved(&id).await.unwrap().skill.name, "weakest_controls", "a renewal that fails keeps nobody from going on");
}

#[tokio::test]
async fn a_question_lives_for_two_weeks_after_its_last_use() {
    let (_directory, path) = place();
    let used = [weakest(), kept("secure_score", None, &[])];
    let ids = open(&path, ahead::<0>()).await.ask.save(&used).await.unwrap();
    // Used at any time, it is there two weeks later.
    for day in [ahead::<{ 6 * 24 }>(), ahead::<{ 20 * 24 }>()] {
        open(&path, day).await.ask.saved(&ids[0]).await.unwrap();
    }
    let later = open(&path, ahead::<{ 34 * 24 }>()).await;
    later.ask.saved(&ids[0]).await.unwrap();
    for id in [&*ids[1], "AAAAAAAAAAAAAAAA", "", "' OR 1=1 --", &"x".repeat(100_000)] {
        let error = later.ask.saved(id).await.unwrap_err();
        assert_eq!((error.kind, &*error.sentence), (ErrorKind::NotFound, "This answer has expired. Ask again with its command."));
    }
    let much_later = open(&path, ahead::<{ 63 * 24 }>()).await;
    assert_eq!(much_later.ask.saved(&ids[0]).await.unwrap_err().kind, ErrorKind::NotFound);
    much_later.ask.save(&[kept("control", None, &[])]).await.unwrap();
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM saved_questions").fetch_one(&mut connection).await.unwrap();
    assert_eq!(rows, 1, "what is over goes");
}

#[tokio::test]
async fn what_another_version_kept_is_too_old_and_what_is_too_much_is_refused() {
    let (_directory, path) = place();
    let doors = open(&path, ahead::<0>()).await;
    let id = doors.ask.save(&[weakest()]).await.unwrap().remove(0);
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("UPDATE saved_questions SET question = replace(question, 'weakest_controls', 'attack_paths')")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(doors.ask.saved(&id).await.unwrap_err().kind, ErrorKind::NotFound);

    let long = kept("control", None, &[("name", &"x".repeat(4096))]);
    assert_eq!(doors.ask.save(&[long]).await.unwrap_err().kind, ErrorKind::BadArguments);
    assert_eq!(doors.ask.save(&[kept("control", Some(&"x".repeat(201)), &[])]).await.unwrap_err().kind, ErrorKind::BadArguments);
    let many: Vec<_> = (0..65).map(|limit| kept("weakest_controls", None, &[("limit", &limit.to_string())])).collect();
    assert_eq!(doors.ask.save(&many[1..]).await.unwrap().len(), 64);
    assert_eq!(doors.ask.save(&many).await.unwrap_err().kind, ErrorKind::Internal);
    assert!(doors.ask.save(&[]).await.unwrap().is_empty());
}

/// A store with the sandbox's tenants, as saved answers of theirs.
async fn imported(tenants: &[&str]) -> (TempDir, PathBuf, Store) {
    let (directory, path) = place();
    let store = Store::open(&path).await.unwrap();
    for tenant in tenants {
        import(&store, tenant, tenant).await;
    }
    (directory, path, store)
}

async fn import(store: &Store, tenant: &str, name: &str) {
    let options = Options::new(TODAY);
    let files = [
        ("scores.json".to_owned(), sandbox::scores_json(tenant, &options, TODAY, 3).unwrap()),
        ("profiles.json".to_owned(), sandbox::profiles_json(tenant, &options, TODAY).unwrap()),
    ];
    store.save(name, &read_saved(&files).unwrap(), Source::Import, Timestamp::now()).await.unwrap();
}

async fn suggest(doors: &Doors, asker: &Asker, (skill, option): (&str, &str), tenant: Option<&str>, typed: &str) -> Vec<Suggestion> {
    doors.ask.suggest(asker, &SuggestionQuery { skill: Entry::named(skill).unwrap(), option, tenant, typed }).await.unwrap()
}

fn values(suggestions: &[Suggestion]) -> Vec<&str> {
    suggestions.iter().map(|suggestion| &*suggestion.value).collect()
}

#[tokio::test]
async fn tenants_are_suggested_as_far_as_they_may_be_seen() {
    let (_directory, _path, store) = imported(&[]).await;
    for number in 0..30 {
        store.ensure_tenant(&format!("tenant-{number:02}")).await.unwrap();
    }
    store.ensure_tenant("contoso").await.unwrap();
    let doors = doors(store).await;
    let local = Asker::local();
    let (of_score, of_control) = (("secure_score", "tenant"), ("control", "tenant"));
    let every = suggest(&doors, &local, of_score, None, "").await;
    assert_eq!((every.len(), &*every[0].value, &*every[24].value), (25, "contoso", "all"));
    assert_eq!(values(&suggest(&doors, &local, of_control, None, "").await)[24], "tenant-23", "a control is of one tenant");
    assert_eq!(values(&suggest(&doors, &local, of_score, None, " SO").await), ["contoso"]);
    assert_eq!(values(&suggest(&doors, &local, of_score, None, "al").await), ["all"]);
    let two = asker(&["contoso", "tenant-07"]);
    assert_eq!(values(&suggest(&doors, &two, of_score, None, "t").await), ["tenant-07", "contoso"]);
    assert_eq!(suggest(&doors, &asker(&["elsewhere"]), of_score, None, "").await, []);
}

#[tokio::test]
async fn controls_and_products_are_suggested_of_a_tenant_that_may_be_seen() {
    let (_directory, path, store) = imported(&["contoso", "fabrikam"]).await;
    let doors = doors(store).await;
    let contoso = asker(&["contoso"]);
    let (control, product) = (("control", "name"), ("weakest_controls", "product"));

    let weakest = suggest(&doors, &contoso, control, None, "").await;
    assert_eq!(weakest.len(), 25);
    let legacy = suggest(&doors, &contoso, control, None, "legacy auth").await;
    assert_eq!(legacy[0].value, "BlockLegacyAuthentication");
    assert!(legacy[0].label.ends_with("(BlockLegacyAuthentication)") && legacy[0].label.len() > 40, "{:?}", legacy[0]);
    assert_eq!(suggest(&doors, &contoso, control, Some("contoso"), "adminmfa").await[0].value, "AdminMFAV2");
    let products = suggest(&doors, &contoso, product, None, "").await;
    assert!(products.len() > 3 && products[0].label.contains(" controls"), "{products:?}");
    for typed in ["exo", "exc", "Exchange", "exchange on"] {
        let exchange = suggest(&doors, &contoso, product, None, typed).await;
        assert_eq!(values(&exchange), ["EXO"], "{typed}");
        assert!(exchange[0].label.starts_with("Exchange Online (EXO), "), "{exchange:?}");
    }
    assert_eq!(values(&suggest(&doors, &contoso, product, None, "azure ad").await), ["AzureAD"]);
    assert_eq!(values(&suggest(&doors, &contoso, product, None, "git").await), ["MDA_GitHub"]);

    for suggestion in weakest.iter().chain(&legacy).chain(&products) {
        assert!(suggestion.label.encode_utf16().count() <= 100 && suggestion.value.encode_utf16().count() <= 100);
    }
    // Whatever is offered is also found.
    for (skill, option, value) in [("control", "name", &weakest[0].value), ("weakest_controls", "product", &products[0].value)] {
        let args = [(Cow::Borrowed(option), Cow::Borrowed(&**value))];
        let question = Question {
            skill: Entry::named(skill).unwrap(),
            tenant: None,
            args: RawArgs::Pairs(&args),
            form: AnswerForm::Text,
            surface: "other",
        };
        doors.ask.ask(&contoso, &question).await.unwrap();
    }

    assert_eq!(suggest(&doors, &contoso, control, Some("fabrikam"), "").await, [], "as if it did not exist");
    assert_eq!(suggest(&doors, &Asker::local(), control, None, "").await, [], "which tenant is not said");
    assert_eq!(suggest(&doors, &Asker::local(), product, Some("all"), "").await, []);
    assert_eq!(suggest(&doors, &contoso, ("weakest_controls", "limit"), None, "").await, []);
    assert_eq!(suggest(&doors, &contoso, ("control", "nothing"), None, "").await, []);
    assert_eq!(suggest(&doors, &contoso, control, None, &"🎉 zzqx".repeat(2000)).await, []);

    // Letter by letter the store is not needed; new data is taken in.
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("ALTER TABLE profiles RENAME TO away").execute(&mut connection).await.unwrap();
    for end in 1..=6 {
        assert!(!suggest(&doors, &contoso, control, None, &"legacy"[..end]).await.is_empty());
    }
    sqlx::query("ALTER TABLE away RENAME TO profiles").execute(&mut connection).await.unwrap();
    import(&Store::open(&path).await.unwrap(), "fabrikam", "northwind").await;
    doors.ask.view().look().await.unwrap();
    assert!(!suggest(&doors, &asker(&["northwind"]), control, None, "").await.is_empty());
}

async fn asked(doors: &Doors, asker: &Asker, question: &Question<'_>) -> (Result<(), Error>, Result<(), Error>) {
    (doors.ask.prepare(asker, question).await.map(|_| ()), doors.ask.ask(asker, question).await.map(|_| ()))
}

/// Who asks which skill about which tenant, with which arguments.
type Case<'a> = (&'a Asker, &'a str, Option<&'a str>, &'a [(&'a str, &'a str)]);

#[tokio::test]
async fn a_check_refuses_what_asking_would_refuse_and_with_the_same_words() {
    let (_directory, path, store) = imported(&["contoso", "fabrikam"]).await;
    let doors = doors(store.clone()).await;
    let (reader, one) = (asker(&["contoso", "fabrikam"]), asker(&["contoso"]));
    let analyst = Asker { role: Role::Analyst, ..one.clone() };
    let long = "x".repeat(5000);
    let refused: &[Case<'_>] = &[
        (&reader, "secure_score", None, &[]),
        (&one, "secure_score", Some("fabrikam"), &[]),
        (&reader, "control", Some("all"), &[("name", "OneAdmin")]),
        (&one, "control", None, &[]),
        (&one, "control", None, &[("name", &long)]),
        (&one, "weakest_controls", None, &[("limit", "26")]),
        (&one, "weakest_controls", None, &[("limit", "2"), ("limit", "2")]),
        (&one, "weakest_controls", None, &[("limmit", "2")]),
        (&one, "accepted_risks", None, &[("by", "sofia")]),
        (&one, "score_changes", None, &[("since", "never")]),
    ];
    let allowed: &[Case<'_>] = &[
        (&one, "secure_score", None, &[]),
        (&reader, "secure_score", Some("all"), &[]),
        (&analyst, "accepted_risks", None, &[("by", "sofia")]),
        (&one, "control", Some("contoso"), &[("name", "OneAdmin")]),
    ];
    for (expected, cases) in [(false, refused), (true, allowed)] {
        for (asker, skill, tenant, args) in cases {
            let args: Vec<_> = args.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))).collect();
            let question = Question {
                skill: Entry::named(skill).unwrap(),
                tenant: *tenant,
                args: RawArgs::Pairs(&args),
                form: AnswerForm::Card,
                surface: "other",
            };
            let (checked, answered) = asked(&doors, asker, &question).await;
            let said = |outcome: Result<(), Error>| outcome.err().map(|error| (error.kind, error.sentence));
            assert_eq!(checked.is_ok(), expected, "{skill} {args:?}");
            assert_eq!(said(checked), said(answered), "{skill} {args:?}");
        }
    }
    doors.ask.record_usage().await.unwrap();
    let wish = UsageWish { days: 400, by: vec![UsageBy::Surface], tokens_per_scu: 1 };
    let usage = doors.operations.usage(&Asker::local(), wish).await.unwrap();
    assert_eq!((usage.total.refused, usage.total.calls), (20, 24), "a refusal counts, a check that passes does not");

    // Nothing is loaded: with the data away, a check still tells.
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("ALTER TABLE snapshots RENAME TO away").execute(&mut connection).await.unwrap();
    let fresh = [(Cow::Borrowed("limit"), Cow::Borrowed("17"))];
    let skill = Entry::named("weakest_controls").unwrap();
    let question = Question { skill, tenant: None, args: RawArgs::Pairs(&fresh), form: AnswerForm::Card, surface: "other" };
    let (checked, answered) = asked(&doors, &one, &question).await;
    assert!(checked.is_ok() && answered.is_err_and(|error| error.kind == ErrorKind::Internal));
}

/// The moment at which [`World`]'s readers believe to be, and so many minutes later.
fn late<const MINUTES: i64>() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second().max(1_800_000_000) + 1_000_000 + 60 * MINUTES).unwrap()
}

/// A door whose worker reads `contoso`, at a time when the reading of before is `MINUTES` old.
pub async fn working<const MINUTES: i64>(world: &World, stop: watch::Receiver<bool>) -> (Doors, JoinHandle<()>) {
    let on_demand = OnDemand::default();
    let requests = on_demand.listen("contoso");
    let refresher = Arc::new(world.refresher("contoso").by_clock(late::<MINUTES>));
    let worker = tokio::spawn(keep_reading(refresher, Duration::from_hours(1), requests, Arc::default(), stop));
    let view = Arc::new(StoreView::by_clock(world.store.clone(), late::<MINUTES>).await.unwrap());
    (Doors::new(Arc::new(Ask::new(view, Arc::new(on_demand), 1 << 20)), Posts::default()), worker)
}

#[tokio::test]
async fn a_tenant_is_read_when_somebody_wants_it_but_not_again_at_once() {
    let world = World::new().await;
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    let read_at = world.store.read_at("contoso").await.unwrap().unwrap();
    world.store.ensure_tenant("offline").await.unwrap();
    let (_stop, stopped) = watch::channel(false);
    let local = Asker::local();

    let (soon, worker) = working::<4>(&world, stopped.clone()).await;
    let before = world.sandbox.requests().len();
    assert_eq!(soon.ask.refresh(&local, Some("contoso")).await.unwrap(), RefreshOutcome::Recent(read_at));
    assert_eq!(soon.ask.refresh(&local, Some("offline")).await.unwrap(), RefreshOutcome::NotRead);
    assert_eq!(world.sandbox.requests().len(), before);
    worker.abort();

    let (doors, _worker) = working::<6>(&world, stopped).await;
    world.sandbox.advance(1);
    let theirs = asker(&["contoso"]);
    let (one, other) = tokio::join!(doors.ask.refresh(&theirs, None), doors.ask.refresh(&local, Some("Contoso")));
    assert_eq!((one.unwrap(), other.unwrap()), (RefreshOutcome::Read, RefreshOutcome::Read));
    let pages = world.sandbox.requests().iter().skip(before).filter(|seen| seen.path.ends_with("/secureScores")).count();
    assert_eq!(pages, 1, "one reading serves both");
    let new = suggest(&doors, &local, ("control", "name"), Some("contoso"), "").await;
    assert!(!new.is_empty() && !doors.ask.view().look().await.unwrap(), "the door knows what was read");
    assert!(matches!(doors.ask.refresh(&local, Some("contoso")).await.unwrap(), RefreshOutcome::Recent(at) if at > read_at));

    let refused = async |asker: &Asker, tenant| doors.ask.refresh(asker, tenant).await.unwrap_err();
    for tenant in [None, Some("all")] {
        let which = refused(&local, tenant).await;
        assert!(which.kind == ErrorKind::BadArguments && which.sentence.contains("contoso, offline"), "{which}");
        assert!(!which.sentence.contains("or all"), "{which}");
    }
    let unseen = refused(&asker(&["offline"]), Some("contoso")).await;
    assert!(unseen.kind == ErrorKind::NotFound && !unseen.sentence.contains("contoso, "), "{unseen}");
}

#[tokio::test]
async fn a_reading_that_fails_is_told_and_not_tried_with_every_press() {
    let world = World::new().await;
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let (doors, worker) = working::<6>(&world, stopped).await;
    world.sandbox.faults().add(FaultRule::new(InjectedFault::Forbidden).always());
    let first = doors.ask.refresh(&Asker::local(), None).await.unwrap_err();
    let before = world.sandbox.requests().len();
    let second = doors.ask.refresh(&Asker::local(), None).await.unwrap_err();
    assert_eq!((first.kind, &first.sentence), (second.kind, &second.sentence));
    assert_ne!(first.kind, ErrorKind::Internal, "{first}");
    assert_eq!(world.sandbox.requests().len(), before, "Graph has just said no");
    stop.send(true).unwrap();
    worker.await.unwrap();
    assert_eq!(doors.ask.refresh(&Asker::local(), None).await.unwrap_err().kind, ErrorKind::NotReady);
}

#[tokio::test]
async fn a_reading_by_another_process_is_waited_for() {
    let world = World::new().await;
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    let (_stop, stopped) = watch::channel(false);
    let (doors, _worker) = working::<6>(&world, stopped).await;
    let (lease, hour) = ("refresh/contoso", Duration::from_hours(1));
    world.store.lease_take(lease, "another process", hour, late::<6>()).await.unwrap().unwrap();
    let other = world.held_by("another process", "contoso", "contoso").by_clock(late::<6>);
    let before = world.sandbox.requests().len();
    let (local, nothing) = (Asker::local(), |_| ());
    let (ours, theirs) = tokio::join!(doors.ask.refresh(&local, None), other.refresh(&nothing));
    theirs.unwrap();
    let ours = ours.unwrap();
    assert!(matches!(ours, RefreshOutcome::Read | RefreshOutcome::Recent(_)), "{ours:?}");
    assert_eq!(world.store.read_at("contoso").await.unwrap().map(|at| at > late::<5>()), Some(true));
    let pages = world.sandbox.requests().iter().skip(before).filter(|seen| seen.path.ends_with("/secureScores")).count();
    assert_eq!(pages, 1, "it was theirs to read");
}

#[tokio::test]
async fn a_running_program_reads_on_demand_and_a_command_does_not() {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(1.day());
    let sandbox = Sandbox::start(Options::new(today)).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let given =
        ConfigSources { file: Some(home.path().join("scorewatch.toml")), directory: home.path().to_owned(), ..ConfigSources::default() };
    let config = config::load(&given, &config_parts()).unwrap();
    let app = App::open(&config).await.unwrap();
    let doors = app.doors.clone();
    assert_eq!(doors.ask.refresh(&Asker::local(), None).await.unwrap(), RefreshOutcome::NotRead);
    let work = app.work(&config);
    let outcome = doors.ask.refresh(&Asker::local(), None).await.unwrap();
    assert!(matches!(outcome, RefreshOutcome::Read | RefreshOutcome::Recent(_)), "{outcome:?}");
    let score = Question {
        skill: Entry::named("secure_score").unwrap(),
        tenant: None,
        args: RawArgs::Pairs(&[]),
        form: AnswerForm::Text,
        surface: "other",
    };
    doors.ask.ask(&Asker::local(), &score).await.unwrap();
    work.stop().await;
}

#[tokio::test]
async fn what_an_assistant_started_posts_nothing() {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(1.day());
    let sandbox = Sandbox::start(Options::new(today)).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let given =
        ConfigSources { file: Some(home.path().join("scorewatch.toml")), directory: home.path().to_owned(), ..ConfigSources::default() };
    let config = config::load(&given, &config_parts()).unwrap();
    let workers = async |started: fn(App, &Config) -> BackgroundWork| {
        let app = App::open(&config).await.unwrap();
        let doors = app.doors.clone();
        let work = started(app, &config);
        doors.ask.refresh(&Asker::local(), None).await.unwrap();
        work.stop().await;
        Store::open(&config.store.path).await.unwrap().heartbeats().await.unwrap().len()
    };
    assert_eq!(workers(App::read).await, 0);
    assert!(workers(App::work).await > 0, "a server has whoever makes and sends posts");
}

#[tokio::test]
async fn a_destination_stays_stopped_until_it_is_resumed() {
    let (_directory, path) = place();
    let doors = open(&path, ahead::<0>()).await;
    let (bot, channel) = ("discord:bot", "discord:123");
    assert_eq!(doors.posting.stopped(channel).await.unwrap(), None);
    doors.posting.stop_destination(channel, " The channel\nis gone.\u{202e} ").await.unwrap();
    let later = open(&path, ahead::<5>()).await;
    later.posting.stop_destination(channel, "Another reason.").await.unwrap();
    later.posting.stop_destination(bot, &"long ".repeat(200)).await.unwrap();
    let stop = later.posting.stopped(channel).await.unwrap().unwrap();
    assert_eq!((stop.since, &*stop.why), (ahead::<0>()(), "The channel is gone."));
    assert_eq!(doors.posting.stopped(bot).await.unwrap().unwrap().why.chars().count(), 300);
    assert!(later.operations.resume_destination(&Asker::local(), channel).await.unwrap().was_stopped);
    assert_eq!(doors.operations.resume_destination(&Asker::local(), channel).await.unwrap_err().kind, ErrorKind::NotFound);
    let told = doors.operations.audit(&Asker::local(), None, 9).await.unwrap();
    let told: Vec<_> = told.iter().map(|entry| [&*entry.asker, &*entry.what, &*entry.subject].join(" ")).collect();
    assert_eq!(told, ["terminal destination.resume discord:123"]);
    assert_eq!((doors.posting.stopped(channel).await.unwrap(), doors.posting.stopped(bot).await.unwrap().is_some()), (None, true));
    for name in ["", "two words", &"x".repeat(201), "line\nbreak"] {
        assert_eq!(doors.posting.stop_destination(name, "x").await.unwrap_err().kind, ErrorKind::BadArguments);
    }
}

#[tokio::test]
async fn no_key_passes_for_a_member_of_a_chat() {
    let (_directory, path) = place();
    let doors = open(&path, Timestamp::now).await;
    let new = scorewatch::operations::NewKey { name: "discord:42".to_owned(), tenants: None, role: Role::Reader, expires: None };
    let refused = doors.operations.key_new(&Asker::local(), new).await.unwrap_err();
    assert!(refused.kind == ErrorKind::BadArguments && refused.sentence.contains("discord:"), "{refused}");
}
