//! Can every row of a long list be reached, and does a cut one say how? And is somebody asked back whose words fit several controls?

use std::collections::BTreeSet;

use scorewatch::{
    card::Block,
    score::{Catalogue, Profile},
    skills::{Entry, TenantFacts},
};
use serde_json::{Map, Value, json};

use crate::{
    answers::{answer, facts_about, facts_of},
    support::views::Views,
};

fn ask(skill: &str, facts: &TenantFacts, args: &Value) -> Views {
    answer(Entry::named(skill).unwrap(), vec![facts.clone()], false, true, &args.to_string())
}

fn refusal(skill: &str, facts: &TenantFacts, args: &Value) -> String {
    let facts = facts_about(vec![facts.clone()], false, true);
    let args: Map<String, Value> = args.as_object().unwrap().clone();
    Entry::named(skill).unwrap().answer(&facts, &args).err().unwrap().sentence
}

fn json_of(views: &Views) -> Value {
    serde_json::from_slice(&views.json).unwrap()
}

fn notes(views: &Views) -> String {
    let notes = views.card.blocks.iter().filter_map(|block| if let Block::Note(note) = block { Some(note.as_str()) } else { None });
    notes.collect::<Vec<_>>().join("\n")
}

/// Each page of a question, and the ids on them.
fn pages(skill: &str, list: &str, facts: &TenantFacts, args: &Value, limit: usize) -> (Vec<String>, usize) {
    let (mut ids, mut page) = (Vec::new(), 1);
    loop {
        let mut asked = args.clone();
        asked["limit"] = limit.into();
        asked["page"] = page.into();
        let views = ask(skill, facts, &asked);
        let told = json_of(&views);
        assert_eq!(told["page"], page, "{told}");
        let rows = told[list].as_array().cloned().unwrap_or_default();
        ids.extend(rows.iter().map(|row| row["control"].as_str().unwrap().to_owned()));
        let total = usize::try_from(told["total"].as_u64().unwrap()).unwrap();
        let next = format!("page {}", page + 1);
        let goes_on = views.text.contains(&next);
        assert_eq!(goes_on, notes(&views).to_lowercase().contains(&next), "text and card agree: {}\n{}", views.text, notes(&views));
        assert_eq!(goes_on, views.card.next.iter().any(|next| ["Next page", "List more"].contains(&&*next.label)), "{:?}", views.card.next);
        if !goes_on {
            asked["page"] = (page + 1).into();
            let refused = refusal(skill, facts, &asked);
            assert!(refused.contains(&format!("there is no page {}", page + 1)), "{refused}");
            return (ids, total);
        }
        page += 1;
    }
}

/// The lists of a tenant on which much moved.
const LISTS: &[(&str, &str, &str)] = &[
    ("weakest_controls", "controls", "{}"),
    ("weakest_controls", "controls", r#"{"order":"quick_wins","category":"apps"}"#),
    ("score_changes", "changes", r#"{"since":"month"}"#),
    ("accepted_risks", "risks", r#"{"state":"all"}"#),
];

#[test]
fn every_row_stands_on_one_page() {
    let facts = facts_of("contoso", 90);
    for (skill, list, args) in LISTS {
        for limit in [3, 25] {
            let args: Value = serde_json::from_str(args).unwrap();
            let (ids, total) = pages(skill, list, &facts, &args, limit);
            let once: BTreeSet<&String> = ids.iter().collect();
            assert!(
                total > 3 && (ids.len(), once.len()) == (total, total),
                "{skill} {args}: {} of {total}, {} different",
                ids.len(),
                once.len()
            );
        }
    }
}

#[test]
fn a_later_page_says_where_it_is() {
    let facts = facts_of("contoso", 90);
    let views = ask("weakest_controls", &facts, &json!({ "page": 2 }));
    assert!(views.text.contains(" 139 weak controls, ") && views.text.contains("; 6 to 10 listed, most points first"), "{}", views.text);
    assert!(notes(&views).contains("6 to 10 of 139 weak controls are listed: page 3 goes on."), "{}", notes(&views));
    let first = ask("weakest_controls", &facts, &json!({}));
    assert!(notes(&first).contains("5 of 139 weak controls are listed: page 2 goes on."), "{}", notes(&first));
}

#[test]
fn open_and_accepted_controls_can_stand_in_one_list() {
    let facts = facts_of("contoso", 3);
    let total =
        |status: &str| json_of(&ask("weakest_controls", &facts, &json!({ "status": status, "limit": 25 })))["total"].as_u64().unwrap();
    let both = ask("weakest_controls", &facts, &json!({ "status": "open_or_accepted" }));
    let told = json_of(&both);
    assert_eq!(told["total"].as_u64(), Some(total("open") + total("risk_accepted")), "{}", both.text);
    let both = ask("weakest_controls", &facts, &json!({ "status": "open_or_accepted", "category": "identity", "limit": 25 }));
    let told = json_of(&both);
    let accepted = told["controls"].as_array().unwrap().iter().filter(|row| row["accepted"] == true).count();
    assert!(accepted > 0 && both.text.matches("; risk accepted").count() == accepted, "each says so: {}", both.text);
    assert!(!both.text.contains("left out: 5 weak but accepted"), "{}", both.text);
    assert!(
        both.text.contains("weak identity controls (open or accepted)")
            && both.card.title == "Weak identity controls (open or accepted) of contoso",
        "{}",
        both.card.title
    );
}

#[test]
fn acceptances_that_end_soon_are_listed_the_first_to_end_first() {
    let facts = facts_of("contoso", 3);
    let soon = ask("accepted_risks", &facts, &json!({ "ends_within": 60 }));
    assert!(soon.text.starts_with("contoso 2026-11-21: 2 accepted risks that end within 60 days, "), "{}", soon.text);
    let ends: Vec<String> =
        json_of(&soon)["risks"].as_array().unwrap().iter().map(|row| row["until"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ends, ["2026-12-21", "2027-01-20"], "{}", soon.text);
    assert_eq!(json_of(&ask("accepted_risks", &facts, &json!({ "ends_within": 29 })))["total"], 0);
    let skill = Entry::named("accepted_risks").unwrap();
    let both = json!({ "ends_within": 7, "state": "expired" });
    assert!(skill.prepare(both.as_object().unwrap(), false, true).unwrap_err().sentence.contains("Give one of them"));
}

/// A tenant in which seven controls are titled alike, of four products.
fn alike() -> TenantFacts {
    let facts = facts_of("contoso", 3);
    let codes = ["MDA_GitHub", "MDA_Zoom", "MDA_Okta", "EXO", "EXO", "MDA_GitHub", "MDA_Brand"];
    let mut profiles: Vec<Profile> = facts.catalogue.profiles().to_vec();
    let day = facts.newest().unwrap();
    let scored = profiles.iter_mut().filter(|profile| day.control(&profile.name).is_some());
    for (at, (profile, code)) in scored.zip(codes).enumerate() {
        profile.title = String::from(["Close what is idle", "Close  what is idle", "Close\u{a0}what is idle"][at % 3]);
        profile.service = Some(code.to_owned());
    }
    TenantFacts { catalogue: Catalogue::new(profiles, facts.catalogue.descriptions().clone(), 0), ..facts }
}

#[test]
fn words_that_fit_several_are_asked_back() {
    let facts = alike();
    for typed in ["Close what is idle", "close WHAT is\u{200b} idle", "what is idle"] {
        let views = ask("control", &facts, &json!({ "name": typed }));
        let told = json_of(&views);
        assert_eq!((told["fitting"].as_u64(), told["fits"].as_array().map(Vec::len)), (Some(7), Some(7)), "{told}");
        assert!(told.get("control").is_none() && told.get("title").is_none(), "none is meant: {told}");
        assert!(
            views.text.starts_with("7 controls of contoso on 2026-11-21") && views.text.contains("which one is meant?"),
            "{}",
            views.text
        );
        for product in ["GitHub", "Zoom", "Okta", "Exchange Online", "MDA_Brand"] {
            assert!(views.text.contains(&format!(", {product}")), "{product}: {}", views.text);
        }
        let rows =
            views.card.blocks.iter().find_map(|block| if let Block::Table { rows, .. } = block { Some(rows) } else { None }).unwrap();
        assert!(rows.len() == 7 && rows.iter().all(|row| row.next.is_some()), "each row leads on: {rows:?}");
    }
    // Those that Microsoft is about to drop are marked, for people and for programs.
    let mut profiles = facts.catalogue.profiles().to_vec();
    let going =
        profiles.iter_mut().find(|profile| profile.service.as_deref() == Some("MDA_Zoom") && profile.title.contains("idle")).unwrap();
    going.deprecated = true;
    let dropped = TenantFacts { catalogue: Catalogue::new(profiles, facts.catalogue.descriptions().clone(), 0), ..alike() };
    let views = ask("control", &dropped, &json!({ "name": "what is idle" }));
    let marked = json_of(&views)["fits"].as_array().unwrap().iter().filter(|fit| fit["deprecated"] == true).count();
    assert_eq!(
        (marked, views.text.matches(" (deprecated)").count(), format!("{:?}", views.card).matches("deprecated: true").count()),
        (1, 1, 1)
    );
    // The product tells them apart, an id anyway.
    let zoom = json_of(&ask("control", &facts, &json!({ "name": "idle zoom" })));
    assert_eq!(zoom["service"], "MDA_Zoom", "{zoom}");
    let id = zoom["control"].as_str().unwrap();
    assert_eq!(json_of(&ask("control", &facts, &json!({ "name": id })))["control"], id);
}

#[test]
fn what_else_fits_is_reported_with_its_product() {
    let facts = facts_of("contoso", 3);
    let views = ask("control", &facts, &json!({ "name": "legacy auth" }));
    assert!(views.text.contains("\nalso fit: spo_legacy_auth_v0"), "{}", views.text);
    let told = json_of(&views);
    assert_eq!((&told["control"], &told["fitting"]), (&"BlockLegacyAuthentication".into(), &2.into()), "{told}");
}

#[test]
fn products_go_by_the_names_that_people_use() {
    let facts = facts_of("contoso", 3);
    let services = |product: &str| {
        let told = json_of(&ask("weakest_controls", &facts, &json!({ "product": product, "limit": 25 })));
        let services: BTreeSet<String> =
            told["controls"].as_array().unwrap().iter().map(|row| row["service"].as_str().unwrap().to_owned()).collect();
        services.into_iter().collect::<Vec<_>>().join(" ")
    };
    for (product, code) in [
        ("Exchange", "EXO"),
        ("SharePoint", "SPO"),
        ("entra", "AzureAD"),
        ("Azure AD", "AzureAD"),
        ("AAD", "AzureAD"),
        ("Defender for Office 365", "MDO"),
        ("GitHub", "MDA_GitHub"),
    ] {
        assert_eq!(services(product), code, "{product}");
    }
    let refused = refusal("weakest_controls", &facts, &json!({ "product": "Sentinel" }));
    assert!(refused.starts_with("contoso has no scored control of a product like `Sentinel`."), "{refused}");
    for known in ["Exchange Online (EXO)", "GitHub (MDA_GitHub)", "Microsoft Entra ID (AzureAD)"] {
        assert!(refused.contains(known), "{known}: {refused}");
    }
}
