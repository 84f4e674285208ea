//! Which tenants does a file list? CSV with a header, as spreadsheets write it; every line that is wrong is named, all at once.

use std::collections::BTreeSet;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::{encoding, grant, reader::SectionReader, sign_in::tenant_id, tenant_keys::TENANT_ID};
use crate::text::{count, echo, is_name};

/// The largest file: far above ten thousand lines of any real one.
const BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The most tenants of one file.
const TENANTS_MAX: usize = 10_000;
/// So many lines that are wrong are told one by one.
const MISTAKES_MAX: usize = 100;
/// How much of a value a message shows, in characters.
const SHOWN_MAX: usize = 40;
/// The columns, of which the last may be left out.
const COLUMNS: [&str; 3] = ["name", "tenant_id", "groups"];
/// How the file is to be, for messages.
const HEADER: &str = "The first line is name,tenant_id or name,tenant_id,groups (commas, or semicolons as some spreadsheets write)";

/// A tenant that an app lists, in a file or in its section.
#[derive(Debug, Clone)]
pub(super) struct ListedTenant {
    /// Its short name.
    pub name: String,
    /// The Entra tenant's GUID, or one of its verified domains.
    pub tenant_id: String,
    /// The groups that it is in.
    pub groups: BTreeSet<String>,
    /// Where it is listed: a key, or a line of a file.
    pub place: String,
}

/// What is wrong with a line, and what would be right.
type Mistake = (u64, String, String);

/// The tenants in the file that `key` names. Not one of them where any line is wrong.
pub(super) fn read(section: &mut SectionReader<'_>, key: &str) -> Vec<ListedTenant> {
    let Some(bytes) = section.plain_file(key, BYTES_MAX) else { return Vec::new() };
    let file = section.path(key).unwrap_or_default();
    let file = file.file_name().map_or_else(|| key.to_owned(), |name| name.to_string_lossy().into_owned());
    let Some(text) = encoding::text(&bytes) else {
        section.error(key, "names a file that is neither UTF-8 nor UTF-16 with its mark", "Save it as CSV UTF-8");
        return Vec::new();
    };
    let (listed, mistakes) = lines(&text, &file);
    for (key, wrong, right) in first_of_many(mistakes.into_iter().map(|(line, wrong, right)| (place(&file, line), wrong, right)).collect())
    {
        section.error_at(&key, wrong, right);
    }
    listed
}

/// The first hundred of `mistakes`, each with where it is, what is wrong and what would be right; then how many there are more.
pub(super) fn first_of_many(mut mistakes: Vec<(String, String, String)>) -> Vec<(String, String, String)> {
    let more = mistakes.len().saturating_sub(MISTAKES_MAX);
    mistakes.truncate(MISTAKES_MAX);
    if more > 0 {
        let right = "Correct those above first".to_owned();
        mistakes.push(("The lists of tenants".to_owned(), format!("have {}", count(more, "more mistake")), right));
    }
    mistakes
}

fn place(file: &str, line: u64) -> String {
    format!("{file} line {line}")
}

/// The tenants of `text`, and what is wrong with it, by line.
fn lines(text: &str, file: &str) -> (Vec<ListedTenant>, Vec<Mistake>) {
    let (mut listed, mut mistakes) = (Vec::new(), Vec::new());
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(text))
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut at = LineCounter { text, from: 0, line: 1 };
    let mut columns = None;
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let line = at.line(error.position());
                mistakes.push((line, "cannot be read as CSV".to_owned(), HEADER.to_owned()));
                break;
            }
        }
        let line = at.line(record.position());
        if record.iter().any(|cell| cell.contains('\n')) {
            let wrong = "has a quote that is opened and never closed; the lines after it were not read".to_owned();
            mistakes.push((line, wrong, "Close it, or remove it".to_owned()));
            break;
        }
        // What is left of a line that somebody emptied in a spreadsheet.
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(columns) = &columns else {
            match header(&record) {
                Ok(found) => columns = Some(found),
                Err((wrong, right)) => return (Vec::new(), vec![(line, wrong, right)]),
            }
            continue;
        };
        if listed.len() == TENANTS_MAX {
            let wrong = format!("is beyond the {TENANTS_MAX} tenants that one file may list");
            mistakes.push((line, wrong, "Share them out between several apps, or several scorewatch".to_owned()));
            break;
        }
        match tenant(&record, columns) {
            Ok((name, tenant_id, groups)) => listed.push(ListedTenant { name, tenant_id, groups, place: place(file, line) }),
            Err(wrong) => mistakes.extend(wrong.into_iter().map(|(wrong, right)| (line, wrong, right))),
        }
    }
    if columns.is_none() && mistakes.is_empty() {
        mistakes.push((1, "is missing: the file is empty".to_owned(), HEADER.to_owned()));
    }
    (listed, mistakes)
}

/// In which line a record stands, as an editor counts. The parser's own count stays one behind where lines end in CR and LF, and stops before
/// the lines that it skips.
struct LineCounter<'t> {
    text: &'t str,
    from: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// That of the record at or behind `position`; positions only grow.
    fn line(&mut self, position: Option<&csv::Position>) -> u64 {
        let to = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.from);
        let bytes = self.text.as_bytes();
        let mut comment = false;
        while let Some(byte) = bytes.get(self.from) {
            let new_line = self.from == 0 || bytes.get(self.from - 1) == Some(&b'\n');
            comment = *byte != b'\n' && (comment || self.from >= to && new_line && *byte == b'#');
            if self.from >= to && !comment && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.from += 1;
        }
        self.line
    }
}

/// What parts the values: what the header has most of.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    let times = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|delimiter| times(*delimiter)).unwrap_or(b',')
}

/// Where each of [`COLUMNS`] stands. No message shows what else is there: it may be another file, and that a secret.
fn header(record: &StringRecord) -> Result<[Option<usize>; 3], (String, String)> {
    let known = |cell: &str| COLUMNS.iter().position(|column| cell.eq_ignore_ascii_case(column));
    let mut columns = [None; 3];
    for (at, cell) in record.iter().enumerate() {
        let place = known(cell).and_then(|column| columns.get_mut(column));
        match place {
            Some(place) if place.is_none() => *place = Some(at),
            Some(_) => return Err((format!("has the column {} twice", cell.to_ascii_lowercase()), HEADER.to_owned())),
            // Spreadsheets keep empty columns.
            None if cell.is_empty() => {}
            None => return Err((format!("has a column that is not known, number {}", at + 1), HEADER.to_owned())),
        }
    }
    match columns {
        [Some(_), Some(_), _] => Ok(columns),
        [None, ..] => Err(("has no column name".to_owned(), HEADER.to_owned())),
        [_, None, _] => Err(("has no column tenant_id".to_owned(), HEADER.to_owned())),
    }
}

type NamedTenant = (String, String, BTreeSet<String>);

/// The tenant in a line, or everything that is wrong with it.
fn tenant(record: &StringRecord, columns: &[Option<usize>; 3]) -> Result<NamedTenant, Vec<(String, String)>> {
    let [name, id, groups] = columns.map(|column| column.and_then(|at| record.get(at)).unwrap_or_default());
    let mut wrong = Vec::new();
    if !is_name(name) {
        wrong.push(if name.is_empty() { ("has no name".to_owned(), NO_NAME.to_owned()) } else { wrong_name(name) });
    }
    let tenant_id = tenant_id(id);
    if tenant_id.is_none() {
        let right = format!("expected {TENANT_ID}");
        wrong.push(if id.is_empty() {
            ("has no tenant_id".to_owned(), right)
        } else {
            (format!("has the tenant_id `{}`", echo(id, SHOWN_MAX)), right)
        });
    }
    let in_groups = if groups.is_empty() { Some(BTreeSet::new()) } else { grant::names(groups) };
    if in_groups.is_none() {
        let right = "expected names of lowercase letters, digits, - and _, parted by spaces".to_owned();
        wrong.push((format!("has the groups `{}`", echo(groups, SHOWN_MAX)), right));
    }
    let more = record.iter().enumerate().any(|(at, cell)| !cell.is_empty() && !columns.contains(&Some(at)));
    if more {
        wrong
            .push(("has more values than columns".to_owned(), "Put a value with a comma between quotes; part groups by spaces".to_owned()));
    }
    match (tenant_id, in_groups) {
        (Some(tenant_id), Some(groups)) if wrong.is_empty() => Ok((name.to_owned(), tenant_id, groups)),
        _ => Err(wrong),
    }
}

const NO_NAME: &str = "Give the tenant a short name, such as contoso";

/// What is wrong with `name`, and one like it that could be used.
fn wrong_name(name: &str) -> (String, String) {
    let is = "expected 1 to 40 lowercase letters, digits, - and _, with a letter or digit first, but not `all`";
    let words = name.to_lowercase();
    let words: Vec<&str> = words.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit())).filter(|word| !word.is_empty()).collect();
    let like = words.join("-");
    let such = if is_name(&like) { format!(": `{like}`, say") } else { String::new() };
    (format!("has the name `{}`", echo(name, SHOWN_MAX)), format!("{is}{such}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11111111-2222-3333-4444-555555555555";

    fn read(text: &str) -> Result<Vec<String>, Vec<String>> {
        let (listed, mistakes) = lines(text, "customers.csv");
        let shown = |tenant: &ListedTenant| {
            let groups = tenant.groups.iter().cloned().collect::<Vec<_>>().join("+");
            format!("{} {} [{groups}] {}", tenant.name, tenant.tenant_id, tenant.place)
        };
        if mistakes.is_empty() {
            return Ok(listed.iter().map(shown).collect());
        }
        Err(mistakes.into_iter().map(|(line, wrong, right)| format!("{line}: {wrong}. {right}")).collect())
    }

    #[test]
    fn a_list_is_read_as_spreadsheets_write_it() {
        let expected = Ok(vec!["contoso contoso.example [eu+gold] customers.csv line 2".to_owned()]);
        for text in [
            "name,tenant_id,groups\ncontoso,contoso.example,eu gold\n",
            "name;tenant_id;groups\r\ncontoso;contoso.example;eu gold\r\n",
            "Tenant_ID,Name,Groups\ncontoso.example,contoso,\"eu; gold\"",
            "\"name\";\"tenant_id\";\"groups\"\r\n\"contoso\";\"contoso.example\";\"eu,gold\"\r\n;;\r\n",
            "name\ttenant_id\tgroups\n contoso \tcontoso.example\teu gold\n\n# later\n",
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        let after = read(&format!("# our customers\n\nname,tenant_id\n\ncontoso,{ID}\n")).unwrap();
        assert_eq!(after, [format!("contoso {ID} [] customers.csv line 5")]);
        let after = read(&format!("name,tenant_id\r\n# one\r\n\r\n\"contoso\",{ID}\r\n;\r\n")).unwrap_err();
        assert_eq!(after.iter().map(|said| said.split(':').next().unwrap()).collect::<Vec<_>>(), ["5", "5"], "{after:?}");
        assert_eq!(read("name,tenant_id\n"), Ok(vec![]));
    }

    #[test]
    fn each_line_that_is_wrong_is_named_with_all_that_is_wrong() {
        let said = read(&format!("name,tenant_id\nContoso Ltd.,{ID}\nfabrikam,nowhere\n,\nok,{ID},x\n")).unwrap_err();
        let begin = [
            "2: has the name `Contoso Ltd.`. expected 1 to 40 lowercase letters, digits, - and _, with a letter or digit first, but not `all`: `contoso-ltd`, say",
            "3: has the tenant_id `nowhere`. expected the tenant's GUID",
            "5: has more values than columns.",
        ];
        assert_eq!(said.len(), begin.len(), "{said:#?}");
        for (said, begin) in said.iter().zip(begin) {
            assert!(said.starts_with(begin), "{said}");
        }
        let said = read("name,tenant_id\ncontoso,\n,contoso.example\n").unwrap_err();
        assert!(
            said[0].starts_with("2: has no tenant_id") && said[1].starts_with("3: has no name. Give the tenant a short name"),
            "{said:#?}"
        );
    }

    #[test]
    fn a_quote_that_stays_open_is_told_as_that() {
        let said = read(&format!("name,tenant_id\na,{ID}\nb,\"{ID}\nc,c.example\nd,nowhere\n")).unwrap_err();
        assert_eq!(said, ["3: has a quote that is opened and never closed; the lines after it were not read. Close it, or remove it"]);
    }

    #[test]
    fn another_file_is_refused_without_a_word_of_it() {
        for (text, wrong) in [
            ("", "is missing: the file is empty"),
            ("# nothing\n", "is missing: the file is empty"),
            ("hunter2", "has a column that is not known, number 1"),
            ("name,hunter2", "has a column that is not known, number 2"),
            ("name,name", "has the column name twice"),
            ("tenant_id", "has no column name"),
            ("name", "has no column tenant_id"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.len() == 1 && said[0].contains(wrong) && !said[0].contains("hunter2"), "{text}: {said:?}");
        }
    }

    #[test]
    fn a_list_has_an_end() {
        let many = (0..=TENANTS_MAX).fold("name,tenant_id\n".to_owned(), |all, at| all + &format!("t{at},t{at}.example\n"));
        let said = read(&many).unwrap_err();
        assert!(said.len() == 1 && said[0].starts_with("10002: is beyond the 10000 tenants"), "{said:?}");
    }
}
