//! What may somebody who asks in a chat, and what may everybody who reads along? Grants bind places and people to tenants.
//!
//! A platform has spaces (a server, a workspace) with rooms, and groups of users in them. Nobody may anything until a
//! grant says so. What a person may is for their eyes; what stands in a room is for all who read there, so it shows no
//! more than the grants that ask for no person: the wall of the room. Nothing that one person has makes it lower.

use std::{collections::BTreeSet, sync::Arc};

use super::{Asker, Role, Tenants, merged};

/// What a place, a person or both give. Conditions that are not given hold for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatGrant {
    /// The space that it is for; without one it is for direct messages of its user.
    pub space: Option<String>,
    /// The room of the space.
    pub room: Option<String>,
    /// The group of the space that a user must be in.
    pub group: Option<String>,
    /// The one user that it is for.
    pub user: Option<String>,
    /// What it lets do.
    pub role: Role,
    /// Which of our tenants it shows.
    pub tenants: Tenants,
}

/// Where somebody asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatPlace<'a> {
    /// The space; `None` for direct messages.
    pub space: Option<&'a str>,
    /// The room, then those that it is a part of: a thread, then its channel.
    pub rooms: Vec<&'a str>,
}

/// Who asks, as the platform vouches for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person<'a> {
    /// The user's id.
    pub user: &'a str,
    /// The ids of their groups in this space.
    pub groups: Vec<&'a str>,
    /// Whether they come from outside of the space: then only a grant that names them is theirs, and none that is for all.
    pub outsider: bool,
}

/// All grants of one platform. Without any, nobody may anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(pub Vec<ChatGrant>);

impl ChatGrant {
    fn fits_place(&self, place: &ChatPlace<'_>) -> bool {
        let room = self.room.as_deref().is_none_or(|room| place.rooms.contains(&room));
        match (self.space.as_deref(), place.space) {
            (Some(own), Some(space)) => own == space && room,
            // A room or a group without its space is nowhere.
            (None, None) => self.user.is_some() && self.room.is_none() && self.group.is_none(),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    fn fits_person(&self, person: &Person<'_>) -> bool {
        self.group.as_deref().is_none_or(|group| person.groups.contains(&group))
            && self.user.as_deref().map_or(!person.outsider, |user| user == person.user)
    }

    const fn is_for_everybody(&self) -> bool {
        self.group.is_none() && self.user.is_none()
    }

    fn gives(&self) -> (Role, &Tenants) {
        (self.role, &self.tenants)
    }
}

impl Grants {
    /// Who `person` is to us at `place`; `None` for nobody. Of the grants that fit, the highest role counts, and the
    /// tenants of all with that role. Their id is `platform:USER`, wherever they ask.
    pub fn asker(&self, platform: &str, place: &ChatPlace<'_>, person: &Person<'_>) -> Option<Asker> {
        let fitting = self.0.iter().filter(|grant| grant.fits_place(place) && grant.fits_person(person));
        let (role, tenants) = merged(fitting.map(ChatGrant::gives))?;
        let id: Arc<str> = format!("{platform}:{}", person.user).into();
        Some(Asker { name: Arc::clone(&id), id, role, tenants })
    }

    /// What everybody at `place` may see; `None` where that is nothing. A room that grants name shows what these give
    /// and nothing that its space gives; in a thread, those of the thread come before those of its channel.
    pub fn audience(&self, place: &ChatPlace<'_>) -> Option<(Role, Tenants)> {
        let open: Vec<&ChatGrant> = self.0.iter().filter(|grant| grant.is_for_everybody() && grant.fits_place(place)).collect();
        let nearest = place.rooms.iter().find(|room| open.iter().any(|grant| grant.room.as_deref() == Some(**room)));
        merged(open.into_iter().filter(|grant| grant.room.as_deref() == nearest.copied()).map(ChatGrant::gives))
    }

    /// The tenant that is meant at `place` when nobody names one: the only one that everybody there may see.
    pub fn home(&self, place: &ChatPlace<'_>) -> Option<String> {
        match self.audience(place)?.1 {
            Tenants::Only(names) if names.len() == 1 => names.into_iter().next(),
            Tenants::All | Tenants::Only(_) => None,
        }
    }

    /// Who a message for all in `room` is made for: whoever reads there. `None` for a room that no grant names for all,
    /// since only a grant says which space it is in.
    pub fn readers(&self, platform: &str, room: &str) -> Option<Asker> {
        let grant = self.0.iter().find(|grant| grant.is_for_everybody() && grant.room.as_deref() == Some(room))?;
        let (role, tenants) = self.audience(&ChatPlace { space: grant.space.as_deref(), rooms: vec![room] })?;
        let id: Arc<str> = format!("{platform}:room:{room}").into();
        Some(Asker { name: Arc::clone(&id), id, role, tenants })
    }

    /// The spaces that grants name.
    pub fn spaces(&self) -> BTreeSet<&str> {
        self.0.iter().filter_map(|grant| grant.space.as_deref()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grant as a line: `space=1 room=10 group=g user=u role=analyst tenants=a,b`.
    fn grant(line: &str) -> ChatGrant {
        let of = |key: &str| line.split(' ').find_map(|part| part.strip_prefix(key)?.strip_prefix('=')).map(ToOwned::to_owned);
        let tenants = match of("tenants").as_deref() {
            None => panic!("no tenants: {line}"),
            Some("all") => Tenants::All,
            Some(names) => only(names),
        };
        let role = of("role").map_or(Role::Reader, |role| role.parse().unwrap());
        ChatGrant { space: of("space"), room: of("room"), group: of("group"), user: of("user"), role, tenants }
    }

    fn only(names: &str) -> Tenants {
        Tenants::Only(names.split(',').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect())
    }

    fn grants(lines: &[&str]) -> Grants {
        Grants(lines.iter().map(|line| grant(line)).collect())
    }

    /// A place as `space/room/parent`; direct messages have no space: `/dm`.
    fn place(text: &str) -> ChatPlace<'_> {
        let mut parts = text.split('/');
        ChatPlace { space: parts.next().filter(|space| !space.is_empty()), rooms: parts.collect() }
    }

    /// A person as `user+group+group`.
    fn person(text: &str) -> Person<'_> {
        let mut parts = text.split('+');
        Person { user: parts.next().unwrap(), groups: parts.collect(), outsider: false }
    }

    fn shown(role: Role, tenants: &Tenants) -> String {
        let tenants = match tenants {
            Tenants::All => "all".to_owned(),
            Tenants::Only(names) => names.iter().cloned().collect::<Vec<_>>().join(","),
        };
        format!("{role} {tenants}")
    }

    fn asker(grants: &Grants, at: &str, who: &str) -> String {
        grants.asker("chat", &place(at), &person(who)).map_or_else(|| "nobody".to_owned(), |asker| shown(asker.role, &asker.tenants))
    }

    fn audience(grants: &Grants, at: &str) -> String {
        grants.audience(&place(at)).map_or_else(|| "nothing".to_owned(), |(role, tenants)| shown(role, &tenants))
    }

    #[test]
    fn who_may_what_where() {
        // The grants, the place, the person: what the person may, what all there may.
        let cases: &[(&[&str], &str, &str, &str, &str)] = &[
            (&[], "1/10", "u", "nobody", "nothing"),
            (&[], "/dm", "u", "nobody", "nothing"),
            // A space, and no other.
            (&["space=1 tenants=a"], "1/10", "u", "reader a", "reader a"),
            (&["space=1 tenants=a"], "1/10/9", "u+g", "reader a", "reader a"),
            (&["space=1 tenants=a"], "2/10", "u", "nobody", "nothing"),
            (&["space=1 tenants=all role=operator"], "1/10", "u", "operator all", "operator all"),
            // A room of it, and its threads.
            (&["space=1 room=10 tenants=a"], "1/10", "u", "reader a", "reader a"),
            (&["space=1 room=10 tenants=a"], "1/77/10", "u", "reader a", "reader a"),
            (&["space=1 room=10 tenants=a"], "1/11", "u", "nobody", "nothing"),
            (&["space=1 room=77 tenants=a"], "1/10", "u", "nobody", "nothing"),
            (&["space=1 room=10 tenants=a"], "2/10", "u", "nobody", "nothing"),
            // A group, which shows all others nothing.
            (&["space=1 group=g tenants=a"], "1/10", "u+f+g", "reader a", "nothing"),
            (&["space=1 group=g tenants=a"], "1/10", "u+f", "nobody", "nothing"),
            (&["space=1 group=g tenants=a"], "2/10", "u+g", "nobody", "nothing"),
            (&["space=1 room=10 group=g tenants=a"], "1/11", "u+g", "nobody", "nothing"),
            // A user in a space.
            (&["space=1 user=u tenants=a"], "1/10", "u", "reader a", "nothing"),
            (&["space=1 user=u tenants=a"], "1/10", "v", "nobody", "nothing"),
            (&["space=1 user=u group=g tenants=a"], "1/10", "u+f", "nobody", "nothing"),
            (&["space=1 user=g tenants=a"], "1/10", "u+g", "nobody", "nothing"),
            // Direct messages: a user alone, and never anything of a space, nor the other way about.
            (&["user=u tenants=a"], "/dm", "u", "reader a", "nothing"),
            (&["user=u tenants=a"], "/dm", "v", "nobody", "nothing"),
            (&["user=u tenants=a"], "1/10", "u", "nobody", "nothing"),
            (&["space=1 tenants=a", "space=1 user=u tenants=a"], "/dm", "u", "nobody", "nothing"),
            // What no configuration writes is for nobody.
            (&["tenants=a", "room=dm tenants=a", "group=g tenants=a", "room=dm user=u tenants=a"], "/dm", "u+g", "nobody", "nothing"),
            (&["tenants=a", "room=10 tenants=a", "group=g tenants=a"], "1/10", "u+g", "nobody", "nothing"),
            // Several that fit: the highest role, and the tenants of all that give it.
            (&["space=1 tenants=a", "space=1 room=10 group=g tenants=b"], "1/10", "u+g", "reader a,b", "reader a"),
            (&["space=1 tenants=a", "space=1 group=g role=analyst tenants=b"], "1/10", "u+g", "analyst b", "reader a"),
            (&["space=1 tenants=a", "space=1 user=u tenants=all"], "1/10", "u", "reader all", "reader a"),
            // The wall of a room: what the space shows elsewhere stays out.
            (&["space=1 tenants=all", "space=1 room=10 tenants=a"], "1/10", "u", "reader all", "reader a"),
            (&["space=1 tenants=all", "space=1 room=10 tenants=a"], "1/11", "u", "reader all", "reader all"),
            (&["space=1 role=operator tenants=all", "space=1 room=10 tenants=a"], "1/77/10", "u", "operator all", "reader a"),
            (&["space=1 room=10 tenants=a", "space=1 room=10 tenants=b"], "1/10", "u", "reader a,b", "reader a,b"),
            (&["space=1 room=10 tenants=a", "space=1 room=77 tenants=b"], "1/77/10", "u", "reader a,b", "reader b"),
            // A grant with a person raises no wall and lowers none.
            (&["space=1 tenants=a", "space=1 room=10 group=g tenants=b"], "1/10", "u", "reader a", "reader a"),
            (&["space=1 room=10 tenants=a", "space=1 group=g role=analyst tenants=all"], "1/10", "u+g", "analyst all", "reader a"),
        ];
        for (lines, at, who, own, all) in cases {
            let grants = grants(lines);
            assert_eq!((asker(&grants, at, who).as_str(), audience(&grants, at).as_str()), (*own, *all), "{lines:?} at {at} for {who}");
        }
    }

    #[test]
    fn one_person_is_one_asker_wherever_they_ask() {
        let grants = grants(&["space=1 tenants=a", "user=u tenants=b"]);
        let ids = ["1/10", "/dm"].map(|at| grants.asker("chat", &place(at), &person("u")).unwrap());
        assert_eq!((&*ids[0].id, &*ids[0].name), ("chat:u", "chat:u"));
        assert_eq!(ids[0].id, ids[1].id);
    }

    #[test]
    fn a_place_with_one_tenant_is_its_home() {
        let home = |lines: &[&str], at: &str| grants(lines).home(&place(at));
        let both = ["space=1 tenants=all", "space=1 room=10 tenants=a"];
        assert_eq!(home(&both, "1/10").as_deref(), Some("a"));
        assert_eq!(home(&both, "1/77/10").as_deref(), Some("a"));
        assert_eq!(home(&both, "1/11"), None, "all is not one, be there one tenant only");
        assert_eq!(home(&["space=1 tenants=a"], "1/11").as_deref(), Some("a"));
        assert_eq!(home(&["space=1 tenants=a,b"], "1/11"), None);
        assert_eq!(home(&["space=1 group=g tenants=a"], "1/11"), None, "what a group has is nobody's home");
        assert_eq!(home(&["user=u tenants=a"], "/dm"), None);
    }

    #[test]
    fn a_message_for_a_room_is_made_for_its_readers() {
        let grants = grants(&["space=1 role=analyst tenants=all", "space=1 room=10 tenants=a", "space=2 room=20 group=g tenants=all"]);
        let readers = grants.readers("chat", "10").unwrap();
        assert_eq!((&*readers.id, shown(readers.role, &readers.tenants).as_str()), ("chat:room:10", "reader a"));
        assert_eq!(grants.readers("chat", "11"), None, "nobody said that this room is in space 1");
        assert_eq!(grants.readers("chat", "20"), None, "a group's grant opens no room");
        assert_eq!(grants.spaces().into_iter().collect::<Vec<_>>(), ["1", "2"]);
    }
}
