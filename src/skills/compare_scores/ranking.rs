//! Which of our own tenants and groups stands highest? Ranked by percent of the maximum, with their changes; the rank is ours, and among those that are asked about.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    CompareScoresArgs, follow_ups, show,
    standing::{Standing, by_category, days, share},
};
use crate::{
    error::Result,
    score::{Category, Peer, PeerPoints, Sum},
    skill_id::SkillId,
    skills::{
        AskedPart, Facts, TenantFacts,
        category::CategoryArg,
        caveat::{self, Caveat},
        follow_ups::{CardFrame, RowTarget},
        format::{self, round2},
        fresh::Stale,
        link::{Link, Portal, Titled},
        page::{self, ListPage, PageRest},
        since::Since,
    },
    text::first_of,
};

/// How many rows one page lists.
pub(super) const ROWS_MAX: usize = 25;

/// Tenants or groups, best first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScoreRanking {
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asked: Option<String>,
    /// The group that these tenants are of, when the question is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    group: Option<Arc<str>>,
    /// The category that all numbers are of; absent for whole scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<String>,
    /// Percent of all of them together: all points over all maxima, so that large tenants weigh more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weighted: Option<f64>,
    /// How that moved, in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weighted_moved: Option<f64>,
    /// Microsoft's average of all tenants in percent, where it is the same for these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) all_tenants: Option<f64>,
    /// Which page of them this is.
    page: usize,
    #[serde(flatten)]
    pub(super) rest: PageRest,
    /// One row per tenant or group, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tenants: Vec<RankedRow>,
    /// Of two: each category in percent of its own maximum.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) by_category: Vec<CategoryPair>,
    /// Tenants without a score yet, which no row is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without_score: Vec<String>,
    /// What is missing, or needs care.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(super) notes: Vec<Caveat>,
    #[serde(flatten)]
    link: Titled,
    /// The days that are compared, where they are the same in all rows.
    #[serde(skip)]
    pub(super) days: Option<(Option<Date>, Date)>,
    #[serde(skip)]
    pub(super) counted: String,
    #[serde(skip)]
    pub(super) frame: CardFrame,
}

/// One tenant or group.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RankedRow {
    /// Its place among these, 1 for the best; absent where its percentage is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rank: Option<usize>,
    /// The tenant or group.
    pub(super) tenant: String,
    /// How many tenants of the group count; absent for a tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<usize>,
    /// The day of its score; the oldest of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) day: Option<Date>,
    /// Percent of the maximum; of a group weighted, all points over all maxima.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent: Option<f64>,
    /// Points had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) points: Option<f64>,
    /// Points that could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum: Option<f64>,
    /// The earlier day that it is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(super) since: Option<Date>,
    /// Points gained or lost since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) moved: Option<f64>,
    /// The same in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent_moved: Option<f64>,
    /// Microsoft's average of tenants of its size, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) same_size: Option<f64>,
    #[serde(flatten)]
    link: Titled,
    #[serde(skip)]
    pub(super) target: RowTarget,
}

/// A category of two tenants.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryPair {
    /// The category.
    pub(super) name: &'static str,
    /// Percent of the one ranked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<f64>,
    /// Percent of the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) second: Option<f64>,
    /// The first less the second, in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) difference: Option<f64>,
}

/// What is ranked: a tenant, or the tenants of a group.
struct Contender<'f> {
    name: String,
    is_group: bool,
    tenants: Vec<&'f TenantFacts>,
}

/// What is ranked of `facts`: what was named, where that are groups, else each tenant.
fn contenders(facts: &Facts) -> Vec<Contender<'_>> {
    let parts = facts.group.as_ref().map_or(&[][..], |asked| &asked.parts);
    if parts.len() < 2 {
        let alone = facts.tenants.iter().map(|tenant| Contender { name: tenant.name.clone(), is_group: false, tenants: vec![tenant] });
        return alone.collect();
    }
    let contender = |AskedPart { name, group }: &AskedPart| {
        let is_of_it = |tenant: &&TenantFacts| group.as_ref().map_or(tenant.name == *name, |group| group.contains(&tenant.name));
        Contender { name: name.clone(), is_group: group.is_some(), tenants: facts.tenants.iter().filter(is_of_it).collect() }
    };
    parts.iter().map(contender).collect()
}

impl Contender<'_> {
    fn row(&self, facts: &Facts, since: Since, args: &CompareScoresArgs) -> Option<(RankedRow, usize)> {
        let standings: Vec<Standing> = self.tenants.iter().filter_map(|tenant| Standing::of(tenant, since, args.category)).collect();
        let held: Vec<_> = self.tenants.iter().filter_map(|tenant| days(tenant, since)).collect();
        let together = Standing::together(&standings);
        let day = held.iter().map(|(_, day)| *day).min()?;
        let befores = held.iter().map(|(before, _)| *before).collect::<Option<Vec<_>>>();
        let (pairs, only) = (args.pairs(since), self.tenants.first().filter(|_| !self.is_group));
        let row = RankedRow {
            rank: None,
            tenant: self.name.clone(),
            of: self.is_group.then_some(standings.len()),
            day: Some(day),
            percent: together.map(|standing| standing.percent()),
            points: together.map(|standing| round2(standing.points)),
            maximum: together.map(|standing| round2(standing.maximum)),
            since: befores.and_then(|befores| befores.into_iter().min()),
            moved: together.and_then(|standing| standing.moved()),
            percent_moved: together.and_then(|standing| standing.percent_moved()),
            same_size: only.and_then(|tenant| average(tenant, Peer::SAME_SIZE, args.category)),
            link: Titled::default(),
            target: match only {
                Some(tenant) => RowTarget::to_tenant(SkillId::CompareScores, tenant, pairs),
                None => RowTarget::to_group(SkillId::CompareScores, &self.name, pairs),
            },
        };
        let portal = if facts.links { Some(only.map_or_else(Portal::of_nobody, |tenant| Portal::of(tenant))) } else { None };
        let link = portal.map(|portal| Link::new(show::standing(&row), portal.score()).titled(self.name.clone())).unwrap_or_default();
        Some((RankedRow { link, ..row }, self.tenants.len() - standings.len()))
    }
}

/// Microsoft's average on the newest day of `tenant`, of those tenants that `basis` names.
fn average(tenant: &TenantFacts, basis: &str, category: Option<CategoryArg>) -> Option<f64> {
    let peer = tenant.history.newest()?.peer(basis)?;
    let percent = match category {
        None => Some(peer.percent),
        Some(category) => peer.categories.get(&category.category()).map(PeerPoints::percent),
    };
    percent.map(round2)
}

/// The tenants or groups of `facts`, ranked.
pub(super) fn all(facts: &Facts, args: &CompareScoresArgs) -> Result<ScoreRanking> {
    let since = args.since()?;
    let (with, without): (Vec<_>, Vec<_>) = facts.tenants.iter().partition(|tenant| tenant.history.newest().is_some());
    let contenders = contenders(facts);
    let rows: Vec<(RankedRow, usize)> = contenders.iter().filter_map(|contender| contender.row(facts, since, args)).collect();
    let unknown: usize = rows.iter().map(|(_, unknown)| unknown).sum();
    let mut rows: Vec<RankedRow> = rows.into_iter().map(|(row, _)| row).collect();
    rows.sort_by(|a, b| {
        let place = |row: &RankedRow| row.percent.unwrap_or(f64::NEG_INFINITY);
        place(b).total_cmp(&place(a)).then_with(|| a.tenant.cmp(&b.tenant))
    });
    rank(&mut rows);
    let (known, unranked): (Vec<_>, Vec<_>) =
        with.iter().map(|tenant| (&*tenant.name, Standing::of(tenant, since, args.category))).partition(|(_, standing)| standing.is_some());
    let together = Standing::together(&known.into_iter().filter_map(|(_, standing)| standing).collect::<Vec<_>>());
    let unranked: Vec<&str> = unranked.into_iter().map(|(name, _)| name).collect();
    let stale = Stale::among(&with, facts.today);
    let (page, total) = (ListPage { number: args.page, rows: ROWS_MAX }, rows.len());
    page.check(total)?;
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    notes.extend(page.next(total).map(|next| not_listed(page.left(total), facts.turn(next))));
    notes.extend(without_category(args.category, &unranked, unknown));
    notes.extend(without_earlier_day(&rows, &with));
    notes.extend(caveat::without_score(&without, facts));
    notes.push(show::rank_is_ours());
    let by_category = if args.category.is_none() { pairs(&contenders, &rows) } else { Vec::new() };
    let days = rows.first().map(|row| (row.since, row.day)).filter(|days| rows.iter().all(|row| (row.since, row.day) == *days));
    let has_groups = contenders.iter().any(|contender| contender.is_group);
    let all_tenants: Vec<f64> = with.iter().filter_map(|tenant| average(tenant, Peer::ALL_TENANTS, args.category)).collect();
    let counted = match (has_groups, total) {
        (false, _) => facts.counted(total),
        (true, 1) => "1 group".to_owned(),
        (true, _) => format!("{total} tenants and groups"),
    };
    let weighted = together.map(|standing| standing.percent());
    let subtitle =
        || weighted.map_or_else(|| "no percentage is known".to_owned(), |weighted| format!("{weighted} % of all points together"));
    let link = || Link::new(subtitle(), Portal::of_nobody().score()).titled(format!("Microsoft Secure Score of {counted}"));
    Ok(ScoreRanking {
        link: if facts.links { link() } else { Titled::default() },
        asked: Stale::asked(stale.as_ref()),
        group: facts.group(),
        category: args.category.map(CategoryArg::word),
        weighted,
        weighted_moved: together.and_then(|standing| standing.percent_moved()),
        all_tenants: all_tenants.first().copied().filter(|first| all_tenants.iter().all(|other| other.total_cmp(first).is_eq())),
        page: page.number,
        rest: page.rest(total),
        by_category,
        days: days.and_then(|(since, day)| Some((since, day?))),
        counted,
        tenants: page.of(&rows).to_vec(),
        without_score: without.iter().map(|tenant| tenant.name.clone()).collect(),
        notes,
        frame: CardFrame::of_all(
            &with,
            show::title(&facts.many_titled(), args),
            stale,
            follow_ups::of_all(facts.many(), since, args, page, total),
        ),
    })
}

/// Gives each its place: those of one percentage share theirs.
fn rank(rows: &mut [RankedRow]) {
    let mut last: Option<(f64, usize)> = None;
    for (at, row) in rows.iter_mut().enumerate() {
        let Some(percent) = row.percent else { continue };
        let place = last.filter(|(before, _)| before.total_cmp(&percent).is_eq()).map_or(at + 1, |(_, place)| place);
        row.rank = Some(place);
        last = Some((percent, place));
    }
}

/// The categories of two tenants side by side; none of more, or of groups.
fn pairs(contenders: &[Contender<'_>], rows: &[RankedRow]) -> Vec<CategoryPair> {
    let [first, second] = rows else { return Vec::new() };
    let find = |row: &RankedRow| contenders.iter().find(|one| one.name == row.tenant && !one.is_group)?.tenants.first().copied();
    let Some((one, other)) = find(first).zip(find(second)) else { return Vec::new() };
    let [one, other] = [one, other].map(|tenant| tenant.history.newest().map_or_else(BTreeMap::new, |newest| by_category(tenant, newest)));
    let pair = |name: &'static str| {
        let percent = |sums: &BTreeMap<Category, Sum>| sums.get(&Category::from_graph(name)).and_then(share);
        let (first, second) = (percent(&one), percent(&other));
        CategoryPair { name, first, second, difference: first.zip(second).map(|(one, other)| round2(one - other)) }
    };
    format::CATEGORIES.into_iter().map(pair).filter(|pair| pair.first.or(pair.second).is_some()).collect()
}

/// Rows that come on the next page.
fn not_listed(left: usize, turn: Option<usize>) -> Caveat {
    let short = format!("{left} more stand lower{}", page::short(turn));
    Caveat::new(short, format!("Not listed: {left} that stand lower.{}", page::turn_hint(turn)))
}

/// Tenants whose percentage is not known: nothing ranks them, and no sum counts them.
fn without_category(category: Option<CategoryArg>, names: &[&str], unknown: usize) -> Option<Caveat> {
    let names = first_of(names, caveat::NAMED_MAX);
    let what = category.map_or_else(|| "a known maximum".to_owned(), |category| format!("known {} controls", category.word()));
    let tenants = format::count(unknown, "tenant");
    let sentence = format!("{tenants} without {what}, not ranked and not in the average: {names}.");
    (!names.is_empty()).then(|| Caveat::new(format!("without {what}, not ranked: {names}"), sentence))
}

/// Those that have nothing to compare with.
fn without_earlier_day(rows: &[RankedRow], tenants: &[&TenantFacts]) -> Option<Caveat> {
    let held_since =
        |name: &str| tenants.iter().find(|tenant| tenant.name == name).map_or_else(|| name.to_owned(), |tenant| tenant.held_since());
    let names: Vec<String> =
        rows.iter().filter(|row| row.percent.is_some() && row.moved.is_none()).map(|row| held_since(&row.tenant)).collect();
    let names = first_of(&names, caveat::NAMED_MAX);
    let sentence = format!("How these moved is not known, for want of an earlier day: {names}.");
    (!names.is_empty()).then(|| Caveat::new(format!("no earlier day to compare with: {names}"), sentence))
}
