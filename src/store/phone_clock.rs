//! What the clocks of the phones say beside those of the home zone: a container that was given no zone keeps UTC, and cuts days
//! at another midnight than its people.

use jiff::tz::TimeZone;
use rusqlite::Connection;

use crate::error::Result;
use crate::model::preferences::Preference;
use crate::model::time::offset_minutes_at;

/// Metrics looked at, those with the latest samples first.
const MOST: i64 = 100;
/// What is older than the latest sample by more tells of another time of the year, or of another place.
const RECENT: i64 = 3 * 86_400;

/// What to tell the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether nobody has chosen a zone; else a phone may be away from home.
    pub is_unset: bool,
    pub text: String,
}

/// Minutes east of UTC.
#[derive(Clone, Copy)]
struct Difference {
    phone: i32,
    home: i32,
}

/// A notice where the phones' clocks are others than those of the home zone.
pub fn notice(connection: &Connection, home: &Preference<TimeZone>) -> Result<Option<Notice>> {
    let told = |Difference { phone, home: ours }| {
        let (phone, ours, name) = (offset(phone), offset(ours), &home.text);
        let is_unset = home.from == "default" && is_nowhere(&home.value);
        let text = match is_unset {
            true => format!(
                "the phone's clock is {phone} from UTC, but no home zone was set, so days are those of {name}: set home_zone to \
                 where you live, such as Europe/Berlin (on the page under Settings, or HEALTH_EXPORT_HOME_ZONE for a container)"
            ),
            false => format!(
                "the phone's clock is {phone} from UTC, that of the home zone {name} {ours}: right while you are away, else set \
                 home_zone to where you live"
            ),
        };
        Notice { is_unset, text }
    };
    Ok(difference(connection, &home.value)?.map(told))
}

/// What systems call the zone when they were given none.
fn is_nowhere(zone: &TimeZone) -> bool {
    let name = zone.iana_name().unwrap_or("UTC");
    name.starts_with("Etc/") || ["UTC", "GMT", "UCT", "Zulu", "Universal", "Greenwich"].contains(&name)
}

/// `+02:00`
fn offset(minutes: i32) -> String {
    format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
}

/// Compares the latest sample of each metric with the home zone; none where most of them agree.
fn difference(connection: &Connection, home: &TimeZone) -> Result<Option<Difference>> {
    let mut statement = connection.prepare_cached(
        "SELECT start, offset_minutes FROM (
             SELECT user, metric, layer, max(last) AS last FROM series WHERE samples > 0 GROUP BY user, metric, layer
             ORDER BY last DESC LIMIT ?1) AS latest
         JOIN sample USING (user, metric, layer) WHERE start = last ORDER BY start DESC",
    )?;
    let rows = statement.query_map([MOST], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut found: Vec<(i64, i32)> = rows.collect::<rusqlite::Result<_>>()?;
    let since = found.first().map_or(i64::MAX, |(start, _)| start - RECENT);
    found.retain(|(start, _)| *start >= since);
    let other = |(start, phone): &(i64, i32)| {
        let home = offset_minutes_at(*start, home);
        (home != *phone).then_some(Difference { phone: *phone, home })
    };
    let others: Vec<Difference> = found.iter().filter_map(other).collect();
    Ok(others.first().copied().filter(|_| others.len() * 2 > found.len()))
}
