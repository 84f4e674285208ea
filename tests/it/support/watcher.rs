//! Rules that look at tenants again and again, without a store: what `posting` does with what `evaluate` says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date, civil::date};
use scorewatch::{
    access::{Asker, Tenants},
    alert::{
        self, AlertInputs, AlertPost, CredentialEnd, CredentialStatus, Fall, Finding, FindingStates, Notification, Only, ReadingFailure,
        Reason, Rule, RuleInput, RuleMemory, Snoozed, TenantInput, Verdict, Watch, Watched,
    },
    card::{Block, Tone},
    delivery::Record,
    score::{Annotations, Catalogue, Category, ControlScore, ControlState, History, Profile, Snapshot, StateUpdate},
    skills::TenantFacts,
};

use crate::{alerts::words, ledgers::profile};

pub const FIRST: Date = date(2026, 11, 1);

pub fn control(name: &str, points: f64) -> ControlScore {
    let category = Category::Identity;
    ControlScore { name: name.into(), category, points: Some(points), percent: None, profile_maximum: Some(10.0), evidence: None }
}

/// A day, so many days after the first, of controls by name and points.
pub fn day(after: i32, controls: &[(&str, f64)]) -> Snapshot {
    let mut controls: Vec<_> = controls.iter().map(|(name, points)| control(name, *points)).collect();
    controls.sort_by(|a, b| a.name.cmp(&b.name));
    let points = controls.iter().filter_map(|control| control.points).sum();
    let day = FIRST.checked_add(jiff::Span::new().days(after)).unwrap();
    Snapshot {
        day,
        points,
        maximum: Some(100.0),
        active_users: None,
        peers: vec![],
        controls,
        controls_known: true,
        enabled_services: None,
        sent_bytes: 0,
    }
}

pub fn at(day: i32, hour: i64) -> Timestamp {
    "2026-11-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * i64::from(day) + hour)
}

pub fn rule(watch: Watch) -> Rule {
    Rule { name: "r".to_owned(), tenants: Tenants::All, watch, to: "soc".to_owned(), hold: false, repeat: None }
}

pub fn slips(points: f64) -> Watch {
    Watch::ControlRegresses { points, only: Only::default() }
}

pub fn falls(points: f64) -> Watch {
    Watch::ScoreFalls(Fall::Points(points))
}

pub fn accepted(at: &str, by: &str) -> StateUpdate {
    let at = Some(at.parse().unwrap());
    StateUpdate {
        state: ControlState::Accepted,
        at,
        by: Some(by.to_owned()),
        assigned_to: None,
        comment: Some("Until 2026-11-20".to_owned()),
    }
}

/// A tenant of which nothing is stored but the profiles of these controls.
pub fn facts(name: &str, controls: &[&str]) -> TenantFacts {
    let profiles: Vec<Profile> = controls.iter().map(|name| profile(name, 10.0)).collect();
    TenantFacts {
        name: name.to_owned(),
        entra_id: None,
        history: History::default(),
        catalogue: Catalogue::new(profiles, BTreeMap::new(), 0),
        annotations: Annotations::default(),
        service_plans: None,
        read_at: None,
        fetch_failure: None,
    }
}

/// Rules that look at tenants, with all that is remembered between two looks.
pub struct World {
    pub rules: Vec<Rule>,
    pub tenants: Vec<TenantFacts>,
    pub inputs: AlertInputs,
}

impl World {
    pub fn new(rules: Vec<Rule>, tenants: Vec<TenantFacts>) -> Self {
        let known = tenants.iter().map(|tenant| (tenant.name.clone(), TenantInput::default())).collect();
        let inputs = AlertInputs { tenants: known, undelivered: BTreeSet::new(), stopped: BTreeSet::new(), now: at(0, 0) };
        Self { rules, tenants, inputs }
    }

    pub fn input(&mut self, tenant: &str) -> &mut TenantInput {
        self.inputs.tenants.get_mut(tenant).unwrap()
    }

    /// What all rules tell at `now` to readers who may see all.
    pub fn looks(&mut self, now: Timestamp) -> Vec<AlertPost> {
        self.looks_as(now, &|_| Ok(Asker::local()))
    }

    pub fn looks_as(&mut self, now: Timestamp, readers: &alert::DestinationReaders<'_>) -> Vec<AlertPost> {
        self.inputs.now = now;
        let pairs = self.tenants.iter().flat_map(|tenant| self.rules.iter().map(move |rule| Watched { rule, tenant }));
        let watched: Vec<_> = pairs.filter(|pair| pair.rule.tenants.include(&pair.tenant.name)).collect();
        let changes = alert::evaluate(&self.inputs, &watched, readers);
        for ((tenant, rule), state) in changes.rules {
            let memories = &mut self.inputs.tenants.get_mut(&tenant).unwrap().memories;
            let findings = memories.remove(&rule).map_or_else(FindingStates::new, |memory| memory.findings);
            let state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
            memories.insert(rule, RuleMemory { rule: state, findings });
        }
        for (key, state) in changes.findings {
            let findings = &mut self.inputs.tenants.get_mut(&key.tenant).unwrap().memories.get_mut(&key.rule).unwrap().findings;
            match state {
                None => _ = findings.remove(&key.subject),
                // As the store would have it.
                Some(state) => _ = findings.insert(key.subject, serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap()),
            }
        }
        changes.posts
    }
}

/// One rule that looks at one tenant.
pub struct Watcher {
    pub world: World,
    pub failure: Option<ReadingFailure>,
    pub end: Option<CredentialEnd>,
    pub read_at: Option<Timestamp>,
    pub snoozed: BTreeSet<String>,
    /// The posts that told something, oldest first.
    pub posts: Vec<AlertPost>,
}

impl Watcher {
    pub fn new(rule: Rule, controls: &[&str]) -> Self {
        let world = World::new(vec![rule], vec![facts("contoso", controls)]);
        Self { world, failure: None, end: None, read_at: None, snoozed: BTreeSet::new(), posts: Vec::new() }
    }

    pub fn rule(&self) -> &Rule {
        &self.world.rules[0]
    }

    pub fn facts(&mut self) -> &mut TenantFacts {
        &mut self.world.tenants[0]
    }

    pub fn history(&self) -> &History {
        &self.world.tenants[0].history
    }

    pub fn states(&self) -> &FindingStates {
        static NOTHING: FindingStates = FindingStates::new();
        self.world.inputs.tenants["contoso"].memories.get("r").map_or(&NOTHING, |memory| &memory.findings)
    }

    /// Takes in `snapshot` and looks at `now`: what is told, as subject and how, `over` for what is resolved.
    pub fn sees(&mut self, snapshot: Snapshot, now: Timestamp) -> Vec<String> {
        let mut days = self.history().days().to_vec();
        days.push(snapshot);
        self.facts().history = History::new(days);
        self.world.input("contoso").version += 1;
        self.looks(now)
    }

    pub fn looks(&mut self, now: Timestamp) -> Vec<String> {
        let app = Some("https://entra.microsoft.com/#view/app".to_owned());
        let of_subject = |subject: &String| Snoozed { kind: "all".to_owned(), control: Some(subject.clone()), until: at(999, 0) };
        let (failure, end, read_at, snoozes) =
            (self.failure.clone(), self.end.clone(), self.read_at, self.snoozed.iter().map(of_subject).collect());
        let input = self.world.input("contoso");
        (input.failure, input.credential, input.read_at, input.snoozes) =
            (failure, CredentialStatus { end, app, consent: None }, read_at, snoozes);
        let posts = self.world.looks(now);
        let mut said: Vec<String> = posts.iter().flat_map(said_by).collect();
        said.sort();
        self.posts.extend(posts);
        said
    }

    /// The same for one day after the other, at noon.
    pub fn days(&mut self, days: &[&[(&str, f64)]]) -> Vec<Vec<String>> {
        let from = i32::try_from(self.history().days().len()).unwrap();
        (from..).zip(days).map(|(after, controls)| self.sees(day(after, controls), at(after, 12))).collect()
    }

    /// Days of one control.
    pub fn points(&mut self, points: &[f64]) -> Vec<String> {
        let days: Vec<Vec<(&str, f64)>> = points.iter().map(|points| vec![("A", *points)]).collect();
        let days: Vec<&[(&str, f64)]> = days.iter().map(Vec::as_slice).collect();
        self.days(&days).into_iter().map(|said| said.join(", ")).collect()
    }

    /// The newest post never arrived.
    pub fn loses(&mut self) {
        let lost = self.posts.last().unwrap().post.id.clone();
        self.world.inputs.undelivered.insert(lost);
    }

    /// What the rule says of its subjects at `now`.
    pub fn verdicts(&self, now: Timestamp) -> Vec<Verdict> {
        let app = Some("https://entra.microsoft.com/#view/app".to_owned());
        let credential = CredentialStatus { end: self.end.clone(), app, consent: None };
        let memory = self.world.inputs.tenants["contoso"].memories.get("r");
        alert::find(&RuleInput {
            rule: self.rule(),
            tenant: &self.world.tenants[0],
            version: 0,
            newest_day: None,
            read_at: None,
            for_operators: false,
            failure: self.failure.as_ref(),
            credential: &credential,
            state: memory.map(|memory| &memory.rule),
            findings: self.states(),
            now,
        })
    }

    pub fn findings(&self, now: Timestamp) -> Vec<Finding> {
        let bad = |verdict| if let Verdict::Bad(finding) = verdict { Some(*finding) } else { None };
        self.verdicts(now).into_iter().filter_map(bad).collect()
    }

    /// `findings` as what is told of them.
    pub fn told(&self, findings: Vec<Finding>, reason: Reason) -> Vec<Notification<'_>> {
        let (rule, tenant) = (self.rule(), &self.world.tenants[0]);
        findings.into_iter().map(|finding| Notification { rule, tenant, finding, reason, before: None }).collect()
    }

    /// What is told now, as one card of all that is found.
    pub fn said(&self, now: Timestamp) -> String {
        words(&alert::alert_card(&self.told(self.findings(now), Reason::New), true).unwrap())
    }

    /// The tone of the first word that judges, by which platforms colour an alert.
    pub fn tone(&self, some: &[Finding]) -> Tone {
        let card = alert::alert_card(&self.told(some.to_vec(), Reason::New), true).unwrap();
        let Some(Block::Lead(lead)) = card.blocks.first() else { panic!("{card:?}") };
        lead[0].tone
    }
}

/// What `post` says to programs, as subject and how.
pub fn said_by(post: &AlertPost) -> Vec<String> {
    let Some(Record::Alert { findings, .. }) = &post.post.record else { panic!("{post:?}") };
    let how = |state: &str| match state {
        "new" => "New".to_owned(),
        "worse" => "Worse".to_owned(),
        "still" => "Still".to_owned(),
        "snooze_ended" => "SnoozeEnded".to_owned(),
        _ => if post.post.follows.is_some() { "over" } else { "over?" }.to_owned(),
    };
    findings.iter().map(|found| format!("{} {}", found.subject, how(&found.state))).collect()
}
