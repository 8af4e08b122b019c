//! For commands that are about what is stored: a mistyped folder must not become an empty database that is all well.

use crate::config::Settings;
use crate::error::{Error, Result};
use crate::store::connection::database_path;

/// Refuses a data directory without a database, before anything is made there.
pub fn database(settings: &Settings) -> Result<()> {
    match database_path(&settings.data_dir).exists() {
        true => Ok(()),
        false => Err(Error::NotFound(format!(
            "there is no database in {}: name another folder with --data-dir, or start the server there first",
            settings.data_dir.display()
        ))),
    }
}
