//! What is each of a few values called? One word, the same in commands, configuration, metrics and tables.

/// Gives an enum without fields its words: `ALL` in order, `word`, `Display` and `FromStr`.
macro_rules! named_values {
    ($type:ident, $what:literal, $($value:ident => $word:literal),+ $(,)?) => {
        impl $type {
            /// All of them, in order.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$value),+];

            /// The word for it in commands, configuration, metrics and tables.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                let found = Self::ALL.into_iter().find(|value| value.word() == word);
                found.ok_or_else(|| $crate::text::unknown_word($what, word, &Self::ALL.map(Self::word)))
            }
        }
    };
}
pub(crate) use named_values;

/// What to say of `word`, which is none of `expected`: `unknown role `x`; expected reader, analyst or operator`.
pub fn unknown_word(what: &str, word: &str, expected: &[&str]) -> String {
    let (last, before) = expected.split_last().unwrap_or((&"", &[]));
    format!("unknown {what} `{word}`; expected {} or {last}", before.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_reported_beside_what_is_expected() {
        assert_eq!(
            unknown_word("role", "king", &["reader", "analyst", "operator"]),
            "unknown role `king`; expected reader, analyst or operator"
        );
    }
}
