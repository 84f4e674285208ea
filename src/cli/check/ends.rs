//! Is the end of each credential watched that somebody wants to hear of? Of a client secret only its owner can say it.

use crate::{
    alert::Watch,
    config::{Config, Credential, Tenant},
};

/// What alerts of the kind `sign_in` cannot tell, and ends that nobody is told of.
pub(super) fn remarks(config: &Config) -> Vec<String> {
    let rules = || config.alerts.iter().filter(|rule| matches!(rule.watch, Watch::SignIn { .. }));
    let mut remarks = Vec::new();
    for tenant in &config.tenants {
        let Tenant { name, sign_in, secret_ends } = tenant;
        let key = format!("tenants.{name}.client_secret_ends");
        let by_secret = sign_in.as_ref().map(|sign_in| matches!(sign_in.credential, Credential::Secret(_)));
        let watching = rules().find(|rule| rule.tenants.include(name));
        match (by_secret, secret_ends, watching) {
            (Some(true), None, Some(rule)) => remarks.push(format!(
                "alert {}: nobody can tell when the client secret of {name} ends, so only that the sign-in fails is told. Set {key}.",
                rule.name
            )),
            (Some(true), Some(_), None) => {
                remarks.push(format!("{key} has no effect: no alert of the kind sign_in watches {name}. Add one, or remove it."));
            }
            (Some(false), Some(_), _) => {
                remarks.push(format!("{key} has no effect: {name} signs in with a certificate, which says its end itself. Remove it."));
            }
            (None, Some(_), _) => remarks.push(format!("{key} has no effect: {name} is offline and signs in nowhere. Remove it.")),
            (Some(true | false), _, _) | (None, None, _) => {}
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Given};

    const ID: &str = "11111111-2222-3333-4444-555555555555";

    fn said(tenant: &str, alert: &str) -> Vec<String> {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("scorewatch.toml");
        let hook = "[destinations.soc]\nkind = \"slack\"\nurl = \"https://hooks.slack.com/services/T0/B0/x\"\ntenants = \"all\"\n";
        std::fs::write(&file, format!("[tenants.contoso]\n{tenant}\n{hook}{alert}")).unwrap();
        remarks(&config::load(&Given { file: Some(file), ..Given::default() }).unwrap())
    }

    #[test]
    fn an_end_is_known_where_it_is_watched_and_watched_where_it_is_known() {
        let secret = format!("tenant_id = \"{ID}\"\nclient_id = \"{ID}\"\nclient_secret = \"x\"");
        let ends = "client_secret_ends = \"2027-01-31\"";
        let alert = |tenants: &str| format!("[[alert]]\nname = \"door\"\ntenants = \"{tenants}\"\nto = \"soc\"\nwhen = \"sign_in\"\n");
        let unknown = said(&secret, &alert("all"));
        assert!(unknown.len() == 1 && unknown[0].contains("Set tenants.contoso.client_secret_ends."), "{unknown:?}");
        let unwatched = said(&format!("{secret}\n{ends}"), &alert("fabrikam"));
        assert!(unwatched.len() == 1 && unwatched[0].contains("no alert of the kind sign_in watches contoso"), "{unwatched:?}");
        let offline = said(&format!("offline = true\n{ends}"), "");
        assert!(offline.len() == 1 && offline[0].contains("is offline"), "{offline:?}");
        for (tenant, alert) in
            [(format!("{secret}\n{ends}"), alert("contoso")), (secret, String::new()), ("offline = true".to_owned(), alert("all"))]
        {
            assert!(said(&tenant, &alert).is_empty(), "{tenant} {alert}");
        }
    }
}
