//! How is the store kept safe? Copied into one file, also while a server runs.

use std::path::Path;

use super::output::{say, tell};
use crate::{
    config::Config,
    error::{Error, Result},
    store,
    text::{bytes, count},
};

pub(super) async fn run(config: &Config, file: &Path) -> Result<()> {
    if file == Path::new("-") {
        return Err(Error::bad_arguments("A backup cannot go to standard output: name a file, such as scorewatch-backup.db."));
    }
    let copied = store::backup(&config.store.path, file).await?;
    let count = |number: i64, noun| count(usize::try_from(number).unwrap_or_default(), noun);
    let (tenants, days) = (count(copied.tenants, "tenant"), count(copied.days, "day"));
    say(&format!("{} is a copy of the store: {}, {tenants}, {days} of scores.", file.display(), bytes(copied.bytes)))?;
    tell(
        "It contains names and comments of people, and hashes of API keys: keep it as safe as the store. To restore it: `scorewatch backup --help`.",
    );
    Ok(())
}
