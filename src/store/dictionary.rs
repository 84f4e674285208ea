//! Which words does every day of a tenant repeat? Its dictionary: names, categories, wordings, each once.
//!
//! Ids are dense and never reused, so that a day can name a word in a byte or two. Words are only
//! ever added, in the transaction that stores the first day to use them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{blob, database_error::damaged, db::Connection, form::StoredForm, template};
use crate::{
    error::Result,
    score::{Category, EnabledServices},
    text::Spans,
};

/// One thing that days repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum DictionaryEntry {
    /// A control, its category, and its profile's maximum where that is known. These hardly ever change.
    Control { name: Arc<str>, category: Category, maximum: Option<f64> },
    /// A status without its numbers.
    Template(Spans),
    /// A status that cannot be split.
    Status(Spans),
    /// Whom an average is taken of.
    Basis(String),
    /// What a tenant has; since version 2, of which version 1 is a part.
    Services(EnabledServices),
}

/// The dictionary of one tenant.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    list: Vec<DictionaryEntry>,
    /// By encoded word; filled when the first word is looked up, which loading never does.
    ids: HashMap<Vec<u8>, u32>,
    /// How many of `list` are stored already.
    stored: usize,
}

impl Dictionary {
    /// The rows of the dictionary of `tenant`.
    pub(super) async fn find(connection: &mut Connection, tenant: i64) -> Result<Vec<SqliteRow>> {
        let query = sqlx::query("SELECT first_id, body FROM dictionary WHERE tenant = $1 ORDER BY first_id").bind(tenant);
        Ok(query.fetch_all(connection).await?)
    }

    /// The dictionary that stands in `rows`.
    pub(super) fn read(rows: &[SqliteRow]) -> Result<Self> {
        let mut words = Vec::new();
        let mut names: HashSet<Arc<str>> = HashSet::new();
        for row in rows {
            let first: i64 = row.try_get(0)?;
            if usize::try_from(first) != Ok(words.len()) {
                return Err(damaged("words are missing from a tenant's dictionary"));
            }
            for mut word in blob::unseal::<Vec<DictionaryEntry>>(StoredForm::Dictionary, row.try_get(1)?)? {
                // A name in two words (its maximum changed) is one name in memory.
                if let DictionaryEntry::Control { name, .. } = &mut word {
                    if let Some(known) = names.get(name) {
                        *name = Arc::clone(known);
                    } else {
                        names.insert(Arc::clone(name));
                    }
                }
                words.push(word);
            }
        }
        Ok(Self { stored: words.len(), list: words, ids: HashMap::new() })
    }

    /// Stores the words that are new since [`Dictionary::read`].
    pub(super) async fn store(&mut self, connection: &mut Connection, tenant: i64) -> Result<()> {
        let added = &self.list[self.stored..];
        if added.is_empty() {
            return Ok(());
        }
        sqlx::query("INSERT INTO dictionary (tenant, first_id, body) VALUES ($1, $2, $3)")
            .bind(tenant)
            .bind(i64::try_from(self.stored).unwrap_or(i64::MAX))
            .bind(blob::seal(StoredForm::Dictionary, &added)?)
            .execute(connection)
            .await?;
        self.stored = self.list.len();
        Ok(())
    }

    /// The names of all controls.
    pub(super) fn controls(&self) -> impl Iterator<Item = &Arc<str>> {
        self.list.iter().filter_map(|word| match word {
            DictionaryEntry::Control { name, .. } => Some(name),
            DictionaryEntry::Template(_) | DictionaryEntry::Status(_) | DictionaryEntry::Basis(_) | DictionaryEntry::Services(_) => None,
        })
    }

    /// The word with this id.
    pub(super) fn get(&self, id: u32) -> Result<&DictionaryEntry> {
        usize::try_from(id).ok().and_then(|at| self.list.get(at)).ok_or_else(|| damaged("a day names a word that is not in the dictionary"))
    }

    /// The id of `word`, which is added if it is new.
    pub(super) fn id(&mut self, word: DictionaryEntry) -> Result<u32> {
        if self.ids.is_empty() {
            for (id, known) in (0..).zip(&self.list) {
                self.ids.insert(blob::plain(known)?, id);
            }
        }
        let encoded = blob::plain(&word)?;
        if let Some(&id) = self.ids.get(&encoded) {
            return Ok(id);
        }
        let id = u32::try_from(self.list.len()).map_err(|_| damaged("a tenant's dictionary is full"))?;
        self.ids.insert(encoded, id);
        self.list.push(word);
        Ok(id)
    }

    /// The id of `status` without its numbers, and the numbers.
    pub(super) fn status_id(&mut self, status: &Spans) -> Result<(u32, Vec<u64>)> {
        match template::split(status) {
            Some((template, numbers)) => Ok((self.id(DictionaryEntry::Template(template))?, numbers)),
            None => Ok((self.id(DictionaryEntry::Status(status.clone()))?, Vec::new())),
        }
    }

    /// The status with this id, its numbers taken from the front of `numbers`.
    pub(super) fn status(&self, id: u32, numbers: &mut impl Iterator<Item = u64>) -> Result<Spans> {
        match self.get(id)? {
            DictionaryEntry::Template(template) => {
                template::join(template, numbers).ok_or_else(|| damaged("a day has too few numbers for its statuses"))
            }
            DictionaryEntry::Status(status) => Ok(status.clone()),
            DictionaryEntry::Control { .. } | DictionaryEntry::Basis(_) | DictionaryEntry::Services(_) => {
                Err(damaged("a day's status is another kind of word"))
            }
        }
    }
}
