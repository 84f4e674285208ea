//! What do people in Discord meet? Typing, pressing, choosing and filling in, through the real serenity client to a stand-in.

use std::{sync::Arc, time::Duration};

use ring::signature::{Ed25519KeyPair, KeyPair as _};
use scorewatch::{
    config::Sections,
    http::{HttpServer, ServerSettings},
    manifests,
    surfaces::discord::{DiscordSettings, PATH, RestClient},
};
use serde_json::json;
use tokio::sync::watch;

use crate::{
    going_on::working,
    refresh::World,
    support::{
        bot::{bot, bot_with, settings},
        discord::{CHANNEL, GUILD, Kind, OTHER_CHANNEL, ROLE, Seen, Stand, Twist, typing},
    },
};

#[tokio::test]
async fn every_command_is_answered_at_once_in_the_channel_or_for_the_asker_alone() {
    let bot = bot().await;
    let alice = bot.anybody();
    for (command, options, title, ephemeral) in [
        ("/score", json!({}), "Secure Score of contoso", false),
        ("/score", json!({ "share": "me" }), "Secure Score of contoso", true),
        ("/weakest", json!({ "limit": 5, "category": "identity" }), "Weakest identity controls of contoso", false),
        ("/changes", json!({ "since": "week" }), "What changed in contoso since 2026-11-14", false),
        ("/risks", json!({}), "Accepted risks of contoso", true),
        ("/control", json!({ "name": "AdminMFAV2" }), "Require multifactor authentication for every administrator", false),
    ] {
        let answer = alice.types(command, options).await;
        assert_eq!(answer.first.kind, Kind::Message, "{command}: {answer:?}");
        let seen = answer.last();
        assert_eq!((seen.ephemeral, seen.embeds[0]["title"].as_str().unwrap()), (ephemeral, title), "{command}");
        let footer = seen.embeds.last().unwrap()["footer"]["text"].as_str().unwrap();
        assert!(footer.contains(" old when asked"), "{command}: {footer}, {} embeds", seen.embeds.len());
        assert!(seen.embeds[0]["timestamp"].as_str().unwrap().starts_with("2026-11-21T06:12:00"), "{command}");
    }
    let help = alice.types("/help", json!({})).await;
    assert!(help.last().ephemeral && help.text().contains("/weakest") && help.text().contains("contoso"), "{}", help.text());
    bot.stop().await;
}

#[tokio::test]
async fn the_score_comes_with_a_picture_of_its_trend() {
    let bot = bot().await;
    let answer = bot.anybody().types("/score", json!({})).await;
    let seen = answer.last();
    assert_eq!(seen.files.len(), 1);
    assert!(seen.files[0].bytes.starts_with(b"\x89PNG") && seen.files[0].description.is_some());
    assert_eq!(seen.embeds[0]["image"]["url"].as_str().unwrap().rsplit('/').next(), Some("trend.png"));
    // The picture stands for the line that draws the same; bars are drawn with other blocks.
    assert!(!seen.embeds[0]["description"].as_str().unwrap().contains(['▁', '▂', '▃', '▄', '▅', '▆', '▇']), "{}", answer.text());
    bot.stop().await;
}

#[tokio::test]
async fn nobody_is_answered_whom_no_grant_names() {
    let bot = bot().await;
    let stranger = bot.stand.member("mallory").in_channel(OTHER_CHANNEL);
    for answer in [
        stranger.types("/score", json!({ "tenant": "contoso" })).await,
        bot.anybody().in_dm().types("/score", json!({ "tenant": "contoso" })).await,
        bot.anybody().in_guild(GUILD + 100).types("/score", json!({ "tenant": "contoso" })).await,
    ] {
        assert_eq!(answer.first.kind, Kind::Message);
        assert!(answer.last().ephemeral && answer.text().contains("You may not ask here"), "{}", answer.text());
        assert!(!answer.text().contains("contoso"), "{}", answer.text());
    }
    assert!(stranger.completes("/score", "tenant", "c").await.is_empty());
    assert!(stranger.completes_with("/control", json!({ "tenant": "contoso" }), "name", "legacy").await.choices.is_empty());
    let dora = bot.stand.member("dora").in_dm();
    assert_eq!(dora.types("/score", json!({})).await.last().embeds[0]["title"], "Secure Score of fabrikam");
    // Until the operator takes all grants back.
    bot.house.server.surfaces()[0].reload(&Sections::default());
    assert!(dora.types("/score", json!({})).await.text().contains("You may not ask here"));
    bot.stop().await;
}

#[tokio::test]
async fn a_channel_sees_what_it_may_whoever_asks() {
    let bot = bot().await;
    let bob = bot.analyst();
    // For his own eyes: another tenant, and names.
    let other = bob.types("/score", json!({ "tenant": "fabrikam" })).await;
    assert!(other.last().ephemeral, "the channel may not see fabrikam");
    let risks = bob.types("/risks", json!({})).await;
    assert!(risks.last().ephemeral && risks.text().contains("sofia.brandt"), "{}", risks.text());
    // For all: neither.
    let refused = bob.types("/score", json!({ "tenant": "fabrikam", "share": "channel" })).await;
    assert!(refused.last().ephemeral && refused.text().contains("Not everybody in this channel"), "{}", refused.text());
    let shared = bob.types("/risks", json!({ "share": "channel" })).await;
    assert!(!shared.last().ephemeral && shared.text().contains("OneAdmin") && !shared.text().contains("sofia"), "{}", shared.text());
    let shown = bob.presses(&risks, "Show to all").await;
    assert!(!shown.last().ephemeral && !shown.text().contains("sofia"), "{}", shown.text());
    // Elsewhere nobody but him may see anything.
    let elsewhere = bob.clone().in_channel(OTHER_CHANNEL).types("/score", json!({ "tenant": "contoso" })).await;
    assert!(elsewhere.last().ephemeral);
    // Whoever sees another tenant by role still sees what everybody here sees.
    let eve = bot.stand.member("eve").with_roles(&[ROLE + 1]);
    let public = eve.types("/score", json!({})).await;
    assert_eq!((public.last().ephemeral, &public.last().embeds[0]["title"]), (false, &json!("Secure Score of contoso")));
    assert!(eve.types("/risks", json!({})).await.text().contains("OneAdmin"));
    assert_eq!(eve.types("/score", json!({ "tenant": "Fabrikam" })).await.last().embeds[0]["title"], "Secure Score of fabrikam");
    let offered = eve.completes("/control", "name", "legacy").await;
    assert!(!offered.is_empty(), "the channel's tenant is hers too");
    assert!(eve.types("/help", json!({})).await.text().contains("contoso"));
    // In a thread of the channel, what the channel may.
    let thread = bob.in_thread(CHANNEL + 7, CHANNEL).types("/score", json!({})).await;
    assert!(!thread.last().ephemeral, "{}", thread.text());
    bot.stop().await;
}

#[tokio::test]
async fn wrong_arguments_are_refused_to_the_asker_alone_and_at_once() {
    let bot = bot_with(|settings| settings.patience = Duration::ZERO).await;
    let bob = bot.analyst().in_channel(OTHER_CHANNEL);
    for (command, options, why) in [
        ("/score", json!({}), "Which tenant?"),
        ("/score", json!({ "tenant": "no-such" }), "Tenant `no-such` not found."),
        ("/changes", json!({ "tenant": "contoso", "since": "someday" }), "since"),
        ("/control", json!({ "tenant": "all", "name": "x" }), "one tenant at a time"),
    ] {
        let answer = bob.types(command, options).await;
        assert_eq!(answer.first.kind, Kind::Message, "{command}");
        assert!(answer.last().ephemeral && answer.text().contains(why), "{command}: {}", answer.text());
    }
    bot.stop().await;
}

#[tokio::test]
async fn long_answers_are_turned_and_others_get_their_own_page() {
    let bot = bot().await;
    let (alice, carol) = (bot.anybody(), bot.stand.member("carol"));
    let first = alice.types("/weakest", json!({ "limit": 25 })).await;
    let title = |answer: &crate::support::discord::Answer| answer.last().embeds[0]["footer"]["text"].as_str().unwrap().to_owned();
    assert!(first.text().contains("**1.**") && title(&first).contains("1 of"), "{}", first.text());
    let second = alice.presses(&first, "▶").await;
    assert_eq!((second.first.kind, second.last().id), (Kind::Update, first.last().id));
    assert!(!second.text().contains("**1.**") && title(&second).contains("2 of"), "{}", second.text());
    // What is read anew stays where she is.
    let fresh = alice.presses(&second, "Refresh").await;
    assert_eq!(fresh.last().id, first.last().id);
    assert!(fresh.last().content.contains("not fetched from Microsoft") && title(&fresh).contains("2 of"), "{}", fresh.text());
    // Somebody else does not change what Alice looks at.
    let own = carol.presses(&first, "▶").await;
    assert_eq!(own.first.kind, Kind::Message);
    assert!(own.last().ephemeral && own.last().id != first.last().id && title(&own).contains("3 of"), "{}", title(&own));
    bot.stop().await;
}

#[tokio::test]
async fn people_go_on_from_an_answer() {
    let bot = bot().await;
    let alice = bot.anybody();
    let weakest = alice.types("/weakest", json!({})).await;
    let rows = weakest.last().controls().into_iter().find(|control| control["type"] == 3).unwrap().clone();
    let label = rows["options"][0]["label"].as_str().unwrap();
    let control = alice.picks(&weakest, "Open a control", label).await;
    assert_eq!((control.first.kind, control.last().ephemeral), (Kind::Message, true));
    assert!(control.last().embeds[0]["title"].as_str().unwrap().starts_with(label.trim_end_matches('…')));
    // What a question lacks is asked for.
    let form = alice.presses(&weakest, "Find a control").await;
    assert_eq!(form.first.kind, Kind::Modal);
    let found = alice.submits(&form, json!({ "name": "legacy auth" })).await;
    assert_eq!(found.last().embeds[0]["title"], "Block sign-ins with legacy authentication");
    let missed = alice.submits(&form, json!({ "name": "zzzz" })).await;
    assert!(missed.last().ephemeral && missed.text().contains("No control is called"), "{}", missed.text());
    let changed = alice.presses(&found, "What changed").await;
    assert!(changed.last().embeds[0]["title"].as_str().unwrap().starts_with("What changed in contoso since"));
    bot.stop().await;
}

#[tokio::test]
async fn controls_and_tenants_are_offered_while_typing() {
    let bot = bot().await;
    let offered = bot.anybody().completes("/control", "name", "legacy").await;
    assert!(offered.iter().any(|choice| choice.value == "BlockLegacyAuthentication" && choice.name.contains("legacy")), "{offered:?}");
    let tenants = bot.analyst().completes("/score", "tenant", "fab").await;
    assert_eq!(tenants.iter().map(|choice| choice.value.as_str().unwrap()).collect::<Vec<_>>(), ["fabrikam"]);
    let tenants = bot.anybody().completes("/score", "tenant", "").await;
    assert!(tenants.iter().all(|choice| choice.value != "fabrikam") && !tenants.is_empty(), "{tenants:?}");
    bot.stop().await;
}

#[tokio::test]
async fn what_takes_long_is_acknowledged_in_time_and_answered_later() {
    let bot = bot_with(|settings| settings.patience = Duration::ZERO).await;
    let alice = bot.anybody();
    let public = alice.types("/weakest", json!({ "limit": 25 })).await;
    assert_eq!((public.first.kind, public.last().ephemeral), (Kind::Deferred, false));
    assert_eq!(public.last().embeds[0]["title"], "Weakest controls of contoso");
    let private = alice.types("/risks", json!({})).await;
    assert_eq!((private.first.kind, private.last().ephemeral), (Kind::Deferred, true));
    // A public acknowledgement cannot become private: it goes, and the asker alone is told.
    let failed = alice.types("/control", json!({ "name": "zzzz" })).await;
    assert_eq!((failed.first.kind, failed.message.is_none()), (Kind::Deferred, true), "{failed:?}");
    assert!(failed.last().ephemeral && failed.text().contains("No control is called"), "{}", failed.text());
    assert!(failed.text().contains(&format!("request {}", failed.interaction)), "{}", failed.text());
    assert!(!bot.stand.posts(CHANNEL).iter().any(|seen| seen.text().contains("No control")), "the channel saw a failure");
    let quiet = alice.types("/control", json!({ "name": "zzzz", "share": "me" })).await;
    assert!(quiet.last().ephemeral && quiet.text().contains("request"), "{}", quiet.text());
    bot.stop().await;
}

#[tokio::test]
async fn the_asker_is_told_where_discord_does_not_take_an_answer() {
    let bot = bot().await;
    let alice = bot.anybody();
    bot.stand.next("POST", "/callback", Twist::Fails(500));
    let at_once = alice.types("/score", json!({})).await;
    assert!(at_once.last().ephemeral && at_once.text().contains("Discord did not take the answer"), "{}", at_once.text());
    bot.stop().await;
    let bot = bot_with(|settings| settings.patience = Duration::ZERO).await;
    let alice = bot.anybody();
    bot.stand.next("PATCH", "@original", Twist::Fails(500));
    let later = alice.types("/weakest", json!({})).await;
    assert_eq!((later.first.kind, later.message.is_none()), (Kind::Deferred, true), "{later:?}");
    assert!(later.last().ephemeral && later.text().contains(&format!("request {}", later.interaction)), "{}", later.text());
    // An acknowledgement that was taken although its answer got lost is answered all the same.
    bot.stand.next("POST", "/callback", Twist::Lost);
    let lost = alice.types("/changes", json!({})).await;
    assert!(lost.text().contains("points"), "{}", lost.text());
    bot.stop().await;
}

#[tokio::test]
async fn refresh_reads_microsoft_and_changes_the_message_when_that_is_done() {
    let world = World::new().await;
    world.refresher("contoso").refresh(&|_| ()).await.unwrap();
    let stand = Stand::start().await;
    let (stop, stopped) = watch::channel(false);
    let (doors, worker) = working::<6>(&world, stopped.clone()).await;
    let discord = DiscordSettings { patience: Duration::ZERO, ..settings(&stand) };
    RestClient::new(&discord).unwrap().set_commands(None, &manifests::discord::commands()).await.unwrap();
    let listen = ServerSettings { listen: "127.0.0.1:0".parse().unwrap(), surfaces: vec![Arc::new(discord)], ..ServerSettings::default() };
    let server = HttpServer::start(listen, Arc::clone(&doors.ask), Arc::clone(&doors.operations), String::new).await.unwrap();
    let running = tokio::spawn(Arc::clone(&server.surfaces()[0]).run(stopped));
    let alice = stand.member("alice");
    let score = alice.types("/score", json!({})).await;
    let foot = |seen: &Seen| seen.embeds[0]["footer"]["text"].as_str().unwrap().to_owned();
    let (id, before) = (score.last().id, foot(score.last()));
    world.sandbox.advance(1);
    let fresh = alice.presses(&score, "Refresh").await;
    assert_eq!((fresh.first.kind, fresh.last().id), (Kind::DeferredUpdate, id));
    assert_ne!(foot(&alice.looks_at(id).unwrap()), before, "there is a new day");
    // Not again so soon, and that is said.
    alice.presses(&score, "Refresh").await;
    assert!(alice.looks_at(id).unwrap().content.contains("next fetch is possible 5 minutes later"));
    stop.send(true).unwrap();
    worker.await.unwrap();
    running.await.unwrap();
    server.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn buttons_work_after_a_restart() {
    let bot = bot().await;
    let alice = bot.anybody();
    let first = alice.types("/weakest", json!({ "limit": 25 })).await;
    let bot = bot.restarted().await;
    let second = alice.presses(&first, "▶").await;
    assert_eq!((second.first.kind, second.last().id), (Kind::Update, first.last().id));
    bot.stop().await;
}

#[tokio::test]
async fn over_http_the_same_conversation_answers() {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let key = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let public = typing::hex(key.public_key().as_ref());
    let bot = bot_with(|settings| (settings.gateway, settings.public_key) = (false, Some(public))).await;
    bot.stand.deliver_over_http(&bot.house.url(PATH), key);
    let alice = bot.anybody();
    let first = alice.types("/score", json!({})).await;
    assert_eq!((first.first.kind, first.last().files.len(), first.refused), (Kind::Message, 1, None));
    let weakest = alice.presses(&first, "Weakest controls").await;
    assert_eq!(weakest.last().embeds[0]["title"], "Weakest controls of contoso");
    assert!(!alice.completes("/control", "name", "legacy").await.is_empty());
    assert!(bot.stand.requests().iter().all(|asked| !asked.path.contains("gateway")), "nobody connected to the gateway");
    bot.stop().await;
}
