//! Is the store safe when a copy is put in its place, and when a disk is full, whatever is wrong? The real program on files that are none, and on disks that are.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::{Command, Output},
};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use scorewatch::sandbox::{self, Options, Sandbox};
use serde_json::Value;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::program::{Served, configured, err, out, run, some_day};

/// A store with days of contoso, and a copy of it.
fn stored() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_sub(1.days());
    fs::write(home.path().join("scores.json"), sandbox::scores_json("contoso", &Options::new(today), today, 5).unwrap()).unwrap();
    assert!(run(home.path(), &["import", "--tenant", "contoso", "scores.json"]).status.success());
    assert!(run(home.path(), &["backup", "copy.db"]).status.success());
    home
}

/// All files with what is in them.
fn files(home: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    entries.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())).collect()
}

async fn sql(file: &Path, query: &'static str) {
    let mut database = SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await.unwrap();
    sqlx::query(query).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn what_is_no_sound_copy_is_refused_and_changes_nothing() {
    let home = stored();
    let home = home.path();
    let copy = fs::read(home.join("copy.db")).unwrap();
    fs::write(home.join("cut.db"), &copy[..copy.len() / 2]).unwrap();
    let mut spoilt = copy.clone();
    let middle = spoilt.len() / 8;
    spoilt[middle..middle + 8192].fill(0xa5);
    fs::write(home.join("spoilt.db"), spoilt).unwrap();
    fs::write(home.join("text.db"), "This is no database at all, but it is long enough to be one, as far as its length goes. ".repeat(20))
        .unwrap();
    fs::write(home.join("empty.db"), "").unwrap();
    fs::write(home.join("logged.db"), &copy).unwrap();
    fs::write(home.join("logged.db-wal"), "what was written last").unwrap();
    fs::write(home.join("newer.db"), &copy).unwrap();
    fs::create_dir(home.join("folder")).unwrap();
    sql(&home.join("other.db"), "CREATE TABLE theirs (text TEXT)").await;
    sql(
        &home.join("newer.db"),
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)",
    )
    .await;
    let before = files(home);
    for (file, why) in [
        ("none.db", "does not exist"),
        ("folder", "is no file"),
        ("scorewatch.db", "is the store itself"),
        ("cut.db", "is no sound copy"),
        ("spoilt.db", "is no sound copy"),
        ("text.db", "is no sound copy"),
        ("empty.db", "is empty"),
        ("logged.db", "has a log beside it"),
        ("other.db", "of another program"),
        ("newer.db", "of a newer scorewatch"),
    ] {
        let refused = run(home, &["restore", "--store", "scorewatch.db", file]);
        assert!(refused.status.code() == Some(78) && err(&refused).contains(why), "{file}: {}{}", out(&refused), err(&refused));
        assert!(out(&refused).is_empty(), "{file}: {}", out(&refused));
    }
    let after = files(home);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert!(after == before, "nothing was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_restored_under_a_running_server() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    let home = home.path();
    assert!(run(home, &["refresh"]).status.success());
    assert!(run(home, &["backup", "copy.db"]).status.success());
    let server = Served::start(home);
    let refused = run(home, &["restore", "copy.db"]);
    assert!(refused.status.code() == Some(75) && err(&refused).contains("stop it first"), "{}", err(&refused));
    assert!(!files(home).keys().any(|name| name.contains("before-restore") || name.starts_with(".scorewatch-restore")));
    assert!(run(home, &["ask", "secure_score"]).status.success(), "it goes on as before");
    drop(server);
    // It was killed, so its log is still there: that is no reason to refuse, and it does not come back into the copy.
    let restored = run(home, &["restore", "copy.db"]);
    assert!(restored.status.success(), "{}", err(&restored));
    assert!(run(home, &["ask", "secure_score"]).status.success());
}

#[test]
fn a_store_that_nobody_can_open_any_more_is_replaced_and_kept() {
    let home = stored();
    let home = home.path();
    let score = out(&run(home, &["ask", "secure_score", "--text"]));
    fs::set_permissions(home.join("scorewatch.db"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(home.join("scorewatch.db"), "spoilt ".repeat(2000)).unwrap();
    let broken = run(home, &["ask", "secure_score"]);
    assert_eq!(broken.status.code(), Some(78));
    fs::write(home.join("scorewatch.db-wal"), "its log").unwrap();
    let restored = run(home, &["restore", "--store", "scorewatch.db", "copy.db"]);
    assert!(restored.status.success(), "{}", err(&restored));
    assert_eq!(out(&run(home, &["ask", "secure_score", "--text"])), score);
    let kept = files(home);
    let aside =
        |end: &str| kept.iter().find(|(name, _)| name.contains("before-restore") && name.ends_with(end)).map(|(_, bytes)| &bytes[..]);
    assert!(aside("Z").is_some_and(|bytes| bytes.starts_with(b"spoilt")) && aside("-wal") == Some(b"its log"), "{:?}", kept.keys());
    let (file, directory) = (fs::metadata(home.join("scorewatch.db")).unwrap(), fs::metadata(home).unwrap());
    assert_eq!((file.permissions().mode() & 0o777, file.uid()), (0o640, directory.uid()), "it belongs to whom it belonged");
    // And where nothing is yet.
    let empty = tempfile::tempdir().unwrap();
    fs::copy(home.join("copy.db"), empty.path().join("copy.db")).unwrap();
    assert!(run(empty.path(), &["restore", "--store", "scorewatch.db", "copy.db"]).status.success());
    assert_eq!(out(&run(empty.path(), &["ask", "secure_score", "--text"])), score);
}

/// Runs `script` with a disk of so many KiB at `disk`, in a namespace of its own; `$scorewatch` is the program.
fn with_disk(home: &Path, kibibytes: u64, options: &str, script: &str) -> Output {
    fs::create_dir_all(home.join("disk")).unwrap();
    let script = format!("set -eu; mount -t tmpfs -o size={kibibytes}k tmpfs disk; cd disk; {script}")
        .replace("REMOUNT", &format!("mount -o remount,{options} ."));
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).current_dir(home).env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("scorewatch", env!("CARGO_BIN_EXE_scorewatch")).output().unwrap()
}

#[test]
fn a_full_disk_leaves_no_half_copy_and_no_half_restore() {
    let home = stored();
    let bytes = fs::metadata(home.path().join("copy.db")).unwrap().len();
    let kibibytes = bytes / 1024;
    let list = "; code=$?; ls -A; exit $code";
    let backed =
        with_disk(home.path(), kibibytes / 2, "", &format!("set +e; \"$scorewatch\" backup --store ../scorewatch.db new.db{list}"));
    assert!(backed.status.code() == Some(70) && err(&backed).contains("The disk for new.db is full"), "{}{}", out(&backed), err(&backed));
    assert_eq!(out(&backed), "", "nothing is left");
    let script = format!("cp ../scorewatch.db .; set +e; \"$scorewatch\" restore --store scorewatch.db ../copy.db{list}");
    let store = fs::metadata(home.path().join("scorewatch.db")).unwrap().len() / 1024;
    let restored = with_disk(home.path(), store + kibibytes / 2, "", &script);
    assert!(
        restored.status.code() == Some(70) && err(&restored).contains("has no room for the copy"),
        "{}{}",
        out(&restored),
        err(&restored)
    );
    assert_eq!(out(&restored), "scorewatch.db\n", "the store alone is left");
    // The same where not the disk ends, but what this user may write.
    let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" backup limited.db", kibibytes / 2);
    let limited = Command::new("sh").args(["-c", &limited, env!("CARGO_BIN_EXE_scorewatch")]).current_dir(home.path()).output().unwrap();
    assert!(limited.status.code() == Some(70) && err(&limited).contains("The disk for limited.db is full"), "{}", err(&limited));
    assert!(!home.path().join("limited.db").exists());
}

#[tokio::test]
async fn the_audit_log_tells_of_a_restore_where_the_copy_takes_an_entry() {
    let home = stored();
    let home = home.path();
    fs::create_dir(home.join("copies")).unwrap();
    fs::rename(home.join("copy.db"), home.join("copies/monday.db")).unwrap();
    let restored = run(home, &["restore", "--store", "scorewatch.db", "copies/monday.db"]);
    assert!(restored.status.success() && !err(&restored).contains("audit log"), "{}", err(&restored));
    let audited: Value = serde_json::from_str(&out(&run(home, &["audit", "--json"]))).unwrap();
    let entry = &audited[0];
    assert!(entry["what"] == "store.restore" && entry["subject"] == "monday.db" && entry["tenant"].is_null(), "{audited}");
    assert!(entry["asker"].as_str().unwrap().starts_with("terminal") && entry["detail"]["copy"]["tenants"] == 1, "{audited}");
    assert!(entry["at"].as_str().unwrap().parse::<Timestamp>().is_ok(), "{audited}");
    // The copy itself says nothing of it, nor is anything left beside the store.
    let names: Vec<String> = files(home).into_keys().filter(|name| !name.contains("before-restore")).collect();
    assert_eq!(names, ["scores.json", "scorewatch.db", "scorewatch.db.lock"]);
    let score = out(&run(home, &["ask", "secure_score", "--text"]));
    sql(&home.join("copies/monday.db"), "CREATE TRIGGER closed BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'closed'); END").await;
    let restored = run(home, &["restore", "--store", "scorewatch.db", "copies/monday.db"]);
    assert!(restored.status.success() && err(&restored).contains("The audit log does not tell of this"), "{}", err(&restored));
    assert_eq!(out(&run(home, &["ask", "secure_score", "--text"])), score);
    assert_eq!(out(&run(home, &["audit", "--json"])).trim(), "[]");
}

#[test]
fn a_full_disk_and_one_that_may_only_be_read_keep_nobody_from_asking() {
    let home = stored();
    let score = out(&run(home.path(), &["ask", "secure_score", "--text"]));
    let kibibytes = fs::metadata(home.path().join("scorewatch.db")).unwrap().len() / 1024;
    let full = "cp ../scorewatch.db .; (dd if=/dev/zero of=rest bs=1k 2>/dev/null || true);";
    let asked = format!("{full} exec \"$scorewatch\" ask secure_score --text --store scorewatch.db");
    let asked = with_disk(home.path(), kibibytes + 8, "", &asked);
    assert!(asked.status.success() && out(&asked) == score, "{}{}", out(&asked), err(&asked));
    assert!(err(&asked).contains("The disk that holds the store is full"), "{}", err(&asked));
    for list in ["note", "audit", "alert", "key list", "tenant list", "usage", "deliveries", "digest"] {
        let listed = format!("{full} exec \"$scorewatch\" {list} --store scorewatch.db");
        let listed = with_disk(home.path(), kibibytes + 8, "", &listed);
        assert!(listed.status.success(), "{list}: {}{}", out(&listed), err(&listed));
    }
    // What writes says that it could not.
    let noted = format!("{full} exec \"$scorewatch\" note AdminMFAV2 --note Later. --store scorewatch.db");
    let noted = with_disk(home.path(), kibibytes + 8, "", &noted);
    assert!(!noted.status.success() && err(&noted).contains("scorewatch.db"), "{}{}", out(&noted), err(&noted));
    let asked = "cp ../scorewatch.db .; REMOUNT; exec \"$scorewatch\" ask secure_score --text --store scorewatch.db";
    let asked = with_disk(home.path(), kibibytes + 1024, "ro", asked);
    assert!(asked.status.success() && out(&asked) == score, "{}{}", out(&asked), err(&asked));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_and_where_nothing_may_be_written_tenants_are_tried_all_the_same() {
    let sandbox = Sandbox::start(Options::new(some_day())).await.unwrap();
    let home = configured(&sandbox, &["contoso"]);
    assert!(run(home.path(), &["refresh"]).status.success());
    let kibibytes = fs::metadata(home.path().join("scorewatch.db")).unwrap().len() / 1024;
    let on_disk = |size: u64, before: &str, command: &str, after: &str| {
        let script = format!("{before} set +e; \"$scorewatch\" {command} --config ../scorewatch.toml --store scorewatch.db{after}");
        with_disk(home.path(), size, "ro", &script)
    };
    let filler = "(dd if=/dev/zero of=rest bs=1k 2>/dev/null || true);";
    let full = format!("cp ../scorewatch.db .; {filler}");
    let cases = [
        (full.as_str(), kibibytes + 8, 70, "store: FAILED. The disk that holds the store is full.", "What it holds is still answered"),
        ("cp ../scorewatch.db .;", kibibytes + 256, 70, "store: FAILED. The disk for the store is full", "What it holds is still answered"),
        (filler, 64, 70, "store: FAILED. The disk for the store is full", "The store would be "),
        (
            "cp ../scorewatch.db .; REMOUNT;",
            kibibytes + 64,
            78,
            "store: FAILED. The store's file cannot be opened",
            "What it holds is still answered",
        ),
        ("REMOUNT;", 64, 78, "store: FAILED. The directory of the store's file cannot be written", "The store would be "),
    ];
    for (before, size, code, why, follows) in cases {
        let checked = on_disk(size, before, "check", "; code=$?; ls -A >&2; exit $code");
        let said = out(&checked);
        assert!(said.contains(why) && said.contains(follows), "{before}: {said}{}", err(&checked));
        assert!(said.contains("contoso: sign-in: ok") && said.contains("contoso: scores: ok"), "{before}: {said}");
        assert_eq!(checked.status.code(), Some(code), "{before}: {said}");
        let left = err(&checked);
        let left = left.lines().filter(|line| line.starts_with('.') || line.starts_with("scorewatch-"));
        assert_eq!(left.count(), 0, "{before}: {}", err(&checked));
        for (command, told) in [
            ("tenant consent", "contoso\tready"),
            ("destination list", "No destination is configured."),
            ("tenant consent --link-only", "contoso\thttp"),
        ] {
            let asked = on_disk(size, before, command, "");
            assert!(asked.status.success() && out(&asked).contains(told), "{before} {command}: {}{}", out(&asked), err(&asked));
        }
    }
}

#[test]
fn where_nothing_may_be_written_it_is_said_what_to_mount() {
    let home = stored();
    for (script, why) in [
        ("REMOUNT; \"$scorewatch\" import --store scorewatch.db --tenant contoso ../scores.json", "in a container, mount a volume there"),
        ("REMOUNT; \"$scorewatch\" serve --store scorewatch.db", "in a container, mount a volume there"),
        ("REMOUNT; \"$scorewatch\" restore --store scorewatch.db ../copy.db", "restore as the user that scorewatch runs as"),
        ("REMOUNT; \"$scorewatch\" backup --store ../scorewatch.db new.db", "cannot be written by this user"),
    ] {
        let refused = with_disk(home.path(), 4096, "ro", script);
        assert!(refused.status.code() == Some(78) && err(&refused).contains(why), "{script}: {}{}", out(&refused), err(&refused));
    }
}

/// As `sudo -u` does it from the home of somebody else.
const FROM_A_CLOSED_DIRECTORY: &str = r#"cd closed; chmod 000 .
if [ "$(id -u)" = 0 ]; then set -- setpriv --reuid 65534 --regid 65534 --clear-groups; else set --; fi
exec "$@" "$PLACE/program" backup --store "$PLACE/scorewatch.db" "$PLACE/other.db""#;

#[test]
fn from_a_directory_that_is_closed_to_this_user_a_copy_is_made_all_the_same() {
    let home = stored();
    assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_scorewatch")).arg(home.path().join("program")).status().unwrap().success());
    for path in fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).chain([home.path().to_owned()]) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    let closed = home.path().join("closed");
    fs::create_dir(&closed).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", FROM_A_CLOSED_DIRECTORY]).current_dir(home.path()).env_clear();
    let backed = command.env("PATH", "/usr/bin:/bin").env("PLACE", home.path()).output().unwrap();
    fs::set_permissions(closed, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(backed.status.success() && home.path().join("other.db").exists(), "{}", err(&backed));
}

#[test]
fn copies_that_are_kept_are_counted() {
    let home = stored();
    let home = home.path();
    fs::create_dir(home.join("copies")).unwrap();
    for old in ["scorewatch-20260101T000000Z.db", "scorewatch-20260102T000000Z.db", "before-upgrade.db"] {
        fs::write(home.join("copies").join(old), "old").unwrap();
    }
    let backed = run(home, &["backup", "--keep", "2", "copies"]);
    assert!(backed.status.success() && err(&backed).contains("Removed copies/scorewatch-20260101T000000Z.db."), "{}", err(&backed));
    let names: Vec<String> = files(&home.join("copies")).into_keys().collect();
    assert!(names.len() == 3 && names[0] == "before-upgrade.db" && names[1] == "scorewatch-20260102T000000Z.db", "{names:?}");
    // A copy of a store that holds nothing, which is hardly the one that was meant, removes none.
    assert!(run(home, &["key", "new", "--name", "one", "--all-tenants", "--store", "elsewhere.db"]).status.success());
    fs::create_dir(home.join("others")).unwrap();
    fs::write(home.join("others/scorewatch-20260101T000000Z.db"), "old").unwrap();
    let empty = run(home, &["backup", "--keep", "1", "others", "--store", "elsewhere.db"]);
    assert!(empty.status.success() && err(&empty).contains("elsewhere.db. If that is not the store you mean"), "{}", err(&empty));
    assert_eq!(files(&home.join("others")).len(), 2);
    // A failed copy removes none.
    for args in [["backup", "--keep", "1", "none"], ["backup", "--keep", "1", "copy.db"]] {
        let refused = run(home, &args);
        assert!(refused.status.code() == Some(78) && err(&refused).contains("is no directory"), "{}", err(&refused));
    }
    assert_eq!(run(home, &["backup", "--keep", "0", "copies"]).status.code(), Some(2));
    assert_eq!(files(&home.join("copies")).len(), 3);
}

#[test]
fn a_configuration_as_windows_writes_it_is_read() {
    let home = stored();
    let home = home.path();
    let text = "# Zo\u{eb}\r\n[metrics]\r\nlisten = \"0.0.0.0:9464\"\r\ntoken_file = \"token\"\r\n[tenants.contoso]\r\noffline = true\r\n";
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let token = "a-token-of-letters-0123456789";
    let token_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(format!("{token}\r\n").encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = |text: &str| [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for (config, token) in
        [(text.as_bytes().to_vec(), format!("{token}\r\n").into_bytes()), (marked(text), marked(token)), (utf_16.clone(), token_16)]
    {
        fs::write(home.join("scorewatch.toml"), config).unwrap();
        fs::write(home.join("token"), token).unwrap();
        let asked = run(home, &["ask", "secure_score", "--text"]);
        assert!(asked.status.success() && out(&asked).starts_with("contoso 20"), "{}", err(&asked));
    }
    // Without its mark nobody knows what it is.
    fs::write(home.join("scorewatch.toml"), &utf_16[2..]).unwrap();
    let refused = run(home, &["ask", "secure_score"]);
    assert!(refused.status.code() == Some(78) && err(&refused).contains("Save it as UTF-8"), "{}", err(&refused));
}
