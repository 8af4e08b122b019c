//! Changes `config.toml` as a person would: one line is another, and everything else, comments too, stays as it was written.
//! The file is whole at any moment, the old one or the new one.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Value};

use crate::config::{EXAMPLE, texts};
use crate::error::{Error, Result};
use crate::sys::files;

/// Writes settings into the `config.toml` of a data directory, which is made when there is none.
pub fn set(data_dir: &Path, settings: &[(&str, &str)]) -> Result<()> {
    let path = path(data_dir)?;
    let text = files::read_text(&path)?.unwrap_or_default();
    let changed = changed(&text, settings, &path)?;
    write(&path, &changed).map_err(|fault| match fault {
        Error::DiskFull => Error::DiskFull,
        fault => Error::BadRequest(format!("{fault}: write {} there by hand", lines(settings))),
    })
}

/// The file itself, where the name is a link to it.
fn path(data_dir: &Path) -> Result<PathBuf> {
    let path = data_dir.join("config.toml");
    match fs::canonicalize(&path) {
        Ok(path) => Ok(path),
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(path),
        Err(fault) => Err(Error::io("looking for config.toml", &fault)),
    }
}

fn changed(text: &str, settings: &[(&str, &str)], path: &Path) -> Result<String> {
    let known = texts(EXAMPLE, "the built-in defaults")?;
    let mut document: DocumentMut =
        text.parse().map_err(|fault| Error::BadRequest(format!("{} is not valid: {fault}", path.display())))?;
    for (key, value) in settings {
        if !known.contains_key(*key) || *key == "data_dir" {
            return Err(Error::Internal(format!("{key:?} is no setting of config.toml")));
        }
        let mut value = Value::from(*value);
        if let Some(before) = document.get(key).and_then(Item::as_value) {
            // A comment behind it belongs to the value.
            *value.decor_mut() = before.decor().clone();
        }
        document[*key] = Item::Value(value);
    }
    Ok(document.to_string())
}

fn write(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension("toml.new");
    files::remove(&new)?;
    files::write_private(&new, text)?;
    if let Ok(before) = fs::metadata(path) {
        fs::set_permissions(&new, before.permissions()).map_err(|fault| Error::io("writing config.toml", &fault))?;
    }
    files::move_if_there(&new, path)?;
    files::settle_folder(&files::folder_of(path))
}

fn lines(settings: &[(&str, &str)]) -> String {
    settings.iter().map(|(key, value)| format!("{key} = {value:?}")).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn written(before: &str, settings: &[(&str, &str)]) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, before).unwrap();
        let done = set(folder.path(), settings);
        let after = fs::read_to_string(&path).unwrap();
        if done.is_err() {
            assert_eq!(after, before, "a refusal changes nothing");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        done.map(|()| after)
    }

    #[test]
    fn one_line_is_another_and_the_rest_stays_to_the_byte() {
        let before = "# Mine.\nreaders = 7 # few\n\nlisten   =  '127.0.0.1:1'  # this machine\n# end\n";
        let after = written(before, &[("listen", "0.0.0.0:8787")]).unwrap();
        assert_eq!(after, before.replace("'127.0.0.1:1'", "\"0.0.0.0:8787\""));
        let after = written(before, &[("home_zone", "Europe/Berlin"), ("units", "imperial")]).unwrap();
        assert!(after.contains("home_zone = \"Europe/Berlin\"\nunits = \"imperial\"\n"), "{after}");
        assert!(before.lines().all(|line| after.contains(line)), "{after}");
    }

    #[test]
    fn a_text_cannot_become_another_setting() {
        let after = written("", &[("units", "a\"\nlisten = \"0.0.0.0:1")]).unwrap();
        let read: toml::Table = after.parse().unwrap();
        assert_eq!(read["units"].as_str(), Some("a\"\nlisten = \"0.0.0.0:1"));
        assert_eq!(read.len(), 1);
    }

    #[test]
    fn what_is_no_setting_and_what_is_no_toml_are_refused() {
        assert!(written("", &[("data_dir", "/tmp")]).is_err());
        assert!(written("", &[("colour", "red")]).is_err());
        let fault = written("listen = ", &[("listen", "0.0.0.0:1")]).unwrap_err().to_string();
        assert!(fault.contains("config.toml is not valid"), "{fault}");
    }

    #[test]
    fn a_new_file_is_private_an_old_one_keeps_its_mode_and_a_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, real) = (folder.path().join("config.toml"), folder.path().join("real.toml"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        set(folder.path(), &[("units", "metric")]).unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::rename(&path, &real).unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &path).unwrap();
        set(folder.path(), &[("units", "imperial")]).unwrap();
        assert!(path.is_symlink());
        assert_eq!((fs::read_to_string(&real).unwrap(), mode(&real)), ("units = \"imperial\"\n".into(), 0o640));
    }
}
