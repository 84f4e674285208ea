//! Who sees what in a chat? The one place that decides it: of each question, as whom it is asked and who will see the answer.
//!
//! Whatever everybody in a room may see, each person there may see too; and what all will see is asked with no more than all may.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::ChatTurn;
use crate::{
    access::{Asker, chat::Grants},
    ask::{ALL_TENANTS, SavedQuestion},
    digest::Owner,
};

/// Decides by the grants of one platform.
pub struct Admission {
    platform: &'static str,
    grants: ArcSwap<Grants>,
}

/// Who shall see an answer, as somebody wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Only whoever asked.
    OnlyAsker,
    /// Everybody in the room, as far as they may.
    Room,
    /// What is usual for the skill, and possible here.
    ByDefault,
}

/// That a question may be asked: as whom, and who will see the answer. Only [`Admission::admit`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    asker: Asker,
    tenant: Option<String>,
    private: bool,
    shareable: bool,
}

impl Admitted {
    /// As whom it is asked.
    pub const fn asker(&self) -> &Asker {
        &self.asker
    }

    /// The tenant that is meant, where somebody named one or the room is about one.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Whether only whoever asked sees the answer.
    pub const fn is_private(&self) -> bool {
        self.private
    }

    /// Whether it may be shown to everybody in the room, and is not yet.
    pub const fn is_shareable(&self) -> bool {
        self.shareable
    }
}

/// Why a question is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmissionRefusal {
    /// No grant names this person here.
    Nobody,
    /// It shall be for all in the room, and not all may see it.
    NotForAll,
}

impl Admission {
    /// By `grants`, on the platform called `platform`.
    pub fn new(platform: &'static str, grants: Grants) -> Self {
        Self { platform, grants: ArcSwap::from_pointee(grants) }
    }

    /// By these grants from now on.
    pub fn let_in(&self, grants: Grants) {
        self.grants.store(Arc::new(grants));
    }

    /// Whom the person of `turn` is to us; `None` for somebody whom no grant names.
    pub fn asker(&self, turn: &ChatTurn) -> Option<Asker> {
        self.person(&self.grants.load(), turn)
    }

    /// The same person as one of everybody in this room, where everybody there may see anything.
    pub fn everybody(&self, turn: &ChatTurn) -> Option<Asker> {
        let grants = self.grants.load();
        as_everybody(&grants, turn, &self.person(&grants, turn)?)
    }

    /// The one of both who may be shown `tenant`: the person with rights of their own, or else as one of everybody here.
    pub fn asker_about(&self, turn: &ChatTurn, tenant: Option<&str>) -> Option<Asker> {
        let grants = self.grants.load();
        let own = self.person(&grants, turn)?;
        let all = || as_everybody(&grants, turn, &own).filter(|all| shows(all, tenant));
        if shows(&own, tenant) { Some(own) } else { all().or(Some(own)) }
    }

    /// The tenant that is meant: `named`, or else the one that the room is about.
    pub fn tenant(&self, turn: &ChatTurn, named: Option<&str>) -> Option<String> {
        meant(&self.grants.load(), turn, named)
    }

    /// For whom a post for all in this room is made: whoever reads there. `None` where no grant says who that is, and where others read along.
    pub fn readers(&self, turn: &ChatTurn) -> Option<Asker> {
        if turn.shared {
            return None;
        }
        self.grants.load().readers(self.platform, turn.room()?)
    }

    /// The person of `turn` as the owner of something that goes on when they are away.
    pub fn owner(&self, turn: &ChatTurn) -> Owner {
        turn.owner(self.platform)
    }

    /// Whether `question` may be asked by the person of `turn`, as whom, and who will see the answer where `wish` says who shall.
    ///
    /// # Errors
    /// [`AdmissionRefusal`].
    pub fn admit(&self, turn: &ChatTurn, question: &SavedQuestion, wish: Visibility) -> Result<Admitted, AdmissionRefusal> {
        // One look at the grants: they may change at any moment.
        let grants = self.grants.load();
        let own = self.person(&grants, turn).ok_or(AdmissionRefusal::Nobody)?;
        let tenant = meant(&grants, turn, question.tenant.as_deref());
        let shows = |asker: &Asker| shows(asker, tenant.as_deref());
        let everybody = as_everybody(&grants, turn, &own).filter(shows);
        let (asker, private, shareable) = match (wish, everybody) {
            // Nobody else reads along.
            _ if turn.is_direct() => (own, false, false),
            (Visibility::Room, Some(everybody)) => (everybody, false, false),
            (Visibility::Room, None) => return Err(AdmissionRefusal::NotForAll),
            (Visibility::ByDefault, Some(everybody)) if !question.skill.private => (everybody, false, false),
            (Visibility::OnlyAsker | Visibility::ByDefault, Some(everybody)) if !shows(&own) => (everybody, true, true),
            (Visibility::OnlyAsker | Visibility::ByDefault, everybody) => (own, true, everybody.is_some()),
        };
        Ok(Admitted { asker, tenant, private, shareable })
    }

    fn person(&self, grants: &Grants, turn: &ChatTurn) -> Option<Asker> {
        grants.asker(self.platform, &turn.place(), &turn.person())
    }
}

/// `own` with no more rights than everybody in the room has; `None` where not everybody there may see anything.
fn as_everybody(grants: &Grants, turn: &ChatTurn, own: &Asker) -> Option<Asker> {
    if !turn.placed || turn.shared {
        return None;
    }
    let (role, tenants) = grants.audience(&turn.place())?;
    Some(Asker { role, tenants, ..own.clone() })
}

fn meant(grants: &Grants, turn: &ChatTurn, named: Option<&str>) -> Option<String> {
    let home = || if turn.placed { grants.home(&turn.place()) } else { None };
    named.map(|tenant| tenant.trim().to_lowercase()).or_else(home)
}

/// Whether `asker` can be shown what is about `tenant`: of all tenants, as far as they may see them.
fn shows(asker: &Asker, tenant: Option<&str>) -> bool {
    tenant.is_none_or(|tenant| tenant == ALL_TENANTS || asker.tenants.include(tenant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::{Role, Tenants, chat::ChatGrant},
        skill_id::SkillId,
    };

    fn grant(room: Option<&str>, user: Option<&str>, role: Role, tenants: &[&str]) -> ChatGrant {
        let tenants = Tenants::Only(tenants.iter().map(ToString::to_string).collect());
        let text = |text: Option<&str>| text.map(ToOwned::to_owned);
        ChatGrant { space: Some("1".to_owned()), room: text(room), group: None, user: text(user), role, tenants }
    }

    fn turn(room: &str) -> ChatTurn {
        let rooms = vec![room.to_owned()];
        ChatTurn {
            id: "7".to_owned(),
            user: "u".to_owned(),
            groups: Vec::new(),
            space: Some("1".to_owned()),
            rooms,
            placed: true,
            outsider: false,
            shared: false,
        }
    }

    /// Who is asked as, for whom the answer is, and whether it may be shared, in a word each.
    fn admitted(admission: &Admission, turn: &ChatTurn, skill: SkillId, tenant: Option<&str>, wish: Visibility) -> String {
        let question = SavedQuestion { skill: skill.entry(), tenant: tenant.map(ToOwned::to_owned), args: Vec::new() };
        match admission.admit(turn, &question, wish) {
            Ok(admitted) => format!(
                "{} {}{}",
                admitted.asker().role,
                if admitted.is_private() { "private" } else { "room" },
                if admitted.is_shareable() { " shareable" } else { "" }
            ),
            Err(refused) => format!("{refused:?}"),
        }
    }

    #[test]
    fn who_sees_what_is_decided_by_wish_skill_and_grants() {
        // Room 10 is about tenant a; u is an analyst of a and b.
        let grants = Grants(vec![grant(Some("10"), None, Role::Reader, &["a"]), grant(None, Some("u"), Role::Analyst, &["a", "b"])]);
        let admission = Admission::new("chat", grants);
        let (here, elsewhere) = (turn("10"), turn("11"));
        let direct = ChatTurn { space: None, ..turn("10") };
        let unplaced = ChatTurn { placed: false, ..turn("10") };
        let stranger = ChatTurn { user: "v".to_owned(), ..turn("11") };
        // Somebody of another company in a channel that both share, and somebody of ours there.
        let outsider = ChatTurn { user: "v".to_owned(), outsider: true, shared: true, ..turn("10") };
        let (beside_outsiders, named_outsider) = (ChatTurn { shared: true, ..turn("10") }, ChatTurn { outsider: true, ..turn("10") });
        let (score, risks) = (SkillId::SecureScore, SkillId::AcceptedRisks);
        let (me, room, usual) = (Visibility::OnlyAsker, Visibility::Room, Visibility::ByDefault);
        for (turn, skill, tenant, wish, expected) in [
            // What all may see is shown to all with no more than all may, unless the skill is private.
            (&here, score, None, usual, "reader room"),
            (&here, score, Some(" A "), usual, "reader room"),
            (&here, score, None, me, "analyst private shareable"),
            (&here, risks, None, usual, "analyst private shareable"),
            (&here, risks, None, room, "reader room"),
            // Of a tenant that not all may see.
            (&here, score, Some("b"), usual, "analyst private"),
            (&here, score, Some("b"), room, "NotForAll"),
            (&here, score, Some("all"), usual, "reader room"),
            // A room that no grant names for all.
            (&elsewhere, score, Some("a"), usual, "analyst private"),
            (&elsewhere, score, Some("a"), room, "NotForAll"),
            // A thread whose channel is not known.
            (&unplaced, score, Some("a"), room, "NotForAll"),
            (&stranger, score, Some("a"), usual, "Nobody"),
            (&outsider, score, Some("a"), usual, "Nobody"),
            (&named_outsider, score, Some("a"), me, "analyst private shareable"),
            (&beside_outsiders, score, Some("a"), usual, "analyst private"),
            (&beside_outsiders, score, Some("a"), room, "NotForAll"),
            (&direct, score, Some("a"), usual, "Nobody"),
        ] {
            assert_eq!(admitted(&admission, turn, skill, tenant, wish), expected, "{turn:?} {tenant:?} {wish:?}");
        }
    }

    #[test]
    fn whoever_may_only_what_all_may_is_asked_as_one_of_all() {
        let grants = Grants(vec![grant(Some("10"), None, Role::Reader, &["a"]), grant(None, Some("u"), Role::Analyst, &["b"])]);
        let admission = Admission::new("chat", grants);
        let asked = |tenant| admitted(&admission, &turn("10"), SkillId::SecureScore, Some(tenant), Visibility::OnlyAsker);
        assert_eq!((asked("a").as_str(), asked("b").as_str()), ("reader private shareable", "analyst private"));
        assert_eq!(admission.asker_about(&turn("10"), Some("a")).unwrap().role, Role::Reader);
        assert_eq!(admission.asker_about(&turn("10"), None).unwrap().role, Role::Analyst);
    }

    #[test]
    fn grants_change_while_people_talk() {
        let admission = Admission::new("chat", Grants::default());
        assert_eq!(admission.asker(&turn("10")), None);
        admission.let_in(Grants(vec![grant(Some("10"), None, Role::Reader, &["a"])]));
        assert_eq!(admission.tenant(&turn("10"), None).as_deref(), Some("a"));
        assert_eq!((&*admission.readers(&turn("10")).unwrap().id, admission.readers(&turn("11"))), ("chat:room:10", None));
        assert_eq!(admission.readers(&ChatTurn { shared: true, ..turn("10") }), None, "others read along");
    }
}
