//! Which control is no longer scored, and which was only left out for a while?

use scorewatch::{
    alert::{AlertPost, Only, Rule, Watch},
    delivery::PostKind,
    score::{History, Snapshot},
};

use crate::{
    alerts::words,
    support::watcher::{Watcher, World, at, day, facts, rule, slips},
};

fn removed() -> Rule {
    rule(Watch::ControlRemoved(Only::default()))
}

const ALL: &[(&str, f64)] = &[("A", 4.0), ("B", 0.0), ("C", 5.0)];
const ONE: &[(&str, f64)] = &[("A", 4.0)];

#[test]
fn a_control_that_is_gone_for_two_days_was_removed_with_points_or_without() {
    let mut watcher = Watcher::new(removed(), &["A", "B", "C"]);
    assert_eq!(watcher.days(&[ALL, ALL, ONE]).concat(), Vec::<String>::new(), "it may be left out for a day");
    assert_eq!(watcher.days(&[ONE]).concat(), ["B New", "C New"]);
    let post = &watcher.posts[0].post;
    assert_eq!(post.card.title, "Contoso: 2 controls were removed: “Title of C” and 1 more");
    let said = words(&post.card);
    assert!(said.contains("\u{2212}5") && said.contains("Title of B"), "{said}");
    for _ in 0..365 {
        assert!(watcher.days(&[ONE]).concat().is_empty());
    }
    assert!(watcher.states().is_empty());
    // One alone says what it had, and when.
    let mut watcher = Watcher::new(removed(), &["A", "B", "C"]);
    watcher.days(&[ALL, &[("A", 4.0), ("B", 0.0)], &[("A", 4.0), ("B", 0.0)]]);
    let post = &watcher.posts[0].post;
    assert_eq!(post.card.title, "Contoso: a control was removed: Title of C");
    assert!(words(&post.card).contains("Had 5 of 10 points, last scored on 2026-11-01"), "{}", words(&post.card));
}

#[test]
fn a_control_that_graph_leaves_out_is_not_removed() {
    let mut watcher = Watcher::new(removed(), &["A", "B", "C"]);
    for _ in 0..40 {
        assert!(watcher.days(&[ALL, ONE]).concat().is_empty(), "every other day");
    }
    assert!(watcher.states().is_empty());
    // Two days: it was removed, and that resolves when it is back.
    let said = watcher.days(&[ALL, ONE, ONE, ONE, ALL, ALL]).concat();
    assert_eq!(said, ["B New", "C New", "B over", "C over"]);
    assert!(watcher.posts[1].post.card.title.contains("“Title of B” is scored again"), "{}", watcher.posts[1].post.card.title);
    // A day whose controls are not known lacks none.
    let mut watcher = Watcher::new(removed(), &["A", "B", "C"]);
    watcher.days(&[ALL, ONE]);
    let unknown = Snapshot { controls: Vec::new(), controls_known: false, ..day(2, &[]) };
    assert!(watcher.sees(unknown, at(2, 12)).is_empty());
    assert!(watcher.sees(day(3, ALL), at(3, 12)).is_empty());
}

#[test]
fn what_was_gone_when_the_rule_began_is_no_news_and_days_that_come_in_together_are_looked_at() {
    let mut watcher = Watcher::new(removed(), &["A", "B", "C"]);
    watcher.facts().history = History::new(vec![day(0, ALL), day(1, ONE)]);
    for after in 2..20 {
        assert!(watcher.sees(day(after, ONE), at(after, 12)).is_empty(), "{after}");
    }
    let mut watcher = Watcher::new(removed(), &["A", "B", "C"]);
    watcher.days(&[ALL]);
    watcher.facts().history = History::new(vec![day(0, ALL), day(1, ALL), day(2, ONE), day(3, ONE)]);
    assert_eq!(watcher.sees(day(4, ONE), at(4, 12)), ["B New", "C New"]);
    // Gone and back within them.
    let mut watcher = Watcher::new(removed(), &["A", "B", "C"]);
    watcher.days(&[ALL]);
    watcher.facts().history = History::new(vec![day(0, ALL), day(1, ONE), day(2, ONE), day(3, ONE)]);
    assert!(watcher.sees(day(4, ALL), at(4, 12)).is_empty());
}

#[test]
fn nobody_is_told_of_what_is_back_before_a_snooze_ends() {
    let mut watcher = Watcher::new(removed(), &["A", "B", "C"]);
    watcher.snoozed.extend(["B".to_owned(), "C".to_owned()]);
    watcher.days(&[ALL, ONE, ONE, &[("A", 4.0), ("B", 0.0)]]);
    watcher.snoozed.clear();
    assert_eq!(watcher.looks(at(3, 18)), ["C SnoozeEnded"]);
    // Also when that took longer than the days that are looked at.
    let mut watcher = Watcher::new(removed(), &["A", "B", "C"]);
    watcher.snoozed.insert("C".to_owned());
    watcher.days(&[&[("A", 4.0), ("C", 5.0)]]);
    for _ in 0..40 {
        assert!(watcher.days(&[ONE]).concat().is_empty());
    }
    watcher.snoozed.clear();
    assert_eq!(watcher.looks(at(41, 18)), ["C SnoozeEnded"]);
    assert!(words(&watcher.posts[0].post.card).contains("Had 5"), "{}", words(&watcher.posts[0].post.card));
}

/// The rules that each of `posts` names.
fn rules_of(posts: &[AlertPost]) -> Vec<String> {
    let by = |post: &AlertPost| match &post.post.kind {
        PostKind::Alert(by) => by.rules.join(","),
        PostKind::Recovery(by) => format!("{} over", by.rules.join(",")),
        PostKind::Digest { .. } | PostKind::Notice(_) | PostKind::Test => panic!("{post:?}"),
    };
    posts.iter().map(by).collect()
}

/// A control that is back is told by one rule, whenever that is; and what two rules find at once is one message.
#[test]
fn rules_about_what_comes_and_goes_do_not_tell_the_same_twice() {
    let named = |name: &str, watch: Watch| Rule { name: name.to_owned(), hold: true, ..rule(watch) };
    for away in 2..40 {
        let rules = vec![
            named("new", Watch::ControlNew(Only::default())),
            named("removed", Watch::ControlRemoved(Only::default())),
            named("slips", slips(1.0)),
        ];
        let mut world = World::new(rules, vec![facts("contoso", &["A", "C"])]);
        let mut comes = |after: i32, controls: &[(&str, f64)]| {
            // As the store loads them: the newest days, and what the rules ask for beside.
            let tenant = &mut world.tenants[0];
            let days = [tenant.history.days(), &[day(after, controls)]].concat();
            let first = day(after - 14, &[]).day;
            tenant.history = History::new(days.into_iter().filter(|day| day.day >= first).collect());
            world.input("contoso").version += 1;
            rules_of(&world.looks(at(after, 12)))
        };
        let all = [("A", 4.0), ("C", 5.0)];
        assert!(comes(0, &all).is_empty() && comes(1, ONE).is_empty());
        assert_eq!(comes(2, ONE), ["removed,slips"], "one message");
        for after in 3..=away {
            let told = comes(after, ONE);
            assert!(told.iter().all(|told| told == "slips over"), "{after}: {told:?}");
        }
        let back = comes(away + 1, &all);
        let about: Vec<&str> =
            back.iter().flat_map(|told| told.split([',', ' '])).filter(|rule| ["new", "removed"].contains(rule)).collect();
        assert_eq!(about, if away < 14 { ["removed"] } else { ["new"] }, "{away}: {back:?}");
    }
}
