//! What was said about controls, as it was sent? Kept until it is settled which of it stays.

use std::sync::Arc;

use serde_json::value::RawValue;

/// Texts about controls as they were sent: raw JSON, neither unescaped nor clean nor typed yet. Most never
/// get further: those of hollow days are dropped, those of the newest day are typed once.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SentTexts {
    names: Vec<Arc<str>>,
    /// Where the text of each name ends in `raw`; it begins where the one before ends.
    ends: Vec<usize>,
    raw: String,
}

impl SentTexts {
    pub fn collect<'l>(names: &[Option<Arc<str>>], sent: impl Iterator<Item = Option<&'l RawValue>> + Clone) -> Self {
        let bytes = sent.clone().flatten().map(|raw| raw.get().len()).sum();
        let mut texts =
            Self { names: Vec::with_capacity(names.len()), ends: Vec::with_capacity(names.len()), raw: String::with_capacity(bytes) };
        for (name, raw) in names.iter().zip(sent) {
            let Some(name) = name else { continue };
            texts.raw.push_str(raw.map_or("null", RawValue::get));
            texts.names.push(Arc::clone(name));
            texts.ends.push(texts.raw.len());
        }
        texts
    }

    /// Each control's name with its text.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &str)> {
        let mut begin = 0;
        self.names.iter().zip(&self.ends).map(move |(name, &end)| {
            let text = self.raw.get(begin..end).unwrap_or("null");
            begin = end;
            (name, text)
        })
    }
}
