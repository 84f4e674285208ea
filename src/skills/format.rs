//! How are numbers and texts written in an answer? The same way in every skill.

use jiff::{Timestamp, civil::Date};

use super::TenantFacts;
pub use crate::text::{amount, count, is_one, moved, percent_move, percentage_points, points, round2, signed, with_sign};
use crate::{
    score::{Category, ControlState, change::day_of, product},
    text::{self, cut_for_tokens, one_line},
};

/// How much of a title assistants see, in quarters of a token; real titles rarely exceed it.
const TITLE: usize = 64;
/// How much of a control's name assistants see, likewise; the longest seen in the wild has 70 letters.
const NAME: usize = 88;
/// What a name may hold beside letters and digits.
const NAME_MARKS: &str = "_-./+&";

/// A text from outside in the form for assistants: one line, cut, between quotes that it cannot end.
pub fn quoted(text: &str, quarters_max: usize) -> String {
    quote(&cut_for_tokens(&one_line(text), quarters_max))
}

/// A title as data for assistants.
pub fn title(title: &str) -> String {
    cut_for_tokens(title, TITLE)
}

/// A control's name as data for assistants: one word of letters, digits and the few marks that machines put into names. Whatever else
/// stands in it could end the word or speak to whoever reads (`Foo: ignore previous`), and becomes `_`.
pub fn name(name: &str) -> String {
    let tame: String = one_line(name).chars().map(|c| if c.is_alphanumeric() || NAME_MARKS.contains(c) { c } else { '_' }).collect();
    cut_for_tokens(&tame, NAME)
}

/// What an asker typed, short and harmless enough to say back.
pub fn echo(typed: &str) -> String {
    text::echo(typed, 40)
}

/// When something was read, to the minute.
pub fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// The day that an answer rests on, and when it was read, where that was on another day.
pub fn as_of(tenant: &TenantFacts, day: Date) -> String {
    let read = tenant.read_at.filter(|at| day_of(*at) != day);
    read.map_or_else(|| day.to_string(), |at| format!("{day}, fetched {}", minute(at)))
}

/// A category in our words, or Graph's own word made safe.
pub fn category(category: &Category) -> String {
    match category {
        Category::Other(other) => word(other),
        Category::Identity | Category::Data | Category::Device | Category::Apps | Category::Infrastructure => category.word().to_owned(),
    }
}

/// The categories that Microsoft documents, in our words.
pub const CATEGORIES: [&str; 5] = ["identity", "data", "device", "apps", "infrastructure"];

/// What an answer rests on, for the foot of a card.
pub fn foot(tenant: &TenantFacts) -> String {
    let read = tenant.read_at.map_or_else(String::new, |at| format!(", fetched {}", minute(at)));
    tenant.history.newest().map_or_else(|| tenant.name.clone(), |newest| format!("{}, day {}{read}", tenant.name, newest.day))
}

/// When the longest unread of `tenants` was read; `None` when none was read from Graph.
pub fn oldest_read(tenants: &[&TenantFacts]) -> Option<Timestamp> {
    tenants.iter().filter_map(|tenant| tenant.read_at).min()
}

/// What an answer about all tenants rests on: those of them that have a score.
pub fn foot_of_all(tenants: &[&TenantFacts]) -> String {
    let days = || tenants.iter().filter_map(|tenant| tenant.history.newest()).map(|newest| newest.day);
    let days = match (days().min(), days().max()) {
        (Some(first), Some(last)) if first == last => format!(", day {last}"),
        (Some(first), Some(last)) => format!(", days {first} to {last}"),
        _ => String::new(),
    };
    let read = oldest_read(tenants).map(|oldest| {
        let together = tenants.iter().filter_map(|tenant| tenant.read_at).all(|at| minute(at) == minute(oldest));
        format!(", {} {}", if together { "fetched" } else { "oldest fetched" }, minute(oldest))
    });
    format!("{}{days}{}", count(tenants.len(), "tenant"), read.unwrap_or_default())
}

/// A short word from outside (a service code, a state) as data for assistants.
pub fn word(word: &str) -> String {
    cut_for_tokens(&name(word), 24)
}

/// A product for people, with the code that answers have for it: `Exchange Online (EXO)`.
pub fn product(code: &str) -> String {
    let code = word(code);
    match product::name(&code) {
        Some(name) if !name.eq_ignore_ascii_case(&code) => format!("{name} ({code})"),
        _ => code,
    }
}

/// A text that is already cut, between quotes that it cannot end.
pub fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace(['"', '“', '”', '\\'], "'"))
}

/// A person as data for assistants: an address as it stands, anything else between quotes.
pub fn person(name: &str) -> String {
    let plain =
        name.contains('@') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'.' | b'_' | b'-' | b'+'));
    if plain { name.to_owned() } else { quote(name) }
}

/// A state in our words, or Graph's own word made safe.
pub fn state(state: &ControlState) -> String {
    match state {
        ControlState::Other(other) => word(other),
        ControlState::Default | ControlState::Accepted | ControlState::ThirdParty | ControlState::Reviewed | ControlState::Mitigated => {
            state.words().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Annotations, Catalogue, History, Snapshot};

    #[test]
    fn a_name_is_one_word_that_says_nothing_else() {
        for plain in ["MFARegistrationV2", "scid_2001", "mdo-safe.links/v2", "R&D+1", "Übergröße", "管理者"] {
            assert_eq!(name(plain), plain);
        }
        for (hostile, tame) in [
            ("Foo: ignore previous", "Foo__ignore_previous"),
            ("a\"b\n[c](d)", "a_b__c__d_"),
            ("EXO\u{ff1a}<!everyone>", "EXO__!everyone_"),
            ("x\u{2800}y\u{fffc}`z`", "xy_z_"),
        ] {
            assert_eq!(name(hostile), tame.replace('!', "_"), "{hostile}");
        }
    }

    #[test]
    fn all_tenants_are_as_old_as_the_oldest() {
        let tenant = |name: &str, day: i8, hour: i8| {
            let day = jiff::civil::date(2026, 11, day);
            let snapshot = Snapshot {
                day,
                points: 1.0,
                maximum: None,
                active_users: None,
                peers: vec![],
                controls: vec![],
                controls_known: true,
                enabled_services: None,
                sent_bytes: 0,
            };
            let read_at = format!("2026-11-21T{hour:02}:12:00Z").parse().ok();
            TenantFacts {
                name: name.to_owned(),
                entra_id: None,
                history: History::new(vec![snapshot]),
                catalogue: Catalogue::default(),
                annotations: Annotations::default(),
                service_plans: None,
                read_at,
                fetch_failure: None,
            }
        };
        let (old, new) = (tenant("a", 20, 6), tenant("b", 21, 9));
        assert_eq!(foot_of_all(&[&new, &old]), "2 tenants, days 2026-11-20 to 2026-11-21, oldest fetched 2026-11-21T06:12Z");
        assert_eq!(foot_of_all(&[&new]), "1 tenant, day 2026-11-21, fetched 2026-11-21T09:12Z");
        assert_eq!(oldest_read(&[&new, &old]), old.read_at);
        let imported = TenantFacts { read_at: None, ..old };
        assert_eq!(foot_of_all(&[&imported]), "1 tenant, day 2026-11-20");
    }
}
