//! Which averages of other tenants come, and in which shapes?

use serde_json::Value;

use super::{
    known,
    observed::{Observations, list, number, text},
    point::{ProbeFinding, ProbePoint, Section},
    requests::RequestKey,
    tally::WordTally,
};
use crate::text::count;

const HERE: Section = Section::Peers;
const PEERS: &str = "averageComparativeScores";
/// Categories that an average is told for.
const CATEGORIES: [&str; 5] = ["apps", "data", "device", "identity", "infrastructure"];
/// Graph's word for "no data".
const NO_DATA: f64 = -1.0;

/// What is said about averages of others.
pub(super) fn points(seen: &Observations) -> Vec<ProbePoint> {
    let newest = |found: fn(&[&Value]) -> ProbeFinding| ProbeFinding::of(seen.newest(), |days| with_peers(&days, found));
    vec![
        HERE.point("peers.basis", "basis of the averages, newest day", newest(bases)),
        HERE.point("peers.averageScore", "averageScore is a percentage", newest(percentages)),
        HERE.point("peers.categories", "numbers of categories", newest(categories)),
        HERE.point("peers.seats", "range of seats", newest(seats)),
        HERE.point("peers.quotient", "averageScore is the quotient of the categories' sums", newest(quotient)),
        HERE.point("peers.older", "days with averages", ProbeFinding::of(seen.entries(RequestKey::Ninety), |days| older(&days))),
    ]
}

fn with_peers(days: &[&Value], found: fn(&[&Value]) -> ProbeFinding) -> ProbeFinding {
    let peers: Vec<&Value> = days.iter().take(1).flat_map(|day| list(day, PEERS)).collect();
    if peers.is_empty() { ProbeFinding::Unanswered("the newest day has no averages".to_owned()) } else { found(&peers) }
}

fn bases(peers: &[&Value]) -> ProbeFinding {
    let basis = |peer: &&Value| if text(peer, "basis").is_some() { known::BASIS.of(peer) } else { "absent".to_owned() };
    let tally: WordTally = peers.iter().map(basis).collect();
    let usual = tally.all(|basis| basis == "AllTenants" || basis == "TotalSeats");
    ProbeFinding::judged(tally.words("none"), usual, "AllTenants and TotalSeats only")
}

fn percentages(peers: &[&Value]) -> ProbeFinding {
    let class = |peer: &&Value| match number(peer, "averageScore") {
        None => "absent",
        Some(NO_DATA) => "-1 for no data",
        Some(score) if score < 0.0 => "another negative number",
        Some(score) if score <= 100.0 => "0 to 100",
        Some(_) => "above 100",
    };
    let tally: WordTally = peers.iter().map(class).collect();
    ProbeFinding::judged(
        tally.words("none"),
        tally.all(|class| class == "0 to 100" || class == "-1 for no data"),
        "0 to 100, or -1 for no data",
    )
}

fn categories(peers: &[&Value]) -> ProbeFinding {
    let members = CATEGORIES.iter().flat_map(|category| [format!("{category}Score"), format!("{category}ScoreMax")]);
    let members: Vec<String> = members.collect();
    let class = |number: Option<f64>| match number {
        None => "absent",
        Some(NO_DATA) => "-1 for no data",
        Some(number) if number < 0.0 => "another negative number",
        Some(0.0) => "0",
        Some(_) => "above 0",
    };
    let tally: WordTally = peers.iter().flat_map(|peer| members.iter().map(|member| class(number(peer, member)))).collect();
    ProbeFinding::judged(
        tally.words("none"),
        tally.of("absent") + tally.of("another negative number") == 0,
        "all are there; -1 for no data",
    )
}

fn seats(peers: &[&Value]) -> ProbeFinding {
    let class = |peer: &&Value| {
        let capital = peer.get("SeatSizeRangeLowerValue");
        let small = peer.get("seatSizeRangeLowerValue");
        match (capital, small) {
            (Some(Value::String(_)), _) => "texts, with a capital S",
            (Some(Value::Number(_)), _) => "numbers, with a capital S",
            (None, Some(Value::String(_))) => "texts, with a small s",
            (None, Some(Value::Number(_))) => "numbers, with a small s",
            (Some(_), _) | (None, Some(_)) => "neither texts nor numbers",
            (None, None) => "absent",
        }
    };
    let tally: WordTally = peers.iter().filter(|peer| text(peer, "basis") == Some("TotalSeats")).map(class).collect();
    if tally.is_empty() {
        return ProbeFinding::Unanswered("no average is of tenants of this size".to_owned());
    }
    ProbeFinding::judged(tally.words("none"), tally.all(|class| class == "texts, with a capital S"), "texts, with a capital S")
}

fn quotient(peers: &[&Value]) -> ProbeFinding {
    let sum = |peer: &Value, ending: &str| -> Option<f64> {
        CATEGORIES.iter().map(|category| number(peer, &format!("{category}{ending}")).filter(|number| *number >= 0.0)).sum()
    };
    let of = |peer: &&Value| {
        let (score, maximum) = (sum(peer, "Score")?, sum(peer, "ScoreMax").filter(|maximum| *maximum > 0.0)?);
        let average = number(peer, "averageScore").filter(|average| *average >= 0.0)?;
        Some(if (score * 100.0 / maximum - average).abs() <= 0.05 { "yes" } else { "no" })
    };
    let tally: WordTally = peers.iter().filter_map(of).collect();
    if tally.is_empty() {
        return ProbeFinding::Unanswered("no average has all these numbers".to_owned());
    }
    ProbeFinding::judged(tally.words("none"), tally.of("yes") == 0, "no: it is a mean of percentages")
}

fn older(days: &[&Value]) -> ProbeFinding {
    if days.is_empty() {
        return ProbeFinding::Unanswered("the tenant has no day".to_owned());
    }
    let with = days.iter().filter(|day| !list(day, PEERS).is_empty()).count();
    ProbeFinding::judged(format!("{with} of {}", count(days.len(), "day")), with == days.len(), "every day has them")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::probe::sample::{days, found, observed};

    #[expect(clippy::needless_pass_by_value, reason = "it is written where it is used")]
    fn told(peers: Value, key: &str) -> ProbeFinding {
        found(points(&observed(days(json!([{ "averageComparativeScores": peers }])))), key)
    }

    fn all_categories(score: f64, maximum: f64) -> Value {
        let members =
            CATEGORIES.iter().flat_map(|name| [(format!("{name}Score"), json!(score)), (format!("{name}ScoreMax"), json!(maximum))]);
        let mut peer = Value::Object(members.collect());
        peer["basis"] = json!("AllTenants");
        peer["averageScore"] = json!(52.86);
        peer
    }

    #[test]
    fn averages_are_percentages_of_known_bases_or_not() {
        let usual = all_categories(20.0, 50.0);
        for (key, odd) in [
            ("peers.basis", json!([{"basis": "IndustryTypes", "averageScore": 1}])),
            ("peers.averageScore", json!([{"basis": "AllTenants", "averageScore": 289.0}])),
            ("peers.categories", json!([{"basis": "AllTenants"}])),
            (
                "peers.quotient",
                json!([{"appsScore": 1, "appsScoreMax": 2, "dataScore": 0, "dataScoreMax": 0, "deviceScore": 0, "deviceScoreMax": 0,
                "identityScore": 0, "identityScoreMax": 0, "infrastructureScore": 0, "infrastructureScoreMax": 0, "averageScore": 50.0}]),
            ),
        ] {
            assert!(matches!(told(json!([usual]), key), ProbeFinding::AsAssumed(_)), "{key}");
            assert!(matches!(told(odd, key), ProbeFinding::Otherwise(..)), "{key}");
        }
        assert_eq!(told(json!([{"averageScore": -1}]), "peers.averageScore"), ProbeFinding::AsAssumed("-1 for no data (1)".to_owned()));
        assert!(matches!(told(json!([]), "peers.basis"), ProbeFinding::Unanswered(_)));
    }

    #[test]
    fn seats_are_texts_or_numbers() {
        let seats = |member: &str, value: Value| told(json!([{"basis": "TotalSeats", member: value}]), "peers.seats");
        assert!(matches!(seats("SeatSizeRangeLowerValue", json!("1")), ProbeFinding::AsAssumed(_)));
        assert_eq!(
            seats("seatSizeRangeLowerValue", json!(1)),
            ProbeFinding::Otherwise("numbers, with a small s (1)".to_owned(), "texts, with a capital S")
        );
        assert!(matches!(seats("other", json!(1)), ProbeFinding::Otherwise(..)));
    }

    #[test]
    fn older_days_have_averages_or_not() {
        let told = |second: Value| found(points(&observed(days(json!([{"averageComparativeScores": [{}]}, second])))), "peers.older");
        assert_eq!(told(json!({"averageComparativeScores": [{}]})), ProbeFinding::AsAssumed("2 of 2 days".to_owned()));
        assert!(matches!(told(json!({})), ProbeFinding::Otherwise(..)));
    }
}
