//! Why is there no score of a tenant? Told as far as whoever asks may know, also by another process, and never as it was before.

use std::{sync::Arc, time::Duration};

use scorewatch::{
    access::{Asker, Role},
    ask::{AnswerForm, Ask, Body, Question, RawArgs},
    error::{AccessGap, Error, ErrorKind, FetchFailureKind},
    sandbox::{FaultRule, InjectedFault},
    skills::Entry,
    store::Store,
};

use crate::{refresh::World, support::doors};

/// What a process that has just been started tells a `role` about `tenant`.
async fn told(store: &Store, role: Role, skill: &str, tenant: &str) -> Result<String, Error> {
    told_by(&doors::ask(store.clone()).await, role, skill, tenant).await
}

async fn told_by(ask: &Arc<Ask>, role: Role, skill: &str, tenant: &str) -> Result<String, Error> {
    let question = Question {
        skill: Entry::named(skill).unwrap(),
        tenant: Some(tenant),
        args: RawArgs::Pairs(&[]),
        form: AnswerForm::Text,
        surface: "other",
    };
    ask.ask(&Asker { role, ..Asker::local() }, &question).await.map(|reply| match reply.body {
        Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Body::Card(_) => panic!("asked for text"),
    })
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_told_apart_from_what_passes() {
    let world = World::new().await;
    let refresher = world.refresher("fabrikam");
    let faults = [
        (FaultRule::new(InjectedFault::Throttle { retry_after: None }), FetchFailureKind::Transient),
        (FaultRule::new(InjectedFault::Status(503, "{}".to_owned())), FetchFailureKind::Transient),
        (FaultRule::new(InjectedFault::Status(503, "{}".to_owned())).at_sign_in(), FetchFailureKind::Transient),
        (FaultRule::new(InjectedFault::Cut { after_bytes: 9 }), FetchFailureKind::Transient),
        (FaultRule::new(InjectedFault::Status(404, "{}".to_owned())), FetchFailureKind::Other),
        (FaultRule::new(InjectedFault::ExpiredSecret), FetchFailureKind::Access(AccessGap::Credential)),
        (FaultRule::new(InjectedFault::NoConsent), FetchFailureKind::Access(AccessGap::Consent)),
        (FaultRule::new(InjectedFault::Forbidden), FetchFailureKind::Access(AccessGap::Permission)),
    ];
    for (fault, kind) in faults {
        let shown = format!("{fault:?}");
        world.sandbox.revoke_tokens();
        world.sandbox.faults().add(fault.always());
        // A client of its own: none is signed in already.
        world.refresher("fabrikam").refresh(&|_| ()).await.expect_err(&shown);
        world.sandbox.faults().clear();
        let noted = world.store.read_failures().await.unwrap().remove("fabrikam").unwrap();
        assert_eq!(noted.kind, kind, "{shown}: {}", noted.sentence);
        for role in [Role::Reader, Role::Analyst, Role::Operator] {
            let error = told(&world.store, role, "secure_score", "fabrikam").await.unwrap_err();
            let (sentence, passes) = (&error.sentence, kind == FetchFailureKind::Transient);
            assert_eq!(error.kind, ErrorKind::NotReady, "{shown}: {sentence}");
            let wait = if passes { Duration::from_mins(1) } else { Duration::from_mins(15) };
            assert_eq!(error.retry_after, Some(wait), "{shown}: {sentence}");
            assert_eq!((sentence.ends_with("ask again in a minute."), sentence.contains("sk again when")), (passes, !passes), "{sentence}");
            assert_eq!(sentence.contains('`'), role == Role::Operator && !passes, "only operators hear of commands: {sentence}");
        }
    }
    refresher.refresh(&|_| ()).await.unwrap();
    assert!(told(&world.store, Role::Reader, "secure_score", "fabrikam").await.is_ok());
}

#[tokio::test]
async fn of_several_tenants_those_without_a_score_are_named_with_the_reason() {
    let world = World::new().await;
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    world.store.ensure_tenant("tailspin").await.unwrap();
    // One process asks all the time, and remembers its answers.
    let ask = doors::ask(world.store.clone()).await;
    let said = async |skill: &str, tenant: &str, role: Role| {
        ask.view().look().await.unwrap();
        let said = told_by(&ask, role, skill, tenant).await.unwrap();
        assert_eq!(told(&world.store, role, skill, tenant).await.unwrap(), said, "another process says the same");
        let without = said.lines().flat_map(|line| line.split("; ")).find(|part| part.starts_with("no score yet"));
        without.unwrap_or_else(|| panic!("{skill} {tenant}: {said}")).to_owned()
    };
    let fails = async |fault: Option<FaultRule>| {
        world.sandbox.faults().clear();
        if let Some(fault) = fault {
            world.sandbox.faults().add(fault.always());
        }
        let failed = world.refresher("northwind").refresh(&|_| ()).await;
        world.sandbox.faults().clear();
        failed.is_err()
    };
    assert_eq!(said("secure_score", "all", Role::Analyst).await, "no score yet: tailspin (not fetched yet)");
    assert!(fails(Some(FaultRule::new(InjectedFault::NoConsent))).await);
    for skill in ["secure_score", "compare_scores", "score_changes", "accepted_risks"] {
        for tenant in ["all", "contoso,northwind,tailspin"] {
            let known = said(skill, tenant, Role::Analyst).await;
            assert_eq!(known, "no score yet: northwind (no consent), tailspin (not fetched yet)", "{skill} {tenant}");
            assert_eq!(said(skill, tenant, Role::Reader).await, "no score yet: northwind, tailspin", "{skill} {tenant}");
        }
    }
    // What was said before is not said again once it is something else.
    assert!(fails(Some(FaultRule::new(InjectedFault::Status(500, "{}".to_owned())))).await);
    let busy = said("secure_score", "all", Role::Operator).await;
    assert_eq!(busy, "no score yet: northwind (Microsoft busy or unavailable), tailspin (not fetched yet)");
    assert!(!fails(None).await);
    let none = said("secure_score", "all", Role::Operator).await;
    assert_eq!(none, "no score yet: northwind (Microsoft publishes none yet), tailspin (not fetched yet)");
}
