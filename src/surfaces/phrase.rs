//! How does a card read where there are no columns, and where may its links lead? The words that all posts share, before each platform escapes them.

use std::fmt::Write as _;

use reqwest::Url;

use crate::{
    card::{
        Column, Next, TableRow,
        draw::{filled, rounded},
    },
    delivery::Picture,
    text::{Span, Spans, one_line},
};

/// Where the link of a card leads, by its address: the portal's name.
pub fn portal(url: &str) -> &'static str {
    if url.starts_with("https://entra.") { "Microsoft Entra" } else { "Microsoft Defender" }
}

/// What stands before and behind a cell, a space apart, so that it reads without the head of its column: `9 left`, `of 9`, `1 point`,
/// `until 2026-10-01`, `by Ann`; nothing for `apps`.
pub fn around(column: &Column, cell: &str) -> (String, String) {
    let (head, cell) = (one_line(&column.head), cell.trim());
    let number = cell.starts_with(|c: char| c.is_ascii_digit());
    let before = |word: &str| (word.to_owned(), String::new());
    match (column.number, &*head) {
        (_, "of") => before("of"),
        (true, _) if cell.trim_start_matches(['+', '-']) == "1" => (String::new(), singular(&head)),
        (true, _) => (String::new(), head.to_string()),
        (false, "when") => before("on"),
        (false, "who") => before("by"),
        // These words alone could be about anything.
        (false, "first" | "most" | "owner") => before(&head),
        (false, _) if cell == "not known" => before(&head),
        // A date needs to be told from other dates; a head of several words (`from, to`) tells what the value shows by itself.
        (false, _) if number && !head.contains(',') => before(&head),
        (false, _) => (String::new(), String::new()),
    }
}

/// `points given up` of one: `point given up`.
fn singular(head: &str) -> String {
    let (noun, rest) = head.split_at(head.find(' ').unwrap_or(head.len()));
    format!("{}{rest}", noun.strip_suffix('s').unwrap_or(noun))
}

/// What the row is about, without the id that it ends with where what comes next names that.
pub fn about(row: &TableRow) -> String {
    let about = row.cells.first().map_or_else(String::new, |cell| one_line(&cell.text).into_owned());
    row.next.as_ref().map_or_else(|| about.clone(), |next| without_id(&about, next).to_owned())
}

/// `about` without the id that it ends with, where what is `next` names that.
pub fn without_id<'a>(about: &'a str, next: &Next) -> &'a str {
    let without = |id: &str| about.strip_suffix(']')?.strip_suffix(id)?.strip_suffix(" [");
    next.args.iter().find_map(|(_, id)| without(id)).filter(|title| !title.is_empty()).unwrap_or(about)
}

/// Whether a cell says anything.
pub fn says(cell: &str) -> bool {
    !matches!(cell.trim(), "" | "–")
}

/// A share of 100 as a bar of `length` characters with its number, for letters that are all as wide as each other.
pub fn drawn(percent: Option<f64>, length: usize) -> String {
    percent.map_or_else(
        || format!("{:length$}{:>7}", "not known", "–"),
        |percent| {
            let full = filled(percent, length);
            format!("{}{}{:>7}", "█".repeat(full), "░".repeat(length - full), rounded(percent))
        },
    )
}

/// A value that is several things with a label each, as moves with their days, in its parts; `None` for any other.
pub fn parts(value: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = value.split(", ").collect();
    (parts.len() > 1 && parts.iter().all(|part| part.contains(": "))).then_some(parts)
}

/// The paragraphs of a text that say anything, and whether each is an item of a list.
pub fn paragraphs(spans: &Spans) -> Vec<(bool, Vec<&Span>)> {
    let mut paragraphs = vec![(false, Vec::new())];
    for span in &spans.0 {
        match (span, paragraphs.last_mut()) {
            (Span::Break | Span::Item, _) => paragraphs.push((matches!(span, Span::Item), Vec::new())),
            (Span::Text(_) | Span::Strong(_) | Span::Link { .. }, Some((_, paragraph))) => paragraph.push(span),
            (Span::Text(_) | Span::Strong(_) | Span::Link { .. }, None) => {}
        }
    }
    let said = |span: &&Span| match span {
        Span::Text(text) | Span::Strong(text) | Span::Link { text, .. } => !text.trim().is_empty(),
        Span::Break | Span::Item => false,
    };
    paragraphs.retain(|(_, paragraph)| paragraph.iter().any(said));
    paragraphs
}

/// `text` on one line that keeps a space at its ends, where it meets other spans.
pub fn spaced(text: &str) -> String {
    let space = |is: bool| if is { " " } else { "" };
    let (before, after) = (text.starts_with(char::is_whitespace), text.ends_with(char::is_whitespace));
    format!("{}{}{}", space(before), one_line(text), space(after))
}

/// Where a link may lead: an https address of `length_max` bytes at most in which nothing could end a link of any markup; `None` for any other.
pub fn address(url: &str, length_max: usize) -> Option<String> {
    let url =
        Url::parse(&one_line(url)).ok().filter(|url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none())?;
    let mut address = String::with_capacity(url.as_str().len());
    for byte in url.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/?#@!$&+,;:=%".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    (address.len() <= length_max).then_some(address)
}

/// What a link to `address` shows: the address itself where the label claims to be one.
pub fn label(text: &str, address: &str) -> String {
    let text = one_line(text);
    if text.is_empty() || claims(&text) { address.to_owned() } else { text.into_owned() }
}

/// Whether `text` holds an address, and so could claim to lead elsewhere than its link does.
pub fn claims(text: &str) -> bool {
    text.contains("://") || text.contains("www.")
}

/// The address that a platform fetches `picture` from, where it has one of `length_max` bytes at most.
pub fn picture(picture: Option<&Picture>, length_max: usize) -> Option<&str> {
    match picture? {
        Picture::Address(address) if address.len() <= length_max => Some(address),
        Picture::Address(_) | Picture::File(_) | Picture::Pair { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_where_it_leads() {
        let app = "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/11111111-2222-3333-4444-555555555555";
        assert_eq!((portal(app), address(app, 500).as_deref()), ("Microsoft Entra", Some(app)));
        assert_eq!(portal("https://security.microsoft.com/securescore?viewid=overview"), "Microsoft Defender");
    }
    use crate::card::Word;

    #[test]
    fn a_cell_reads_without_its_column() {
        let read = |column: &Column, cell: &str| {
            let (before, after) = around(column, cell);
            format!("{before} {cell} {after}").trim().to_owned()
        };
        let words = ["when", "who", "first", "until", "from, to", "effort"].map(Column::words);
        let cells = ["2026-10-01", "Ann", "2026-10-01", "2026-10-01", "10 to 6 of 10", "low"];
        let said: Vec<String> = words.iter().zip(cells).map(|(column, cell)| read(column, cell)).collect();
        assert_eq!(said, ["on 2026-10-01", "by Ann", "first 2026-10-01", "until 2026-10-01", "10 to 6 of 10", "low"]);
        assert_eq!(read(&Column::number("points given up"), "1"), "1 point given up");
        assert_eq!(read(&Column::number("left"), "9"), "9 left");
        assert_eq!(read(&Column::number("of"), "12"), "of 12");
        assert_eq!(read(&Column::words("effort"), "not known"), "effort not known");
    }

    #[test]
    fn an_id_is_left_out_where_what_comes_next_names_it() {
        let next =
            Next { label: "x".to_owned(), skill: "control".into(), tenant: "t".to_owned(), args: vec![("name".into(), "MFA".to_owned())] };
        let row = TableRow { cells: vec![Word::plain("Require it [MFA]")], link: None, next: Some(next) };
        assert_eq!(about(&row), "Require it");
        assert_eq!(about(&TableRow { next: None, ..row }), "Require it [MFA]");
    }

    #[test]
    fn a_text_has_paragraphs_and_items() {
        let text = |text: &str| Span::Text(text.to_owned());
        let spans = Spans(vec![text("one"), Span::Break, text(" "), Span::Item, text("two"), text(" more"), Span::Item]);
        assert_eq!(paragraphs(&spans), [(false, vec![&text("one")]), (true, vec![&text("two"), &text(" more")])]);
    }

    #[test]
    fn a_link_leads_only_where_it_says() {
        assert_eq!(address("https://a.example/x?y=1&z=(2)", 99).as_deref(), Some("https://a.example/x?y=1&z=%282%29"));
        assert_eq!(
            address("https://a.example/ **b** >)\"'`|<!here>", 99).as_deref(),
            Some("https://a.example/%20%2A%2Ab%2A%2A%20%3E%29%22%27%60%7C%3C!here%3E")
        );
        for wrong in ["javascript:alert(1)", "http://a.example", "https://a@b.example", "https://a.example/long", "a", ""] {
            assert_eq!(address(wrong, 20), None, "{wrong}");
        }
        assert_eq!(label("Fix it", "https://a.example"), "Fix it");
        for claiming in ["see https://bank.example", "www.bank.example", "see www.bank.example", ""] {
            assert_eq!(label(claiming, "https://evil.example"), "https://evil.example", "{claiming}");
        }
    }
}
