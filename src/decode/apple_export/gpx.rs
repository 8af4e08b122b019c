//! Routes: `workout-routes/route_2025-09-26_7.18pm.gpx`, one point a second, times in true UTC.

use jiff::tz::TimeZone;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::decode::date;
use crate::model::workout::RoutePoint;

/// The points of all segments in the order of the file; those without a place or a time are left out. The reason when
/// the file is not XML to its end.
pub fn points(bytes: &[u8]) -> Result<Vec<RoutePoint>, String> {
    let mut xml = Reader::from_reader(bytes);
    xml.config_mut().check_end_names = false;
    let (mut points, mut point, mut field, mut part): (Vec<RoutePoint>, _, _, _) = (Vec::new(), None, String::new(), 0);
    loop {
        match xml.read_event() {
            Ok(Event::Start(start)) if start.name().0 == "trkpt" => point = place(&start, part),
            Ok(Event::Start(start)) => start.name().0.clone_into(&mut field),
            Ok(Event::Text(value)) => {
                if let Some(point) = &mut point {
                    set(point, &field, value.xml10_content().trim());
                }
            }
            Ok(Event::End(end)) if end.name().0 == "trkpt" => {
                points.extend(point.take().filter(|point| point.at != i64::MIN));
            }
            Ok(Event::End(end)) if end.name().0 == "trkseg" => {
                part += u32::from(points.last().is_some_and(|last| last.part == part));
            }
            Ok(Event::End(_)) => field.clear(),
            Ok(Event::Eof) => return Ok(points),
            Ok(_) => {}
            Err(fault) => return Err(format!("the route is not readable after {} points: {fault}", points.len())),
        }
    }
}

fn place(start: &BytesStart, part: u32) -> Option<RoutePoint> {
    let degrees = |name: &str, limit: f64| {
        let value: f64 = start.try_get_attribute(name).ok()??.value.trim().parse().ok()?;
        (value.abs() <= limit).then_some(value)
    };
    Some(RoutePoint {
        at: i64::MIN,
        latitude: degrees("lat", 90.0)?,
        longitude: degrees("lon", 180.0)?,
        part,
        ..RoutePoint::default()
    })
}

/// Sets what a child of a point says, under the names of GPX and of the `Location` elements of older exports.
pub fn set(point: &mut RoutePoint, field: &str, value: &str) {
    let number = || value.parse::<f64>().ok().filter(|number| number.is_finite());
    match field {
        "time" | "date" => {
            let stamp = date::parse(value, &TimeZone::UTC).filter(|stamp| stamp.is_believable());
            point.at = stamp.map_or(point.at, |stamp| stamp.utc);
        }
        "ele" | "altitude" => point.altitude = number(),
        "speed" => point.speed = number().filter(|speed| *speed >= 0.0),
        "course" => point.course = number().filter(|course| *course >= 0.0),
        "hAcc" | "horizontalAccuracy" => point.horizontal_accuracy = number(),
        "vAcc" | "verticalAccuracy" => point.vertical_accuracy = number(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_and_those_without_time_left_out() {
        let text = br#"<gpx><metadata><time>2020-01-01T00:00:00Z</time></metadata><trk><trkseg>
            <trkpt lon="2.25" lat="48.5"><ele>35.5</ele><time>2025-09-26T17:18:30Z</time>
              <extensions><speed>2.5</speed><course>-1</course><hAcc>3</hAcc><vAcc>4</vAcc></extensions></trkpt>
            <trkpt lon="2" lat="48"><ele>35</ele></trkpt>
            <trkpt lon="2" lat="148"><time>2025-09-26T17:18:31Z</time></trkpt></trkseg></trk></gpx>"#;
        let points = points(text).unwrap();
        assert_eq!(points.len(), 1);
        assert_eq!((points[0].at, points[0].latitude, points[0].longitude), (1_758_907_110, 48.5, 2.25));
        assert_eq!((points[0].altitude, points[0].speed, points[0].course), (Some(35.5), Some(2.5), None));
        assert!(super::points(b"<gpx><trkpt lat='1").is_err());
    }
}
