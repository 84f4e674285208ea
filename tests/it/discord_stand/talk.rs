//! Does serenity's own client feel at home with the stand-in for Discord? It connects, answers, resumes and waits its turn.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use serenity::all::{
    ApplicationId, AutocompleteChoice, ChannelId, ClientBuilder, CommandOptionType, Context, CreateActionRow, CreateAllowedMentions,
    CreateAttachment, CreateAutocompleteResponse, CreateButton, CreateCommand, CreateCommandOption, CreateEmbed, CreateInputText,
    CreateInteractionResponse, CreateInteractionResponseFollowup, CreateInteractionResponseMessage, CreateMessage, CreateModal,
    CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption, EditInteractionResponse, EventHandler, GatewayIntents, Http,
    HttpBuilder, InputTextStyle, Interaction, InteractionContext, Permissions, async_trait,
};
use tokio::task::JoinHandle;

use crate::support::discord::{APP, Answer, CHANNEL, GUILD, Kind, ROLE, Stand, TOKEN, Twist, script, typing};

fn nobody() -> CreateAllowedMentions {
    CreateAllowedMentions::new()
}

fn message(content: impl Into<String>) -> CreateInteractionResponseMessage {
    CreateInteractionResponseMessage::new().content(content).allowed_mentions(nobody()).ephemeral(true)
}

/// A bot as serenity's examples have it. `/score` thinks and then shows an embed, a file, buttons and a menu; `/mute` says nothing.
struct Bot;

fn commands() -> Vec<CreateCommand> {
    let tenant = CreateCommandOption::new(CommandOptionType::String, "tenant", "Which tenant").required(true).set_autocomplete(true);
    let limit = CreateCommandOption::new(CommandOptionType::Integer, "limit", "How many").min_int_value(1).max_int_value(5);
    vec![
        CreateCommand::new("score").description("The score").add_option(tenant).add_option(limit),
        CreateCommand::new("mute").description("Nothing").add_context(InteractionContext::Guild),
        CreateCommand::new("where").description("Where am I"),
    ]
}

#[expect(clippy::wildcard_enum_match_arm, reason = "serenity's list may grow")]
async fn answer(http: &Http, interaction: Interaction) -> serenity::Result<()> {
    match interaction {
        Interaction::Command(command) if command.data.name == "score" => {
            command.defer_ephemeral(http).await?;
            let tenant = command.data.options.iter().find(|option| option.name == "tenant").unwrap().value.as_str().unwrap();
            let options =
                vec![CreateSelectMenuOption::new("MFA for admins", "mfa"), CreateSelectMenuOption::new("Legacy sign-in", "legacy")];
            let menu = CreateSelectMenu::new("pick", CreateSelectMenuKind::String { options }).placeholder("A control");
            let buttons = vec![CreateButton::new("next").label("Next"), CreateButton::new("find").label("Find")];
            let shown = EditInteractionResponse::new()
                .embed(CreateEmbed::new().title(format!("Score of {tenant}")).field("Current", "62.5 %", true).attachment("trend.png"))
                .components(vec![CreateActionRow::Buttons(buttons), CreateActionRow::SelectMenu(menu)])
                .allowed_mentions(nobody())
                .new_attachment(CreateAttachment::bytes(vec![7_u8; 4096], "trend.png"));
            command.edit_response(http, shown).await?;
        }
        Interaction::Command(command) if command.data.name == "where" => {
            let channel = command.channel.as_ref().unwrap();
            let roles = command.member.as_ref().map(|member| member.roles.len());
            let words = format!("{:?} {:?} {:?} {roles:?}", command.context, channel.kind, channel.parent_id.map(ChannelId::get));
            command.create_response(http, CreateInteractionResponse::Message(message(words))).await?;
            let follow_up = CreateInteractionResponseFollowup::new().content("and more").allowed_mentions(nobody());
            command.create_followup(http, follow_up).await?;
        }
        Interaction::Autocomplete(typing) => {
            let typed = typing.data.autocomplete().unwrap().value.to_owned();
            let fitting = ["contoso", "fabrikam"].into_iter().filter(|tenant| tenant.starts_with(&typed));
            let choices = fitting.map(|tenant| AutocompleteChoice::new(tenant, tenant)).collect();
            let choices = CreateAutocompleteResponse::new().set_choices(choices);
            typing.create_response(http, CreateInteractionResponse::Autocomplete(choices)).await?;
        }
        Interaction::Component(pressed) if pressed.data.custom_id == "find" => {
            let input = CreateInputText::new(InputTextStyle::Short, "Control", "name").min_length(2);
            let modal = CreateModal::new("found", "Find a control").components(vec![CreateActionRow::InputText(input)]);
            pressed.create_response(http, CreateInteractionResponse::Modal(modal)).await?;
        }
        Interaction::Component(pressed) => {
            let words = format!("{} {:?}", pressed.data.custom_id, pressed.data.kind);
            let update =
                CreateInteractionResponseMessage::new().content(words).components(vec![]).embeds(vec![]).allowed_mentions(nobody());
            pressed.create_response(http, CreateInteractionResponse::UpdateMessage(update)).await?;
        }
        Interaction::Modal(modal) => {
            let words = format!("looking for {:?}", modal.data.components[0].components[0]);
            modal.create_response(http, CreateInteractionResponse::Message(message(words))).await?;
        }
        _ => {}
    }
    Ok(())
}

#[async_trait]
impl EventHandler for Bot {
    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        answer(&context.http, interaction).await.unwrap();
    }
}

fn http(stand: &Stand) -> HttpBuilder {
    HttpBuilder::new(TOKEN).proxy(stand.root()).ratelimiter_disabled(true).application_id(ApplicationId::new(APP))
}

/// Connects the bot with its commands registered.
async fn connect(stand: &Stand) -> JoinHandle<serenity::Result<()>> {
    http(stand).build().create_global_commands(&commands()).await.unwrap();
    let mut client = ClientBuilder::new_with_http(http(stand).build(), GatewayIntents::empty()).event_handler(Bot).await.unwrap();
    let running = tokio::spawn(async move { client.start().await });
    stand.until_connected().await;
    running
}

#[tokio::test(flavor = "multi_thread")]
async fn a_talk_over_the_gateway() {
    let stand = Stand::start().await;
    let running = connect(&stand).await;
    let (alice, bob) = (stand.member("alice"), stand.member("bob"));
    let choices = alice.completes("/score", "tenant", "con").await;
    assert_eq!(choices.iter().map(|choice| choice.name.as_str()).collect::<Vec<_>>(), ["contoso"]);
    let score = alice.types("/score", json!({ "tenant": "contoso", "limit": 5 })).await;
    assert_eq!(score.first.kind, Kind::Deferred);
    assert!(score.first.after < Duration::from_secs(2), "{:?}", score.first);
    let seen = score.message.as_ref().unwrap();
    assert!(seen.ephemeral && !seen.loading);
    assert_eq!(seen.files[0].bytes.len(), 4096);
    assert_eq!(score.text(), "Score of contoso\nCurrent\n62.5 %\nNext\nFind\nA control\nMFA for admins\nLegacy sign-in\ntrend.png");
    assert!(bob.sees().is_empty(), "it was for alice");
    let modal = alice.presses(&score, "Find").await;
    assert_eq!(modal.first.kind, Kind::Modal);
    let found = alice.submits(&modal, json!({ "Control": "legacy" })).await;
    assert!(found.text().contains("legacy"), "{}", found.text());
    let picked = alice.picks(&score, "A control", "Legacy sign-in").await;
    assert_eq!((picked.first.kind, picked.as_ref().id), (Kind::Update, seen.id), "the same message");
    assert!(picked.text().starts_with("pick StringSelect { values: [\"legacy\"] }"), "{}", picked.text());
    assert!(picked.as_ref().ephemeral && picked.as_ref().controls().is_empty());
    assert_eq!(stand.gateway(|gateway| gateway.count(2)), 1, "one IDENTIFY");
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_in_channels_threads_and_direct_messages() {
    let stand = Stand::start().await;
    let running = connect(&stand).await;
    let alice = stand.member("alice").with_roles(&[ROLE]);
    let says = |answer: Answer| answer.message.unwrap().content;
    assert_eq!(says(alice.types("/where", json!({})).await), "Some(Guild) Text None Some(1)");
    let thread = alice.clone().in_thread(77, CHANNEL).types("/where", json!({})).await;
    assert_eq!(says(thread), format!("Some(Guild) PublicThread Some({CHANNEL}) Some(1)"));
    let direct = alice.clone().in_dm();
    assert_eq!(says(direct.types("/where", json!({})).await), "Some(BotDm) Private None None");
    direct.until_sees("the follow-up", |seen| seen.content == "and more" && !seen.ephemeral).await;
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "/mute is not registered here")]
async fn nobody_types_what_is_not_registered_there() {
    let stand = Stand::start().await;
    http(&stand).build().create_global_commands(&commands()).await.unwrap();
    stand.member("alice").in_dm().types("/mute", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_says_nothing_did_not_respond() {
    let stand = Stand::start().await;
    stand.patience(Duration::from_millis(300), Duration::from_mins(15));
    let running = connect(&stand).await;
    let answer = stand.member("alice").types("/mute", json!({})).await;
    assert_eq!((answer.first.kind, answer.message.is_none()), (Kind::Nothing, true));
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_the_socket_was_cut_is_heard_after_resuming() {
    let stand = Stand::start().await;
    let running = connect(&stand).await;
    let alice = stand.member("alice");
    stand.cut();
    assert!(stand.gateway(|gateway| gateway.has_session() && !gateway.is_live()));
    let answer = alice.types("/where", json!({})).await;
    assert_eq!(answer.first.kind, Kind::Message, "sent while nobody was there");
    assert_eq!(stand.gateway(|gateway| (gateway.count(2), gateway.count(6))), (1, 1), "one IDENTIFY, one RESUME");
    stand.ask_to_reconnect();
    stand.until_sent(6, 2).await;
    stand.until_connected().await;
    assert_eq!(alice.types("/where", json!({})).await.first.kind, Kind::Message);
    stand.close(4000);
    stand.until_sent(6, 3).await;
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_is_begun_anew() {
    let stand = Stand::start().await;
    let running = connect(&stand).await;
    stand.invalidate(false);
    stand.until_sent(2, 2).await;
    stand.until_connected().await;
    assert_eq!(stand.member("alice").types("/where", json!({})).await.first.kind, Kind::Message);
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "hidden from members")]
async fn a_command_may_be_hidden_from_members() {
    let stand = Stand::start().await;
    let hidden = CreateCommand::new("risks").description("x").default_member_permissions(Permissions::MANAGE_GUILD);
    http(&stand).build().create_guild_commands(GUILD.into(), &[hidden]).await.unwrap();
    assert_eq!(stand.commands(Some(GUILD))[0]["default_member_permissions"], "32");
    let put = stand.until_request("the registration", |asked| asked.method == "PUT").await;
    assert!(put.as_bot && put.path.ends_with("/commands") && put.body[0]["name"] == "risks" && put.files.is_empty());
    stand.member("alice").with_permissions(1 << 31).types("/risks", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_wrong_is_told_so() {
    let stand = Stand::start().await;
    let mut client = ClientBuilder::new_with_http(http(&stand).build(), GatewayIntents::empty()).event_handler(Bot).await.unwrap();
    stand.gateway(|gateway| gateway.refuse = Some(4004));
    let ended = tokio::time::timeout(Duration::from_secs(15), client.start()).await.expect("it does not try again");
    assert!(format!("{ended:?}").contains("InvalidAuthentication"), "{ended:?}");
    stand.revoke_token();
    let refused = http(&stand).build().get_bot_gateway().await.unwrap_err();
    assert!(format!("{refused:?}").contains("401"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_no_intents_is_a_fault() {
    let stand = Stand::start().await;
    let mut client = ClientBuilder::new_with_http(http(&stand).build(), GatewayIntents::GUILDS).event_handler(Bot).await.unwrap();
    let running = tokio::spawn(async move { client.start().await });
    stand.until_connected().await;
    assert!(stand.take_faults()[0].contains("intents 1"));
    running.abort();
}

/// serenity as in production: its limiter on, and `https://discord.com`.
fn in_production(stand: &mut Stand) -> Http {
    let (address, certificate) = stand.over_tls();
    let certificate = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    let client = reqwest::Client::builder().resolve("discord.com", address).add_root_certificate(certificate).build().unwrap();
    HttpBuilder::new(TOKEN).client(client).application_id(ApplicationId::new(APP)).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limiter_waits_over_tls_as_it_is_told() {
    let mut stand = Stand::start().await;
    let http = in_production(&mut stand);
    let post = CreateMessage::new().content("digest").allowed_mentions(nobody());
    stand.next("POST", "/messages", Twist::Limited { after: Duration::from_millis(400), global: false });
    let start = Instant::now();
    ChannelId::new(CHANNEL).send_message(&http, post.clone()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
    let statuses: Vec<_> = stand.requests().iter().map(|asked| asked.status).collect();
    assert_eq!(statuses, [429, 200]);
    stand.next("POST", "/messages", Twist::LastOne { after: Duration::from_millis(400) });
    let start = Instant::now();
    ChannelId::new(CHANNEL).send_message(&http, post.clone()).await.unwrap();
    ChannelId::new(CHANNEL).send_message(&http, post).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300), "nothing was left of the budget: {:?}", start.elapsed());
    assert_eq!(stand.posts(CHANNEL).len(), 3);
    assert_eq!(stand.invalid_requests(), 1);
}

#[tokio::test]
async fn what_a_test_orders_happens_once() {
    let stand = Stand::start().await;
    let http = http(&stand).build();
    let post = CreateMessage::new().content("digest").allowed_mentions(nobody());
    let twists = [Twist::Fails(503), Twist::Refuses(403, 50013, "Missing Permissions"), Twist::Lost];
    for twist in twists {
        stand.next("POST", "/messages", twist.clone());
        let failed = ChannelId::new(CHANNEL).send_message(&http, post.clone()).await;
        assert!(failed.is_err(), "{twist:?}: {failed:?}");
    }
    let posted = stand.posts(CHANNEL).len();
    assert_eq!(posted, 1, "only the answer was lost");
    stand.next("POST", "/messages", Twist::Late(Duration::from_millis(50)));
    let start = Instant::now();
    ChannelId::new(CHANNEL).send_message(&http, post).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(50));
}

/// An endpoint that answers as it is told, and keeps what it was sent.
async fn endpoint(status: u16, body: &'static str) -> (String, Arc<std::sync::Mutex<Vec<(Vec<u8>, Vec<u8>, String)>>>) {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let handler = move |headers: axum::http::HeaderMap, sent: String| async move {
        let header = |name: &str| headers[name].as_bytes().to_vec();
        keep.lock().unwrap().push((header("x-signature-ed25519"), header("x-signature-timestamp"), sent));
        axum::response::Response::builder().status(status).body(axum::body::Body::from(body)).unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/discord/interactions", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handler)).await.unwrap() });
    (url, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_interactions_are_signed_and_answered_inline_or_later() {
    let stand = Stand::start().await;
    http(&stand).build().create_guild_commands(GUILD.into(), &[CreateCommand::new("mute").description("x")]).await.unwrap();
    let inline = r#"{"type":4,"data":{"content":"at once","allowed_mentions":{"parse":[]}}}"#;
    let (url, seen) = endpoint(200, inline).await;
    stand.deliver_over_http(&url, typing::key(1));
    let alice = stand.member("alice");
    assert_eq!(alice.types("/mute", json!({})).await.text(), "at once");
    let (signature, timestamp, body) = seen.lock().unwrap().pop().unwrap();
    let public = ring::signature::UnparsedPublicKey::new(
        &ring::signature::ED25519,
        ring::signature::KeyPair::public_key(&typing::key(1)).as_ref().to_vec(),
    );
    let signature: Vec<_> = signature.chunks(2).map(|hex| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap()).collect();
    public.verify(&[&timestamp, body.as_bytes()].concat(), &signature).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["type"], &body["data"]["name"]), (&json!(2), &json!("mute")));
    let (url, _) = endpoint(401, "").await;
    stand.deliver_over_http(&url, typing::key(1));
    let refused = alice.types("/mute", json!({})).await;
    assert_eq!((refused.first.kind, refused.refused), (Kind::Nothing, Some(401)));
    let about = http(&stand).build().get_current_application_info().await.unwrap();
    assert_eq!(about.verify_key, typing::hex(ring::signature::KeyPair::public_key(&typing::key(1)).as_ref()));
    let ping: Interaction = serde_json::from_value(script::ping(5)).unwrap();
    assert!(matches!(ping, Interaction::Ping(_)));
}
