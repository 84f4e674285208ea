//! What happens in `contoso`? The demo's plot as a table, so that a reader sees at a glance what answers must tell.
//!
//! Days are counted from the day on which the sandbox was started: 0 is that day, -1 the day before, 1 the day after.

use jiff::{Span, civil::Date};

/// Since the world exists.
pub const EVER: i32 = i32::MIN;

/// The day `days` after `from`.
pub fn shift(from: Date, days: i32) -> Date {
    from.saturating_add(Span::new().days(days.clamp(-100_000, 100_000)))
}

/// How many days `to` lies after `from`.
pub fn distance(from: Date, to: Date) -> i32 {
    i32::try_from(from.duration_until(to).as_hours() / 24).unwrap_or(0)
}

/// One thing that happens to one control.
#[derive(Debug, Clone, Copy)]
pub enum StoryEvent {
    /// From this day on so many of so many are covered (for a switch: 1 or 0 of 1).
    Covered(u32, u32),
    /// On this day it is scored for the first time.
    Appears,
    /// This is the last day on which it is scored.
    LastSeen,
    /// Until the day before it could give so many points; from this day what its definition says.
    WasWorth(u8),
    /// On for a day, off for a day, on odd days on.
    Flaps,
}

/// The plot: when, which control, what.
pub const EVENTS: &[(i32, &str, StoryEvent)] = &[
    // Today's regression: four of twelve administrators lost their second factor, 10 points become 6.67.
    (EVER, "AdminMFAV2", StoryEvent::Covered(9, 12)),
    (-71, "AdminMFAV2", StoryEvent::Covered(11, 12)),
    (-48, "AdminMFAV2", StoryEvent::Covered(12, 12)),
    (0, "AdminMFAV2", StoryEvent::Covered(8, 12)),
    (2, "AdminMFAV2", StoryEvent::Covered(12, 12)),
    // Today's small good news.
    (EVER, "SelfServicePasswordReset", StoryEvent::Covered(182, 260)),
    (0, "SelfServicePasswordReset", StoryEvent::Covered(247, 260)),
    // New today: Microsoft asks for something more.
    (EVER, "aad_phishing_mfa_strength", StoryEvent::Covered(0, 12)),
    (0, "aad_phishing_mfa_strength", StoryEvent::Appears),
    (3, "aad_phishing_mfa_strength", StoryEvent::Covered(6, 12)),
    // Gone since the day before yesterday, with its points.
    (EVER, "mdo_quarantine_legacy_notifications", StoryEvent::Covered(1, 1)),
    (-3, "mdo_quarantine_legacy_notifications", StoryEvent::LastSeen),
    // Worth more since today, at the same half: no improvement, although the points rise from 2.5 to 4.
    (EVER, "mdo_safeattachments", StoryEvent::Covered(130, 260)),
    (0, "mdo_safeattachments", StoryEvent::WasWorth(5)),
    // Two policies fight over it.
    (EVER, "spo_idle_session_timeout", StoryEvent::Flaps),
    // The quarter's real work, step by step.
    (EVER, "MFARegistrationV2", StoryEvent::Covered(118, 260)),
    (-80, "MFARegistrationV2", StoryEvent::Covered(164, 260)),
    (-52, "MFARegistrationV2", StoryEvent::Covered(221, 260)),
    (-20, "MFARegistrationV2", StoryEvent::Covered(238, 260)),
    (EVER, "exo_dmarc_published", StoryEvent::Covered(0, 4)),
    (-62, "exo_dmarc_published", StoryEvent::Covered(2, 4)),
    (-13, "exo_dmarc_published", StoryEvent::Covered(3, 4)),
    (EVER, "scid_2003", StoryEvent::Covered(12, 214)),
    (-34, "scid_2003", StoryEvent::Covered(205, 214)),
    (EVER, "dlp_datalossprevention", StoryEvent::Covered(0, 1)),
    (-27, "dlp_datalossprevention", StoryEvent::Covered(1, 1)),
    // What was left open on purpose (see DECISIONS).
    (EVER, "BlockLegacyAuthentication", StoryEvent::Covered(241, 260)),
    (EVER, "spo_external_sharing_guests", StoryEvent::Covered(0, 1)),
    (EVER, "IntegratedApps", StoryEvent::Covered(0, 1)),
    (EVER, "meeting_restrictanonymousjoin_v1", StoryEvent::Covered(0, 1)),
    (EVER, "exo_outlookaddins", StoryEvent::Covered(0, 1)),
    (EVER, "OneAdmin", StoryEvent::Covered(0, 1)),
    (EVER, "McasFirewallLogUpload", StoryEvent::Covered(0, 1)),
    // What somebody else takes care of earns its points.
    (EVER, "mip_autosensitivitylabelspolicies", StoryEvent::Covered(0, 260)),
    (-54, "mip_autosensitivitylabelspolicies", StoryEvent::Covered(260, 260)),
    (EVER, "mdo_blockmailforward", StoryEvent::Covered(96, 260)),
    (-69, "mdo_blockmailforward", StoryEvent::Covered(260, 260)),
];

/// The plot of `woodgrove`: what happens on one day, so that alerts of every kind have something to notify of.
pub const WOODGROVE_EVENTS: &[(i32, &str, StoryEvent)] = &[
    // Gone since yesterday, for the second day today: no longer a control that was left out for a day. It had no points, so that nothing fell.
    (EVER, "mdo_quarantine_legacy_notifications", StoryEvent::Covered(0, 1)),
    (-2, "mdo_quarantine_legacy_notifications", StoryEvent::LastSeen),
    // Accepted today.
    (EVER, "spo_default_sharing_link", StoryEvent::Covered(0, 1)),
];

/// What people decided in `woodgrove`.
pub const WOODGROVE_DECISIONS: &[StoryDecision] = &[decision(
    0,
    "spo_default_sharing_link",
    "Ignored",
    "amira.haddad@woodgrove.example",
    "The sales portal needs open links until {+45}.",
)];

/// Days for which Microsoft publishes nothing about `tailspin`: it stopped four days ago.
pub const TAILSPIN_MISSING: &[i32] = &[-3, -2, -1, 0, 1, 2, 3];

/// What the tenants have, by Microsoft's codes, and since when: neither Entra ID P2 nor Microsoft 365 E5, and labels only since they were bought.
pub const SERVICES: &[(i32, &str)] = &[
    (EVER, "HasAADP1"),
    (EVER, "HasOCAS"),
    (EVER, "HasMCAS"),
    (EVER, "HasAATP"),
    (EVER, "HasCLB"),
    (EVER, "HasMDOP1"),
    (EVER, "HasMDOP2"),
    (EVER, "HasEXOP2"),
    (-40, "HasAIPP1"),
    (EVER, "HasMDEP2"),
    (EVER, "HasSPOP2"),
];

/// The same as service plans, and Intune, of which the score says nothing.
pub const SERVICE_PLANS: &[&str] = &[
    "AAD_PREMIUM",
    "ADALLOM_S_STANDALONE",
    "ATA",
    "ATP_ENTERPRISE",
    "THREAT_INTELLIGENCE",
    "INTUNE_A",
    "LOCKBOX_ENTERPRISE",
    "RMS_S_PREMIUM",
    "WINDEFATP",
];

/// Days for which Microsoft publishes nothing.
pub const MISSING: &[i32] = &[-9];

/// Somebody set a control's status in the portal.
#[derive(Debug, Clone, Copy)]
pub struct StoryDecision {
    /// When, as a day of the story.
    pub day: i32,
    /// Which control.
    pub control: &'static str,
    /// The state as Graph writes it; case drifts, because tools write it in lower case.
    pub state: &'static str,
    /// Who.
    pub by: &'static str,
    /// Their words. `{+60}` stands for the day 60 days after day 0.
    pub comment: &'static str,
}

/// What people decided, oldest first within a control.
pub const DECISIONS: &[StoryDecision] = &[
    // Long past the date that its own comment names.
    decision(-210, "BlockLegacyAuthentication", "Ignored", "mira.lindqvist@contoso.example", "Legacy scanners need it until {-75}."),
    // Still in the future.
    decision(
        -41,
        "spo_external_sharing_guests",
        "Ignored",
        "jonas.okafor@contoso.example",
        "Joint project with a supplier, accepted until {+60}. Ask Jonas before extending.",
    ),
    // Without a date, and written by a tool in lower case.
    decision(-133, "IntegratedApps", "ignored", "priya.raman@contoso.example", "Low-risk apps only; agreed with the works council."),
    // Accepted and later taken back: no longer an accepted risk.
    decision(
        -30,
        "meeting_restrictanonymousjoin_v1",
        "Ignored",
        "tomasz.wolny@contoso.example",
        "Public hearings need anonymous guests until {-7}.",
    ),
    decision(-6, "meeting_restrictanonymousjoin_v1", "Default", "tomasz.wolny@contoso.example", "Hearings are over."),
    // Accepted yesterday.
    decision(-1, "exo_outlookaddins", "Ignored", "chen.wei@contoso.example", "Sales pilots a CRM add-in until {+30}."),
    // A long back and forth.
    decision(-150, "OneAdmin", "Ignored", "mira.lindqvist@contoso.example", "Migration needs more global administrators."),
    decision(-90, "OneAdmin", "Reviewed", "priya.raman@contoso.example", "Migration is done, clean up follows."),
    decision(-10, "OneAdmin", "Ignored", "sofia.brandt@contoso.example", "Second migration wave until {-2}."),
    // Not risks: somebody else, or something else, takes care.
    decision(
        -55,
        "mip_autosensitivitylabelspolicies",
        "ThirdParty",
        "jonas.okafor@contoso.example",
        "Labelled by the records management system.",
    ),
    decision(-20, "McasFirewallLogUpload", "Reviewed", "chen.wei@contoso.example", "Firewall team sends logs next quarter."),
    // Tomorrow it is open again.
    decision(1, "McasFirewallLogUpload", "Default", "chen.wei@contoso.example", "The quarter has come."),
    decision(-70, "mdo_blockmailforward", "AlternateMitigation", "priya.raman@contoso.example", "A transport rule rejects forwarded mail."),
];

/// One row of [`DECISIONS`].
const fn decision(day: i32, control: &'static str, state: &'static str, by: &'static str, comment: &'static str) -> StoryDecision {
    StoryDecision { day, control, state, by, comment }
}

/// `comment` with its `{±n}` written as a date, counted from `anchor`.
pub fn dated(comment: &str, anchor: Date) -> String {
    let mut out = String::with_capacity(comment.len());
    let mut rest = comment;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (inside, behind) = after.split_once('}').unwrap_or((after, ""));
        match inside.parse::<i32>() {
            Ok(days) => out.push_str(&shift(anchor, days).to_string()),
            Err(_) => out.push_str(inside),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;

    #[test]
    fn comments_name_days() {
        assert_eq!(dated("until {-2}.", date(2026, 3, 1)), "until 2026-02-27.");
        assert_eq!(dated("until {+30}", date(2026, 3, 1)), "until 2026-03-31");
    }

    #[test]
    fn at_least_four_people_accepted_risks() {
        let people: BTreeSet<_> = DECISIONS.iter().filter(|one| one.state.eq_ignore_ascii_case("ignored")).map(|one| one.by).collect();
        assert!(people.len() >= 4, "{people:?}");
    }
}
