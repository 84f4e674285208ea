//! What does Microsoft Entra mean by refusing a sign-in, and what does one do about it?
//!
//! Codes by <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::settings::GraphSettings;
use crate::{
    error::{AccessGap, Error, ErrorKind},
    text::{cut, one_line},
};

/// How much of Entra's own words is shown.
const WORDS_MAX: usize = 200;
/// A clock that is off by less is not why an assertion is refused.
const CLOCK_OFF_MIN: Duration = Duration::from_mins(1);

/// The body of a refusal, as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TokenErrorResponse {
    error: String,
    error_description: String,
    error_codes: Vec<u64>,
    trace_id: String,
    correlation_id: String,
}

impl TokenErrorResponse {
    /// The refusal in `body`; an empty one when the body says nothing that we read.
    pub fn from_body(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// The number after `AADSTS`.
    fn code(&self) -> Option<u64> {
        let described = || {
            let rest = self.error_description.split_once("AADSTS")?.1;
            let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
            digits.parse().ok()
        };
        self.error_codes.first().copied().or_else(described)
    }

    /// What the asker is told. `their_date` is the time by the answer's own header.
    pub fn into_error(self, settings: &GraphSettings, their_date: Option<SystemTime>) -> Error {
        let GraphSettings { name, client_id, entra_id, credential, .. } = settings;
        let word = credential.word();
        let sentence = match self.code() {
            Some(7_000_215) => format!(
                "The {word} of tenant {name} (app {client_id}) is not valid. Configure the secret's value, not its id; if it is lost, create a new one under App registrations > Certificates & secrets."
            ),
            Some(7_000_222) => format!(
                "The {word} of tenant {name} (app {client_id}) has expired. Create a new one under App registrations > Certificates & secrets, and configure it."
            ),
            Some(700_016) => format!(
                "The app {client_id} was not found in tenant {name} ({entra_id}). Check the client id and the tenant id. Where other tenants of this app work, this one never consented to it, or does no more."
            ),
            Some(7_000_229 | 65_001) => {
                format!("Tenant {name} ({entra_id}) has not consented to the app {client_id}. An administrator of the tenant must give it.")
            }
            Some(90_002 | 900_023 | 50_059) => {
                format!("Microsoft Entra found no tenant {entra_id}, which is configured as {name}. Check the tenant id and the cloud.")
            }
            Some(700_027) => format!(
                "The {word} of tenant {name} is not valid for the app {client_id}: it is not registered there, or has expired. Upload its public part under App registrations > Certificates & secrets."
            ),
            Some(700_024) => {
                format!("Microsoft Entra rejected the sign-in of tenant {name} as expired or not yet valid.{}", clock(their_date))
            }
            Some(500_011) => format!(
                "Tenant {name} has no Microsoft Graph at {}. Check that the configured cloud is the tenant's.",
                settings.cloud.graph_root()
            ),
            Some(7_000_112) => format!(
                "The app {client_id} is disabled in tenant {name} ({entra_id}). An administrator of the tenant enables it under Enterprise applications > Properties."
            ),
            Some(53_003 | 530_003) => format!(
                "Conditional Access of tenant {name} blocks the app {client_id}. Allow this service's address in the policy for workload identities."
            ),
            _ => format!("Microsoft Entra refused the sign-in of tenant {name} (app {client_id}, by {word}): {}.", self.words()),
        };
        let mut error = Error::new(ErrorKind::Upstream, sentence).at_the_door();
        if matches!(self.gap(), Some(AccessGap::Consent | AccessGap::App)) {
            error = error.aside(&format!("`scorewatch tenant consent {name}` prints the link."));
        }
        if let Some(ids) = self.ids() {
            error = error.aside(&ids);
        }
        if let Some(code) = self.code() {
            error = error.because(format!("AADSTS{code}"));
        }
        match self.gap() {
            // One app in many tenants has one credential: it fails in all of them.
            Some(gap @ AccessGap::Credential) => error.for_lack_of(gap).in_common(format!("{word} of app {client_id}")),
            // So does a client id that is of no app any more.
            Some(gap @ AccessGap::App) => error.for_lack_of(gap).in_common(format!("app {client_id} not found")),
            Some(gap) => error.for_lack_of(gap),
            None => error,
        }
    }

    /// What the app lacks.
    fn gap(&self) -> Option<AccessGap> {
        match self.code()? {
            7_000_229 | 65_001 => Some(AccessGap::Consent),
            700_016 => Some(AccessGap::App),
            7_000_112 => Some(AccessGap::Enabled),
            90_002 | 900_023 | 50_059 => Some(AccessGap::Tenant),
            7_000_215 | 7_000_222 | 700_027 => Some(AccessGap::Credential),
            _ => None,
        }
    }

    /// Entra's own words: cleaned, cut, without the ids, which are told apart.
    fn words(&self) -> String {
        let first = self.error_description.split(" Trace ID:").next().unwrap_or_default();
        let words = if first.trim().is_empty() { &self.error } else { first };
        let words = cut(&one_line(words), WORDS_MAX);
        if words.is_empty() { "no reason given".to_owned() } else { words.trim_end_matches('.').to_owned() }
    }

    fn ids(&self) -> Option<String> {
        let mut ids = Vec::new();
        for (label, id) in [("trace id", &self.trace_id), ("correlation id", &self.correlation_id)] {
            if let Some(id) = id_of(id) {
                ids.push(format!("{label} {id}"));
            }
        }
        (!ids.is_empty()).then(|| format!("(Microsoft's {})", ids.join(", ")))
    }
}

/// `text` if it looks like an id; ids are shown as they are, so nothing else may pass for one.
pub(super) fn id_of(text: &str) -> Option<&str> {
    let text = text.trim();
    let fine = (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    fine.then_some(text)
}

/// What an answer's own date says about this machine's clock.
fn clock(their_date: Option<SystemTime>) -> String {
    let now = SystemTime::now();
    let off = their_date.map(|theirs| match now.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    });
    match off {
        Some((by, way)) if by >= CLOCK_OFF_MIN => {
            format!(" This machine's clock is about {} {way} Microsoft's: set it, and keep it set by NTP.", spoken(by))
        }
        _ => " Check this machine's clock, and keep it set by NTP.".to_owned(),
    }
}

fn spoken(time: Duration) -> String {
    let minutes = time.as_secs().div_ceil(60);
    match minutes {
        0..=119 => format!("{minutes} minutes"),
        120..=2879 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::settings::{ClientCredential, CloudEndpoints};

    fn sentence_of(body: &str) -> String {
        error_of(body).sentence
    }

    fn error_of(body: &str) -> Error {
        let cloud = CloudEndpoints::named("global").unwrap();
        let settings = GraphSettings::new("contoso", "contoso.example", "app-1", ClientCredential::Secret("hush".into()), cloud);
        TokenErrorResponse::from_body(body.as_bytes()).into_error(&settings, None)
    }

    #[test]
    fn each_code_says_what_to_do() {
        for (code, words) in [
            (7_000_215, "not its id"),
            (7_000_222, "has expired. Create a new one"),
            (700_016, "not found in tenant contoso"),
            (
                7_000_229,
                "has not consented to the app app-1. An administrator of the tenant must give it. `scorewatch tenant consent contoso` prints the link.",
            ),
            (90_002, "no tenant contoso.example"),
            (700_027, "not registered"),
            (700_024, "clock"),
            (500_011, "cloud"),
        ] {
            let sentence = sentence_of(&format!(r#"{{"error_codes":[{code}],"trace_id":"t-1","correlation_id":"c-2"}}"#));
            assert!(sentence.contains(words), "{code}: {sentence}");
            assert!(sentence.ends_with("(Microsoft's trace id t-1, correlation id c-2)"), "{sentence}");
        }
    }

    #[test]
    fn in_brief_neither_ids_nor_the_command_that_prints_the_link_are_told() {
        for code in [7_000_229, 700_016, 7_000_112] {
            let error = error_of(&format!(r#"{{"error_codes":[{code}],"trace_id":"t-1"}}"#)).preceded_by("It was.");
            let (brief, whole) = (error.shared().brief().to_owned(), error.sentence);
            assert!(whole.starts_with(&brief) && brief.starts_with("It was. T") && brief.ends_with('.'), "{brief}");
            assert!(!brief.contains("`scorewatch tenant consent") && !brief.contains("t-1"), "{brief}");
        }
    }

    #[test]
    fn the_code_is_also_found_in_the_words_and_strangers_words_are_tamed() {
        assert!(sentence_of(r#"{"error_description":"AADSTS7000222: The provided client secret keys"}"#).contains("expired"));
        let sentence =
            sentence_of(&format!(r#"{{"error":"x","error_description":"Bad\n\u202Ething {}","trace_id":"<b>"}}"#, "y".repeat(999)));
        assert!(sentence.contains("Bad thing y") && !sentence.contains('<') && sentence.len() < 400, "{sentence}");
        assert!(sentence_of("<html>").contains("no reason given"));
    }

    #[test]
    fn a_wrong_clock_is_reported_by_how_much() {
        let hour = Duration::from_hours(1);
        assert!(clock(Some(SystemTime::now() + hour * 3)).contains("3 hours behind"));
        assert!(clock(Some(SystemTime::now() - hour)).contains("minutes ahead of"));
        assert!(!clock(Some(SystemTime::now())).contains("about"));
    }
}
