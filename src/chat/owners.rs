//! What may somebody still who made a digest in a chat? Their platform says whether they are there, and in which groups; what that gives them is
//! decided here, for every platform.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::{
    access::{
        Asker,
        chat::{ChatPlace, Grants, Person},
    },
    digest::Owner,
    error::Result,
    posting::Owners,
};

/// Who is where on a platform.
pub trait Membership: Send + Sync {
    /// What `user` is in `space` at the moment; `None` for somebody who is not there.
    ///
    /// # Errors
    /// What keeps that from being known just now: it is asked again.
    fn member<'a>(&'a self, space: &'a str, user: &'a str) -> BoxFuture<'a, Result<Option<SpaceMember>>>;
}

/// Somebody who is in a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpaceMember {
    /// The ids of the groups that they are in.
    pub groups: Vec<String>,
    /// Whether they come from outside of the space, as people of another company in a room that both share.
    pub outsider: bool,
}

/// The people of one platform who made digests.
pub struct ChatOwners {
    platform: &'static str,
    grants: Grants,
    membership: Arc<dyn Membership>,
}

impl ChatOwners {
    /// Those of `platform`, where `grants` say who may what and `membership` who is there.
    pub const fn new(platform: &'static str, grants: Grants, membership: Arc<dyn Membership>) -> Self {
        Self { platform, grants, membership }
    }

    /// Who `owner` is to us at the place where they made something, with the groups that they are in now.
    async fn asker(&self, owner: &Owner) -> Result<Option<Asker>> {
        let Owner::Person { platform: _, user, space, rooms } = owner else { return Ok(None) };
        let member = match space {
            None => SpaceMember::default(),
            Some(space) => match self.membership.member(space, user).await? {
                Some(member) => member,
                None => return Ok(None),
            },
        };
        let place = ChatPlace { space: space.as_deref(), rooms: rooms.iter().map(String::as_str).collect() };
        let person = Person { user, groups: member.groups.iter().map(String::as_str).collect(), outsider: member.outsider };
        Ok(self.grants.asker(self.platform, &place, &person))
    }
}

impl Owners for ChatOwners {
    fn still<'a>(&'a self, owner: &'a Owner) -> BoxFuture<'a, Result<Option<Asker>>> {
        Box::pin(self.asker(owner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::{Role, Tenants, chat::ChatGrant},
        error::{Error, ErrorKind},
    };

    /// A platform with one space, `team`: `ada` is in the group `soc`, `bob` in none, and `guest` comes from outside; of `eve` it cannot say anything now.
    struct OneSpace;

    impl Membership for OneSpace {
        fn member<'a>(&'a self, space: &'a str, user: &'a str) -> BoxFuture<'a, Result<Option<SpaceMember>>> {
            Box::pin(async move {
                let member = |groups: &[&str], outsider| {
                    Ok(Some(SpaceMember { groups: groups.iter().map(ToString::to_string).collect(), outsider }))
                };
                match (space, user) {
                    ("team", "ada") => member(&["soc"], false),
                    ("team", "bob") => member(&[], false),
                    ("team", "guest") => member(&["soc"], true),
                    ("team", "eve") => Err(Error::new(ErrorKind::Upstream, "The chat is away.")),
                    ("team", _) => Ok(None),
                    _ => panic!("nobody asks about {space}"),
                }
            })
        }
    }

    fn grant(role: Role, space: Option<&str>, group: Option<&str>, user: Option<&str>) -> ChatGrant {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        ChatGrant { space: owned(space), room: None, group: owned(group), user: owned(user), role, tenants: Tenants::All }
    }

    /// Who somebody is who made a digest in a room of `space`, as `id role`.
    async fn still(space: Option<&str>, user: &str) -> Result<Option<String>> {
        let grants = vec![
            grant(Role::Operator, Some("team"), Some("soc"), None),
            grant(Role::Reader, Some("team"), None, None),
            grant(Role::Operator, None, None, Some("dora")),
        ];
        let owners = ChatOwners::new("chat", Grants(grants), Arc::new(OneSpace));
        let (platform, space) = ("chat".to_owned(), space.map(ToOwned::to_owned));
        let owner = Owner::Person { platform, user: user.to_owned(), space, rooms: vec!["room".to_owned()] };
        Ok(owners.still(&owner).await?.map(|asker| format!("{} {}", asker.id, asker.role)))
    }

    #[tokio::test]
    async fn somebody_is_what_their_groups_make_them_now() {
        assert_eq!(still(Some("team"), "ada").await.unwrap().as_deref(), Some("chat:ada operator"));
        assert_eq!(still(Some("team"), "bob").await.unwrap().as_deref(), Some("chat:bob reader"), "not in the group any more");
        assert_eq!(still(Some("team"), "zoe").await.unwrap(), None, "who left is nobody, whatever the space gives to all");
        assert_eq!(still(Some("team"), "guest").await.unwrap(), None, "who comes from outside is only whom a grant names");
        assert!(still(Some("team"), "eve").await.is_err(), "what cannot be known is no answer");
    }

    #[tokio::test]
    async fn in_direct_messages_nobody_is_asked_about_a_space() {
        assert_eq!(still(None, "dora").await.unwrap().as_deref(), Some("chat:dora operator"));
        assert_eq!(still(None, "ada").await.unwrap(), None);
    }
}
