//! scorewatch keeps every tenant's Microsoft Secure Score at hand and answers about it in few words.
//!
//! This is the map: every module in a sentence, who may know whom, and what holds everywhere.
//!
//! # What a question goes through
//!
//! ```text
//! surface ──Question──▶ ask::prepare: may the asker? arguments valid? ──PreparedQuestion──▶ ask::answer ──▶ facts (cache ◀ store)
//!    ▲                                                                                                      │
//!    └── Reply: text, JSON or card ◀─────────────────────── answer, pure ◀──────────────────────────────────┘
//!
//! schedule: graph ──trimmed page by page──▶ reading ──▶ store (all of it or nothing)
//! ```
//!
//! # The rooms
//!
//! | room | what it answers |
//! |---|---|
//! | [`score`] | what a day, a control and a profile mean; what changed and why; what is weak; who accepted what |
//! | [`text`] | what a text from outside may become: clean, typed, cut |
//! | [`card`] | how a person reads an answer, before any surface has a say: blocks, and cells that say what they are; only renderers read one |
//! | [`chart`] | how a percentage moved, as a picture; pure |
//! | [`skill_id`] | THE list of questions, by name: what leads to a question names its id |
//! | [`skills`] | how each question is answered, one file or folder each, none knowing another; pure |
//! | [`digest`] | what is sent regularly, and when it is due; pure |
//! | [`alert`] | what is notified at once: rules, what they find, when that is resolved, what of it is one message; pure |
//! | [`delivery`] | what goes to people who did not ask: posts, destinations, what can go wrong between them |
//! | [`manifests`] | what each host is given so that it finds us, made of the skills, the prompts and the commands of chats; pure |
//! | [`prompts`] | the words that assistants start from, from the files in `prompts/` |
//! | [`access`] | who is asking and what they may: API keys of ours, access tokens of Microsoft Entra, grants for chats |
//! | [`outgoing`] | how requests leave this machine: one way to make clients |
//! | [`graph`] | Microsoft Graph as far as we need it: sign-in, paging, throttling, trimming; saved answers too |
//! | [`probe`] | how Graph behaves where no document says it, found out from answers and told without anything of the tenant; pure |
//! | [`store`] | what survives a restart: one portable SQL over SQLite; each form of a value says its version |
//! | [`cache`] | finished answers, bounded by weight |
//! | [`ask`] | the door for questions: may they? → check → load → answer → measure; and what goes on from an answer |
//! | [`operations`] | what people change through us: notes, snoozes, digests, keys, deliveries, tenants; and the audit log |
//! | [`posting`] | what is posted unasked: digests composed, alerts evaluated, the outbox filled |
//! | [`chat`] | how a conversation goes on any chat platform: who sees what, what was wanted, how it is answered in time |
//! | [`surfaces`] | THE list of places where people and programs meet us, one folder each |
//! | [`http`] | the listener: mounts surfaces, health and metrics; the only file that picks our statuses is there |
//! | [`schedule`] | what happens without being asked: tenants are read, digests and alerts made, what waits is delivered; and who watches over these workers |
//! | [`config`] | the file and the environment, every error at once |
//! | [`telemetry`] | what is measured and logged, under which names |
//! | [`backoff`] | how long is waited before the next try |
//! | [`error`] | a kind to branch on, a sentence to show, a cause to log |
//! | [`app`] | the long-lived parts, built once, in order; how a running server takes up another configuration; and the shutdown |
//! | [`cli`] | the command line; `main.rs` only calls it |
//! | [`sandbox`] | a Microsoft Graph of our own, for the demo and the tests |
//!
//! # Who may know whom
//!
//! `score, card ← skills ← ask ← posting ← operations ← chat ← surfaces ← http ← app ← cli`, with `graph`, `store`, `cache`, `access` beside `ask`, and
//! `schedule` above `graph`, `store` and `posting`. The three doors (`ask`, `posting`, `operations`) share a view of the store and the clock, and are built in
//! this order by [`app::Doors`]: nobody is told of another later. `probe` knows `score` alone: `cli` asks `graph` for it. `manifests` stands above `skills`, `prompts` and the commands of `chat`, which are pure, and knows nobody else. `chart` is known to `ask` alone. `outgoing` is known to those who send requests: `graph`, `access`, `surfaces`, `cli`. `backoff`, `error`, `skill_id` and `text` are open to all. `tests/it/tidy.rs` keeps this, and these absences:
//!
//! - Skills have no clock, no store, no network and no `async`; `ask` calls them for whoever asks, and `digest` for what is reported, over facts that `posting` loaded for its readers.
//! - A surface knows neither `graph` nor `store` nor another surface.
//! - Only `store/` names sqlx, only `cache.rs` moka, only `telemetry/` metrics, only `outgoing.rs` makes HTTP clients, only `chart/` resvg and its font, only `surfaces/terminal/` its tables, only
//!   `config/` and `cli/` the environment.
//! - No text from outside is stored or shown before `text` has cleaned it; no renderer trusts one without escaping.
//! - An answer holds dates; an age only in days, beside both its dates: the day of asking (UTC) is a part of what an answer is made from and
//!   of the key under which it is remembered.
//!
//! # Where the code taught us better than the first design
//!
//! - `text` is a room of its own below `score` and `card`, because both speak in its spans.
//! - `cli` stands beside the surfaces: most commands (`serve`, `check`, `import`) ask nothing. Only showing a card on a terminal is
//!   a surface.
//! - `manifests` is a room of its own: the same files are served by a surface, written by the command line and committed, and none
//!   of these three may know another.
//! - Rows of JSON link to the Defender portal only in a form of their own (`ask::AnswerForm::Linked`): links cost more tokens than the
//!   budgets of ordinary answers leave, and only Microsoft 365 Copilot cites them. Cards, which people read, always link.
//! - `weakest_controls` takes `product`, not `service`: Semantic Kernel puts an AI service of its own into an argument of that name.
//! - Which commands a chat has stands in [`chat::commands`], made of the skills; [`manifests`] writes Discord's list of them: what is
//!   registered is the committed file. Who may ask in a chat is [`access::chat`], which names no platform. Who sees
//!   what there is decided in one place, `chat/admission.rs`: an answer that a whole channel sees is asked as everybody who reads there.
//! - A page of an answer is laid out in [`chat`] by a platform's budget, from parts that the platform makes of the card's blocks: so `chat` shares a card
//!   out, but reads none.
//! - The ids of skills stand below `card`, because follow-ups name them: a card knows no skill, and no skill another.
//! - A card's rows and the card itself say which question goes on from them; a surface keeps these questions under short ids through
//!   `ask`, so that a button carries no state and grants nothing: whoever presses it asks anew.
//! - Pictures are made by [`chart`] behind `ask`, remembered like any answer: no surface draws.
//! - Digests, alerts and deliveries are rooms of their own below `ask`: pure ones, so that a year of them runs in a test. A destination is a small trait in
//!   [`delivery`] that surfaces implement; `schedule` sends through it and knows no surface.
//! - A surface is a plug-in ([`surfaces::Surface`]): its folder declares how its callers are called, the paths that the listener leaves to it, what it measures, its section
//!   of the configuration, its kinds of destinations, its rooms and what `check` tries. [`config`] is handed the declared sections, keeps what they read without knowing its
//!   type, and names none of them. A chat is met in two steps: its rooms are there first, because what is posted needs them before there are operations; what answers in
//!   it is started from them, over the same client.
//! - How many surfaces there are is not known to [`telemetry`]: it keeps a place for each that asks, in the order in which they come.
//! - What people add to a control is a part of [`score`]: it decides when an acceptance ends.
//! - The words for assistants are a room, [`prompts`]: MCP, agents and promptbooks say the same.
//! - One control of one id in any case is decided once, in [`score`]: a reading is brought to one spelling, and to the store's when it is
//!   saved, so that everything else compares names as they are.
//! - Places for answers are given out in turn between callers, before the cache looks who makes an answer already.
//! - A group of tenants is resolved when the configuration is read, for grants, destinations, digests and alerts alike. Only questions and keys keep its
//!   name, and `ask` looks it up beside the tenants.
//! - Several tenants are named where one is (`tenant=a,b`, groups among them), not in an argument of the skill that compares them: who may see which, keys of remembered answers and
//!   rooms of chats have one place to look.
//! - Years of a score are loaded as sums ([`score::DayScore`]), without the controls of each day.
//! - Which tenants there are is the configuration's, or an import's; the store keeps what was taken out until `tenant remove`.
//! - Key checks and data versions are read from an index of the store that a running server renews several times a second, so
//!   that a remembered answer touches no database. Who asked what is counted in memory likewise, and brought to the store every
//!   few seconds and at the end.

pub mod access;
pub mod alert;
pub mod app;
pub mod ask;
pub mod backoff;
pub mod cache;
pub mod card;
pub mod chart;
pub mod chat;
pub mod cli;
pub mod config;
pub mod delivery;
pub mod digest;
pub mod error;
pub mod graph;
pub mod http;
pub mod manifests;
pub mod operations;
pub mod outgoing;
pub mod posting;
pub mod probe;
pub mod prompts;
pub mod sandbox;
pub mod schedule;
pub mod score;
pub mod skill_id;
pub mod skills;
pub mod store;
pub mod surfaces;
pub mod telemetry;
pub mod text;
