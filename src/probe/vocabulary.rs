//! Of which words are names in Microsoft's schemas made? A name that nobody has seen before is shown only if each of its parts is one of these: a name
//! of a company or a person is none, however much it looks like an identifier.

/// Parts of names of members, states, classes, error codes and headers, in small letters. Only what tells nothing of anybody stands here.
const PARTS: &str = "\
    accept accepted access account action active activity additional address adoption advanced ags alert all allowed alternate \
    alternative app applicable application apps assigned at attack audit authentication authority authorization automated average \
    awaiting bad basis behavior benchmark bound breach by calculated calculation category changed class client cloud collection \
    comment company comparative comparison complete completed compliance compliant compromise conditional config configuration \
    configured conflict connected consent control controls core correlation cost count cracking created credential criteria critical \
    current custom data date days default defense deletion denied deprecated depth description detail details device devices \
    diagnostic directory disabled discovery display done due duration easy effective elevation email enabled end endpoint entity entra \
    error escalation evasion exceeded exception execution exempt exemption exfiltration expiration expired expires expiry exposure \
    failed failure feature fix for forbidden found from gain gateway general generated global graph group groups guest hard health \
    high hint history host id identifier identity ids ignore ignored impact implementation implemented in inactive include industry \
    information infrastructure initial insider instance insufficient integration internal invalid is item key lag last lateral level license \
    licensed licenses limit limited link list location lookup low lower malicious malware managed management manual many max maximum \
    medium member message method microsoft min minimum missing mitigated mitigation mode moderate modified movement ms name network no \
    non none not note notes number of office old on onboarded open operation optional or order other overdue owner page parameter \
    partial partially party password path peer pending per percent percentage permission permissions persistence person phishing plan \
    planned platform points policy posture potential premium prerequisites previous priority privilege privileges processed product \
    products progress protected protection provider query quota range rank ransomware rate ratelimit reached reason recommendation \
    recommendations recommended regressed regulatory related remaining remediation request requests required requirement reset \
    resolved resource resources result retry review reviewed reviewer risk risks role roles scope score scored scores seat secure \
    security sensitive server service services severity sign size skip software source spillage spoofing standard start state status \
    sub subscription supported suppressed sync synced tag tags target tenant text theft third threat threats throttle throttled \
    through tier time timeout title to token too total trend type types unauthenticated unauthorized unavailable unit unknown \
    unsupported update updated updates upper url usage user users utc value values vendor version via violation vulnerability weight \
    whaling window with work workload x zero";

/// Whether each part of `word` is a word of Microsoft's schemas; parts are told by capitals, `_`, `-` and spaces.
pub(super) fn is_of_a_schema(word: &str) -> bool {
    let all = parts(word);
    !all.is_empty() && all.iter().all(|part| PARTS.split(' ').any(|known| known == part))
}

/// Parts of names of Microsoft's products, in small letters, beside those above.
const PRODUCTS: &str = "\
    basic business copilot defender drive enterprise essentials exchange fabric free frontline intune loop point power premium pro project purview \
    sentinel share stream sway teams tune visio viva windows yammer";
/// The longest name of a service behind its `Has`.
const SERVICE_MAX: usize = 24;
/// The longest code in such a name, as `M365E5`.
const CODE_MAX: usize = 6;

/// Whether `value` is the name of a service as all known ones are: `Has`, then words of Microsoft's schemas and products, and one code of capitals and
/// digits at most (`HasExchangeP2`, `HasMDOP3`).
pub(super) fn is_a_service(value: &str) -> bool {
    let Some(name) = value.strip_prefix("Has") else { return false };
    let fits = name.len() <= SERVICE_MAX && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_word = |part: &String| PARTS.split(' ').chain(PRODUCTS.split(' ')).any(|known| part.eq_ignore_ascii_case(known));
    let parts = as_written(name);
    let codes: Vec<&String> = parts.iter().filter(|part| !is_word(part)).collect();
    let is_code = |part: &String| {
        part.len() <= CODE_MAX
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    fits && name.starts_with(|c: char| c.is_ascii_uppercase()) && codes.len() <= 1 && codes.into_iter().all(is_code)
}

/// The parts of a name, in small letters: `RequestDenied` has two, `MSGraph_id` has three.
fn parts(word: &str) -> Vec<String> {
    as_written(word).into_iter().map(|part| part.to_ascii_lowercase()).collect()
}

/// The parts of a name.
fn as_written(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut parts = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let small = |neighbour: Option<usize>| neighbour.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_lowercase);
        let separates = matches!(letter, '_' | '-' | ' ');
        let begins = letter.is_ascii_uppercase() && (small(at.checked_sub(1)) || small(at.checked_add(1)));
        if separates || begins {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| !separates) {
            part.push(*letter);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_by_its_parts() {
        assert_eq!(parts("MSGraph_id"), ["ms", "graph", "id"]);
        assert_eq!(parts("Authorization_RequestDenied"), ["authorization", "request", "denied"]);
        for known in ["riskAccepted", "x-ms-ags-diagnostic", "Lateral Movement", "scoreState", "InvalidAuthenticationToken"] {
            assert!(is_of_a_schema(known), "{known}");
        }
        for unknown in ["contoso", "AdaLovelace", "ContosoRisk", "risk1", "é", "", "_", "x-contoso-proxy"] {
            assert!(!is_of_a_schema(unknown), "{unknown}");
        }
    }

    #[test]
    fn a_service_is_known_by_its_form() {
        for service in crate::probe::known::ENABLED_SERVICES {
            assert!(is_a_service(service), "{service}");
        }
        for new in ["HasCopilotP3", "HasMDOP3", "HasTeamsPremium", "HasPurviewE7"] {
            assert!(is_a_service(new), "{new}");
        }
        for other in [
            "Has",
            "Skype",
            "hasEOP",
            "HasContoso",
            "HasContosoP1",
            "HasAdaLovelace",
            "Has_EOP",
            "Has EOP",
            "HasEOP@contoso.example",
            "Has12345",
            "HasABCDEFG",
            "HasMDOP3TeamsIBM",
            "HasÉ",
            "HasSecureSecureSecureSecureScore",
        ] {
            assert!(!is_a_service(other), "{other}");
        }
    }
}
