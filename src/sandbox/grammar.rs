//! How does the sandbox speak of the several hundred controls that nobody wrote by hand? By tables of settings and a few sentences.
//!
//! A control is a family (whose setting, measured how) and a setting. Titles say something sensible, the
//! longer texts repeat themselves as the real catalogue's do.

use super::{
    known::{DEVICES, MeasuredBy, users},
    seeded_random::SeededRandom,
    settings::{
        ADMIN_CENTER, ANY_SYSTEM, APP_SETTINGS, CLOUD_APPS, DEFENDER_OFFICE, ENTRA, EXCHANGE, IDENTITY_POSTURE, INTUNE, PURVIEW,
        SHAREPOINT, SettingTable, TEAMS, WINDOWS,
    },
};

/// Settings of one service that are named and measured alike.
#[derive(Debug)]
pub struct Family {
    /// Graph's service code.
    pub service: &'static str,
    /// Graph's category.
    pub category: &'static str,
    /// How people call the product in a sentence.
    pub product: &'static str,
    /// Where its settings are.
    pub portal: &'static str,
    /// How ids are made.
    pub ids: IdStyle,
    /// What evidence its controls carry.
    pub measure: MeasuredBy,
    /// Maxima to choose from.
    pub worths: &'static [u8],
    /// Whether `contoso` holds the licence, so that the controls are scored.
    pub licensed: bool,
    /// What can be set.
    pub settings: SettingTable,
}

/// How a family's ids are made.
#[derive(Debug, Clone, Copy)]
pub enum IdStyle {
    /// A prefix before the setting's words and a suffix after them.
    Words(&'static str, &'static str),
    /// `scid_` and a number, counted from here.
    Numbered(usize),
}

impl Family {
    /// The id of the setting at `index`.
    pub fn id(&self, index: usize) -> String {
        match self.ids {
            IdStyle::Words(prefix, suffix) => format!("{prefix}{}{suffix}", self.settings.get(index).map_or("", |setting| setting.0)),
            IdStyle::Numbered(from) => format!("scid_{}", from + index),
        }
    }

    /// The title of the setting at `index`.
    pub fn title(&self, index: usize) -> String {
        self.settings.get(index).map_or_else(String::new, |setting| setting.1.replace("{}", self.product))
    }
}

/// A family without the parts that most share.
const fn family(service: &'static str, product: &'static str, ids: IdStyle, measure: MeasuredBy, settings: SettingTable) -> Family {
    Family {
        service,
        category: "Apps",
        product,
        portal: "https://security.microsoft.com",
        ids,
        measure,
        worths: &[3, 4, 5, 5, 8],
        licensed: true,
        settings,
    }
}

/// A family of a connected app that `contoso` does not own, all of them with the same settings.
const fn connected(service: &'static str, product: &'static str, prefix: &'static str, licensed: bool) -> Family {
    Family { licensed, worths: &[3, 5, 7, 7, 9], ..family(service, product, IdStyle::Words(prefix, ""), MeasuredBy::Switch, APP_SETTINGS) }
}

/// All families, licensed ones first.
pub const FAMILIES: &[Family] = &[
    Family {
        category: "Identity",
        portal: "https://entra.microsoft.com",
        ..family("AzureAD", "Microsoft Entra ID", IdStyle::Words("aad_", ""), MeasuredBy::Switch, ENTRA)
    },
    Family {
        portal: "https://admin.exchange.microsoft.com",
        ..family("EXO", "Exchange Online", IdStyle::Words("exo_", ""), MeasuredBy::Switch, EXCHANGE)
    },
    family("MDO", "Defender for Office 365", IdStyle::Words("mdo_", ""), users("not covered by the policy"), DEFENDER_OFFICE),
    Family {
        portal: "https://admin.microsoft.com/sharepoint",
        ..family("SPO", "SharePoint", IdStyle::Words("spo_", ""), MeasuredBy::Switch, SHAREPOINT)
    },
    Family {
        worths: &[1, 2, 2, 3],
        portal: "https://admin.teams.microsoft.com",
        ..family("MS Teams", "Teams", IdStyle::Words("meeting_", "_v1"), users("in a policy that allows it"), TEAMS)
    },
    Family {
        category: "Data",
        portal: "https://purview.microsoft.com",
        ..family("MIP", "Microsoft Purview", IdStyle::Words("mip_", ""), MeasuredBy::Switch, PURVIEW)
    },
    Family {
        category: "Identity",
        ..family(
            "Azure ATP",
            "Defender for Identity",
            IdStyle::Words("AATP_", ""),
            MeasuredBy::Share { of: "directory objects", lacking: "exposed" },
            IDENTITY_POSTURE,
        )
    },
    Family {
        category: "Device",
        portal: "https://intune.microsoft.com",
        ..family("Intune", "Intune", IdStyle::Words("intune_", ""), MeasuredBy::Switch, INTUNE)
    },
    Family { worths: &[1, 2, 3], ..family("MCAS", "Defender for Cloud Apps", IdStyle::Words("Mcas", ""), MeasuredBy::Switch, CLOUD_APPS) },
    Family {
        portal: "https://admin.microsoft.com",
        ..family("Admincenter", "the admin center", IdStyle::Words("admincenter_", ""), MeasuredBy::Switch, ADMIN_CENTER)
    },
    Family {
        portal: "https://admin.microsoft.com",
        ..family(
            "FORMS",
            "Forms",
            IdStyle::Words("forms_", ""),
            MeasuredBy::Switch,
            &[("phishing_protection", "Look for phishing in {}"), ("external_collaboration", "Keep {} responses inside the company")],
        )
    },
    family(
        "AppG",
        "App governance",
        IdStyle::Words("appg_", ""),
        MeasuredBy::Switch,
        &[
            ("unused_apps", "Remove apps that nobody used for 90 days"),
            ("overprivileged_apps", "Take rights away from apps that do not use them"),
            ("expiring_credentials", "Watch the credentials of apps"),
        ],
    ),
    Family { category: "Device", worths: &[5, 7, 8, 9, 9], ..family("MDATP", "Windows", IdStyle::Numbered(2510), DEVICES, WINDOWS) },
    Family { category: "Device", worths: &[5, 7, 8, 9], ..family("MDATP", "macOS", IdStyle::Numbered(5000), DEVICES, ANY_SYSTEM) },
    connected("MDA_Google", "Google Workspace", "11770.MDA_Google_", true),
    connected("MDA_GitHub", "GitHub", "MDA_GitHub_", true),
    Family {
        category: "Device",
        licensed: false,
        worths: &[5, 7, 8, 9],
        ..family("MDATP", "Linux", IdStyle::Numbered(6000), DEVICES, ANY_SYSTEM)
    },
    connected("MDA_SF", "Salesforce", "MDA_SF_", false),
    connected("MDA_SNOW", "ServiceNow", "MDA_SNOW_", false),
    connected("MDA_Zendesk", "Zendesk", "MDA_Zendesk_", false),
    connected("MDA_CitrixSF", "Citrix ShareFile", "MDA_CitrixSF_", false),
    connected("MDA_Atlassian", "Atlassian", "MDA_Atlassian_", false),
    connected("MDA_Zoom", "Zoom", "MDA_Zoom_", false),
    connected("MDA_Okta", "Okta", "MDA_Okta_", false),
    connected("MDA_DocuSign", "DocuSign", "MDA_DocuSign_", false),
    connected("MDA_Dropbox", "Dropbox", "MDA_Dropbox_", false),
    connected("MDA_NetDocuments", "NetDocuments", "MDA_NetDocuments_", false),
    connected("MDA_Workplace", "Workplace", "MDA_Workplace_", false),
    connected("MDA_Slack", "Slack", "MDA_Slack_", false),
    connected("MDA_Box", "Box", "MDA_Box_", false),
];

/// Controls that are scored although the catalogue no longer holds them, with the points that they can give.
pub const RETIRED: &[(&str, &str, u8)] = &[
    ("mdo_connectionfilter_v0", "Apps", 1),
    ("exo_storageproviderrestricted_old", "Apps", 3),
    ("spo_legacy_auth_v0", "Apps", 3),
    ("AATP_LegacySensor", "Identity", 5),
    ("aad_custom_smart_lockout_v0", "Identity", 4),
    ("mip_labelconsent_v0", "Data", 2),
    ("meeting_pstnusersbypasslobby_v0", "Apps", 1),
    ("scid_90", "Device", 8),
    ("scid_91", "Device", 5),
    ("McasCustomActivityPolicy_old", "Apps", 2),
];

/// How many of [`RETIRED`], from the front, stand at nothing, so that nobody can tell their maximum.
pub const RETIRED_AT_NOTHING: usize = 4;

/// Why a setting matters, when nobody wrote it down by hand.
pub fn why(product: &str, title: &str, chance: &mut SeededRandom) -> String {
    let opening = chance.pick(&[
        "Intruders look for this gap early, because it costs them little.",
        "This setting narrows what a stolen account or a careless click can do.",
        "What is open by default stays open until somebody decides otherwise.",
        "It is a small step, and one of those that stop the common attacks rather than the rare ones.",
    ]);
    let close = chance.pick(&[
        "<br/>Check it again after every larger change.",
        "<p>It applies to new and existing users&nbsp;alike.</p>",
        "",
        "<br/><i>Based on good practice that most baselines share.</i>",
    ]);
    format!("{opening} {title}: in {product} this is a matter of configuration. {close}").trim_end().to_owned()
}

/// What to do, when nobody wrote it down by hand. HTML, as Graph sends it.
pub fn steps(family: &Family, title: &str, chance: &mut SeededRandom) -> String {
    let first = chance.pick(&[
        "Sign in with a role that may change security settings.",
        "Tell the people concerned what will change and when.",
        "Note the present setting, so that you can go back.",
    ]);
    let last = chance.pick(&[
        "Try it with a small group first, then assign it to everyone.",
        "Wait a day for the change to be seen here.",
        "Look at the exceptions and give each of them an owner.",
    ]);
    format!(
        "<p>To do this in {}:</p> <ol> <li>{first}</li> <li>Open <a href=\"{}\" target=\"_blank\">the portal</a> and find <strong>{title}</strong>.</li> <li>Change the setting&nbsp;and save. {last}</li> </ol>",
        family.product, family.portal
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique() {
        let ids: Vec<_> = FAMILIES.iter().flat_map(|family| (0..family.settings.len()).map(|index| family.id(index))).collect();
        let known = super::super::known::all().map(|known| known.id.to_owned());
        let retired = RETIRED.iter().map(|one| one.0.to_owned());
        let all: Vec<_> = ids.into_iter().chain(known).chain(retired).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
