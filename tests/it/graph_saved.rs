//! Are answers that people saved read as what they were, whatever program wrote them?

use scorewatch::{graph::read_saved, score::Reading};
use serde_json::{Map, Value, json};

use crate::support::captures::{OLDER_DAY, PROFILES, SCORES, capture};

fn read(bytes: Vec<u8>) -> Reading {
    read_saved(&[("folder\\scores.json".to_owned(), bytes)]).unwrap()
}

/// The same but for the bytes, which differ with every way of writing.
fn same(mut a: Reading, mut b: Reading) -> bool {
    for day in a.days.iter_mut().chain(&mut b.days) {
        day.sent_bytes = 0;
    }
    a == b
}

fn utf_16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// As the Microsoft Graph PowerShell SDK's objects have it: names in PascalCase, and members that Graph's
/// schema does not list under `AdditionalProperties`.
fn pascal(value: &Value) -> Value {
    const OUTSIDE: [&str; 6] = ["scoreInPercentage", "count", "total", "on", "implementationStatus", "lastSynced"];
    const OUTSIDE_PEERS: [&str; 2] = ["SeatSizeRangeLowerValue", "SeatSizeRangeUpperValue"];
    match value {
        Value::Array(items) => items.iter().map(pascal).collect(),
        Value::Object(members) => {
            let mut kept = Map::new();
            let mut outside = Map::new();
            for (name, value) in members {
                if OUTSIDE.contains(&name.as_str()) || OUTSIDE_PEERS.contains(&name.as_str()) {
                    outside.insert(name.clone(), value.clone());
                } else {
                    let mut letters = name.chars();
                    let first = letters.next().unwrap().to_uppercase();
                    kept.insert(first.chain(letters).collect(), pascal(value));
                }
            }
            kept.insert("AdditionalProperties".to_owned(), Value::Object(outside));
            Value::Object(kept)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn every_encoding_reads_the_same() {
    let Some(plain) = capture(SCORES) else { return };
    let text = String::from_utf8(plain.clone()).unwrap();
    let expected = read(plain.clone());
    assert_eq!(expected.days.len(), 1);
    let marked = [&b"\xEF\xBB\xBF"[..], &plain].concat();
    assert!(same(read(marked), expected.clone()));
    for (big, mark) in [(false, true), (true, true), (false, false), (true, false)] {
        assert!(same(read(utf_16(&text, big, mark)), expected.clone()), "big {big}, mark {mark}");
    }
}

#[test]
fn every_shape_reads_the_same() {
    let Some(plain) = capture(SCORES) else { return };
    let expected = read(plain.clone());
    let envelope: Value = serde_json::from_slice(&plain).unwrap();
    let list = envelope["value"].clone();
    for shape in [
        list.clone(),
        list[0].clone(),
        json!([envelope]),
        json!({"Value": list, "Count": 1}),
        pascal(&list),
        pascal(&list[0]),
        pascal(&envelope),
    ] {
        let read = read(serde_json::to_vec_pretty(&shape).unwrap());
        assert_eq!(read.days[0].controls, expected.days[0].controls);
        assert!(same(read, expected.clone()));
    }
}

#[test]
fn powershells_dates_are_read() {
    for date in [json!("\\/Date(1700000000000)\\/".replace("\\/", "/")), json!({"value": "/Date(1700000000000)/", "DateTime": "mardi"})] {
        let day = json!([{"CreatedDateTime": date, "CurrentScore": 12.0, "AzureTenantId": "AB"}]);
        let reading = read(serde_json::to_vec(&day).unwrap());
        assert_eq!(reading.days[0].day.to_string(), "2023-11-14");
        assert_eq!(reading.entra_id.as_deref(), Some("ab"));
    }
}

#[test]
fn several_files_make_one_reading_in_any_order() {
    let (Some(scores), Some(profiles), Some(older)) = (capture(SCORES), capture(PROFILES), capture(OLDER_DAY)) else { return };
    // The older day is of another (made up) tenant: that is refused, unless it says nothing of one.
    let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    let refused = read_saved(&[file("a.json", &scores), file("b/older.json", &older)]).unwrap_err();
    assert!(refused.sentence.starts_with("older.json belongs to another tenant"), "{refused}");
    let mut older: Value = serde_json::from_slice(&older).unwrap();
    for day in older["value"].as_array_mut().unwrap() {
        day["azureTenantId"] = Value::Null;
    }
    let older = older.to_string().into_bytes();

    let mut files = vec![file("a", &scores), file("b", &profiles), file("c", &older)];
    for _ in 0..3 {
        files.rotate_left(1);
        let reading = read_saved(&files).unwrap();
        assert_eq!(reading.days.len(), 3);
        assert_eq!(reading.catalogue.as_ref().unwrap().profiles().len(), 200);
        assert_eq!(reading.catalogue.as_ref().unwrap().descriptions().len(), 67);
        let newest = reading.days.iter().max_by_key(|day| day.day).unwrap();
        assert_eq!(newest.controls.iter().filter(|control| control.profile_maximum.is_some()).count(), 41);
    }
    let only_profiles = read_saved(&files[..0]).unwrap();
    assert_eq!(only_profiles, Reading::default());
    let only_profiles = read_saved(&[file("p", &profiles)]).unwrap();
    assert!(only_profiles.days.is_empty() && only_profiles.catalogue.is_some());
}

#[test]
fn a_file_cut_short_is_refused_with_its_name() {
    let Some(scores) = capture(SCORES) else { return };
    let error = read_saved(&[("/srv/in/Scores of today.json".to_owned(), scores[..9000].to_vec())]).unwrap_err();
    assert_eq!(error.sentence, "Scores of today.json ends early, after 9000 bytes: the JSON is not complete. Save the whole answer again.");
}
