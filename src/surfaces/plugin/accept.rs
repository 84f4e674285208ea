//! Which form does a client want? What its `Accept` prefers, JSON when it does not say.

use axum::http::{HeaderMap, header};

use crate::ask::AnswerForm;

/// How much a client likes a form: the weight it gives, then how exactly it names it.
type Liking = (f32, u8);

/// The form that `headers` prefer. What cannot be met is answered in JSON: an assistant gets further with
/// an answer in another form than with a refusal (RFC 9110, section 12.5.1 leaves both open).
pub(super) fn form(headers: &HeaderMap) -> AnswerForm {
    let (mut json, mut text): (Liking, Liking) = ((0.0, 0), (0.0, 0));
    for value in headers.get_all(header::ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let (range, weight) = weighed(range);
            refine(&mut json, liking(range, weight, "application", "json"));
            refine(&mut text, liking(range, weight, "text", "plain"));
        }
    }
    if text > json && text.0 > 0.0 { AnswerForm::Text } else { AnswerForm::Json }
}

/// A media range and its weight: `text/plain;q=0.5`.
fn weighed(range: &str) -> (&str, f32) {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let weight = parts.filter_map(|parameter| parameter.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    (media, weight.map_or(1.0, |(_, weight)| weight.trim().parse().map_or(0.0, |weight: f32| weight.clamp(0.0, 1.0))))
}

/// How `range` likes `kind/subtype`, if it is about it at all.
fn liking(range: &str, weight: f32, kind: &str, subtype: &str) -> Option<Liking> {
    let (range_kind, range_subtype) = range.split_once('/')?;
    match (range_kind, range_subtype) {
        ("*", "*") => Some((weight, 1)),
        (range_kind, "*") if range_kind.eq_ignore_ascii_case(kind) => Some((weight, 2)),
        _ if range_kind.eq_ignore_ascii_case(kind) && range_subtype.eq_ignore_ascii_case(subtype) => Some((weight, 3)),
        _ => None,
    }
}

/// The most exact range decides, whatever its weight.
fn refine(known: &mut Liking, found: Option<Liking>) {
    if let Some(found) = found.filter(|found| found.1 > known.1) {
        *known = found;
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(accept: &str) -> AnswerForm {
        form(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(accept).unwrap())]))
    }

    #[test]
    fn json_unless_text_is_liked_better() {
        assert_eq!(form(&HeaderMap::new()), AnswerForm::Json);
        for accept in ["", "*/*", "application/json", "application/*", "text/html,application/xml;q=0.9,*/*;q=0.8", "image/png"] {
            assert_eq!(of(accept), AnswerForm::Json, "{accept}");
        }
        for accept in ["text/plain", "TEXT/plain; charset=utf-8", "text/*", "text/plain, */*", "application/json;q=0.5, text/plain;q=0.6"] {
            assert_eq!(of(accept), AnswerForm::Text, "{accept}");
        }
    }

    #[test]
    fn the_most_exact_range_decides_and_a_tie_is_json() {
        for accept in
            ["application/json, text/plain, */*", "text/*, text/plain;q=0, */*", "text/plain;q=0.3, */*;q=0.8", "text/plain;q=nonsense"]
        {
            assert_eq!(of(accept), AnswerForm::Json, "{accept}");
        }
        assert_eq!(of("application/json;q=0, */*"), AnswerForm::Text);
    }
}
