//! What does somebody paste to get a promptbook? The prompts of `prompts/`, each step as a prompt of its own.
//!
//! Security Copilot publishes no way to upload promptbooks. A prompt that begins with `/Skill` runs that very skill; a step
//! that needs thought (which control, for each of them) stays in words, and the planner chooses.

use std::fmt::Write as _;

use super::COMMENT;
use crate::{
    manifests::{
        Values, operation_id,
        words::{NAME, with_operations},
    },
    prompts::{self, Prompt, PromptHead},
    skills::{ALL, Entry, TENANT},
};

/// All promptbooks as one text.
pub(in crate::manifests) fn promptbooks(_: &Values) -> Vec<u8> {
    let mut text = format!(
        "<!-- {COMMENT} -->\n\
        # Promptbooks for Microsoft Security Copilot\n\n\
        Each needs the plugin {NAME}. In the promptbook library choose *New promptbook*, give it the name and the description, and paste the\n\
        prompts one by one in their order. A word in angle brackets is an input: the promptbook asks for it when it is run.\n"
    );
    for prompt in prompts::ALL.iter() {
        let _ = writeln!(text, "\n## {}\n\n{}\n\nInputs:\n", prompt.head.title, prompt.head.description);
        for argument in &prompt.head.arguments {
            let default = match &argument.default {
                Some(_) if argument.name == TENANT => String::new(),
                Some(default) => format!("; for instance: {default}"),
                None => String::new(),
            };
            let _ = writeln!(text, "- `<{}>`: {}{default}", argument.name, argument.description);
        }
        text.push_str("\nPrompts:\n");
        for (at, step) in steps(prompt).iter().enumerate() {
            let _ = writeln!(text, "\n{}.\n\n```text\n{step}\n```", at + 1);
        }
    }
    text.into_bytes()
}

/// The prompts of a promptbook. Steps in words that follow each other are one prompt; the first of them is told the task.
fn steps(prompt: &Prompt) -> Vec<String> {
    let (intro, numbered, tail) = parts(prompt.body);
    let mut steps: Vec<String> = Vec::new();
    let mut words: Vec<String> = vec![intro.to_owned()];
    for step in numbered {
        let direct = direct(&step, &prompt.head);
        if direct.is_empty() {
            words.push(format!("- {step}"));
            continue;
        }
        // The task alone is no prompt: it waits for the first step in words.
        if words.iter().any(|line| line.starts_with("- ")) {
            steps.push(std::mem::take(&mut words).join("\n"));
        }
        steps.extend(direct);
    }
    words.extend((!tail.is_empty()).then(|| tail.to_owned()));
    if !words.is_empty() {
        steps.push(words.join("\n"));
    }
    steps.into_iter().map(|step| inputs(&with_operations(&step), &prompt.head)).collect()
}

/// The task, its numbered steps without their numbers, and what is said below them.
fn parts(body: &str) -> (&str, Vec<String>, &str) {
    let is_step = |line: &str| line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
    let (intro, rest) = body.split_once("\n\n").unwrap_or((body, ""));
    let (numbered, tail) = rest.split_once("\n\n").unwrap_or((rest, ""));
    // A task of two paragraphs has its steps further down.
    if !numbered.lines().next().is_some_and(is_step) && !tail.is_empty() {
        let (_, steps, tail) = parts(rest);
        return (&body[..intro.len() + 2 + numbered.len()], steps, tail);
    }
    let mut steps: Vec<String> = Vec::new();
    for line in numbered.lines() {
        match (line.split_once(". ").filter(|_| is_step(line)), steps.last_mut()) {
            (Some((_, step)), _) => steps.push(step.to_owned()),
            (None, Some(step)) => {
                step.push('\n');
                step.push_str(line);
            }
            (None, None) => {}
        }
    }
    (intro, steps, tail)
}

/// A step as calls of skills, one prompt each; empty when it takes thought: it repeats a call, or a skill must be told of what.
fn direct(step: &str, head: &PromptHead) -> Vec<String> {
    let calls = calls(step);
    let thinks = |skill: &Entry| skill.options.iter().any(|option| option.required);
    if !step.starts_with("Call ") || step.contains(" each ") || calls.iter().any(|(skill, _)| thinks(skill)) {
        return Vec::new();
    }
    calls.into_iter().map(|(skill, how)| call(skill, how, head)).collect()
}

/// The skills that a step names, each with the words behind it.
fn calls(step: &str) -> Vec<(&'static Entry, &str)> {
    let mut parts = step.split('`').skip(1);
    let mut calls = Vec::new();
    while let (Some(name), Some(how)) = (parts.next(), parts.next()) {
        calls.extend(ALL.iter().find(|skill| skill.name == name).map(|skill| (skill, how)));
    }
    calls
}

fn call(skill: &Entry, how: &str, head: &PromptHead) -> String {
    // What stands behind a colon explains the answer; what joins the next call belongs to nobody.
    let how = how.split(':').next().unwrap_or_default().trim_end_matches(|c: char| ",. ".contains(c) || c.is_whitespace());
    let how = [", then", ", and", " then", " and"].iter().fold(how, |how, joint| how.strip_suffix(joint).unwrap_or(how));
    // `with that since`: a skill may take an argument of that name and be meant without it.
    let takes =
        |name: &str| name == TENANT || how.contains(&format!("that {name}")) && skill.options.iter().any(|option| option.name == name);
    let given = head.arguments.iter().filter(|argument| takes(&argument.name)).map(|argument| format!("{0} {{{{{0}}}}}", argument.name));
    let given: Vec<String> = given.collect();
    let given = if given.is_empty() { String::new() } else { format!("; {}", given.join(", ")) };
    format!("/{}{how}{given}", operation_id(skill.name))
}

/// `text` with promptbook inputs in the place of arguments.
fn inputs(text: &str, head: &PromptHead) -> String {
    head.arguments
        .iter()
        .fold(text.to_owned(), |text, argument| text.replace(&format!("{{{{{}}}}}", argument.name), &format!("<{}>", argument.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_takes_no_thought_is_its_calls() {
        let brief = steps(Prompt::named("posture_brief").unwrap());
        assert_eq!(brief[0], "/GetBrief; tenant <tenant>");
        assert!(
            brief[1].starts_with("Brief me on the Microsoft Secure Score of tenant <tenant>.\n- Write at most 150 words"),
            "{}",
            brief[1]
        );
        assert_eq!(brief.len(), 2);
        let tenants = steps(Prompt::named("compare_tenants").unwrap());
        assert_eq!(
            tenants[..2],
            ["/GetCompareScores with since month; tenant <tenant>", "/GetScoreChanges with since month; tenant <tenant>"]
        );
    }

    #[test]
    fn what_takes_thought_stays_in_words() {
        let incident = steps(Prompt::named("incident_root_cause").unwrap());
        assert!(incident[0].contains("- Call GetWeakestControls with status open_or_accepted"), "{}", incident[0]);
        assert!(incident[2].contains("- Call GetControl for at most five"), "{}", incident[2]);
        assert_eq!(incident[1], "/GetScoreChanges with since month, only worse and limit 25; tenant <tenant>");
        assert!(incident.iter().all(|step| !step.contains("{{")));
    }
}
