//! Do the prompts work to the letter? Each call that they name is made through MCP on the sandbox's tenants, and what they tell to write is in the answers.

use regex::Regex;
use scorewatch::{
    prompts::{ALL as PROMPTS, Prompt},
    skills::{ALL, Entry},
};
use serde_json::{Map, Value, json};

use crate::mcp::{House, at_the_end_of_the_story, house_at};

/// What each prompt is given, beside the tenant.
const GIVEN: [(&str, &[(&str, &str)]); 7] = [
    ("posture_brief", &[]),
    ("explain_drop", &[("since", "yesterday")]),
    ("incident_root_cause", &[("incident", "Stolen password, then mail forwarding rules")]),
    ("risk_review", &[]),
    ("sprint_plan", &[("items", "5"), ("target", "5 more percent")]),
    ("compare_tenants", &[("tenant", "contoso,fabrikam")]),
    ("board_summary", &[("since", "30")]),
];

/// What each prompt tells to write, as regular expressions: in the answer of its call of this place (from 0).
const FACTS: &[(&str, usize, &[&str])] = &[
    (
        "posture_brief",
        0,
        &[
            r"(?m)^contoso \d{4}-\d\d-\d\d: [\d.]+ of \d+ points \([\d.]+ %\)",
            r"since \d{4}-\d\d-\d\d -[\d.]+ points \(-[\d.]+ pp; maximum \+7\)",
            r"worse in the tenant: 2 controls, -[\d.]+",
            r#"AdminMFAV2 ".*" -3\.33: "You have 4 of 12"#,
            r"Microsoft's doing: 1 new, .*, -0\.5 points, maximum \+7, alone -[\d.]+ pp",
            r"5 accepted risks, 2 expired, 16\.58 points forgone; 1 new, 1 taken back, 1 expired since",
            r"new: exo_outlookaddins ",
            r"expired \d{4}-\d\d-\d\d: OneAdmin ",
            r"taken back \d{4}-\d\d-\d\d: meeting_",
            r#"exo_transport_allow_list ".*" 8, low, low"#,
            r"together 19\.8 points, \+1\.58 pp",
            r"left out: 2 not licensed as far as known",
        ],
    ),
    (
        "explain_drop",
        0,
        &[
            r" \d{4}-\d\d-\d\d against \d{4}-\d\d-\d\d: .*[\d.]+ to [\d.]+ % \(-[\d.]+ pp: -[\d.]+ by points, -[\d.]+ by the larger maximum\)",
            r"worse in the tenant: 2 controls, -4\.33 points; better: 1, \+0\.25; Microsoft's doing: .*\+1\.5 points",
            r"(?m)^AdminMFAV2 .*: 10 to 6\.67 of 10: .*You have",
            r"(?m)^spo_idle_session_timeout .*: 1 to 0 of 1: .*The setting",
            r"(?m)^new aad_phishing_mfa_strength ",
            r"(?m)^other maximum mdo_safeattachments ",
        ],
    ),
    ("explain_drop", 1, &["AdminMFAV2", r"[\d.]+ of \d+ points", "(?m)^fix: "]),
    ("incident_root_cause", 0, &["(open or accepted)", "; risk accepted", r"\+[\d.]+ of \d"]),
    ("incident_root_cause", 1, &["(open or accepted)"]),
    ("incident_root_cause", 4, &["listed: ", "lost points", "AdminMFAV2"]),
    ("incident_root_cause", 5, &["(?m)^threats: ", "(?m)^fix: "]),
    (
        "risk_review",
        0,
        &[
            "5 accepted risks, 16.58 points forgone; 2 expired",
            r"expired \d{4}-",
            r"accepted \d{4}-\d\d-\d\d by [a-z.]+@",
            "no end",
            r#": "Legacy scanners"#,
        ],
    ),
    ("risk_review", 1, &["2 expired acceptances, 1.58 points forgone"]),
    ("risk_review", 2, &["within 30 days", "exo_outlookaddins"]),
    ("risk_review", 3, &["(?m)^fix: "]),
    ("sprint_plan", 0, &["least effort: ", r"(?m)^1\. ", r"(?m)^5\. ", "effort low, user impact low", "not in the plan: 5 risk accepted"]),
    ("sprint_plan", 1, &["(?m)^threats: ", "(?m)^fix: ", r"of \d+ points"]),
    ("sprint_plan", 2, &[r"[\d.]+ of \d+ points \([\d.]+ %\)", r"controls done: \+[\d.]+ points to [\d.]+ \([\d.]+ %\)"]),
    (
        "compare_tenants",
        0,
        &[
            "2 tenants, best first",
            "weighted",
            r"Microsoft's average of all tenants [\d.]+ %",
            r"(?m)^1\. fabrikam",
            r"\+[\d.]+ points \(\+[\d.]+ pp\)",
            r"identity [\d.]+ % and [\d.]+ %",
            "neither industry nor percentile",
        ],
    ),
    ("compare_tenants", 1, &["largest change first", r"contoso .*worse in the tenant: .*Microsoft's doing: ", "most: "]),
    ("board_summary", 0, &[r"[\d.]+ % \(", r"[+-][\d.]+ pp", r"since \d{4}-", r"all tenants [\d.]+ %", r"101-500 seats [\d.]+ %"]),
    ("board_summary", 1, &[r"worse in the tenant: \d+ control", r"better: \d+, \+", "Microsoft's doing: "]),
    ("board_summary", 2, &["5 accepted risks, 16.58 points forgone; 2 expired"]),
    ("board_summary", 3, &[r"target 60 % \(none asked", r"least effort: \d+ controls", "user impact low"]),
];

/// A call that a prompt names: `score_changes` with since week and limit 25.
struct Step {
    skill: &'static Entry,
    args: Map<String, Value>,
    /// Once for each category.
    each_category: bool,
}

/// The calls that `prompt` names, with what it was `given`.
fn steps(prompt: &Prompt, given: &[(&str, &str)]) -> Vec<Step> {
    let mut parts = prompt.body.split('`').skip(1);
    let mut steps = Vec::new();
    let sentence_end = Regex::new(r"[.:;](\s|$)").unwrap();
    while let (Some(name), Some(words)) = (parts.next(), parts.next()) {
        let skill = ALL.iter().find(|skill| skill.name == name).unwrap();
        // What stands behind a colon or a full stop explains the answer.
        let end = sentence_end.find(words).map_or(words.len(), |end| end.start());
        let sentence = &words[..end];
        let words: Vec<&str> = sentence.split_whitespace().map(|word| word.trim_matches(',')).collect();
        let value = |at: usize| match words[at - 1] {
            "that" => given.iter().find(|(name, _)| *name == words[at]).unwrap().1,
            _ => words[at + 1],
        };
        let named = |at: &usize| sentence.starts_with(" with ") && skill.options.iter().any(|option| option.name == words[*at]);
        let args = (1..words.len()).filter(named).map(|at| (words[at].to_owned(), Value::from(value(at)))).collect();
        steps.push(Step { skill, args, each_category: sentence.ends_with("for each of these categories") });
    }
    steps
}

/// The ids that the rows of `answer` begin with.
fn ids(answer: &str) -> Vec<String> {
    let row = Regex::new(r#"(?m)^(?:\d+\. )?([A-Za-z0-9_.]+) ""#).unwrap();
    row.captures_iter(answer).map(|row| row[1].to_owned()).collect()
}

/// All answers to what `prompt` tells to ask, in order.
async fn answers(house: &House, prompt: &Prompt, given: &[(&str, &str)]) -> Vec<String> {
    let tenant = given.iter().find(|(name, _)| *name == "tenant").map_or("contoso", |(_, tenant)| tenant);
    let mut answers: Vec<String> = Vec::new();
    for Step { skill, args, each_category } in steps(prompt, given) {
        let categories: &[Option<&str>] =
            if each_category { &[Some("identity"), Some("data"), Some("device"), Some("apps")] } else { &[None] };
        for category in categories {
            let mut args = args.clone();
            args.insert("tenant".to_owned(), tenant.into());
            args.extend(category.map(|category| ("category".to_owned(), category.into())));
            let found: Vec<String> = answers.iter().flat_map(|answer| ids(answer)).collect();
            if skill.options.iter().any(|option| option.required) {
                args.insert("name".to_owned(), json!(found[0]));
            }
            if args.get("controls") == Some(&json!("naming")) {
                args.insert("controls".to_owned(), json!(found[..5].join("; ")));
            }
            let result = house.call(skill.name, args.clone().into()).await;
            let text = result["content"][0]["text"].as_str().unwrap().to_owned();
            assert!(result["isError"] != true, "{}: {} {args:?}: {text}", prompt.head.name, skill.name);
            answers.push(text);
        }
    }
    answers
}

#[tokio::test]
async fn every_call_can_be_made_and_every_fact_is_in_its_answer() {
    let house = house_at(at_the_end_of_the_story, |_| ()).await;
    let mut wrong = Vec::new();
    for prompt in PROMPTS.iter() {
        let (name, given) = GIVEN.iter().find(|(name, _)| *name == prompt.head.name).unwrap();
        let answers = answers(&house, prompt, given).await;
        let facts: Vec<_> = FACTS.iter().filter(|(of, ..)| of == name).collect();
        assert!(!facts.is_empty(), "{name}");
        for (_, at, facts) in facts {
            let answer = answers.get(*at).unwrap_or_else(|| panic!("{name} has no call {at}"));
            let missing = facts.iter().filter(|fact| !Regex::new(fact).unwrap().is_match(answer));
            wrong.extend(missing.map(|fact| format!("{name}, call {at}: no `{fact}` in\n{answer}")));
        }
        if *name == "explain_drop" {
            wrong.extend(not_summing_up(&answers[0]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

/// That the causes of a move make the move, which a prompt says; `None` where they do.
fn not_summing_up(answer: &str) -> Option<String> {
    let number = |pattern: &str| -> f64 { Regex::new(pattern).unwrap().captures(answer).map_or(0.0, |found| found[1].parse().unwrap()) };
    let moved = number(r"points \(([+-][\d.]+)");
    let causes = number(r"worse in the tenant: \d+ controls?, ([+-][\d.]+)")
        + number(r"better: \d+, ([+-][\d.]+)")
        + number(r"Microsoft's doing: [^;+-]*([+-][\d.]+) points?")
        + number(r", ([+-][\d.]+) unexplained");
    ((moved - causes).abs() > 0.011 || moved >= 0.0).then(|| format!("{causes} of {moved}: {answer}"))
}
