//! What do we say in a chat that is no answer? A title with lines of words, each of which says what it is: a platform escapes and marks them.

use std::borrow::Cow;

use jiff::Timestamp;

/// Words that are one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phrase {
    /// Words of ours as they are, white space included: they hold nothing that any platform reads as markup.
    Fixed(&'static str),
    /// Words from outside.
    Text(String),
    /// A sentence of ours, in which what stands between backticks is code.
    Sentence(Cow<'static, str>),
    /// Words from outside that matter most.
    Strong(String),
    /// What somebody types as it is.
    Code(String),
    /// A person, by the id that we know them by.
    Person(String),
    /// A destination by its name: a room where it is one of this platform.
    Room(String),
    /// A day, in the clock of whoever reads.
    Day(Timestamp),
    /// A day with its time, likewise.
    Moment(Timestamp),
}

/// Words on a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeLine {
    /// The words.
    pub phrases: Vec<Phrase>,
    /// Whether in small print.
    pub small: bool,
}

impl NoticeLine {
    /// A line of these words.
    pub const fn new(phrases: Vec<Phrase>) -> Self {
        Self { phrases, small: false }
    }

    /// The same in small print.
    pub const fn small(phrases: Vec<Phrase>) -> Self {
        Self { phrases, small: true }
    }
}

/// A title with entries and parts, where there are such.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// What it is about; may be empty.
    pub title: String,
    /// What there is, each in lines that stay together.
    pub entries: Vec<Vec<NoticeLine>>,
    /// What stands below them, each under a heading.
    pub parts: Vec<(&'static str, Vec<NoticeLine>)>,
}

impl Notice {
    /// One or two sentences without a title: a refusal, a note.
    pub fn sentence(sentence: impl Into<Cow<'static, str>>) -> Self {
        Self { entries: vec![vec![NoticeLine::new(vec![Phrase::Sentence(sentence.into())])]], ..Self::default() }
    }

    /// `entries` below `title`; the sentence `nothing` where there are none.
    pub fn list(title: &str, mut entries: Vec<Vec<NoticeLine>>, nothing: impl Into<Cow<'static, str>>) -> Self {
        if entries.is_empty() {
            entries.push(vec![NoticeLine::new(vec![Phrase::Sentence(nothing.into())])]);
        }
        Self { title: title.to_owned(), entries, parts: Vec::new() }
    }

    /// The entries as `line` writes them, below each other, the first and as many more as fit into `units_max` as `units` counts them; the rest is counted.
    pub fn fitted(&self, units_max: usize, units: fn(&str) -> usize, line: impl Fn(&NoticeLine) -> String) -> String {
        let mut out = String::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let entry = entry.iter().map(&line).collect::<Vec<_>>().join("\n");
            if at > 0 && units(&out) + units(&entry) > units_max {
                let more = format!("… and {} more", self.entries.len() - at);
                out.push('\n');
                out.push_str(&line(&NoticeLine::small(vec![Phrase::Text(more)])));
                break;
            }
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&entry);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(line: &NoticeLine) -> String {
        let small = if line.small { "small: " } else { "" };
        line.phrases.iter().fold(small.to_owned(), |all, phrase| match phrase {
            Phrase::Text(text) | Phrase::Strong(text) => all + text,
            Phrase::Sentence(text) => all + text,
            Phrase::Fixed(_) | Phrase::Code(_) | Phrase::Person(_) | Phrase::Room(_) | Phrase::Day(_) | Phrase::Moment(_) => {
                panic!("{phrase:?}")
            }
        })
    }

    #[test]
    fn a_list_says_what_it_leaves_out() {
        let entries = |texts: &[&str]| texts.iter().map(|text| vec![NoticeLine::new(vec![Phrase::Text((*text).to_owned())])]).collect();
        let text = |notice: &Notice| notice.fitted(3500, str::len, plain);
        assert_eq!(text(&Notice::list("All", entries(&[]), "There is none.")), "There is none.");
        assert_eq!(text(&Notice::list("All", entries(&["a", "b"]), "")), "a\nb");
        let long = text(&Notice::list("All", entries(&["x".repeat(1000).as_str(); 9]), ""));
        assert!(long.ends_with("x\nsmall: … and 6 more") && long.len() < 3600, "{long}");
        let endless = text(&Notice::list("All", entries(&["x".repeat(9000).as_str(); 2]), ""));
        assert!(endless.starts_with("xxx") && endless.ends_with("\nsmall: … and 1 more"), "a platform cuts what is too long for it");
    }
}
