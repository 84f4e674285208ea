//! Who sees what in a chat? The one place that decides it: of each question, as whom it is asked and who will see the answer.
//!
//! Whatever everybody in a room may see, each member of its space there may see too; and what all will see is asked with no more than all may.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{ChatTurn, Press, SeenBy};
use crate::{
    access::{Asker, Groups, chat::Grants},
    ask::{ALL_TENANTS, SavedQuestion},
    digest::Owner,
};

/// Decides by the grants of one platform.
pub struct ChatAdmission {
    platform: &'static str,
    grants: ArcSwap<Grants>,
}

/// What the grants of one moment, in which all of a turn is decided, say of one turn.
pub(super) struct TurnAdmission<'t> {
    platform: &'static str,
    grants: Arc<Grants>,
    /// The groups that tenants are in.
    groups: Arc<Groups>,
    turn: &'t ChatTurn,
}

/// Who shall see an answer, as somebody wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    /// Only whoever asked.
    OnlyAsker,
    /// Everybody in the room, as far as they may.
    Room,
    /// What is usual for the skill, and possible here.
    ByDefault,
}

/// A question that may be asked: as whom, and who will see the answer. Only [`TurnAdmission::admit`] makes one.
#[derive(Debug, Clone)]
pub(super) struct AdmittedQuestion {
    asker: Asker,
    question: SavedQuestion,
    private: bool,
    shareable: bool,
}

impl AdmittedQuestion {
    /// As whom it is asked.
    pub const fn asker(&self) -> &Asker {
        &self.asker
    }

    /// The question, about the tenant that is meant: the one that somebody named, or that the room is about.
    pub const fn question(&self) -> &SavedQuestion {
        &self.question
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
pub(super) enum AdmissionRefusal {
    /// No grant names this person here.
    Nobody,
    /// It shall be for all in the room, and not all may see it.
    NotForAll,
}

impl ChatAdmission {
    /// By `grants`, on the platform called `platform`.
    pub fn new(platform: &'static str, grants: Grants) -> Self {
        Self { platform, grants: ArcSwap::from_pointee(grants) }
    }

    /// By these grants from now on; what is being answered goes on by those before.
    pub fn replace_grants(&self, grants: Grants) {
        self.grants.store(Arc::new(grants));
    }

    /// What is decided of `turn`.
    pub(super) fn at<'t>(&self, turn: &'t ChatTurn) -> TurnAdmission<'t> {
        TurnAdmission { platform: self.platform, grants: self.grants.load_full(), groups: Arc::default(), turn }
    }
}

impl TurnAdmission<'_> {
    /// The same where tenants are in `groups`.
    pub fn in_groups(self, groups: Arc<Groups>) -> Self {
        Self { groups, ..self }
    }

    /// Whether `asker` can be shown what is about `tenant`: of all tenants, as far as they may see them; of a group, where they may see all of it; of
    /// several that are named, where they may see each.
    fn shows(&self, asker: &Asker, tenant: Option<&str>) -> bool {
        let all_of = |group: &str| self.groups.get(group).is_some_and(|tenants| asker.tenants.include_all(tenants));
        let shown = |tenant: &str| tenant == ALL_TENANTS || asker.tenants.include(tenant) || all_of(tenant);
        tenant.is_none_or(|named| named.split(',').map(str::trim).all(shown))
    }

    /// Whom the person is to us; `None` for somebody whom no grant names.
    pub fn asker(&self) -> Option<Asker> {
        self.grants.asker(self.platform, &self.turn.chat_place(), &self.turn.person())
    }

    /// The same person as one of everybody in this room, where everybody there may see anything.
    pub fn everybody(&self) -> Option<Asker> {
        self.asker().and_then(|own| self.as_everybody(&own))
    }

    /// `own` with no more rights than everybody in the room has.
    fn as_everybody(&self, own: &Asker) -> Option<Asker> {
        if !self.turn.is_among_members() {
            return None;
        }
        let (role, tenants) = self.grants.audience(&self.turn.chat_place())?;
        Some(Asker { role, tenants, ..own.clone() })
    }

    /// The one of both who may be shown `tenant`: the person with rights of their own, or else as one of everybody here.
    pub fn asker_about(&self, tenant: Option<&str>) -> Option<Asker> {
        let own = self.asker()?;
        let all = || self.as_everybody(&own).filter(|all| self.shows(all, tenant));
        if self.shows(&own, tenant) { Some(own) } else { all().or(Some(own)) }
    }

    /// The tenant that is meant: `named`, or else the one that the room is about, for those who may know.
    pub fn tenant(&self, named: Option<&str>) -> Option<String> {
        let home = || if self.turn.is_among_members() { self.grants.home(&self.turn.chat_place()) } else { None };
        named.map(|tenant| tenant.trim().to_lowercase()).or_else(home)
    }

    /// For whom a post for all in this room is made: whoever reads there. `None` where no grant says who that is, and where others read along.
    pub fn readers(&self) -> Option<Asker> {
        if !self.turn.is_among_members() {
            return None;
        }
        self.grants.readers(self.platform, self.turn.room()?)
    }

    /// The person as the owner of something that goes on when they are away.
    pub fn owner(&self) -> Owner {
        self.turn.owner(self.platform)
    }

    /// Whether the answer to `press` goes into the message that holds what was pressed, and who shall see it. What others see is only changed by whoever
    /// asked for it; everybody else gets an answer of their own.
    pub fn reply_to(&self, press: &Press) -> (bool, Visibility) {
        match press.seen_by {
            SeenBy::OnlyPresser => (true, Visibility::OnlyAsker),
            SeenBy::Room if press.asked_by.as_ref() == Some(&self.turn.user) => (true, Visibility::Room),
            SeenBy::Room => (false, Visibility::OnlyAsker),
        }
    }

    /// Whether `question` may be asked, as whom, and who will see the answer where `wish` says who shall.
    ///
    /// # Errors
    /// [`AdmissionRefusal`].
    pub fn admit(&self, question: SavedQuestion, wish: Visibility) -> Result<AdmittedQuestion, AdmissionRefusal> {
        let own = self.asker().ok_or(AdmissionRefusal::Nobody)?;
        let question = SavedQuestion { tenant: self.tenant(question.tenant.as_deref()), ..question };
        let shows = |asker: &Asker| self.shows(asker, question.tenant.as_deref());
        let everybody = self.as_everybody(&own).filter(shows);
        let (asker, private, shareable) = match (wish, everybody) {
            _ if self.turn.is_direct() => (own, false, false),
            (Visibility::Room, Some(everybody)) => (everybody, false, false),
            (Visibility::Room, None) => return Err(AdmissionRefusal::NotForAll),
            (Visibility::ByDefault, Some(everybody)) if !question.skill.private => (everybody, false, false),
            (Visibility::OnlyAsker | Visibility::ByDefault, Some(everybody)) if !shows(&own) => (everybody, true, true),
            (Visibility::OnlyAsker | Visibility::ByDefault, everybody) => (own, true, everybody.is_some()),
        };
        Ok(AdmittedQuestion { asker, question, private, shareable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::{Role, Tenants, chat::ChatGrant},
        chat::{ReadBy, TurnPlace},
        skill_id::SkillId,
    };

    fn grant(room: Option<&str>, user: Option<&str>, role: Role, tenants: &[&str]) -> ChatGrant {
        let tenants = Tenants::Only(tenants.iter().map(ToString::to_string).collect());
        let text = |text: Option<&str>| text.map(ToOwned::to_owned);
        ChatGrant { space: Some("1".to_owned()), room: text(room), group: None, user: text(user), role, tenants }
    }

    fn place(room: &str, read_by: ReadBy) -> TurnPlace {
        TurnPlace::Room { space: "1".to_owned(), rooms: vec![room.to_owned()], read_by }
    }

    /// Something that `u` does in the room.
    fn turn(room: &str) -> ChatTurn {
        let place = place(room, ReadBy::Members);
        ChatTurn { id: "7".to_owned(), user: "u".to_owned(), groups: Vec::new(), outsider: false, place }
    }

    /// Who is asked as, for whom the answer is, and whether it may be shared, in a word each.
    fn admitted(admission: &ChatAdmission, turn: &ChatTurn, skill: SkillId, tenant: Option<&str>, wish: Visibility) -> String {
        let question = SavedQuestion { skill: skill.entry(), tenant: tenant.map(ToOwned::to_owned), args: Vec::new() };
        match admission.at(turn).admit(question, wish) {
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
        let admission = ChatAdmission::new("chat", grants);
        let (here, elsewhere) = (turn("10"), turn("11"));
        let direct = ChatTurn { place: TurnPlace::Direct, ..turn("10") };
        let stranger = ChatTurn { user: "v".to_owned(), ..turn("11") };
        // A room that others read too, or a thread whose channel is not known; somebody of another company there, and one whom a grant names.
        let beside_others = ChatTurn { place: place("10", ReadBy::Others), ..turn("10") };
        let outsider = ChatTurn { user: "v".to_owned(), outsider: true, ..turn("10") };
        let named_outsider = ChatTurn { outsider: true, ..turn("10") };
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
            // Several are shown where each may be.
            (&here, score, Some("a, a"), usual, "reader room"),
            (&here, score, Some("a,b"), usual, "analyst private"),
            (&here, score, Some("a,b"), room, "NotForAll"),
            // A room that no grant names for all.
            (&elsewhere, score, Some("a"), usual, "analyst private"),
            (&elsewhere, score, Some("a"), room, "NotForAll"),
            // Rooms that others read, and people who are such others.
            (&beside_others, score, Some("a"), usual, "analyst private"),
            (&beside_others, score, Some("a"), room, "NotForAll"),
            (&named_outsider, score, Some("a"), usual, "analyst private"),
            (&named_outsider, score, Some("a"), room, "NotForAll"),
            (&outsider, score, Some("a"), usual, "Nobody"),
            (&stranger, score, Some("a"), usual, "Nobody"),
            (&direct, score, Some("a"), usual, "Nobody"),
        ] {
            assert_eq!(admitted(&admission, turn, skill, tenant, wish), expected, "{turn:?} {tenant:?} {wish:?}");
        }
    }

    #[test]
    fn whoever_may_only_what_all_may_is_asked_as_one_of_all() {
        let grants = Grants(vec![grant(Some("10"), None, Role::Reader, &["a"]), grant(None, Some("u"), Role::Analyst, &["b"])]);
        let admission = ChatAdmission::new("chat", grants);
        let here = turn("10");
        let asked = |tenant| admitted(&admission, &here, SkillId::SecureScore, Some(tenant), Visibility::OnlyAsker);
        assert_eq!((asked("a").as_str(), asked("b").as_str()), ("reader private shareable", "analyst private"));
        assert_eq!(admission.at(&here).asker_about(Some("a")).unwrap().role, Role::Reader);
        assert_eq!(admission.at(&here).asker_about(None).unwrap().role, Role::Analyst);
    }

    #[test]
    fn what_a_room_is_about_is_said_to_its_members_alone() {
        let grants = Grants(vec![grant(Some("10"), None, Role::Reader, &["a"]), grant(None, Some("u"), Role::Analyst, &["b"])]);
        let admission = ChatAdmission::new("chat", grants);
        let home = |turn: &ChatTurn| admission.at(turn).tenant(None);
        let readers = |turn: &ChatTurn| admission.at(turn).readers().map(|readers| readers.id.to_string());
        assert_eq!((home(&turn("10")).as_deref(), readers(&turn("10")).as_deref()), (Some("a"), Some("chat:room:10")));
        for turn in [
            turn("11"),
            ChatTurn { outsider: true, ..turn("10") },
            ChatTurn { place: place("10", ReadBy::Others), ..turn("10") },
            ChatTurn { place: TurnPlace::Direct, ..turn("10") },
        ] {
            assert_eq!((home(&turn), readers(&turn)), (None, None), "{turn:?}");
        }
    }

    #[test]
    fn only_whoever_asked_changes_what_others_see() {
        let admission = ChatAdmission::new("chat", Grants::default());
        let turn = turn("10");
        let reply = |seen_by, asked_by: Option<&str>| {
            let (chosen, asked_by) = (None, asked_by.map(ToOwned::to_owned));
            admission.at(&turn).reply_to(&Press { id: String::new(), chosen, label: String::new(), seen_by, asked_by })
        };
        assert_eq!(reply(SeenBy::OnlyPresser, None), (true, Visibility::OnlyAsker));
        assert_eq!(reply(SeenBy::Room, Some("u")), (true, Visibility::Room));
        assert_eq!(reply(SeenBy::Room, Some("v")), (false, Visibility::OnlyAsker));
        assert_eq!(reply(SeenBy::Room, None), (false, Visibility::OnlyAsker), "what was posted by ourselves is nobody's");
    }

    #[test]
    fn grants_change_while_people_talk() {
        let admission = ChatAdmission::new("chat", Grants::default());
        let here = turn("10");
        let before = admission.at(&here);
        admission.replace_grants(Grants(vec![grant(Some("10"), None, Role::Reader, &["a"])]));
        assert_eq!(before.asker(), None, "a turn is decided by the grants of one moment");
        assert_eq!(admission.at(&here).asker().unwrap().role, Role::Reader);
    }
}
