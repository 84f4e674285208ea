//! How does Graph write it? The wire form of a day and of a profile, built for one answer and dropped with it.
//!
//! Only the newest day is rich. Every older one has null descriptions, no evidence, and status templates with
//! empty holes, as real tenants show.

use jiff::civil::Date;
use serde::Serialize;

use super::{
    control::{ControlStanding, SandboxControl, TextSource},
    grammar, hostile,
    known::MeasuredBy,
    seeded_random::SeededRandom,
    story::{SERVICE_PLANS, SERVICES, shift},
    wire::{PeerScore, Score, VENDOR, WireCategory, WireDay, WirePage, WireProfile, WireServicePlan, WireStateUpdate, WireSubscription},
    world::World,
};
use crate::error::{Error, Result};

const SCORES: &str = "https://graph.microsoft.com/v1.0/$metadata#security/secureScores";
const SUBSCRIPTIONS: &str = "https://graph.microsoft.com/v1.0/$metadata#subscribedSkus";
const PROFILES: &str = "https://graph.microsoft.com/v1.0/$metadata#security/secureScoreControlProfiles";

/// One page of days; `newest` is the day that is rich.
pub fn scores(world: &World, newest: Option<i32>, days: &[i32], next: Option<String>) -> Result<Vec<u8>> {
    let value = days.iter().map(|&day| self::day(world, day, newest == Some(day))).collect();
    json(&WirePage { context: SCORES, next, value })
}

/// One day alone.
pub fn score(world: &World, newest: Option<i32>, day: i32) -> Result<Vec<u8>> {
    json(&self::day(world, day, newest == Some(day)))
}

/// One page of the catalogue, as it stands `today`.
pub fn profiles<'a>(
    world: &'a World,
    today: i32,
    controls: impl Iterator<Item = &'a SandboxControl>,
    next: Option<String>,
) -> Result<Vec<u8>> {
    json(&WirePage { context: PROFILES, next, value: controls.map(|control| profile(world, control, today)).collect() })
}

/// One profile alone.
pub fn one_profile(world: &World, today: i32, control: &SandboxControl) -> Result<Vec<u8>> {
    json(&profile(world, control, today))
}

/// What the tenants subscribe to: an edition that is in force, and one that has run out.
pub fn subscriptions(next: Option<String>) -> Result<Vec<u8>> {
    let plan = |&name: &&'static str| WireServicePlan { provisioning_status: "Success", service_plan_name: name };
    let subscription = |name, status, plans: &[&'static str]| WireSubscription {
        capability_status: status,
        service_plans: plans.iter().map(plan).collect(),
        sku_part_number: name,
    };
    let value =
        vec![subscription("SPE_E3_SECURITY", "Enabled", SERVICE_PLANS), subscription("AAD_PREMIUM_P2", "Suspended", &["AAD_PREMIUM_P2"])];
    json(&WirePage { context: SUBSCRIPTIONS, next, value })
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(Error::internal)
}

/// Hundredths as the number they stand for.
fn number(hundredths: u32) -> f64 {
    f64::from(hundredths) / 100.0
}

fn day(world: &World, day: i32, rich: bool) -> WireDay<'_> {
    let date = shift(world.anchor, day);
    let (mut points, mut maximum) = (0, 0);
    let scores = world.scored(day).map(|(control, standing)| {
        points += standing.hundredths;
        maximum += u32::from(standing.worth) * 100;
        if rich { rich_score(world, control, standing, day) } else { hollow_score(control, standing) }
    });
    WireDay {
        control_scores: scores.collect(),
        active_user_count: world.size.users,
        average_comparative_scores: peers(world, day),
        azure_tenant_id: &world.entra_id,
        created_date_time: format!("{date}T00:00:00Z"),
        current_score: number(points),
        enabled_services: SERVICES.iter().filter(|(since, _)| *since <= day).map(|(_, code)| *code).collect(),
        id: format!("{}_{date}", world.entra_id),
        licensed_user_count: 0,
        max_score: number(maximum),
        vendor_information: VENDOR,
    }
}

fn hollow_score(control: &SandboxControl, standing: ControlStanding) -> Score<'_> {
    Score {
        control_category: control.category,
        control_name: &control.id,
        count: None,
        description: None,
        implementation_status: match control.measure {
            MeasuredBy::Switch => "Current state: ".to_owned(),
            MeasuredBy::Share { of, lacking } => format!("You have 0 of 0 {of} {lacking}."),
            MeasuredBy::Tally { before, after } => format!("{before}{after}"),
        },
        last_synced: None,
        on: None,
        score: number(standing.hundredths),
        score_in_percentage: number(standing.percent_hundredths()),
        total: None,
    }
}

fn rich_score<'a>(world: &World, control: &'a SandboxControl, standing: ControlStanding, day: i32) -> Score<'a> {
    let mut chance = SeededRandom::of(world.seed, &control.id);
    let complete = standing.count == standing.total;
    let (count, total, on, status) = match control.measure {
        MeasuredBy::Switch if complete => (None, None, Some("true"), "The setting is as recommended.".to_owned()),
        MeasuredBy::Switch => (None, None, Some("false"), "The setting differs from the recommendation.".to_owned()),
        MeasuredBy::Share { of, lacking } => {
            let missing = standing.total - standing.count;
            let status = format!("You have {missing} of {} {of} {lacking}.", standing.total);
            // Defender for Office 365 writes HTML here.
            let status = if control.service == "MDO" { format!("<p> {status}</p>") } else { status };
            (Some(standing.count.to_string()), Some(standing.total.to_string()), None, status)
        }
        MeasuredBy::Tally { before, after } => {
            let number = if complete { 3 } else { 7 };
            (Some(number.to_string()), None, None, format!("{before}{number}{after}"))
        }
    };
    Score {
        count,
        total,
        on,
        implementation_status: status,
        description: Some(description(control, &mut chance)),
        last_synced: Some(last_synced(world, control, standing, day)),
        ..hollow_score(control, standing)
    }
}

fn description(control: &SandboxControl, chance: &mut SeededRandom) -> String {
    match control.texts {
        TextSource::KnownControl(known) => known.why.to_owned(),
        TextSource::Composed(family) => grammar::why(family.product, &control.title, chance),
        TextSource::Retired => "This action is being retired. Its points count until then.".to_owned(),
        TextSource::Hostile(index) => hostile::description(index),
    }
}

/// When Graph last looked: the day before the snapshot at the latest, for Teams and Entra up to two weeks, unless something moved.
fn last_synced(world: &World, control: &SandboxControl, standing: ControlStanding, day: i32) -> String {
    let mut chance = SeededRandom::of(world.seed ^ 0x5359_4e43, &control.id);
    let moved = control.standing(day - 1) != Some(standing);
    let most = match control.service {
        "MS Teams" => 15,
        "AzureAD" => 6,
        _ => 2,
    };
    let lag = if moved { 0 } else { i32::try_from(chance.below(most + 1)).unwrap_or(0) }.max(1);
    moment(shift(world.anchor, day - lag), &mut chance, "")
}

/// Some time of `date`; `fraction` is written behind the seconds.
fn moment(date: Date, chance: &mut SeededRandom, fraction: &str) -> String {
    let (hour, minute, second) = (chance.below(24), chance.below(60), chance.below(60));
    format!("{date}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// What others reach, moving by a hundredth of a percent a day.
fn peers(world: &World, day: i32) -> Vec<PeerScore> {
    let base = (4_900 + day).clamp(3_000, 6_000).unsigned_abs();
    let all = PeerScore {
        average_score: number(base),
        basis: "AllTenants",
        apps: WireCategory(number(4_581), number(12_083)),
        data: WireCategory(number(37), number(515)),
        device: WireCategory(number(2_067), number(3_504)),
        identity: WireCategory(number(4_121), number(6_188)),
        infrastructure: WireCategory(0.0, 0.0),
        seats: None,
    };
    let size = if world.size.users <= 100 { ("1", "100") } else { ("101", "500") };
    let none = WireCategory(-1.0, -1.0);
    let similar = if world.has_peers {
        PeerScore {
            average_score: number(base + 312),
            basis: "TotalSeats",
            apps: WireCategory(number(5_364), number(14_611)),
            device: WireCategory(number(2_411), number(3_977)),
            seats: Some(size),
            ..all
        }
    } else {
        // What Graph sends when it has no numbers.
        PeerScore {
            average_score: -1.0,
            basis: "TotalSeats",
            apps: none,
            data: none,
            device: none,
            identity: none,
            infrastructure: none,
            seats: Some(size),
        }
    };
    vec![all, similar]
}

fn profile<'a>(world: &'a World, control: &'a SandboxControl, today: i32) -> WireProfile<'a> {
    let mut chance = SeededRandom::of(world.seed ^ 0x5052_4f46, &control.id);
    let rough = [
        Some("Unknown"),
        Some("Unknown"),
        Some("Unknown"),
        Some("Low"),
        Some("low"),
        Some("Medium"),
        Some("medium"),
        Some("Moderate"),
        Some("high"),
        None,
    ];
    let (cost, impact, remediation, bites) = match control.texts {
        TextSource::KnownControl(known) => {
            let steps = known.steps.join("</li> <li>");
            (
                Some(known.effort.0),
                Some(known.effort.1),
                format!("<p>{}</p> <ol> <li>{steps}</li> </ol>", known.why),
                format!("<p>{}</p>", known.bites),
            )
        }
        TextSource::Composed(family) => {
            let bites = chance.pick(&[
                "None.",
                "People may notice the change.",
                "<p>See the <a href=\"https://learn.microsoft.com\" target=\"_blank\">documentation</a>&nbsp;first.</p>",
                "",
            ]);
            (
                chance.pick(&rough).or(Some("Unknown")),
                chance.pick(&rough),
                grammar::steps(family, &control.title, &mut chance),
                bites.to_owned(),
            )
        }
        TextSource::Retired => (None, None, String::new(), String::new()),
        TextSource::Hostile(index) => (Some("<b>Low"), Some("@everyone"), hostile::remediation(index), hostile::description(index)),
    };
    WireProfile {
        action_type: "Config",
        action_url: match control.texts {
            TextSource::Composed(family) => family.portal,
            TextSource::Hostile(_) => "javascript:alert(1)",
            TextSource::KnownControl(_) | TextSource::Retired => "https://security.microsoft.com/securescore",
        },
        azure_tenant_id: &world.entra_id,
        compliance_information: [],
        control_category: control.category,
        control_state_updates: updates(world, control, today),
        deprecated: false,
        id: &control.id,
        implementation_cost: cost,
        last_modified_date_time: None,
        max_score: f64::from(control.worth(today)),
        rank: chance.pick(&[10, 10, 10, 10, 128, 3, 7, 12, 24, 40]),
        remediation,
        remediation_impact: bites,
        service: control.service,
        threats: threats(control.category, &mut chance),
        tier: chance.pick(&["Core", "Core", "Core", "Core", "Core", "Core", "Core", "Defense In Depth", "Advanced"]),
        title: &control.title,
        user_impact: impact,
        vendor_information: VENDOR,
    }
}

/// Graph's words for threats, whose case drifts from profile to profile.
fn threats(category: &str, chance: &mut SeededRandom) -> Vec<&'static str> {
    let account = chance.pick(&["Account breach", "Account breach", "Account Breach"]);
    match category {
        "Identity" => vec![account, chance.pick(&["Password Cracking", "Password cracking", "Elevation of Privilege"])],
        "Data" => vec!["Data Spillage", "Malicious Insider"],
        "Device" => vec![chance.pick(&["Elevation of Privilege", "Data Deletion"]), "Data Exfiltration"],
        _ => vec![account, "Data Exfiltration"],
    }
}

fn updates<'a>(world: &'a World, control: &SandboxControl, today: i32) -> Vec<WireStateUpdate<'a>> {
    let mut chance = SeededRandom::of(world.seed ^ 0x5550_4454, &control.id);
    let untouched = WireStateUpdate { assigned_to: None, comment: None, state: "Default", updated_by: None, updated_date_time: None };
    let mut updates: Vec<_> = world
        .updates
        .iter()
        .filter(|update| update.control == control.id && update.day <= today)
        .map(|update| WireStateUpdate {
            assigned_to: Some(""),
            comment: Some(&update.comment),
            state: update.state,
            updated_by: Some(&update.by),
            updated_date_time: Some(moment(shift(world.anchor, update.day), &mut chance, ".4185203")),
        })
        .collect();
    // The placeholder of an untouched control often stays in front when somebody decides something.
    if updates.is_empty() || chance.below(2) == 0 {
        updates.insert(0, untouched);
    }
    updates
}
