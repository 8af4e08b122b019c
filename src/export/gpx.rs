//! A route as GPX 1.1, for maps and sport programs.

use quick_xml::escape::escape;

use crate::model::time::offset_rfc3339;
use crate::model::workout::RoutePoint;
use crate::query::workouts::Whole;

pub const MEDIA_TYPE: &str = "application/gpx+xml";

/// The whole file; one track of one segment.
pub fn gpx(workout: &Whole, route: &[RoutePoint]) -> String {
    let name = plain(if workout.name.is_empty() { &workout.activity } else { &workout.name });
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gpx version=\"1.1\" creator=\"health-export\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n\
         <metadata><name>{name}</name><time>{}</time></metadata>\n\
         <trk><name>{name}</name><type>{}</type><trkseg>\n",
        offset_rfc3339(workout.start, 0),
        plain(&workout.activity),
    );
    for point in route {
        text.push_str(&format!("<trkpt lat=\"{}\" lon=\"{}\">", point.latitude, point.longitude));
        if let Some(altitude) = point.altitude {
            text.push_str(&format!("<ele>{altitude}</ele>"));
        }
        text.push_str(&format!("<time>{}</time></trkpt>\n", offset_rfc3339(point.at, 0)));
    }
    text.push_str("</trkseg></trk>\n</gpx>\n");
    text
}

/// Escaped, and without the control characters that XML cannot hold.
fn plain(text: &str) -> String {
    let held: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
    escape(&held).into_owned()
}
