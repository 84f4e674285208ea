//! What can be typed? The grammar of the command line, with help that teaches it.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};

use super::{
    alert::AlertArgs, ask::AskArgs, audit::AuditArgs, backup::BackupArgs, completions::CompletionsArgs, deliveries::DeliveriesArgs,
    destination::DestinationCommand, digest::DigestArgs, discord::DiscordCommand, global::GlobalArgs, health::HealthArgs,
    import::ImportArgs, init::InitArgs, key::KeyCommand, man::ManArgs, manifest::ManifestArgs, note::NoteArgs, probe::ProbeArgs,
    snooze::SnoozeArgs, tenant::TenantCommand, usage::UsageArgs,
};
use crate::config::address;

/// Keeps every Microsoft 365 tenant's Secure Score at hand and answers about it in few words.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "Start here:
  scorewatch demo                                   look around, no tenant needed
  scorewatch init                                   write a configuration; asks for what it needs
  scorewatch import --tenant contoso scores.json    saved responses of Graph, no credential needed
  scorewatch check                                  is the configuration right?
  scorewatch serve                                  sync regularly, answer assistants and programs
  scorewatch mcp                                    answer an assistant on this machine, which starts it
  scorewatch manifest                               files that connect assistants and hosts

Ask:
  scorewatch ask secure_score --tenant contoso
  scorewatch ask weakest_controls --limit 5 --category identity
  scorewatch ask score_changes --since week --json
  scorewatch ask improvement_plan --target 70       the least effort that reaches 70 percent

Operate:
  scorewatch key new --name security-copilot --tenant contoso --expires 90d
  scorewatch discord invite                         add the bot to a server; then `discord register`
  scorewatch backup /var/backups/scorewatch.db      a full copy of the store, also while serve runs
  scorewatch restore /var/backups/scorewatch.db     that copy in the place of the store
  scorewatch note AdminMFAV2 --owner \"Ada Lovelace\"  assign an owner to a control; `audit` shows who did
  scorewatch alert                                  what is firing, and what is snoozed
  scorewatch usage --days 7                         who asked what, in calls and tokens"
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Look around with sample tenants: a server on this machine, no sign-in, deleted on exit
    #[command(after_help = "Example:\n  scorewatch demo --listen 127.0.0.1:9000")]
    Demo {
        /// Where to listen; this machine only
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
        listen: SocketAddr,
    },
    /// Write a first configuration: asks for a tenant, a sign-in and where posts go, and checks them
    Init(InitArgs),
    /// Ask a question about what is stored; without one, list the questions
    Ask(AskArgs),
    /// Import saved responses of Microsoft Graph, without a credential
    #[command(after_help = "Save these two addresses with any tool that signs in, such as Graph Explorer:
  https://graph.microsoft.com/v1.0/security/secureScores
  https://graph.microsoft.com/v1.0/security/secureScoreControlProfiles

Each response is one page: as long as it has an @odata.nextLink, save that address too. In PowerShell:
  Connect-MgGraph -Scopes SecurityEvents.Read.All
  foreach ($list in 'secureScores', 'secureScoreControlProfiles') {
    for ($n, $next = 1, \"v1.0/security/$list\"; $next; $n++) {
      Invoke-MgGraphRequest -Method GET -Uri $next -OutputFilePath \"$list-$n.json\"
      $next = (Get-Content -Raw -Encoding utf8 \"$list-$n.json\" | ConvertFrom-Json).'@odata.nextLink'
  } }

Examples:
  scorewatch import --tenant contoso secureScores-1.json secureScoreControlProfiles-*.json
  curl -H \"Authorization: Bearer $TOKEN\" https://graph.microsoft.com/v1.0/security/secureScores | scorewatch import --tenant contoso -")]
    Import(ImportArgs),
    /// Copy the store into a new file, also while `serve` runs
    Backup(BackupArgs),
    /// Put a copy that `backup` made in the place of the store, which is kept beside it
    #[command(
        after_help = "Stop scorewatch first. The copy is looked at before anything is changed: one that is damaged or of a newer scorewatch is refused. What stood there \
before is kept beside the store, with before-restore and the time in its name. The store keeps its owner, so that this may be run as root, and its audit log \
tells of the restore. Without a configuration, name the store with --store.

Example:
  scorewatch restore /var/backups/scorewatch.db"
    )]
    Restore {
        /// The copy
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Check the configuration, then each tenant's sign-in and permissions, Entra's keys, and Discord
    #[command(after_help = "Example:\n  scorewatch check --config /etc/scorewatch/scorewatch.toml")]
    Check,
    /// Sync all tenants regularly and answer over HTTP, until Ctrl-C
    #[command(after_help = "Example:\n  scorewatch serve --config /etc/scorewatch/scorewatch.toml")]
    Serve {
        /// Where to listen, instead of the configured address
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<String>,
    },
    /// Ask the running server whether it is alive; for health checks
    Health(HealthArgs),
    /// Answer one assistant on this machine over MCP on stdin and stdout; the assistant starts it
    #[command(
        after_help = "It answers from the store, and keeps syncing the configured tenants. Digests and alerts are sent by serve only.

Example, for an assistant that is configured in JSON:
  \"scorewatch\": {
    \"command\": \"scorewatch\",
    \"args\": [\"mcp\", \"--config\", \"/etc/scorewatch/scorewatch.toml\"]
  }"
    )]
    Mcp,
    /// Sync tenants from Microsoft Graph now
    #[command(after_help = "Examples:
  scorewatch refresh                                all tenants that are synced from Microsoft Graph
  scorewatch refresh contoso
  scorewatch refresh customers                      those of a group")]
    Refresh {
        /// Only these tenants, or those of these groups
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// The same
        #[arg(long, value_name = "NAME")]
        tenant: Vec<String>,
    },
    /// Find out how Graph behaves towards a tenant: a report for a bug, without anything of the tenant
    Probe(ProbeArgs),
    /// Write the file that an integration needs to connect; without a name, list the integrations
    Manifest(ManifestArgs),
    /// List the digests; preview, send, pause or resume one
    Digest(DigestArgs),
    /// Note a control's owner, status, comment, or until when its risk is accepted; or list all notes
    Note(NoteArgs),
    /// Show who changed what: notes, keys, digests, destinations, tenants, and restores of the store
    Audit(AuditArgs),
    /// Show what was sent, what is waiting, what failed and why; retry a delivery, resume a destination
    Deliveries(DeliveriesArgs),
    /// List where posts go, and send a test
    #[command(subcommand, after_help = "Example:\n  scorewatch destination list\n  scorewatch destination test soc")]
    Destination(DestinationCommand),
    /// Create, list and revoke API keys
    #[command(subcommand, after_help = "Example:\n  scorewatch key new --name security-copilot --tenant contoso --expires 90d")]
    Key(KeyCommand),
    /// Set up the Discord bot: invite it, register its slash commands, post into channels
    #[command(subcommand, after_help = "Example:\n  scorewatch discord invite\n  scorewatch discord register")]
    Discord(DiscordCommand),
    /// Show the alert rules, and what is firing now
    Alert(AlertArgs),
    /// Snooze an alert: for what, until when and why
    Snooze(SnoozeArgs),
    /// List the stored tenants and where their data comes from; see who has consented to the app; remove one for good
    #[command(
        subcommand,
        after_help = "Example:\n  scorewatch tenant list\n  scorewatch tenant consent contoso\n  scorewatch tenant remove contoso"
    )]
    Tenant(TenantCommand),
    /// Remove texts that no catalogue uses any more; `serve` does so once a day
    #[command(after_help = "Example:\n  scorewatch prune")]
    Prune,
    /// Show who asked what, how much the cache answered, and the tokens used and avoided
    Usage(UsageArgs),
    /// Write the completions for a shell: commands, questions, options and their words
    Completions(CompletionsArgs),
    /// Write the manual: the main page, or a page for every command into a directory
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::{access::Role, cli::expiry::KeyExpiry, operations::UsageBy};

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    fn refused(line: &str) -> String {
        parse(line).unwrap_err().to_string()
    }

    #[test]
    fn the_grammar_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_teaches() {
        let mut command = Cli::command();
        let help = command.render_long_help().to_string();
        assert!(help.contains("scorewatch demo") && help.contains("scorewatch ask secure_score"), "{help}");
        for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
            let help = sub.render_long_help().to_string();
            assert!(help.contains("Example"), "{}: {help}", sub.get_name());
        }
    }

    #[test]
    fn options_stand_anywhere() {
        let cli = parse("scorewatch ask weakest_controls --tenant contoso --limit 5 --json --store x.db").unwrap();
        assert_eq!(cli.global.store.as_deref(), Some("x.db"));
        let Command::Ask(asked) = cli.command else { panic!("no question") };
        assert_eq!((asked.tenant.as_deref(), asked.json), (Some("contoso"), true));
        let Command::Ask(asked) = parse("scorewatch --log debug ask --tenant contoso").unwrap().command else { panic!("no question") };
        assert!(asked.question.is_none());
        assert!(refused("scorewatch ask secure_score --json --text").contains("cannot be used with"));
    }

    #[test]
    fn a_key_needs_its_tenants_said() {
        let new = |line: &str| match parse(line).map(|cli| cli.command) {
            Ok(Command::Key(KeyCommand::New(new))) => new,
            other => panic!("{line}: {other:?}"),
        };
        let key = new("scorewatch key new --name a --tenant contoso --tenant fabrikam --role analyst --expires 90d");
        assert_eq!((key.tenants.len(), key.role, key.expires), (2, Role::Analyst, Some(KeyExpiry::Days(90))));
        assert!(new("scorewatch key new --name a --all-tenants").all_tenants);
        assert!(refused("scorewatch key new --name a").contains("--tenant"));
        assert!(refused("scorewatch key new --name a --tenant x --all-tenants").contains("cannot be used with"));
        assert!(refused("scorewatch key new --name a --all-tenants --role boss").contains("reader, analyst, operator"));
        assert!(refused("scorewatch key new --name a --all-tenants --expires soon").contains("2027-01-31"));
    }

    #[test]
    fn usage_has_bounds_and_names_its_words() {
        let usage = |line: &str| match parse(line).map(|cli| cli.command) {
            Ok(Command::Usage(usage)) => usage,
            other => panic!("{line}: {other:?}"),
        };
        let default = usage("scorewatch usage");
        assert_eq!((default.days, default.by, default.tokens_per_scu), (30, vec![UsageBy::Skill], 20_000));
        assert_eq!(usage("scorewatch usage --by day,caller --days 400").by, [UsageBy::Day, UsageBy::Caller]);
        for line in ["--days 0", "--days 401", "--tokens-per-scu 0"] {
            refused(&format!("scorewatch usage {line}"));
        }
        assert!(refused("scorewatch usage --by tenant").contains("day, skill, surface, caller"));
    }
}
