//! Does a page of Graph's become the right snapshot or profile, whatever is wrong with it?

use std::fmt::Write as _;

use jiff::{ToSpan as _, civil::date};
use scorewatch::{
    graph::{
        read_saved,
        wire::{Collected, PageError, parse_profiles, parse_scores},
    },
    score::{Category, ControlState, Level, Reading, controls},
    text::Span,
};
use serde_json::json;

use crate::support::captures::{OLDER_DAY, PROFILES, SCORES, capture};

fn scores(body: &[u8]) -> Result<Reading, PageError> {
    let mut collected = Collected::default();
    parse_scores(body, &mut collected).map(|_| collected.into_reading())
}

/// A page with the one day `day`.
fn page(day: &serde_json::Value) -> Vec<u8> {
    json!({ "value": [day] }).to_string().into_bytes()
}

#[test]
fn the_capture_reads_as_it_was_measured() {
    let (Some(score_page), Some(profile_page)) = (capture(SCORES), capture(PROFILES)) else { return };
    let mut collected = Collected::default();
    assert_eq!(parse_scores(&score_page, &mut collected).unwrap().kept, 1);
    let page = parse_profiles(&profile_page, &mut collected).unwrap();
    assert_eq!(page.kept, 200);
    assert!(page.next.unwrap().starts_with("https://graph.microsoft.com/"));
    let reading = collected.into_reading();
    let (day, catalogue) = (&reading.days[0], reading.catalogue.as_ref().unwrap());

    assert_eq!((day.day, day.points, day.maximum), (date(2024, 1, 1), 128.0, Some(274.0)));
    assert_eq!(day.controls.len(), 68);
    let sum: f64 = day.controls.iter().filter_map(|control| control.points).sum();
    assert!((sum - 128.0).abs() < 1e-9, "{sum}");
    let joined: Vec<_> = controls(day, catalogue).collect();
    assert_eq!(joined.iter().filter(|control| control.profile.is_none()).count(), 27);
    for control in joined.iter().filter(|control| control.score.percent.is_some_and(|percent| percent > 0.0)) {
        let Some(profile) = control.profile else { continue };
        let (points, percent) = (control.score.points.unwrap(), control.score.percent.unwrap());
        assert!((points * 100.0 / percent - profile.maximum.unwrap()).abs() < 0.01, "{}", control.name());
    }
    let evidence: Vec<_> = day.controls.iter().filter_map(|control| control.evidence.as_ref()).collect();
    assert_eq!(evidence.iter().filter(|evidence| evidence.synced.is_some()).count(), 68);
    assert_eq!(evidence.iter().filter(|evidence| evidence.count.is_some()).count(), 45);
    assert_eq!(evidence.iter().filter(|evidence| evidence.total.is_some()).count(), 43);
    assert_eq!(evidence.iter().filter(|evidence| evidence.on.is_some()).count(), 16);
    assert_eq!(day.peers.len(), 2);
    assert_eq!((day.peers[0].percent, day.peers[1].seats), (54.65, Some((1, 100))));
    // One control of the capture has an empty description.
    assert_eq!(catalogue.descriptions().len(), 67);
    // All but the envelope's opening is the day's.
    assert!((score_page.len() - 300..score_page.len()).contains(&(day.sent_bytes as usize)), "{}", day.sent_bytes);
    assert_eq!(catalogue.sent_bytes as usize, profile_page.len());
}

#[test]
fn no_markup_is_left_in_the_captured_profiles() {
    let Some(profile_page) = capture(PROFILES) else { return };
    let mut collected = Collected::default();
    parse_profiles(&profile_page, &mut collected).unwrap();
    let reading = collected.into_reading();
    let profiles = reading.catalogue.as_ref().unwrap().profiles();
    let mut links = 0;
    for profile in profiles {
        for span in profile.remediation.0.iter().chain(&profile.remediation_impact.0) {
            match span {
                Span::Text(text) | Span::Strong(text) => assert!(!text.contains("</") && !text.contains("&nbsp;"), "{text}"),
                Span::Link { url, .. } => {
                    links += 1;
                    assert!(url.starts_with("https://"), "{url}");
                }
                Span::Break | Span::Item => {}
            }
        }
        for spans in [&profile.remediation, &profile.remediation_impact] {
            assert!(!matches!(spans.0.first(), Some(Span::Break)) && !matches!(spans.0.last(), Some(Span::Break | Span::Item)));
        }
    }
    assert!(links > 50, "{links}");
    let mut threats: Vec<_> = profiles.iter().flat_map(|profile| profile.threats.clone()).collect();
    threats.sort();
    threats.dedup();
    assert!(threats.len() <= 9 && threats.contains(&"Account breach".to_owned()), "{threats:?}");
    assert!(profiles.iter().all(|profile| *profile.state() == ControlState::Default && !profile.deprecated));
    assert_eq!(profiles.iter().filter(|profile| profile.impact == Level::High).count(), 14);
}

#[test]
fn an_older_day_is_hollow_and_keeps_its_scores() {
    let Some(body) = capture(OLDER_DAY) else { return };
    let reading = scores(&body).unwrap();
    let newest = reading.days.last().unwrap();
    assert_eq!((newest.day, newest.points, newest.maximum), (date(2023, 12, 25), 19.0, Some(30.0)));
    assert_eq!(reading.days.len(), 2);
    for day in &reading.days {
        assert!(!day.is_rich() && day.controls.iter().all(|control| control.evidence.is_none() && control.points.is_some()));
    }
}

#[test]
fn null_absent_and_minus_one_are_not_known_and_not_zero() {
    let reading = scores(&page(&json!({
        "createdDateTime": "2026-11-20T00:00:00Z", "currentScore": 0.0, "maxScore": -1.0, "activeUserCount": null,
        "averageComparativeScores": [
            {"basis": "AllTenants", "averageScore": -1.0}, {"basis": null, "averageScore": 5.0}, null,
            {"basis": "TotalSeats", "averageScore": 40.5, "SeatSizeRangeLowerValue": null},
            {"basis": "IndustryTypes", "averageScore": 170.0}],
        "controlScores": [
            {"controlName": "a", "score": null, "scoreInPercentage": -1, "count": "-1"}, null, 7,
            {"controlName": "b"}, {"controlName": null, "score": 1.0}, {"controlName": "  ", "score": 1.0}]
    })))
    .unwrap();
    let day = &reading.days[0];
    assert_eq!((day.points, day.maximum, day.active_users, reading.entra_id.as_deref()), (0.0, None, None, None));
    assert_eq!(day.peers.iter().map(|peer| (peer.percent, peer.seats)).collect::<Vec<_>>(), [(40.5, None)]);
    assert_eq!(
        day.controls.iter().map(|control| (&*control.name, control.points, control.percent)).collect::<Vec<_>>(),
        [("a", None, None), ("b", None, None)]
    );
    assert!(!day.is_rich());

    for empty in [json!(null), json!([]), json!({}), json!(3)] {
        let day = json!({"id": "t_2026-11-20", "currentScore": 1, "controlScores": empty, "averageComparativeScores": empty});
        let body = page(&day);
        assert!(matches!(scores(&body), Ok(_) | Err(PageError::Malformed { .. })), "{day}");
    }
    assert_eq!(scores(&page(&json!({"id": "t_2026-11-20", "currentScore": 1}))).unwrap().days[0].day, date(2026, 11, 20));
}

#[test]
fn a_day_without_score_or_date_is_no_snapshot() {
    for day in [
        json!({"createdDateTime": "2026-11-20T00:00:00Z", "currentScore": null}),
        json!({"createdDateTime": "2026-11-20T00:00:00Z", "currentScore": -1}),
        json!({"createdDateTime": "2026-11-20T00:00:00Z"}),
        json!({"currentScore": 12}),
        json!(null),
    ] {
        assert_eq!(scores(&page(&day)).unwrap().days, [], "{day}");
    }
    assert_eq!(scores(br#"{"value":[]}"#).unwrap(), Reading::default());
}

#[test]
fn numbers_and_switches_may_be_strings() {
    let reading = scores(&page(&json!({
        "createdDateTime": "2026-11-20T00:00:00Z", "currentScore": "12.5", "maxScore": "30", "activeUserCount": "7",
        "controlScores": [{"controlName": "a", "controlCategory": "IDENTITY", "score": "2.50", "scoreInPercentage": "50.00",
            "count": 3, "total": "4", "on": true, "lastSynced": "2026-11-18T13:04:06Z", "implementationStatus": "<b>3</b> of 4"}]
    })))
    .unwrap();
    let day = &reading.days[0];
    assert_eq!((day.points, day.maximum, day.active_users), (12.5, Some(30.0), Some(7)));
    let control = &day.controls[0];
    assert_eq!((control.points, control.percent, &control.category), (Some(2.5), Some(50.0), &Category::Identity));
    let evidence = control.evidence.as_ref().unwrap();
    assert_eq!((evidence.count, evidence.total, evidence.on), (Some(3), Some(4), Some(true)));
    assert_eq!(evidence.status.line(), "3 of 4");
}

#[test]
fn a_member_that_comes_twice_counts_once_and_fails_nothing() {
    let control = r#"{"controlName":"a","score":1,"Score":2,"AdditionalProperties":{"score":3,"count":"4","COUNT":5},"total":6}"#;
    let day = format!(r#"{{"id":"t_2026-11-20","currentScore":1,"currentScore":9,"controlScores":[{control}],"ControlScores":[]}}"#);
    let reading = scores(format!(r#"{{"value":[{day}]}}"#).as_bytes()).unwrap();
    let (day, control) = (&reading.days[0], &reading.days[0].controls[0]);
    let evidence = control.evidence.as_ref().unwrap();
    assert_eq!((day.points, evidence.total), (1.0, Some(6)));
    assert!(control.points.is_some_and(|points| (1.0..=3.0).contains(&points)) && matches!(evidence.count, Some(4 | 5)));
}

#[test]
fn days_of_two_tenants_are_refused() {
    let of = |tenant: &str, day: &str| json!({"azureTenantId": tenant, "createdDateTime": day, "currentScore": 1});
    let both = json!({"value": [of("AAAA", "2026-11-20"), of("bbbb", "2026-11-19")]}).to_string();
    assert_eq!(scores(both.as_bytes()), Err(PageError::OtherTenant { known: "aaaa".to_owned(), other: "bbbb".to_owned() }));
    let mut collected = Collected::default();
    parse_scores(&page(&of("aaaa", "2026-11-20")), &mut collected).unwrap();
    assert!(parse_profiles(br#"{"value":[{"id":"x","azureTenantId":"AAAA"}]}"#, &mut collected).is_ok());
    assert!(parse_profiles(br#"{"value":[{"id":"x","azureTenantId":"cccc"}]}"#, &mut collected).is_err());
}

#[test]
fn a_days_bytes_are_its_own() {
    let small = json!({"id": "t_2026-11-19", "currentScore": 1, "x": "y".repeat(100)}).to_string();
    let large = json!({"id": "t_2026-11-20", "currentScore": 1, "x": "y".repeat(9000)}).to_string();
    let body = format!(r#"{{"value":[{large},{small}],"@odata.nextLink":"https://graph.microsoft.com/{}"}}"#, "z".repeat(500));
    let reading = scores(body.as_bytes()).unwrap();
    let sent: Vec<usize> = reading.days.iter().map(|day| day.sent_bytes as usize).collect();
    assert!(sent[0].abs_diff(small.len()) <= 8 && sent[1].abs_diff(large.len()) <= 8, "{sent:?}");
}

#[test]
fn hostile_words_become_harmless() {
    let name = "x\u{202E}y\u{200B}";
    let mut collected = Collected::default();
    let body = json!({"value": [{
        "id": name, "title": "Turn\u{202E} on\nMFA\u{E0041} @everyone", "actionUrl": "javascript:alert(1)",
        "service": "Azure\u{0}AD", "threats": ["Account Breach", "accountBreach", null, 3],
        "remediation": "<script>x</script><a href='http://evil.example'>go</a>",
        "controlStateUpdates": [{"state": "Ignored", "comment": "ok\r\nthen\u{202E}", "updatedBy": "", "updatedDateTime": "2026-01-02T03:04:05.6789012Z"}],
        "maxScore": "5.0", "rank": "10", "userImpact": "MEDIUM", "deprecated": "false"
    }]});
    parse_profiles(body.to_string().as_bytes(), &mut collected).unwrap();
    let reading = collected.into_reading();
    let profile = reading.catalogue.as_ref().unwrap().get("xy").unwrap();
    assert_eq!(profile.title, "Turn on MFA @everyone");
    assert_eq!((profile.action_url.as_deref(), profile.service.as_deref()), (None, Some("AzureAD")));
    assert_eq!(profile.threats, ["Account breach", "3"]);
    assert_eq!(profile.remediation.line(), "go");
    assert_eq!((profile.maximum, profile.rank, profile.impact), (Some(5.0), Some(10), Level::Moderate));
    let update = profile.effective().unwrap();
    assert_eq!((&update.state, update.comment.as_deref(), update.by.as_deref()), (&ControlState::Accepted, Some("ok then"), None));
    assert!(update.at.is_some());
}

#[test]
fn ten_thousand_controls_are_read() {
    let mut body = String::from(r#"{"value":[{"id":"t_2026-11-20","currentScore":1,"controlScores":["#);
    for at in 0..10_000 {
        let _ = write!(body, r#"{}{{"controlName":"control_{at}","score":1.0,"count":"{at}"}}"#, if at == 0 { "" } else { "," });
    }
    body.push_str("]}]}");
    let reading = scores(body.as_bytes()).unwrap();
    assert_eq!(reading.days[0].controls.len(), 10_000);
    assert_eq!(reading.days[0].control("control_9999").unwrap().evidence.as_ref().unwrap().count, Some(9999));
}

#[test]
fn lists_without_end_are_refused_wherever_they_are() {
    let many = |entry: &str, count: usize| format!("[{}]", vec![entry; count].join(","));
    let day = |controls: &str| format!(r#"{{"value":[{{"id":"t_2026-11-20","currentScore":1,{controls}}}]}}"#);
    let (half, whole) = (many("{}", 10_001), many("{}", 20_001));
    assert_eq!(scores(day(&format!(r#""controlScores":{whole}"#)).as_bytes()), Err(PageError::Crowded));
    assert!(scores(day(&format!(r#""controlScores":{half},"controlScores":{half}"#)).as_bytes()).is_ok(), "the second is passed over");
    assert!(scores(day(&format!(r#""controlScores":{half}"#)).as_bytes()).is_ok());
    assert_eq!(scores(format!(r#"{{"value":{}}}"#, many(r#"{"id":"x"}"#, 20_001)).as_bytes()), Err(PageError::Crowded));
    let profiles = format!(r#"{{"value":{}}}"#, many(r#"{"id":"x"}"#, 10_001));
    let mut collected = Collected::default();
    parse_profiles(profiles.as_bytes(), &mut collected).unwrap();
    assert_eq!(parse_profiles(profiles.as_bytes(), &mut collected), Err(PageError::Crowded), "all pages together");
    let refused = read_saved(&[("scores.json".to_owned(), day(&format!(r#""controlScores":{whole}"#)).into_bytes())]).unwrap_err();
    assert!(refused.sentence.contains("scores.json has more entries"), "{refused}");
}

#[test]
fn of_updates_without_end_the_newest_stay() {
    let updates: Vec<_> = (0..5000).map(|at| json!({ "updatedBy": at.to_string(), "updatedDateTime": minute(at * 7919 % 5000) })).collect();
    let body = json!({ "value": [{ "id": "a", "controlStateUpdates": updates, "threats": vec!["phishing"; 5000] }] }).to_string();
    let mut collected = Collected::default();
    parse_profiles(body.as_bytes(), &mut collected).unwrap();
    let catalogue = collected.into_reading().catalogue.unwrap();
    let kept: Vec<_> = catalogue.profiles()[0].updates.iter().map(|update| update.at.unwrap().to_string()).collect();
    assert_eq!(kept, (4500..5000).map(minute).collect::<Vec<_>>());
}

/// So many minutes after a midnight.
fn minute(at: i64) -> String {
    (date(2026, 11, 20).to_datetime(jiff::civil::Time::midnight()) + at.minutes())
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap()
        .timestamp()
        .to_string()
}

#[test]
fn what_is_no_page_is_refused_by_name() {
    assert_eq!(scores(b""), Err(PageError::Empty));
    assert_eq!(scores(b"<html>"), Err(PageError::WebPage));
    assert_eq!(scores(b"\x80\x81"), Err(PageError::NotUtf8 { byte: 0 }));
    assert_eq!(scores(br#"{"value":[{"id":"#), Err(PageError::Ends { bytes: 16 }));
    assert_eq!(scores(br#"{"values":[]}"#), Err(PageError::Unlisted));
    assert!(matches!(scores(br#"{"value":[]} x"#), Err(PageError::Malformed { .. })));
    assert!(matches!(scores(br#"{"value":7}"#), Err(PageError::Malformed { .. })));
    assert!(scores(format!(r#"{{"value":{}"#, "[".repeat(100_000)).as_bytes()).is_err());
    assert!(
        scores(format!(r#"{{"value":[{{"AdditionalProperties":{}1}}]}}"#, r#"{"AdditionalProperties":"#.repeat(50_000)).as_bytes())
            .is_err()
    );
}

/// Damage may be refused or survived; it must never panic or make numbers that are none.
#[test]
fn flipped_bits_and_cuts_never_panic() {
    let small = json!({"value": [{"id": "t_2026-11-20", "createdDateTime": {"value": "/Date(1700000000000)/"}, "currentScore": "1e1",
        "averageComparativeScores": [{"basis": "AllTenants", "averageScore": 4.5}],
        "controlScores": [{"controlName": "a\u{e9}", "score": 1.5, "on": "true", "count": "4", "description": "<p>&nbsp;\u{1F600}</p>",
            "AdditionalProperties": {"total": "5"}}]}], "@odata.nextLink": "https://graph.microsoft.com/x"});
    let body = small.to_string().into_bytes();
    let sane = |damaged: &[u8]| {
        for reading in [scores(damaged).unwrap_or_default(), {
            let mut collected = Collected::default();
            parse_profiles(damaged, &mut collected).map(|_| collected.into_reading()).unwrap_or_default()
        }] {
            for day in &reading.days {
                assert!(day.points.is_finite() && day.points >= 0.0);
                assert!(day.controls.iter().all(|control| control.points.is_none_or(f64::is_finite)));
            }
        }
    };
    for at in 0..body.len() {
        for bit in 0..8 {
            let mut damaged = body.clone();
            damaged[at] ^= 1 << bit;
            sane(&damaged);
        }
        sane(&body[..at]);
    }
    let Some(real) = capture(SCORES) else { return };
    for at in (0..real.len()).step_by(97) {
        let mut damaged = real.clone();
        damaged[at] ^= 1 << (at % 8);
        sane(&damaged);
        assert!(scores(&real[..at]).is_err());
    }
}
