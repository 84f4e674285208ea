//! How does one tenant stand beside Microsoft's averages, whole and by category?

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    CompareScoresArgs, follow_ups, show,
    standing::{Standing, by_category, days, share},
};
use crate::{
    error::Result,
    score::{Category, Peer, Snapshot, Sum},
    skills::{
        Facts, TenantFacts,
        caveat::{self, Caveat},
        follow_ups::CardFrame,
        format,
        format::round2,
        fresh::Stale,
        link::{Link, Titled},
        peer::{self, PeerName},
    },
};

/// The categories that Microsoft documents.
const CATEGORIES: [Category; 5] = [Category::Identity, Category::Data, Category::Device, Category::Apps, Category::Infrastructure];

/// Where others can have fewer points in a category than this on average, most of them are hardly scored there: their share says little.
const FEW: f64 = 10.0;

/// How a tenant stands beside others.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PeerComparison {
    /// The tenant; absent when the question is about several.
    pub(super) tenant: String,
    /// The day of the score (UTC).
    pub(super) day: String,
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// Points had.
    pub(super) points: f64,
    /// Points that could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum: Option<f64>,
    /// Percent of the maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent: Option<f64>,
    /// The earlier day that it is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<String>,
    /// Points gained or lost since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) moved: Option<f64>,
    /// The same in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent_moved: Option<f64>,
    /// Microsoft's averages of other tenants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) peers: Vec<ComparedPeer>,
    /// By category, each in percent of its own maximum.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) categories: Vec<ComparedCategory>,
    /// What is missing, or needs care.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub(super) notes: Vec<Caveat>,
    #[serde(flatten)]
    link: Titled,
    /// What tenants of this size are called.
    #[serde(skip)]
    pub(super) same_size: Option<String>,
    #[serde(skip)]
    pub(super) as_of: String,
    #[serde(skip)]
    pub(super) frame: CardFrame,
}

/// An average of others.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComparedPeer {
    /// Which tenants.
    pub(super) group: String,
    /// Their average in percent.
    pub(super) percent: f64,
    /// The tenant's percent less theirs, in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ahead: Option<f64>,
    #[serde(skip)]
    pub(super) label: String,
}

/// A category of the tenant and of others. Theirs is their average points over their average maximum.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComparedCategory {
    /// identity, data, device, apps or infrastructure.
    pub(super) name: &'static str,
    /// The tenant's percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) percent: Option<f64>,
    /// Percent of all tenants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) all_tenants: Option<f64>,
    /// The tenant's percent less that, in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ahead_of_all: Option<f64>,
    /// Percent of tenants of this size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) same_size: Option<f64>,
    /// The tenant's percent less that, in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ahead_of_size: Option<f64>,
    /// True where the others can have so few points in it that their percent hardly compares.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) few_points: bool,
}

/// How the one `tenant` stands beside others.
pub(super) fn one(facts: &Facts, tenant: &TenantFacts, args: &CompareScoresArgs) -> Result<PeerComparison> {
    let (since, newest) = (args.since()?, tenant.newest()?);
    let standing = Standing::of(tenant, since, None);
    let percent = standing.map(|standing| standing.percent());
    let peers: Vec<ComparedPeer> = peer::shown(newest).map(|peer| compared(peer, percent)).collect();
    let ours = by_category(tenant, newest);
    let categories = categories(&ours, newest, args);
    let stale = Stale::of(newest.day, facts.today);
    let mut notes: Vec<Caveat> = stale.iter().map(Stale::note).collect();
    notes.extend(facts.all.then(only_one));
    notes.extend(show::not_held(since, tenant, newest));
    notes.extend((!newest.controls_known).then(|| caveat::controls_unknown(&[newest.day])).flatten());
    notes.extend(
        args.category
            .filter(|_| newest.controls_known && categories.iter().all(|row| row.percent.is_none()))
            .map(|category| caveat::none_of(&category.word())),
    );
    notes.extend(unknown_maxima(&ours));
    notes.extend(without_peers(newest, &categories));
    notes.extend(few_points(&categories));
    let has_industry = newest.peer(Peer::SAME_INDUSTRY).is_some();
    notes.push(show::not_given(has_industry));
    let title = format!("{} and other tenants", tenant.name);
    Ok(PeerComparison {
        tenant: tenant.name.clone(),
        day: newest.day.to_string(),
        asked: Stale::asked(stale.as_ref()),
        read: tenant.read_at.map(format::minute),
        points: round2(newest.points),
        maximum: standing.map(|standing| round2(standing.maximum)),
        percent,
        since: days(tenant, since).and_then(|(before, _)| Some(before?.to_string())),
        moved: standing.and_then(|standing| standing.moved()),
        percent_moved: standing.and_then(|standing| standing.percent_moved()),
        same_size: newest.peer(Peer::SAME_SIZE).map(|peer| PeerName::of(peer).group),
        link: facts
            .portal(tenant)
            .map(|portal| Link::new(subtitle(percent, &peers), portal.score()).titled(title.clone()))
            .unwrap_or_default(),
        peers,
        categories,
        notes,
        as_of: format::as_of(tenant, newest.day),
        frame: CardFrame::of(tenant, title, stale, follow_ups::of_one(if facts.all { facts.many() } else { &tenant.name }, since, args)),
    })
}

fn compared(peer: &Peer, ours: Option<f64>) -> ComparedPeer {
    let PeerName { group, label } = PeerName::of(peer);
    let percent = round2(peer.percent);
    ComparedPeer { group, percent, ahead: ours.map(|ours| round2(ours - percent)), label }
}

/// Each category of which anything is known, ours beside theirs.
fn categories(ours: &BTreeMap<Category, Sum>, newest: &Snapshot, args: &CompareScoresArgs) -> Vec<ComparedCategory> {
    let points = |basis: &str, category: &Category| newest.peer(basis)?.categories.get(category);
    let theirs = |basis: &str, category: &Category| points(basis, category).map(|points| round2(points.percent()));
    let wanted = |category: &&Category| args.category.is_none_or(|wanted| wanted.is(category));
    let row = |category: &Category| {
        let percent = ours.get(category).and_then(share);
        let (all_tenants, same_size) = (theirs(Peer::ALL_TENANTS, category), theirs(Peer::SAME_SIZE, category));
        let ahead = |theirs: Option<f64>| percent.zip(theirs).map(|(ours, theirs)| round2(ours - theirs));
        let name = format::CATEGORIES.into_iter().find(|name| *name == category.word()).unwrap_or_default();
        let is_few = |basis: &str| points(basis, category).is_some_and(|points| points.maximum < FEW);
        let few_points = is_few(Peer::ALL_TENANTS) || is_few(Peer::SAME_SIZE);
        ComparedCategory {
            name,
            percent,
            all_tenants,
            ahead_of_all: ahead(all_tenants),
            same_size,
            ahead_of_size: ahead(same_size),
            few_points,
        }
    };
    let rows = CATEGORIES.iter().filter(wanted).map(row);
    rows.filter(|row| row.percent.or(row.all_tenants).or(row.same_size).is_some()).collect()
}

/// That shares leave out controls; `None` where they leave out none.
fn unknown_maxima(ours: &BTreeMap<Category, Sum>) -> Option<Caveat> {
    let sums = CATEGORIES.iter().filter_map(|category| ours.get(category));
    let unknown: usize = sums.map(|sum| sum.unknown + sum.unsaid).sum();
    let controls = format::count(unknown, "control");
    let sentence = format!("Percentages of categories leave out {controls} of unknown points or maximum.");
    (unknown > 0).then(|| Caveat::new(format!("categories without {controls} of unknown points or maximum"), sentence))
}

/// What Microsoft did not say of others.
fn without_peers(newest: &Snapshot, categories: &[ComparedCategory]) -> Option<Caveat> {
    if newest.peers.is_empty() {
        let sentence = "Microsoft provides no averages of other tenants for this day.";
        return Some(Caveat::new("averages of other tenants: not provided for this day", sentence));
    }
    let silent = !categories.is_empty() && categories.iter().all(|row| row.all_tenants.or(row.same_size).is_none());
    let sentence = "How other tenants stand by category is not known for this day.";
    silent.then(|| Caveat::new("other tenants by category: not known for this day", sentence))
}

/// That others can have hardly any points in a category, so that their percentage says little.
fn few_points(categories: &[ComparedCategory]) -> Option<Caveat> {
    let names: Vec<&str> = categories.iter().filter(|row| row.few_points).map(|row| row.name).collect();
    let names = names.join(", ");
    let short = format!("? = hardly comparable: others can have fewer than {FEW} points there on average");
    let sentence = format!("In {names} others can have fewer than {FEW} points on average: their percentage hardly compares.");
    (!names.is_empty()).then(|| Caveat::new(short, sentence))
}

/// That there is nobody to rank.
fn only_one() -> Caveat {
    Caveat::new("only one tenant is visible to you: nothing to rank", "Only one tenant is visible to you, so there is nothing to rank.")
}

fn subtitle(percent: Option<f64>, peers: &[ComparedPeer]) -> String {
    let ours = percent.map_or_else(|| "no percentage is known".to_owned(), |percent| format!("{percent} %"));
    let theirs = peers.iter().map(|peer| format!(", {} {} %", peer.group, peer.percent));
    format!("{ours}{}", theirs.collect::<String>())
}
