//! What does scorewatch do when Discord says no? It stops where it must, waits where it should, and never goes on and on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use scorewatch::{
    access::Role,
    error::ErrorKind,
    surfaces::{
        RunningSurface,
        discord::{Detour, DiscordSettings, RestClient},
    },
};
use serde_json::json;
use serenity::all::{
    ChannelId, CreateAllowedMentions, CreateAttachment, CreateInteractionResponse, CreateInteractionResponseFollowup,
    CreateInteractionResponseMessage, CreateMessage, EditInteractionResponse, GuildId, InteractionId,
};
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    http::{House, house_that, house_with},
    support::discord::{APP, CHANNEL, GUILD, OTHER_CHANNEL, Stand, TOKEN, Twist},
};

const SECRET: &str = "an-interactions-own-token";

fn settings(stand: &Stand) -> DiscordSettings {
    DiscordSettings { proxy: Some(stand.root().parse().unwrap()), ..DiscordSettings::new(APP, TOKEN.into()) }
}

fn wire(stand: &Stand) -> Arc<RestClient> {
    RestClient::new(&settings(stand)).unwrap()
}

/// As in production: with serenity's limiter, over TLS to discord.com.
fn in_production(stand: &mut Stand) -> Arc<RestClient> {
    let (address, certificate) = stand.over_tls();
    let root = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    RestClient::new(&DiscordSettings { proxy: None, detour: Some(Detour { address, root }), ..settings(stand) }).unwrap()
}

fn post() -> CreateMessage {
    CreateMessage::new().content("digest").allowed_mentions(CreateAllowedMentions::new())
}

fn answer() -> CreateInteractionResponse {
    let message = CreateInteractionResponseMessage::new().content("x").allowed_mentions(CreateAllowedMentions::new());
    CreateInteractionResponse::Message(message)
}

#[tokio::test]
async fn a_token_that_is_refused_is_tried_again_after_a_pause() {
    let stand = Stand::start().await;
    let wire = wire(&stand);
    assert_eq!(wire.about().await.unwrap().application_id.get(), APP);
    stand.revoke_token();
    let error = wire.commands(None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misconfigured);
    assert!(error.sentence.contains("discord.token") && !format!("{error:?}").contains(TOKEN), "{error:?}");
    let asked = stand.requests().len();
    for _ in 0..3 {
        let held = wire.post(ChannelId::new(CHANNEL), post()).await.unwrap_err();
        assert_eq!((held.kind, held.retry_after.is_some(), wire.stopped()), (ErrorKind::Throttled, true, None));
        assert!(wire.set_commands(None, &json!([])).await.is_err() && wire.about().await.is_err());
    }
    assert_eq!(stand.requests().len(), asked, "nothing more went out with it");
    // Discord was out of order itself.
    stand.restore_token();
    tokio::time::sleep(Duration::from_millis(5100)).await;
    assert_eq!(wire.about().await.unwrap().application_id.get(), APP);
}

#[tokio::test]
async fn a_channel_that_is_gone_or_closed_is_not_asked_again_until_it_is_reopened() {
    let stand = Stand::start().await;
    let wire = wire(&stand);
    let (gone, fine) = (ChannelId::new(CHANNEL), ChannelId::new(OTHER_CHANNEL));
    let refusals = [(404, 10003, "Unknown Channel"), (403, 50001, "Missing Access"), (403, 50013, "Missing Permissions")];
    for (status, code, words) in refusals {
        stand.next("POST", "/messages", Twist::Refuses(status, code, words));
        let error = wire.post(gone, post()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Forbidden, "{words}");
        assert!(error.sentence.contains(&CHANNEL.to_string()) && error.cause().contains(words), "{error:?}");
        let asked = stand.requests().len();
        assert_eq!(wire.post(gone, post()).await.unwrap_err().sentence, error.sentence);
        assert_eq!(stand.requests().len(), asked, "{words}: it was not asked again");
        assert!(wire.post(fine, post()).await.is_ok(), "{words}: another channel is none the worse");
        wire.reopen(gone);
    }
    assert!(wire.post(gone, post()).await.is_ok());
    assert_eq!(wire.stopped(), None);
}

#[tokio::test]
async fn an_interaction_that_is_over_is_no_reason_to_stop() {
    let stand = Stand::start().await;
    let wire = wire(&stand);
    let edit = || EditInteractionResponse::new().content("x").allowed_mentions(CreateAllowedMentions::new());
    for (status, code, words) in [(404, 10062, "Unknown interaction"), (400, 40060, "acknowledged"), (401, 50027, "Invalid Webhook Token")]
    {
        stand.next("POST", "/callback", Twist::Refuses(status, code, words));
        stand.next("PATCH", "/webhooks", Twist::Refuses(status, code, words));
        let errors = [wire.first(InteractionId::new(7), SECRET, answer()).await.unwrap_err(), wire.edit(SECRET, edit()).await.unwrap_err()];
        for error in errors {
            assert_eq!(error.kind, ErrorKind::NotFound, "{words}");
            assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
        }
    }
    assert_eq!(wire.stopped(), None);
    assert_eq!(wire.refusals(), 2, "only 401 counts");
}

#[tokio::test]
async fn no_error_tells_a_token() {
    let stand = Stand::start().await;
    let mut nowhere = settings(&stand);
    nowhere.proxy = Some("http://127.0.0.1:9".parse().unwrap());
    let nowhere = RestClient::new(&nowhere).unwrap();
    let follow_up = || CreateInteractionResponseFollowup::new().content("x").allowed_mentions(CreateAllowedMentions::new());
    let unreachable = nowhere.follow_up(SECRET, follow_up()).await.unwrap_err();
    assert_eq!(unreachable.kind, ErrorKind::Upstream);
    let wire = wire(&stand);
    let mut errors = vec![unreachable, nowhere.remove(SECRET).await.unwrap_err(), nowhere.about().await.unwrap_err()];
    for twist in [Twist::Lost, Twist::Fails(502), Twist::Refuses(400, 50035, "Invalid Form Body")] {
        stand.next("POST", "/webhooks", twist);
        errors.push(wire.follow_up(SECRET, follow_up()).await.unwrap_err());
    }
    let too_long = wire.follow_up(SECRET, follow_up().content("x".repeat(2001))).await.unwrap_err();
    assert_eq!(too_long.kind, ErrorKind::Internal);
    errors.push(too_long);
    for error in errors {
        assert!(!format!("{error:?}").contains(SECRET) && !format!("{error:?}").contains(TOKEN), "{error:?}");
    }
    let _ = stand.take_faults();
}

#[tokio::test]
async fn nonsense_is_refused_before_anything_is_sent() {
    let stand = Stand::start().await;
    for token in ["", "two words", "line\nbreak", "ümlaut"] {
        let error = RestClient::new(&DiscordSettings { token: token.into(), ..settings(&stand) }).err().unwrap();
        assert!(error.kind == ErrorKind::Misconfigured && error.sentence.contains("discord.token"), "{error}");
    }
    assert_eq!(RestClient::new(&DiscordSettings { application_id: 0, ..settings(&stand) }).err().unwrap().kind, ErrorKind::Misconfigured);
}

#[tokio::test]
async fn after_a_thousand_refusals_nothing_goes_out() {
    let stand = Stand::start().await;
    let wire = wire(&stand);
    let elsewhere = Some(GuildId::new(GUILD + 500));
    let refused = |kind: ErrorKind| kind == ErrorKind::Forbidden;
    let mut tries = 0;
    let last = loop {
        let error = wire.commands(elsewhere).await.unwrap_err();
        if !refused(error.kind) {
            break error;
        }
        tries += 1;
        assert!(tries <= 1000, "it goes on and on");
    };
    assert_eq!((tries, wire.refusals(), stand.invalid_requests()), (1000, 1000, 1000));
    assert_eq!(last.kind, ErrorKind::Throttled);
    assert!(last.retry_after.is_some_and(|wait| wait > Duration::from_mins(5)), "{last:?}");
    assert_eq!(wire.first(InteractionId::new(7), SECRET, answer()).await.unwrap_err().kind, ErrorKind::Throttled);
    assert_eq!(stand.requests().len(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_longer_than_our_patience_is_told_at_once() {
    for (asked, told) in [(2, 2), (24 * 365, 24), (1 << 40, 24)] {
        let mut stand = Stand::start().await;
        let wire = in_production(&mut stand);
        let (asked, told) = (Duration::from_secs(3600 * asked), Duration::from_secs(3600 * told));
        stand.next("POST", "/messages", Twist::Limited { after: asked, global: true });
        let began = Instant::now();
        let error = wire.post(ChannelId::new(CHANNEL), post()).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(error.kind, ErrorKind::Throttled);
        assert!(
            error.retry_after.is_some_and(|wait| wait <= told && wait + Duration::from_mins(1) > told),
            "{asked:?}: {error:?} {:?}",
            error.retry_after
        );
        assert_eq!(stand.posts(CHANNEL).len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_limiter_what_is_throttled_is_waited_for_and_counted() {
    let mut stand = Stand::start().await;
    let wire = in_production(&mut stand);
    let after = Duration::from_millis(400);
    stand.next("POST", "/messages", Twist::Limited { after, global: false });
    let began = Instant::now();
    let with_picture = post().add_file(CreateAttachment::bytes(vec![7; 4096], "trend.png"));
    wire.post(ChannelId::new(CHANNEL), with_picture).await.unwrap();
    assert!(began.elapsed() >= after, "{:?}", began.elapsed());
    assert_eq!((wire.refusals(), stand.invalid_requests(), stand.posts(CHANNEL).len()), (1, 1, 1));
    for _ in 0..20 {
        stand.next("GET", "/commands", Twist::Limited { after: Duration::ZERO, global: false });
    }
    assert!(wire.commands(None).await.unwrap().is_empty());
    assert_eq!((wire.refusals(), stand.invalid_requests()), (21, 21), "also those that serenity did not tell of");
    assert_eq!(wire.about().await.unwrap().application_id.get(), APP);
    assert_eq!(wire.refusals(), 21, "what goes well counts nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_answer_is_repeated_when_it_may() {
    let mut stand = Stand::start().await;
    let wire = in_production(&mut stand);
    let after = Duration::from_millis(300);
    stand.next("POST", "/callback", Twist::Limited { after, global: false });
    stand.next("POST", "/callback", Twist::Limited { after, global: false });
    let began = Instant::now();
    let error = wire.first(InteractionId::new(7), SECRET, answer()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "nobody made that interaction, which is known once it is asked: {error:?}");
    assert!(began.elapsed() >= after, "{:?}", began.elapsed());
    let statuses: Vec<_> = stand.requests().iter().map(|asked| asked.status).collect();
    assert_eq!((statuses, wire.refusals()), (vec![429, 429, 404], 2));
}

/// A bot at the gateway.
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    discord: Arc<dyn RunningSurface>,
    _house: House,
}

async fn run(stand: &Stand) -> Running {
    let discord = settings(stand);
    let house = house_with(|settings| settings.surfaces = vec![Arc::new(discord)]).await;
    let discord = Arc::clone(&house.server.surfaces()[0]);
    let (stop, stopped) = watch::channel(false);
    Running { stop, task: tokio::spawn(Arc::clone(&discord).run(stopped)), discord, _house: house }
}

/// How the bot says that it stands.
fn stands(discord: &dyn RunningSurface, what: &str) -> Option<u64> {
    let name = format!("scorewatch_discord_{what}");
    discord.measured().into_iter().find(|(metric, _)| metric.name() == name).map(|(_, value)| value)
}

/// Waits until the bot is stopped for good.
async fn until_stopped(discord: &dyn RunningSurface) {
    let stopped = async {
        while stands(discord, "stopped") != Some(1) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), stopped).await.expect("the bot is not stopped");
}

/// Waits until the bot says whether it is connected as `connected` says.
async fn until_health(discord: &dyn RunningSurface, connected: bool) {
    let said = async {
        while stands(discord, "connected") != Some(connected.into()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), said).await.unwrap_or_else(|_| panic!("connected is not {connected}"));
}

async fn with_command(stand: &Stand) {
    let commands = json!([{ "name": "score", "description": "The score", "type": 1, "contexts": [0], "integration_types": [0] }]);
    wire(stand).set_commands(None, &commands).await.unwrap();
    assert_eq!(wire(stand).commands(None).await.unwrap()[0]["name"], "score");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_over_the_gateway_is_answered_also_after_the_socket_was_cut() {
    let stand = Stand::start().await;
    with_command(&stand).await;
    let running = run(&stand).await;
    stand.until_connected().await;
    until_health(&*running.discord, true).await;
    let alice = stand.member("alice");
    assert!(alice.types("/score", json!({})).await.last().ephemeral);
    stand.cut();
    stand.until_sent(6, 1).await;
    stand.until_connected().await;
    assert!(alice.types("/score", json!({})).await.last().ephemeral);
    stand.ask_to_reconnect();
    stand.until_sent(6, 2).await;
    assert!(alice.types("/score", json!({})).await.last().ephemeral);
    assert_eq!(stand.gateway(|gateway| gateway.count(2)), 1, "it resumed and did not identify again");
    running.stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(10), running.task).await.unwrap().unwrap();
    assert!(!stand.gateway(|gateway| gateway.has_session()), "it said farewell");
    assert_eq!(stands(&*running.discord, "connected"), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_gateway_refuses_stops_the_bot() {
    for code in [4004, 4013, 4014] {
        let stand = Stand::start().await;
        stand.gateway(|gateway| gateway.refuse = Some(code));
        let running = run(&stand).await;
        until_stopped(&*running.discord).await;
        assert_eq!(stands(&*running.discord, "connected"), Some(0));
        let identified = stand.gateway(|gateway| gateway.count(2));
        running.stop.send(true).unwrap();
        tokio::time::timeout(Duration::from_secs(15), running.task).await.unwrap().unwrap();
        assert_eq!((identified, stand.gateway(|gateway| gateway.count(2))), (1, 1), "{code}: once and never again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_is_followed_by_another_and_a_reset_token_ends_both() {
    let stand = Stand::start().await;
    with_command(&stand).await;
    let running = run(&stand).await;
    stand.until_connected().await;
    stand.invalidate(false);
    stand.until_sent(2, 2).await;
    stand.until_connected().await;
    assert!(stand.member("alice").types("/score", json!({})).await.last().ephemeral);
    stand.revoke_token();
    stand.cut();
    until_stopped(&*running.discord).await;
    running.stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(15), running.task).await.unwrap().unwrap();
    assert_eq!(stand.gateway(|gateway| (gateway.count(2), gateway.count(6))), (2, 1), "it tried to resume once, and no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_cannot_be_asked_for_is_asked_again_and_nothing_else() {
    let stand = Stand::start().await;
    for _ in 0..2 {
        stand.next("GET", "/gateway/bot", Twist::Fails(503));
    }
    let running = run(&stand).await;
    stand.until_connected().await;
    let asked: Vec<_> = stand.requests().into_iter().map(|asked| (asked.path, asked.status)).collect();
    let gateway = || "/gateway/bot".to_owned();
    assert_eq!(asked, [(gateway(), 503), (gateway(), 503), (gateway(), 200)], "and never /gateway, whose failure serenity would not tell");
    running.stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(15), running.task).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_say_when_the_bot_is_stopped() {
    scorewatch::telemetry::collect_metrics(scorewatch::surfaces::metrics()).unwrap();
    let stand = Stand::start().await;
    let discord = settings(&stand);
    let house = house_that(|settings| settings.surfaces = vec![Arc::new(discord)], scorewatch::telemetry::render_metrics).await;
    let operator = house.key(Role::Operator, None).await;
    let metrics = async || house.get("/metrics", &operator).await.text().await.unwrap();
    let before = metrics().await;
    assert!(before.contains("\nscorewatch_discord_stopped 0\n") && before.contains("\nscorewatch_discord_connected 0\n"), "{before}");
    stand.gateway(|gateway| gateway.refuse = Some(4004));
    let (_stop, stopped) = watch::channel(false);
    let discord = Arc::clone(&house.server.surfaces()[0]);
    let running = tokio::spawn(Arc::clone(&discord).run(stopped));
    until_stopped(&*discord).await;
    let told = metrics().await;
    assert!(told.contains("\nscorewatch_discord_stopped 1\n") && told.contains("\nscorewatch_discord_refusals 0\n"), "{told}");
    running.abort();
}
