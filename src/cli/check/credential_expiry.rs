//! Is the end of each credential watched that somebody wants to hear of? Of a client secret only its owner can say it.

use std::collections::BTreeSet;

use crate::{
    alert::{Rule, Watch},
    config::{Config, CredentialConfig, TenantConfig},
};

/// What alerts of the kind `sign_in` cannot tell. Ends that nobody is told of are what the configuration itself warns of.
pub(super) fn remarks(config: &Config) -> Vec<String> {
    let (mut remarks, mut apps) = (Vec::new(), BTreeSet::new());
    for TenantConfig { name, sign_in, secret_ends } in &config.tenants {
        let by_secret = sign_in.as_ref().is_some_and(|sign_in| matches!(*sign_in.credential, CredentialConfig::Secret(_)));
        let watching = config.alerts.iter().find(|rule| watches_doors(rule) && rule.tenants.include(name));
        if let (true, None, Some(rule)) = (by_secret, secret_ends, watching) {
            let app = sign_in.as_ref().and_then(|sign_in| sign_in.app.as_deref());
            if app.is_some_and(|app| !apps.insert(app)) {
                continue;
            }
            let (of, key) =
                app.map_or_else(|| (name.clone(), format!("tenants.{name}")), |app| (format!("app {app}"), format!("apps.{app}")));
            remarks.push(format!(
                "alert {}: it is not known when the client secret of {of} expires, so it only notifies once the sign-in fails. Set {key}.client_secret_ends.",
                rule.name
            ));
        }
    }
    remarks
}

/// What is wrong with a rule about sign-ins where no tenant that it watches signs in: it would be silent for ever.
pub(super) fn nobody_signs_in(config: &Config, rule: &Rule) -> Option<String> {
    let signs_in = |tenant: &TenantConfig| tenant.sign_in.is_some() && rule.tenants.include(&tenant.name);
    (watches_doors(rule) && !config.tenants.iter().any(signs_in)).then(|| {
        "when = \"sign_in\" has no effect: no tenant that it watches signs in to Microsoft; they are offline. Name one that is synced from Graph, or remove the alert."
            .to_owned()
    })
}

fn watches_doors(rule: &Rule) -> bool {
    matches!(rule.watch, Watch::SignIn { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{self, ConfigSources},
        surfaces::config_parts,
    };

    const ID: &str = "11111111-2222-3333-4444-555555555555";

    fn loaded(tenant: &str, alert: &str) -> Config {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("scorewatch.toml");
        let hook = "[destinations.soc]\nkind = \"slack\"\nurl = \"https://hooks.slack.com/services/T0/B0/x\"\ntenants = \"all\"\n";
        std::fs::write(&file, format!("[tenants.contoso]\n{tenant}\n{hook}{alert}")).unwrap();
        config::load(&ConfigSources { file: Some(file), ..ConfigSources::default() }, &config_parts()).unwrap()
    }

    #[test]
    fn an_end_is_known_where_it_is_watched_and_each_thing_is_reported_once() {
        let secret = format!("tenant_id = \"{ID}\"\nclient_id = \"{ID}\"\nclient_secret = \"x\"");
        let ends = "client_secret_ends = \"2027-01-31\"";
        let alert = |tenants: &str| format!("[[alert]]\nname = \"door\"\ntenants = \"{tenants}\"\nto = \"soc\"\nwhen = \"sign_in\"\n");
        for (tenant, alert, expected) in [
            (secret.clone(), alert("all"), "Set tenants.contoso.client_secret_ends."),
            (format!("{secret}\n{ends}"), alert("fabrikam"), "no alert of the kind sign_in watches this tenant"),
            (format!("offline = true\n{ends}"), String::new(), "client_secret_ends has no effect: the tenant is offline"),
        ] {
            let config = loaded(&tenant, &alert);
            // The one that is about the file's mode depends on where it lies.
            let warned = config.warnings.iter().map(ToString::to_string).filter(|line| !line.contains("holds a secret, and"));
            let all: Vec<String> = warned.chain(remarks(&config)).collect();
            assert!(all.len() == 1 && all[0].contains(expected), "{tenant} {alert}: {all:?}");
        }
        for (tenant, alert) in
            [(format!("{secret}\n{ends}"), alert("contoso")), (secret, String::new()), ("offline = true".to_owned(), alert("all"))]
        {
            assert!(remarks(&loaded(&tenant, &alert)).is_empty(), "{tenant} {alert}");
        }
    }

    #[test]
    fn a_rule_about_sign_ins_needs_one() {
        let secret = format!("tenant_id = \"{ID}\"\nclient_id = \"{ID}\"\nclient_secret = \"x\"");
        let fabrikam = format!("[tenants.fabrikam]\n{secret}\n");
        let alert = |tenants: &str, when: &str| {
            format!("{fabrikam}[[alert]]\nname = \"door\"\ntenants = \"{tenants}\"\nto = \"soc\"\nwhen = \"{when}\"\n")
        };
        for (tenants, when, silent) in
            [("contoso", "sign_in", true), ("all", "sign_in", false), ("fabrikam", "sign_in", false), ("contoso", "no_data", false)]
        {
            let config = loaded("offline = true", &alert(tenants, when));
            assert_eq!(nobody_signs_in(&config, &config.alerts[0]).is_some(), silent, "{tenants} {when}");
        }
    }
}
