//! Which keys say what tenants there are, how they are grouped, and how each is read? A part of the table of keys.

use super::key::{CLOUD, ConfigKey, GUID, ROOT, file, flag, secret, text, text_or};

/// What is right for an Entra tenant.
pub(super) const TENANT_ID: &str = "the tenant's GUID or one of its verified domains such as contoso.onmicrosoft.com";
/// What is right for a day.
const DAY: &str = "a day such as 2027-01-31";

/// The keys of groups, of apps that several tenants are read by, and of single tenants.
pub(super) const KEYS_OF_TENANTS: &[ConfigKey] = &[
    text(
        "groups.NAME.tenants",
        "comma-separated names of tenants, or of other groups",
        "The tenants of a group: its name may stand wherever names of tenants are taken.",
    ),
    text("apps.NAME.client_id", GUID, "The application (client) id of an app registration that many tenants consented to."),
    secret("apps.NAME.client_secret", "The value of a client secret (not its id), for all of them."),
    file("apps.NAME.client_secret_file", "A file that holds the client secret."),
    file("apps.NAME.certificate_file", "The certificate with its private key: PEM, or PKCS#12 (.pfx, .p12)."),
    file("apps.NAME.certificate_key_file", "The private key, PEM, when `certificate_file` does not hold it."),
    secret("apps.NAME.certificate_password", "The password of a .pfx or .p12 file."),
    file("apps.NAME.certificate_password_file", "A file that holds that password."),
    text_or("apps.NAME.cloud", CLOUD, "global", "The cloud that the tenants live in."),
    text("apps.NAME.graph_root", ROOT, "Another root of Graph than the cloud's. Needs `login_root`."),
    text("apps.NAME.login_root", ROOT, "Another root of the sign-in service than the cloud's."),
    flag("apps.NAME.licences", "The same as `tenants.NAME.licences` for all tenants of the app."),
    text("apps.NAME.client_secret_ends", DAY, "The last day of the client secret, as Entra shows it, for alerts of the kind `sign_in`."),
    file(
        "apps.NAME.tenants_file",
        "A CSV file of tenants with the columns `name`, `tenant_id` and, if wanted, `groups` (parted by spaces). Read again on reload.",
    ),
    text("apps.NAME.tenants.NAME", TENANT_ID, "A tenant by its name, for a short list: which Entra tenant to sign in to."),
    text("tenants.NAME.tenant_id", TENANT_ID, "Which Entra tenant to sign in to."),
    text(
        "tenants.NAME.app",
        "the name of an app such as msp",
        "The `[apps.NAME]` that it is read by, in place of a credential of its own.",
    ),
    text("tenants.NAME.client_id", GUID, "The application (client) id of the app registration."),
    secret("tenants.NAME.client_secret", "The value of a client secret (not its id)."),
    file("tenants.NAME.client_secret_file", "A file that holds the client secret."),
    file("tenants.NAME.certificate_file", "The certificate with its private key: PEM, or PKCS#12 (.pfx, .p12)."),
    file("tenants.NAME.certificate_key_file", "The private key, PEM, when `certificate_file` does not hold it."),
    secret("tenants.NAME.certificate_password", "The password of a .pfx or .p12 file."),
    file("tenants.NAME.certificate_password_file", "A file that holds that password."),
    text_or("tenants.NAME.cloud", CLOUD, "global", "The cloud that the tenant lives in."),
    text("tenants.NAME.graph_root", ROOT, "Another root of Graph than the cloud's. Needs `login_root`."),
    text("tenants.NAME.login_root", ROOT, "Another root of the sign-in service than the cloud's."),
    flag(
        "tenants.NAME.licences",
        "Read which service plans the tenant subscribes to, once a day. Needs `LicenseAssignment.Read.All`, too.",
    ),
    flag("tenants.NAME.offline", "Never read from Graph: fed by `scorewatch import`."),
    text(
        "tenants.NAME.client_secret_ends",
        DAY,
        "The last day of the client secret, as Entra shows it, for alerts of the kind `sign_in`. Certificates state their own.",
    ),
];
