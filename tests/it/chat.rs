//! How does a conversation go, whatever the platform? Over a small fake one: who sees what, in time and late, pages, forms, what is refused.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use scorewatch::{
    access::{
        Role, Tenants,
        chat::{ChatGrant, Grants},
    },
    ask::{AnswerLimiter, Theme},
    chat::{
        ButtonRow, ChatTurn, Conversation, Incoming, Intent, Press, ReadBy, ReplyTarget, RunningTurns, SeenBy, TurnPlace, TypedCommand,
    },
    error::ErrorKind,
};

use crate::{
    mcp::{House, house},
    support::fake_chat::{FakeChat, Given, fake_chat, pressable},
};

const PRIVATE: ReplyTarget = ReplyTarget::New { private: true };
const ROOM: ReplyTarget = ReplyTarget::New { private: false };

/// Room 10 reads contoso; olga operates all tenants everywhere.
fn grants() -> Grants {
    let grant = |room: Option<&str>, user: Option<&str>, role, tenants| ChatGrant {
        space: Some("1".to_owned()),
        room: room.map(ToOwned::to_owned),
        group: None,
        user: user.map(ToOwned::to_owned),
        role,
        tenants,
    };
    let contoso = Tenants::Only(BTreeSet::from(["contoso".to_owned()]));
    Grants(vec![grant(Some("10"), None, Role::Reader, contoso), grant(None, Some("olga"), Role::Operator, Tenants::All)])
}

struct Talk {
    platform: Arc<FakeChat>,
    conversation: Conversation<FakeChat>,
    house: House,
}

async fn talk(patience: Duration) -> Talk {
    let house = house(|_| ()).await;
    let asking = Arc::new(AnswerLimiter::new(Arc::clone(&house.doors.ask), Duration::from_secs(10), 8));
    let platform = fake_chat();
    let doors = (asking, Arc::clone(&house.doors.operations));
    let conversation = Conversation::new(Arc::clone(&platform), doors, grants(), (Theme::Dark, patience));
    Talk { platform, conversation, house }
}

/// Long enough for everything here.
async fn patient() -> Talk {
    talk(Duration::from_secs(10)).await
}

impl Talk {
    /// What comes of something that `user` does in room 10.
    async fn does(&self, user: &str, intent: Intent) -> Vec<Given> {
        self.conversation.handle(&self.platform.turn(user, Some("10")), intent).await;
        self.platform.given()
    }

    async fn types(&self, user: &str, line: &str) -> Vec<Given> {
        self.does(user, Intent::Command(command(line))).await
    }

    async fn presses(&self, user: &str, id: &str, seen_by: SeenBy, asked_by: Option<&str>) -> Vec<Given> {
        let (chosen, asked_by) = (None, asked_by.map(ToOwned::to_owned));
        self.does(user, Intent::Press(Press { id: id.to_owned(), chosen, label: String::new(), seen_by, asked_by })).await
    }
}

/// `score tenant=contoso` or `digest add name=morning` as a command.
fn command(line: &str) -> TypedCommand {
    let mut words = line.split(' ').peekable();
    let name = words.next().unwrap().to_owned();
    let sub = words.next_if(|word| !word.contains('=')).map(ToOwned::to_owned);
    let option = |word: &str| word.split_once('=').map(|(name, value)| (name.to_owned(), value.replace('+', " ")));
    TypedCommand { name, sub, options: words.filter_map(option).collect() }
}

/// The one answer, where it went, and its text.
fn answer(given: &[Given]) -> (ReplyTarget, &str) {
    match given {
        [Given::Answer { target, message }] => (*target, message.body.as_str()),
        other => panic!("{other:?}"),
    }
}

fn button(given: &[Given], label: &str) -> String {
    let message = match given {
        [Given::Answer { message, .. }] => message,
        other => panic!("{other:?}"),
    };
    let all = pressable(message);
    all.iter().find(|(shown, _)| shown == label).unwrap_or_else(|| panic!("{label} in {all:?}")).1.clone()
}

#[tokio::test]
async fn a_room_sees_what_all_in_it_may_see_and_the_rest_is_private() {
    let talk = patient().await;
    let score = talk.types("ann", "score").await;
    assert_eq!(answer(&score).0, ROOM, "the room is about contoso, {score:?}");
    assert_eq!(answer(&talk.types("ann", "score share=me").await).0, PRIVATE);
    assert_eq!(answer(&talk.types("ann", "risks").await).0, PRIVATE, "names and risks are for whoever asked");
    assert_eq!(answer(&talk.types("olga", "score tenant=fabrikam").await).0, PRIVATE, "not everybody here may see fabrikam");
    let refused = talk.types("olga", "score tenant=fabrikam share=channel").await;
    assert!(answer(&refused).1.starts_with("Not everybody in this channel may see that"), "{refused:?}");
    let unknown = talk.types("ann", "score tenant=fabrikam").await;
    assert!(answer(&unknown).0 == PRIVATE && answer(&unknown).1.contains("not found"), "{unknown:?}");
    // Elsewhere nobody knows ann.
    talk.conversation.handle(&talk.platform.turn("ann", Some("11")), Intent::Command(command("score"))).await;
    assert_eq!(answer(&talk.platform.given()), (PRIVATE, "Nobody knows ann."));
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn nothing_is_shown_to_all_where_others_read_and_people_from_outside_get_what_names_them() {
    let talk = patient().await;
    let place = |read_by| TurnPlace::Room { space: "1".to_owned(), rooms: vec!["10".to_owned()], read_by };
    let does = async |user: &str, outsider, place: TurnPlace, line: &str| {
        let mut incoming = talk.platform.turn(user, Some("10"));
        incoming.turn = ChatTurn { outsider, place, ..incoming.turn };
        talk.conversation.handle(&incoming, Intent::Command(command(line))).await;
        talk.platform.given()
    };
    let beside = does("olga", false, place(ReadBy::Others), "score tenant=contoso").await;
    assert_eq!(answer(&beside).0, PRIVATE);
    let shared = does("olga", false, place(ReadBy::Others), "score tenant=contoso share=channel").await;
    assert!(answer(&shared).1.starts_with("Not everybody in this channel may see that"), "{shared:?}");
    let digest = does("olga", false, place(ReadBy::Others), "digest add name=morning every=daily at=08:30").await;
    assert_eq!(answer(&digest), (PRIVATE, "Nobody reads here."));
    // A grant for all in the room is not for whoever comes from outside; one that names them is, for their eyes.
    let outsider = does("ann", true, place(ReadBy::Members), "score").await;
    assert_eq!(answer(&outsider), (PRIVATE, "Nobody knows ann."));
    let named = does("olga", true, place(ReadBy::Members), "score tenant=contoso").await;
    assert_eq!(answer(&named).0, PRIVATE);
    let labels = |given: &[Given]| match given {
        [Given::Answer { message, .. }] => pressable(message).into_iter().map(|(label, _)| label).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert!(!labels(&named).contains(&"Show to all".to_owned()), "{named:?}");
    // Direct messages are for one who is named there; nobody is.
    let direct = does("olga", false, TurnPlace::Direct, "score tenant=contoso").await;
    assert_eq!(answer(&direct), (PRIVATE, "Nobody knows olga."));
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn words_ask_what_typed_options_ask() {
    let talk = patient().await;
    for (words, typed) in [
        ("weakest 3 identity", "weakest limit=3 category=identity"),
        ("/Score for contoso", "score tenant=contoso"),
        ("control legacy authentication", "control name=legacy+authentication"),
    ] {
        let (said, chosen) = (talk.does("ann", Intent::Words(words.to_owned())).await, talk.types("ann", typed).await);
        assert_eq!(answer(&said), answer(&chosen), "{words}");
    }
    // What changes something is never guessed.
    let refused = talk.does("olga", Intent::Words("snooze add everything".to_owned())).await;
    assert!(answer(&refused).0 == PRIVATE, "{refused:?}");
    assert_eq!(answer(&talk.types("olga", "snooze list").await).1, "Snoozed at the moment\nNothing is snoozed.");
    // Somebody whom nobody knows learns how to be let in, whatever they typed.
    talk.conversation.handle(&talk.platform.turn("ann", Some("11")), Intent::Words("weakest \"".to_owned())).await;
    assert_eq!(answer(&talk.platform.given()), (PRIVATE, "Nobody knows ann."));
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn help_teaches_what_is_open_to_whoever_asks() {
    let talk = patient().await;
    let (ann, olga) = (talk.types("ann", "help").await, talk.types("olga", "help").await);
    assert!(answer(&ann).0 == PRIVATE && answer(&ann).1.contains("Tenants: contoso Names of people are left out."), "{ann:?}");
    assert!(!answer(&ann).1.contains("/snooze") && answer(&olga).1.contains("/snooze"), "{olga:?}");
    talk.conversation.handle(&talk.platform.turn("ann", Some("11")), Intent::Command(command("help"))).await;
    assert!(answer(&talk.platform.given()).1.ends_with("Nobody knows ann."));
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_row_is_opened_by_its_choice_and_an_answer_is_read_anew_in_its_place() {
    let talk = patient().await;
    let weakest = talk.types("ann", "weakest").await;
    let [Given::Answer { message, .. }] = weakest.as_slice() else { panic!("{weakest:?}") };
    let menu = message.rows.iter().find_map(|row| if let ButtonRow::Menu(menu) = row { Some(menu) } else { None }).unwrap();
    let press = |chosen: Option<&str>| {
        let (id, label, chosen) = (menu.id.encode(), String::new(), chosen.map(ToOwned::to_owned));
        Intent::Press(Press { id, chosen, label, seen_by: SeenBy::Room, asked_by: Some("ann".to_owned()) })
    };
    let opened = talk.does("ann", press(Some(&menu.options[0].value))).await;
    assert!(answer(&opened).0 == PRIVATE && answer(&opened).1.contains(&menu.options[0].label.replace('…', "")), "{opened:?}");
    assert_eq!(answer(&talk.does("ann", press(None)).await), (PRIVATE, "What is that?"));
    assert!(answer(&talk.does("ann", press(Some("../x"))).await).1.contains("expired"));
    // Nobody reads Microsoft here, which is said above the same page.
    let fresh = talk.presses("ann", &button(&weakest, "Refresh"), SeenBy::Room, Some("ann")).await;
    let [Given::Answer { target: ReplyTarget::Instead, message: read_anew }] = fresh.as_slice() else { panic!("{fresh:?}") };
    assert!(read_anew.note.is_some() && read_anew.body == message.body, "{fresh:?}");
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_snooze_below_a_post_asks_why_and_only_those_who_may() {
    let talk = patient().await;
    let delivery = "Az09_-Az09_-Az09_-Az09_-";
    let refused = talk.presses("ann", &format!("snooze:{delivery}"), SeenBy::Room, None).await;
    assert!(answer(&refused).1.contains("roles analyst and operator"), "{refused:?}");
    let opened = talk.presses("olga", &format!("snooze:{delivery}"), SeenBy::Room, None).await;
    let [Given::OpenedForm { form }] = opened.as_slice() else { panic!("{opened:?}") };
    assert_eq!(form.inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(), ["reason", "days"]);
    // Grants taken away in between count.
    let fields = vec![("reason".to_owned(), "the migration".to_owned()), ("days".to_owned(), "7".to_owned())];
    let filled = talk.does("olga", Intent::Form { id: form.id.encode(), fields: fields.clone() }).await;
    assert!(answer(&filled).1.contains("too old to be snoozed"), "{filled:?}");
    talk.conversation.replace_grants(Grants::default());
    let late = talk.does("olga", Intent::Form { id: form.id.encode(), fields }).await;
    assert_eq!(answer(&late), (PRIVATE, "Nobody knows olga."));
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn pages_are_turned_by_whoever_asked_and_others_get_their_own() {
    let talk = patient().await;
    let first = talk.types("ann", "weakest limit=10").await;
    let next = button(&first, "▶");
    let (own, other) =
        (talk.presses("ann", &next, SeenBy::Room, Some("ann")).await, talk.presses("bob", &next, SeenBy::Room, Some("ann")).await);
    assert_eq!((answer(&own).0, answer(&other).0), (ReplyTarget::Instead, PRIVATE));
    assert_eq!(answer(&own).1, answer(&other).1);
    assert_ne!(answer(&own).1, answer(&first).1, "it is the second page");
    // On a private message whoever sees it is the asker.
    assert_eq!(answer(&talk.presses("bob", &next, SeenBy::OnlyPresser, None).await).0, ReplyTarget::Instead);
    // What was private is shown to all, as all may see it.
    let private = talk.types("olga", "weakest share=me").await;
    let share = button(&private, "Show to all");
    assert_eq!(answer(&talk.presses("olga", &share, SeenBy::OnlyPresser, None).await).0, ROOM);
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_form_asks_for_what_is_missing_and_answers_when_it_is_filled_in() {
    let talk = patient().await;
    let find = button(&talk.types("ann", "weakest").await, "Find a control");
    let opened = talk.presses("ann", &find, SeenBy::Room, Some("ann")).await;
    let [Given::OpenedForm { form }] = opened.as_slice() else { panic!("{opened:?}") };
    assert_eq!(form.inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(), ["name"]);
    let fields = vec![("name".to_owned(), "legacy authentication".to_owned())];
    let filled = talk.does("ann", Intent::Form { id: form.id.encode(), fields }).await;
    assert!(answer(&filled).0 == PRIVATE && answer(&filled).1.to_lowercase().contains("legacy authentication"), "{filled:?}");
    // What is none of ours is refused, and says so.
    for id in ["open:../x", "shut:a", ""] {
        assert_eq!(answer(&talk.presses("ann", id, SeenBy::Room, None).await), (PRIVATE, "What is that?"), "{id}");
        assert_eq!(answer(&talk.does("ann", Intent::Form { id: id.to_owned(), fields: Vec::new() }).await).1, "What is that?", "{id}");
    }
    let old = talk.presses("ann", "open:0000000000000000", SeenBy::Room, None).await;
    assert!(answer(&old).1.contains("expired"), "{old:?}");
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn what_takes_long_is_acknowledged_and_comes_later() {
    let talk = talk(Duration::ZERO).await;
    let given = talk.types("ann", "changes").await;
    let [Given::Acknowledgement { target }, Given::Completion { target: completed, message }] = given.as_slice() else {
        panic!("{given:?}")
    };
    assert_eq!((*target, *completed), (ROOM, ROOM));
    assert!(!message.body.is_empty());
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn what_fails_late_is_told_to_the_asker_alone() {
    let talk = talk(Duration::ZERO).await;
    // An acknowledgement whose answer got lost was taken all the same; what follows is refused.
    talk.platform.fail(&[ErrorKind::Upstream, ErrorKind::Upstream]);
    let given = talk.types("ann", "weakest limit=7").await;
    let [Given::Retraction, Given::FollowUp { message }] = given.as_slice() else { panic!("{given:?}") };
    assert!(message.body.starts_with("Fake did not take the answer.") && message.body.contains("(request "), "{}", message.body);
    talk.platform.fail(&[ErrorKind::Upstream, ErrorKind::Upstream]);
    let given = talk.types("ann", "weakest limit=6 share=me").await;
    let [Given::Completion { message, .. }] = given.as_slice() else { panic!("{given:?}") };
    assert!(message.body.starts_with("Fake did not take the answer."), "{}", message.body);
    // A platform that does not take us at all is not asked again.
    talk.platform.fail(&[ErrorKind::Misconfigured]);
    assert!(talk.types("ann", "weakest limit=9").await.is_empty());
    // One that nobody waits for any more ends there.
    talk.platform.fail(&[ErrorKind::NotFound]);
    assert!(talk.types("ann", "weakest limit=8").await.is_empty());
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn an_answer_that_the_platform_refuses_is_a_sentence() {
    let talk = patient().await;
    talk.platform.fail(&[ErrorKind::Upstream]);
    let given = talk.types("ann", "score").await;
    assert!(answer(&given).0 == PRIVATE && answer(&given).1.starts_with("Fake did not take the answer."), "{given:?}");
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn operations_are_done_with_the_rights_of_whoever_typed_and_told_to_them_alone() {
    let talk = patient().await;
    let (anybody, olga) = (talk.types("ann", "snooze list").await, talk.types("olga", "snooze list").await);
    assert!(answer(&anybody).0 == PRIVATE && answer(&anybody).1.contains("roles analyst and operator"), "{anybody:?}");
    assert_eq!(answer(&olga), (PRIVATE, "Snoozed at the moment\nNothing is snoozed."));
    let added = talk.types("olga", "snooze add kind=control_regresses days=14 reason=the+migration").await;
    assert!(answer(&added).1.starts_with("Snoozed\ncontoso control regresses, everything: until "), "{added:?}");
    assert!(answer(&added).1.ends_with("the migration · fake:olga"), "{added:?}");
    let noted = talk.types("olga", "note control=AdminMFAV2 owner=Mira").await;
    assert!(answer(&noted).0 == PRIVATE && answer(&noted).1.starts_with("posted "), "{noted:?}");
    // A digest goes into the room that it is defined in, or nowhere.
    talk.conversation
        .handle(&talk.platform.turn("olga", Some("11")), Intent::Command(command("digest add name=morning every=daily at=08:30")))
        .await;
    assert_eq!(answer(&talk.platform.given()), (PRIVATE, "Nobody reads here."));
    for line in ["snooze", "snooze undo", "digest", "digest burn", "nothing", "score=x"] {
        assert_eq!(answer(&talk.types("olga", line).await), (PRIVATE, "What is that?"), "{line}");
    }
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn whoever_types_is_offered_what_they_may_see() {
    let talk = patient().await;
    let typing = |command, option: &str, typed: &str| Intent::Autocomplete { command, option: option.to_owned(), typed: typed.to_owned() };
    let offered = async |user, intent| match talk.does(user, intent).await.as_slice() {
        [Given::Suggestions { values }] => values.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(offered("ann", typing(command("score"), "tenant", "")).await, ["contoso", "all"]);
    let seen_by_olga = offered("olga", typing(command("score"), "tenant", "")).await;
    assert!(seen_by_olga.contains(&"fabrikam".to_owned()), "{seen_by_olga:?}");
    assert_eq!(offered("olga", typing(command("note"), "control", "AdminMFAV2")).await[0], "AdminMFAV2");
    assert_eq!(offered("olga", typing(command("digest add"), "zone", "europe/berl")).await, ["Europe/Berlin"]);
    assert!(offered("ann", typing(command("nothing"), "x", "y")).await.is_empty());
    talk.conversation.handle(&talk.platform.turn("ann", Some("11")), typing(command("score"), "tenant", "")).await;
    let given = talk.platform.given();
    assert!(matches!(given.as_slice(), [Given::Suggestions { values }] if values.is_empty()), "{given:?}");
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn grants_count_from_the_moment_they_change() {
    let talk = patient().await;
    talk.conversation.replace_grants(Grants::default());
    assert_eq!(answer(&talk.types("olga", "score").await), (PRIVATE, "Nobody knows olga."));
    talk.house.server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn one_turn_too_many_is_left_alone_and_a_stop_waits_for_the_others() {
    let Talk { platform, conversation, house } = patient().await;
    let turns = RunningTurns::new(conversation);
    let typed = || -> (Incoming<FakeChat>, Intent) { (platform.turn("ann", Some("10")), Intent::Command(command("score"))) };
    let mut taken = 0;
    // All are taken before any of them can run: this test's runtime has one thread.
    for _ in 0..600 {
        let (incoming, intent) = typed();
        taken += usize::from(turns.answer(incoming, intent));
    }
    assert_eq!((taken, turns.dropped()), (512, 88));
    turns.finish().await;
    assert_eq!(platform.given().len(), 512);
    let (incoming, intent) = typed();
    assert!(!turns.answer(incoming, intent), "after a stop nothing is begun");
    house.server.shutdown(Duration::from_secs(5)).await;
}
