//! What every skill promises to every surface and every host.

use jiff::ToSpan as _;
use scorewatch::{
    card::{Block, Card, Cell, Column, Next, TableRow},
    prompts,
    score::History,
    skills::{
        self, Entry, Facts, Readership, TenantFacts,
        args::read_text,
        options::{OptKind, Suggest},
    },
};
use serde_json::{Map, Value, json};

use crate::answers::{TODAY, facts_of};

/// Microsoft 365 Copilot loses quality beyond ten functions (facts/assistants.md 3.1).
const SKILLS_MAX: usize = 10;
/// GPT Actions refuse longer operation descriptions (developers.openai.com/api/docs/actions/production).
const GUIDE_CHARS_MAX: usize = 300;
const SUMMARY_CHARS_MAX: usize = 100;
const OPTIONS_MAX: usize = 25;
/// Semantic Kernel, and what is built on it, fills arguments of these names in itself
/// (`gather_function_parameters` of its `KernelFunctionFromMethod`).
const RESERVED: [&str; 4] = ["kernel", "service", "execution_settings", "arguments"];

#[test]
fn names_and_descriptions_fit_every_host() {
    assert!(skills::ALL.len() <= SKILLS_MAX);
    for skill in &skills::ALL {
        let tame = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        assert!(tame(skill.name) && tame(skill.chat), "{}", skill.name);
        assert!(skill.summary.chars().count() <= SUMMARY_CHARS_MAX, "summary of {}: {}", skill.name, skill.summary.chars().count());
        assert!(skill.guide.chars().count() <= GUIDE_CHARS_MAX, "guide of {}: {}", skill.name, skill.guide.chars().count());
        assert!(skill.options.len() <= OPTIONS_MAX);
        for option in skill.options.iter() {
            assert!(!RESERVED.contains(&option.name.as_str()), "{}.{}", skill.name, option.name);
            assert!(
                !option.summary.is_empty() && option.summary.chars().count() <= SUMMARY_CHARS_MAX,
                "{}.{}: {} characters",
                skill.name,
                option.name,
                option.summary.chars().count()
            );
            if let OptKind::Integer { min, max } = option.kind {
                assert!(min <= max && max < i64::MAX, "{}.{} has no limits", skill.name, option.name);
            }
        }
    }
}

/// Every host accepts this: objects of scalars, lists of scalars, lists of flat objects; all described.
fn assert_flat(at: &str, schema: &Value, depth: usize) {
    assert!(depth <= 2, "{at} is nested too deep");
    for noise in ["$ref", "anyOf", "oneOf", "allOf", "nullable", "format", "$defs", "const"] {
        assert!(schema.get(noise).is_none(), "{at} has {noise}: {schema}");
    }
    match schema["type"].as_str() {
        Some("object") => {
            for (name, member) in schema["properties"].as_object().into_iter().flatten() {
                assert!(member["description"].as_str().is_some_and(|text| !text.is_empty()), "{at}.{name} is not described");
                assert_flat(&format!("{at}.{name}"), member, depth + 1);
            }
        }
        Some("array") => assert_flat(&format!("{at}[]"), &schema["items"], depth),
        Some("string" | "number" | "integer" | "boolean") => {}
        other => panic!("{at} is of type {other:?}: {schema}"),
    }
}

#[test]
fn schemas_are_flat_and_described() {
    for skill in &skills::ALL {
        for schema in [&skill.answer_schema, &skill.linked_schema] {
            assert_flat(skill.name, schema, 0);
            assert_eq!(schema["type"], "object");
            assert!(!schema.to_string().contains("x-linked"), "{}", skill.name);
        }
    }
}

#[test]
fn examples_are_valid_questions() {
    for skill in &skills::ALL {
        assert!(!(skill.examples)().is_empty(), "{} has no example", skill.name);
        for example in (skill.examples)() {
            let args: Map<String, Value> = serde_json::from_str(example.args).unwrap();
            skill
                .prepare(&args, example.tenant == "all" || example.tenant.contains(','), true)
                .unwrap_or_else(|error| panic!("{} {}: {error}", skill.name, example.name));
            assert!(skill.all_tenants || !example.tenant.contains("all") && !example.tenant.contains(','));
        }
    }
}

fn refused(skill: &str, args: Value) -> String {
    let Value::Object(args) = args else { panic!("arguments are an object") };
    skills::Entry::named(skill).unwrap().prepare(&args, false, false).unwrap_err().sentence
}

#[test]
fn bad_arguments_say_what_would_be_right() {
    assert_eq!(refused("weakest_controls", json!({"limt": 3})), "There is no argument `limt`. Did you mean `limit`?");
    assert_eq!(refused("weakest_controls", json!({"limit": 99})), "`limit` is a whole number from 1 to 25; `99` is not one.");
    assert_eq!(
        refused("weakest_controls", json!({"category": "people"})),
        "`category` is one of identity, data, device, apps, infrastructure; `people` is none of them."
    );
    assert_eq!(refused("secure_score", json!({"x`\n@everyone": 1})), "There is no argument `x' @everyone`. There are: day.");
    assert!(refused("score_changes", json!({"since": "the dawn of time"})).contains("YYYY-MM-DD"));
    assert!(refused("control", json!({})).starts_with("`name` is missing"));
    assert!(refused("control", json!({"name": "x".repeat(201)})).contains("1 to 200"));
    assert!(refused("accepted_risks", json!({"by": "ada"})).contains("role"));
}

/// Tenants to ask about, one of them with hostile data.
fn tenants() -> Vec<TenantFacts> {
    ["contoso", "fabrikam", "hostile"].map(|tenant| facts_of(tenant, 90)).into()
}

/// The card of a question about one of `tenants`, or about all.
fn card(tenants: &[TenantFacts], skill: &Entry, tenant: &str, args: &Map<String, Value>) -> Card {
    let all = tenant == "all";
    let tenants = tenants.iter().filter(|facts| all || facts.name == tenant).cloned().collect();
    skill.prepare(args, all, true).unwrap_or_else(|error| panic!("{} {args:?}: {error}", skill.name));
    skill
        .answer(&Facts { tenants, all, group: None, names: true, links: false, today: TODAY, readership: Readership::Asker }, args)
        .unwrap_or_else(|error| panic!("{} {args:?}: {error}", skill.name))
        .card()
}

fn rows(card: &Card) -> Vec<&TableRow> {
    let tables = card.blocks.iter().filter_map(|block| if let Block::Table { rows, .. } = block { Some(rows) } else { None });
    tables.flatten().collect()
}

/// The skill and the arguments of a question, of which only required ones may be missing.
fn askable(next: &Next) -> (&'static Entry, Map<String, Value>) {
    let skill = next.skill.entry();
    assert!(next.tenant != "all" || skill.all_tenants, "{next:?}");
    let mut given: Vec<(&str, &str)> = next.args.iter().map(|(name, value)| (&**name, value.as_str())).collect();
    let missing = skill.options.iter().filter(|option| option.required && next.args.iter().all(|(name, _)| *name != option.name));
    let missing: Vec<&str> = missing.map(|option| option.name.as_str()).collect();
    given.extend(missing.iter().map(|name| (*name, "x")));
    let mut args = read_text(&skill.options, given, None).unwrap_or_else(|error| panic!("{next:?}: {error}"));
    skill.prepare(&args, next.tenant == "all", true).unwrap_or_else(|error| panic!("{next:?}: {error}"));
    args.retain(|name, _| !missing.contains(&name.as_str()));
    (skill, args)
}

/// Each example about each tenant, and arguments that no example has.
fn questions() -> Vec<(&'static Entry, String, Map<String, Value>)> {
    let mut questions = Vec::new();
    let mut add = |skill: &str, args: &str| {
        let skill = Entry::named(skill).unwrap();
        for tenant in ["contoso", "hostile", "all"].iter().filter(|tenant| **tenant != "all" || skill.all_tenants) {
            questions.push((skill, (*tenant).to_owned(), serde_json::from_str::<Map<String, Value>>(args).unwrap()));
        }
    };
    for skill in &skills::ALL {
        for example in (skill.examples)() {
            add(skill.name, example.args);
        }
    }
    add("weakest_controls", r#"{"order":"unknown_points","below":50,"limit":25}"#);
    add("score_changes", r#"{"since":"month","category":"identity","limit":3}"#);
    add("score_changes", r#"{"since":"14"}"#);
    add("score_changes", r#"{"since":"2026-09-01"}"#);
    add("control", r#"{"name":"policy"}"#);
    add("improvement_plan", r#"{"target":"100"}"#);
    add("improvement_plan", r#"{"target":"5 more points","effort":"low"}"#);
    for state in ["expired", "third_party", "alternate_mitigation", "reviewed", "all"] {
        add("accepted_risks", &json!({ "state": state, "limit": 2 }).to_string());
    }
    let of_its_own = ["product", "name", "controls", "day", "until"];
    questions.retain(|(_, tenant, args)| tenant != "hostile" || !of_its_own.iter().any(|name| args.contains_key(*name)));
    questions
}

#[test]
fn cards_lead_to_questions_that_can_be_asked() {
    let tenants = tenants();
    for (skill, tenant, args) in questions() {
        let card = card(&tenants, skill, &tenant, &args);
        let at = format!("{} {tenant} {args:?}", skill.name);
        let counted = |facts: &&TenantFacts| facts.name == tenant || tenant == "all" && facts.history.newest().is_some();
        // What is said of a past day is as old as that, whenever it was read.
        let is_past = ["day", "until"].iter().any(|name| args.contains_key(*name));
        let read_at = tenants.iter().filter(counted).filter_map(|facts| facts.read_at).min().filter(|_| !is_past);
        assert_eq!(card.read_at, read_at, "{at}");
        assert!((1..=4).contains(&card.next.len()), "{at}: {:?}", card.next);
        for next in &card.next {
            assert!((1..=40).contains(&next.label.chars().count()), "{at}: {next:?}");
            assert_eq!(next.tenant, tenant, "{at}");
            let (asked, asked_args) = askable(next);
            assert!(asked.name != skill.name || asked_args != args, "{at} leads to itself");
        }
        let links = card.link.iter().chain(rows(&card).into_iter().map(|row| row.link.as_ref().unwrap()));
        let portal = "https://security.microsoft.com/securescore?viewid=";
        assert!(card.link.is_some() && links.clone().all(|link| link.starts_with(portal)), "{at}: {:?}", links.collect::<Vec<_>>());
    }
}

#[test]
fn rows_lead_to_what_they_are_about() {
    let tenants = tenants();
    let (mut controls, mut alone) = (0, 0);
    for (skill, tenant, args) in questions() {
        let of = card(&tenants, skill, &tenant, &args);
        for row in rows(&of) {
            let next = row.next.as_ref().unwrap_or_else(|| panic!("{} {tenant}: {row:?} leads nowhere", skill.name));
            assert!((1..=80).contains(&next.label.chars().count()), "{next:?}");
            let (asked, asked_args) = askable(next);
            let led = card(&tenants, asked, &next.tenant, &asked_args);
            assert_eq!(led.link, row.link, "{next:?}");
            if tenant == "all" {
                assert_eq!(
                    (asked.name, &Cell::Tenant(next.tenant.clone()), &asked_args),
                    (skill.name, &row.cells[0], &args.clone()),
                    "{next:?}"
                );
                alone += 1;
            } else {
                assert_eq!((asked.name, &next.tenant), ("control", &tenant), "{next:?}");
                let facts = tenants.iter().find(|facts| facts.name == tenant).unwrap();
                let id = &*next.args[0].1;
                let exact = facts.catalogue.get(id).is_some() || facts.newest().unwrap().control(id).is_some();
                assert!(exact, "`{id}` is the id of no control");
                controls += 1;
            }
        }
    }
    assert!(controls > 50 && alone > 20, "{controls} rows about controls, {alone} about tenants");
}

#[test]
fn whoever_is_led_to_a_control_that_is_gone_finds_it() {
    let mut facts = facts_of("contoso", 3);
    let mut days = facts.history.days().to_vec();
    let newest = days.last_mut().unwrap();
    let gone = newest.controls.iter().position(|control| facts.catalogue.get(&control.name).is_none()).unwrap();
    let gone = newest.controls.remove(gone);
    facts.history = History::new(days);
    let args = json!({ "limit": 25 }).as_object().unwrap().clone();
    let card = card(&[facts.clone()], Entry::named("score_changes").unwrap(), "contoso", &args);
    let rows = rows(&card);
    let row = rows.iter().find(|row| row.cells[0].words(&Column::Control).contains(&*gone.name)).unwrap();
    let next = row.next.as_ref().unwrap();
    assert!(row.link.as_ref().unwrap().contains(&*gone.name), "{row:?}");
    let args = next.args.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
    let found = self::card(&[facts], next.skill.entry(), "contoso", &args);
    assert!(format!("{found:?}").contains("no longer scored"), "{found:?}");
}

#[test]
fn the_trend_of_a_score_covers_what_microsoft_keeps() {
    let skill = Entry::named("secure_score").unwrap();
    let days = |all| skill.prepare(&Map::new(), all, false).unwrap().days;
    assert_eq!((days(false), days(true)), (90, 0));
    let facts = facts_of("contoso", 90);
    let (newest, oldest) = (facts.newest().unwrap().day, facts.history.days()[0].day);
    // Facts may hold more days than were asked for.
    let mut older = facts.history.days()[0].clone();
    older.day = newest - 91.days();
    let mut days = facts.history.days().to_vec();
    days.insert(0, older);
    let facts = TenantFacts { history: History::new(days), ..facts };
    let card = card(&[facts], skill, "contoso", &Map::new());
    let trend = card.blocks.iter().find_map(|block| if let Block::Trend(days) = block { Some(days) } else { None }).unwrap();
    assert_eq!((trend[0].0, trend.last().unwrap().0), (oldest, newest));
}

#[test]
fn what_can_be_offered_is_said_to_nobody_but_us() {
    let offered = skills::ALL.iter().flat_map(|skill| skill.options.iter().map(move |option| (skill.name, option)));
    let offered: Vec<_> = offered.filter_map(|(skill, option)| Some((skill, option.name.as_str(), option.suggest?))).collect();
    let products = [("weakest_controls", "product", Suggest::Product), ("improvement_plan", "product", Suggest::Product)];
    assert_eq!(offered, [products[0], ("control", "name", Suggest::Control), products[1]]);
    for option in skills::ALL.iter().flat_map(|skill| skill.options.iter()) {
        let said = format!("{} {}", option.schema(), serde_json::to_string(option).unwrap());
        assert!(!said.contains("suggest"), "{said}");
    }
}

#[test]
fn an_unknown_skill_names_the_nearest() {
    let Err(error) = skills::Entry::named("secure_scores") else { panic!("there is no such skill") };
    assert!(error.sentence.contains("Did you mean `secure_score`?"), "{error}");
}

#[test]
fn prompts_name_skills_that_there_are() {
    let words = prompts::ALL.iter().map(|prompt| prompt.body).chain([prompts::INSTRUCTIONS]);
    for text in words {
        let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|word| *word != "tenant").collect();
        assert!(!named.is_empty());
        for name in named {
            assert!(skills::ALL.iter().any(|skill| skill.name == name), "a prompt names `{name}`, which is no skill");
        }
    }
}
