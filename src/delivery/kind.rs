//! What is a post, and what makes it? A kind with names, which the store keeps in columns; nobody takes a word apart.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Between the rules of one post, in a column and in words; no name of a rule has it.
const BETWEEN: char = ',';

/// What a post is, and what makes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostKind {
    /// What was scheduled.
    Digest {
        /// Its name.
        name: String,
    },
    /// Something turned bad, or happened.
    Alert(Findings),
    /// What an alert reported is resolved.
    Recovery(Findings),
    /// Something that the operator must know: a destination that is dead, a digest that was stopped.
    Notice(NoticeSubject),
    /// Nothing happened: somebody tries whether posts arrive.
    Test,
}

/// Whose findings an alert reports, and about what. Two posts of one round about the same tenants differ in one of both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Findings {
    /// The names of the rules that found it, sorted; nearly always one.
    pub rules: Vec<String>,
    /// What it is about: a control, or a word for what else it is; `None` for several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl Findings {
    /// Those of one rule about `subjects`.
    pub fn of(rule: &str, subjects: &[&str]) -> Self {
        let subject = if let [only] = subjects { Some((*only).to_owned()) } else { None };
        Self { rules: vec![rule.to_owned()], subject }
    }
}

/// What a notice is about, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeSubject {
    /// A destination.
    Destination(String),
    /// A digest.
    Digest(String),
    /// A rule of alerts.
    Alert(String),
    /// A worker.
    Worker(String),
}

impl NoticeSubject {
    const fn parts(&self) -> (&'static str, &String) {
        match self {
            Self::Destination(name) => ("destination", name),
            Self::Digest(name) => ("digest", name),
            Self::Alert(name) => ("alert", name),
            Self::Worker(name) => ("worker", name),
        }
    }
}

impl fmt::Display for NoticeSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, name) = self.parts();
        write!(f, "{word}:{name}")
    }
}

/// A kind as the store has it, a column each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindColumns {
    /// The word for the kind.
    pub kind: &'static str,
    /// What makes it: a digest, rules; of a notice, what sort of thing it is about. Empty where nothing does.
    pub maker: String,
    /// What it is about; empty where that is several, or nothing.
    pub subject: String,
}

impl PostKind {
    /// The columns of the store.
    pub fn columns(&self) -> KindColumns {
        let (maker, subject) = match self {
            Self::Digest { name } => (name.clone(), String::new()),
            Self::Alert(found) | Self::Recovery(found) => (together(&found.rules), found.subject.clone().unwrap_or_default()),
            Self::Notice(subject) => {
                let (word, name) = subject.parts();
                (word.to_owned(), name.clone())
            }
            Self::Test => (String::new(), String::new()),
        };
        KindColumns { kind: self.word(), maker, subject }
    }

    /// The kind that stands in these columns; `None` where that is none.
    pub fn from_columns(kind: &str, maker: String, subject: String) -> Option<Self> {
        let findings = |maker: String, subject: String| Findings {
            rules: maker.split(BETWEEN).map(ToOwned::to_owned).collect(),
            subject: Some(subject).filter(|subject| !subject.is_empty()),
        };
        Some(match kind {
            "digest" => Self::Digest { name: maker },
            "alert" => Self::Alert(findings(maker, subject)),
            "recovery" => Self::Recovery(findings(maker, subject)),
            "notice" => Self::Notice(match maker.as_str() {
                "destination" => NoticeSubject::Destination(subject),
                "digest" => NoticeSubject::Digest(subject),
                "alert" => NoticeSubject::Alert(subject),
                "worker" => NoticeSubject::Worker(subject),
                _ => return None,
            }),
            "test" => Self::Test,
            _ => return None,
        })
    }

    /// Whether the rule that made it notifies again when it did not arrive, so that nobody else shall.
    pub const fn is_repeated_by_its_rule(&self) -> bool {
        matches!(self, Self::Alert(_) | Self::Recovery(_))
    }

    /// Whether a fallback takes it while its destination takes nothing: what is urgent, but no digest.
    pub const fn has_fallback(&self) -> bool {
        matches!(self, Self::Alert(_) | Self::Recovery(_) | Self::Notice(_))
    }

    /// The word for it in lists, metrics and events.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Digest { .. } => "digest",
            Self::Alert(_) => "alert",
            Self::Recovery(_) => "recovery",
            Self::Notice(_) => "notice",
            Self::Test => "test",
        }
    }

    /// What makes it, for people: `alert RULE`, without what exactly it is about.
    pub fn maker(&self) -> String {
        match self {
            Self::Digest { name } => format!("digest {name}"),
            Self::Alert(found) | Self::Recovery(found) => format!("alert {}", together(&found.rules)),
            Self::Notice(subject) => format!("notice {}", subject.parts().0),
            Self::Test => "test".to_owned(),
        }
    }
}

fn together(rules: &[String]) -> String {
    rules.join(&BETWEEN.to_string())
}

/// For logs and lists, and a part of what makes the id of a post: `alert:RULE:SUBJECT`.
impl fmt::Display for PostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KindColumns { kind, maker, subject } = self.columns();
        f.write_str(kind)?;
        [maker, subject].iter().filter(|part| !part.is_empty()).try_for_each(|part| write!(f, ":{part}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_comes_back_from_its_columns() {
        let several = Findings { rules: vec!["falls".to_owned(), "slips".to_owned()], subject: None };
        let kinds = [
            PostKind::Digest { name: "morning".to_owned() },
            PostKind::Alert(Findings::of("slips", &["a:b,c"])),
            PostKind::Recovery(several.clone()),
            PostKind::Notice(NoticeSubject::Destination("discord:1".to_owned())),
            PostKind::Notice(NoticeSubject::Digest("morning".to_owned())),
            PostKind::Notice(NoticeSubject::Alert("slips".to_owned())),
            PostKind::Notice(NoticeSubject::Worker("deliver".to_owned())),
            PostKind::Test,
        ];
        for kind in kinds {
            let KindColumns { kind: word, maker, subject } = kind.columns();
            assert_eq!(PostKind::from_columns(word, maker, subject), Some(kind));
        }
        assert_eq!(PostKind::from_columns("notice", "moon".to_owned(), String::new()), None);
        assert_eq!(PostKind::Alert(several).to_string(), "alert:falls,slips");
    }
}
