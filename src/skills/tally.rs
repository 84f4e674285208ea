//! What do changes come to, falls and gains apart? A net sum hides the one behind the other.

use schemars::JsonSchema;
use serde::Serialize;

use super::format;
use crate::{
    score::{
        change::{Change, Diff, DiffKind},
        same_points,
    },
    text::sentence_case,
};

/// Whether a control lost points, for whatever reason.
pub(super) fn is_worse(change: &Change<'_>) -> bool {
    change.points < 0.0 && !same_points(change.points, 0.0)
}

/// Whether it gained points, likewise.
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
    /// Of `changes`.
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

    /// What the tenant did and what Microsoft did, for assistants: `worse in the tenant: 2 controls, -4.33 points; better: 1, +0.25; Microsoft's doing: 1 new,
    /// +1.5 points, maximum +9, alone -0.3 pp`. `alone` says what Microsoft's does to the percentage.
    pub(super) fn sides(&self, alone: Option<String>) -> String {
        let worse = match self.worse.controls {
            0 => "none".to_owned(),
            number => format!("{}, {}", format::count(number, "control"), signed_amount(self.worse.points)),
        };
        let better = (self.better.controls > 0).then(|| {
            let noun = if self.worse.controls == 0 { signed_amount(self.better.points) } else { format::signed(self.better.points) };
            format!("better: {}, {noun}", self.better.controls)
        });
        // More points can be less of a larger maximum.
        let KindSum { points, maximum, .. } = self.microsofts();
        let moved = |number: f64, told: String| (!same_points(number, 0.0)).then_some(told);
        let microsofts = self.microsofts_kinds().map(|kinds| {
            let points = moved(points, signed_amount(points));
            let maximum = moved(maximum, format!("maximum {}", format::signed(maximum)));
            let all: Vec<String> = std::iter::once(kinds).chain(points).chain(maximum).chain(alone).collect();
            format!("Microsoft's doing: {}", all.join(", "))
        });
        let unsaid = self.unsaid().map(|controls| format!("{controls} of unknown points"));
        let all = std::iter::once(format!("worse in the tenant: {worse}")).chain(better).chain(microsofts).chain(unsaid);
        all.collect::<Vec<_>>().join("; ")
    }

    /// The same for people.
    pub(super) fn sentence(&self, alone: Option<String>) -> String {
        let tenants = |kind: KindSum, word: &str| {
            (kind.controls > 0)
                .then(|| format!("{word} in the tenant: {} ({})", format::count(kind.controls, "control"), format::moved(kind.points)))
        };
        let microsofts = self.microsofts_kinds().map(|kinds| {
            let KindSum { points, maximum, .. } = self.microsofts();
            let maximum = if same_points(maximum, 0.0) { String::new() } else { format!(", maximum {}", format::with_sign(maximum)) };
            let points = if same_points(points, 0.0) { "no points".to_owned() } else { format::moved(points) };
            let alone = alone.map_or_else(String::new, |alone| format!(", {alone}"));
            format!("Microsoft's doing: {points}{maximum}{alone} ({kinds})")
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

/// What the tenant did and what Microsoft did, counted and summed apart; absent is none.
#[derive(Default, Serialize, JsonSchema)]
pub struct Sides {
    /// Controls that lost points by what the tenant did.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_worse: Option<usize>,
    /// Points that these lost together.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_worse_points: Option<f64>,
    /// Controls that gained points by what the tenant did.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_better: Option<usize>,
    /// Points that these gained together.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_better_points: Option<f64>,
    /// Controls that Microsoft scores for the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<usize>,
    /// Controls that it scores no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<usize>,
    /// Controls to which it gave another maximum at the same percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    other_maximum: Option<usize>,
    /// Points that these three make.
    #[serde(skip_serializing_if = "Option::is_none")]
    microsoft_points: Option<f64>,
    /// How they change the maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    microsoft_maximum: Option<f64>,
    /// What both alone do to the tenant's percentage, in percentage points.
    #[serde(skip_serializing_if = "Option::is_none")]
    microsoft_percent: Option<f64>,
    /// Controls whose status alone changed, not their points.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_alone: Option<usize>,
}

impl Sides {
    /// Of what `tally` counts, beside so many controls whose status alone changed.
    pub(super) fn of(tally: &Tally, diff: &Diff<'_>, status_alone: usize) -> Self {
        let number = |kind: KindSum| Some(kind.controls).filter(|controls| *controls > 0);
        let moved = |points: f64| Some(format::round2(points)).filter(|points| !same_points(*points, 0.0));
        let points = |kind: KindSum| number(kind).map(|_| format::round2(kind.points));
        let KindSum { points: microsoft_points, maximum: microsoft_maximum, .. } = tally.microsofts();
        Self {
            tenant_worse: number(tally.worse),
            tenant_worse_points: points(tally.worse),
            tenant_better: number(tally.better),
            tenant_better_points: points(tally.better),
            new: number(tally.new),
            gone: number(tally.gone),
            other_maximum: number(tally.maximum),
            microsoft_points: moved(microsoft_points),
            microsoft_maximum: moved(microsoft_maximum),
            microsoft_percent: diff.share_moved_by(microsoft_points, microsoft_maximum).and_then(moved),
            status_alone: Some(status_alone).filter(|controls| *controls > 0),
        }
    }

    /// What Microsoft's alone does to the percentage, which is that of the whole tenant also where the question is about a part; `pp` writes it.
    pub(super) fn microsofts_alone(&self, is_part: bool, pp: impl Fn(f64) -> String) -> Option<String> {
        let of = if is_part { " of the whole tenant" } else { "" };
        self.microsoft_percent.map(|moved| format!("alone {}{of}", pp(moved)))
    }
}

/// A move of points for assistants, with its noun: `-4.33 points`.
fn signed_amount(points: f64) -> String {
    format!("{} {}", format::signed(points), if format::is_one(points.abs()) { "point" } else { "points" })
}
