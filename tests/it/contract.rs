//! What every skill promises to every surface and every host.

use scorewatch::{
    prompts,
    skills::{self, options::OptKind},
};
use serde_json::{Map, Value, json};

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
        assert_flat(skill.name, &skill.answer_schema, 0);
        assert_eq!(skill.answer_schema["type"], "object");
    }
}

#[test]
fn examples_are_valid_questions() {
    for skill in &skills::ALL {
        assert!(!(skill.examples)().is_empty(), "{} has no example", skill.name);
        for example in (skill.examples)() {
            let args: Map<String, Value> = serde_json::from_str(example.args).unwrap();
            skill.prepare(&args, example.tenant == "all", true).unwrap_or_else(|error| panic!("{} {}: {error}", skill.name, example.name));
            assert!(skill.all_tenants || example.tenant != "all");
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
    assert_eq!(refused("weakest_controls", json!({"limit": 99})), "`limit` takes a whole number from 1 to 25.");
    assert_eq!(refused("weakest_controls", json!({"limit": "5"})), "`limit` takes a whole number from 1 to 25.");
    assert_eq!(
        refused("weakest_controls", json!({"category": "people"})),
        "`category` takes one of identity, data, device, apps, infrastructure."
    );
    assert_eq!(
        refused("secure_score", json!({"x`\n@everyone": 1})),
        "There is no argument `x' @everyone`. This skill takes none but `tenant`."
    );
    assert!(refused("score_changes", json!({"since": "the dawn of time"})).contains("YYYY-MM-DD"));
    assert!(refused("control", json!({})).starts_with("`name` is missing"));
    assert!(refused("control", json!({"name": " "})).contains("1 to 200"));
    assert!(refused("accepted_risks", json!({"by": "ada"})).contains("role"));
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
