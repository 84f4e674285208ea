//! Where does a host send a person who wants to see for himself? One line and one link a row, in the linked form only; cards
//! lead on by `follow_ups`.
//!
//! Microsoft 365 Copilot cites what a row calls `title`, `subtitle` and `url`
//! (<https://learn.microsoft.com/microsoft-365-copilot/extensibility/plugin-citations>). A link costs some fifty
//! tokens, which hosts that do not cite should not pay: what is marked `x-linked` is neither sent to them nor in their schema.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Facts, TenantFacts, format};
use crate::score::Control;

/// Secure Score in the Microsoft Defender portal.
const PORTAL: &str = "https://security.microsoft.com/securescore";

/// What a row that has a title of its own is cited with; empty but in the linked form.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Link {
    /// The point of it in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-linked" = true))]
    subtitle: Option<String>,
    /// Where to look or act, in the Microsoft Defender portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-linked" = true))]
    url: Option<String>,
}

/// What a row without a title is cited with; empty but in the linked form.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Titled {
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-linked" = true))]
    title: Option<String>,
    #[serde(flatten)]
    link: Link,
}

impl Link {
    /// A line and a link.
    pub(super) fn new(subtitle: String, url: String) -> Self {
        Self { subtitle: Some(subtitle), url: Some(url) }
    }

    /// The control called `name`, where `portal` leads to it, with the line that `subtitle` makes.
    pub(super) fn to_control(portal: Option<Portal<'_>>, name: &str, subtitle: impl FnOnce() -> String) -> Self {
        portal.map(|portal| Self::new(subtitle(), portal.control(name))).unwrap_or_default()
    }

    /// With a title.
    pub(super) fn titled(self, title: String) -> Titled {
        Titled { title: Some(title), link: self }
    }
}

/// What a row about `control` is called by: the profile's title, else the name where there is a `portal`, because who cites a row needs one.
pub(super) fn title_of(control: &Control<'_>, portal: Option<Portal<'_>>) -> Option<String> {
    control.profile.map(|profile| profile.title.clone()).or_else(|| portal.map(|_| format::name(control.name())))
}

/// A tenant's way into the portal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portal<'a> {
    entra_id: Option<&'a str>,
}

impl<'a> Portal<'a> {
    /// The way into the portal of `tenant`.
    pub(super) fn of(tenant: &'a TenantFacts) -> Self {
        Self { entra_id: tenant.entra_id.as_deref() }
    }

    /// The way into the portal, for whoever asks: one that shows the tenant that a person chooses there.
    pub(super) const fn of_nobody() -> Self {
        Self { entra_id: None }
    }

    /// The improvement action called `name`.
    pub(super) fn control(self, name: &str) -> String {
        self.address(&format!("actions&actionId={}", encoded(name)))
    }

    /// The score as a whole.
    pub(super) fn score(self) -> String {
        self.address("overview")
    }

    fn address(self, view: &str) -> String {
        let tenant = self.entra_id.map_or_else(String::new, |id| format!("&tid={}", encoded(id)));
        format!("{PORTAL}?viewid={view}{tenant}")
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

impl Facts {
    /// The way into the portal of `tenant`, when rows shall link.
    pub(super) fn portal<'a>(&self, tenant: &'a TenantFacts) -> Option<Portal<'a>> {
        self.links.then(|| Portal::of(tenant))
    }
}
