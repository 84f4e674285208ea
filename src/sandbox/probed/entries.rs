//! What do the days and profiles of the two tenants say? As scorewatch assumes, and otherwise.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{super::story::shift, MARK, NAME};

/// How many controls are scored.
const SCORED: usize = 40;
/// How many profiles there are: more than a page of 200 has.
const PLAIN_PROFILES: usize = 462;
const ODD_PROFILES: usize = 60;
/// Days that are held.
const PLAIN_DAYS: i32 = 90;
const ODD_DAYS: i32 = 100;
/// How old the newest of the odd days is.
const ODD_AGE: i32 = 5;
/// A number of users that is found again wherever it is told.
const USERS: u32 = 7_341;
/// What reaches a part of its maximum, in percent.
const PARTS: [f64; 4] = [100.0, 200.0 / 3.0, 100.0 / 3.0, 0.0];

/// Somebody.
pub(super) fn person(number: usize) -> String {
    format!("{MARK}.person{number}@{MARK}.example")
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn category(number: usize) -> &'static str {
    ["Identity", "Apps", "Data", "Device"][number % 4]
}

/// The maximum of a control, in points: none that anybody has ever seen.
fn plain_maximum(number: usize) -> f64 {
    41.37 + number as f64
}

fn odd_maximum(number: usize) -> f64 {
    7_013.125 + 13.0 * number as f64
}

fn id(number: usize) -> String {
    format!("{MARK}_Control{number:03}")
}

/// What only a rich day says of a control.
fn details(number: usize, day: Date) -> Value {
    let status = match number % 3 {
        0 => format!("<p> {MARK} status with 3 of 4</p>"),
        1 => format!("{MARK} has 3 of 4 users."),
        _ => String::new(),
    };
    let mut details = json!({
        "description": format!("{MARK} words of control {number}{}", if number.is_multiple_of(2) { "<br/>" } else { "" }),
        "implementationStatus": status,
        "lastSynced": format!("{}T13:04:06Z", shift(day, -1)),
    });
    if number.is_multiple_of(2) {
        details["count"] = json!("3");
        details["total"] = json!("4");
    } else {
        details["on"] = json!(if number.is_multiple_of(3) { "true" } else { "false" });
    }
    details
}

fn over(mut entry: Value, more: Value) -> Value {
    if let (Some(entry), Value::Object(more)) = (entry.as_object_mut(), more) {
        entry.extend(more);
    }
    entry
}

/// Ninety days, the newest first and alone with details.
pub(super) fn plain_days(tenant: &str, today: Date) -> Vec<Value> {
    (0..PLAIN_DAYS).map(|back| plain_day(tenant, shift(today, -back), back == 0)).collect()
}

fn plain_day(tenant: &str, day: Date, rich: bool) -> Value {
    let score = |number: usize| {
        let (part, maximum) = (PARTS[number % 4], plain_maximum(number));
        rounded(maximum * part / 100.0)
    };
    let controls = (0..SCORED).map(|number| {
        let hollow = json!({
            "controlCategory": category(number), "controlName": id(number), "description": null,
            "implementationStatus": if number.is_multiple_of(2) { "You have 0 of 0 users." } else { "current status: " },
            "score": score(number), "scoreInPercentage": rounded(score(number) * 100.0 / plain_maximum(number)),
        });
        if rich { over(hollow, details(number, day)) } else { hollow }
    });
    let peer = |basis: &str, more: Value| {
        let usual = json!({
            "basis": basis, "averageScore": 47.31, "appsScore": 45.83, "appsScoreMax": 120.87, "dataScore": 0.37, "dataScoreMax": 5.17,
            "deviceScore": 20.67, "deviceScoreMax": 35.07, "identityScore": 41.23, "identityScoreMax": 61.87, "infrastructureScore": 0.0,
            "infrastructureScoreMax": 0.0,
        });
        over(usual, more)
    };
    json!({
        "activeUserCount": USERS, "licensedUserCount": 0, "azureTenantId": tenant, "createdDateTime": format!("{day}T00:00:00Z"),
        "id": format!("{tenant}_{day}"), "controlScores": controls.collect::<Vec<_>>(),
        "currentScore": rounded((0..SCORED).map(score).sum()), "maxScore": rounded((0..SCORED).map(plain_maximum).sum()),
        "averageComparativeScores": [
            peer("AllTenants", json!({})),
            peer("TotalSeats", json!({"SeatSizeRangeLowerValue": "7307", "SeatSizeRangeUpperValue": "7399"})),
        ],
        "enabledServices": ["HasAADP1", "HasAADP2", "HasOCAS", "HasM365E5", "HasSPOP2"],
        "vendorInformation": {"provider": "SecureScore", "providerVersion": null, "subProvider": null, "vendor": "Microsoft"},
    })
}

/// Days with details on each, the oldest first, the newest some days old; one twice, one missing, none at midnight.
pub(super) fn odd_days(tenant: &str, today: Date) -> Vec<Value> {
    let mut days: Vec<Value> =
        (ODD_AGE..ODD_AGE + ODD_DAYS).rev().filter(|back| *back != 9).map(|back| odd_day(tenant, shift(today, -back), back)).collect();
    days.extend(days.last().cloned());
    days
}

fn odd_day(tenant: &str, day: Date, back: i32) -> Value {
    let score = |number: usize| odd_maximum(number) * PARTS[number % 4] / 100.0;
    let controls = (0..SCORED).map(|number| {
        let name = if number == 7 { format!("{MARK} Control/ü") } else { id(number).to_uppercase() };
        let hollow = json!({
            "controlCategory": match number { 5 => "Network", 6 => NAME, _ => category(number) }, "controlName": name, "score": score(number),
            "scoreInPercentage": PARTS[number % 4] * 0.97, "isApplicable": true, format!("{MARK}.member"): 1, NAME: 1,
        });
        let more = over(hollow, details(number, day));
        let typed = if number.is_multiple_of(2) { json!({"count": 3, "total": 4, "on": null}) } else { json!({"on": true}) };
        over(more, over(typed, json!({"lastSynced": format!("{}T13:04:06Z", shift(day, -20))})))
    });
    let mut controls: Vec<Value> = controls.collect();
    if let Some(first) = controls.first_mut() {
        first["description"] = Value::Null;
    }
    controls.push(json!({"controlName": id(1), "score": 0, "scoreInPercentage": 0}));
    let points = (0..SCORED).map(score).sum::<f64>() * 1.0317;
    let time = if back % 2 == 0 { "06:30:00.25Z" } else { "08:30:00+02:00" };
    let mut day = json!({
        "activeUserCount": "-1", "licensedUserCount": 9_113, "azureTenantId": tenant, "createdDateTime": format!("{day}T{time}"),
        "id": format!("{MARK}-{back}"), "controlScores": controls, "currentScore": format!("{points:.5}"), "maxScore": 912_345.678,
        "enabledServices": ["Skype", MARK, "HasAADP1"],
        "vendorInformation": {"provider": MARK, "providerVersion": "1.7", "vendor": "Microsoft"},
        "scoreState": "final",
    });
    if back < 20 {
        day["averageComparativeScores"] = json!([
            {"basis": "AllTenants", "averageScore": 289.5123, "appsScore": -1, "appsScoreMax": -1},
            {"basis": "TotalSeats", "averageScore": -1, "seatSizeRangeLowerValue": 7_307, "seatSizeRangeUpperValue": 7_399},
            {"basis": "IndustryTypes", "averageScore": 47.3111, "categoryValue": MARK},
        ]);
        day["enabledServices"] = json!(["Skype", MARK, "HasCopilotP3", format!("Has{NAME}"), format!("Has{MARK}")]);
    }
    day
}

/// What all profiles have.
fn profile(tenant: &str, number: usize, maximum: f64) -> Value {
    json!({
        "id": id(number), "azureTenantId": tenant, "actionType": "Config", "actionUrl": format!("https://{MARK}.example/{number}"),
        "complianceInformation": [], "controlCategory": category(number),
        "controlStateUpdates": [{"assignedTo": null, "comment": null, "state": "Default", "updatedBy": null, "updatedDateTime": null}],
        "deprecated": false, "implementationCost": "Low", "lastModifiedDateTime": null, "maxScore": maximum, "rank": number % 20,
        "remediation": format!("<p>{MARK} steps</p>"), "remediationImpact": format!("{MARK} impact"), "service": "AzureAD",
        "threats": ["Account breach"], "tier": "Core", "title": format!("{MARK} title {number}"), "userImpact": "Moderate",
        "vendorInformation": {"provider": "SecureScore", "providerVersion": null, "subProvider": null, "vendor": "Microsoft"},
    })
}

/// Somebody's decision.
fn update(state: &str, day: Date, number: usize) -> Value {
    json!({
        "assignedTo": "", "comment": format!("{MARK} comment {number}"), "state": state, "updatedBy": person(number),
        "updatedDateTime": format!("{day}T22:37:14.628799Z"),
    })
}

/// More profiles than a page has, with decisions in known words, the oldest first.
pub(super) fn plain_profiles(tenant: &str, today: Date) -> Vec<Value> {
    let profiles = (0..PLAIN_PROFILES).filter(|number| *number != SCORED - 1).map(|number| {
        let mut profile = profile(tenant, number, plain_maximum(number));
        let state = ["Ignored", "ThirdParty", "Reviewed"].get(number).copied();
        if let Some(state) = state {
            profile["controlStateUpdates"] = json!([update("Default", shift(today, -30), number), update(state, shift(today, -7), number)]);
        }
        profile
    });
    profiles.collect()
}

/// Profiles with new words, other types and decisions with the newest first.
pub(super) fn odd_profiles(tenant: &str, today: Date) -> Vec<Value> {
    let profiles = (0..ODD_PROFILES).map(|number| {
        let mut profile = profile(tenant, number, odd_maximum(number));
        let states = ["AlternateMitigation", "riskAccepted", MARK, "ignored", NAME];
        // Each twice: more than nine, where `plain` has fewer.
        if let Some(state) = states.iter().cycle().take(2 * states.len()).nth(number) {
            profile["controlStateUpdates"] = json!([update(state, shift(today, -7), number), update("Default", shift(today, -30), number)]);
            profile["controlStateUpdates"][0]["note"] = json!(MARK);
            profile["controlStateUpdates"][0][NAME] = json!(MARK);
        }
        let odd = json!({
            "maxScore": odd_maximum(number).to_string(), "rank": number, "tags": [MARK], format!("{NAME}Risk"): MARK, "deprecated": "false",
            "complianceInformation": [{"certificationName": MARK}], "lastModifiedDateTime": format!("{today}T00:00:00Z"),
            "tier": match number % 3 { 0 => "Premium", 1 => NAME, _ => "Core" }, "actionType": "ProviderGenerated", "userImpact": MARK,
            "implementationCost": "None", "threats": ["Account breach", "Lateral Movement", "tokenTheft", NAME], "service": format!("{MARK}_App{}", number % 3),
            "controlCategory": if number.is_multiple_of(4) { "Identity" } else { "Posture" },
        });
        over(profile, odd)
    });
    profiles.collect()
}
