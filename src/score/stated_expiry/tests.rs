//! Is an end understood as people write it, and never where there is none?

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

#[test]
fn an_end_is_understood_as_people_write_it() {
    let day = date(2026, 12, 31);
    for written in [
        "Legacy scanners need it until 2026-12-31.",
        "until 31.12.2026",
        "Accepted till 31.12.26",
        "til 2026-12-31",
        "bis 31.12.2026",
        "bis zum 31. Dezember 2026",
        "bis Ende Dezember 2026",
        "bis Ende 2026",
        "by 31 Dec 2026",
        "Fix by 31st December 2026",
        "by the 31st of December 2026",
        "by Dec 31, 2026",
        "before December 31 2026",
        "by end of day 2026-12-31",
        "until end of December 2026",
        "Until the end of December 2026, then again",
        "until the end of the year 2026",
        "by EOY 2026",
        "until December 2026",
        "until Dec. 2026",
        "until Q4 2026",
        "until 2026-Q4",
        "until 12/2026",
        "until 2026-12",
        "until 31/12/2026",
        "until 12/31/2026",
        "until 31-12-2026",
        "until 2026/12/31",
        "until 2026.12.31",
        "until 20261231",
        "until 31-Dec-2026",
        "until 31/Dec/26",
        "expires 2026-12-31T00:00Z",
        "expires 2026-12-31T23:59:59+01:00",
        "Expires: 2026-12-31",
        "expiry=2026-12-31",
        "Accepted by the board, expires on (2026-12-31)",
        "expires, as agreed, on 2026-12-31",
        "valid until \u{201C}2026\u{2011}12\u{2011}31\u{201D}",
        "through 2026-12-31",
        "deadline: 31 December 2026",
        "until 2025-03-31, extended until 2026-12-31",
        "until 01/02/2026, extended until 2026-12-31",
        "until 2026-12-31, decided by Ada on 2026-01-02",
    ] {
        assert_eq!(stated_expiry(written), Some(StatedExpiry::Day(day)), "{written}");
    }
    assert_eq!(stated_expiry("until end of March 2027"), Some(StatedExpiry::Day(date(2027, 3, 31))));
    assert_eq!(stated_expiry("bis Ende März 2027"), Some(StatedExpiry::Day(date(2027, 3, 31))));
    assert_eq!(stated_expiry("until February 2028"), Some(StatedExpiry::Day(date(2028, 2, 29))));
    assert_eq!(stated_expiry("until 5/5/2027"), Some(StatedExpiry::Day(date(2027, 5, 5))), "the same either way");
    assert_eq!(stated_expiry("bis 1.2.2027"), Some(StatedExpiry::Day(date(2027, 2, 1))), "dots are written with the day first");
    assert_eq!(stated_expiry("until 12.31.2026"), Some(StatedExpiry::Day(day)), "unless there is no such month");
}

#[test]
fn an_end_is_understood_in_rarer_words_too() {
    let day = date(2026, 12, 31);
    for written in [
        "not after 2026-12-31",
        "Not valid after 31.12.2026",
        "no later than 31.12.2026",
        "Not later than Dec 31, 2026",
        "up to 31.12.2026",
        "Valid to 31 Dec 2026",
        "Accepted to 31 December 2026",
        "Accepted from 2026-01-02 to 2026-12-31",
        "until 2026-03-31, extended to 2026-12-31",
        "exp. 31.12.2026",
        "exp 2026-12-31",
        "Exp.: 2026-12-31",
        "end: 2026-12-31",
        "End date: 31.12.2026",
        "end date 31.12.2026",
        "ends 2026-12-31",
        "Frist: 31.12.2026",
        "spätestens am 31.12.2026",
        "until 31. 12. 2026",
        "until 31.12. 2026.",
        "until 31 / 12 / 2026",
        "until 2026 - 12 - 31",
        "until 31.12.2026. 3 scanners are left",
        "until 2026-Dec-31",
        "until 2026 December 31",
        "until \u{FF12}\u{FF10}\u{FF12}\u{FF16}\u{FF0D}\u{FF11}\u{FF12}\u{FF0D}\u{FF13}\u{FF11}",
        "until\u{FF1A}31\u{FF0F}12\u{FF0F}2026",
        "jusqu'au 31/12/2026",
        "jusqu\u{2019}au 31/12/2026",
        "jusqu'au 31 décembre 2026",
        "hasta el 31/12/2026",
        "Risk accepted up to and including 31 December 2026",
        "until 2026-12-30T23:59:59-05:00",
        "until 2026-12-30 23:59:59-05:00",
        "until 2027-01-01T00:30+01:00",
        "by Thursday, 31 December 2026",
        "by Thu 31 Dec 2026",
        "by Thu 2026-12-31",
        "before Thursday 31.12.2026",
        "bis Donnerstag, 31.12.2026",
        "until 31.Dezember 2026",
        "until Dec.31,2026",
        "until31.12.2026",
        "until end-December 2026",
        "expiryDate: 2026-12-31",
        "ExpiresOn=2026-12-31",
        "expires_at: 2026-12-31",
        "Expires-On 2026-12-31",
        "enddate=2026-12-31",
        "validUntil: 2026-12-31",
        "valid_until=2026-12-31",
        "ValidTo=2026-12-31",
        "Ablaufdatum: 31.12.2026",
        "Befristung: 31.12.2026",
        "Ende 31.12.2026",
        "läuft am 31.12.2026 ab",
        "valid from 01.01.2026 - 31.12.2026",
        "until 31 de diciembre de 2026",
        "jusqu'à fin décembre 2026",
        "hasta fin de diciembre de 2026",
        "accepted until 31.12.2026, report by 05.11.2026",
        "accepted until 31.12.2026, decision by end of year",
        "report by 05.11.2026; accepted until 31.12.2026",
    ] {
        assert_eq!(stated_expiry(written), Some(StatedExpiry::Day(day)), "{written}");
    }
}

#[test]
fn what_two_people_read_differently_is_handed_back() {
    for (written, unclear) in [
        ("until 01/02/2027", "01/02/2027"),
        ("Accepted by 3/4/2027.", "3/4/2027"),
        ("until 01-02-2027", "01-02-2027"),
        ("until 31/12/26", "31/12/26"),
        ("until 2026-13-45", "2026-13-45"),
        ("until 30.02.2027", "30.02.2027"),
        ("until 31/12", "31/12"),
        ("until 31 December", "31 December"),
        ("by Dec 31", "Dec 31"),
        ("until December", "December"),
        ("until 2027", "2027"),
        ("until mid March 2027", "mid March 2027"),
        ("until Mid-March 2027", "Mid March 2027"),
        ("until the beginning of 2027", "beginning of 2027"),
        ("until 2026-03-31, extended until 01/02/2027", "01/02/2027"),
        ("Valid to 01/02/2027", "01/02/2027"),
        ("jusqu'au 01/02/2027", "01/02/2027"),
        ("valid until 31/12/2026 or 01/02/2027?", "31/12/2026 or 01/02/2027"),
        ("until 2026-12-31 or 2027-01-31", "2026-12-31 or 2027-01-31"),
        ("until 31.12.2026 (01/02/2027)", "31.12.2026 01/02/2027"),
        ("until 31.12.1999", "31.12.1999"),
        ("until 2926-12-31", "2926-12-31"),
        ("until 31 December 1999", "31 December 1999"),
        ("until 31122026", "31122026"),
        ("until 31.12.", "31.12"),
        ("bis 1.5.", "1.5"),
        ("until the 31st", "31st"),
        ("until 1/2", "1/2"),
        ("until Mar-27", "Mar-27"),
        ("until Dec/26", "Dec/26"),
        ("until 31dec26", "31dec26"),
        ("by end of February", "end of February"),
        ("bis Ende Februar", "Ende Februar"),
        ("until Thursday 01/02/2027", "Thursday 01/02/2027"),
        ("accepted until 31.03.2027, review until 15.11.2026", "15.11.2026"),
        ("accepted until 31.03.2027, was until 31.12.2026", "31.12.2026"),
        ("was accepted until 31.12.2025, now permanent", "31.12.2025"),
    ] {
        assert_eq!(stated_expiry(written), Some(StatedExpiry::Unclear(unclear.to_owned())), "{written}");
    }
}

#[test]
fn an_end_that_names_no_day_is_handed_back() {
    for (written, unclear) in [
        ("until the end of the year", "end of the year"),
        ("by end of year", "end of year"),
        ("by year end", "year end"),
        ("by year-end", "year end"),
        ("by EOY", "EOY"),
        ("bis Jahresende", "Jahresende"),
        ("bis Ende des Jahres", "Ende des Jahres"),
        ("until the start of the month", "start of the month"),
        ("until H1 2027", "H1 2027"),
        ("by H1 2027", "H1 2027"),
        ("until 2027-H1", "2027-H1"),
        ("until Q1", "Q1"),
        ("until FY27", "FY27"),
        ("until week 5 2027", "week 5 2027"),
        ("until week 5 of 2027", "week 5 of 2027"),
        ("bis KW 5", "KW 5"),
        ("bis KW05/2027", "KW05/2027"),
        ("until 2027-W05", "2027-W05"),
        ("until 2027-W05-3", "2027-W05-3"),
        ("until the end of this year", "end of this year"),
        ("by the end of next month", "end of next month"),
        ("until end of week 5", "end of week 5"),
        ("until the year 2027", "year 2027"),
        ("by EOY26", "EOY26"),
        ("until around March 2027", "around March 2027"),
        ("until summer 2027", "summer 2027"),
        ("by summer 2027", "summer 2027"),
        ("until autumn", "autumn"),
        ("until 31/XII/2026", "31/XII/2026"),
        ("until 31 grudnia 2026", "31 grudnia 2026"),
        ("until 2026W05", "2026W05"),
        ("until 2026-12-31/2027-01-31", "2026-12-31/2027-01-31"),
        ("until Friday", "Friday"),
        ("until next year", "next year"),
        ("until next spring", "next spring"),
        ("expires in 90 days", "in 90 days"),
        ("until 3 months after the move", "3 months"),
        ("bis KW 12/2027", "KW 12/2027"),
        ("until week 12/2027", "week 12/2027"),
        ("until 1H27", "1H27"),
        ("until 2H 2027", "2H 2027"),
        ("until end-of-year", "end of year"),
        ("expires in one year", "in one year"),
        ("expires in 30d", "in 30d"),
        ("until 90d", "90d"),
        ("until next Monday", "next Monday"),
    ] {
        assert_eq!(stated_expiry(written), Some(StatedExpiry::Unclear(unclear.to_owned())), "{written}");
    }
}

#[test]
fn what_is_no_end_is_none() {
    for written in [
        "Accepted by CISO on 2026-01-02",
        "Accepted by Jan",
        "Approved by April, see 2026-01-02",
        "Decided in the meeting of 2026-03-31",
        "Accepted on 2026-01-02",
        "Accepted (2026-01-02)",
        "Review of 2026-01-02, 31/12/2026",
        "Moved from 2026-01-02 to 2026-03-31",
        "Accepted according to the minutes of 2026-01-02",
        "Meeting at the end of March 2026",
        "Approved after 2026-01-02",
        "up to 2000 mailboxes",
        "up to 3/4 of all devices",
        "Accepted to keep 2 scanners",
        "until replaced. Accepted on 2026-01-02",
        "until migrated by Ada 2026-01-02",
        "Guest links expire after 30 days",
        "until further notice, see 2026-06-30",
        "until version 2.0",
        "by Friday, says April",
        "until further notice",
        "until Server 2022 is replaced",
        "until all 2000 mailboxes are moved",
        "until we have 24/7 monitoring",
        "until 3 of 4 administrators left",
        "due to 2 legacy printers",
        "by 2FA",
        "until é026-03-31x",
        "bis auf weiteres, Stand 2026-01-02",
        "Passwords never expire (decision 2026-01-02)",
        "approved by the 31.03.2026 board",
        "not before 2027-03-31",
        "Accepted - 2026-01-02",
        "31.12.2026",
        "",
    ] {
        assert_eq!(stated_expiry(written), None, "{written}");
    }
}

proptest! {
    #[test]
    fn no_words_break_it(comment in ".{0,80}", rest in "(until|by|bis)( [0-9/.-]{1,10}| [a-zä]{2,8}){0,4}") {
        let _ = (stated_expiry(&comment), stated_expiry(&rest));
    }
}
