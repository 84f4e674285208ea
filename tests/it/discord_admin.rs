//! Can an operator bring the real program to Discord, and does it say what is missing? Against the stand-in.

use std::{path::Path, process::Output};

use getrandom::fill;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use ring::signature::Ed25519KeyPair;
use scorewatch::{
    manifests::discord,
    sandbox::{self, Options},
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    program::{err, out, run},
    support::discord::{APP, CHANNEL, Channel, GUILD, OTHER_CHANNEL, Stand, TOKEN, Twist},
};

/// A configuration for the stand-in: what stands in `[discord]` beside what must, and the grants.
fn configured(stand: &Stand, more: &str, grants: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let text = format!(
        "[tenants.contoso]\noffline = true\n[tenants.fabrikam]\noffline = true\n[discord]\napplication_id = \"{APP}\"\ntoken = \"{TOKEN}\"\nproxy = \"{}\"\n{more}\n{grants}",
        stand.root()
    );
    std::fs::write(home.path().join("scorewatch.toml"), text).unwrap();
    home
}

/// A grant for what stands in `where_`, as TOML.
fn grant(name: &str, where_: &str) -> String {
    format!("[discord.grants.{name}]\n{where_}\ntenants = \"contoso\"\n")
}

fn guild() -> String {
    grant("all", &format!("guild = \"{GUILD}\""))
}

async fn asked(home: &TempDir, args: &[&str]) -> Output {
    let (home, args) = (home.path().to_owned(), args.iter().map(ToString::to_string).collect::<Vec<_>>());
    let asked = move || run(&home, &args.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(asked).await.unwrap()
}

fn writes(stand: &Stand) -> usize {
    stand.requests().iter().filter(|asked| asked.method == "PUT").count()
}

#[tokio::test]
async fn commands_are_written_when_they_differ_and_else_not() {
    let stand = Stand::start().await;
    let home = configured(&stand, "", &guild());
    let dry = asked(&home, &["discord", "register", "--dry-run"]).await;
    assert!(out(&dry).contains("added /score\n") && err(&dry).contains("Nothing was changed"), "{}{}", out(&dry), err(&dry));
    assert_eq!(writes(&stand), 0);
    let first = asked(&home, &["discord", "register"]).await;
    assert!(first.status.success() && err(&first).contains("Registered for all servers"), "{}", err(&first));
    let names: Vec<_> = stand.commands(None).iter().map(|command| command["name"].clone()).collect();
    assert_eq!(names.len(), discord::commands().as_array().unwrap().len());
    let again = asked(&home, &["discord", "register"]).await;
    assert!(out(&again).contains("Nothing to do"), "{}", out(&again));
    stand.world.change(|state| state.commands.get_mut(&None).unwrap()[0]["description"] = "x".into());
    let mended = asked(&home, &["discord", "register"]).await;
    assert_eq!(out(&mended), "changed /score: description\n");
    assert_eq!(writes(&stand), 2, "the first time, and after the change");
}

#[tokio::test]
async fn one_server_may_have_them_by_itself() {
    let stand = Stand::start().await;
    let home = configured(&stand, "", &guild());
    let guild_id = GUILD.to_string();
    let here = ["discord", "register", "--guild", &guild_id];
    assert!(err(&asked(&home, &here).await).contains(&format!("Registered for server {GUILD}.")));
    assert!(!stand.commands(Some(GUILD)).is_empty() && stand.commands(None).is_empty());
    assert!(out(&asked(&home, &here).await).contains("Nothing to do"));
    asked(&home, &["discord", "register"]).await;
    let twice = asked(&home, &here).await;
    assert!(err(&twice).contains("shows them twice") && err(&twice).contains("--remove"), "{}", err(&twice));
    let removed = asked(&home, &[&here[..], &["--remove"]].concat()).await;
    assert!(out(&removed).contains("removed /score\n") && stand.commands(Some(GUILD)).is_empty(), "{}", out(&removed));
    let elsewhere = asked(&home, &["discord", "register", "--guild", "1100000000000000099"]).await;
    assert!(!elsewhere.status.success() && err(&elsewhere).contains("whether it was invited"), "{}", err(&elsewhere));
}

#[tokio::test]
async fn the_invitation_is_on_stdout_alone() {
    let stand = Stand::start().await;
    let home = configured(&stand, "", &guild());
    let invited = asked(&home, &["discord", "invite", "--posts"]).await;
    assert_eq!(
        out(&invited),
        format!(
            "https://discord.com/oauth2/authorize?client_id={APP}&scope=bot+applications.commands&integration_type=0&permissions=274878024704\n"
        )
    );
    assert!(stand.requests().is_empty());
    let nowhere = tempfile::tempdir().unwrap();
    for args in [["discord", "invite"], ["discord", "register"]] {
        let refused = asked(&nowhere, &args).await;
        assert!(refused.status.code() == Some(78) && err(&refused).contains("[discord]"), "{}", err(&refused));
    }
}

/// What `check` says of Discord, a line each.
async fn checked(stand: &Stand, more: &str, grants: &str) -> (bool, Vec<String>) {
    let found = asked(&configured(stand, more, grants), &["check"]).await;
    let said = out(&found);
    assert!(!said.contains(TOKEN) && !err(&found).contains(TOKEN));
    (found.status.success(), said.lines().filter_map(|line| line.strip_prefix("discord: ")).map(ToOwned::to_owned).collect())
}

#[tokio::test]
async fn check_says_what_keeps_people_from_being_answered() {
    let stand = Stand::start().await;
    let (well, said) = checked(&stand, "", &guild()).await;
    assert!(!well && said[2] == "commands: FAILED. Discord has none. Register them: scorewatch discord register", "{said:#?}");
    stand.world.change(|state| drop(state.commands.insert(None, discord::commands().as_array().unwrap().clone())));
    let away = grant("away", "guild = \"1100000000000000099\"");
    let (well, said) = checked(&stand, "", &guild()).await;
    assert!(well, "{said:#?}");
    let expected = [
        "application: ok. It is the bot of scorewatch.".to_owned(),
        "connection: ok. Over the gateway.".to_owned(),
        "commands: ok. All servers and direct messages have them.".to_owned(),
        format!("server {GUILD}: ok. The bot is there."),
    ];
    assert_eq!(said, expected);
    let (well, said) = checked(&stand, "", &(guild() + &away)).await;
    let invite =
        "server 1100000000000000099: FAILED. The bot is not in this server. Add it: scorewatch discord invite --guild 1100000000000000099";
    assert!(!well && said.iter().any(|line| line == invite), "{said:#?}");
    stand.world.change(|state| state.commands.get_mut(&None).unwrap()[0]["nsfw"] = true.into());
    let (well, said) = checked(&stand, "", &guild()).await;
    assert!(!well && said[2].starts_with("commands: FAILED. Discord has others (changed /score: nsfw)"), "{said:#?}");
}

#[tokio::test]
async fn a_server_with_its_own_commands_needs_no_others_but_direct_messages_do() {
    let stand = Stand::start().await;
    stand.world.change(|state| drop(state.commands.insert(Some(GUILD), discord::for_one_server().as_array().unwrap().clone())));
    let (well, said) = checked(&stand, "", &guild()).await;
    assert!(well && said[2] == "commands: ok. Each server has its own.", "{said:#?}");
    let (well, said) = checked(&stand, "", &(guild() + &grant("boss", "user = \"1100000000000000010\""))).await;
    assert!(!well && said[2].starts_with("commands: FAILED. Discord has none."), "{said:#?}");
    stand.world.change(|state| drop(state.commands.insert(Some(GUILD), vec![json!({ "name": "old", "type": 1, "description": "x" })])));
    let (well, said) = checked(&stand, "", &guild()).await;
    assert!(!well && said[3].contains("has other commands of its own (added /score; "), "{said:#?}");
}

#[tokio::test]
async fn check_knows_the_wrong_token_and_the_wrong_key() {
    let stand = Stand::start().await;
    stand.revoke_token();
    let (well, said) = checked(&stand, "", &guild()).await;
    assert!(!well && said.len() == 1 && said[0].starts_with("application: FAILED. Discord does not accept the bot's token"), "{said:#?}");
    let stand = Stand::start().await;
    let (_, said) = checked(&stand, &format!("public_key = \"{}\"", "a".repeat(64)), &guild()).await;
    assert!(said[1].starts_with("public key: FAILED. discord.public_key is not that of the application"), "{said:#?}");
    let home = configured(&stand, "", &guild());
    let path = home.path().join("scorewatch.toml");
    let other = std::fs::read_to_string(&path).unwrap().replace(&APP.to_string(), "1100000000000000077");
    std::fs::write(&path, other).unwrap();
    let found = out(&asked(&home, &["check"]).await);
    assert!(found.contains(&format!("discord: application: FAILED. The token belongs to application {APP} (scorewatch)")), "{found}");
}

#[tokio::test]
async fn discord_either_calls_or_is_connected_to() {
    let stand = Stand::start().await;
    let zeros = format!("public_key = \"{}\"", "0".repeat(64));
    let (_, said) = checked(&stand, &format!("{zeros}\nhttp_only = true"), &guild()).await;
    assert!(said[2].contains("Discord does not know where to call") && said[2].contains("/discord/interactions"), "{said:#?}");
    let mut seed = [0; 32];
    fill(&mut seed).unwrap();
    stand.deliver_over_http("http://127.0.0.1:9/discord/interactions", Ed25519KeyPair::from_seed_unchecked(&seed).unwrap());
    let (_, said) = checked(&stand, "", &guild()).await;
    assert!(
        said[1].starts_with("connection: FAILED. Discord calls http://127.0.0.1:9/discord/interactions and sends nothing"),
        "{said:#?}"
    );
    let (_, said) = checked(&stand, &format!("{zeros}\nhttp_only = true"), &guild()).await;
    assert_eq!(said[2], "connection: ok. Discord calls http://127.0.0.1:9/discord/interactions.");
}

/// Stores what the sandbox makes up for `tenant`.
async fn stored(home: &TempDir, tenant: &str) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(5.days());
    let options = Options::new(today);
    let (scores, profiles) = ("scores.json", "profiles.json");
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(Path::new(home.path()).join(name), bytes).unwrap();
    write(scores, sandbox::scores_json(tenant, &options, today, 90).unwrap());
    write(profiles, sandbox::profiles_json(tenant, &options, today).unwrap());
    let imported = asked(home, &["import", "--tenant", tenant, scores, profiles]).await;
    assert!(imported.status.success(), "{}", err(&imported));
}

/// Everybody in [`CHANNEL`] sees contoso, some elsewhere more; nobody said what all in [`OTHER_CHANNEL`] see.
fn channels() -> String {
    let channel = |id: u64| format!("guild = \"{GUILD}\"\nchannel = \"{id}\"");
    grant("contoso", &channel(CHANNEL))
        + &grant("staff", &format!("guild = \"{GUILD}\"\nmember_role = \"1100000000000000009\"\nrole = \"operator\""))
            .replace("contoso", "all")
        + &grant("some", &format!("{}\nmember_role = \"1100000000000000009\"", channel(OTHER_CHANNEL)))
}

#[tokio::test]
async fn a_post_shows_what_all_in_the_channel_may_see_and_comes_once() {
    let stand = Stand::start().await;
    let home = configured(&stand, "", &channels());
    stored(&home, "contoso").await;
    stored(&home, "fabrikam").await;
    let channel = CHANNEL.to_string();
    for _ in 0..2 {
        let posted = asked(&home, &["discord", "post", &channel, "secure_score"]).await;
        assert!(posted.status.success() && out(&posted).starts_with("Posted as message "), "{}", err(&posted));
    }
    let posts = stand.posts(CHANNEL);
    assert_eq!((posts.len(), posts[0].embeds.len()), (1, 1), "the same answer is the same message");
    assert!(posts[0].embeds[0]["title"].as_str().unwrap().contains("contoso"), "{:?}", posts[0].embeds);
    assert_eq!(posts[0].files.len(), 1, "with its trend");
    let refused = asked(&home, &["discord", "post", &channel, "secure_score", "--tenant", "fabrikam"]).await;
    assert!(!refused.status.success() && err(&refused).contains("fabrikam"), "{}", err(&refused));
    let refused = asked(&home, &["discord", "post", &OTHER_CHANNEL.to_string(), "secure_score"]).await;
    assert!(refused.status.code() == Some(77) && err(&refused).contains("No grant says what everyone"), "{}", err(&refused));
    assert!(stand.posts(OTHER_CHANNEL).is_empty());
}

#[tokio::test]
async fn a_channel_that_is_gone_is_left_alone_until_told() {
    let stand = Stand::start().await;
    let home = configured(&stand, "", &channels());
    stored(&home, "contoso").await;
    let channel = CHANNEL.to_string();
    let post = ["discord", "post", &channel, "secure_score"];
    stand.next("POST", "/messages", Twist::Fails(503));
    assert_eq!(asked(&home, &post).await.status.code(), Some(69), "that will pass");
    stand.channel(CHANNEL, Channel::Removed);
    let gone = asked(&home, &post).await;
    assert!(gone.status.code() == Some(77) && err(&gone).contains("it was deleted"), "{}", err(&gone));
    let before = stand.requests().len();
    let stopped = asked(&home, &post).await;
    assert!(stopped.status.code() == Some(77) && err(&stopped).contains("Nothing is posted into channel"), "{}", err(&stopped));
    assert!(err(&stopped).contains("--again") && stand.requests().len() == before, "Discord is not asked again");
    stand.channel(CHANNEL, Channel::Open);
    let again = asked(&home, &["discord", "post", "--again", &channel, "secure_score"]).await;
    assert!(again.status.success(), "{}", err(&again));
    assert!(asked(&home, &post).await.status.success(), "it is no longer stopped");
}
