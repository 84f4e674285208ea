//! What does a digest say about one tenant? The news in its skills' answers, each in the columns that a digest has.

use jiff::civil::Date;

use super::{Every, FetchFailure, calendar::since_words, comparison_day::ComparisonDay, news::News, stale::is_stale};
use crate::{
    card::{Block, Cell, Column, TableRow, Tone, Word},
    error::Result,
    score::{History, ReportedState, Snapshot, age, same_points},
    skill_id::SkillId,
    skills::{Facts, Readership, Skill, TenantFacts, accepted_risks, notes_of, score_changes, secure_score, weakest_controls},
    text::{count, first_of, in_quotes},
};

/// How many rows a table has: about the only tenant, and about one of several.
const ROWS: [usize; 2] = [5, 3];
/// How many next actions there are, likewise.
const ACTIONS: [usize; 2] = [3, 2];
/// As many rows as a skill gives; what is news is chosen among them.
const ROWS_OF_SKILL: usize = 25;
/// How many new controls are named that the table has no row for.
const NAMED_MAX: usize = 5;
/// How many acceptances a note names, and how much of the title of each it says, in characters.
const OVERDUE: (usize, usize) = (3, 60);

/// For whom a section is, and when.
#[derive(Debug, Clone, Copy)]
pub struct SectionOptions {
    /// Whether the readers see names of people.
    pub names: bool,
    /// Whether the digest is about one tenant alone.
    pub alone: bool,
    /// The day on which it is read, where its readers are.
    pub today: Date,
    /// The same by UTC, by which scores are dated and decisions end.
    pub utc_today: Date,
    /// How often it is sent, which is how far back the first one looks.
    pub every: Every,
}

/// One tenant in a digest.
#[derive(Debug, Clone)]
pub struct DigestSection {
    /// What is new about it.
    pub news: News,
    /// What is reported about it, without its name.
    pub blocks: Vec<Block>,
    /// The questions whose answers have more than it reports.
    pub more: Vec<SkillId>,
    /// How its score went, if that is reported.
    pub trend: Option<Block>,
    /// Where it stands, what that rests on, and where it leads.
    pub score: secure_score::TenantScore,
    /// What was reported of it before this; the first time what it is compared with.
    pub reported_before: Option<ReportedState>,
    /// What is reported of it by this.
    pub imprint: ReportedState,
    /// How many days old its newest day is.
    pub age: usize,
}

impl DigestSection {
    /// What is reported about the tenant of `facts` since `reported`, what was reported of it last; `None` while it has no score.
    pub fn of(facts: TenantFacts, reported: Option<&ReportedState>, skills: &[SkillId], options: SectionOptions) -> Result<Option<Self>> {
        let Some(newest) = facts.history.newest().cloned() else { return Ok(None) };
        let mut imprint = ReportedState::of(&newest, &facts.catalogue, &facts.annotations, options.utc_today);
        let before = ComparisonDay::of(&facts, reported, &imprint, options.every);
        let news = News::of(&facts, &newest, reported, before.as_ref(), skills, options.utc_today);
        let mut reported_before = reported
            .cloned()
            .or_else(|| Some(imprint.without(&before.as_ref()?.snapshot, &facts.catalogue, [&news.accepted, &news.expired])));
        let mut teller = Teller {
            facts: Facts {
                tenants: vec![facts],
                all: false,
                group: None,
                names: options.names,
                links: false,
                today: options.utc_today,
                readership: Readership::Audience,
            },
            news,
            options,
            more: Vec::new(),
        };
        let score = secure_score::one(&teller.facts, &secure_score::SecureScoreArgs::default())?;
        let trend = (skills.contains(&SkillId::SecureScore) && score.trend.len() > 1).then(|| Block::Trend(score.trend.clone()));
        let actions = if skills.contains(&SkillId::WeakestControls) { Some(teller.actions()?) } else { None };
        if let Some(actions) = &actions {
            imprint.next = actions.iter().map(|row| row.name.clone()).collect();
            teller.news.action = teller.new_action(&imprint.next, reported, skills == [SkillId::WeakestControls]);
            // The first time no action is news, also when that is reported once more because it never arrived.
            if let (None, Some(reported_before)) = (reported, &mut reported_before) {
                reported_before.next.clone_from(&imprint.next);
            }
        }
        let mut blocks = Vec::new();
        if teller.news.is_any() {
            let mut parts = [
                (SkillId::SecureScore, trend.iter().filter(|_| options.alone).cloned().collect()),
                (SkillId::ScoreChanges, teller.changes(before)?),
                (SkillId::AcceptedRisks, teller.risks(newest)?),
                (SkillId::WeakestControls, actions.map(|rows| shown_actions(&rows)).unwrap_or_default()),
            ];
            for skill in skills {
                parts.iter_mut().filter(|(of, _)| of == skill).for_each(|(_, part)| blocks.append(part));
            }
        }
        Ok(Some(Self {
            news: teller.news,
            blocks,
            more: teller.more,
            trend,
            score,
            reported_before,
            imprint: imprint.after(reported),
            age: 0,
        }))
    }

    /// It as of `utc_today`, by which scores are dated: its newest day may be older than it should be, by a `fault` that is known or not.
    #[must_use]
    pub fn aged(mut self, utc_today: Date, fault: Option<&FetchFailure>) -> Self {
        self.news.stale = is_stale(self.news.day, utc_today);
        self.age = usize::try_from(age(self.news.day, utc_today)).unwrap_or(0);
        self.news.fault = fault.filter(|_| self.news.stale).cloned();
        self.imprint.stale = self.news.stale;
        self
    }

    /// Whether it says what was not reported yet: news, or that there is none to be had.
    pub fn is_new(&self) -> bool {
        let known =
            self.reported_before.as_ref().is_some_and(|reported_before| reported_before.stale && reported_before.day >= self.news.day);
        self.news.is_any() || (self.news.stale && !known)
    }

    /// The sentence over the blocks: the tenant where there are several, where it stands, how it moved.
    pub fn lead(&self, alone: bool, today: Date) -> Block {
        let first = if alone {
            Word::toned(self.percent().words(&Column::Score), Tone::Strong)
        } else {
            Word::toned(&*self.news.tenant, Tone::Strong)
        };
        let mut lead = vec![first, Word::plain(self.points().words(&Column::Standing))];
        lead.extend(self.news.stale.then(|| Word::toned(format!("as of {}, {} old", self.news.day, count(self.age, "day")), Tone::Warn)));
        let moved = self.moved();
        if self.news.since.is_none() {
            lead.push(Word::plain("the first score"));
        } else if let Some(since) = self.news.since.filter(|_| !moved.is_empty()) {
            let (words, tone) = (moved.words(&Column::Move), moved.tone(&Column::Move));
            lead.push(Word::toned(format!("{words} {}", since_words(since, today)), tone));
        }
        Block::Lead(lead)
    }

    /// How its score moved, where that is reported.
    pub(super) fn moved(&self) -> Cell {
        let News { compared, moved, .. } = self.news;
        let is_reported = compared && self.news.is_any() && (self.news.is_newer() || self.news.is_move());
        if is_reported { Cell::ScoreMove(moved, self.news.percentage_points()) } else { Cell::Empty }
    }

    /// The percentage.
    pub(super) const fn percent(&self) -> Cell {
        Cell::Percent(self.score.percent)
    }

    /// The points.
    pub(super) const fn points(&self) -> Cell {
        Cell::Of(Some(self.score.points), self.score.maximum)
    }
}

/// Who writes it.
struct Teller {
    facts: Facts,
    news: News,
    options: SectionOptions,
    /// The questions whose answers have more than what was written.
    more: Vec<SkillId>,
}

impl Teller {
    fn rows(&self) -> usize {
        ROWS[usize::from(!self.options.alone)]
    }

    /// Knows only `history` of the tenant from now on.
    fn see(&mut self, history: impl FnOnce(History) -> History) {
        if let Some(tenant) = self.facts.tenants.first_mut() {
            tenant.history = history(std::mem::take(&mut tenant.history));
        }
    }

    fn changes(&mut self, before: Option<ComparisonDay>) -> Result<Vec<Block>> {
        let still = self.news.changed == 0 && same_points(self.news.moved, 0.0) && same_points(self.news.maximum, 0.0);
        let Some(before) = before.filter(|_| !still) else { return Ok(Vec::new()) };
        let (since, dated) = (before.day, before.snapshot.day);
        self.see(|history| history.with(before.snapshot));
        let args =
            score_changes::ScoreChangesArgs { since: dated.to_string(), limit: self.rows(), ..score_changes::ScoreChangesArgs::default() };
        let answer = score_changes::one(&self.facts, &args)?;
        // Where the day that was reported was corrected, another one stands in its place.
        let than = if since == dated { format!("than on {dated}") } else { "than last reported".to_owned() };
        // The section's own sentence says how the points moved.
        let mut blocks = answer.remarks(&than);
        let rows: Vec<TableRow> = answer.changes.iter().map(|row| row.target.row(change(row))).collect();
        if !rows.is_empty() {
            blocks.push(Block::table([Column::Control, Column::Change, Column::Move, Column::Why].to_vec(), rows));
        }
        blocks.extend(notes_of(&answer.notes));
        self.more.extend((self.news.changed > answer.changes.len()).then_some(SkillId::ScoreChanges));
        let shown = |name: &str| answer.changes.iter().any(|row| row.name == name);
        let unseen: Vec<&str> = self.news.new.iter().filter(|(name, _)| !shown(name)).map(|(_, title)| title.as_str()).collect();
        blocks.extend((!unseen.is_empty()).then(|| Block::Note(format!("Also new: {}.", listed(&unseen)))));
        Ok(blocks)
    }

    fn risks(&mut self, newest: Snapshot) -> Result<Vec<Block>> {
        self.see(|_| History::new(vec![newest]));
        let News { accepted, accepted_from, expired, overdue, .. } = &self.news;
        let mut blocks = Vec::new();
        if !expired.is_empty() {
            let lead = format!("{} expired", count(expired.len(), "acceptance"));
            let state = accepted_risks::StateArg::Expired;
            let args = accepted_risks::AcceptedRisksArgs { state, limit: ROWS_OF_SKILL, ..accepted_risks::AcceptedRisksArgs::default() };
            blocks.extend(self.chosen(&args, expired, lead)?);
        }
        if !accepted.is_empty() {
            let lead = format!("{} newly accepted", count(accepted.len(), "risk"));
            let since = accepted_from.map(|since| since.to_string());
            let args = accepted_risks::AcceptedRisksArgs { since, limit: ROWS_OF_SKILL, ..accepted_risks::AcceptedRisksArgs::default() };
            blocks.extend(self.chosen(&args, accepted, lead)?);
        }
        let longer = overdue.iter().filter(|(name, _)| !expired.contains(name) && !accepted.contains(name));
        let longer: Vec<String> = longer.map(|(_, title)| in_quotes(title, OVERDUE.1)).collect();
        if !longer.is_empty() {
            blocks.push(Block::Note(format!("Expired earlier: {}.", first_of(&longer, OVERDUE.0))));
        }
        let rows_max = accepted.len().max(expired.len());
        self.more.extend((rows_max > self.rows() || longer.len() > OVERDUE.0).then_some(SkillId::AcceptedRisks));
        Ok(blocks)
    }

    /// The accepted risks that are of one of `controls`, under `lead`.
    fn chosen(&self, args: &accepted_risks::AcceptedRisksArgs, controls: &[String], lead: String) -> Result<Vec<Block>> {
        let answer = accepted_risks::one(&self.facts, args)?;
        let mut blocks = vec![Block::Lead(vec![Word::toned(lead, Tone::Warn)])];
        let chosen = answer.risks.iter().filter(|row| controls.iter().any(|control| **control == *row.name)).take(self.rows());
        let rows: Vec<TableRow> = chosen.map(|row| row.target.row(risk(row))).collect();
        let more = controls.len().saturating_sub(rows.len());
        if !rows.is_empty() {
            let columns = [Column::Control, Column::By, Column::Owner, Column::Until, Column::Forgone, Column::Why];
            blocks.push(Block::table(columns.to_vec(), rows));
        }
        if more > 0 {
            blocks.push(Block::Note(format!("{more} of these {} not listed.", if more == 1 { "is" } else { "are" })));
        }
        Ok(blocks)
    }

    /// What to do first; without rows when there is nothing left to do.
    fn actions(&self) -> Result<Vec<weakest_controls::WeakControlRow>> {
        let (order, limit) = (weakest_controls::OrderArg::QuickWins, ACTIONS[usize::from(!self.options.alone)]);
        let args = weakest_controls::WeakestControlsArgs { limit, order, ..weakest_controls::WeakestControlsArgs::default() };
        Ok(args.answer(&self.facts)?.controls)
    }

    /// The title of the first of `actions` that was not reported before; of any, when the digest says nothing else.
    fn new_action(&self, actions: &[String], reported: Option<&ReportedState>, alone: bool) -> Option<String> {
        let new = |name: &&String| reported.is_some_and(|reported| !reported.next.contains(name));
        let name = actions.iter().find(new).or_else(|| actions.first().filter(|_| alone))?;
        let profile = self.facts.tenants.first()?.catalogue.get(name);
        Some(profile.map_or_else(|| name.clone(), crate::score::Profile::marked_title))
    }
}

fn shown_actions(rows: &[weakest_controls::WeakControlRow]) -> Vec<Block> {
    let head = match rows.len() {
        0 => return Vec::new(),
        1 => "Next best action",
        _ => "Next best actions",
    };
    let columns = [Column::Control, Column::PointsLeft, Column::Effort].to_vec();
    let row = |row: &weakest_controls::WeakControlRow| row.target.row(vec![row.cell(), Cell::Points(row.left), row.effort()]);
    vec![Block::Lead(vec![Word::toned(head, Tone::Strong)]), Block::table(columns, rows.iter().map(row).collect())]
}

/// A control that changed; where it went up or down, the move says it.
fn change(row: &score_changes::ChangeRow) -> Vec<Cell> {
    vec![row.cell(), row.happened(), Cell::Move(row.moved, Some(row.span())), row.reason()]
}

/// A risk that somebody accepted.
fn risk(row: &accepted_risks::RiskRow) -> Vec<Cell> {
    let (by, owner) = (Cell::person(row.by.as_deref()), Cell::person(row.annotations.owner()));
    vec![row.cell(), by, owner, row.end(), Cell::Points(row.given_up), row.comment_cell()]
}

/// The first of `names`, and how many more there are.
pub fn listed(names: &[&str]) -> String {
    first_of(names, NAMED_MAX)
}
