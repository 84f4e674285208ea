//! What did somebody save of Graph's answers? Files of any kind that a browser, `curl` or PowerShell leaves.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use super::wire::{
    Collected, Contents, PageError, PageSummary, SavedAnswer, lines_before, parse_profiles_as, parse_scores_as, saved_answers, thoroughly,
};
use crate::{
    error::{Error, Result},
    score::Reading,
    text::{cut, one_line},
};

/// How much of a file's name is shown.
const NAME_MAX: usize = 80;
/// How much of a number that cannot be read is shown.
const NUMBER_MAX: usize = 20;
/// How many bytes before the place at which JSON could not be read a decimal comma is looked for.
const NEAR: usize = 4;

/// The reading that saved answers make together: pages of `secureScores` and of
/// `secureScoreControlProfiles` in any order and number, each file a name and its bytes.
///
/// Taken are what Graph sent (an object with `value`), a bare list, a single entry and a list of pages, also inside of what a
/// program put around them (`Results`, an answer to `$batch`, both kinds in one file), or one after the other; in UTF-8 or UTF-16; with members as Graph
/// or as PowerShell's objects name them. Days without a catalogue and a catalogue without days are both readings.
///
/// # Errors
///
/// For the first file that is none of these: the sentence names it, the place in it, and what would be right.
pub fn read_saved(files: &[(String, Vec<u8>)]) -> Result<Reading> {
    let (mut collected, mut days, mut profiles) = (Collected::default(), SavedPages::default(), SavedPages::default());
    let mut failed = Vec::new();
    for (path, bytes) in files {
        let name = base_name(path);
        let refused = |why: String| Error::bad_arguments(format!("{name} {why}"));
        let (text, broken) = decoded(bytes)
            .ok_or_else(|| refused("is not text in UTF-8 or UTF-16. Save Graph's answer as a JSON file in UTF-8.".to_owned()))?;
        let (text, repaired) = thoroughly(&text).map_err(|fault| refused(page_fault(&fault, &text)))?;
        let text = text.as_bytes();
        collected.count_repaired(broken + repaired);
        let errors = take_in(text, &mut collected, &mut days, &mut profiles).map_err(refused)?;
        failed.extend(errors.into_iter().map(|error| format!("{name}: {error}")));
        if let Some(number) = collected.comma() {
            let number = cut(&one_line(number), NUMBER_MAX);
            return Err(refused(format!(
                "writes numbers as texts with a decimal comma (\"{number}\"), as spreadsheets and PowerShell do in some languages; nobody can \
                tell them from thousands. Save Graph's answer itself, which has a point there."
            )));
        }
    }
    Ok(Reading { more_days: days.go_on(), more_profiles: profiles.go_on(), failed, ..collected.into_reading() })
}

/// Whether the last page of a list is there.
#[derive(Default)]
struct SavedPages {
    with_next: bool,
    last: bool,
}

impl SavedPages {
    fn take_in(&mut self, page: &PageSummary) {
        *(if page.next.is_some() { &mut self.with_next } else { &mut self.last }) = true;
    }

    const fn go_on(&self) -> bool {
        self.with_next && !self.last
    }
}

/// Takes in one file, and gives the errors of Graph that stand beside answers in it; a refusal continues a sentence that begins with the
/// file's name.
fn take_in(text: &[u8], collected: &mut Collected, days: &mut SavedPages, profiles: &mut SavedPages) -> Result<Vec<String>, String> {
    let found = saved_answers(text).map_err(|fault| page_fault(&fault, text))?;
    if found.is_empty() {
        return Err("is JSON, but holds neither scores nor profiles: no entry has controlScores or currentScore, nor remediation or \
                             controlStateUpdates. Save the answer of GET /security/secureScores or /security/secureScoreControlProfiles."
            .to_owned());
    }
    let (mut errors, mut any) = (Vec::new(), false);
    for SavedAnswer { shape, holds, text: piece, part } in found {
        let piece = &*piece;
        let page_fault = |fault: PageError| page_fault(&fault.further_down(lines_before(text, piece)), text);
        any |= matches!(holds, Contents::Scores | Contents::Profiles);
        match holds {
            Contents::Scores => days.take_in(&parse_scores_as(shape, piece, collected).map_err(page_fault)?),
            Contents::Profiles => profiles.take_in(&parse_profiles_as(shape, piece, collected).map_err(page_fault)?),
            Contents::Failure(words) => errors.push(match part {
                Some(part) => format!("({words}; {part})"),
                None => format!("({words})"),
            }),
            Contents::Nothing | Contents::Mixed | Contents::Other => {}
        }
    }
    match errors.first() {
        Some(error) if !any => {
            Err(format!("holds an error that Graph answered with {error}, not a score. Solve that first, then save the answer again."))
        }
        _ => Ok(errors),
    }
}

fn page_fault(fault: &PageError, text: &[u8]) -> String {
    match fault {
        PageError::Empty => "is empty. Save the whole answer of GET /security/secureScores as JSON.".to_owned(),
        PageError::WebPage => "is a web page, such as a sign-in page, not Graph's answer. Sign in first (Graph Explorer, az rest, \
                           Invoke-MgGraphRequest), then save the JSON."
            .to_owned(),
        PageError::Ends { bytes } => format!("ends early, after {bytes} bytes: the JSON is not complete. Save the whole answer again."),
        PageError::Malformed { .. } | PageError::Unlisted | PageError::Flattened { .. } if !is_json(text) => {
            "is not JSON (a table or a list of lines?). Save Graph's answer itself, in PowerShell by ConvertTo-Json -Depth 10.".to_owned()
        }
        PageError::Malformed { line, column, message } => match decimal_comma(text, *line, *column) {
            Some((whole, fraction)) => format!(
                "writes a number with a decimal comma ({whole},{fraction} in line {line}), as programs do in some languages; in JSON it ends \
                 there. Save Graph's answer itself, or write {whole}.{fraction}, and all numbers likewise."
            ),
            None => format!("is not valid JSON at line {line}, byte {column}: {message}. Save the answer again, unchanged."),
        },
        PageError::NotUtf8 { byte } => {
            format!("is not text in UTF-8 or UTF-16 (after byte {byte}). Save Graph's answer as a JSON file in UTF-8.")
        }
        PageError::Unlisted => "has no list called value. Save the whole answer, or the list alone.".to_owned(),
        PageError::Flattened { line } => {
            format!(
                "was cut by PowerShell: line {line} has a string where an object should be. Save it again with ConvertTo-Json -Depth 10."
            )
        }
        PageError::Crowded => {
            "has more entries in one list than any tenant has (20,000). If it holds many years, save them as several files.".to_owned()
        }
        PageError::OtherTenant { known, other } => {
            format!("belongs to another tenant ({other}) than what came before it ({known}). Import each tenant's files alone.")
        }
    }
}

/// The number that stands, not as a text, with a decimal comma where the JSON could not be read any more: what is before the comma and after.
fn decimal_comma(text: &[u8], line: usize, column: usize) -> Option<(String, String)> {
    let line = text.split(|byte| *byte == b'\n').nth(line.checked_sub(1)?)?;
    let near = column.saturating_sub(NEAR)..line.len().min(column);
    let digits = |bytes: &mut dyn Iterator<Item = &u8>| {
        bytes.take_while(|byte| byte.is_ascii_digit()).take(NUMBER_MAX).copied().collect::<Vec<u8>>()
    };
    near.rev().find_map(|at| {
        let (before, after) = (line.get(..at)?, line.get(at + 1..)?);
        let mut whole = digits(&mut before.iter().rev());
        whole.reverse();
        let fraction = digits(&mut after.iter());
        let value = before.get(..before.len() - whole.len())?.trim_ascii_end();
        let value = value.strip_suffix(b"-").unwrap_or(value).trim_ascii_end();
        let found = line.get(at) == Some(&b',') && !whole.is_empty() && !fraction.is_empty() && value.ends_with(b":");
        found.then(|| (String::from_utf8_lossy(&whole).into_owned(), String::from_utf8_lossy(&fraction).into_owned()))
    })
}

/// The last part of a path, fit to be shown; the rest of it is nobody's business.
fn base_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or("The file");
    cut(&one_line(name), NAME_MAX)
}

/// The file's text without a byte order mark, and in how many places it was broken; `None` when it is no text. What seems to be JSON is text,
/// though a name in it may be broken: what is no UTF-8 in it is left to [`thoroughly`].
fn decoded(bytes: &[u8]) -> Option<(Cow<'_, [u8]>, usize)> {
    let (encoding, bom) = match Encoding::for_bom(bytes) {
        Some((encoding, bom)) => (Some(encoding), bom),
        None => (guessed(bytes), 0),
    };
    match encoding {
        Some(utf_16) if utf_16 == UTF_16LE || utf_16 == UTF_16BE => {
            let (text, broken) = utf_16.decode_without_bom_handling(&bytes[bom..]);
            let broken = if broken { text.matches(char::REPLACEMENT_CHARACTER).count() } else { 0 };
            (broken == 0 || is_json(text.as_bytes())).then(|| (Cow::Owned(text.into_owned().into_bytes()), broken))
        }
        _ => {
            let bytes = &bytes[bom..];
            (is_json(bytes) || std::str::from_utf8(bytes).is_ok()).then_some((Cow::Borrowed(bytes), 0))
        }
    }
}

/// Whether `text` begins as what Graph sends.
fn is_json(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start(), [b'{' | b'[', ..])
}

/// UTF-16 without a mark is obvious where an ASCII character begins the text, as it does all JSON.
fn guessed(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, first, ..] if first.is_ascii() && *first != 0 => Some(UTF_16BE),
        [first, 0, ..] if first.is_ascii() && *first != 0 => Some(UTF_16LE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        read_saved(&[("/home/someone/scores.json".to_owned(), bytes.to_vec())]).unwrap_err().sentence
    }

    #[test]
    fn what_is_no_answer_is_reported_by_name() {
        for (bytes, words) in [
            (&b""[..], "is empty"),
            (b" \n", "is empty"),
            (b"<!DOCTYPE html><title>Sign in</title>", "web page"),
            (b"\"Date\",\"Score\"\n1,2", "is not JSON"),
            (b"Date,Score\n1,2", "is not JSON"),
            (b"{\"value\":[{\"a\":1}]}", "neither scores nor profiles"),
            (b"{}", "neither scores nor profiles"),
            (b"{\"value\":[{\"currentScore\":1,", "ends early, after 28 bytes"),
            (b"{\"value\":[\n{\"currentScore\":x}]}", "line 2, byte"),
            (br#"{"error":{"code":"InvalidAuthenticationToken","message":"expired"}}"#, "InvalidAuthenticationToken: expired"),
            (br#"{"value":[{"currentScore":1,"controlScores":["@{controlName=a}"]}]}"#, "ConvertTo-Json -Depth 10"),
            (br#"{"value":[{"currentScore":1,"controlScores":"System.Object[]"}]}"#, "ConvertTo-Json -Depth 10"),
            (br#"{"value":["@{currentScore=1}"]}"#, "ConvertTo-Json -Depth 10"),
            (
                br#"{"error":"invalid_grant","error_description":"AADSTS700082: expired"}"#,
                "an error that Graph answered with (invalid_grant: AADSTS700082: expired)",
            ),
            (br#"{"error":"Unauthorized"}"#, "an error that Graph answered with (Unauthorized)"),
            (br#"{"error":{}}"#, "an error that Graph answered with (without words)"),
            (br#"{"Results":{"error":"x"}}"#, "an error that Graph answered with (x)"),
            (br#"{"error":["boom"]}"#, "an error that Graph answered with (boom)"),
            (br#"{"errors":[{"message":"Not now"},{"message":"x"}]}"#, "an error that Graph answered with (Not now)"),
            (br#"{"odata.error":{"code":"Request_Denied","message":{"lang":"en","value":"No."}}}"#, "(Request_Denied: No.)"),
            (br#"{"code":"Unauthorized","message":"Bad token."}"#, "(Unauthorized: Bad token.)"),
            (br#"{"statusCode":401,"message":"Access token is missing."}"#, "(Access token is missing.)"),
            (br#"{"Message":"An error has occurred."}"#, "(An error has occurred.)"),
            (br#"{"statusCode":200,"body":"{\"error\":{\"code\":\"x\"}}"}"#, "(x; part without an id, status 200)"),
            (
                br#"{"responses":[{"id":"1","status":403,"body":{"error":{"code":"Forbidden","message":"No."}}}]}"#,
                "(Forbidden: No.; part 1, status 403)",
            ),
            (b"{\"Results\":\n[\n{\"currentScore\":1,\"controlScores\":\n[\"@{a=1}\"]}]}", "line 4 has a string"),
            (br#"[{"createdDateTime":"2026-11-20T00:00:00Z","currentScore":"12,5"}]"#, "a decimal comma (\"12,5\")"),
            (br#"[{"id":"a","remediation":"x","maxScore":"1.234,5"}]"#, "a decimal comma (\"1.234,5\")"),
            (
                br#"[{"createdDateTime":"2026-11-20T00:00:00Z","currentScore":12,"controlScores":[{"controlName":"a","score":"3,33"}]}]"#,
                "(\"3,33\")",
            ),
            (br#"[{"createdDateTime":"2026-11-20T00:00:00Z","currentScore":8,5,"maxScore":10,0}]"#, "a decimal comma (8,5 in line 1)"),
            (b"{\"value\":[\n{\"maxScore\" : -10,0 }]}", "a decimal comma (10,0 in line 2)"),
            (b"[{\"currentScore\":8,\n5}]", "is not valid JSON at line 2"),
            (b"\xFF\xFE\x00\xD8", "not text"),
            (b"\x80\x81", "not text"),
        ] {
            let sentence = refused(bytes);
            assert!(sentence.starts_with("scores.json ") && sentence.contains(words), "{sentence}");
        }
    }

    #[test]
    fn nothing_saved_is_an_empty_reading() {
        for empty in [&b"[]"[..], b"{\"value\":[]}", b"{\"@odata.context\":\"x#security/secureScores\",\"value\":[]}"] {
            assert_eq!(read_saved(&[("a.json".to_owned(), empty.to_vec())]).unwrap(), Reading::default());
        }
    }
}
