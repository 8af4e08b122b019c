//! The way of a workout, in the spelling of either version.

use jiff::tz::TimeZone;

use super::LeftOut;
use super::moment::Moment;
use crate::decode::auto_export::Node;
use crate::model::workout::RoutePoint;

/// The points of one list, in order of time; `path` is the list's own.
pub fn read(list: Node, path: &str, home: &TimeZone, left_out: &mut Vec<LeftOut>) -> Vec<RoutePoint> {
    let mut route = Vec::new();
    for (at, point) in list.items().enumerate() {
        match read_point(point, home) {
            Ok(point) => route.push(point),
            Err(reason) => left_out.push(LeftOut { path: format!("{path}[{at}]"), reason, item: point.json() }),
        }
    }
    route.sort_by_key(|point: &RoutePoint| point.at);
    route
}

fn read_point(point: Node, home: &TimeZone) -> Result<RoutePoint, String> {
    let at = Moment::find(point, &["timestamp", "date", "time", "start"], home)?.ok_or("the point has no timestamp")?;
    let degrees = |name: &str, keys: &[&str], limit: f64| {
        let number = point.any(keys).number().ok_or_else(|| format!("the point has no {name}"))?;
        if number.abs() <= limit { Ok(number) } else { Err(format!("{number} is no {name}")) }
    };
    let latitude = degrees("latitude", &["latitude", "lat"], 90.0)?;
    let longitude = degrees("longitude", &["longitude", "lon", "lng"], 180.0)?;
    let number = |keys: &[&str]| point.any(keys).number();
    // The phone writes -1 for what it does not know.
    let known = |keys: &[&str]| number(keys).filter(|number| *number >= 0.0);
    Ok(RoutePoint {
        at: at.utc,
        latitude,
        longitude,
        altitude: number(&["altitude", "elevation", "ele"]),
        part: 0,
        speed: known(&["speed"]),
        course: known(&["course"]),
        horizontal_accuracy: known(&["horizontalAccuracy"]),
        vertical_accuracy: known(&["verticalAccuracy"]),
    })
}
