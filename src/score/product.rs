//! Which product is a control of? Microsoft's codes for services, and the names that people have for them.
//!
//! Graph says `MDATP` where everybody says Defender for Endpoint, and has changed its codes more than once, so each product is known by
//! all of its codes, its name and its abbreviations. A code that is not known here stands for itself.

/// A product that gives controls.
struct Product {
    /// What Graph calls it, now or before.
    codes: &'static [&'static str],
    /// What people call it.
    name: &'static str,
    /// Other names and abbreviations, understood when they are written out.
    also: &'static [&'static str],
}

const fn product(codes: &'static [&'static str], name: &'static str, also: &'static [&'static str]) -> Product {
    Product { codes, name, also }
}

/// Those that are known, from captures of Graph and from Microsoft's documentation of the score.
static PRODUCTS: [Product; 33] = [
    product(
        &["AzureAD", "AAD", "Entra", "EntraID"],
        "Microsoft Entra ID",
        &["Entra", "Entra ID", "Azure AD", "Azure Active Directory", "Identity", "Sign-in", "MFA"],
    ),
    product(
        &["EXO", "Exchange"],
        "Exchange Online",
        &["Exchange", "Outlook", "EOP", "Exchange Online Protection", "Mail", "Mailbox", "Mailboxes"],
    ),
    product(&["SPO", "SharePoint"], "SharePoint Online", &["SharePoint", "OneDrive", "OneDrive for Business", "ODB", "Sharing"]),
    product(
        &["MDO", "OATP"],
        "Microsoft Defender for Office 365",
        &["Defender for Office", "Office 365 ATP", "Safe Links", "Safe Attachments", "Phishing", "Spam"],
    ),
    product(
        &["MDATP", "MDE", "WDATP"],
        "Microsoft Defender for Endpoint",
        &[
            "Defender for Endpoints",
            "Defender ATP",
            "Windows Defender ATP",
            "Windows Defender",
            "Devices",
            "Endpoints",
            "scid_",
            "Vulnerability management",
            "TVM",
        ],
    ),
    product(
        &["Azure ATP", "AATP", "MDI"],
        "Microsoft Defender for Identity",
        &["Azure Advanced Threat Protection", "Active Directory", "Domain controllers", "On-premises"],
    ),
    product(&["MCAS", "MDCA"], "Microsoft Defender for Cloud Apps", &["Cloud App Security", "Cloud Apps", "CASB", "Shadow IT"]),
    product(&["AppG"], "App governance", &["Application governance", "OAuth apps"]),
    product(
        &["MIP", "AIP", "DLP", "Purview"],
        "Microsoft Purview Information Protection",
        &[
            "Purview",
            "Azure Information Protection",
            "Data loss prevention",
            "Compliance",
            "Purview compliance",
            "Labels",
            "Sensitivity labels",
        ],
    ),
    product(&["MS Teams", "Teams", "Skype"], "Microsoft Teams", &["Skype for Business", "Meetings"]),
    product(&["Intune"], "Microsoft Intune", &["Endpoint Manager", "MEM", "MDM"]),
    product(&["Admincenter", "M365"], "Microsoft 365 admin center", &["Microsoft 365", "M365 admin", "Admin centre", "Tenant settings"]),
    product(&["FORMS"], "Microsoft Forms", &[]),
    product(&["SWAY"], "Microsoft Sway", &[]),
    product(&["PowerBI", "PBI"], "Power BI", &["Fabric"]),
    product(&["PowerPlatform"], "Power Platform", &["Power Apps", "Power Automate"]),
    product(&["Yammer"], "Viva Engage", &["Yammer"]),
    product(&["D365", "Dynamics"], "Dynamics 365", &[]),
    product(&["MDA_SF"], "Salesforce", &["SF"]),
    product(&["MDA_SNOW"], "ServiceNow", &["SNOW"]),
    product(&["MDA_CitrixSF"], "Citrix ShareFile", &["ShareFile"]),
    product(&["MDA_Google"], "Google Workspace", &["G Suite"]),
    product(&["MDA_GitHub"], "GitHub", &["GH"]),
    product(&["MDA_Zendesk"], "Zendesk", &[]),
    product(&["MDA_Atlassian"], "Atlassian", &["Jira", "Confluence"]),
    product(&["MDA_Zoom"], "Zoom", &[]),
    product(&["MDA_Okta"], "Okta", &[]),
    product(&["MDA_DocuSign"], "Docusign", &[]),
    product(&["MDA_Dropbox"], "Dropbox", &[]),
    product(&["MDA_NetDocuments"], "NetDocuments", &[]),
    product(&["MDA_Workplace"], "Workplace by Meta", &["Facebook Workplace"]),
    product(&["MDA_Slack"], "Slack", &[]),
    product(&["MDA_Box"], "Box", &[]),
];

/// With what the codes of apps begin that Defender for Cloud Apps looks after.
const CONNECTED: &str = "MDA_";
/// What people call all of these.
const CONNECTED_APPS: [&str; 3] = ["Connected apps", "SaaS", "SSPM"];
/// How many letters a name has that is looked for inside of a code.
const NAME_MIN: usize = 5;

/// What people call the product that Graph calls `code`; `None` where nobody knows.
pub fn name(code: &str) -> Option<&'static str> {
    of(code).map(|product| product.name)
}

/// Whether the product that Graph calls `code` is meant by `wanted`: its code, its name, an abbreviation, or a part of code or name.
pub fn is_meant(code: &str, wanted: &str) -> bool {
    let bare = bare(wanted);
    let code_bare = self::bare(code);
    if bare.is_empty() || code_bare == bare {
        return !bare.is_empty();
    }
    let connected = code.get(..CONNECTED.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(CONNECTED));
    if CONNECTED_APPS.iter().any(|name| is(name, &bare)) {
        return connected;
    }
    // "MDA" is short for Defender for Cloud Apps, and the mark of all apps that are connected to it.
    if bare == self::bare(CONNECTED) {
        return connected || of(code).is_some_and(|product| product.codes.contains(&"MCAS"));
    }
    let whole = PRODUCTS.iter().find(|product| product.is_called(&bare));
    let part = bare.strip_prefix("microsoft").filter(|rest| !rest.is_empty()).unwrap_or(&bare);
    match whole.or_else(|| PRODUCTS.iter().find(|product| product.is_called(part))) {
        // A code that Graph did not have before still says of which product it is, if it has its name.
        Some(product) => of(code).map_or_else(|| product.is_in(&code_bare), |known| std::ptr::eq(known, product)),
        None => code_bare.contains(part) || of(code).is_some_and(|product| self::bare(product.name).contains(part)),
    }
}

/// Whether `wanted` is, or is part of, a name of a product that is known whatever is stored.
pub fn is_known(wanted: &str) -> bool {
    PRODUCTS.iter().flat_map(|product| product.codes).any(|code| is_meant(code, wanted))
}

/// All names of the products that are known: Microsoft's codes, and what people say.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRODUCTS.iter().flat_map(|product| product.codes.iter().chain([&product.name]).chain(product.also).copied())
}

fn of(code: &str) -> Option<&'static Product> {
    let code = bare(code);
    PRODUCTS.iter().find(|product| product.has_code(&code)).or_else(|| PRODUCTS.iter().find(|product| product.is_called(&code)))
}

impl Product {
    fn has_code(&self, code: &str) -> bool {
        self.codes.iter().any(|own| is(own, code))
    }

    /// Whether `code`, which is none that is known, has its name in it. A short name is in many a word: `Box`.
    fn is_in(&self, code: &str) -> bool {
        let short = bare(self.short());
        short.len() >= NAME_MIN && code.contains(&short)
    }

    fn short(&self) -> &'static str {
        self.name.strip_prefix("Microsoft ").unwrap_or(self.name)
    }

    fn is_called(&self, wanted: &str) -> bool {
        [self.name, self.short()].iter().chain(self.codes).chain(self.also).any(|name| is(name, wanted))
    }
}

/// Letters and digits alone, in lower case.
fn bare(text: &str) -> String {
    letters(text).collect()
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// Whether a name has the letters of `bare` and no others.
fn is(name: &str, bare: &str) -> bool {
    letters(name).eq(bare.chars())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The codes that occur in captures and dumps of Graph.
    const CODES: [&str; 28] = [
        "Azure ATP",
        "MDO",
        "MDA_SF",
        "AzureAD",
        "MDA_SNOW",
        "Intune",
        "MDA_GitHub",
        "MDA_Zendesk",
        "EXO",
        "MDA_CitrixSF",
        "MDA_Atlassian",
        "MDA_Zoom",
        "MCAS",
        "MDA_Okta",
        "MDA_DocuSign",
        "AppG",
        "Admincenter",
        "MIP",
        "FORMS",
        "MDA_Dropbox",
        "MDA_Google",
        "MDA_NetDocuments",
        "MDA_Workplace",
        "MS Teams",
        "SPO",
        "SWAY",
        "MDATP",
        "PowerBI",
    ];

    fn meant(wanted: &str) -> Vec<&'static str> {
        CODES.into_iter().filter(|code| is_meant(code, wanted)).collect()
    }

    #[test]
    fn what_names_no_product_is_known_before_anything_is_stored() {
        for known in ["Intune", "EXO", "mdatp", "Defender", "Exchange Online", "Microsoft Entra ID"] {
            assert!(is_known(known), "{known}");
        }
        for unknown in ["Intunne", "EX0", "Notepad"] {
            assert!(!is_known(unknown), "{unknown}");
        }
        assert!(names().any(|name| name == "Intune"));
    }

    #[test]
    fn products_are_found_by_the_names_that_people_use() {
        for (code, names) in [
            (
                "AzureAD",
                "identity|sign-in|MFA|AzureAD|AAD|azure ad|Azure Active Directory|Entra|Entra ID|Microsoft Entra ID|microsoft entra|Azure-AD|entraid",
            ),
            ("EXO", "mail|mailbox|EOP|EXO|exo|Exchange|Exchange Online|Microsoft Exchange|exchange-online"),
            ("SPO", "sharing|ODB|SPO|SharePoint|sharepoint online|Share Point|Microsoft SharePoint|OneDrive|one drive"),
            (
                "MDO",
                "Safe Links|safe attachments|phishing|spam|MDO|Defender for Office 365|Microsoft Defender for Office 365|Defender for Office|Office 365|office365",
            ),
            (
                "MDATP",
                "devices|endpoints|Windows Defender|scid_|vulnerability management|TVM|MDATP|MDE|Defender for Endpoint|Microsoft Defender for Endpoint|endpoint|Defender ATP",
            ),
            ("Azure ATP", "Active Directory|domain controllers|on-premises|Azure ATP|AzureATP|AATP|MDI|Defender for Identity"),
            ("MCAS", "shadow IT|MCAS|MDCA|Defender for Cloud Apps|Microsoft Cloud App Security|cloud apps|CASB"),
            ("MIP", "labels|MIP|AIP|Purview|Microsoft Purview|Information Protection|DLP|compliance"),
            ("MS Teams", "meetings|MS Teams|Teams|msteams|Microsoft Teams"),
            ("Intune", "MDM|MEM|Intune|Microsoft Intune|Endpoint Manager"),
            ("PowerBI", "Power BI|PowerBI|pbi|Microsoft Power BI"),
            ("Admincenter", "tenant settings|Microsoft 365|M365|admin center|Admincenter"),
            ("AppG", "App governance|AppG|OAuth apps"),
            ("FORMS", "Forms|Microsoft Forms"),
            ("SWAY", "Sway"),
            ("MDA_GitHub", "GitHub|github|Git Hub|MDA_GitHub|mda github"),
            ("MDA_SF", "Salesforce|SF|MDA_SF"),
            ("MDA_CitrixSF", "Citrix|ShareFile|Citrix ShareFile"),
            ("MDA_SNOW", "ServiceNow|service now|SNOW"),
            ("MDA_Google", "Google|Google Workspace|G Suite"),
            ("MDA_DocuSign", "DocuSign"),
            ("MDA_Okta", "okta"),
        ] {
            for wanted in names.split('|') {
                assert_eq!(meant(wanted), [code], "{wanted}");
            }
        }
    }

    #[test]
    fn a_part_of_a_name_may_mean_several() {
        assert_eq!(meant("Defender"), ["Azure ATP", "MDO", "MCAS", "MDATP"]);
        assert_eq!(meant("Azure"), ["Azure ATP", "AzureAD"]);
        assert_eq!(meant("MDA").len(), 14, "the connected apps and Defender for Cloud Apps");
        assert!(meant("SaaS").len() == 13 && meant("connected apps") == meant("SSPM"), "the connected apps alone");
        assert!(meant("MDA_").len() == 14 && meant("Sentinel").is_empty() && meant(" -").is_empty() && meant("").is_empty());
    }

    #[test]
    fn a_code_that_nobody_knows_stands_for_itself() {
        assert_eq!(
            (name("MDA_Brand New"), name("mdatp"), name("aad")),
            (None, Some("Microsoft Defender for Endpoint"), Some("Microsoft Entra ID"))
        );
        for wanted in ["MDA_Brand New", "brand new", "mda"] {
            assert!(is_meant("MDA_Brand New", wanted), "{wanted}");
        }
        assert!(!is_meant("MDA_Brand New", "github"));
    }

    #[test]
    fn a_new_code_that_has_the_name_of_a_product_is_of_it() {
        for (code, wanted) in [
            ("MicrosoftTeams", "Teams|MS Teams|msteams|Microsoft Teams|MicrosoftTeams"),
            ("MSTeamsMeetings", "Teams|MS Teams|Microsoft Teams"),
            ("ExchangeOnline", "EXO|Exchange|Exchange Online"),
            ("Microsoft Defender for Endpoint", "MDE|MDATP|Defender for Endpoint"),
            ("MicrosoftIntune", "Intune"),
        ] {
            assert!(wanted.split('|').all(|wanted| is_meant(code, wanted)), "{code}");
            assert!(!is_meant(code, "SharePoint") && !is_meant(code, "Box"), "{code}");
        }
        assert_eq!((name("MicrosoftTeams"), name("exchange online")), (Some("Microsoft Teams"), Some("Exchange Online")));
        assert!(!is_meant("SharedMailboxes", "Box") && !is_meant("MDA_Dropbox", "Box"));
    }

    #[test]
    fn no_two_products_share_a_code_or_a_name() {
        let mut seen = BTreeSet::new();
        for product in &PRODUCTS {
            let own: BTreeSet<String> = product.codes.iter().chain(product.also).chain([&product.name]).map(|name| bare(name)).collect();
            for name in own {
                assert!(seen.insert(name.clone()), "{name}");
            }
        }
        assert!(CODES.iter().all(|code| name(code).is_some()));
    }
}
