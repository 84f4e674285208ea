//! A small chat platform that shows everything as lines of text, remembers what it was given, and fails when it is told to.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use scorewatch::{
    ask::Suggestion,
    card::{Block, Card},
    chat::{
        ButtonLimits, ButtonRow, CardPage, ChatMessage, ChatTurn, Form, Incoming, NoticeLine, PageBudget, PagePart, Phrase, Platform,
        ReadBy, ReplyTarget, Shown, TurnPlace, lay_out,
    },
    error::{Error, ErrorKind, Result},
};

const LIMITS: ButtonLimits = ButtonLimits { per_row: 5, label: 20, options: 3, option: 30 };
/// Three rows a page, so that everything has pages.
const BUDGET: PageBudget = PageBudget { page: 200, notes: 80, pages: 10 };
const ROWS: usize = 3;

/// What the platform was given, in order.
#[derive(Debug, Clone)]
pub enum Given {
    Answer { target: ReplyTarget, message: ChatMessage<String> },
    Acknowledgement { target: ReplyTarget },
    Completion { target: ReplyTarget, message: ChatMessage<String> },
    Retraction,
    FollowUp { message: ChatMessage<String> },
    OpenedForm { form: Form },
    Suggestions { values: Vec<String> },
}

/// The platform.
#[derive(Default)]
pub struct FakeChat {
    given: Mutex<Vec<Given>>,
    failures: Mutex<Vec<ErrorKind>>,
    turns: AtomicU64,
}

impl FakeChat {
    /// What it was given since it was last asked.
    pub fn given(&self) -> Vec<Given> {
        std::mem::take(&mut self.given.lock().unwrap())
    }

    /// Fails the next things that it is given, in order.
    pub fn fail(&self, failures: &[ErrorKind]) {
        self.failures.lock().unwrap().extend(failures.iter().rev());
    }

    /// Something that `user` does in the room `room` of space 1; in direct messages without a room.
    pub fn turn(&self, user: &str, room: Option<&str>) -> Incoming<Self> {
        let room_of = |room: &str| TurnPlace::Room { space: "1".to_owned(), rooms: vec![room.to_owned()], read_by: ReadBy::Members };
        let turn = ChatTurn {
            id: self.turns.fetch_add(1, Ordering::Relaxed).to_string(),
            user: user.to_owned(),
            groups: Vec::new(),
            outsider: false,
            place: room.map_or(TurnPlace::Direct, room_of),
        };
        Incoming::new(turn, ())
    }

    fn take(&self, given: Given) -> Result<()> {
        if let Some(kind) = self.failures.lock().unwrap().pop() {
            return Err(Error::new(kind, "The platform does not take it."));
        }
        self.given.lock().unwrap().push(given);
        Ok(())
    }
}

impl Platform for FakeChat {
    type Handle = ();
    type Body = String;

    fn name(&self) -> &'static str {
        "fake"
    }

    fn title(&self) -> &'static str {
        "Fake"
    }

    fn buttons(&self) -> &ButtonLimits {
        &LIMITS
    }

    fn answerable_for(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn pages(&self, card: &Card, _: Timestamp) -> Vec<CardPage<String>> {
        let (pages, _) = lay_out(card, &BUDGET, parts, |_| (), |_, _| ());
        let title = &card.title;
        pages.into_iter().map(|page| CardPage { body: format!("{title}\n{}", page.parts.join("\n")), leads: page.leads }).collect()
    }

    fn body(&self, shown: Shown<'_>) -> String {
        match shown {
            Shown::Notice(notice) => {
                let parts =
                    notice.parts.iter().map(|(name, lines)| format!("\n{name}: {}", lines.iter().map(line).collect::<Vec<_>>().join(" ")));
                let parts: String = parts.collect();
                format!("{}\n{}{parts}", notice.title, notice.fitted(2000, str::len, line)).trim().to_owned()
            }
            Shown::Posted(card) => format!("posted {}", card.title),
        }
    }

    fn grant_hint(&self, turn: &ChatTurn) -> String {
        format!("Nobody knows {}.", turn.user)
    }

    fn unbound_room_hint(&self) -> &'static str {
        "Nobody reads here."
    }

    fn not_for_all_hint(&self) -> &'static str {
        "Ask the operator."
    }

    fn unknown_command_hint(&self) -> &'static str {
        "What is that?"
    }

    fn destination_of(&self, turn: &ChatTurn) -> Option<String> {
        turn.room().map(|room| format!("fake:{room}"))
    }

    async fn answer(&self, _: &Incoming<Self>, message: ChatMessage<String>, target: ReplyTarget) -> Result<()> {
        self.take(Given::Answer { target, message })
    }

    async fn acknowledge(&self, _: &Incoming<Self>, target: ReplyTarget) -> Result<()> {
        self.take(Given::Acknowledgement { target })
    }

    async fn complete(&self, _: &Incoming<Self>, message: ChatMessage<String>, target: ReplyTarget) -> Result<()> {
        self.take(Given::Completion { target, message })
    }

    async fn retract(&self, _: &Incoming<Self>) -> Result<()> {
        self.take(Given::Retraction)
    }

    async fn follow_up(&self, _: &Incoming<Self>, message: ChatMessage<String>) -> Result<()> {
        self.take(Given::FollowUp { message })
    }

    async fn open_form(&self, _: &Incoming<Self>, form: Form) -> Result<()> {
        self.take(Given::OpenedForm { form })
    }

    async fn suggest(&self, _: &Incoming<Self>, suggestions: Vec<Suggestion>) -> Result<()> {
        self.take(Given::Suggestions { values: suggestions.into_iter().map(|suggestion| suggestion.value).collect() })
    }
}

fn parts(block: &Block) -> Vec<PagePart<String>> {
    let part = |content: String, row: Option<usize>, next| {
        let (cost_alone, cost_after) = (content.len(), content.len() + 1);
        PagePart { content, cost_alone, cost_after, page_rows: row.map(|_| ROWS), starts_list: row == Some(0), next }
    };
    match block {
        Block::Lead(words) => vec![part(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "), None, None)],
        Block::Table { columns, rows } => {
            let row = |(at, row): (usize, &scorewatch::card::TableRow)| part(row.cells[0].words(&columns[0]), Some(at), row.next.clone());
            rows.iter().enumerate().map(row).collect()
        }
        Block::Facts(_) | Block::Bars(_) | Block::Trend(_) | Block::Text { .. } | Block::Note(_) => Vec::new(),
    }
}

fn line(line: &NoticeLine) -> String {
    line.phrases.iter().fold(String::new(), |all, phrase| match phrase {
        Phrase::Fixed(text) => all + text,
        Phrase::Text(text) | Phrase::Strong(text) | Phrase::Code(text) | Phrase::Person(text) | Phrase::Room(text) => all + text,
        Phrase::Sentence(text) => all + text,
        Phrase::Day(at) | Phrase::Moment(at) => format!("{all}{}", at.strftime("%F")),
    })
}

/// What can be pressed below `message`: each button that is enabled with its label, each option of a menu.
pub fn pressable(message: &ChatMessage<String>) -> Vec<(String, String)> {
    let of_row = |row: &ButtonRow| match row {
        ButtonRow::Buttons(buttons) => {
            buttons.iter().filter(|button| button.enabled).map(|button| (button.label.clone(), button.id.encode())).collect()
        }
        ButtonRow::Menu(menu) => menu.options.iter().map(|option| (option.label.clone(), option.value.clone())).collect::<Vec<_>>(),
    };
    message.rows.iter().flat_map(of_row).collect()
}

/// A conversation is shared with what it talks to.
pub fn fake_chat() -> Arc<FakeChat> {
    Arc::default()
}
