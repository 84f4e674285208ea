//! Who may ask what, and is an answer made once? The one door, over a real store.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use scorewatch::{
    access::{Asker, Role, Tenants},
    app::Doors,
    ask::{AnswerForm, Ask, Body, Question, RawArgs, Reply, Theme},
    error::{Error, ErrorKind},
    operations::{TOKENS_PER_SCU, UsageWish},
    posting::Posts,
    score::Reading,
    skills::Entry,
    store::Source,
};

use crate::{answers::facts_of, refresh::World, support::doors::ask as open};

async fn ask() -> (World, Arc<Ask>) {
    let world = World::new().await;
    for tenant in ["contoso", "fabrikam", "northwind"] {
        world.refresher(tenant).refresh(&|_| ()).await.unwrap();
    }
    let ask = open(world.store.clone()).await;
    (world, ask)
}

fn asker(role: Role, tenants: &[&str]) -> Asker {
    let tenants = if tenants.is_empty() { Tenants::All } else { Tenants::Only(tenants.iter().map(ToString::to_string).collect()) };
    Asker { id: "test".into(), name: "test".into(), role, tenants }
}

async fn question(
    ask: &Ask,
    asker: &Asker,
    skill: &str,
    tenant: Option<&str>,
    args: &[(&str, &str)],
    form: AnswerForm,
) -> Result<Reply, Error> {
    let args: Vec<_> = args.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))).collect();
    let question = Question { skill: Entry::named(skill).unwrap(), tenant, args: RawArgs::Pairs(&args), form, surface: "other" };
    ask.ask(asker, &question).await
}

fn text(reply: Reply) -> String {
    match reply.body {
        Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Body::Card(card) => format!("{card:?}"),
    }
}

#[tokio::test]
async fn names_of_people_reach_only_roles_that_may_see_them() {
    let (_world, ask) = ask().await;
    for form in [AnswerForm::Text, AnswerForm::Json, AnswerForm::Linked, AnswerForm::Card] {
        for (skill, args) in [("accepted_risks", [("history", "5"), ("state", "all")].as_slice()), ("control", &[("name", "OneAdmin")])] {
            let seen = |role| {
                let ask = Arc::clone(&ask);
                async move { text(question(&ask, &asker(role, &[]), skill, Some("contoso"), args, form).await.unwrap()) }
            };
            assert!(seen(Role::Analyst).await.contains("sofia.brandt"), "{skill} {form:?}");
            let reader = seen(Role::Reader).await;
            assert!(!reader.contains("@contoso.example"), "{skill} {form:?}: {reader}");
        }
    }
    let by = question(&ask, &asker(Role::Reader, &[]), "accepted_risks", Some("contoso"), &[("by", "sofia")], AnswerForm::Text)
        .await
        .unwrap_err();
    assert_eq!(by.kind, ErrorKind::Forbidden);
}

#[tokio::test]
async fn an_unseen_tenant_and_a_missing_one_are_the_same() {
    let (_world, ask) = ask().await;
    let reader = asker(Role::Reader, &["contoso"]);
    let unseen = question(&ask, &reader, "secure_score", Some("fabrikam"), &[], AnswerForm::Json).await.unwrap_err();
    let missing = question(&ask, &reader, "secure_score", Some("fabricam"), &[], AnswerForm::Json).await.unwrap_err();
    assert_eq!((unseen.kind, missing.kind), (ErrorKind::NotFound, ErrorKind::NotFound));
    assert_eq!(unseen.sentence.replace("fabrikam", "X"), missing.sentence.replace("fabricam", "X"));
    assert!(unseen.sentence.contains("contoso"), "{unseen}");
    let near = question(&ask, &reader, "secure_score", Some("contosso"), &[], AnswerForm::Json).await.unwrap_err();
    assert!(near.sentence.contains("Did you mean `contoso`?"), "{near}");
}

#[tokio::test]
async fn the_only_tenant_is_meant_and_several_are_asked_for() {
    let (_world, ask) = ask().await;
    let one = asker(Role::Reader, &["fabrikam"]);
    assert!(text(question(&ask, &one, "secure_score", None, &[], AnswerForm::Text).await.unwrap()).starts_with("fabrikam 20"));
    let several = question(&ask, &asker(Role::Reader, &[]), "secure_score", None, &[], AnswerForm::Text).await.unwrap_err();
    assert!(several.sentence.contains("contoso, fabrikam, northwind, or all"), "{several}");
    let nothing = question(&ask, &asker(Role::Reader, &["elsewhere"]), "secure_score", None, &[], AnswerForm::Text).await.unwrap_err();
    assert_eq!(nothing.kind, ErrorKind::NotReady);
}

#[tokio::test]
async fn all_means_all_that_the_asker_may_see() {
    let (_world, ask) = ask().await;
    let two = asker(Role::Reader, &["contoso", "northwind"]);
    let answer = text(question(&ask, &two, "secure_score", Some("all"), &[], AnswerForm::Text).await.unwrap());
    assert!(answer.contains("contoso") && answer.contains("northwind") && !answer.contains("fabrikam"), "{answer}");
    let refused = question(&ask, &two, "control", Some("all"), &[("name", "OneAdmin")], AnswerForm::Text).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadArguments);
    assert!(refused.sentence.contains("one tenant at a time"), "{refused}");
}

#[tokio::test]
async fn many_askers_at_once_get_the_same_bytes_and_a_reading_makes_new_ones() {
    let (world, ask) = ask().await;
    let answers = (0..64).map(|_| {
        let ask = Arc::clone(&ask);
        tokio::spawn(async move {
            question(&ask, &asker(Role::Reader, &[]), "weakest_controls", Some("contoso"), &[], AnswerForm::Json).await.unwrap()
        })
    });
    let mut pointers = Vec::new();
    let mut etags = Vec::new();
    for answer in answers.collect::<Vec<_>>() {
        let reply = answer.await.unwrap();
        let Body::Bytes(bytes) = reply.body else { panic!("asked for JSON") };
        pointers.push(bytes.as_ptr());
        etags.push(reply.etag);
    }
    pointers.dedup();
    etags.dedup();
    assert_eq!((pointers.len(), etags.len()), (1, 1), "made once, shared by all");

    world.sandbox.advance(1);
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    assert!(ask.view().look().await.unwrap());
    let after = question(&ask, &asker(Role::Reader, &[]), "weakest_controls", Some("contoso"), &[], AnswerForm::Json).await.unwrap();
    assert_ne!(after.etag, etags[0]);
}

#[tokio::test]
async fn forms_and_roles_never_share_bytes() {
    let (_world, ask) = ask().await;
    let mut etags = Vec::new();
    for role in [Role::Reader, Role::Analyst] {
        for form in [AnswerForm::Text, AnswerForm::Json] {
            etags.push(question(&ask, &asker(role, &[]), "accepted_risks", Some("contoso"), &[], form).await.unwrap().etag);
        }
    }
    let arguments = [("limit", "5"), ("limit", "6")];
    for argument in arguments {
        etags.push(
            question(&ask, &asker(Role::Reader, &[]), "weakest_controls", Some("contoso"), &[argument], AnswerForm::Json)
                .await
                .unwrap()
                .etag,
        );
    }
    let count = etags.len();
    etags.sort();
    etags.dedup();
    assert_eq!(etags.len(), count);
}

async fn picture(ask: &Ask, asker: &Asker, skill: &str, tenant: Option<&str>, theme: Theme) -> Result<Option<Bytes>, Error> {
    ask.trend_image(&question(ask, asker, skill, tenant, &[], AnswerForm::Card).await?, theme).await
}

/// So many days of the sandbox's contoso, stored as those of `tenant`.
async fn import(world: &World, tenant: &str, days: usize) {
    let reading = Reading { days: facts_of("contoso", days).history.days().to_vec(), ..Reading::default() };
    world.store.save(tenant, &reading, Source::Import, Timestamp::now()).await.unwrap();
}

#[tokio::test]
async fn a_picture_is_drawn_once_for_all_and_anew_after_a_reading() {
    let (world, ask) = ask().await;
    let drawn = (0..32).map(|at| {
        let ask = Arc::clone(&ask);
        // Who may see which names is another answer, so all are readers.
        let asker = if at % 2 == 0 { asker(Role::Reader, &[]) } else { asker(Role::Reader, &["contoso"]) };
        tokio::spawn(async move { picture(&ask, &asker, "secure_score", Some("contoso"), Theme::Dark).await.unwrap().unwrap() })
    });
    let mut pictures = Vec::new();
    for drawn in drawn.collect::<Vec<_>>() {
        pictures.push(drawn.await.unwrap());
    }
    assert!(pictures[0].starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(pictures.iter().all(|other| other.as_ptr() == pictures[0].as_ptr()), "made once, shared by all");

    let reader = asker(Role::Reader, &[]);
    let again = |theme| picture(&ask, &reader, "secure_score", Some("contoso"), theme);
    assert_ne!(again(Theme::Light).await.unwrap().unwrap(), pictures[0]);
    let card = question(&ask, &reader, "secure_score", Some("contoso"), &[], AnswerForm::Card).await.unwrap();
    assert!(matches!(card.body, Body::Card(_)), "a picture is no form of the card");

    world.sandbox.advance(1);
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    assert!(ask.view().look().await.unwrap());
    assert_ne!(again(Theme::Dark).await.unwrap().unwrap(), pictures[0]);
}

#[tokio::test]
async fn a_picture_belongs_to_an_answer_and_is_not_counted_as_another() {
    let world = World::new().await;
    import(&world, "contoso", 30).await;
    let ask = open(world.store.clone()).await;
    let reader = asker(Role::Reader, &["contoso"]);
    let answer = |form| question(&ask, &reader, "secure_score", None, &[], form);
    let card = answer(AnswerForm::Card).await.unwrap();
    for theme in [Theme::Dark, Theme::Light] {
        assert!(ask.trend_image(&card, theme).await.unwrap().is_some());
    }
    let text = answer(AnswerForm::Text).await.unwrap();
    assert_eq!(ask.trend_image(&text, Theme::Dark).await.unwrap(), None, "only people see one");

    ask.record_usage().await.unwrap();
    let wish = UsageWish { days: 2, by: vec![], tokens_per_scu: TOKENS_PER_SCU };
    let operations = Doors::new(ask, Posts::default()).operations;
    let usage = operations.usage(&Asker::local(), wish).await.unwrap();
    assert_eq!(usage.total.calls, 2);
}

#[tokio::test]
async fn there_is_no_picture_of_what_has_no_trend() {
    let world = World::new().await;
    for (tenant, days) in [("young", 1), ("older", 2)] {
        import(&world, tenant, days).await;
    }
    let ask = open(world.store.clone()).await;
    let reader = asker(Role::Reader, &[]);
    let found = |skill, tenant| picture(&ask, &reader, skill, Some(tenant), Theme::Light);
    for (skill, tenant) in [("secure_score", "young"), ("secure_score", "all"), ("weakest_controls", "older")] {
        // Twice: that there is none is remembered like a picture.
        assert_eq!(found(skill, tenant).await.unwrap(), None, "{skill} of {tenant}");
        assert_eq!(found(skill, tenant).await.unwrap(), None, "{skill} of {tenant}");
    }
    assert!(found("secure_score", "older").await.unwrap().is_some());
}

/// Questions that are all different: one for each number, about all tenants where `all` says so.
async fn one_of_many(ask: &Ask, asker: &Asker, number: usize, all: bool) {
    let (below, limit, since) = ((number % 99 + 1).to_string(), (25 - number / 99).to_string(), (number + 1).to_string());
    let (skill, tenant, args) = if all {
        ("score_changes", "all", vec![("since", &*since)])
    } else {
        ("weakest_controls", "contoso", vec![("limit", &*limit), ("below", &*below)])
    };
    question(ask, asker, skill, Some(tenant), &args, AnswerForm::Text).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_much_keeps_nobody_else_waiting() {
    const MANY: usize = 600;
    let (_world, ask) = ask().await;
    let other = Asker { id: "other".into(), ..asker(Role::Reader, &[]) };
    let mut lone = Vec::new();
    for number in 0..5 {
        let began = std::time::Instant::now();
        one_of_many(&ask, &other, MANY + number, false).await;
        lone.push(began.elapsed());
    }
    lone.sort();
    let done = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let finished = || done.load(std::sync::atomic::Ordering::SeqCst);
    let all: Vec<_> = (0..MANY)
        .map(|number| {
            let (ask, done) = (Arc::clone(&ask), Arc::clone(&done));
            tokio::spawn(async move {
                one_of_many(&ask, &asker(Role::Reader, &[]), number, number % 50 == 0).await;
                done.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            })
        })
        .collect();
    while finished() < 20 {
        tokio::task::yield_now().await;
    }
    let (mut fastest, mut overtaken) = (std::time::Duration::MAX, usize::MAX);
    for number in 5..10 {
        let (began, before) = (std::time::Instant::now(), finished());
        one_of_many(&ask, &other, MANY + number, false).await;
        assert!(before < MANY, "they are still being asked");
        fastest = fastest.min(began.elapsed());
        overtaken = overtaken.min(finished() - before);
    }
    // Four are being made for the other at any time: those, and what follows them while this one is made. Not the hundreds that wait.
    assert!(overtaken <= 24, "{overtaken} answers of another were made first");
    assert!(fastest < lone[2] * 10, "{fastest:?} in place of {:?}", lone[2]);
    for one in all {
        one.await.unwrap();
    }
}
