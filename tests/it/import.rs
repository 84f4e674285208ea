//! Does `import` take what people have, say what is missing of it, and store nothing of what is nothing?

use std::{
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use scorewatch::graph::{
    read_saved,
    wire::{Collected, parse_profiles, parse_scores},
};
use serde_json::{Value, json};

use crate::program::{err, out, program, run};

fn day(back: i64) -> String {
    format!("{}T00:00:00Z", Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(back.days()))
}

fn score(back: i64) -> Value {
    json!({"id": format!("t_{back}"), "createdDateTime": day(back), "currentScore": 12.5, "maxScore": 30.0, "controlScores": [
        {"controlName": "AlphaMfa", "controlCategory": "Identity", "score": 5.0, "scoreInPercentage": 50.0},
        {"controlName": "OmegaMail", "controlCategory": "Apps", "score": 7.5, "scoreInPercentage": 37.5}]})
}

fn profile(name: &str) -> Value {
    json!({"id": name, "title": format!("Do {name}"), "maxScore": 10.0, "controlCategory": "Identity", "remediation": "Do it.", "controlStateUpdates": []})
}

fn page(list: &str, entries: &[Value], next: bool) -> Value {
    let mut page = json!({"@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#security/{list}"), "value": entries});
    if next {
        page["@odata.nextLink"] = json!(format!("https://graph.microsoft.com/v1.0/security/{list}?$skiptoken=1"));
    }
    page
}

fn import(home: &Path, files: &[&Value]) -> Output {
    let names: Vec<String> = (0..files.len()).map(|at| format!("{at}.json")).collect();
    for (name, file) in names.iter().zip(files) {
        std::fs::write(home.join(name), file.to_string()).unwrap();
    }
    program(home).args(["import", "--tenant", "contoso"]).args(names).output().unwrap()
}

#[test]
fn a_page_that_others_follow_is_imported_and_said_to_be_incomplete() {
    let scores = page("secureScores", &[score(1)], false);
    let first = page("secureScoreControlProfiles", &[profile("AlphaMfa")], true);
    let last = page("secureScoreControlProfiles", &[profile("OmegaMail")], false);
    let said = |files: &[&Value]| {
        let home = tempfile::tempdir().unwrap();
        let imported = import(home.path(), files);
        assert!(imported.status.success(), "{}", err(&imported));
        let title = out(&run(home.path(), &["ask", "control", "--name", "AlphaMfa", "--text"]));
        assert!(title.contains("Do AlphaMfa"), "{title}");
        err(&imported)
    };
    let part = said(&[&scores, &first]);
    assert!(part.contains("The profiles are incomplete:") && part.contains("the next page is not among the files"), "{part}");
    assert!(part.contains("scorewatch import --help"), "how to save the rest: {part}");
    for whole in [said(&[&scores, &first, &last]), said(&[&last, &scores, &first]), said(&[&scores, &json!([first, last])])] {
        assert!(!whole.contains("incomplete") && !whole.contains("page"), "{whole}");
    }
    let older =
        said(&[&page("secureScores", &[score(1)], true), &last, &page("secureScoreControlProfiles", &[profile("AlphaMfa")], false)]);
    assert!(older.contains("The scores are incomplete: older days") && !older.contains("profiles are incomplete"), "{older}");
    let help = out(&run(tempfile::tempdir().unwrap().path(), &["import", "--help"]));
    assert!(help.contains("Invoke-MgGraphRequest") && help.contains("@odata.nextLink"), "{help}");
}

#[test]
fn pages_that_come_one_by_one_make_no_control_of_the_others_gone() {
    let home = tempfile::tempdir().unwrap();
    let scores = page("secureScores", &[score(0)], false);
    import(home.path(), &[&scores, &page("secureScoreControlProfiles", &[profile("AlphaMfa")], true)]);
    import(home.path(), &[&scores, &page("secureScoreControlProfiles", &[profile("OmegaMail")], false)]);
    for name in ["AlphaMfa", "OmegaMail"] {
        let said = out(&run(home.path(), &["ask", "control", "--name", name, "--text"]));
        assert!(said.contains(&format!("Do {name}")) && !said.contains("gone") && !said.contains("no longer"), "{said}");
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let home = tempfile::tempdir().unwrap();
    let piped = |args: &[&str], bytes: &[u8]| {
        let mut child = program(home.path());
        let child =
            child.args(["import", "--tenant", "contoso"]).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        // One that refuses may be gone before it read anything.
        let _ = child.stdin.take().unwrap().write_all(bytes);
        child.wait_with_output().unwrap()
    };
    let scores = page("secureScores", &[score(1)], false).to_string();
    let imported = piped(&["-"], scores.as_bytes());
    assert!(imported.status.success() && out(&imported).contains("contoso: stored 1 day"), "{}", err(&imported));
    std::fs::write(home.path().join("profiles.json"), page("secureScoreControlProfiles", &[profile("AlphaMfa")], false).to_string())
        .unwrap();
    let both = piped(&["profiles.json", "-"], scores.as_bytes());
    assert!(both.status.success() && out(&both).contains("1 profile"), "{}", err(&both));
    let refused = piped(&["-"], b"<html>");
    assert!(err(&refused).contains("Standard input is a web page"), "{}", err(&refused));
    assert!(err(&piped(&["-", "-"], b"")).contains("Standard input can be read only once"));
}

#[test]
fn importing_nothing_is_an_error_and_makes_no_tenant() {
    for nothing in [
        json!([]),
        json!({"value": []}),
        page("secureScores", &[], false),
        page("secureScoreControlProfiles", &[], false),
        json!({"Results": []}),
        json!({"value": [{"createdDateTime": day(1), "currentScore": null, "controlScores": []}]}),
    ] {
        let home = tempfile::tempdir().unwrap();
        let imported = import(home.path(), &[&nothing]);
        assert_eq!(imported.status.code(), Some(78), "{nothing}: {}", out(&imported));
        assert!(err(&imported).contains("Nothing was stored."), "{}", err(&imported));
        assert!(!home.path().join("scorewatch.db").exists(), "{nothing}");
    }
    // Nor does it touch a tenant that is there.
    let home = tempfile::tempdir().unwrap();
    assert!(import(home.path(), &[&page("secureScores", &[score(1)], false)]).status.success());
    let before = out(&run(home.path(), &["ask", "secure_score", "--text"]));
    assert_eq!(import(home.path(), &[&json!([])]).status.code(), Some(78));
    assert_eq!(out(&run(home.path(), &["ask", "secure_score", "--text"])), before);
}

#[test]
fn what_programs_put_around_answers_is_taken_off() {
    let (scores, profiles) =
        (page("secureScores", &[score(2), score(1)], false), page("secureScoreControlProfiles", &[profile("AlphaMfa")], false));
    let read = |files: &[Value]| {
        let files: Vec<_> = files.iter().enumerate().map(|(at, file)| (format!("{at}.json"), file.to_string().into_bytes())).collect();
        let mut reading = read_saved(&files).unwrap_or_else(|error| panic!("{files:?}: {error}"));
        reading.days.iter_mut().for_each(|day| day.sent_bytes = 0);
        reading.days.sort_by_key(|day| day.day);
        if let Some(catalogue) = &mut reading.catalogue {
            catalogue.sent_bytes = 0;
        }
        reading
    };
    let expected = read(&[scores.clone(), profiles.clone()]);
    assert_eq!((expected.days.len(), expected.catalogue.as_ref().unwrap().profiles().len()), (2, 1));
    let (list, of_profiles) = (scores["value"].clone(), profiles["value"].clone());
    let answer = |id: &str, body: &Value| json!({"id": id, "status": 200, "headers": {"Content-Type": "application/json"}, "body": body});
    for both in [
        json!({"Results": scores, "Profiles": profiles}),
        json!({"results": [scores, profiles]}),
        json!({"secureScores": list, "secureScoreControlProfiles": of_profiles}),
        json!({"scores": scores, "profiles": of_profiles, "savedBy": "a script", "count": 2}),
        json!([scores, profiles]),
        json!([list[0], of_profiles[0], list[1]]),
        json!({"value": [list[0], list[1], of_profiles[0]]}),
        json!({"value": list, "profiles": of_profiles}),
        json!({"responses": [answer("2", &profiles), answer("1", &scores)]}),
        json!({"data": {"body": {"responses": [answer("1", &scores), answer("2", &profiles)]}}}),
    ] {
        assert_eq!(read(std::slice::from_ref(&both)), expected, "{both}");
    }
    // One inside of a value, or as a text beside the status that it had.
    for wrapped in [
        json!({"value": scores}),
        json!({"statusCode": 200, "headers": {}, "body": scores.to_string()}),
        json!({"StatusCode": 200, "Content": scores.to_string()}),
    ] {
        assert_eq!(read(&[wrapped.clone(), profiles.clone()]), expected, "{wrapped}");
    }
    // A page of several inside of something else is one too.
    let wrapped = read(&[json!({"Results": scores}), json!({"Results": page("secureScoreControlProfiles", &[profile("AlphaMfa")], true)})]);
    assert!(wrapped.more_profiles && !wrapped.more_days);
    // A body may be a text, or packed.
    let packed = STANDARD.encode(profiles.to_string());
    assert_eq!(read(&[json!({"responses": [answer("1", &json!(scores.to_string())), answer("2", &json!(packed))]})]), expected);
    // Or several documents stand one after the other, in a file or on standard input.
    let both = format!("{scores}\n\u{feff}{profiles}\n").into_bytes();
    let reading = read_saved(&[("both.json".to_owned(), both)]).unwrap();
    assert_eq!((reading.days.len(), reading.catalogue.unwrap().profiles().len()), (2, 1));
    let cut_off = format!("{scores}\n{}", &profiles.to_string()[..40]).into_bytes();
    assert!(read_saved(&[("both.json".to_owned(), cut_off)]).unwrap_err().sentence.contains("both.json is not valid JSON at line 2"));
}

#[test]
fn one_part_of_a_batch_that_failed_is_named_and_the_others_are_imported() {
    let scores = json!({"id": "1", "status": 200, "body": page("secureScores", &[score(1)], false)});
    for (failed, named) in [
        (
            json!({"id": "two", "status": 403, "body": {"error": {"code": "Forbidden", "message": "No consent."}}}),
            "(Forbidden: No consent.; part two, status 403)",
        ),
        (json!({"id": "2", "status": 503, "body": ""}), "(without words; part 2, status 503)"),
        (json!({"id": "2", "status": 429, "body": r#"{"error":{"code":"TooManyRequests"}}"#}), "(TooManyRequests; part 2, status 429)"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let imported = import(home.path(), &[&json!({"responses": [scores, failed]})]);
        assert!(imported.status.success() && out(&imported).contains("stored 1 day up to"), "{}", err(&imported));
        let told = err(&imported);
        assert!(told.contains(&format!("The rest was stored. Graph returned an error in 0.json: {named}")), "{told}");
        // Alone it is still refused.
        let refused = import(home.path(), &[&json!({"responses": [failed]})]);
        assert!(!refused.status.success() && err(&refused).contains(named), "{}", err(&refused));
    }
}

#[test]
fn an_import_tells_what_was_stored_and_not_what_the_file_says() {
    let home = tempfile::tempdir().unwrap();
    let said = |files: &[&Value]| {
        let imported = import(home.path(), files);
        (out(&imported), err(&imported))
    };
    let of = |id: &str| {
        let mut score = score(2);
        score["id"] = json!(format!("t_{id}"));
        page("secureScores", &[score], false)
    };
    let (earlier, later) = (day(2), day(1));
    let (_, told) = said(&[&of(&earlier[..10])]);
    assert!(told.contains("There are no profiles among the files"), "{told}");
    // The date of another day, which its id tells.
    let (stored, _) = said(&[&of(&later[..10])]);
    assert!(stored.contains(&format!("1 day up to {} (1 new", &later[..10])), "{stored}");
    // A tenant that has its catalogue misses none.
    said(&[&page("secureScoreControlProfiles", &[profile("AlphaMfa")], false)]);
    let (_, told) = said(&[&page("secureScores", &[score(0)], false)]);
    assert!(!told.contains("There were no profiles"), "{told}");
}

#[test]
fn a_broken_text_is_repaired_and_the_rest_is_read() {
    let (lone, escape) = (r#""title":"Turn \ud83d on""#, r#""remediation":"Run C:\Windows\x""#);
    let profiles = format!(r#"{{"value":[{{"id":"AlphaMfa","maxScore":10,{lone},{escape}}},{{"id":"OmegaMail","title":"Whole 😀"}}]}}"#);
    let scores = page("secureScores", &[score(1)], false)
        .to_string()
        .replace("\"controlName\":\"AlphaMfa\"", r#""controlName":"AlphaMfa","description":"a\uDC00b","count":"4""#);
    // As Graph sends it.
    let mut collected = Collected::default();
    parse_scores(scores.as_bytes(), &mut collected).unwrap();
    parse_profiles(profiles.as_bytes(), &mut collected).unwrap();
    let sent = collected.into_reading();
    // And as it was saved.
    let saved = read_saved(&[("s.json".to_owned(), scores.into_bytes()), ("p.json".to_owned(), profiles.clone().into_bytes())]).unwrap();
    for reading in [&sent, &saved] {
        assert_eq!(reading.repaired, 4);
        let catalogue = reading.catalogue.as_ref().unwrap();
        assert_eq!(catalogue.get("AlphaMfa").unwrap().title, "Turn \u{fffd} on");
        assert_eq!(catalogue.get("AlphaMfa").unwrap().remediation.line(), "Run C:\u{fffd}Windows\u{fffd}x");
        assert_eq!(catalogue.get("OmegaMail").unwrap().title, "Whole 😀");
        assert_eq!(catalogue.description("AlphaMfa").unwrap().line(), "a\u{fffd}b");
        assert_eq!(reading.days[0].controls.len(), 2);
    }
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("p.json"), &profiles).unwrap();
    let imported = run(home.path(), &["import", "--tenant", "contoso", "p.json"]);
    assert!(imported.status.success() && err(&imported).contains("could not be read in 3 places"), "{}", err(&imported));
    // Half a character in UTF-16, and a byte that is no UTF-8.
    let mut utf_16: Vec<u8> = [0xFF, 0xFE].into();
    for unit in r#"[{"id":"A","title":"x"#.encode_utf16().chain([0xD800]).chain(r#"y","remediation":"z"}]"#.encode_utf16()) {
        utf_16.extend(unit.to_le_bytes());
    }
    for bytes in [utf_16, b"[{\"id\":\"A\",\"title\":\"x\xfcy\",\"remediation\":\"z\"}]".to_vec()] {
        let reading = read_saved(&[("a.json".to_owned(), bytes)]).unwrap();
        assert_eq!((reading.repaired, &*reading.catalogue.unwrap().get("A").unwrap().title), (1, "x\u{fffd}y"));
    }
}

#[test]
fn words_that_are_new_are_shown_counted_apart_and_reported() {
    let mut scored = score(1);
    scored["controlScores"][0]["controlCategory"] = json!("Containers");
    scored["controlScores"][1]["controlCategory"] = json!("Agents");
    scored["averageComparativeScores"] = json!([{"basis": "Region", "averageScore": 40.0}, {"basis": "AllTenants", "averageScore": 50.0}]);
    let mut profiled = profile("AlphaMfa");
    profiled["controlCategory"] = json!("Containers");
    profiled["implementationCost"] = json!("Unknown");
    profiled["userImpact"] = json!("Severe");
    profiled["controlStateUpdates"] = json!([{"state": "Delegated", "updatedDateTime": day(3), "updatedBy": "a@b.example"}]);
    let home = tempfile::tempdir().unwrap();
    let imported = import(home.path(), &[&page("secureScores", &[scored], false), &page("secureScoreControlProfiles", &[profiled], false)]);
    let told = err(&imported);
    for word in [
        "controlCategory \"containers\" (2 times)",
        "controlCategory \"agents\" (1 time)",
        "basis \"Region\" (1 time)",
        "state \"Delegated\" (1 time)",
        "userImpact \"Severe\" (1 time)",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    assert!(!told.contains("AllTenants") && !told.contains("implementationCost"), "{told}");
    let said = out(&run(home.path(), &["ask", "secure_score", "--text"]));
    for shown in ["containers 5/10", "agents 7.5/20", "Region"] {
        assert!(said.contains(shown), "{shown}: {said}");
    }
    assert!(said.contains("1 control in a new state: Delegated (1)"), "{said}");
    let json: Value = serde_json::from_str(&out(&run(home.path(), &["ask", "secure_score", "--json"]))).unwrap();
    let text = json.to_string();
    assert!(text.contains("containers") && text.contains("agents") && !text.contains("\"other\""), "{text}");
    let control = out(&run(home.path(), &["ask", "control", "--name", "AlphaMfa", "--text"]));
    assert!(control.contains("containers") && control.contains("Delegated"), "{control}");
}

#[test]
fn what_an_import_did_not_store_is_not_called_stored_and_the_reason_is_reported() {
    let home = tempfile::tempdir().unwrap();
    let said = |files: &[&Value]| {
        let imported = import(home.path(), files);
        assert!(imported.status.success(), "{}", err(&imported));
        out(&imported)
    };
    let decided = |at: &str| {
        let mut profile = profile("AlphaMfa");
        profile["controlStateUpdates"] = json!([{"state": "Ignored", "updatedDateTime": at, "updatedBy": "Ada"}]);
        page("secureScoreControlProfiles", &[profile, self::profile("OmegaMail")], false)
    };
    let (scores, newer, older) = (page("secureScores", &[score(1)], false), decided(&day(5)), decided(&day(9)));
    assert!(said(&[&scores, &newer]).contains("(1 new, 0 changed), 2 controls on the newest; 2 profiles (2 new, 0 changed)."));
    let again = said(&[&scores, &newer]);
    assert!(again.starts_with("contoso: found nothing new in 1 day up to"), "{again}");
    let left = said(&[&older]);
    assert!(left.contains("found nothing new in 2 profiles (0 new, 0 changed); left 1 profile as stored"), "{left}");
    assert!(left.contains("says a later state"), "{left}");
}

#[test]
fn a_day_that_cannot_be_used_is_reported_by_the_member_that_is_wrong() {
    for (member, value, told) in [
        ("createdDateTime", json!("11/29/2026 00:00:00"), "createdDateTime \"11/29/2026 00:00:00\" is no date that can be read"),
        ("createdDateTime", Value::Null, "createdDateTime is missing"),
        ("currentScore", Value::Null, "currentScore is missing"),
        ("currentScore", json!(-1), "currentScore \"-1\" is no score"),
    ] {
        let mut wrong = score(1);
        (wrong["id"], wrong[member]) = (json!("no date"), value);
        let home = tempfile::tempdir().unwrap();
        let refused = import(home.path(), &[&json!([wrong])]);
        let said = err(&refused);
        assert!(!refused.status.success() && said.contains(told) && said.contains("Nothing was stored."), "{said}");
        let part = import(home.path(), &[&json!([wrong, score(2)])]);
        let said = out(&part);
        assert!(part.status.success() && said.contains(&format!("left out 1 invalid day ({told}")), "{said}");
    }
}
