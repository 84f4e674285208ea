//! How does the sandbox speak of the several hundred controls that nobody wrote by hand? By tables of settings and a few sentences.
//!
//! A control is a family (whose setting, measured how) and a setting. Titles say something sensible, the
//! longer texts repeat themselves as the real catalogue's do.

use super::{
    chance::Chance,
    known::{DEVICES, Measure, users},
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
    pub ids: Ids,
    /// What evidence its controls carry.
    pub measure: Measure,
    /// Maxima to choose from.
    pub worths: &'static [u8],
    /// Whether `contoso` holds the licence, so that the controls are scored.
    pub licensed: bool,
    /// What can be set: words that finish the id, and the title. `{}` in a title is the product.
    pub settings: &'static [(&'static str, &'static str)],
}

/// How a family's ids are made.
#[derive(Debug, Clone, Copy)]
pub enum Ids {
    /// A prefix before the setting's words and a suffix after them.
    Words(&'static str, &'static str),
    /// `scid_` and a number, counted from here.
    Numbered(usize),
}

impl Family {
    /// The id of the setting at `index`.
    pub fn id(&self, index: usize) -> String {
        match self.ids {
            Ids::Words(prefix, suffix) => format!("{prefix}{}{suffix}", self.settings.get(index).map_or("", |setting| setting.0)),
            Ids::Numbered(from) => format!("scid_{}", from + index),
        }
    }

    /// The title of the setting at `index`.
    pub fn title(&self, index: usize) -> String {
        self.settings.get(index).map_or_else(String::new, |setting| setting.1.replace("{}", self.product))
    }
}

/// A family without the parts that most share.
const fn family(
    service: &'static str,
    product: &'static str,
    ids: Ids,
    measure: Measure,
    settings: &'static [(&'static str, &'static str)],
) -> Family {
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
    Family { licensed, worths: &[3, 5, 7, 7, 9], ..family(service, product, Ids::Words(prefix, ""), Measure::Switch, APP_SETTINGS) }
}

/// All families, licensed ones first.
pub const FAMILIES: &[Family] = &[
    Family {
        category: "Identity",
        portal: "https://entra.microsoft.com",
        ..family("AzureAD", "Microsoft Entra ID", Ids::Words("aad_", ""), Measure::Switch, ENTRA)
    },
    Family {
        portal: "https://admin.exchange.microsoft.com",
        ..family("EXO", "Exchange Online", Ids::Words("exo_", ""), Measure::Switch, EXCHANGE)
    },
    family("MDO", "Defender for Office 365", Ids::Words("mdo_", ""), users("not covered by the policy"), DEFENDER_OFFICE),
    Family {
        portal: "https://admin.microsoft.com/sharepoint",
        ..family("SPO", "SharePoint", Ids::Words("spo_", ""), Measure::Switch, SHAREPOINT)
    },
    Family {
        worths: &[1, 2, 2, 3],
        portal: "https://admin.teams.microsoft.com",
        ..family("MS Teams", "Teams", Ids::Words("meeting_", "_v1"), users("in a policy that allows it"), TEAMS)
    },
    Family {
        category: "Data",
        portal: "https://purview.microsoft.com",
        ..family("MIP", "Microsoft Purview", Ids::Words("mip_", ""), Measure::Switch, PURVIEW)
    },
    Family {
        category: "Identity",
        ..family(
            "Azure ATP",
            "Defender for Identity",
            Ids::Words("AATP_", ""),
            Measure::Share { of: "directory objects", lacking: "exposed" },
            IDENTITY_POSTURE,
        )
    },
    Family {
        category: "Device",
        portal: "https://intune.microsoft.com",
        ..family("Intune", "Intune", Ids::Words("intune_", ""), Measure::Switch, INTUNE)
    },
    Family { worths: &[1, 2, 3], ..family("MCAS", "Defender for Cloud Apps", Ids::Words("Mcas", ""), Measure::Switch, CLOUD_APPS) },
    Family {
        portal: "https://admin.microsoft.com",
        ..family("Admincenter", "the admin center", Ids::Words("admincenter_", ""), Measure::Switch, ADMIN_CENTER)
    },
    Family {
        portal: "https://admin.microsoft.com",
        ..family(
            "FORMS",
            "Forms",
            Ids::Words("forms_", ""),
            Measure::Switch,
            &[("phishing_protection", "Look for phishing in {}"), ("external_collaboration", "Keep {} responses inside the company")],
        )
    },
    family(
        "AppG",
        "App governance",
        Ids::Words("appg_", ""),
        Measure::Switch,
        &[
            ("unused_apps", "Remove apps that nobody used for 90 days"),
            ("overprivileged_apps", "Take rights away from apps that do not use them"),
            ("expiring_credentials", "Watch the credentials of apps"),
        ],
    ),
    Family { category: "Device", worths: &[5, 7, 8, 9, 9], ..family("MDATP", "Windows", Ids::Numbered(2510), DEVICES, WINDOWS) },
    Family { category: "Device", worths: &[5, 7, 8, 9], ..family("MDATP", "macOS", Ids::Numbered(5000), DEVICES, ANY_SYSTEM) },
    connected("MDA_Google", "Google Workspace", "11770.MDA_Google_", true),
    connected("MDA_GitHub", "GitHub", "MDA_GitHub_", true),
    Family {
        category: "Device",
        licensed: false,
        worths: &[5, 7, 8, 9],
        ..family("MDATP", "Linux", Ids::Numbered(6000), DEVICES, ANY_SYSTEM)
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

const ENTRA: &[(&str, &str)] = &[
    ("smart_lockout", "Lock accounts after repeated failed sign-ins"),
    ("device_code_blocked", "Block sign-in by device code"),
    ("authenticator_context", "Show place and app in sign-in requests"),
    ("system_preferred_mfa", "Prefer the strongest registered method"),
    ("sms_voice_disabled", "Retire text messages and calls as second factor"),
    ("session_persistence", "Do not keep browsers signed in for administrators"),
    ("signin_frequency", "Ask administrators to sign in daily"),
    ("managed_device_required", "Require a managed device to sign in"),
    ("security_info_managed", "Register security information only from trusted places"),
    ("join_requires_mfa", "Ask for a second factor when a device joins"),
    ("local_admin_on_join", "Do not make joining users local administrators"),
    ("tenant_creation_restricted", "Do not let users create tenants"),
    ("app_registration_restricted", "Do not let users register apps"),
    ("security_groups_restricted", "Do not let users create security groups"),
    ("admin_portal_restricted", "Close the admin center to ordinary users"),
    ("guest_inviter_limited", "Let only named roles invite guests"),
    ("dynamic_guest_group", "Keep guests in a group of their own"),
    ("access_reviews_guests", "Review guest access every quarter"),
    ("access_reviews_roles", "Review privileged roles every quarter"),
    ("password_hash_sync", "Synchronise password hashes for leak detection"),
];
const EXCHANGE: &[(&str, &str)] = &[
    ("modern_auth", "Use modern authentication in {}"),
    ("smtp_auth_disabled", "Switch off authenticated SMTP for the organization"),
    ("mailtips_enabled", "Show mail tips for outside recipients"),
    ("external_sender_tag", "Mark messages from outside"),
    ("calendar_sharing", "Share no calendar details with outside"),
    ("storage_providers", "Allow no extra storage providers in Outlook on the web"),
    ("shared_mailbox_signin", "Block sign-in to shared mailboxes"),
    ("transport_allow_list", "Keep transport rules from trusting whole domains"),
    ("connection_allow_list", "Keep the list of trusted senders' addresses empty"),
    ("spf_published", "Publish SPF for every mail domain"),
    ("direct_send_rejected", "Reject direct send"),
    ("public_groups_approved", "Approve public groups before they exist"),
    ("litigation_hold", "Keep mailboxes of leavers on hold"),
];
const DEFENDER_OFFICE: &[(&str, &str)] = &[
    ("safelinksforoffice", "Check links in Office documents"),
    ("safelinksforteams", "Check links in Teams messages"),
    ("safedocuments", "Open documents from outside in a closed room"),
    ("commonattachmentsfilter", "Filter attachment types that nobody needs"),
    ("zapmalware", "Take malware back after delivery"),
    ("zapspam", "Take spam back after delivery"),
    ("bulkthreshold", "Lower the threshold for bulk mail"),
    ("highconfidencespamaction", "Quarantine what is surely spam"),
    ("highconfidencephishaction", "Quarantine what is surely phishing"),
    ("phishthreshold", "Raise the phishing threshold to aggressive"),
    ("spoofintelligence", "Judge senders that spoof"),
    ("firstcontacttip", "Show a tip at the first contact"),
    ("allowedsenders", "Keep allowed senders out of the spam policy"),
    ("outboundlimits", "Limit how many outside recipients a user may write to"),
    ("quarantineretention", "Keep quarantined messages for 30 days"),
    ("priorityaccounts", "Guard priority accounts more strictly"),
    ("attacksimulation", "Train users with simulated attacks"),
    ("submissionbutton", "Give users a button to report messages"),
];
const SHAREPOINT: &[(&str, &str)] = &[
    ("modern_auth_required", "Require modern authentication in {}"),
    ("guest_expiry", "Let guest access expire after 30 days"),
    ("reshare_blocked", "Keep guests from sharing what is not theirs"),
    ("anyone_link_expiry", "Let links for anyone expire"),
    ("anyone_link_view", "Let links for anyone only show"),
    ("sync_managed_only", "Synchronise OneDrive only to managed devices"),
    ("infected_download_blocked", "Block downloads of infected files"),
    ("custom_scripts_blocked", "Block custom scripts on sites"),
    ("domain_allow_list", "Share only with listed domains"),
    ("onedrive_sharing", "Keep OneDrive sharing as narrow as {}"),
    ("unmanaged_web_only", "Give unmanaged devices web access only"),
];
const TEAMS: &[(&str, &str)] = &[
    ("lobbyeveryone", "Let outside people wait in the lobby"),
    ("dialinbypass", "Let dial-in callers wait in the lobby"),
    ("anonymousstart", "Keep anonymous people from starting meetings"),
    ("externalcontrol", "Keep outside people from taking control of a screen"),
    ("anonymouschat", "Close the meeting chat to anonymous people"),
    ("recordingdefault", "Do not record by default"),
    ("externaldomains", "Talk only with known outside domains"),
    ("unmanagedaccounts", "Do not talk with private Teams accounts"),
    ("skypeusers", "Do not talk with Skype accounts"),
    ("emailintochannel", "Accept no mail into channels"),
    ("filesharingproviders", "Allow no other storage in Teams"),
    ("appsapproved", "Allow only approved apps in Teams"),
    ("reportmessages", "Let users report messages in Teams"),
    ("inviteonly", "Admit only invited people at once"),
];
const PURVIEW: &[(&str, &str)] = &[
    ("dlp_teams", "Protect data in Teams messages"),
    ("dlp_endpoint", "Protect data on devices"),
    ("retention_policies", "Keep and delete data by policy"),
    ("label_consent", "Extend labels to data outside Microsoft 365"),
    ("insider_risk", "Look for insider risk"),
    ("comm_compliance", "Watch communication where the law asks for it"),
    ("mandatory_labels", "Ask for a label on every document"),
    ("encryption_keys", "Rotate the keys of encrypted labels"),
];
const IDENTITY_POSTURE: &[(&str, &str)] = &[
    ("UnsecureKerberosDelegation", "Remove unconstrained delegation"),
    ("LegacyProtocols", "Stop using NTLM version 1"),
    ("PrintSpooler", "Stop the print spooler on domain controllers"),
    ("DormantSensitive", "Remove dormant accounts from sensitive groups"),
    ("ClearTextPasswords", "Stop sending passwords in clear text"),
    ("LapsUsage", "Cover domain computers with LAPS"),
    ("LateralMovement", "Shorten the paths to sensitive accounts"),
    ("SidHistory", "Remove unsafe SID history"),
    ("AccountAttributes", "Resolve unsafe account attributes"),
    ("UnmonitoredControllers", "Install sensors on every domain controller"),
    ("CertificateTemplates", "Restrict certificate templates that anyone may use"),
    ("EnrollmentAgents", "Limit enrollment agents"),
    ("WebEnrollment", "Protect certificate web enrollment"),
    ("KrbtgtPassword", "Change the krbtgt password twice a year"),
    ("AdminSdHolder", "Remove suspicious rights on AdminSDHolder"),
    ("DcSyncRights", "Take replication rights away from ordinary accounts"),
    ("PreWindows2000", "Empty the pre-Windows 2000 group"),
    ("GpoPasswords", "Remove passwords from group policies"),
    ("ServiceAccounts", "Move services to managed service accounts"),
    ("LdapSigning", "Require LDAP signing"),
    ("BuiltinAdministrator", "Change old passwords of built-in administrators"),
    ("GuestAccount", "Disable the domain's guest account"),
];
const INTUNE: &[(&str, &str)] = &[
    ("enrollment_restricted", "Keep private devices from enrolling as company devices"),
    ("app_protection_mobile", "Protect company data in mobile apps"),
    ("update_rings", "Install updates within a week"),
    ("security_baseline", "Apply a security baseline to every Windows device"),
    ("compliance_validity", "Count devices as stale after 30 days"),
    ("jailbreak_blocked", "Keep jailbroken phones out"),
    ("multi_admin_approval", "Let a second administrator approve changes"),
];
const CLOUD_APPS: &[(&str, &str)] = &[
    ("CloudAppNotification", "Be told when a new app becomes popular"),
    ("OAuthAppNotification", "Be told when an app is granted wide access"),
    ("ActivityPolicy", "Watch activities that should be rare"),
    ("SessionControl", "Control sessions on unmanaged devices"),
    ("ConnectOffice", "Connect Microsoft 365 to {}"),
    ("AnomalyDetection", "Keep anomaly detection on"),
];
const ADMIN_CENTER: &[(&str, &str)] = &[
    ("idle_timeout", "Sign out idle sessions of Microsoft 365 on the web"),
    ("third_party_storage", "Open no third-party storage in Office on the web"),
    ("trial_restricted", "Do not let users start trials"),
    ("report_names_hidden", "Hide names in usage statistics"),
];
const WINDOWS: &[(&str, &str)] = &[
    ("", "Stop scripts that hide what they do"),
    ("", "Stop scripts from starting downloaded programs"),
    ("", "Stop programs that are rare and new"),
    ("", "Stop Office from writing programs to disk"),
    ("", "Stop Office from injecting code into other programs"),
    ("", "Stop Office macros from calling Windows"),
    ("", "Stop Adobe Reader from starting programs"),
    ("", "Stop programs started through remote management"),
    ("", "Stop unsigned programs from USB drives"),
    ("", "Stop mail programs from starting other programs"),
    ("", "Stop persistence through event subscriptions"),
    ("", "Stop abuse of vulnerable signed drivers"),
    ("", "Use advanced protection against ransomware"),
    ("", "Turn on controlled folder access"),
    ("", "Turn on network protection"),
    ("", "Turn on Credential Guard"),
    ("", "Turn on memory integrity"),
    ("", "Require Secure Boot"),
    ("", "Switch SMB version 1 off"),
    ("", "Require SMB signing on clients"),
    ("", "Require SMB signing on servers"),
    ("", "Refuse guest logon to file shares"),
    ("", "Refuse LM and NTLM version 1"),
    ("", "Keep no clear-text passwords in memory"),
    ("", "Disable autorun on all drives"),
    ("", "Disable anonymous listing of shares"),
    ("", "Disable the local administrator account"),
    ("", "Disable the local guest account"),
    ("", "Require eight characters for startup PINs"),
    ("", "Lock the screen after fifteen minutes"),
    ("", "Ask for consent on the secure desktop"),
    ("", "Deny elevation to standard users"),
    ("", "Filter the token of the built-in administrator"),
    ("", "Require network level authentication for remote desktop"),
    ("", "Disable remote assistance on request"),
    ("", "Set the remote desktop encryption to high"),
    ("", "Disable name resolution by multicast"),
    ("", "Disable name resolution by NetBIOS"),
    ("", "Disable source routing"),
    ("", "Disable the solicitation of domain name proxies"),
    ("", "Log every command line of new processes"),
    ("", "Log PowerShell script blocks"),
    ("", "Run PowerShell without version 2"),
    ("", "Keep the browser's reputation check on"),
    ("", "Block unwanted programs in the browser"),
    ("", "Let the browser refuse outdated plugins"),
    ("", "Enforce automatic updates of the browser"),
    ("", "Remove programs without security updates"),
    ("", "Check quoted paths of services"),
    ("", "Restrict who may restore backups"),
];
const ANY_SYSTEM: &[(&str, &str)] = &[
    ("", "Run antivirus on {}"),
    ("", "Keep real-time protection on ({})"),
    ("", "Turn on cloud protection ({})"),
    ("", "Block unwanted programs ({})"),
    ("", "Send samples for analysis ({})"),
    ("", "Update antivirus definitions daily ({})"),
    ("", "Scan archives ({})"),
    ("", "Scan drives once a week ({})"),
    ("", "Fix sensor data collection ({})"),
    ("", "Fix impaired communication of the sensor ({})"),
    ("", "Turn on network protection ({})"),
    ("", "Keep protection from being switched off ({})"),
    ("", "Install system updates within a week ({})"),
    ("", "Encrypt the system drive ({})"),
    ("", "Turn on the firewall ({})"),
    ("", "Refuse to sign in as root from afar ({})"),
    ("", "Require a password after sleep ({})"),
    ("", "Disable guest accounts ({})"),
    ("", "Disable file sharing nobody uses ({})"),
    ("", "Require long passwords ({})"),
    ("", "Lock accounts after failed passwords ({})"),
    ("", "Keep logs for 90 days ({})"),
];
const APP_SETTINGS: &[(&str, &str)] = &[
    ("EnableTwoFactorAuth", "Ask for a second factor in {}"),
    ("EnforceSingleSignOn", "Sign in to {} only through single sign-on"),
    ("PasswordLength", "Require long passwords in {}"),
    ("PasswordReuse", "Refuse old passwords in {}"),
    ("LockoutThreshold", "Lock {} accounts after failed passwords"),
    ("SessionTimeout", "Sign out idle sessions of {}"),
    ("RestrictIpRanges", "Reach {} only from known networks"),
    ("LimitAdministrators", "Keep the number of {} administrators small"),
    ("DisablePublicLinks", "Make no public links in {}"),
    ("RestrictGuests", "Decide who may invite guests to {}"),
    ("ReviewConnectedApps", "Review apps connected to {}"),
    ("AuditLogEnabled", "Keep the audit log of {} on"),
    ("ApiTokensExpire", "Let API tokens of {} expire"),
];

/// Why a setting matters, when nobody wrote it down by hand.
pub fn why(product: &str, title: &str, chance: &mut Chance) -> String {
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
pub fn steps(family: &Family, title: &str, chance: &mut Chance) -> String {
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
