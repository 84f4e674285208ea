//! How is a question asked and its answer shown in a terminal? Through the same door as everywhere, from what is stored.

use std::fmt::Write as _;

use super::{
    global::{GlobalArgs, load},
    output::{print_card, say, write_out},
    question::{QuestionArgs, line},
    session::with_store,
};
use crate::{
    access::Asker,
    ask::{AnswerForm, Body, Question, RawArgs},
    error::Result,
    skills::ALL,
    surfaces::terminal,
};

/// A question, and how to show its answer.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  scorewatch ask                                    list the questions
  scorewatch ask secure_score --tenant contoso
  scorewatch ask control legacy auth                words of its title are enough
  scorewatch ask score_changes --since week --json")]
pub(super) struct AskArgs {
    /// The tenant; `all`, a group, or several as a,b, for those questions that take several; may be left out when there is only one
    #[arg(long, global = true, value_name = "NAME", help_heading = "Every question")]
    pub(super) tenant: Option<String>,
    /// Print JSON, for programs
    #[arg(long, global = true, conflicts_with = "text", help_heading = "Every question")]
    pub(super) json: bool,
    /// Print compact text, as assistants get it
    #[arg(long, global = true, help_heading = "Every question")]
    pub(super) text: bool,
    #[command(subcommand)]
    pub(super) question: Option<QuestionArgs>,
}

pub(super) async fn run(global: &GlobalArgs, args: &AskArgs) -> Result<()> {
    let Some(QuestionArgs { skill, args: given }) = &args.question else { return say(&list()) };
    let form = match (args.json, args.text) {
        (true, _) => AnswerForm::Json,
        (_, true) => AnswerForm::Text,
        (false, false) => AnswerForm::Card,
    };
    let (tenant, surface) = (args.tenant.as_deref(), terminal::SURFACE.name);
    let question = Question { skill, tenant, args: RawArgs::Long(given, terminal::ROWS_MAX), form, surface };
    with_store(&load(global, None)?, async |session| {
        let reply = session.doors.ask.ask(&Asker::local(), &question).await;
        session.count_question().await;
        match reply?.body {
            Body::Bytes(bytes) => write_out(&[&bytes, b"\n".as_slice()].concat()),
            Body::Card(card) => print_card(&card),
        }
    })
    .await
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
