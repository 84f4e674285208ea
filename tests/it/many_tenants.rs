//! How are many tenants configured? Groups wherever tenants are named, one credential for all, a list from a spreadsheet with its mistakes.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use scorewatch::{
    access::Tenants,
    config::{self, Config, ConfigErrors, ConfigSources, Environment},
    sandbox::{FaultRule, InjectedFault, Options, Sandbox},
    surfaces::{config_parts, discord::DiscordSettings},
};
use tempfile::TempDir;

use crate::{
    config::{load_with, mistakes},
    program::{Served, err, key, out, run, signal, some_day, wait},
};

const ID: &str = "11111111-2222-3333-4444-555555555555";
const OTHER: &str = "21111111-2222-3333-4444-555555555555";

const TWO: &str = "[tenants.contoso]\noffline = true\n[tenants.fabrikam]\noffline = true\n[tenants.tailspin]\noffline = true\n";

fn only(names: &[&str]) -> Tenants {
    Tenants::Only(names.iter().map(ToString::to_string).collect::<BTreeSet<_>>())
}

fn app(more: &str) -> String {
    format!("[apps.msp]\nclient_id = \"{ID}\"\nclient_secret = \"hunter2\"\n{more}\n")
}

/// What is configured by `file`, beside which there is `customers.csv`.
fn with_list(file: &str, list: &str) -> (TempDir, Result<Config, ConfigErrors>) {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("scorewatch.toml"), file).unwrap();
    fs::write(home.path().join("customers.csv"), list).unwrap();
    let given = ConfigSources { directory: home.path().to_owned(), environment: Environment::default(), ..ConfigSources::default() };
    let loaded = config::load(&given, &config_parts());
    (home, loaded)
}

fn wrong_in(list: &str, more: &str) -> Vec<String> {
    let errors = with_list(&format!("{}{more}", app("tenants_file = \"customers.csv\"")), list).1.unwrap_err();
    errors.0.iter().map(ToString::to_string).collect()
}

#[test]
fn a_group_stands_wherever_tenants_are_named() {
    let places = format!(
        "{TWO}[groups.customers]\ntenants = \"contoso, emea\"\n[groups.emea]\ntenants = \"fabrikam\"\n\
        [entra]\nclient_id = \"{ID}\"\n[entra.grants.copilot]\ndirectory = \"{ID}\"\nscope = \"Score.Read\"\ntenants = \"customers\"\n\
        [discord]\napplication_id = \"1100000000000000001\"\ntoken = \"x\"\n[discord.grants.desk]\nguild = \"123456789012345678\"\ntenants = \"emea, tailspin\"\n\
        [destinations.soc]\nkind = \"slack\"\nurl = \"https://hooks.slack.com/services/T0/B0/x\"\ntenants = \"customers\"\n\
        [[digest]]\nname = \"morning\"\ntenants = \"customers\"\nto = \"soc\"\n\
        [[alert]]\nname = \"falls\"\ntenants = \"emea\"\nto = \"soc\"\nwhen = \"score_falls\"\n"
    );
    let config = load_with(&places, []).1.unwrap();
    let customers = only(&["contoso", "fabrikam"]);
    assert_eq!(config.entra.as_ref().unwrap().grants[0].tenants, customers);
    assert_eq!(config.settings::<DiscordSettings>().unwrap().grants.0[0].tenants, only(&["fabrikam", "tailspin"]));
    assert_eq!(config.destinations[0].readers.as_ref().unwrap().tenants, customers);
    assert_eq!((&config.digests[0].tenants, &config.alerts[0].tenants), (&customers, &only(&["fabrikam"])));
    let config = load_with(TWO, [("SCOREWATCH__GROUPS__CUSTOMERS__TENANTS", "contoso fabrikam")]).1.unwrap();
    assert_eq!(config.groups.get("customers").map(BTreeSet::len), Some(2));
}

#[test]
fn a_group_that_cannot_be_meant_is_told() {
    for (groups, expected) in [
        (
            "[groups.contoso]\ntenants = \"fabrikam\"\n",
            "groups.contoso is called like a tenant ([tenants.contoso]). A name means one tenant or one group: give the group another name.",
        ),
        ("[groups.all]\ntenants = \"contoso\"\n", "groups.all is the word for all tenants. Give the group another name."),
        ("[groups.EU]\ntenants = \"contoso\"\n", "groups.EU is not a valid name for a group. Use 1 to 40 lowercase"),
        ("[groups.eu]\n", "groups.eu.tenants is missing. Give the names of the tenants that the group has."),
        ("[groups.eu]\ntenants = \" \"\n", "groups.eu.tenants is empty; expected comma-separated names of tenants, or of other groups."),
        ("[groups.eu]\ntenants = \"all\"\n", "groups.eu.tenants is invalid; expected"),
        ("[groups.eu]\ntenants = \"contoso, eu\"\n", "groups.eu.tenants names itself. Take the group out of one of them."),
        ("[groups.eu]\ntenants = \"contoso\"\ntenant = 5\n", "groups.eu.tenant is not known. Did you mean `groups.eu.tenants`?"),
    ] {
        let said = mistakes(&format!("{TWO}{groups}"), []);
        assert!(said.len() == 1 && said[0].starts_with(expected), "{groups}: {said:#?}");
    }
    // As many ways as there are pairs of layers are one walk.
    let layers = (1..40).fold(String::new(), |text, layer| {
        text + &format!("[groups.a{layer}]\ntenants = \"a{0}, b{0}\"\n[groups.b{layer}]\ntenants = \"a{0}, b{0}\"\n", layer - 1)
    });
    let config = load_with(&format!("[tenants.a0]\noffline = true\n[tenants.b0]\noffline = true\n{layers}"), []).1.unwrap();
    assert_eq!(config.groups.get("a39").map(BTreeSet::len), Some(2));
    let said = mistakes("[groups.a]\ntenants = \"b\"\n[groups.b]\ntenants = \"c, x\"\n[groups.c]\ntenants = \"b\"\n", []);
    let expected = ["groups.b.tenants leads back to itself (b to c to b)", "groups.c.tenants leads back to itself (c to b to c)"];
    assert!(said.len() == 2 && said.iter().zip(expected).all(|(said, expected)| said.starts_with(expected)), "{said:#?}");
}

#[test]
fn check_names_who_is_in_a_group_and_known_to_nobody() {
    let home = tempfile::tempdir().unwrap();
    let text = format!(
        "{TWO}[groups.customers]\ntenants = \"contoso, fabrikm\"\n[destinations.soc]\nkind = \"slack\"\nurl = \"http://127.0.0.1:1/x\"\ntenants = \"custmers\"\n"
    );
    fs::write(home.path().join("scorewatch.toml"), text).unwrap();
    let said = err(&run(home.path(), &["check"]));
    for sentence in [
        "groups: customers has tenant fabrikm, which is neither configured nor stored. Check the spelling. Did you mean `fabrikam`?",
        "destinations: one shows tenant custmers, which is neither configured nor stored. Check the spelling. Did you mean `customers`?",
    ] {
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn one_app_is_for_many_tenants_in_a_table_a_list_and_sections() {
    let file = format!(
        "{}[apps.msp.tenants]\ncontoso = \"contoso.example\"\n[tenants.own]\ntenant_id = \"own.example\"\napp = \"msp\"\n[tenants.saved]\noffline = true\n",
        app("tenants_file = \"customers.csv\"\ncloud = \"usgov\"")
    );
    let list = format!("\u{feff}name;tenant_id;groups\r\nfabrikam;\"{ID}\";eu gold\r\n\r\n# later\r\ntailspin;{OTHER};eu\r\n");
    let config = with_list(&file, &list).1.unwrap();
    let of: Vec<(&str, Option<&str>)> =
        config.tenants.iter().map(|tenant| (&*tenant.name, tenant.sign_in.as_ref().map(|sign_in| &*sign_in.tenant_id))).collect();
    let expected = [
        ("contoso", Some("contoso.example")),
        ("fabrikam", Some(ID)),
        ("own", Some("own.example")),
        ("saved", None),
        ("tailspin", Some(OTHER)),
    ];
    assert_eq!(of, expected);
    assert!(config.tenants.iter().filter_map(|tenant| tenant.sign_in.as_ref()).all(|sign_in| sign_in.client_id == ID));
    assert_eq!(config.groups.iter().map(|(name, tenants)| (name, tenants.len())).collect::<Vec<_>>(), [("eu", 2), ("gold", 1)]);
    assert!(!format!("{config:?}").contains("hunter2"));

    let variables = [
        ("SCOREWATCH__APPS__MSP__CLIENT_ID", ID),
        ("SCOREWATCH__APPS__MSP__CLIENT_SECRET", "x"),
        ("SCOREWATCH__APPS__MSP__TENANTS__CONTOSO", "contoso.example"),
    ];
    let config = load_with("", variables).1.unwrap();
    assert_eq!((config.tenants.len(), &*config.tenants[0].name, &*config.apps[0].name), (1, "contoso", "msp"));
}

#[test]
fn five_hundred_tenants_with_three_mistakes_name_each_with_its_line() {
    let mut list = "name,tenant_id\r\n".to_owned();
    for at in 2..=501 {
        let line = match at {
            17 => format!("Contoso Ltd,{at:08}-2222-3333-4444-555555555555"),
            250 => format!("t{at},not a tenant"),
            499 => format!("t{at},{:08}-2222-3333-4444-555555555555", 3),
            _ => format!("t{at},{at:08}-2222-3333-4444-555555555555"),
        };
        let _ = write!(list, "{line}\r\n");
    }
    let said = wrong_in(&list, "");
    let expected = [
        "customers.csv line 17 has the name `Contoso Ltd`; expected 1 to 40 lowercase letters, digits, - and _, with a letter or digit first, but not `all`: `contoso-ltd`, say.",
        "customers.csv line 250 has the tenant_id `not a tenant`; expected the tenant's GUID or one of its verified domains such as contoso.onmicrosoft.com.",
        "customers.csv line 499 has the tenant id of t3 (customers.csv line 3). One Entra tenant is watched under one name: remove one of the two, or correct its id.",
    ];
    assert_eq!(said, expected);
}

#[test]
fn two_of_one_name_or_id_name_both_places() {
    let list = format!("name,tenant_id\ncontoso,{ID}\ncontoso,{OTHER}\nfabrikam,own.example\n");
    let said = wrong_in(&list, "[tenants.own]\ntenant_id = \"OWN.example\"\napp = \"msp\"\n");
    let expected = [
        "customers.csv line 3 names the tenant contoso, which customers.csv line 2 does too. Give each tenant a name of its own.",
        "customers.csv line 4 has the tenant id of own (tenants.own). One Entra tenant is watched under one name: remove one of the two, or correct its id.",
    ];
    assert_eq!(said, expected);
    let said = wrong_in(&format!("name,tenant_id\n{}", format!("contoso,{ID}\n").repeat(150)), "");
    assert_eq!(
        (said.len(), said.last().unwrap().as_str()),
        (101, "The lists of tenants have 49 more mistakes. Correct those above first.")
    );
    let said = wrong_in("name,tenant_id\nsaved,saved.example\n", "[tenants.saved]\noffline = true\n");
    assert_eq!(said, ["customers.csv line 2 names the tenant saved, which [tenants.saved] does too. Give each tenant a name of its own."]);
    let said = wrong_in("name,tenant_id,groups\ncontoso,contoso.example,fabrikam\nfabrikam,fabrikam.example,\n", "");
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("groups.fabrikam is called like a tenant (customers.csv line 3)."), "{said:?}");
    let twice = |name: &str| format!("[tenants.{name}]\ntenant_id = \"one.example\"\napp = \"msp\"\n");
    let said = load_with(&(app("") + &twice("one") + &twice("two").replace("one.example", "ONE.example")), []).1.unwrap_err();
    let said: Vec<String> = said.0.iter().map(ToString::to_string).collect();
    let expected = "tenants.two.tenant_id is the tenant id of one too (tenants.one). One Entra tenant is watched under one name: remove one of the two, or correct its id.";
    assert_eq!(said, [expected]);
}

#[test]
fn an_app_that_cannot_be_used_says_why() {
    for (file, expected) in [
        (app("[tenants.a]\ntenant_id = \"a.example\"\napp = \"mps\""), "tenants.a.app names no app. Add [apps.NAME]."),
        (
            app("[tenants.a]\ntenant_id = \"a.example\"\napp = \"msp\"\nclient_id = \"x\""),
            "tenants.a.client_id is given beside tenants.a.app. The app has it: remove tenants.a.app, or this.",
        ),
        (app("[tenants.a]\napp = \"msp\""), "tenants.a.tenant_id is missing."),
        (app("[tenants.a]\noffline = true\napp = \"msp\""), "tenants.a.offline is true beside tenants.a.app."),
        (
            app("tenants_file = \"none.csv\""),
            "apps.msp.tenants_file names a file that does not exist. Write the path of a file that does. It is looked for in",
        ),
        (app("[apps.msp.tenants]\nAll = \"a.example\""), "apps.msp.tenants.All is not a valid name for a tenant."),
        (app("[apps.msp.tenants]\na = \"common\""), "apps.msp.tenants.a is invalid; expected the tenant's GUID"),
        (format!("[apps.msp]\nclient_id = \"{ID}\"\n"), "apps.msp has no credential."),
        (app("client_secrt_ends = \"x\""), "apps.msp.client_secrt_ends is not known. Did you mean `apps.msp.client_secret_ends`?"),
    ] {
        let said = mistakes(&file, []);
        assert!(said.len() == 1 && said[0].starts_with(expected), "{file}: {said:#?}");
    }
    let warned = load_with(&app("client_secret_ends = \"2027-01-31\""), []).1.unwrap().warnings;
    assert!(warned.iter().any(|line| line.to_string().starts_with("apps.msp has no tenant. List some")), "{warned:?}");
}

/// A directory with an app for all tenants of `sandbox`, and a list of those that are named, in groups.
pub fn msp(sandbox: &Sandbox, tenants: &[(&str, &str)]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let (root, app) = (sandbox.root(), sandbox.app());
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nrequests_per_minute = 10000000\n[apps.msp]\nclient_id = \"{}\"\nclient_secret = \"{}\"\n\
        graph_root = \"{root}\"\nlogin_root = \"{root}\"\ntenants_file = \"customers.csv\"\n",
        app.client_id, app.client_secret
    );
    fs::write(home.path().join("scorewatch.toml"), text).unwrap();
    list(home.path(), sandbox, tenants);
    home
}

pub fn list(home: &Path, sandbox: &Sandbox, tenants: &[(&str, &str)]) {
    let line = |(name, groups): &(&str, &str)| format!("{name};{};{groups}\r\n", sandbox.tenant(name).unwrap().entra_id);
    let lines: String = tenants.iter().map(line).collect();
    fs::write(home.join("customers.csv"), format!("name;tenant_id;groups\r\n{lines}")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_credential_reads_many_and_one_that_fails_is_not_buried() {
    let sandbox = Sandbox::start(Options { customers: 40, ..Options::new(some_day()) }).await.unwrap();
    let names: Vec<String> =
        sandbox.tenants().iter().map(|tenant| tenant.name.clone()).filter(|name| name.starts_with("customer-")).collect();
    let home = msp(&sandbox, &names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>());
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(vec!["msp.example".to_owned()]).unwrap().self_signed(&pair).unwrap();
    fs::write(home.path().join("msp.pem"), pair.serialize_pem() + &certificate.pem()).unwrap();
    sandbox.register_app_certificate(certificate.der()).unwrap();
    let file = home.path().join("scorewatch.toml");
    let secret = format!("client_secret = \"{}\"", sandbox.app().client_secret);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(&secret, "certificate_file = \"msp.pem\"")).unwrap();
    sandbox.faults().add(FaultRule::new(InjectedFault::Forbidden).tenant("customer-007").always());
    let checked = run(home.path(), &["check"]);
    let said = out(&checked);
    assert_eq!(checked.status.code(), Some(69), "{said}{}", err(&checked));
    let order: Vec<&str> = said.lines().filter_map(|line| line.split_once(": sign-in: ok.")).map(|(name, _)| name).collect();
    assert_eq!(order, names, "each in its turn: {said}");
    assert!(said.contains("customer-007: scores: FAILED. The app"), "{said}");
    assert!(said.contains("tenants: 39 ok, 1 FAILED: customer-007"), "{said}");
    // What many fail for is told of three of them, and of the others who they are.
    sandbox.faults().add(FaultRule::new(InjectedFault::Forbidden).always());
    let said = out(&run(home.path(), &["check"]));
    assert_eq!(said.matches(": scores: FAILED. The app").count(), 3, "{said}");
    let others = "37 more tenants: scores: FAILED for the same reason as customer-001: customer-004, ";
    assert!(said.contains(others) && said.contains(" and 27 more"), "{said}");
    assert!(
        said.contains("tenants: 0 ok, 40 FAILED: customer-001, ") && said.contains("`scorewatch tenant consent` lists each."),
        "{said}"
    );
    sandbox.faults().clear();
    // One certificate that cannot be used is told once.
    fs::write(home.path().join("msp.pem"), certificate.pem()).unwrap();
    let said = out(&run(home.path(), &["check"]));
    assert_eq!(said.matches("credential: FAILED. The certificate has no private key").count(), 1, "{said}");
    assert!(said.contains("customer-010 and 30 more: credential: FAILED"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_and_its_groups_are_taken_up_by_a_running_server() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = msp(&sandbox, &[("contoso", "eu")]);
    let server = Served::start(home.path());
    let (_, key) = key(home.path(), &["--all-tenants"]);
    let status = |tenant: &str| server.get(&format!("/skills/secure_score?tenant={tenant}"), &key).0;
    wait("contoso", || (status("contoso") == 200).then_some(()));
    assert_eq!(status("fabrikam"), 404);
    let reload = |said: &str| {
        let before = server.log().len();
        signal(&server.child, "-HUP");
        wait("reading the configuration anew", || Some(server.log().split_off(before)).filter(|log| log.contains(said)))
    };
    list(home.path(), &sandbox, &[("contoso", "eu"), ("fabrikam", "eu")]);
    let said = reload("fabrikam added");
    let reloaded = said.lines().find(|line| line.contains("fabrikam added")).unwrap();
    assert!(!reloaded.contains("contoso"), "nothing of it changed: {said}");
    wait("fabrikam", || (status("fabrikam") == 200).then_some(()));
    fs::write(home.path().join("customers.csv"), "name,tenant_id\ncontoso,nowhere\n").unwrap();
    reload("customers.csv line 2 has the tenant_id");
    assert_eq!(status("fabrikam"), 200, "the list of before is in force");
    list(home.path(), &sandbox, &[("fabrikam", "eu")]);
    reload("contoso removed");
    assert_eq!((status("contoso"), status("fabrikam")), (404, 200));
}
