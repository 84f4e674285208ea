//! How do words from outside stay words? Nothing in them mentions, formats, links or runs on; an escape a rule of Discord's markdown.
//!
//! What the rules are: <https://support.discord.com/hc/articles/210298617> (markdown), <https://docs.discord.com/developers/reference#message-formatting>
//! (mentions, emoji, timestamps). A backslash makes plain whatever is neither a letter, a digit nor white space.
//!
//! Where Discord shows plain text (footers, buttons, selects, modals) nothing may be escaped: the backslash would be seen. Such
//! words are only [`bare`].

use super::snowflake::known_as;
use crate::{
    surfaces::address,
    text::{cut_units, one_line},
};

/// The longest address that is linked; it may not eat up a page.
const ADDRESS: usize = 1000;

/// Words as Discord's plain places show them: clean, on one line.
pub fn bare(text: &str) -> String {
    one_line(text).into_owned()
}

/// Words in Discord's markdown that mean nothing but themselves, on one line.
pub fn words(text: &str) -> String {
    escaped(&one_line(text), "")
}

/// `line` with a backslash before whatever is active in it, `before` being what stands before it on its line.
fn escaped(line: &str, before: &str) -> String {
    let mut out = String::with_capacity(line.len() + line.len() / 8);
    let mut begins = before.is_empty();
    let mut digits = begins;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied();
        if is_active(c, after) || (begins && begins_item(c, after)) || (digits && ends_number(c, after)) {
            out.push('\\');
        }
        out.push(c);
        begins = false;
        digits &= c.is_ascii_digit();
    }
    out
}

/// Words like [`words`], of at most `units_max` before they are escaped: twice as many after.
pub fn short(text: &str, units_max: usize) -> String {
    words(&cut_units(&one_line(text), units_max))
}

/// `markdown` in at most `units_max` units, the last being `…` if it was cut, and never between a backslash and what it escapes.
pub fn cut_to(markdown: &str, units_max: usize) -> String {
    let cut = cut_units(markdown, units_max);
    let Some(kept) = cut.strip_suffix('…').filter(|_| cut != markdown) else { return cut };
    let backslashes = kept.len() - kept.trim_end_matches('\\').len();
    // One that is left alone would escape the mark.
    let kept = if backslashes % 2 == 1 { &kept[..kept.len() - 1] } else { kept };
    format!("{kept}…")
}

/// Whether `c` would be read as markup in front of `after`, wherever it stands.
fn is_active(c: char, after: Option<char>) -> bool {
    match c {
        // The escape itself.
        '\\'
        // *italic*, **bold**, _italic_, __underlined__, ~~struck~~, `code` and ``` blocks, ||spoilers||.
        | '*' | '_' | '~' | '`' | '|'
        // <@user>, <#channel>, <@&role>, </command:id>, <id:guide>, <:emoji:id>, <t:timestamp>, <https://…>; > and >>> quotes.
        | '<' | '>'
        // # headings, and -# small print, whatever stands before it.
        | '#'
        // [words](address).
        | '[' | ']'
        // @everyone and @here, which need no id.
        | '@' => true,
        // An address links by itself, at `https://`, and `:name:` is an emoji. What follows this text counts too.
        ':' => !after.is_some_and(char::is_whitespace),
        _ => false,
    }
}

/// - lists, and rules of dashes; a negative number is none.
fn begins_item(c: char, after: Option<char>) -> bool {
    matches!(c, '-' | '+') && after.is_none_or(|next| !next.is_alphanumeric())
}

/// 1. lists, where only digits are before the dot.
fn ends_number(c: char, after: Option<char>) -> bool {
    c == '.' && after.is_none_or(char::is_whitespace)
}

/// Words for inline code, between backticks that they cannot end.
pub fn code(text: &str) -> String {
    let inside = one_line(text).replace('`', "'");
    if inside.is_empty() { inside } else { format!("`{inside}`") }
}

/// `label` linked to `url`, as far as that is an address we would follow ourselves; else the label.
///
/// A label that holds an address could claim to lead there: then the true one is shown.
pub fn link(label: &str, url: &str) -> String {
    let Some(address) = address(url) else { return words(label) };
    let label = one_line(label);
    if label.is_empty() || address::claims(&label) {
        let own = if label.contains(' ') { words(&label) + " " } else { String::new() };
        return format!("{own}<{address}>");
    }
    // Discord's pattern for links counts brackets and knows no escapes in them.
    let label: String = label
        .chars()
        .map(|c| {
            if c == '[' {
                '('
            } else if c == ']' {
                ')'
            } else {
                c
            }
        })
        .collect();
    format!("[{}]({address})", words(&label))
}

/// An https address that can end no link; `None` for any other.
pub fn address(url: &str) -> Option<String> {
    address::address(url, ADDRESS)
}

/// The person whom we know by `id`, as Discord shows them; `None` for one who is nobody there.
pub fn mention(id: &str) -> Option<String> {
    known_as(id).map(|user| format!("<@{user}>"))
}

/// A sentence of ours: what stands between a pair of backticks is code, all else words.
pub fn sentence(text: &str) -> String {
    let line = one_line(text);
    let parts: Vec<&str> = line.split('`').collect();
    let mut out = String::with_capacity(line.len());
    for (at, part) in parts.iter().enumerate() {
        let paired = at % 2 == 1 && at + 1 < parts.len();
        let said = if paired { code(part) } else { escaped(part, &out) };
        out.push_str(&said);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a reader of Discord's markdown sees: escapes taken away. Fails where something active stands open.
    fn read(escaped: &str) -> Result<String, String> {
        let mut seen = String::new();
        let mut rest = escaped.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\\' => match rest.next() {
                    Some(next) if next.is_ascii_punctuation() => seen.push(next),
                    other => return Err(format!("a backslash before {other:?} in {escaped:?}")),
                },
                '*' | '_' | '~' | '`' | '|' | '<' | '>' | '#' | '[' | ']' | '@' => return Err(format!("{c} in {escaped:?}")),
                ':' if !rest.peek().is_some_and(|next| next.is_whitespace()) => return Err(format!("a colon in {escaped:?}")),
                _ => seen.push(c),
            }
        }
        let list = escaped.trim_start_matches(|c: char| c.is_ascii_digit());
        let item = |rest: &str| rest.is_empty() || rest.starts_with(char::is_whitespace);
        if list.strip_prefix('.').is_some_and(item) || escaped.strip_prefix(['-', '+']).is_some_and(item) {
            return Err(format!("a list in {escaped:?}"));
        }
        Ok(seen)
    }

    #[test]
    fn markup_of_every_kind_is_plain() {
        let cases = [
            ("@everyone @here", r"\@everyone \@here"),
            ("<@123> <@!1> <@&9> <#7> <id:guide> </score:5>", r"\<\@123\> \<\@!1\> \<\@&9\> \<\#7\> \<id\:guide\> \</score\:5\>"),
            ("**b** __u__ ~~s~~ ||x||", r"\*\*b\*\* \_\_u\_\_ \~\~s\~\~ \|\|x\|\|"),
            ("# head", r"\# head"),
            ("-# small", r"\-\# small"),
            ("- item", r"\- item"),
            ("-2.58 points", "-2.58 points"),
            ("1. item", r"1\. item"),
            ("1.5 of 2.", "1.5 of 2."),
            ("12.", r"12\."),
            ("> quote", r"\> quote"),
            ("[here](https://evil.example)", r"\[here\](https\://evil.example)"),
            ("see https://evil.example: now", r"see https\://evil.example: now"),
            ("ends with https:", r"ends with https\:"),
            ("<t:1:R> <:a:1> :smile:", r"\<t\:1\:R\> \<\:a\:1\> \:smile\:"),
            ("```rs\ncode```", r"\`\`\`rs code\`\`\`"),
            (r"\*", r"\\\*"),
            ("a\u{202e}b\u{200b}c\r\nd", "abc d"),
        ];
        for (text, escaped) in cases {
            assert_eq!(words(text), escaped);
        }
    }

    #[test]
    fn a_link_leads_only_where_it_says() {
        assert_eq!(link("Fix [it]", "https://a.example/x?y=1&z=(2)"), "[Fix (it)](https://a.example/x?y=1&z=%282%29)");
        assert_eq!(link("https://bank.example", "https://evil.example/ü"), "<https://evil.example/%C3%BC>");
        assert_eq!(link("x](https://evil.example)", "https://a.example"), "<https://a.example/>");
        assert_eq!(link("see https://bank.example", "https://evil.example"), r"see https\://bank.example <https://evil.example/>");
        assert_eq!(link("run", "javascript:alert(1)"), "run");
        assert_eq!(link("plain", "http://a.example"), "plain");
        assert_eq!(link("bank", "https://bank.example@evil.example/"), "bank");
        assert_eq!(link("long", &format!("https://a.example/{}", "x".repeat(ADDRESS))), "long");
        assert_eq!(address("https://a.example/ **b** >)\"'`|"), Some("https://a.example/%20%2A%2Ab%2A%2A%20%3E%29%22%27%60%7C".to_owned()));
    }

    #[test]
    fn an_escape_is_kept_whole_or_not_at_all() {
        assert_eq!(cut_to(r"ab\*c", 5), r"ab\*c");
        assert_eq!(cut_to(r"ab\*cd", 5), r"ab\*…");
        assert_eq!(cut_to(r"ab\*cd", 4), "ab…");
        assert_eq!(cut_to(r"a\\\*b", 4), r"a\\…");
        // A character that joins what follows it does not hide the backslash.
        assert_eq!(cut_to("ab\u{600}\\*cd", 5), "ab\u{600}…");
        assert_eq!(cut_to(r"a\…", 9), r"a\…", "what fits is not touched");
    }

    #[test]
    fn a_sentence_keeps_its_code() {
        assert_eq!(sentence("There is no `x_y`. See *that*."), r"There is no `x_y`. See \*that\*.");
        assert_eq!(sentence("odd ``marks `"), "odd marks ");
        assert_eq!(sentence("`a` and `b`"), "`a` and `b`");
    }

    proptest! {
        #[test]
        fn nothing_is_longer_than_it_may_be(text in "(?s).{0,80}", most in 0_usize..90) {
            let short = cut_to(&text, most);
            prop_assert!(short.encode_utf16().count() <= most);
            let backslashes = short.trim_end_matches('…').chars().rev().take_while(|c| *c == '\\').count();
            prop_assert!(short == text || backslashes.is_multiple_of(2));
        }

        #[test]
        fn whatever_comes_is_read_as_it_was(text in "(?s).{0,60}") {
            prop_assert_eq!(read(&words(&text)).map_err(TestCaseError::fail)?, one_line(&text));
        }

        #[test]
        fn markup_itself_is_read_as_it_was(text in r"[-+*_~`|<>#\[\]()@:/.\\ 0-9ahps!&\n]{0,40}") {
            prop_assert_eq!(read(&words(&text)).map_err(TestCaseError::fail)?, one_line(&text));
        }

        #[test]
        fn pieces_beside_each_other_stay_plain(left in r"[-+*_:/.\\0-9ah]{0,6}", right in r"[-+*_:/.\\0-9ah]{0,6}") {
            // The one thing that two harmless pieces can make is a number with its dot, which a space would have to follow.
            let both = format!("{}{}", words(&left), words(&right));
            let escapes = |at: usize| both[..at].len() - both[..at].trim_end_matches('\\').len();
            prop_assert!(both.match_indices("://").all(|(at, _)| !escapes(at).is_multiple_of(2)), "{}", both);
        }

        #[test]
        fn an_address_ends_no_link(url in "https://(?s).{1,60}") {
            if let Some(address) = address(&url) {
                prop_assert!(address.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>[]\"'`*|\\".contains(&byte)), "{}", address);
            }
        }
    }
}
