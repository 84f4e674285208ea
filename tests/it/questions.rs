//! Are the questions of analysts answered, each in at most two calls and few tokens? All of `tests/questions.toml`, through MCP.

use jiff::{ToSpan as _, civil::Date};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    answers::{TODAY, tokens},
    mcp::{at_the_end_of_the_story, house_at},
};

const CALLS_MAX: usize = 2;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Questions {
    question: Vec<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    number: u32,
    asks: String,
    calls: Vec<Map<String, Value>>,
    facts: Vec<String>,
    tokens: usize,
}

/// `text` about the last whole month before `today`.
fn dated(text: &str, today: Date) -> String {
    let first = (today.first_of_month() - 1.day()).first_of_month();
    let month = first.strftime("%Y-%m").to_string();
    text.replace("{month}", &month).replace("{first}", &first.to_string()).replace("{before}", &(first - 1.day()).to_string())
}

#[tokio::test]
async fn twenty_questions_are_answered_in_few_calls_and_tokens() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/questions.toml")).unwrap();
    let questions: Questions = toml::from_str(&dated(&text, TODAY)).unwrap();
    assert_eq!(questions.question.iter().map(|question| question.number).collect::<Vec<_>>(), (1..=17).chain(19..=20).collect::<Vec<_>>());
    let house = house_at(at_the_end_of_the_story, |_| ()).await;
    let mut wrong = Vec::new();
    for Question { number, asks, calls, facts, tokens: tokens_max } in questions.question {
        assert!((1..=CALLS_MAX).contains(&calls.len()) && !facts.is_empty(), "{number}");
        let mut answers = Vec::new();
        for mut call in calls {
            let tool = call.remove("tool").unwrap();
            let result = house.call(tool.as_str().unwrap(), call.into()).await;
            let answer = result["content"][0]["text"].as_str().unwrap().to_owned();
            if result["isError"] == true {
                wrong.push(format!("{number}. {asks}: {answer}"));
            }
            answers.push(answer);
        }
        let took: usize = answers.iter().map(|answer| tokens(answer)).sum();
        println!("{number}. {asks} {} calls, {took} of {tokens_max} tokens", answers.len());
        let all = answers.join("\n\n");
        if took > tokens_max {
            wrong.push(format!("{number}. {asks}: {took} of {tokens_max} tokens\n{all}"));
        }
        wrong.extend(
            facts
                .iter()
                .filter(|fact| !Regex::new(fact).unwrap().is_match(&all))
                .map(|fact| format!("{number}. {asks}: no `{fact}` in\n{all}")),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}
