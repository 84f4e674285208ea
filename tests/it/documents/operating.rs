//! Do backup, restore, upgrade and removal go as the page about operating says? Its commands run in a directory that stands for a machine: scorewatch and the tools for
//! files are the real ones; what would change this machine (`sudo`, `systemctl`, `apt-get`) is stood in for by scripts that do the same there.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use super::{Document, root};
use crate::program::{err, out};

/// Does as another user what it is told; there is only one here.
const SUDO: &str = r#"if [ "$1" = -u ]; then shift 2; fi
exec "$@""#;

/// The owners are none that this machine must have.
const INSTALL: &str = r#"for word; do
  shift
  case $word in -o | -g) skip=1; continue ;; esac
  if [ -n "$skip" ]; then skip=; else set -- "$@" "$word"; fi
done
exec /usr/bin/install "$@""#;

/// Starts and stops the real server; a child that has ended is none, though nobody has waited for it.
const SYSTEMCTL: &str = r#"echo "$*" >>"$MACHINE/systemctl"
pid=$(cat "$MACHINE/pid" 2>/dev/null)
runs() { [ -n "$pid" ] && grep -q '^State:[[:space:]]*[^Z]' "/proc/$pid/status" 2>/dev/null; }
stop() { if runs; then kill "$pid"; while runs; do sleep 0.1; done; fi; rm -f "$MACHINE/pid"; }
start() {
  : >"$MACHINE/log" # here: the child may empty it after the first look
  scorewatch serve --config "$MACHINE/etc/scorewatch/scorewatch.toml" >"$MACHINE/log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$MACHINE/pid"
  until grep -q address= "$MACHINE/log"; do runs || { cat "$MACHINE/log" >&2; exit 1; }; sleep 0.1; done
}
case "$*" in
  "start scorewatch") start ;;
  "stop scorewatch" | "disable --now scorewatch scorewatch-backup.timer") stop ;;
  "enable --now scorewatch-backup.timer" | "disable --now scorewatch-backup.timer" | daemon-reload) ;;
  *) echo "what is systemctl $*?" >&2; exit 1 ;;
esac"#;

/// The package starts what runs anew when it is upgraded, and takes its files away when it is purged.
const APT_GET: &str = r#"case "$*" in
  *install*) [ ! -e "$MACHINE/pid" ] || { systemctl stop scorewatch; systemctl start scorewatch; } ;;
  "purge scorewatch") rm -rf "$MACHINE/etc/scorewatch" "$MACHINE/var/lib/scorewatch" ;;
  *) echo "what is apt-get $*?" >&2; exit 1 ;;
esac"#;

/// Where the page says that things are.
const PLACES: [&str; 5] = ["/etc/scorewatch", "/etc/systemd/system", "/var/backups", "/var/lib/scorewatch", "/var/lib/systemd"];
/// The copies that the page restores, each with how the names of such copies begin.
const COPIES: [(&str, &str); 2] =
    [("scorewatch-20261130T023000Z.db", "scorewatch-2"), ("before-upgrade-2026-11-30.db", "before-upgrade-2")];

/// A directory that stands for a machine, with a store of version 1.
struct Machine {
    home: tempfile::TempDir,
    page: String,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in ["archive/deploy", "bin", "etc/scorewatch", "etc/systemd/system", "var/backups", "var/lib/scorewatch"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        std::os::unix::fs::symlink(root().join("deploy/systemd"), home.path().join("archive/deploy/systemd")).unwrap();
        let machine = Self { home, page: Document::read("docs/operating.md").text };
        for (name, script) in [("sudo", SUDO), ("install", INSTALL), ("systemctl", SYSTEMCTL), ("apt-get", APT_GET)] {
            let file = machine.at(&format!("bin/{name}"));
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_scorewatch"), machine.at("bin/scorewatch")).unwrap();
        let store = machine.at("var/lib/scorewatch/scorewatch.db");
        fs::copy(root().join("tests/it/fixtures/store-v1.db"), &store).unwrap();
        let config =
            format!("[store]\npath = \"{}\"\n[server]\nlisten = \"127.0.0.1:0\"\n[tenants.contoso]\noffline = true\n", store.display());
        fs::write(machine.at("etc/scorewatch/scorewatch.toml"), config).unwrap();
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    /// A script on this machine.
    fn sh(&self, script: &str) -> Output {
        let path = std::env::join_paths([self.at("bin"), PathBuf::from("/usr/bin"), PathBuf::from("/bin")]).unwrap();
        let mut command = Command::new("sh");
        // The page takes the units from the archive's folder of the same name.
        command.args(["-c", &format!("set -eu\n{script}")]).current_dir(self.at("archive")).env_clear();
        command.env("PATH", path).env("MACHINE", self.home.path()).output().unwrap()
    }

    /// Runs the `number`th block of commands of a section, as it stands there but for places. Each command must end well.
    fn follow(&self, section: &str, number: usize) -> String {
        let head = format!("\n## {section}\n");
        let (_, rest) = self.page.split_once(&head).unwrap_or_else(|| panic!("the page has no section {section}"));
        let document = Document { path: section.to_owned(), text: rest.split("\n## ").next().unwrap().to_owned() };
        let blocks = document.blocks();
        let block =
            blocks.iter().filter(|block| block.language == "sh").nth(number).unwrap_or_else(|| panic!("{section}: no block {number}"));
        let mut script = "set -x\n".to_owned();
        for line in block.lines.iter().filter(|line| !line.contains(" discord ")) {
            let mut line = (*line).to_owned();
            for place in PLACES {
                line = line.replace(place, &self.at(&place[1..]).to_string_lossy());
            }
            for (copy, beginning) in COPIES {
                if line.contains(copy) {
                    let copies = self.copies(beginning);
                    let [only] = &copies[..] else { panic!("which copy? {copies:?}") };
                    line = line.replace(copy, only);
                }
            }
            let foreign = line.split_whitespace().find(|word| word.starts_with('/') && !Path::new(word).starts_with(self.home.path()));
            assert!(foreign.is_none(), "{section}: this would reach out of the test: {line}");
            script += &(line + "\n");
        }
        let ran = self.sh(&script);
        assert!(ran.status.success(), "{section}: {}\n{}\n{}", ran.status, err(&ran), out(&ran));
        out(&ran) + &err(&ran)
    }

    fn scorewatch(&self, words: &str) -> Output {
        self.sh(&format!("scorewatch {words} --config \"$MACHINE/etc/scorewatch/scorewatch.toml\""))
    }

    fn score(&self) -> String {
        let asked = self.scorewatch("ask secure_score --text");
        assert!(asked.status.success(), "{}", err(&asked));
        out(&asked)
    }

    /// The copies whose names begin so.
    fn copies(&self, beginning: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at("var/backups/scorewatch")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(beginning)).collect()
    }

    fn serves(&self) -> bool {
        let pid = fs::read_to_string(self.at("pid")).unwrap_or_default();
        let status = fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
        status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
    }

    fn start(&self) -> Output {
        self.sh("systemctl start scorewatch")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.sh("systemctl stop scorewatch");
    }
}

/// What an upgrade beyond this version leaves.
async fn made_newer(store: &Path) {
    let mut store = SqliteConnectOptions::new().filename(store).connect().await.unwrap();
    let later =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)";
    sqlx::query(later).execute(&mut store).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_goes_through_backup_restore_upgrade_and_removal_as_the_page_says() {
    let machine = Machine::new();
    let started = machine.start();
    assert!(started.status.success(), "{}", err(&started));
    let before = machine.score();
    assert!(before.starts_with("contoso 20"), "{before}");

    // Backup, while it serves.
    machine.follow("Backup", 0);
    let copies = machine.copies("scorewatch-2");
    assert_eq!(copies.len(), 1, "{copies:?}");
    let mode = fs::metadata(machine.at("var/backups/scorewatch").join(&copies[0])).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    machine.follow("Backup", 1);
    machine.follow("Backup", 2);
    let unit = fs::read_to_string(machine.at("etc/systemd/system/scorewatch-backup.service")).unwrap();
    let command = "ExecStart=/usr/bin/scorewatch backup --store /var/lib/scorewatch/scorewatch.db --keep 14 /var/backups/scorewatch";
    assert!(unit.contains(command) && machine.page.contains(command.split_once("/bin/").unwrap().1), "the unit does what the page says");

    // Restore: what was written since is gone, what stood there is beside it, and it serves again.
    let noted = machine.scorewatch("note AdminMFAV2 --tenant contoso --note Later.");
    assert!(noted.status.success(), "{}", err(&noted));
    assert!(out(&machine.scorewatch("note")).contains("Later."));
    let said = machine.follow("Restore", 0);
    assert!(said.contains("scorewatch.db is now the copy") && said.contains("before-restore-"), "{said}");
    assert_eq!(machine.score(), before);
    assert!(!out(&machine.scorewatch("note")).contains("Later."));
    assert!(machine.serves());
    let kept: Vec<PathBuf> = fs::read_dir(machine.at("var/lib/scorewatch")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let kept = kept.iter().find(|path| path.to_string_lossy().contains("before-restore-")).unwrap();
    let asked = machine.sh(&format!("cd \"$MACHINE\"; scorewatch note --store {}", kept.display()));
    assert!(out(&asked).contains("Later."), "{}", err(&asked));

    // Upgrade, and back from a version that this one does not know.
    let said = machine.follow("Upgrade", 0);
    assert!(said.contains(env!("CARGO_PKG_VERSION")) && machine.serves(), "{said}");
    assert_eq!(machine.score(), before);
    assert!(machine.sh("systemctl stop scorewatch").status.success() && !machine.serves());
    made_newer(&machine.at("var/lib/scorewatch/scorewatch.db")).await;
    let refused = machine.start();
    assert!(err(&refused).contains("A newer scorewatch has already changed the store"), "{}", err(&refused));
    machine.follow("Upgrade", 1);
    assert!(machine.serves());
    assert_eq!(machine.score(), before);

    // Removal leaves nothing.
    machine.follow("Removal", 0);
    machine.follow("Removal", 1);
    // The units were an archive's.
    machine.follow("Removal", 2);
    assert!(!machine.serves());
    for place in ["etc/scorewatch", "var/lib/scorewatch", "var/backups/scorewatch"] {
        assert!(!machine.at(place).exists(), "{place} is left");
    }
    let record = fs::read_to_string(machine.at("systemctl")).unwrap();
    assert!(
        record.contains("enable --now scorewatch-backup.timer") && record.contains("disable --now scorewatch scorewatch-backup.timer\n"),
        "{record}"
    );
    assert_eq!(fs::read_dir(machine.at("etc/systemd/system")).unwrap().count(), 0, "units are left");
}
