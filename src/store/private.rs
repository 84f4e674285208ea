//! Who may read a file that we make? Its owner only: it holds names and comments of people.

use std::{fs::File, io, path::Path};

/// Opens the file at `path` for writing, and makes it if there is none: readable by its owner only, also where `path` is a link to a
/// file that does not exist yet. What exists keeps its permissions, which somebody chose, and its contents.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt as _, symlink},
    };

    use super::*;
    use crate::store::Store;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn all_files_of_a_new_store_are_their_owners_also_behind_a_link() {
        let (home, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for link in [false, true] {
            let (path, real) = (home.path().join(format!("store-{link}.db")), disk.path().join("real.db"));
            let real = if link { real } else { path.clone() };
            if link {
                symlink(&real, &path).unwrap();
            }
            let store = Store::open(&path).await.unwrap();
            store.ensure_tenant("contoso").await.unwrap();
            let companions =
                ["", "-wal", "-shm", ".lock"].map(|end| real.with_file_name(format!("{}{end}", real.file_name().unwrap().display())));
            for file in companions {
                assert_eq!(mode(&file), 0o600, "{}", file.display());
            }
            store.close().await;
        }
        let beside_the_link: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(
            !beside_the_link.iter().any(|name| name == "store-true.db.lock"),
            "one lock, whatever the file is called: {beside_the_link:?}"
        );
    }

    #[test]
    fn what_exists_keeps_its_permissions_and_contents() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("shared");
        fs::write(&path, "words").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        drop(open(&path).unwrap());
        assert_eq!((mode(&path), fs::read_to_string(&path).unwrap()), (0o640, "words".to_owned()));
    }
}
