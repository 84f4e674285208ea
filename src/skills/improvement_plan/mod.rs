//! What is the least that must be done to reach a target; and what would the score be if these controls were done?

mod caveats;
mod show;
mod steps;
mod target;
mod what_if;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    steps::{PlanRow, RunningScore},
    target::{Goal, Target},
};
use super::{
    Example, Facts, Needs, Raw, TenantFacts, Texts, annotations,
    category::CategoryArg,
    caveat::{self, Caveat},
    filter::ControlFilter,
    fit,
    follow_ups::{CardFrame, Pairs, ask, find, word},
    format,
    fresh::Stale,
    level::{self, LevelArg},
    licence::LicensedArg,
    page::{self, ListPage, PageRest},
};
use crate::{
    card::{Card, Next},
    error::{Error, Result},
    score::{
        Control, Snapshot,
        plan::{OpenControls, PlanStep},
    },
    skill_id::SkillId,
};

/// How much room the title of a step has, and the words of our own people about it, in quarters of a token: less than in a list that is read
/// for these.
const TITLE: usize = 64;
const ANNOTATION: usize = 36;

/// What is to be reached, and by which controls.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImprovementPlanArgs {
    /// 70 (percent), 800 points, 50 more points; default the next 5 percent.
    target: Option<String>,
    /// What if these were done: AdminMFAV2; legacy auth.
    #[schemars(extend("x-list" = true, "x-alias" = "control"))]
    controls: Option<String>,
    /// At most this effort.
    effort: Option<LevelArg>,
    /// At most this user impact.
    user_impact: Option<LevelArg>,
    /// Only of this category.
    category: Option<CategoryArg>,
    /// SharePoint, Entra, MDO.
    #[schemars(extend("x-suggest" = "product"))]
    product: Option<String>,
    /// Tenant seems to have the licence.
    licensed: Option<LicensedArg>,
    /// Which page of a longer plan.
    #[serde(default = "page::first")]
    #[schemars(range(min = 1, max = page::MAX))]
    page: usize,
}

/// How many steps a page lists.
const PAGE_ROWS: usize = 7;

/// How an answer came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum PlanOutcome {
    /// Which controls are open is not known.
    #[default]
    NotKnown,
    /// There is nothing to do.
    ReachedAlready,
    /// The steps reach it.
    Reached,
    /// Not even all that is open reaches it.
    OutOfReach,
    /// It was asked what certain controls would give.
    WhatIf,
}

/// What to do in order, and the score after each step.
#[derive(Default, Serialize, JsonSchema)]
pub struct ImprovementPlanAnswer {
    /// The tenant.
    tenant: String,
    /// The day of the scores (UTC).
    day: String,
    /// The day of asking (UTC), where the newest day is more than two days older.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// When it was read from Microsoft.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<String>,
    /// Points on that day.
    points: f64,
    /// Points that make 100 %; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    /// Percent on that day; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<f64>,
    /// What is to be reached; absent where only a what-if was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    /// The same in points.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_points: Option<f64>,
    /// Points that it needs more; 0 when it is reached already.
    #[serde(skip_serializing_if = "Option::is_none")]
    needed: Option<f64>,
    /// Whether all steps together reach it; absent without a target or when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<bool>,
    /// True when no other choice of open controls reaches it with less effort; absent where nobody can say, since most efforts are unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    least: Option<bool>,
    /// How many steps there are; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// Their effort: each low 1, moderate 2, high 3, plus user impact low 0, moderate 1, high 2.
    effort: usize,
    /// Of how many of them effort or user impact is unknown, which counts as moderate; absent when of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_effort: Option<usize>,
    /// Points that all steps give, as far as known.
    gain: f64,
    /// Points after all steps.
    points_after: f64,
    /// Percent after all steps; absent when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_after: Option<f64>,
    /// Which page of them this is.
    page: usize,
    #[serde(flatten)]
    rest: PageRest,
    /// The steps of this page, the first to do first.
    steps: Vec<PlanRow>,
    #[serde(flatten)]
    left_out: PlanLeftOut,
    /// What is left out or missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    notes: Vec<Caveat>,
    #[serde(skip)]
    outcome: PlanOutcome,
    /// How many rows stand before them.
    #[serde(skip)]
    skipped: usize,
    /// Whether the target is one of ours.
    #[serde(skip)]
    chosen: bool,
    /// Whether it is a number of points.
    #[serde(skip)]
    in_points: bool,
    /// Among which controls was chosen, in words.
    #[serde(skip)]
    among: String,
    #[serde(skip)]
    as_of: String,
    #[serde(skip)]
    frame: CardFrame,
}

/// Controls that no plan proposes, by the reason; absent is none.
#[derive(Default, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "in an answer they stand among its other members")]
pub struct PlanLeftOut {
    /// Left out because their risk is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_accepted: Option<usize>,
    /// Because they are resolved by a third party or otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_resolved: Option<usize>,
    /// Because Microsoft is about to drop them.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_deprecated: Option<usize>,
    /// Because the tenant seems to lack a licence for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_unlicensed: Option<usize>,
    /// Because nothing tells whether it has one, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_unknown_licence: Option<usize>,
    /// Because nothing tells how many points they give.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_unknown_points: Option<usize>,
    /// Because Microsoft does not say their effort or user impact, where that was limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out_unknown_effort: Option<usize>,
}

impl PlanLeftOut {
    fn of(open: &OpenControls<'_>) -> Self {
        let some = |controls: usize| Some(controls).filter(|controls| *controls > 0);
        Self {
            left_out_accepted: some(open.accepted.len()),
            left_out_resolved: some(open.resolved_elsewhere),
            left_out_deprecated: some(open.deprecated),
            left_out_unlicensed: some(open.unlicensed),
            left_out_unknown_licence: some(open.of_unknown_licence),
            left_out_unknown_points: some(open.of_unknown_points),
            left_out_unknown_effort: some(open.of_unknown_effort),
        }
    }
}

impl super::Skill for ImprovementPlanArgs {
    const CHAT: &'static str = "plan";
    const SUMMARY: &'static str = "The least effort that reaches a target, step by step; or the score if these controls were done.";
    const GUIDE: &'static str = "Use for the least effort that reaches a target, or for what-if: the score if named controls were done. For a mere list use weakest_controls.";
    const ALL_TENANTS: bool = false;
    const RAW: Raw = Raw { days: 1, profiles: true };
    type Answer = ImprovementPlanAnswer;

    fn needs(&self, _all: bool) -> Needs {
        Needs { catalogue: Texts::Whole, ..Needs::default() }
    }

    fn check(&self, _names: bool) -> Result<()> {
        self.target()?;
        let filters = [
            ("effort", self.effort.is_some()),
            ("user_impact", self.user_impact.is_some()),
            ("category", self.category.is_some()),
            ("product", self.product.is_some()),
            ("licensed", self.licensed.is_some()),
        ];
        match filters.into_iter().find(|(_, given)| *given && self.controls.is_some()) {
            Some((name, _)) => {
                let sentence = format!("`controls` names what is done, and `{name}` chooses what could be. Give one of them.");
                Err(Error::bad_arguments(sentence).naming("controls").naming(name))
            }
            None => Ok(()),
        }
    }

    fn answer(&self, facts: &Facts) -> Result<ImprovementPlanAnswer> {
        let tenant = facts.tenant()?;
        let scored = tenant.with_controls()?;
        let filter = self.filter();
        filter.check(tenant, scored)?;
        match &self.controls {
            Some(typed) => self.what_if(typed, facts, tenant, scored),
            None => self.plan(facts, tenant, scored),
        }
    }

    fn text(answer: &ImprovementPlanAnswer) -> String {
        show::text(answer)
    }

    fn card(answer: &ImprovementPlanAnswer) -> Card {
        show::card(answer)
    }

    fn next_page(answer: &ImprovementPlanAnswer) -> Option<usize> {
        answer.rest.next_page
    }

    fn examples() -> &'static [Example] {
        &[
            Example { name: "default", prompt: "What is the least we must do to improve our score?", tenant: "contoso", args: "{}" },
            Example {
                name: "target",
                prompt: "What is the least we must do to reach 70 %?",
                tenant: "contoso",
                args: r#"{"target":"70"}"#,
            },
            Example {
                name: "low_impact",
                prompt: "How do we gain 20 points in identity without users noticing?",
                tenant: "contoso",
                args: r#"{"target":"20 more points","category":"identity","user_impact":"low"}"#,
            },
            Example {
                name: "what_if",
                prompt: "What if we enforce MFA for all administrators and block legacy authentication?",
                tenant: "contoso",
                args: r#"{"controls":"AdminMFAV2; block legacy authentication"}"#,
            },
        ]
    }
}

impl ImprovementPlanArgs {
    fn target(&self) -> Result<Option<Target>> {
        self.target.as_deref().map(Target::parse).transpose()
    }

    fn filter(&self) -> ControlFilter<'_> {
        ControlFilter { category: self.category, product: self.product.as_deref() }
    }

    /// The least that reaches the target.
    fn plan(&self, facts: &Facts, tenant: &TenantFacts, scored: &Snapshot) -> Result<ImprovementPlanAnswer> {
        let target = self.target()?;
        let goal = Target::goal(target, scored, &tenant.name)?;
        let lacks = |control: &Control<'_>| tenant.is_licensed(control, LicensedArg::No) == Some(true);
        let wanted = |control: &Control<'_>| self.filter().fits(control) && (self.licensed != Some(LicensedArg::No) || lacks(control));
        let licensed = |control: &Control<'_>| match self.licensed {
            // What is not known to be lacking can be worked on.
            None => Some(!lacks(control)),
            Some(LicensedArg::Yes) => tenant.is_licensed(control, LicensedArg::Yes),
            Some(LicensedArg::No) => Some(true),
        };
        let open = OpenControls::of(scored, &tenant.catalogue, level::limit(self.effort, self.user_impact), wanted, licensed);
        let (outcome, steps) = match open.least(goal.needed) {
            _ if !scored.controls_known => (PlanOutcome::NotKnown, Vec::new()),
            Some(steps) if goal.needed > 0.0 => (PlanOutcome::Reached, steps),
            Some(_) => (PlanOutcome::ReachedAlready, Vec::new()),
            None => (PlanOutcome::OutOfReach, open.steps.clone()),
        };
        let mut running = RunningScore::of(scored);
        let page = self.page();
        let rows = steps.iter().enumerate().filter_map(|(at, step)| running.step(step, tenant, facts, page.holds(at))).collect();
        let mut answer = self.answer_of(facts, scored, show::title(&tenant.name, &goal.words), (rows, steps.len()), &running)?;
        answer.outcome = outcome;
        answer.reached = match outcome {
            PlanOutcome::NotKnown | PlanOutcome::WhatIf => None,
            PlanOutcome::Reached | PlanOutcome::ReachedAlready => Some(true),
            PlanOutcome::OutOfReach => Some(false),
        };
        answer.least = (outcome == PlanOutcome::Reached && !mostly_unknown(&open.steps) && !mostly_unknown(&steps)).then_some(true);
        answer.chosen = target.is_none();
        answer.aims_at(&goal);
        answer.left_out = PlanLeftOut::of(&open);
        answer.notes.extend(caveats::left_out(&open, outcome, &caveat::of_them_expired(&open.accepted, tenant, facts.today)));
        Ok(answer)
    }

    /// What the controls named by `typed` would give.
    fn what_if(&self, typed: &str, facts: &Facts, tenant: &TenantFacts, scored: &Snapshot) -> Result<ImprovementPlanAnswer> {
        let goal = self.target()?.map(|target| Target::goal(Some(target), scored, &tenant.name)).transpose()?;
        let asked = what_if::named(typed, tenant, scored)?;
        let mut running = RunningScore::of(scored);
        let names = if scored.controls_known { asked.names } else { Vec::new() };
        let page = self.page();
        let rows = names.iter().enumerate().filter_map(|(at, name)| running.named(name, scored, tenant, facts, page.holds(at))).collect();
        let mut answer = self.answer_of(facts, scored, format!("What if, in {}", tenant.name), (rows, names.len()), &running)?;
        answer.outcome = if scored.controls_known { PlanOutcome::WhatIf } else { PlanOutcome::NotKnown };
        if let Some(goal) = goal {
            answer.reached = Some(goal.points <= running.points() + crate::score::POINTS_EPSILON).filter(|_| scored.controls_known);
            answer.aims_at(&goal);
        }
        answer.notes.extend(asked.notes);
        answer.notes.extend(running.unknown_gain());
        Ok(answer)
    }

    fn page(&self) -> ListPage {
        ListPage { number: self.page, rows: PAGE_ROWS }
    }

    /// What plan and what-if have in common, with the `steps` of this page of so many in all that led to `after`.
    fn answer_of(
        &self,
        facts: &Facts,
        scored: &Snapshot,
        title: String,
        (mut steps, total): (Vec<PlanRow>, usize),
        after: &RunningScore,
    ) -> Result<ImprovementPlanAnswer> {
        let tenant = facts.tenant()?;
        let page = self.page();
        page.check(total)?;
        let stale = Stale::of(scored.day, facts.today);
        let newest = tenant.newest()?;
        let cut = annotations::fit_rows(&mut steps, (TITLE, ANNOTATION), |row| (&mut row.title, &mut row.annotations));
        let notes = stale
            .iter()
            .map(Stale::note)
            .chain(cut.then(|| fit::cut_note("control tells each whole")))
            .chain(caveats::rest(page, total, facts))
            .chain(caveats::day(newest, scored))
            .chain(caveats::unknown_effort(after.unknown_effort, total))
            .collect();
        Ok(ImprovementPlanAnswer {
            tenant: tenant.name.clone(),
            day: scored.day.to_string(),
            asked: Stale::asked(stale.as_ref()),
            read: tenant.read_at.map(format::minute),
            points: format::round2(scored.points),
            max: scored.maximum.filter(|maximum| *maximum > 0.0).map(format::round2),
            percent: scored.percent().map(format::round2),
            total: Some(total).filter(|_| scored.controls_known),
            effort: after.effort,
            unknown_effort: Some(after.unknown_effort).filter(|unknown| *unknown > 0),
            gain: format::round2(after.gain),
            points_after: format::round2(after.points()),
            percent_after: after.percent().map(format::round2),
            page: page.number,
            rest: page.rest(total),
            skipped: page.skipped(),
            steps,
            notes,
            among: self.among(),
            as_of: format::as_of(tenant, scored.day),
            frame: CardFrame::of(tenant, title, stale, self.next(&tenant.name, page, total)),
            ..ImprovementPlanAnswer::default()
        })
    }

    /// Among which controls is chosen, in words; empty where among all.
    fn among(&self) -> String {
        let at_most = |limit: Option<LevelArg>, of: &str| limit.map(|level| format!("{of} at most {}", word(level)));
        let licensed = self.licensed.map(|licensed| if licensed.is_held() { "licensed" } else { "not licensed" }.to_owned());
        let all = [Some(self.filter().words()), at_most(self.effort, "effort"), at_most(self.user_impact, "user impact"), licensed];
        all.into_iter().flatten().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// What people ask next: more steps, what is weak, or one control.
    fn next(&self, tenant: &str, page: ListPage, total: usize) -> impl Iterator<Item = Next> {
        let next = page.next(total).map(|next| {
            let mut args = self.pairs();
            args.push(("page", next.to_string()));
            ask(SkillId::ImprovementPlan, tenant, "Next page", args)
        });
        let weakest = ask(SkillId::WeakestControls, tenant, "Weakest controls", Vec::new());
        let least = self.controls.is_some().then(|| ask(SkillId::ImprovementPlan, tenant, "Plan", Vec::new()));
        [next, least, Some(weakest), Some(find(tenant))].into_iter().flatten()
    }

    /// The same arguments but the page, without those that say nothing.
    fn pairs(&self) -> Pairs {
        let text = |name: &'static str, value: &Option<String>| value.as_ref().map(|value| (name, value.clone()));
        let level = |name: &'static str, value: Option<LevelArg>| value.map(|value| (name, word(value)));
        let category = self.category.map(|category| ("category", category.word()));
        let all = [
            text("target", &self.target),
            text("controls", &self.controls),
            level("effort", self.effort),
            level("user_impact", self.user_impact),
            category,
            text("product", &self.product),
            self.licensed.map(|licensed| ("licensed", word(licensed))),
        ];
        all.into_iter().flatten().collect()
    }
}

impl ImprovementPlanAnswer {
    fn aims_at(&mut self, goal: &Goal) {
        self.target = Some(goal.words.clone());
        self.target_points = Some(format::round2(goal.points));
        self.needed = Some(format::round2(goal.needed));
        self.in_points = goal.in_points;
    }
}

/// Whether the effort of most is not known, so that nobody can say what is the least.
fn mostly_unknown(steps: &[PlanStep<'_>]) -> bool {
    2 * steps.iter().filter(|step| !step.effort.known).count() > steps.len()
}
