//! How long after somebody typed does Discord have the first answer, at 200 interactions a second, beside a bot that says one sentence?
//!
//! `cargo bench --bench discord`. Both bots are processes of their own, connected over the gateway to a stand-in for Discord in
//! this one: `scorewatch serve` over the sandbox's data, with grants, remembered answers and all, against a bare serenity handler
//! that answers a fixed sentence. They are asked in turns; the figure is the time from the interaction that was sent to the
//! callback that was received.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "../tests/it/support/discord/mod.rs"]
mod discord;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use discord::{APP, CHANNEL, GUILD, Kind, Stand, TOKEN};
use jiff::{Timestamp, tz::TimeZone};
use scorewatch::sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use serenity::all::{
    ApplicationId, ClientBuilder, Context, CreateAllowedMentions, CreateCommand, CreateInteractionResponse,
    CreateInteractionResponseMessage, EventHandler, GatewayIntents, HttpBuilder, Interaction, async_trait,
};

const PER_SECOND: u32 = 200;
const SECONDS: u32 = 10;
const ROUNDS: usize = 3;
const PEOPLE: u32 = 50;
/// What is asked in turns; all of it is remembered after the first time.
const COMMANDS: [&str; 3] = ["/score", "/weakest", "/changes"];

fn main() {
    if let Some(root) = std::env::args().skip_while(|arg| arg != "--bare").nth(1) {
        return bare(&root);
    }
    if !std::env::args().any(|arg| arg == "--bench") {
        println!("run with `cargo bench --bench discord`");
        return;
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(compare());
}

async fn compare() {
    let (bare_stand, our_stand) = (Stand::start().await, Stand::start().await);
    let sandbox = Sandbox::start(Options::new(Timestamp::now().to_zoned(TimeZone::UTC).date())).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let file = configure(home.path(), &sandbox, &our_stand.root());
    for arguments in [&["refresh"][..], &["discord", "register"]] {
        let done = scorewatch(&file, arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    register_bare(&bare_stand).await;
    let mut bare_command = Command::new(std::env::current_exe().unwrap());
    let _bare = Running::start(bare_command.args(["--bare", &bare_stand.root()]));
    let _ours = Running::start(&mut scorewatch(&file, &["serve"]));
    for stand in [&bare_stand, &our_stand] {
        stand.until_connected().await;
        // The first of each kind may have to be computed.
        for command in COMMANDS {
            let answer = stand.member("warm").types(command, options()).await;
            println!("{command}: {} characters", answer.text().chars().count());
        }
    }
    println!("{PER_SECOND} a second for {SECONDS} s, {PEOPLE} people, {ROUNDS} rounds in turns");
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let theirs = asked(&bare_stand).await;
        let ours = asked(&our_stand).await;
        ratios.push(at(&ours, 99) / at(&theirs, 99));
        println!(
            "round {round}: bare p50 {:.2} ms, p99 {:.2} ms; scorewatch p50 {:.2} ms, p99 {:.2} ms; ratio of p99 {:.2}",
            at(&theirs, 50),
            at(&theirs, 99),
            at(&ours, 50),
            at(&ours, 99),
            ratios[round - 1]
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio of p99 {:.2}", ratios[ROUNDS / 2]);
    sandbox.stop().await;
}

fn options() -> Value {
    json!({ "tenant": "contoso" })
}

/// Asks at an even pace, whether answers come or not, and returns how long the first answers took, in milliseconds, sorted.
async fn asked(stand: &Stand) -> Vec<f64> {
    let start = Instant::now();
    let mut asking = tokio::task::JoinSet::new();
    for n in 0..PER_SECOND * SECONDS {
        tokio::time::sleep_until((start + Duration::from_secs(1) / PER_SECOND * n).into()).await;
        let person = stand.member(&format!("person{}", n % PEOPLE));
        let command = COMMANDS[n as usize % COMMANDS.len()];
        asking.spawn(async move { person.types(command, options()).await.first });
    }
    let answers = asking.join_all().await;
    let count = |kind: Kind| answers.iter().filter(|first| first.kind == kind).count();
    let (deferred, missing) = (count(Kind::Deferred), count(Kind::Nothing));
    if deferred + missing > 0 {
        println!("  of {} {deferred} were acknowledged first and answered later, {missing} not answered in time", answers.len());
    }
    let mut took: Vec<_> = answers.iter().map(|first| first.after.as_secs_f64() * 1000.0).collect();
    took.sort_by(f64::total_cmp);
    took
}

/// A percentile of sorted times.
fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

/// An ordinary configuration: the sandbox's tenants, and everybody in one channel may ask about one of them.
fn configure(home: &Path, sandbox: &Sandbox, proxy: &str) -> PathBuf {
    let store = home.join("scorewatch.db").to_string_lossy().into_owned();
    let mut text = format!(
        "[store]\npath = {store:?}\n\n[server]\nlisten = \"127.0.0.1:0\"\n\n\
         [discord]\napplication_id = \"{APP}\"\ntoken = \"{TOKEN}\"\nproxy = \"{proxy}\"\n\n\
         [discord.grants.bench]\nguild = \"{GUILD}\"\nchannel = \"{CHANNEL}\"\nrole = \"analyst\"\ntenants = \"contoso\"\n"
    );
    for tenant in sandbox.tenants() {
        let (root, name, id, client, secret) = (sandbox.root(), &tenant.name, &tenant.entra_id, &tenant.client_id, &tenant.client_secret);
        let _ = write!(
            text,
            "\n[tenants.{name}]\ntenant_id = \"{id}\"\nclient_id = \"{client}\"\nclient_secret = {secret:?}\ngraph_root = \"{root}\"\nlogin_root = \"{root}\"\n"
        );
    }
    let file = home.join("scorewatch.toml");
    std::fs::write(&file, text).unwrap();
    file
}

fn scorewatch(file: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scorewatch"));
    command.arg("--config").arg(file).args(arguments);
    command
}

/// A process that ends with this one, however that ends.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn http(root: &str) -> serenity::http::Http {
    HttpBuilder::new(TOKEN).proxy(root).ratelimiter_disabled(true).application_id(ApplicationId::new(APP)).build()
}

/// The same commands with the option that is typed.
async fn register_bare(stand: &Stand) {
    let tenant = || serenity::all::CreateCommandOption::new(serenity::all::CommandOptionType::String, "tenant", "Which tenant");
    let commands = COMMANDS.map(|name| CreateCommand::new(&name[1..]).description("A fixed sentence").add_option(tenant()));
    http(&stand.root()).create_global_commands(&commands).await.unwrap();
}

struct Bare;

#[async_trait]
impl EventHandler for Bare {
    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        let Interaction::Command(command) = interaction else { return };
        let sentence = CreateInteractionResponseMessage::new()
            .content("contoso has 62.5 % of its Secure Score.")
            .allowed_mentions(CreateAllowedMentions::new());
        command.create_response(&context.http, CreateInteractionResponse::Message(sentence)).await.unwrap();
    }
}

/// A bot that answers every command with one sentence.
fn bare(root: &str) {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut client = ClientBuilder::new_with_http(http(root), GatewayIntents::empty()).event_handler(Bare).await.unwrap();
        client.start().await.unwrap();
    });
}
