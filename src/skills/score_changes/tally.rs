//! What do changes come to, falls and gains apart? A net sum hides the one behind the other.

use std::collections::BTreeSet;

use crate::{
    score::{
        Snapshot,
        change::{Change, DiffKind},
        same_points,
    },
    skills::{category::CategoryArg, format},
    text::sentence_case,
};

/// Whether a control lost points, for whatever reason.
pub(super) fn is_worse(change: &Change<'_>) -> bool {
    change.points < 0.0 && !same_points(change.points, 0.0)
}

pub(super) fn is_better(change: &Change<'_>) -> bool {
    change.points > 0.0 && !same_points(change.points, 0.0)
}

/// Changes of one kind: how many, and what they come to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KindSum {
    pub controls: usize,
    pub points: f64,
    pub maximum: f64,
}

impl KindSum {
    fn add(&mut self, change: &Change<'_>) {
        self.controls += 1;
        self.points += change.points;
        self.maximum += change.maximum;
    }

    fn with(self, other: Self) -> Self {
        Self { controls: self.controls + other.controls, points: self.points + other.points, maximum: self.maximum + other.maximum }
    }

    /// `2 worse -2.31`, or for people `2 worse (−2.31 points)`; how the maximum moves where the points do not. `None` for none.
    fn counted(self, word: &str, for_people: bool) -> Option<String> {
        let moved = match (same_points(self.points, 0.0), same_points(self.maximum, 0.0), for_people) {
            (true, true, _) => String::new(),
            (true, false, true) => format!(" (maximum {})", format::with_sign(self.maximum)),
            (true, false, false) => format!(" maximum {}", format::signed(self.maximum)),
            (false, _, true) => format!(" ({})", format::moved(self.points)),
            (false, _, false) => format!(" {}", format::signed(self.points)),
        };
        (self.controls > 0).then(|| format!("{} {word}{moved}", self.controls))
    }
}

/// Changes counted and summed by kind, so that no kind hides another.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Those that lost points, whatever the reason.
    pub fallen: KindSum,
    /// Those that gained points, whatever the reason.
    pub risen: KindSum,
    /// Those that lost points by what the tenant did.
    pub worse: KindSum,
    /// Those that gained points by what the tenant did.
    pub better: KindSum,
    /// Those that are scored for the first time.
    pub new: KindSum,
    /// Those that are scored no more.
    pub gone: KindSum,
    /// Those of another maximum at the same percentage.
    pub maximum: KindSum,
    /// Those whose points are said on one of the days only.
    pub unsaid: KindSum,
    /// Those whose status alone is another one.
    pub status: KindSum,
}

impl Tally {
    pub(super) fn of<'c, 'd: 'c>(changes: impl Iterator<Item = &'c Change<'d>>) -> Self {
        let mut tally = Self::default();
        for change in changes {
            if is_worse(change) {
                tally.fallen.add(change);
            } else if is_better(change) {
                tally.risen.add(change);
            }
            let kind = match change.kind {
                DiffKind::Down => &mut tally.worse,
                DiffKind::Up => &mut tally.better,
                DiffKind::New => &mut tally.new,
                DiffKind::Gone => &mut tally.gone,
                DiffKind::Maximum => &mut tally.maximum,
                DiffKind::Unsaid => &mut tally.unsaid,
                DiffKind::Status => &mut tally.status,
            };
            kind.add(change);
        }
        tally
    }

    /// Each kind in a word, falls first.
    const fn kinds(&self) -> [(KindSum, &'static str); 7] {
        [
            (self.worse, "worse"),
            (self.better, "better"),
            (self.new, "new"),
            (self.gone, "gone"),
            (self.maximum, "other maximum"),
            (self.unsaid, "of unknown points"),
            (self.status, "other status"),
        ]
    }

    /// How many changes it is of.
    pub(super) fn total(&self) -> usize {
        self.kinds().iter().map(|(kind, _)| kind.controls).sum()
    }

    /// What Microsoft changed of what it scores, rather than the tenant of what it does.
    pub(super) fn microsofts(&self) -> KindSum {
        self.new.with(self.gone).with(self.maximum)
    }

    /// Each kind, falls first: `2 worse -2.31, 5 better +48, 1 new maximum +6`; in longer words where it is `for_people`.
    pub(super) fn counted(&self, for_people: bool) -> String {
        self.kinds().into_iter().filter_map(|(kind, word)| kind.counted(word, for_people)).collect::<Vec<_>>().join(", ")
    }

    /// What the tenant did and what Microsoft did, for assistants: `worse in the tenant: 2 controls, -4.33; better: 1, +0.25; Microsoft's doing: +1.5 (1 new)`.
    pub(super) fn sides(&self) -> String {
        let worse = match self.worse.controls {
            0 => "none".to_owned(),
            number => format!("{}, {}", format::count(number, "control"), format::signed(self.worse.points)),
        };
        let better =
            (self.better.controls > 0).then(|| format!("better: {}, {}", self.better.controls, format::signed(self.better.points)));
        let KindSum { points, maximum, .. } = self.microsofts();
        // No points are not nothing where they move the percentage.
        let of = if same_points(points, 0.0) && !same_points(maximum, 0.0) { "maximum " } else { "" };
        let moved = format::signed(if of.is_empty() { points } else { maximum });
        let microsofts = self.microsofts_kinds().map(|kinds| format!("Microsoft's doing: {of}{moved} ({kinds})"));
        let unsaid = self.unsaid().map(|controls| format!("{controls} of unknown points"));
        let all = std::iter::once(format!("worse in the tenant: {worse}")).chain(better).chain(microsofts).chain(unsaid);
        all.collect::<Vec<_>>().join("; ")
    }

    /// The same for people.
    pub(super) fn sentence(&self) -> String {
        let tenants = |kind: KindSum, word: &str| {
            (kind.controls > 0)
                .then(|| format!("{word} in the tenant: {} ({})", format::count(kind.controls, "control"), format::moved(kind.points)))
        };
        let microsofts = self.microsofts_kinds().map(|kinds| {
            let KindSum { points, maximum, .. } = self.microsofts();
            let maximum = if same_points(maximum, 0.0) { String::new() } else { format!(", maximum {}", format::with_sign(maximum)) };
            let points = if same_points(points, 0.0) { "no points".to_owned() } else { format::moved(points) };
            format!("Microsoft's doing: {points}{maximum} ({kinds})")
        });
        let unsaid = self.unsaid().map(|controls| format!("not stated on both days: the points of {controls}"));
        let all = [tenants(self.worse, "worse"), tenants(self.better, "better"), microsofts, unsaid];
        sentence_case(&all.into_iter().flatten().collect::<Vec<_>>().join("; "))
    }

    /// `1 new, 1 other maximum`; `None` where Microsoft changed nothing.
    fn microsofts_kinds(&self) -> Option<String> {
        let kinds = [(self.new, "new"), (self.gone, "gone"), (self.maximum, "other maximum")];
        let kinds: Vec<String> =
            kinds.iter().filter(|(kind, _)| kind.controls > 0).map(|(kind, word)| format!("{} {word}", kind.controls)).collect();
        (!kinds.is_empty()).then(|| kinds.join(", "))
    }

    fn unsaid(&self) -> Option<String> {
        (self.unsaid.controls > 0).then(|| format::count(self.unsaid.controls, "control"))
    }
}

/// What a category has, and its share in a move.
#[derive(Debug, Clone)]
pub(super) struct CategoryShare {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub known: CategoryKnowledge,
}

/// What is known of a category on both days.
#[derive(Debug, Clone, Copy)]
pub(super) enum CategoryKnowledge {
    /// Nothing: the controls of one of the days are not known, or the points of all of them.
    Nothing,
    /// That no control is of it.
    NoControls,
    /// That none is of it any more: what it had are controls of another category now, or gone.
    NoLonger {
        /// Had in it on the day before, as far as they are said.
        before: f64,
    },
    /// Points.
    Points {
        /// Gained or lost in it.
        moved: f64,
        /// Had in it on the later day.
        had: f64,
        /// How its maximum moved, as far as it is known.
        maximum: f64,
        /// Of how many of its controls the points of one of the days are not said.
        unsaid: usize,
    },
}

impl CategoryShare {
    /// Of `category` between these days, of which all changes of it are `shown`.
    pub(super) fn of(category: CategoryArg, shown: &[&Change<'_>], days: [&Snapshot; 2]) -> Self {
        let name = category.word();
        if days.iter().any(|day| !day.controls_known) {
            return Self { name, known: CategoryKnowledge::Nothing };
        }
        let of_it = |day: usize| days[day].controls.iter().filter(|score| category.is(&score.category));
        let all: BTreeSet<&str> = of_it(0).chain(of_it(1)).map(|score| &*score.name).collect();
        let unsaid: BTreeSet<&str> = of_it(0).chain(of_it(1)).filter(|score| score.points.is_none()).map(|score| &*score.name).collect();
        let known = if all.is_empty() {
            CategoryKnowledge::NoControls
        } else if of_it(1).next().is_none() {
            CategoryKnowledge::NoLonger { before: of_it(0).filter_map(|score| score.points).sum() }
        } else if unsaid.len() == all.len() {
            CategoryKnowledge::Nothing
        } else {
            let moved = shown.iter().filter_map(|change| change.moved()).sum();
            let maximum = shown.iter().map(|change| change.maximum).sum();
            CategoryKnowledge::Points { moved, had: of_it(1).filter_map(|score| score.points).sum(), maximum, unsaid: unsaid.len() }
        };
        Self { name, known }
    }

    /// Points gained or lost, and had, where they are known.
    pub(super) const fn points(&self) -> Option<(f64, f64)> {
        match self.known {
            CategoryKnowledge::Points { moved, had, .. } => Some((moved, had)),
            CategoryKnowledge::Nothing | CategoryKnowledge::NoControls | CategoryKnowledge::NoLonger { .. } => None,
        }
    }

    /// How its maximum changed, where that is known and it did.
    pub(super) fn maximum_moved(&self) -> Option<f64> {
        match self.known {
            CategoryKnowledge::Points { maximum, .. } => Some(format::round2(maximum)).filter(|moved| !same_points(*moved, 0.0)),
            CategoryKnowledge::Nothing | CategoryKnowledge::NoControls | CategoryKnowledge::NoLonger { .. } => None,
        }
    }

    /// For people, what is not known of it.
    pub(super) fn sentence(&self) -> String {
        match self.known {
            CategoryKnowledge::NoControls => format!("This tenant has no controls of the category {}", self.name),
            CategoryKnowledge::NoLonger { before } => {
                format!("No control is of the category {} any more; before, they had {}", self.name, format::amount(before))
            }
            CategoryKnowledge::Nothing | CategoryKnowledge::Points { .. } => self.text(),
        }
    }

    /// `device 3 points (-3), maximum +2`.
    pub(super) fn text(&self) -> String {
        match self.known {
            CategoryKnowledge::Nothing => format!("{}: not known", self.name),
            CategoryKnowledge::NoControls => format!("no {} controls in this tenant", self.name),
            CategoryKnowledge::NoLonger { before } => format!("no {} controls any more ({} before)", self.name, format::amount(before)),
            CategoryKnowledge::Points { moved, had, maximum, .. } => {
                let maximum = if same_points(maximum, 0.0) { String::new() } else { format!(", maximum {}", format::signed(maximum)) };
                format!("{} {}{maximum}", self.name, now_by(had, moved, ""))
            }
        }
    }
}

/// How many points there are now, and by how much they moved: `3 points (-3)`, or `3 points as before`. `more` follows the move.
pub(super) fn now_by(now: f64, moved: f64, more: &str) -> String {
    match format::signed(moved).as_str() {
        "0" if more.is_empty() => format!("{} as before", format::amount(now)),
        "0" => format!("{} ({})", format::amount(now), more.trim_start_matches(", ")),
        moved_by => format!("{} ({moved_by}{more})", format::amount(now)),
    }
}
