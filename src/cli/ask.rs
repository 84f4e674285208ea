//! How is a question asked and its answer shown in a terminal? Through the same door as everywhere, from what is stored.

use std::fmt::Write as _;

use super::{
    global::{GlobalArgs, load},
    question::{QuestionArgs, line},
    say, write_out,
};
use crate::{
    access::Asker,
    app::Doors,
    ask::{AnswerForm, Body, Question, RawArgs},
    config::Environment,
    error::Result,
    skills::ALL,
    store::Store,
    surfaces::terminal::{self, Capabilities, render},
};

/// A question, and how to show its answer.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  scorewatch ask                                    list the questions
  scorewatch ask secure_score --tenant contoso
  scorewatch ask control legacy auth                words of its title are enough
  scorewatch ask score_changes --since week --json")]
pub(super) struct AskArgs {
    /// The tenant; `all` for those questions that take it; may be left out when there is only one
    #[arg(long, global = true, value_name = "NAME", help_heading = "Every question")]
    pub(super) tenant: Option<String>,
    /// Print JSON, for programs
    #[arg(long, global = true, conflicts_with = "text", help_heading = "Every question")]
    pub(super) json: bool,
    /// Print a few words, as assistants get them
    #[arg(long, global = true, help_heading = "Every question")]
    pub(super) text: bool,
    #[command(subcommand)]
    pub(super) question: Option<QuestionArgs>,
}

pub(super) async fn run(global: &GlobalArgs, asked: &AskArgs) -> Result<()> {
    let Some(question) = &asked.question else { return say(&list()) };
    let config = load(global, None)?;
    let store = Store::open_existing(&config.store.path).await?;
    let ask = Doors::of_command(store.clone(), &config).await?.ask;
    let QuestionArgs { skill, args } = question;
    let form = match (asked.json, asked.text) {
        (true, _) => AnswerForm::Json,
        (_, true) => AnswerForm::Text,
        (false, false) => AnswerForm::Card,
    };
    let asking = Question {
        skill,
        tenant: asked.tenant.as_deref(),
        args: RawArgs::Long(args, terminal::ROWS_MAX),
        form,
        surface: terminal::SURFACE.name,
    };
    let shown = ask.ask(&Asker::local(), &asking).await.and_then(|reply| show(reply.body));
    if let Err(error) = ask.record_usage().await {
        tracing::debug!(cause = error.cause(), "this question is not counted: {}", error.sentence);
    }
    store.close().await;
    shown
}

fn show(body: Body) -> Result<()> {
    match body {
        Body::Bytes(bytes) => write_out(&[&bytes, b"\n".as_slice()].concat()),
        Body::Card(card) => write_out(render(&card, Capabilities::of_stdout(&Environment::of_process())).as_bytes()),
    }
}

/// The skills, each with an example.
fn list() -> String {
    let mut list = "These questions can be asked:\n".to_owned();
    for skill in &ALL {
        let or = if skill.chat == skill.name { String::new() } else { format!(", or {}", skill.chat) };
        let _ = writeln!(list, "\n{}{or}\n  {}", skill.name, skill.summary);
        if let Some(example) = (skill.examples)().first() {
            let _ = writeln!(list, "  {}", line(skill, example.tenant, example.args));
        }
    }
    list.push_str("\n`scorewatch ask SKILL --help` shows what each one takes.");
    list
}
