//! Which plan does a control seem to need, and does the tenant have it? By what Microsoft says that a tenant has, and a table of ours.
//!
//! No control names its licence, and Microsoft lists every recommendation for a product that a tenant has at all, whatever the edition; `tier` is how
//! far a measure goes, not what it costs. So what stands here is what a control *seems* to need, and of most nothing is said.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::Control;

/// What Microsoft says that a tenant has on a day (`enabledServices`): codes such as `HasAADP2`, sorted, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnabledServices(Arc<[Box<str>]>);

impl EnabledServices {
    /// These `codes`, in any order.
    pub fn new(codes: impl IntoIterator<Item = String>) -> Self {
        let sorted: BTreeSet<Box<str>> = codes.into_iter().map(String::into_boxed_str).collect();
        Self(sorted.into_iter().collect())
    }

    /// The codes.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Whether none is said, which is no reading: every tenant has something.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn has(&self, code: &str) -> bool {
        self.codes().any(|own| own.eq_ignore_ascii_case(code))
    }
}

/// What a tenant got and lost between two days, by codes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ServicesChange<'a> {
    /// What it has on the later day alone.
    pub got: Vec<&'a str>,
    /// What it had on the earlier day alone.
    pub lost: Vec<&'a str>,
}

impl<'a> ServicesChange<'a> {
    /// From `before` to `after`; `None` where nothing changed, or one of them is not known.
    pub fn between(before: Option<&'a EnabledServices>, after: Option<&'a EnabledServices>) -> Option<Self> {
        let (before, after) = (before.filter(|before| !before.is_empty())?, after.filter(|after| !after.is_empty())?);
        let got: Vec<&str> = after.codes().filter(|code| !before.has(code)).collect();
        let lost: Vec<&str> = before.codes().filter(|code| !after.has(code)).collect();
        (!got.is_empty() || !lost.is_empty()).then_some(Self { got, lost })
    }
}

/// The codes that are known, without their `Has`, and what people call what they stand for.
const SERVICES: [(&str, &str); 18] = [
    ("AADFree", "Entra ID Free"),
    ("AADP1", "Entra ID P1"),
    ("AADP2", "Entra ID P2"),
    ("AATP", "Defender for Identity"),
    ("AIPP1", "Information Protection P1"),
    ("AIPP2", "Information Protection P2"),
    ("CASD", "Cloud App Discovery"),
    ("CLB", "Customer Lockbox"),
    ("EOP", "Exchange Online Protection"),
    ("EXOP2", "Exchange Online P2"),
    ("M365E5", "Microsoft 365 E5"),
    ("MCAS", "Defender for Cloud Apps"),
    ("MDEP2", "Defender for Endpoint P2"),
    ("MDOP1", "Defender for Office 365 P1"),
    ("MDOP2", "Defender for Office 365 P2"),
    ("OCAS", "Office 365 Cloud App Security"),
    ("SPOP1", "SharePoint Online P1"),
    ("SPOP2", "SharePoint Online P2"),
];

/// What people call what `code` stands for; `None` where nobody knows.
pub fn service_name(code: &str) -> Option<&'static str> {
    let bare = code.strip_prefix("Has").unwrap_or(code);
    SERVICES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(bare)).map(|(_, name)| name)
}

/// A plan that gives what a control is about.
struct LicencePlan {
    name: &'static str,
    /// The codes of which each shows that a tenant has it.
    codes: &'static [&'static str],
    /// Whether a tenant without any of them has none: of some plans no code has ever been seen.
    tells: bool,
    /// The names of service plans (`subscribedSkus`) of which each gives it.
    service_plans: &'static [&'static str],
}

const fn plan(name: &'static str, codes: &'static [&'static str], tells: bool, service_plans: &'static [&'static str]) -> LicencePlan {
    LicencePlan { name, codes, tells, service_plans }
}

static ENTRA_P1: LicencePlan = plan("Entra ID P1", &["HasAADP1", "HasAADP2"], true, &["AAD_PREMIUM", "AAD_PREMIUM_P2"]);
static ENTRA_P2: LicencePlan = plan("Entra ID P2", &["HasAADP2"], true, &["AAD_PREMIUM_P2"]);
static OFFICE: LicencePlan = plan(
    "Defender for Office 365 P1",
    &["HasMDOP1", "HasMDOP2"],
    true,
    &["ATP_ENTERPRISE", "ATP_ENTERPRISE_GOV", "THREAT_INTELLIGENCE", "THREAT_INTELLIGENCE_GOV"],
);
// The codes of plan 1 and of the editions for small companies are not known.
static ENDPOINT: LicencePlan = plan("Defender for Endpoint", &["HasMDEP2"], false, &["WINDEFATP", "MDE_LITE", "MDE_SMB"]);
static IDENTITY: LicencePlan = plan("Defender for Identity", &["HasAATP"], true, &["ATA"]);
static CLOUD_APPS: LicencePlan = plan("Defender for Cloud Apps", &["HasMCAS"], true, &["ADALLOM_S_STANDALONE"]);
static INFORMATION: LicencePlan =
    plan("Information Protection P1", &["HasAIPP1", "HasAIPP2"], true, &["RMS_S_PREMIUM", "RMS_S_PREMIUM2", "MIP_S_CLP1", "MIP_S_CLP2"]);
static LOCKBOX: LicencePlan = plan("Customer Lockbox", &["HasCLB"], true, &["LOCKBOX_ENTERPRISE"]);
static INTUNE: LicencePlan = plan("Intune", &[], false, &["INTUNE_A", "MDM_Services"]);

/// What single controls seem to need, where that is another thing than what their service does; `None` where it is nothing.
///
/// Of controls that are recommendations of Entra, too, their `requiredLicenses` say it; of others what the control switches on.
static OF_CONTROLS: [(&str, Option<&LicencePlan>); 7] = [
    ("SigninRiskPolicy", Some(&ENTRA_P2)),
    ("UserRiskPolicy", Some(&ENTRA_P2)),
    ("SelfServicePasswordReset", Some(&ENTRA_P1)),
    ("RoleOverlap", None),
    ("CustomerLockBoxEnabled", Some(&LOCKBOX)),
    // Of Purview as well, but of its audit log and of data loss prevention, which come with Exchange Online.
    ("mip_search_auditlog", None),
    ("dlp_datalossprevention", None),
];

/// What the controls of a service seem to need: the product itself.
static OF_SERVICES: [(&str, &LicencePlan); 6] =
    [("MDATP", &ENDPOINT), ("MDO", &OFFICE), ("MCAS", &CLOUD_APPS), ("Azure ATP", &IDENTITY), ("MIP", &INFORMATION), ("Intune", &INTUNE)];
/// How the services of apps begin that Defender for Cloud Apps is connected to.
const CONNECTED: &str = "MDA_";

/// What a reading of the service plans that a tenant subscribes to found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ServicePlans {
    /// Nobody asked, or there was no answer.
    #[default]
    NotAsked,
    /// Graph does not let us read them, or the configuration asks for them no more.
    NotPermitted,
    /// The names of those that are in force.
    Held(BTreeSet<String>),
}

/// What is known of the licences of a tenant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Licences<'a> {
    /// What Microsoft says that it has, on the newest day that says so.
    pub services: Option<&'a EnabledServices>,
    /// The names of the service plans that it subscribes to, where it lets us read them.
    pub service_plans: Option<&'a BTreeSet<String>>,
}

impl<'a> Licences<'a> {
    /// Whether anything is known.
    pub fn is_known(self) -> bool {
        self.services().is_some() || self.service_plans.is_some()
    }

    fn services(self) -> Option<&'a EnabledServices> {
        self.services.filter(|services| !services.is_empty())
    }

    /// Whether the tenant seems to have `plan`; `None` where nothing tells.
    fn have(self, plan: &LicencePlan) -> Option<bool> {
        let by_services = self.services().and_then(|services| {
            let has = plan.codes.iter().any(|code| services.has(code));
            (has || plan.tells).then_some(has)
        });
        let by_plans = self.service_plans.map(|held| plan.service_plans.iter().any(|plan| held.contains(*plan)));
        match (by_plans, by_services) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (held, by_services) => held.or(by_services),
        }
    }
}

/// A plan that a control seems to need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LicenceNeed {
    /// What people call it.
    pub plan: &'static str,
    /// Whether the tenant seems to have it; `None` where nothing tells.
    pub held: Option<bool>,
}

impl LicenceNeed {
    /// What `control` seems to need of a tenant with `licences`; `None` where nothing can be said.
    pub fn of(control: &Control<'_>, licences: Licences<'_>) -> Option<Self> {
        Self::of_named(control.name(), control.profile.and_then(|profile| profile.service.as_deref()), licences)
    }

    /// The same of the control called `name`, of a `service`.
    pub fn of_named(name: &str, service: Option<&str>, licences: Licences<'_>) -> Option<Self> {
        let plan = plan_of(name, service)?;
        Some(Self { plan: plan.name, held: licences.have(plan) })
    }
}

fn plan_of(name: &str, service: Option<&str>) -> Option<&'static LicencePlan> {
    if let Some((_, plan)) = OF_CONTROLS.iter().find(|(id, _)| id.eq_ignore_ascii_case(name)) {
        return *plan;
    }
    let service = service?;
    let known = OF_SERVICES.iter().find(|(code, _)| code.eq_ignore_ascii_case(service)).map(|(_, plan)| *plan);
    let connected = service.get(..CONNECTED.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(CONNECTED));
    known.or(connected.then_some(&CLOUD_APPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(codes: &str) -> EnabledServices {
        EnabledServices::new(codes.split_whitespace().map(|code| format!("Has{code}")))
    }

    fn held(name: &str, service: &str, services: Option<&EnabledServices>, plans: Option<&str>) -> Option<(&'static str, Option<bool>)> {
        let plans: Option<BTreeSet<String>> = plans.map(|plans| plans.split_whitespace().map(str::to_owned).collect());
        let licences = Licences { services, service_plans: plans.as_ref() };
        LicenceNeed::of_named(name, Some(service), licences).map(|need| (need.plan, need.held))
    }

    #[test]
    fn a_control_seems_to_need_what_its_row_says_and_else_nothing_is_said() {
        let small = services("OCAS CLB MDOP1 MDOP2 EXOP2 SPOP2 AADFree");
        let told = |name, service| held(name, service, Some(&small), None);
        assert_eq!(told("userriskpolicy", "AzureAD"), Some(("Entra ID P2", Some(false))));
        assert_eq!(told("SelfServicePasswordReset", "AzureAD"), Some(("Entra ID P1", Some(false))));
        assert_eq!(told("mdo_safelinks", "MDO"), Some(("Defender for Office 365 P1", Some(true))));
        assert_eq!(told("AATP_x", "azure atp"), Some(("Defender for Identity", Some(false))));
        assert_eq!(told("MDA_SF_x", "MDA_SF"), Some(("Defender for Cloud Apps", Some(false))));
        for (name, service) in [("AdminMFAV2", "AzureAD"), ("exo_x", "EXO"), ("RoleOverlap", "AzureAD"), ("mip_search_auditlog", "MIP")] {
            assert_eq!(told(name, service), None, "{name}");
        }
        assert_eq!(plan_of("AdminMFAV2", None).map(|plan| plan.name), None);
    }

    #[test]
    fn what_nothing_tells_is_not_known() {
        let small = services("MDOP1 AADFree");
        assert_eq!(held("scid_1", "MDATP", Some(&small), None), Some(("Defender for Endpoint", None)), "a smaller plan has no code");
        assert_eq!(held("x", "Intune", Some(&small), None), Some(("Intune", None)));
        assert_eq!(held("x", "Intune", Some(&small), Some("INTUNE_A")), Some(("Intune", Some(true))));
        assert_eq!(held("x", "Intune", None, Some("ATA")), Some(("Intune", Some(false))));
        assert_eq!(held("x", "MDO", None, None), Some(("Defender for Office 365 P1", None)));
        assert_eq!(held("x", "MDO", Some(&services("")), None), Some(("Defender for Office 365 P1", None)), "an empty list is no reading");
        assert_eq!(
            held("x", "MDO", Some(&small), Some("ATA")),
            Some(("Defender for Office 365 P1", Some(true))),
            "one that says so suffices"
        );
        assert!(!Licences { services: Some(&services("")), service_plans: None }.is_known());
    }

    #[test]
    fn what_a_tenant_got_and_lost_is_known_where_both_days_say_it() {
        let (before, after) = (services("AADP1 MDOP1 New"), services("AADP2 MDOP1"));
        let change = ServicesChange::between(Some(&before), Some(&after)).unwrap();
        assert_eq!((change.got, change.lost), (vec!["HasAADP2"], vec!["HasAADP1", "HasNew"]));
        assert_eq!((service_name("hasaadp2"), service_name("HasAADP2"), service_name("HasNew")), (None, Some("Entra ID P2"), None));
        assert_eq!(ServicesChange::between(Some(&before), Some(&before)), None);
        for unknown in [None, Some(&services(""))] {
            assert_eq!(ServicesChange::between(unknown, Some(&after)), None);
            assert_eq!(ServicesChange::between(Some(&after), unknown), None);
        }
        assert!(SERVICES.is_sorted_by_key(|(code, _)| code));
    }
}
