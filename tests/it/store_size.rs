//! How much disk does a year of tenants take, and how long does loading a quarter take?

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc, time::Instant};

use jiff::{Timestamp, ToSpan, civil::Date, civil::date, tz::TimeZone};
use scorewatch::{
    score::{Catalogue, Category, ControlScore, Description, Evidence, Level, Peer, PeerPoints, Profile, Reading, Snapshot},
    store::{Depth, LoadOptions, Source, Store},
    text::{Span, Spans},
};

/// A thousand tenants' year in one GiB: 2^30 / 365,000.
const BYTES_PER_DAY_MAX: u64 = 2_941;
const TENANTS: u64 = 3;
const DAYS: u32 = 365;
const CONTROLS: usize = 230;
const PROFILES: usize = 460;

/// The same "random" numbers in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end)).unwrap()
    }

    fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.next()).unwrap() % end
    }

    /// Prose of about `length` bytes: words of a vocabulary of a thousand.
    fn prose(&mut self, length: usize) -> String {
        let mut prose = String::new();
        while prose.len() < length {
            let word = self.below(1000);
            let mut letters = Dice(u64::from(word) + 1_000_000);
            for _ in 0..2 + word % 9 {
                prose.push(char::from(b'a' + u8::try_from(letters.below(26)).unwrap()));
            }
            prose.push(' ');
        }
        prose.trim_end().to_owned()
    }
}

/// A tenant that lives: scores move, people come and go.
struct Life {
    dice: Dice,
    /// Name, maximum, thirds of it reached, covered users.
    controls: Vec<(Arc<str>, u32, u32, u32)>,
    users: u32,
}

impl Life {
    fn new(tenant: u64) -> Self {
        let mut dice = Dice(tenant);
        let users = 300 + dice.below(4000);
        let control = |at: usize| {
            let name = format!("{}_{}", ["aad", "exo", "mdo", "spo", "scid"][at % 5], Dice(at as u64).prose(16).replace(' ', "_"));
            (Arc::from(format!("{name}{at:03}")), 1 + dice.below(10), dice.below(4), dice.below(users))
        };
        let mut controls: Vec<_> = (0..CONTROLS).map(control).collect();
        controls.sort();
        Self { dice, controls, users }
    }

    fn pass_a_day(&mut self) {
        for _ in 0..5 + self.dice.below(6) {
            let at = self.dice.index(CONTROLS);
            self.controls[at].2 = self.dice.below(4);
        }
        for _ in 0..15 {
            let at = self.dice.index(CONTROLS);
            self.controls[at].3 = self.dice.below(self.users);
        }
    }

    fn snapshot(&mut self, day: Date, rich: bool) -> Snapshot {
        let midnight = day.to_zoned(TimeZone::UTC).unwrap().timestamp();
        let synced: Vec<Timestamp> = (0..8).map(|_| midnight + i64::from(self.dice.below(86_400)).seconds()).collect();
        let users = self.users;
        let control = |(at, (name, maximum, thirds, covered)): (usize, &(Arc<str>, u32, u32, u32))| {
            let points = (f64::from(maximum * thirds) / 3.0 * 100.0).round() / 100.0;
            ControlScore {
                name: Arc::clone(name),
                category: [Category::Identity, Category::Apps, Category::Data, Category::Device][at % 4].clone(),
                points: Some(points),
                percent: Some((f64::from(*thirds) * 10_000.0 / 3.0).round() / 100.0),
                profile_maximum: rich.then_some(f64::from(*maximum)),
                evidence: rich.then(|| Box::new(evidence(at, *thirds, *covered, users, synced[at % 8]))),
            }
        };
        let controls: Vec<ControlScore> = self.controls.iter().enumerate().map(control).collect();
        let points = |points, maximum| PeerPoints::new(points, maximum);
        let categories = [points(41.21, 61.88), points(0.37, 5.15), points(20.67, 35.04), points(45.81, 120.83), None].into();
        let peer = |basis: &str, percent, seats| Peer { basis: basis.to_owned(), percent, seats, categories };
        Snapshot {
            day,
            points: controls.iter().filter_map(|control| control.points).sum(),
            maximum: Some(self.controls.iter().map(|control| f64::from(control.1)).sum()),
            active_users: Some(users - self.dice.below(30)),
            peers: vec![
                peer("AllTenants", 46.0 + f64::from(self.dice.below(100)) / 100.0, None),
                peer("TotalSeats", 51.0 + f64::from(self.dice.below(100)) / 100.0, Some((301, 6500))),
            ],
            controls,
            controls_known: true,
            enabled_services: None,
            sent_bytes: 180_000,
        }
    }
}

/// The kinds of status that real answers hold: none, one sentence for many controls, a sentence with
/// counts, a list of policies.
fn evidence(at: usize, thirds: u32, covered: u32, users: u32, synced: Timestamp) -> Evidence {
    let counted = at % 5 > 2;
    let share = 100 * covered / users;
    let status = match at % 5 {
        0 => Spans::default(),
        1 => Spans::plain(if thirds == 3 { "The setting is compliant." } else { "The setting is not compliant." }),
        2 => Spans::plain(&format!("{}: {}.", Dice(at as u64).prose(40), thirds == 3)),
        3 => Spans::plain(&format!("You have {covered} of {users} users {}.", Dice(at as u64).prose(50))),
        _ => Spans(vec![
            Span::Text(format!("{share}% of users are affected by policies that are configured securely")),
            Span::Item,
            Span::Text(format!("{} - {covered} users ({share}%)", Dice(at as u64).prose(20))),
        ]),
    };
    let (count, total) = if counted { (Some(covered), Some(users)) } else { (None, None) };
    Evidence { status, count, total, on: (at % 5 == 1).then_some(thirds == 3), synced: Some(synced) }
}

fn catalogue(life: &Life) -> Catalogue {
    let names = life.controls.iter().map(|control| Arc::clone(&control.0));
    let unscored = (CONTROLS..PROFILES).map(|at| Arc::from(format!("unscored_{at}")));
    let mut descriptions = BTreeMap::new();
    let profile = |(at, name): (usize, Arc<str>)| {
        let mut dice = Dice(at as u64);
        descriptions.insert(Arc::clone(&name), Description { day: date(2026, 11, 20), words: Spans::plain(&dice.prose(480)) });
        let mut remediation = String::new();
        for step in 1..=5 {
            write!(remediation, "Step {step}: {}. ", dice.prose(220)).unwrap();
        }
        Profile {
            name,
            title: dice.prose(60),
            category: Category::Identity,
            service: Some("AzureAD".to_owned()),
            maximum: Some(f64::from(1 + dice.below(10))),
            tier: Some("Core".to_owned()),
            rank: Some(dice.below(200)),
            cost: Level::Low,
            impact: Level::Moderate,
            threats: vec!["Account breach".to_owned(), "Data exfiltration".to_owned()],
            action_url: Some(format!("https://security.example.com/{}", dice.prose(40).replace(' ', "/"))),
            remediation: Spans::plain(&remediation),
            remediation_impact: Spans::plain(&dice.prose(200)),
            deprecated: false,
            updates: vec![],
            modified: None,
            gone_since: None,
        }
    };
    let profiles = names.chain(unscored).enumerate().map(profile).collect();
    Catalogue::new(profiles, descriptions, 1_400_000)
}

#[tokio::test]
async fn a_year_of_tenants_stays_small() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("scorewatch.db");
    let store = Store::open(&path).await.unwrap();
    let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
    let first = date(2025, 11, 21);
    for tenant in 0..TENANTS {
        let mut life = Life::new(tenant);
        let name = format!("tenant-{tenant}");
        let mut known = Reading { catalogue: Some(catalogue(&life)), ..Reading::default() };
        for offset in 0..DAYS {
            let day = first + i64::from(offset).days();
            // As a refresh reads it: the newest day richly, the one before it hollow.
            let yesterday = (offset > 0).then(|| life.snapshot(day - 1.day(), false));
            life.pass_a_day();
            known.days = yesterday.into_iter().chain([life.snapshot(day, true)]).collect();
            store.save(&name, &known, Source::Graph { fence: None }, now).await.unwrap();
            known.catalogue = None;
        }
    }
    let started = Instant::now();
    let stored = store
        .load("tenant-1", LoadOptions { days_back: 89, earlier: None, catalogue: Some(Depth::Whole), ..LoadOptions::default() })
        .await
        .unwrap();
    println!("loading 90 days and the catalogue: {:?}", started.elapsed());
    assert_eq!(stored.history.days().len(), 90);
    assert!(stored.history.days().iter().all(Snapshot::is_rich));

    store.close().await;
    let bytes = std::fs::metadata(&path).unwrap().len();
    let per_day = bytes / (TENANTS * u64::from(DAYS));
    println!("{bytes} bytes in all, {per_day} bytes per tenant and day");
    assert!(per_day < BYTES_PER_DAY_MAX, "{per_day} bytes per tenant and day");
}
