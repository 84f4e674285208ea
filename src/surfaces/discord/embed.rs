//! What is an embed of ours? A title, some text, a foot and a colour, always within what Discord takes.

use jiff::Timestamp;
use serenity::builder::{CreateEmbed, CreateEmbedFooter};

use super::{
    escape::cut_to,
    limits::{self, units},
};

/// Stands where Discord wants a text and there is none.
const NOTHING: &str = "–";

/// What a message of ours shows. Title, description and fields are Discord's markdown, already escaped; the footer is plain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Embed {
    /// What it is about.
    pub title: String,
    /// Where the title leads: an https address.
    pub link: Option<String>,
    /// The bar at its left, as red, green and blue.
    pub colour: u32,
    /// The text.
    pub description: String,
    /// Names with values, below the text.
    pub fields: Vec<(String, String)>,
    /// What it rests on.
    pub footer: String,
    /// The time beside the footer, which Discord shows in the reader's own clock.
    pub at: Option<Timestamp>,
    /// The name of an attached picture that it shows.
    pub picture: Option<String>,
    /// The part of the text that such a picture says better; empty when there is none.
    pub drawn: String,
}

impl Embed {
    /// How much of [`limits::EMBEDS_TOTAL`] it takes.
    pub fn units(&self) -> usize {
        let fields = self.fields.iter().map(|(name, value)| units(name) + units(value)).sum::<usize>();
        units(&self.title) + units(&self.description) + units(&self.footer) + fields
    }

    /// The same within every limit, each text cut where it must be.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        let mut left = limits::EMBEDS_TOTAL;
        let mut fit = |text: &str, most: usize| {
            // Discord trims texts itself, and refuses those of which nothing stays.
            let fitted = cut_to(text.trim(), most.min(left));
            left -= units(&fitted);
            fitted
        };
        self.title = fit(&self.title, limits::TITLE);
        self.footer = fit(&self.footer, limits::FOOTER);
        self.description = fit(&self.description, limits::DESCRIPTION);
        self.fields.truncate(limits::FIELDS);
        for (name, value) in &mut self.fields {
            *name = fit(or_nothing(name), limits::FIELD_NAME);
            *value = fit(or_nothing(value), limits::FIELD_VALUE);
        }
        self.fields.retain(|(name, value)| !name.is_empty() && !value.is_empty());
        if self.title.is_empty() && self.description.is_empty() {
            NOTHING.clone_into(&mut self.description);
        }
        self
    }

    /// The embed as it is sent.
    pub(super) fn into_create(self) -> CreateEmbed {
        let fitted = self.fitted();
        let mut create = CreateEmbed::new().colour(fitted.colour);
        if !fitted.title.is_empty() {
            create = create.title(fitted.title);
        }
        if let Some(link) = fitted.link {
            create = create.url(link);
        }
        if !fitted.description.is_empty() {
            create = create.description(fitted.description);
        }
        create = create.fields(fitted.fields.into_iter().map(|(name, value)| (name, value, false)));
        if !fitted.footer.is_empty() {
            create = create.footer(CreateEmbedFooter::new(fitted.footer));
        }
        if let Some(at) = fitted.at.and_then(|at| serenity::model::Timestamp::from_unix_timestamp(at.as_second()).ok()) {
            create = create.timestamp(at);
        }
        if let Some(picture) = fitted.picture {
            create = create.attachment(picture);
        }
        create
    }
}

fn or_nothing(text: &str) -> &str {
    if text.trim().is_empty() { NOTHING } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: &str = "👨\u{200d}👩\u{200d}👧\u{200d}👦";

    /// `length` units, made of `grapheme` as far as it goes.
    fn text(grapheme: &str, length: usize) -> String {
        let whole = length / units(grapheme);
        grapheme.repeat(whole) + &"x".repeat(length - whole * units(grapheme))
    }

    #[test]
    fn each_text_has_its_limit() {
        for grapheme in ["a", "🛡", FAMILY, "e\u{301}"] {
            let fitted = |length: usize| {
                let text = text(grapheme, length);
                let embed = Embed { title: text.clone(), footer: text.clone(), ..Embed::default() }.fitted();
                let description = Embed { description: text.clone(), ..Embed::default() }.fitted().description;
                let field = Embed { fields: vec![(text.clone(), text.clone())], ..Embed::default() }.fitted().fields.remove(0);
                (text, [embed.title, embed.footer, description, field.0, field.1])
            };
            let limits = [limits::TITLE, limits::FOOTER, limits::DESCRIPTION, limits::FIELD_NAME, limits::FIELD_VALUE];
            for (place, limit) in limits.into_iter().enumerate() {
                for length in [limit - 1, limit] {
                    let (whole, texts) = fitted(length);
                    assert_eq!(texts[place], whole, "{grapheme} {length}");
                }
                let (whole, texts) = fitted(limit + 1);
                let cut = &texts[place];
                assert!(units(cut) <= limit && cut.chars().count() <= limit, "{grapheme} {limit}");
                assert!(whole.starts_with(cut.strip_suffix('…').unwrap()), "{grapheme} {limit}");
                // Only what does not fit is gone: less than two characters as people count them.
                assert!(units(cut) + 2 * units(grapheme) > limit, "{grapheme} {limit}: {}", units(cut));
            }
        }
    }

    #[test]
    fn all_texts_together_have_a_limit() {
        let embed = |last: usize| Embed {
            title: text("a", 256),
            footer: text("🛡", 600),
            description: text(FAMILY, 4096),
            fields: vec![(text("a", 24), text("a", 1000)), (text("a", 12), text("a", last))],
            ..Embed::default()
        };
        for last in [11, 12] {
            let whole = embed(last);
            assert_eq!(whole.units(), 5988 + last);
            assert_eq!(whole.clone().fitted(), whole);
        }
        let cut = embed(13).fitted();
        assert_eq!(cut.units(), limits::EMBEDS_TOTAL);
        assert!(cut.fields[1].1.ends_with("a…"));
        let mut many = embed(12);
        many.fields.extend(vec![("more".to_owned(), "more".to_owned()); 40]);
        let fitted = many.fitted();
        assert_eq!((fitted.units(), fitted.fields.len()), (limits::EMBEDS_TOTAL, 2));
    }

    #[test]
    fn no_text_is_empty_and_no_field_is_one_too_many() {
        let embed = Embed { fields: vec![(String::new(), " ".to_owned()); 26], ..Embed::default() }.fitted();
        assert_eq!((embed.description.as_str(), embed.fields.len()), ("–", limits::FIELDS));
        assert_eq!(embed.fields[24], ("–".to_owned(), "–".to_owned()));
    }
}
