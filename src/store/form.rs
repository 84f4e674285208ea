//! In which forms does the store keep what has no columns of its own, and how is an older or a newer one told? Each says its version first.
//!
//! A value in BYTEA begins with a byte, one in TEXT with a number and a blank: the version of its form. What leaves this file has a version that this
//! program reads; a newer one is refused here, for all forms alike, with a sentence that names the thing and says what to do.
//!
//! # Adding a version
//!
//! A form needs another version when what an older program wrote cannot be read by the types of today, or would be misread: a member that is required
//! now, another meaning, another order of postcard. A member with `#[serde(default)]` in JSON needs none.
//!
//! 1. Raise the form's number in [`StoredForm::newest`].
//! 2. Keep the types of the older version beside the new ones, named after it (`ColumnsV1`), with `From` into those of today.
//! 3. Where the form is read, match on the version that [`StoredForm::json`] or [`StoredForm::bytes`] gives, and read each by its own types. Nothing is rewritten:
//!    a row gets the new form when it is next written.
//! 4. Leave `tests/it/fixtures/store-v1.db` as it is, and add a store of the release before as another.
//! 5. A change of tables or columns is a migration instead: a new file in `migrations/`, never a change of an old one.

use serde::{Serialize, de::DeserializeOwned};

use super::database_error::damaged;
use crate::error::{Error, ErrorKind, Result};

/// Something that the store keeps in a form of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoredForm {
    /// `snapshots.packed`.
    Day,
    /// `snapshots.entries`.
    DayEntries,
    /// `dictionary.body`.
    Dictionary,
    /// `profiles.own`.
    Profile,
    /// `texts.body`.
    Text,
    /// `secrets.secret`.
    Secret,
    /// `outbox.post`.
    Post,
    /// `alert_rules.state` and `alert_findings.state`.
    AlertState,
    /// `digest_runs.covered`, `told` and `before`.
    DigestRun,
    /// `digest_definitions.definition`.
    DigestDefinition,
    /// `saved_questions.question`.
    SavedQuestion,
    /// `audit.detail`.
    AuditDetail,
    /// `service_plans.plans`.
    ServicePlans,
}

impl StoredForm {
    /// The version that this program writes, and the newest that it reads.
    const fn newest(self) -> u8 {
        match self {
            // Version 1 of a day has neither `enabledServices` nor what tenants of a group have by category.
            Self::Day | Self::Dictionary => 2,
            Self::DayEntries
            | Self::Profile
            | Self::Text
            | Self::Secret
            | Self::Post
            | Self::AlertState
            | Self::DigestRun
            | Self::DigestDefinition
            | Self::SavedQuestion
            | Self::AuditDetail
            | Self::ServicePlans => 1,
        }
    }

    /// What it is, for whoever reads that it cannot be read.
    const fn name(self) -> &'static str {
        match self {
            Self::Day => "A stored day of a score",
            Self::DayEntries => "What was said of a stored day",
            Self::Dictionary => "The stored dictionary of a tenant",
            Self::Profile => "A stored profile of a control",
            Self::Text => "A stored text of a control",
            Self::Secret => "A stored secret",
            Self::Post => "A post in the outbox",
            Self::AlertState => "The stored state of an alert",
            Self::DigestRun => "What a digest has reported",
            Self::DigestDefinition => "The stored definition of a digest",
            Self::SavedQuestion => "A saved question",
            Self::AuditDetail => "An entry of the audit log",
            Self::ServicePlans => "A stored list of service plans",
        }
    }

    /// The byte before a value of this form.
    pub(super) const fn byte(self) -> u8 {
        self.newest()
    }

    /// The version of what is stored, and its bytes.
    pub(super) fn bytes(self, stored: &[u8]) -> Result<(u8, &[u8])> {
        let (version, bytes) = stored.split_first().ok_or_else(|| damaged(self.name()))?;
        Ok((self.readable(Some(*version))?, bytes))
    }

    /// `json` as it is stored.
    pub(super) fn written(self, json: &str) -> String {
        format!("{} {json}", self.newest())
    }

    /// `value` as JSON, as it is stored.
    pub(super) fn write(self, value: &impl Serialize) -> Result<String> {
        Ok(self.written(&serde_json::to_string(value).map_err(Error::internal)?))
    }

    /// The version of what is stored, and its JSON.
    pub(super) fn json(self, stored: &str) -> Result<(u8, &str)> {
        let (version, json) = stored.split_once(' ').ok_or_else(|| damaged(self.name()))?;
        let digits = version.bytes().all(|byte| byte.is_ascii_digit());
        Ok((self.readable(if digits { Some(version.parse().unwrap_or(u8::MAX)) } else { None })?, json))
    }

    /// The value that [`StoredForm::write`] wrote.
    pub(super) fn read<T: DeserializeOwned>(self, stored: &str) -> Result<T> {
        let (_version_1, json) = self.json(stored)?;
        serde_json::from_str(json).map_err(|error| damaged(self.name()).because(format!("{}: {error}", self.name())))
    }

    /// `version`, if it is one that this program reads; `None` for what is no version.
    fn readable(self, version: Option<u8>) -> Result<u8> {
        match version {
            Some(version) if (1..=self.newest()).contains(&version) => Ok(version),
            Some(version) if version > 0 => Err(self.newer(version)),
            _ => Err(damaged(self.name())),
        }
    }

    fn newer(self, version: u8) -> Error {
        let sentence = format!("{} was written by a newer scorewatch and cannot be read by this one: upgrade scorewatch.", self.name());
        Error::new(ErrorKind::Misconfigured, sentence).because(format!("version {version}, and {} is the newest known", self.newest()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [StoredForm; 13] = [
        StoredForm::Day,
        StoredForm::DayEntries,
        StoredForm::Dictionary,
        StoredForm::Profile,
        StoredForm::Text,
        StoredForm::Secret,
        StoredForm::Post,
        StoredForm::AlertState,
        StoredForm::DigestRun,
        StoredForm::DigestDefinition,
        StoredForm::SavedQuestion,
        StoredForm::AuditDetail,
        StoredForm::ServicePlans,
    ];

    #[test]
    fn a_newer_version_of_each_form_is_refused_with_what_to_do() {
        for form in ALL {
            let newer = form.newest() + 1;
            let refused =
                [form.bytes(&[newer, 0]).unwrap_err(), form.json(&format!("{newer} {{}}")).unwrap_err(), form.json("4096 {}").unwrap_err()];
            for error in refused {
                assert!(error.kind == ErrorKind::Misconfigured && error.sentence.starts_with(form.name()), "{error}");
                assert!(error.sentence.ends_with("upgrade scorewatch."), "{error}");
            }
            for damaged in [
                form.bytes(&[]).unwrap_err(),
                form.bytes(&[0, 1]).unwrap_err(),
                form.json("{}").unwrap_err(),
                form.json("x {}").unwrap_err(),
            ] {
                assert_eq!(damaged.kind, ErrorKind::Internal, "{damaged}");
            }
            assert_eq!(form.json(&form.written("{}")).unwrap(), (form.newest(), "{}"));
        }
    }
}
