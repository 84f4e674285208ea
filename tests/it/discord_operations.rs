//! What do people change from Discord? Notes, snoozes and digests, by those who may, through the real client to a stand-in.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use scorewatch::{
    access::{Asker, Role, Tenants},
    alert::{Only, Rule, Watch},
    card::{Block, Card, Tone, Word},
    delivery::{ChannelResolver as _, DeliveryKey, Destinations, Findings, Post, PostKind, Sending},
    digest::Owner,
    error,
    posting::Posts,
    schedule::{Deliverer, keep_delivering},
    skill_id::SkillId,
    store::{DeliveryState, Store},
    surfaces::ChatRooms as _,
};
use serde_json::json;
use tokio::{sync::watch, task::JoinHandle};

use crate::support::{
    self,
    bot::{Bot, LOCALS, THREAD},
    discord::{CHANNEL, Channel, GUILD, Kind, OTHER_CHANNEL, Twist, user_id},
    outbox::until,
};

/// A bot that posts, and makes what people define.
async fn bot() -> Bot {
    let bot = support::bot::bot().await;
    let watch = Watch::ControlRegresses { points: 1.0, only: Only::default() };
    let (name, to) = ("slips".to_owned(), format!("discord:{CHANNEL}"));
    let rule = Rule { name, tenants: Tenants::All, watch, to, hold: false, repeat: None };
    let destinations = Destinations { channels: vec![Arc::clone(&bot.rooms) as _], ..Destinations::default() };
    let hour = Duration::from_hours(1);
    let owners = [bot.rooms.owners()].into();
    bot.house.doors.posting.configure(Posts {
        destinations,
        digests: Vec::new(),
        rules: vec![rule],
        give_up: hour,
        lease: hour,
        owners,
        ..Posts::default()
    });
    bot
}

impl Bot {
    /// What people did, as the audit log has it, newest first.
    async fn audited(&self) -> Vec<String> {
        let entries = self.house.doors.operations.audit(&Asker::local(), None, 50).await.unwrap();
        entries
            .into_iter()
            .filter(|entry| entry.asker != "terminal")
            .map(|entry| format!("{} {} {}", entry.asker, entry.what, entry.subject))
            .collect()
    }
}

#[tokio::test]
async fn an_operator_has_digests_posted_where_everybody_may_see_them() {
    let bot = bot().await;
    let olga = bot.operator();
    bot.stand.joins(&olga);
    let morning =
        json!({ "name": "morning", "every": "weekdays", "at": "08:30", "zone": "Europe/Berlin", "skills": "secure_score, score_changes" });
    let added = olga.types("/digest add", morning.clone()).await;
    let shown = format!("**morning** Monday to Friday at 08\\:30 Europe/Berlin, to <#{CHANNEL}>\n-# contoso · next <t:");
    assert!(added.last().ephemeral && added.text().contains(&shown), "{}", added.text());
    let definition = bot.house.doors.operations.digests(&Asker::local()).await.unwrap().remove(0).digest;
    assert_eq!((definition.skills.as_slice(), definition.silent), (&[SkillId::SecureScore, SkillId::ScoreChanges][..], false));
    let with = |more: serde_json::Value| {
        let mut all = json!({ "name": "other", "every": "daily", "at": "08:30" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    for (refused, why) in [
        (morning, "There is a digest `morning` already"),
        (with(json!({ "tenants": "contoso, fabrikam" })), "`fabrikam`, which those who read there may not see"),
        (with(json!({ "every": "weekly", "day": "someday" })), "That is no time to post at"),
        (with(json!({ "zone": "Mars/Olympus" })), "That is no time to post at"),
        (with(json!({ "at": "25:00" })), "That is no time to post at"),
        (with(json!({ "skills": "control" })), "`skills` takes some of"),
        (with(json!({ "name": "Not a name" })), "A digest's name, such as morning, has"),
    ] {
        let answer = olga.types("/digest add", refused).await;
        assert!(answer.last().ephemeral && answer.text().contains(why), "{}", answer.text());
    }
    let elsewhere = olga.clone().in_channel(OTHER_CHANNEL).types("/digest add", with(json!({}))).await;
    assert!(elsewhere.text().contains("No grant says what everybody in this channel may see"), "{}", elsewhere.text());
    // Who may not operate learns nothing.
    for (person, command) in [
        (bot.anybody(), "/digest list"),
        (bot.analyst(), "/digest list"),
        (bot.stand.member("mallory").in_channel(OTHER_CHANNEL), "/digest list"),
    ] {
        let answer = person.types(command, json!({})).await;
        assert!(answer.last().ephemeral && !answer.text().contains("morning"), "{}", answer.text());
        assert!(person.completes("/digest pause", "name", "m").await.is_empty());
    }
    assert!(bot.anybody().types("/digest add", with(json!({}))).await.text().contains("role operator"));
    assert_eq!(bot.house.doors.operations.digests(&Asker::local()).await.unwrap().len(), 1);
    bot.stop().await;
}

#[tokio::test]
async fn a_digest_is_shown_paused_resumed_and_removed() {
    let bot = bot().await;
    let olga = bot.operator();
    bot.stand.joins(&olga);
    olga.types("/digest add", json!({ "name": "morning", "every": "daily", "at": "08:30", "silent": true })).await;
    let offered = olga.completes("/digest pause", "name", "Mor").await;
    assert_eq!(offered.iter().map(|choice| choice.value.as_str().unwrap()).collect::<Vec<_>>(), ["morning"]);
    let zones = olga.completes("/digest add", "zone", "europe/berl").await;
    assert!(zones.iter().any(|choice| choice.value == "Europe/Berlin"), "{zones:?}");
    assert_eq!(olga.completes("/digest add", "zone", "").await.len(), 25);
    let preview = olga.types("/digest preview", json!({ "name": "morning" })).await;
    assert!(preview.last().ephemeral && preview.text().to_lowercase().contains("contoso"), "{}", preview.text());
    assert!(preview.last().controls().is_empty() && bot.stand.posts(CHANNEL).is_empty(), "only for her");
    for (command, listed) in [("/digest pause", "paused since <t:"), ("/digest resume", "next <t:")] {
        olga.types(command, json!({ "name": "morning" })).await;
        let list = olga.types("/digest list", json!({})).await;
        assert!(list.last().ephemeral && list.text().contains(listed), "{}", list.text());
    }
    let missed = olga.types("/digest remove", json!({ "name": "mourning" })).await;
    assert!(missed.text().contains("morning"), "{}", missed.text());
    olga.types("/digest remove", json!({ "name": "morning" })).await;
    assert!(olga.types("/digest list", json!({})).await.text().contains("There is none yet"));
    let by = format!("discord:{}", olga.id());
    let whats = ["digest.remove", "digest.resume", "digest.pause", "digest.add"].map(|what| format!("{by} {what} morning"));
    assert_eq!(bot.audited().await, whats);
    bot.stop().await;
}

#[tokio::test]
async fn an_owner_is_who_they_are_now() {
    let bot = bot().await;
    let olga = bot.operator();
    let owner = |user: u64, space: Option<u64>, room: Option<u64>| Owner::Person {
        platform: "discord".to_owned(),
        user: user.to_string(),
        space: space.map(|id| id.to_string()),
        rooms: room.into_iter().map(|id| id.to_string()).collect(),
    };
    let (platform, owners) = bot.rooms.owners();
    assert_eq!(platform, "discord");
    let here = owner(olga.id(), Some(GUILD), Some(CHANNEL));
    assert_eq!(owners.still(&here).await.unwrap(), None, "she is no member");
    bot.stand.joins(&olga);
    let asker = owners.still(&here).await.unwrap().unwrap();
    assert_eq!((asker.role, &*asker.id), (Role::Operator, format!("discord:{}", olga.id()).as_str()));
    // Her role is taken from her: she reads what everybody in the channel reads.
    bot.stand.joins(&olga.clone().with_roles(&[]));
    assert_eq!(owners.still(&here).await.unwrap().map(|asker| asker.role), Some(Role::Reader));
    bot.stand.leaves(&olga);
    assert_eq!(owners.still(&here).await.unwrap(), None);
    assert_eq!(owners.still(&owner(olga.id(), Some(GUILD + 1), None)).await.unwrap(), None, "the bot is not in that server");
    let requests = bot.stand.requests().len();
    let dora = owners.still(&owner(user_id("dora"), None, Some(7))).await.unwrap().unwrap();
    assert!(dora.tenants.include("fabrikam") && !dora.tenants.include("contoso"));
    assert_eq!(owners.still(&owner(olga.id(), None, None)).await.unwrap(), None);
    assert_eq!(bot.stand.requests().len(), requests, "direct messages are in no server");
    // What cannot be known now is no answer.
    bot.stand.next("GET", "/members/", Twist::Fails(502));
    assert!(owners.still(&here).await.is_err());
    bot.stop().await;
}

#[tokio::test]
async fn analysts_note_what_they_know_about_a_control() {
    let bot = bot().await;
    let bob = bot.analyst();
    let offered = bob.completes_with("/note", json!({ "tenant": "contoso" }), "control", "legacy").await.choices;
    assert!(offered.iter().any(|choice| choice.value == "BlockLegacyAuthentication"), "{offered:?}");
    let tenants = bob.completes("/note", "tenant", "fab").await;
    assert_eq!(tenants.iter().map(|choice| choice.value.as_str().unwrap()).collect::<Vec<_>>(), ["fabrikam"]);
    let note = json!({ "control": "BlockLegacyAuthentication", "owner": "@everyone **Mira**", "until": "2036-03-31", "status": "planned" });
    let noted = bob.types("/note", note).await;
    assert!(noted.last().ephemeral && noted.text().contains("**Noted.**"), "{}", noted.text());
    assert!(noted.text().contains(r"owner: \@everyone \*\*Mira\*\*") && noted.text().contains("2036-03-31"), "{}", noted.text());
    let cleared =
        bob.types("/note", json!({ "control": "BlockLegacyAuthentication", "clear": "owner", "note": "after the migration" })).await;
    assert!(cleared.text().contains("owner: none (was") && cleared.text().contains("after the migration"), "{}", cleared.text());
    let shown = bob.types("/note", json!({ "control": "BlockLegacyAuthentication" })).await;
    assert!(shown.text().contains("This is noted") && !shown.text().contains("Mira"), "{}", shown.text());
    for (options, why) in [
        (json!({ "control": "BlockLegacyAuthentication", "until": "soon" }), "`until` takes a day"),
        (json!({ "control": "zzzz" }), "No control is called"),
        (json!({ "control": "BlockLegacyAuthentication", "tenant": "no-such" }), "Tenant `no-such` not found."),
    ] {
        let refused = bob.types("/note", options).await;
        assert!(refused.last().ephemeral && refused.text().contains(why), "{}", refused.text());
    }
    let refused = bot.anybody().types("/note", json!({ "control": "BlockLegacyAuthentication" })).await;
    assert!(refused.last().ephemeral && refused.text().contains("analyst and operator only"), "{}", refused.text());
    assert_eq!(bot.audited().await, vec![format!("discord:{} note BlockLegacyAuthentication", bob.id()); 2]);
    bot.stop().await;
}

/// An alert for the channel, in the outbox.
async fn told_to_the_outbox(bot: &Bot, store: &Store) -> Post {
    let created = Timestamp::now();
    let key = DeliveryKey {
        tenants: vec!["contoso".to_owned()],
        kind: PostKind::Alert(Findings::of("slips", &["AdminMFAV2"])),
        period: created.to_string(),
        destination: format!("discord:{CHANNEL}"),
    };
    let lead = Block::Lead(vec![Word::toned("−5 points", Tone::Bad)]);
    let card = Card::new("Contoso: AdminMFAV2 slipped", vec![lead], "contoso");
    let post = Post { snoozes: true, ..Post::new(&key, card, created) };
    store.enqueue(&bot.house.doors.posting.wrap(&key, &post, false).unwrap()).await.unwrap();
    post
}

/// The same, which was told already.
async fn told(bot: &Bot) {
    let store = Store::open(&bot.house.home().join("scorewatch.db")).await.unwrap();
    let post = told_to_the_outbox(bot, &store).await;
    let room = bot.rooms.resolve(&format!("discord:{CHANNEL}")).unwrap().destination;
    room.send(&Sending { post: &post, picture: None, earlier: None, earlier_title: None, ended: &[], now: post.created }).await.unwrap();
}

#[tokio::test]
async fn an_alert_is_snoozed_below_it_with_a_reason() {
    let bot = bot().await;
    told(&bot).await;
    let alert = bot.stand.posts(CHANNEL).remove(0);
    let bob = bot.analyst();
    let form = bob.presses(&alert, "Snooze").await;
    assert_eq!(form.first.kind, Kind::Modal);
    // Seven days, where nobody says otherwise.
    let done = bob.submits(&form, json!({ "reason": "@everyone knows: migration" })).await;
    assert!(done.last().ephemeral && done.text().contains("**contoso** control regresses, `AdminMFAV2`: until <t:"), "{}", done.text());
    assert!(done.text().contains(r"\@everyone knows: migration"), "{}", done.text());
    let snooze = bot.house.doors.operations.snoozes(&Asker::local()).await.unwrap().remove(0);
    let days = snooze.until.duration_since(Timestamp::now()).as_secs_f64() / 86_400.0;
    assert!((6.9..=7.0).contains(&days) && snooze.by == format!("discord:{}", bob.id()), "{snooze:?}");
    assert!(bot.stand.posts(CHANNEL).len() == 1 && bot.stand.posts(CHANNEL)[0].edits == 0, "the alert stays as it was");
    let longer = bob.submits(&bob.presses(&alert, "Snooze").await, json!({ "reason": "longer", "days": "30" })).await;
    assert!(longer.text().contains("longer"), "{}", longer.text());
    assert_eq!(bot.house.doors.operations.snoozes(&Asker::local()).await.unwrap().len(), 1, "in the place of the first");
    let wrong = bob.submits(&bob.presses(&alert, "Snooze").await, json!({ "reason": "much longer", "days": "99" })).await;
    assert!(wrong.last().ephemeral && wrong.text().contains("from 1 to 90"), "{}", wrong.text());
    // Who may not is told before they think of a reason.
    for person in [bot.anybody(), bot.stand.member("mallory").in_channel(OTHER_CHANNEL)] {
        let refused = person.presses(&alert, "Snooze").await;
        assert_eq!((refused.first.kind, refused.last().ephemeral), (Kind::Message, true), "{}", refused.text());
    }
    bot.stop().await;
}

#[tokio::test]
async fn snoozes_are_added_listed_and_ended_by_command() {
    let bot = bot().await;
    let bob = bot.analyst();
    let added =
        bob.types("/snooze add", json!({ "kind": "control_regresses", "control": "AdminMFAV2", "reason": "migration", "days": 14 })).await;
    assert!(added.last().ephemeral && added.text().contains("`AdminMFAV2`"), "{}", added.text());
    let all = bob.types("/snooze add", json!({ "kind": "all", "tenant": "fabrikam", "reason": "it is being wound up" })).await;
    assert!(all.text().contains("**fabrikam** all, everything"), "{}", all.text());
    let here = bob.types("/snooze list", json!({})).await;
    assert!(here.text().contains("AdminMFAV2") && !here.text().contains("fabrikam"), "{}", here.text());
    assert!(bob.types("/snooze list", json!({ "tenant": "fabrikam" })).await.text().contains("wound up"));
    let missed = bob.types("/snooze end", json!({ "kind": "control_regresses" })).await;
    assert!(missed.text().contains("Nothing like that is snoozed"), "{}", missed.text());
    let ended = bob.types("/snooze end", json!({ "kind": "control_regresses", "control": "AdminMFAV2" })).await;
    assert!(ended.text().contains("sent again"), "{}", ended.text());
    assert!(bob.types("/snooze list", json!({})).await.text().contains("Nothing is snoozed"));
    for command in ["/snooze list", "/snooze end"] {
        let options = if command == "/snooze end" { json!({ "kind": "all" }) } else { json!({}) };
        let refused = bot.anybody().types(command, options).await;
        assert!(refused.last().ephemeral && refused.text().contains("analyst and operator"), "{}", refused.text());
    }
    bot.stop().await;
}

/// The worker that sends what is in the outbox.
struct Delivering {
    store: Store,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Delivering {
    async fn start(bot: &Bot) -> Self {
        let store = Store::open(&bot.house.home().join("scorewatch.db")).await.unwrap();
        let deliverer = Deliverer::new(Arc::clone(&bot.house.doors.posting), store.clone(), "test".to_owned(), None);
        let (stop, stopped) = watch::channel(false);
        Self { store, stop, running: tokio::spawn(keep_delivering(deliverer, stopped)) }
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        self.running.await.unwrap();
    }
}

#[tokio::test]
async fn a_digest_arrives_as_long_as_its_owner_may_and_the_channel_takes_it() {
    let bot = bot().await;
    let olga = bot.operator();
    bot.stand.joins(&olga);
    olga.types("/digest add", json!({ "name": "morning", "every": "daily", "at": "08:30" })).await;
    let delivering = Delivering::start(&bot).await;
    let store = &delivering.store;
    let id = bot.house.doors.operations.digest_send(&Asker::local(), "morning").await.unwrap();
    let sent = until(store, &id, DeliveryState::Sent).await;
    let posts = bot.stand.posts(CHANNEL);
    assert_eq!((posts.len(), sent.message), (1, Some(posts[0].id.to_string())));
    assert!(posts[0].files.len() == 1 && posts[0].embeds[0]["image"]["url"] == "attachment://trend.png", "with its picture");
    assert!(!posts[0].controls().is_empty(), "with what leads on");
    let opened = bot.anybody().presses(&posts[0], posts[0].controls().last().unwrap()["label"].as_str().unwrap()).await;
    assert!(matches!(opened.first.kind, Kind::Message | Kind::Modal), "{opened:?}");
    // The channel is deleted: one call, and it is known for good.
    bot.stand.channel(CHANNEL, Channel::Removed);
    let post = told_to_the_outbox(&bot, store).await;
    until(store, &post.id, DeliveryState::Failed).await;
    let posted = bot.stand.requests().iter().filter(|asked| asked.method == "POST" && asked.path.ends_with("/messages")).count();
    assert_eq!(posted, 2);
    let why = bot.house.doors.posting.stopped(&format!("discord:{CHANNEL}")).await.unwrap().unwrap().why;
    assert!(why.contains("it was deleted"), "{why}");
    // Who left has nothing made any more.
    bot.stand.leaves(&olga);
    let error = bot.house.doors.operations.digest_send(&Asker::local(), "morning").await.unwrap_err();
    assert!(error.kind == error::ErrorKind::Forbidden && error.sentence.contains("they left"), "{error:?}");
    delivering.stop().await;
    bot.stop().await;
}

#[tokio::test]
async fn a_digest_of_a_thread_is_sent_by_the_right_that_its_channel_gives() {
    let bot = bot().await;
    bot.stand.channel(THREAD, Channel::Open);
    let tara = bot.stand.member("tara").with_roles(&[LOCALS]).in_thread(THREAD, CHANNEL);
    bot.stand.joins(&tara);
    let added = tara.types("/digest add", json!({ "name": "thread", "every": "daily", "at": "08:30" })).await;
    assert!(added.text().contains(&format!("to <#{THREAD}>")), "{}", added.text());
    let delivering = Delivering::start(&bot).await;
    let id = bot.house.doors.operations.digest_send(&Asker::local(), "thread").await.unwrap();
    until(&delivering.store, &id, DeliveryState::Sent).await;
    assert_eq!((bot.stand.posts(THREAD).len(), bot.stand.posts(CHANNEL).len()), (1, 0));
    // What the thread gives to everybody is not enough.
    bot.stand.joins(&tara.clone().with_roles(&[]));
    let error = bot.house.doors.operations.digest_send(&Asker::local(), "thread").await.unwrap_err();
    assert!(error.kind == error::ErrorKind::Forbidden && error.sentence.contains("lost the role operator"), "{error:?}");
    delivering.stop().await;
    bot.stop().await;
}

#[tokio::test]
async fn help_teaches_what_somebody_may_change() {
    let bot = bot().await;
    for (person, taught) in
        [(bot.anybody(), [false, false, false]), (bot.analyst(), [true, true, false]), (bot.operator(), [true, true, true])]
    {
        let help = person.types("/help", json!({})).await.text();
        assert_eq!(["**/note**", "**/snooze**", "**/digest**"].map(|command| help.contains(command)), taught, "{help}");
    }
    bot.stop().await;
}
