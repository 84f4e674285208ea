//! What do people find in a channel who asked for nothing? Posts of the bot and of webhooks, through the real client to a stand-in.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use scorewatch::{
    access::{
        Role, Tenants,
        chat::{ChatGrant, Grants},
    },
    app::Doors,
    card::{Block, Card, Cell, Column, Next, TableRow, Tone, Word},
    delivery::{ChannelResolver as _, DeliveryKey, Destination, PictureFormat, Post, PostKind, PostPicture, Receipt, SendFailure, Sending},
    skill_id::SkillId,
    skills,
    store::{DeliveryState, Store},
    surfaces::discord::{Channels, DiscordSettings, webhook::DiscordWebhook},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    answers::say,
    program::{err, run},
    support::{
        discord::{APP, CHANNEL, Channel, GUILD, OTHER_CHANNEL, Stand, TOKEN, Twist},
        doors::doors,
        outbox::{Serving, enqueue, row, store, until},
        posts::{a_digest, a_notice, a_recovery, an_alert},
    },
};

const WEBHOOK: u64 = 1_100_000_000_000_000_077;

/// Everybody in one channel reads contoso with names, a role reads all; the other channel is nobody's.
fn grants() -> Grants {
    let tenants = Tenants::Only(BTreeSet::from(["contoso".to_owned()]));
    let (space, room) = (Some(GUILD.to_string()), Some(CHANNEL.to_string()));
    let all = ChatGrant { space: space.clone(), room, group: None, user: None, role: Role::Analyst, tenants };
    Grants(vec![ChatGrant { space, room: None, group: Some("7".to_owned()), user: None, role: Role::Operator, tenants: Tenants::All }, all])
}

/// A bot that posts, and a store for what its buttons lead to.
struct Bot {
    stand: Stand,
    doors: Doors,
    rooms: Channels,
    _home: TempDir,
}

async fn bot() -> Bot {
    let stand = Stand::start().await;
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("scorewatch.db")).await.unwrap();
    let doors = doors(store).await;
    let settings =
        DiscordSettings { proxy: Some(stand.root().parse().unwrap()), grants: grants(), ..DiscordSettings::new(APP, TOKEN.into()) };
    let rooms = Channels::new(settings, Arc::clone(&doors.ask));
    Bot { stand, doors, rooms, _home: home }
}

impl Bot {
    fn room(&self) -> Arc<dyn Destination> {
        self.rooms.resolve(&format!("discord:{CHANNEL}")).unwrap().destination
    }
}

fn made() -> Timestamp {
    "2026-11-21T07:00:00Z".parse().unwrap()
}

fn post(kind: PostKind, card: Card) -> Post {
    let (snoozes, over) = (matches!(kind, PostKind::Alert(_)), matches!(kind, PostKind::Recovery(_)));
    let key = DeliveryKey { tenants: vec!["contoso".to_owned()], kind, period: "2026-11-21".to_owned(), destination: "here".to_owned() };
    Post { snoozes, resolved: over, ..Post::new(&key, card, made()) }
}

/// A card as the skill makes it, with the news in its title.
fn card(skill: &str, tenant: &str, args: &str) -> Card {
    Card { title: "Contoso: −12 points since Friday".to_owned(), ..say(skills::Entry::named(skill).unwrap(), tenant, args).card }
}

fn alert() -> Post {
    let lead = Block::Lead(vec![Word::toned("−12 points", Tone::Bad), Word::plain("since 2026-11-20")]);
    let next = Next { label: "What changed".to_owned(), skill: SkillId::ScoreChanges, tenant: "contoso".to_owned(), args: Vec::new() };
    post(an_alert(), Card { next: vec![next], ..Card::new("Contoso: −12 points since Friday", vec![lead], "contoso") })
}

fn recovery() -> Post {
    let lead = Block::Lead(vec![Word::plain("412 of 600 points, as before")]);
    post(a_recovery(), Card::new("Contoso: points are back", vec![lead], "contoso"))
}

async fn sent(
    to: &Arc<dyn Destination>,
    post: &Post,
    picture: Option<&PostPicture>,
    earlier: Option<&str>,
) -> Result<Receipt, SendFailure> {
    to.send(&Sending { post, picture, earlier, earlier_title: None, ended: &[], now: made() }).await
}

/// The id that the destination gave the message.
async fn id_of(to: &Arc<dyn Destination>, post: &Post, earlier: Option<&str>) -> String {
    sent(to, post, None, earlier).await.unwrap().message.unwrap()
}

/// The bodies of the messages that the bot makes of `post`, which Discord's stand-in takes.
pub async fn posted_by_bot(post: &Post, picture: Option<&PostPicture>) -> Vec<Value> {
    let bot = bot().await;
    sent(&bot.room(), post, picture, None).await.unwrap();
    bot.stand.requests().into_iter().map(|asked| asked.body).collect()
}

fn picture() -> PostPicture {
    PostPicture::File(Bytes::from_static(b"\x89PNG\r\n\x1a\n--scorewatch"))
}

#[tokio::test]
async fn a_digest_is_one_message_with_its_picture_and_what_leads_on() {
    let bot = bot().await;
    let room = bot.room();
    assert_eq!((room.kind(), room.picture_format()), ("discord", PictureFormat::File { dark: true }));
    let Receipt { message: id, .. } =
        sent(&room, &post(a_digest(), card("secure_score", "contoso", "{}")), Some(&picture()), None).await.unwrap();
    let posts = bot.stand.posts(CHANNEL);
    assert_eq!((posts.len(), id), (1, Some(posts[0].id.to_string())));
    let post = &posts[0];
    assert_eq!((post.content.as_str(), &post.embeds[0]["title"]), ("", &json!("Contoso: −12 points since Friday")));
    assert_eq!((post.files.len(), &post.embeds[0]["image"]["url"]), (1, &json!("attachment://trend.png")));
    assert!(post.files[0].bytes.starts_with(b"\x89PNG") && post.files[0].description.is_some());
    // Read at any time: a moment in the reader's clock, and no age.
    assert!(!post.text().contains(" old ") && post.embeds.last().unwrap()["timestamp"].is_string(), "{}", post.text());
    let labels: Vec<_> = post.controls().iter().filter_map(|control| control["label"].as_str()).collect();
    assert!(!labels.is_empty() && !labels.contains(&"Snooze") && !labels.contains(&"Refresh"), "{labels:?}");
    for control in post.controls().iter().filter(|control| control["type"] == 2) {
        let id = control["custom_id"].as_str().unwrap().split_once(':').unwrap().1;
        assert!(bot.doors.ask.saved(id).await.is_ok(), "{control}");
    }
    let asked = bot.stand.requests().pop().unwrap();
    assert_eq!(asked.body["allowed_mentions"]["parse"], json!([]));
}

#[tokio::test]
async fn a_long_digest_is_several_embeds_of_one_message_and_says_that_there_is_more() {
    let bot = bot().await;
    let long = card("weakest_controls", "contoso", r#"{"limit":25}"#);
    sent(&bot.room(), &post(a_digest(), long.clone()), None, None).await.unwrap();
    let seen = bot.stand.posts(CHANNEL).remove(0);
    assert_eq!(seen.embeds.len(), 3, "{}", seen.text());
    assert!(seen.embeds[1]["title"].is_null() && seen.embeds[0]["footer"].is_null() && seen.embeds[2]["footer"].is_object());
    let rows = (1..=25).filter(|row| seen.text().contains(&format!("**{row}.** "))).count();
    assert!(rows >= 20 && seen.text().contains(&format!("… and {} more", 25 - rows)), "{}", seen.text());
    assert_eq!(rows, seen.controls()[0]["options"].as_array().unwrap().len(), "each row leads on");
    // One that fits is whole.
    sent(&bot.room(), &post(a_notice(), Card { title: "Other".to_owned(), ..card("secure_score", "contoso", "{}") }), None, None)
        .await
        .unwrap();
    assert!(!bot.stand.posts(CHANNEL)[1].text().contains("… and"));
}

#[tokio::test]
async fn the_same_post_sent_again_is_one_message() {
    let bot = bot().await;
    let room = bot.room();
    let first = id_of(&room, &alert(), None).await;
    // Done, and its answer lost: nobody can know.
    assert_eq!(first, id_of(&room, &alert(), None).await);
    bot.stand.next("POST", "/messages", Twist::Lost);
    let digest = post(a_digest(), card("secure_score", "contoso", "{}"));
    let lost = sent(&room, &digest, None, None).await.unwrap_err();
    assert!(matches!(lost, SendFailure::Later { .. }), "{lost:?}");
    let again = id_of(&room, &digest, None).await;
    let posts: Vec<_> = bot.stand.posts(CHANNEL).iter().map(|post| post.id.to_string()).collect();
    assert_eq!(posts, [first, again]);
    let nonces: Vec<_> = bot.stand.requests().iter().map(|asked| asked.body["nonce"].clone()).collect();
    assert_eq!(nonces, [alert().id, alert().id, digest.id.clone(), digest.id]);
}

/// A digest whose lines of tenants do not fit into one message.
fn of_many_tenants() -> Post {
    let line = |number: usize| {
        let next = Next { label: "What changed".to_owned(), skill: SkillId::ScoreChanges, tenant: "contoso".to_owned(), args: Vec::new() };
        let cells =
            vec![Cell::Tenant(format!("tenant-{number:03}")), Cell::text("2 controls slipped, 1 acceptance expired, 3 risks accepted")];
        TableRow { cells, link: None, next: Some(next) }
    };
    let lines = Block::Table { columns: vec![Column::Tenant, Column::News], rows: (0..120).map(line).collect() };
    post(a_digest(), Card::new("Tenant-000: 2 controls slipped since Friday", vec![lines], "digest morning"))
}

#[tokio::test]
async fn a_digest_that_goes_on_in_a_second_message_is_sent_on_from_where_it_stopped() {
    let bot = bot().await;
    let url = bot.stand.webhook(WEBHOOK, OTHER_CHANNEL);
    let hook: Arc<dyn Destination> = Arc::new(DiscordWebhook::new(url.into()).unwrap());
    let digest = of_many_tenants();
    for (to, channel, path) in [(bot.room(), CHANNEL, "/messages"), (hook, OTHER_CHANNEL, "/webhooks")] {
        bot.stand.next("POST", path, Twist::Late(Duration::ZERO));
        bot.stand.next("POST", path, Twist::Fails(503));
        let failure = sent(&to, &digest, None, None).await.unwrap_err();
        assert!(matches!(failure, SendFailure::Later { .. }), "{failure:?}");
        let first = bot.stand.posts(channel)[0].id.to_string();
        assert_eq!(id_of(&to, &digest, None).await, first, "the first is the one that is known");
        let posts = bot.stand.posts(channel);
        let text: String = posts.iter().map(|post| post.text() + "\n").collect();
        let lines: Vec<usize> = (0..120).map(|number| text.matches(&format!("**tenant-{number:03}**")).count()).collect();
        assert_eq!((posts.len(), lines), (2, vec![1; 120]), "each once");
    }
    let nonces: BTreeSet<String> =
        bot.stand.requests().iter().filter_map(|asked| asked.body["nonce"].as_str().map(ToOwned::to_owned)).collect();
    assert_eq!(nonces, BTreeSet::from([digest.id.clone(), format!("{}1", digest.id)]));
}

#[tokio::test]
async fn what_is_over_is_said_above_the_alert_and_answered_below_it() {
    let bot = bot().await;
    let room = bot.room();
    let first = id_of(&room, &alert(), None).await;
    let seen = |id: &str| bot.stand.posts(CHANNEL).into_iter().find(|post| post.id.to_string() == id).unwrap();
    let labels: Vec<_> = seen(&first).controls().iter().map(|control| control["label"].as_str().unwrap().to_owned()).collect();
    assert_eq!(labels, ["What changed", "Snooze"]);
    assert_eq!(seen(&first).controls()[1]["custom_id"], format!("snooze:{}", alert().id));
    let told = id_of(&room, &recovery(), Some(&first)).await;
    let alert = seen(&first);
    assert!(alert.content.starts_with("✅ **Resolved** since <t:1795244400:f>: Contoso: points are back"), "{}", alert.content);
    assert!(alert.controls().is_empty() && alert.embeds[0]["title"] == "Contoso: −12 points since Friday", "what it told stays");
    let recovery_seen = seen(&told);
    assert_eq!((recovery_seen.answers, &recovery_seen.embeds[0]["color"]), (Some(alert.id), &json!(0x22_A5_59)));
    // Again, after its answer was lost.
    assert_eq!(id_of(&room, &recovery(), Some(&first)).await, told);
    assert_eq!(bot.stand.posts(CHANNEL).len(), 2);
}

#[tokio::test]
async fn while_a_part_goes_on_the_alert_stays_as_it_is_and_can_be_snoozed() {
    let bot = bot().await;
    let url = bot.stand.webhook(WEBHOOK, OTHER_CHANNEL);
    let hook: Arc<dyn Destination> = Arc::new(DiscordWebhook::new(url.into()).unwrap());
    for (to, channel) in [(bot.room(), CHANNEL), (hook, OTHER_CHANNEL)] {
        let first = id_of(&to, &alert(), None).await;
        let before = bot.stand.posts(channel).remove(0).controls().len();
        id_of(&to, &Post { id: "a part".to_owned(), resolved: false, ..recovery() }, Some(&first)).await;
        let posts = bot.stand.posts(channel);
        assert_eq!((posts.len(), posts[0].content.as_str(), posts[0].controls().len()), (2, "", before));
        assert_eq!(posts[1].embeds[0]["title"], "Contoso: points are back");
        id_of(&to, &recovery(), Some(&first)).await;
        let first = bot.stand.posts(channel).remove(0);
        assert!(first.content.starts_with("✅ **Resolved** since") && first.controls().is_empty(), "{}", first.content);
    }
}

#[tokio::test]
async fn every_alert_of_which_nothing_is_left_says_so() {
    let bot = bot().await;
    let url = bot.stand.webhook(WEBHOOK, OTHER_CHANNEL);
    let hook: Arc<dyn Destination> = Arc::new(DiscordWebhook::new(url.into()).unwrap());
    for (to, channel) in [(bot.room(), CHANNEL), (hook, OTHER_CHANNEL)] {
        let first = id_of(&to, &alert(), None).await;
        let second = id_of(&to, &Post { id: "another".to_owned(), ..alert() }, None).await;
        let post = recovery();
        let ended = [first];
        let sending = Sending { post: &post, picture: None, earlier: Some(&second), earlier_title: None, ended: &ended, now: made() };
        to.send(&sending).await.unwrap();
        let posts = bot.stand.posts(channel);
        assert_eq!(posts.iter().map(|post| post.content.starts_with("✅ **Resolved** since")).collect::<Vec<_>>(), [true, true, false]);
    }
}

#[tokio::test]
async fn a_recovery_is_told_also_where_its_alert_was_deleted_or_cannot_be_touched() {
    let bot = bot().await;
    let room = bot.room();
    bot.stand.deletes(id_of(&room, &alert(), None).await.parse().unwrap());
    let told = id_of(&room, &recovery(), Some("1100000000000000099")).await;
    let posts = bot.stand.posts(CHANNEL);
    assert_eq!((posts.len(), posts[0].id.to_string(), posts[0].answers), (1, told, None));
    let other = Post { id: "another".to_owned(), ..recovery() };
    bot.stand.next("PATCH", "/messages/", Twist::Refuses(403, 50005, "Cannot edit a message authored by another user"));
    bot.stand.next("POST", "/messages", Twist::Refuses(400, 160_002, "Cannot reply without permission to read message history"));
    assert!(sent(&room, &other, None, Some("1100000000000000099")).await.is_ok());
    assert_eq!(bot.stand.posts(CHANNEL).len(), 2);
    // While Discord is out of order nothing is half done.
    bot.stand.next("PATCH", "/messages/", Twist::Fails(503));
    let later = Post { id: "a third".to_owned(), ..recovery() };
    let failure = sent(&room, &later, None, Some("1100000000000000099")).await.unwrap_err();
    assert!(matches!(failure, SendFailure::Later { .. }) && bot.stand.posts(CHANNEL).len() == 2, "{failure:?}");
}

#[tokio::test]
async fn a_channel_that_is_gone_or_closed_is_dead_after_one_call_and_lives_again_when_it_is_mended() {
    let bot = bot().await;
    let room = bot.room();
    for channel in [Channel::Removed, Channel::Forbidden] {
        bot.stand.channel(CHANNEL, channel);
        let asked = bot.stand.requests().len();
        let failure = sent(&room, &alert(), None, None).await.unwrap_err();
        assert!(matches!(&failure, SendFailure::Dead { why } if why.contains(&CHANNEL.to_string())), "{failure:?}");
        assert_eq!(bot.stand.requests().len(), asked + 1);
        let failure = sent(&room, &recovery(), None, Some("1100000000000000099")).await.unwrap_err();
        assert!(matches!(failure, SendFailure::Dead { .. }), "{failure:?}");
        assert_eq!(bot.stand.requests().len(), asked + 2, "the edit says so already");
    }
    bot.stand.channel(CHANNEL, Channel::Open);
    assert!(sent(&room, &alert(), None, None).await.is_ok());
}

#[tokio::test]
async fn each_refusal_means_one_thing() {
    let bot = bot().await;
    let room = bot.room();
    for (twist, meaning) in [
        (Twist::Refuses(403, 50013, "Missing Permissions"), "dead"),
        (Twist::Refuses(400, 50035, "Invalid Form Body"), "never"),
        (Twist::Fails(413), "never"),
        (Twist::Fails(403), "later"),
        (Twist::Fails(500), "later"),
        (Twist::Fails(504), "later"),
        (Twist::Limited { after: Duration::from_secs(7), global: false }, "later"),
    ] {
        let shown = format!("{twist:?}");
        bot.stand.next("POST", "/messages", twist);
        let failure = sent(&room, &alert(), None, None).await.unwrap_err();
        let found = match &failure {
            SendFailure::Later { .. } => "later",
            SendFailure::Never { .. } => "never",
            SendFailure::Refused { .. } => "refused",
            SendFailure::Dead { .. } => "dead",
        };
        assert_eq!(found, meaning, "{shown}: {failure:?}");
        assert!(!failure.why().contains(TOKEN), "{failure:?}");
    }
    bot.stand.revoke_token();
    for _ in 0..2 {
        let failure = sent(&room, &alert(), None, None).await.unwrap_err();
        assert!(matches!(&failure, SendFailure::Later { why, .. } if why.contains("discord.token")), "{failure:?}");
    }
    assert_eq!(bot.stand.invalid_requests(), 4, "a token that was refused is not shown again at once");
}

#[tokio::test]
async fn only_rooms_whose_readers_are_known_are_destinations() {
    let bot = bot().await;
    let place = bot.rooms.resolve(&format!("discord:{CHANNEL}")).unwrap();
    assert!(place.readers.tenants.include("contoso") && !place.readers.tenants.include("fabrikam"));
    assert_eq!(place.readers.role, Role::Analyst);
    for name in
        [format!("discord:{OTHER_CHANNEL}"), CHANNEL.to_string(), format!("slack:{CHANNEL}"), "discord:x".to_owned(), "discord:".to_owned()]
    {
        assert!(bot.rooms.resolve(&name).is_none(), "{name}");
    }
}

#[tokio::test]
async fn hostile_words_stay_words_in_posts() {
    let bot = bot().await;
    let url = bot.stand.webhook(WEBHOOK, CHANNEL);
    let hook: Arc<dyn Destination> = Arc::new(DiscordWebhook::new(url.into()).unwrap());
    for (skill, args) in [("weakest_controls", r#"{"limit":25}"#), ("control", r#"{"name":"x"}"#), ("accepted_risks", "{}")] {
        let hostile = say(skills::Entry::named(skill).unwrap(), "hostile", args).card;
        let title = "@everyone <@1> **b** [x](https://evil.example) `c` \u{202e}".repeat(20);
        let post = Post { id: skill.to_owned(), ..post(an_alert(), Card { title, ..hostile }) };
        sent(&bot.room(), &post, Some(&picture()), None).await.unwrap();
        let alert = id_of(&hook, &post, None).await;
        let over = Post { kind: a_recovery(), id: format!("{skill} over"), ..post };
        sent(&hook, &over, None, Some(&alert)).await.unwrap();
    }
    for post in bot.stand.posts(CHANNEL) {
        let embeds = post.embeds.iter().flat_map(|embed| [&embed["title"], &embed["description"]]).filter_map(Value::as_str);
        let text = embeds.chain([post.content.as_str()]).collect::<Vec<_>>().join("\n");
        // What we write ourselves: the moment of a recovery, and addresses of the portal.
        let ours = |rest: &str| ["<t:1795244400:f>", "<https://security.microsoft.com/"].iter().any(|own| rest.starts_with(own));
        let escaped = text.match_indices(['@', '<']).all(|(at, _)| text[..at].ends_with('\\') || ours(&text[at..]));
        assert!(escaped && !text.contains("](https://evil"), "{text}");
    }
}

#[tokio::test]
async fn a_webhook_takes_the_picture_and_nothing_to_press() {
    let bot = bot().await;
    let url = bot.stand.webhook(WEBHOOK, CHANNEL);
    let hook: Arc<dyn Destination> = Arc::new(DiscordWebhook::new(url.into()).unwrap());
    assert_eq!((hook.kind(), hook.picture_format()), ("discord_webhook", PictureFormat::File { dark: true }));
    let Receipt { message: id, .. } = sent(&hook, &alert(), Some(&picture()), None).await.unwrap();
    let post = bot.stand.posts(CHANNEL).remove(0);
    assert_eq!(id, Some(post.id.to_string()));
    assert_eq!((post.files.len(), post.files[0].name.as_str()), (1, "trend.png"));
    assert_eq!(PostPicture::File(post.files[0].bytes.clone()), picture(), "byte for byte");
    assert!(post.controls().is_empty() && post.embeds[0]["image"]["url"] == "attachment://trend.png");
    let told = id_of(&hook, &recovery(), id.as_deref()).await;
    let posts = bot.stand.posts(CHANNEL);
    assert!(posts[0].content.starts_with("✅ **Resolved** since") && posts[0].files.len() == 1, "{}", posts[0].content);
    assert_eq!((posts.len(), posts[1].id.to_string()), (2, told));
    // An alert that somebody deleted.
    bot.stand.deletes(posts[0].id);
    assert!(sent(&hook, &recovery(), None, id.as_deref()).await.is_ok());
    assert_eq!(bot.stand.posts(CHANNEL).len(), 2, "what a webhook says twice is there twice");
}

#[tokio::test]
async fn a_webhook_that_was_deleted_is_dead_after_one_call_and_its_address_is_told_nowhere() {
    let bot = bot().await;
    let url = bot.stand.webhook(WEBHOOK, CHANNEL);
    let hook: Arc<dyn Destination> = Arc::new(DiscordWebhook::new(url.clone().into()).unwrap());
    let mut failures = Vec::new();
    for twist in [Twist::Limited { after: Duration::from_millis(7_500), global: false }, Twist::Fails(502), Twist::Lost] {
        bot.stand.next("POST", "/webhooks", twist);
        failures.push(sent(&hook, &alert(), None, None).await.unwrap_err());
    }
    assert!(matches!(failures[0], SendFailure::Later { after: Some(after), .. } if after == Duration::from_millis(7_500)), "{failures:?}");
    assert!(failures.iter().all(|failure| matches!(failure, SendFailure::Later { .. })), "{failures:?}");
    bot.stand.next("POST", "/webhooks", Twist::Refuses(400, 50035, "Invalid Form Body"));
    failures.push(sent(&hook, &alert(), None, None).await.unwrap_err());
    assert!(matches!(failures[3], SendFailure::Never { .. }), "{failures:?}");
    bot.stand.deletes_webhook(WEBHOOK);
    let asked = bot.stand.requests().len();
    failures.push(sent(&hook, &alert(), None, None).await.unwrap_err());
    failures.push(sent(&hook, &recovery(), None, Some("1100000000000000099")).await.unwrap_err());
    assert!(failures[4..].iter().all(|failure| matches!(failure, SendFailure::Dead { .. })), "{failures:?}");
    assert_eq!(bot.stand.requests().len(), asked + 2, "one call each");
    let told = format!("{failures:?}");
    assert!(!told.contains("SECRET") && !told.contains("127.0.0.1"), "{told}");
}

/// What was sent, with which JSON; kept so that a changed library is noticed.
#[tokio::test]
async fn a_webhook_is_told_to_wait_and_to_mention_nobody() {
    let bot = bot().await;
    let url = bot.stand.webhook(WEBHOOK, CHANNEL) + "?thread_id=1100000000000000055";
    let hook: Arc<dyn Destination> = Arc::new(DiscordWebhook::new(url.into()).unwrap());
    let id = id_of(&hook, &alert(), None).await;
    id_of(&hook, &recovery(), Some(&id)).await;
    let asked = bot.stand.requests();
    assert!(asked[0].path.ends_with("?thread_id=1100000000000000055&wait=true"), "{}", asked[0].path);
    assert!(asked[1].path.ends_with(&format!("/messages/{id}?thread_id=1100000000000000055")), "{}", asked[1].path);
    let silent = json!({ "parse": [], "users": [], "roles": [] });
    assert!(asked.iter().all(|asked| asked.body["allowed_mentions"] == silent && asked.body["components"] == Value::Null));
    assert_eq!(asked.iter().map(|asked| asked.method.as_str()).collect::<Vec<_>>(), ["POST", "PATCH", "POST"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_posts_where_it_is_configured_to() {
    let stand = Stand::start().await;
    let home = tempfile::tempdir().unwrap();
    let (root, url) = (stand.root(), stand.webhook(WEBHOOK, OTHER_CHANNEL));
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[delivery]\noperator = \"soc\"\n\
        [discord]\napplication_id = \"{APP}\"\ntoken = \"{TOKEN}\"\nproxy = \"{root}\"\n\
        [discord.grants.all]\nguild = \"{GUILD}\"\nchannel = \"{CHANNEL}\"\ntenants = \"all\"\n\
        [destinations.soc]\nkind = \"discord\"\nchannel = \"{CHANNEL}\"\n\
        [destinations.elsewhere]\nkind = \"discord_webhook\"\nurl = \"{url}\"\nrole = \"operator\"\ntenants = \"all\"\n"
    );
    let file = home.path().join("scorewatch.toml");
    // Notices tell about any tenant, so the channel of the operator shows all.
    std::fs::write(&file, config.replacen("tenants = \"all\"", "tenants = \"contoso\"", 1)).unwrap();
    let narrow = run(home.path(), &["check"]);
    assert_eq!(narrow.status.code(), Some(78), "{}", err(&narrow));
    assert!(err(&narrow).contains("delivery.operator names soc, whose readers may not see all tenants."), "{}", err(&narrow));
    std::fs::write(file, config).unwrap();
    let store = store(home.path()).await;
    let serving = Serving::start(home.path());
    for (destination, channel) in
        [("soc".to_owned(), CHANNEL), (format!("discord:{CHANNEL}"), CHANNEL), ("elsewhere".to_owned(), OTHER_CHANNEL)]
    {
        let before = stand.posts(channel).len();
        let id = enqueue(&store, &row(&destination, "monday", &["contoso"])).await;
        let sent = until(&store, &id, DeliveryState::Sent).await;
        let posts = stand.posts(channel);
        assert_eq!((posts.len(), sent.message), (before + 1, posts.last().map(|post| post.id.to_string())), "{destination}");
    }
    // What is dead is told to the operator, and the address is nowhere in the log.
    stand.deletes_webhook(WEBHOOK);
    let id = enqueue(&store, &row("elsewhere", "tuesday", &[])).await;
    until(&store, &id, DeliveryState::Failed).await;
    let told = stand.member("olga").until_sees("the notice", |seen| seen.text().contains("elsewhere")).await;
    assert!(told.text().contains("Integrations"), "{}", told.text());
    let log = serving.kill();
    assert!(!log.contains("SECRET") && !log.contains(TOKEN) && log.contains("elsewhere"), "{log}");
}
