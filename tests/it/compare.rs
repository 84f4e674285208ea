//! How do tenants compare, with one another and with Microsoft's averages? In shares and never in points, by what Graph gives and nothing else.

use std::{borrow::Cow, collections::BTreeSet};

use scorewatch::{
    access::{Asker, Role, Tenants},
    ask::{AnswerForm, Body, Question, RawArgs},
    error::ErrorKind,
    graph::read_saved,
    score::{Category, History, Peer, PeerCategories, PeerPoints, Reading, Summary},
    skills::{AskedPart, AskedTenants, Entry, Facts, TenantFacts},
    store::Source,
};
use serde_json::{Map, Value, json};

use crate::{
    answers::{facts_about, facts_of, tokens},
    refresh::World,
    support::{
        doors::ask as open,
        views::{Views, views},
    },
};

fn skill() -> &'static Entry {
    Entry::named("compare_scores").unwrap()
}

fn facts(tenants: Vec<TenantFacts>, all: bool) -> Facts {
    facts_about(tenants, all, true)
}

fn asked(facts: &Facts, args: &Value) -> Views {
    let args: Map<String, Value> = args.as_object().unwrap().clone();
    skill().prepare(&args, facts.all, true).unwrap();
    views(skill(), facts, &args)
}

fn json_of(views: &Views) -> Value {
    serde_json::from_slice(&views.json).unwrap()
}

/// What is read of a day of Graph's with these averages.
fn peers(sent: &Value) -> Vec<Peer> {
    let day = json!({ "value": [{
        "azureTenantId": "c9a5a493-f30e-b523-f8bd-1ca811c2f43c", "createdDateTime": "2026-11-21T00:00:00Z", "id": "x_2026-11-21", "currentScore": 5.0,
        "maxScore": 10.0, "averageComparativeScores": sent,
        "controlScores": [{ "controlName": "A", "controlCategory": "Identity", "score": 5.0, "scoreInPercentage": 50.0 }],
    }]});
    read_saved(&[("scores.json".to_owned(), day.to_string().into_bytes())]).unwrap().days[0].peers.clone()
}

#[test]
fn averages_by_category_are_kept_as_sent_and_unknown_is_never_0() {
    let sent = json!([
        { "basis": "TotalSeats", "averageScore": "48.1", "SeatSizeRangeLowerValue": "1", "SeatSizeRangeUpperValue": "100",
          "identityScore": "41.21", "identityScoreMax": "61.88", "appsScore": 53.64, "appsScoreMax": 146.11, "dataScore": -1, "dataScoreMax": -1,
          "deviceScore": 3.0, "deviceScoreMax": 0, "infrastructureScore": 0.0, "infrastructureScoreMax": 0.0 },
        { "basis": "AllTenants", "averageScore": 52.86, "identityScore": 70, "identityScoreMax": 60, "dataScore": 0, "dataScoreMax": 5.15,
          "appsScore": null, "appsScoreMax": 5, "deviceScore": {}, "deviceScoreMax": [] },
        { "basis": "IndustryTypes", "averageScore": -1 },
    ]);
    let [size, all] = peers(&sent).try_into().unwrap();
    assert_eq!(size.categories.identity, PeerPoints::new(41.21, 61.88));
    assert!((size.categories.identity.unwrap().percent() - 66.597).abs() < 0.001);
    assert_eq!(size.categories.apps, PeerPoints::new(53.64, 146.11));
    let unknown = [size.categories.data, size.categories.device, size.categories.infrastructure];
    assert_eq!(unknown, [None; 3], "-1 and a maximum of 0 are no data");
    assert_eq!(all.categories.data, Some(PeerPoints { points: 0.0, maximum: 5.15 }), "0 of something is a number");
    assert_eq!([all.categories.identity, all.categories.apps, all.categories.device], [None; 3], "more than the maximum, null, no numbers");
    assert!(peers(&json!(null)).is_empty() && peers(&json!([{}, { "basis": "AllTenants" }, { "averageScore": 50 }])).is_empty());
}

#[test]
fn a_tenant_stands_beside_averages_by_their_basis() {
    let mut tenant = facts_of("contoso", 90);
    let told = |tenant: &TenantFacts, args: Value| asked(&facts(vec![tenant.clone()], false), &args);
    let newest = tenant.newest().unwrap().clone();
    let json = json_of(&told(&tenant, json!({})));
    let identity = Summary::of(&newest, &tenant.catalogue).categories[&Category::Identity];
    let peer = |basis: &str| newest.peers.iter().find(|peer| peer.basis == basis).unwrap();
    let row = json["categories"].as_array().unwrap().iter().find(|row| row["name"] == "identity").unwrap().clone();
    let near = |told: &Value, number: f64| (told.as_f64().unwrap() - number).abs() < 0.006;
    assert!(near(&row["percent"], 100.0 * identity.points / identity.maximum), "{row}");
    for (member, basis) in [("all_tenants", "AllTenants"), ("same_size", "TotalSeats")] {
        let theirs = peer(basis).categories.identity.unwrap();
        assert!(near(&row[member], 100.0 * theirs.points / theirs.maximum), "{row}");
    }
    // The order in which Graph lists them makes no difference, and the difference is ours less theirs.
    let mut turned = newest.clone();
    turned.peers.reverse();
    let other = TenantFacts { history: tenant.history.clone().with(turned), ..tenant.clone() };
    assert_eq!(json_of(&told(&other, json!({})))["categories"], json["categories"]);
    let (ours, theirs) = (row["percent"].as_f64().unwrap(), row["all_tenants"].as_f64().unwrap());
    assert!((row["ahead_of_all"].as_f64().unwrap() - (ours - theirs)).abs() < 0.006);
    let text = told(&tenant, json!({})).text;
    assert!(text.contains("averages of averages") && text.contains("Graph gives neither industry nor percentile"), "{text}");
    assert!(!text.contains("rank"), "{text}");
    assert_eq!(json_of(&told(&tenant, json!({ "category": "identity" })))["categories"].as_array().unwrap().len(), 1);
    assert!(told(&tenant, json!({ "category": "infrastructure" })).text.contains("no infrastructure controls in this tenant"));

    // Without averages, and without controls, nothing is made up.
    let mut days = tenant.history.days().to_vec();
    days.last_mut().unwrap().peers.clear();
    tenant.history = History::new(days.clone());
    let alone = told(&tenant, json!({}));
    assert!(alone.text.contains("not provided for this day") && json_of(&alone).get("peers").is_none(), "{}", alone.text);
    assert!(json_of(&alone)["categories"][0].get("all_tenants").is_none() && !alone.text.contains("averages of averages"));
    let last = days.last_mut().unwrap();
    (last.controls, last.controls_known) = (Vec::new(), false);
    tenant.history = History::new(days);
    let bare = told(&tenant, json!({}));
    assert!(bare.text.contains("Microsoft sent none") && json_of(&bare).get("categories").is_none(), "{}", bare.text);
    // An old day whose averages were kept before categories were.
    let mut older = newest;
    older.peers.iter_mut().for_each(|peer| peer.categories = PeerCategories::default());
    tenant.history = History::new(vec![older]);
    let older = told(&tenant, json!({})).text;
    assert!(
        older.contains("other tenants by category: not known for this day") && older.contains("no earlier day to compare with"),
        "{older}"
    );
    tenant.history = History::default();
    assert_eq!(skill().answer(&facts(vec![tenant], false), &Map::new()).err().unwrap().kind, ErrorKind::NotReady);
}

fn named(names: &[(&str, Option<&[&str]>)]) -> AskedTenants {
    let part = |(name, group): &(&str, Option<&[&str]>)| AskedPart {
        name: (*name).to_owned(),
        group: group.map(|tenants| tenants.iter().map(ToString::to_string).collect()),
    };
    AskedTenants { name: names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",").into(), parts: names.iter().map(part).collect() }
}

#[test]
fn several_are_ranked_and_weighted_by_their_points() {
    let contoso = facts_of("contoso", 90);
    // The same with another score.
    let like = |name: &str, points: f64, maximum: f64| {
        let mut days = contoso.history.days().to_vec();
        for day in &mut days {
            (day.points, day.maximum) = (day.points * points, day.maximum.map(|of| of * maximum));
            day.controls.retain(|control| control.category != Category::Data || name != "fabrikam");
        }
        TenantFacts { name: name.to_owned(), history: History::new(days), ..contoso.clone() }
    };
    let tenants = vec![contoso.clone(), like("fabrikam", 0.4, 0.5), like("northwind", 0.25, 0.25)];
    let all = facts(tenants.clone(), true);
    let views = asked(&all, &json!({}));
    println!("{} tokens\n{}", tokens(&views.text), views.text);
    let told = json_of(&views);
    let sums = |of: &[&str]| {
        let days = tenants.iter().filter(|tenant| of.contains(&tenant.name.as_str())).map(|tenant| tenant.newest().unwrap());
        let (points, maximum) = days.fold((0.0, 0.0), |sum, day| (sum.0 + day.points, sum.1 + day.maximum.unwrap()));
        (100.0 * points / maximum * 100.0_f64).round() / 100.0
    };
    assert_eq!(told["weighted"], sums(&["contoso", "fabrikam", "northwind"]));
    assert!(views.text.contains("(weighted: all points over all maxima)") && views.text.contains("rank is ours, among these only"));
    let rows = told["tenants"].as_array().unwrap();
    let ranks: Vec<_> = rows.iter().map(|row| (row["rank"].as_u64().unwrap(), row["percent"].as_f64().unwrap())).collect();
    assert!(ranks.windows(2).all(|pair| pair[0].1 >= pair[1].1) && ranks[0].0 == 1 && ranks.len() == 3, "{ranks:?}");
    assert!(rows.iter().all(|row| row["since"] == "2026-11-14" && row.get("moved").is_some() && row.get("same_size").is_some()), "{told}");
    assert!(told.get("by_category").is_none(), "of more than two that would be long");
    // Two of them, by category; whoever is not asked about has no place.
    let two = Facts { tenants: tenants[..2].to_vec(), group: Some(named(&[("contoso", None), ("fabrikam", None)])), ..all.clone() };
    let pair = json_of(&asked(&two, &json!({})));
    assert_eq!((pair["tenants"].as_array().unwrap().len(), pair["weighted"].as_f64().unwrap()), (2, sums(&["contoso", "fabrikam"])));
    let by_category = pair["by_category"].as_array().unwrap();
    let data = by_category.iter().find(|row| row["name"] == "data").unwrap();
    assert!(data.get("second").is_none() && data.get("difference").is_none(), "of one of them only: {data}");
    for row in by_category.iter().filter(|row| row["name"] != "data") {
        let (first, second) = (row["first"].as_f64().unwrap(), row["second"].as_f64().unwrap());
        assert!((row["difference"].as_f64().unwrap() - (first - second)).abs() < 0.006, "{row}");
    }
    assert!(!asked(&two, &json!({})).text.contains("northwind"));
    // Groups stand as what they are together; a tenant of theirs beside them.
    let eu: &[&str] = &["contoso", "fabrikam"];
    let groups = Facts { group: Some(named(&[("eu", Some(eu)), ("northwind", None)])), ..all.clone() };
    let ranked = json_of(&asked(&groups, &json!({})));
    let eu_row = ranked["tenants"].as_array().unwrap().iter().find(|row| row["tenant"] == "eu").unwrap();
    assert_eq!((eu_row["percent"].as_f64().unwrap(), eu_row["of"].as_u64()), (sums(eu), Some(2)));
    // By category; and who has none of it, or no known maximum, is named and not ranked.
    assert_eq!(json_of(&asked(&all, &json!({ "category": "identity" })))["category"], "identity");
    let none = asked(&all, &json!({ "category": "infrastructure" })).text;
    assert!(none.contains("without known infrastructure controls, not ranked: contoso, fabrikam, northwind"), "{none}");
    let mut unknown = tenants.clone();
    let mut days = unknown[2].history.days().to_vec();
    days.last_mut().unwrap().maximum = Some(0.0);
    unknown[2].history = History::new(days);
    let two_known = asked(&facts(unknown, true), &json!({}));
    assert!(two_known.text.contains("- northwind: percentage not known"), "{}", two_known.text);
    assert_eq!(json_of(&two_known)["weighted"], sums(eu));
    // One of which nothing is held, one with a single day, and one alone.
    let mut young = tenants.clone();
    young[0].history = History::new(vec![tenants[0].newest().unwrap().clone()]);
    young[1].history = History::default();
    let young = asked(&facts(young, true), &json!({}));
    assert!(
        young.text.contains("no earlier day to compare with: contoso") && young.text.contains("no score yet: fabrikam"),
        "{}",
        young.text
    );
    assert!(json_of(&young).get("weighted_moved").is_none(), "{}", young.text);
    let alone = asked(&facts(tenants[..1].to_vec(), true), &json!({})).text;
    assert!(alone.starts_with("contoso 2026-11-21: ") && alone.contains("only one tenant is visible to you: nothing to rank"), "{alone}");
}

#[tokio::test]
async fn who_may_not_see_a_tenant_sees_neither_it_nor_its_rank() {
    let world = World::new().await;
    for tenant in ["contoso", "northwind"] {
        world.refresher(tenant).refresh(&|_| ()).await.unwrap();
    }
    for (name, facts) in [("fabrikam", facts_of("contoso", 40)), ("northwind", facts_of("fabrikam", 40))] {
        let days = facts.history.days().to_vec();
        let reading = Reading { days, catalogue: Some(facts.catalogue), ..Reading::default() };
        world.store.save(name, &reading, Source::Import, "2026-11-21T08:00:00Z".parse().unwrap()).await.unwrap();
    }
    let ask = open(world.store.clone()).await;
    let tell = async |seen: &[&str], tenant: &str| {
        let tenants = Tenants::Only(seen.iter().map(ToString::to_string).collect::<BTreeSet<_>>());
        let asker = Asker { id: "test".into(), name: "test".into(), role: Role::Reader, tenants };
        let args = [(Cow::Borrowed("since"), Cow::Borrowed("month"))];
        let question =
            Question { skill: skill(), tenant: Some(tenant), args: RawArgs::Pairs(&args), form: AnswerForm::Json, surface: "other" };
        match ask.ask(&asker, &question).await?.body {
            Body::Bytes(bytes) => Ok(serde_json::from_slice::<Value>(&bytes).unwrap()),
            Body::Card(_) => panic!("asked for JSON"),
        }
    };
    let all = tell(&["contoso", "fabrikam", "northwind"], "all").await.unwrap();
    let two = tell(&["contoso", "northwind"], "all").await.unwrap();
    assert_eq!((all["tenants"].as_array().unwrap().len(), two["tenants"].as_array().unwrap().len()), (3, 2));
    assert!(!two.to_string().contains("fabrikam") && all["weighted"] != two["weighted"], "{two}");
    let ranks: Vec<_> = two["tenants"].as_array().unwrap().iter().map(|row| row["rank"].as_u64().unwrap()).collect();
    assert_eq!(ranks, [1, 2], "no place is left free for whom they do not see");
    // The same answer, in whatever order they are named; and none where one of them may not be seen.
    let named = tell(&["contoso", "northwind"], "northwind, Contoso").await.unwrap();
    assert_eq!((&named["tenants"], &named["weighted"]), (&two["tenants"], &two["weighted"]));
    let refused: scorewatch::error::Error = tell(&["contoso", "northwind"], "contoso,fabrikam").await.unwrap_err();
    let missing: scorewatch::error::Error = tell(&["contoso", "northwind"], "contoso,fabricam").await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::NotFound);
    assert_eq!(refused.sentence.replace("fabrikam", "X"), missing.sentence.replace("fabricam", "X"));
    let long = vec!["contoso"; 101].join(",");
    assert_eq!(tell(&["contoso"], &long).await.unwrap_err().kind, ErrorKind::BadArguments);
    assert_eq!(tell(&["contoso", "northwind"], " , ").await.unwrap_err().kind, ErrorKind::NotFound);
}
