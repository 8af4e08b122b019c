//! A route as GPX 1.1, for maps and sport programs.
//!
//! Each part of the route is a segment, so that no line is drawn where nobody knows the way. Speed, course and accuracies are
//! extensions under the names that Apple's own export has; the heart rate is one in Garmin's words, which sport programs read.

use std::fmt::Write;

use jiff::Timestamp;
use quick_xml::escape::escape;

use crate::model::time::{fixed_zone, offset_rfc3339};
use crate::model::workout::RoutePoint;
use crate::query::workouts::{Beats, Whole};

pub const MEDIA_TYPE: &str = "application/gpx+xml";

/// The whole file; one track, with a segment for each part.
pub fn gpx(workout: &Whole, route: &[RoutePoint], beats: &Beats) -> String {
    let name = plain(if workout.name.is_empty() { &workout.activity } else { &workout.name });
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gpx version=\"1.1\" creator=\"health-export\" xmlns=\"http://www.topografix.com/GPX/1/1\" \
         xmlns:gpxtpx=\"http://www.garmin.com/xmlschemas/TrackPointExtension/v1\">\n\
         <metadata><name>{name}</name><time>{}</time></metadata>\n\
         <trk><name>{name}</name><type>{}</type>\n",
        offset_rfc3339(workout.start, 0),
        plain(&workout.activity),
    );
    for part in parts(route) {
        text.push_str("<trkseg>\n");
        for point in route.iter().filter(|point| point.part == part) {
            text.push_str(&position(point, beats.at(point.at)));
        }
        text.push_str("</trkseg>\n");
    }
    text.push_str("</trk>\n</gpx>\n");
    text
}

/// A name for the file that says what is in it, in letters that every system takes: `2024-05-01_12-00_running.gpx`.
pub fn file_name(workout: &Whole) -> String {
    let zone = fixed_zone(workout.offset_minutes);
    let start = Timestamp::from_second(workout.start).unwrap_or_default().to_zoned_datetime(zone);
    let activity: String = workout.activity.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let activity = Some(activity.trim_matches('_')).filter(|name| !name.is_empty()).unwrap_or("workout");
    format!("{}_{activity}.gpx", start.strftime("%Y-%m-%d_%H-%M"))
}

/// The parts there are, in the order in which they begin.
fn parts(route: &[RoutePoint]) -> Vec<u32> {
    let mut parts = Vec::new();
    for point in route {
        if !parts.contains(&point.part) {
            parts.push(point.part);
        }
    }
    parts
}

fn position(point: &RoutePoint, beats: Option<f64>) -> String {
    let mut text = format!("<trkpt lat=\"{}\" lon=\"{}\">", point.latitude, point.longitude);
    if let Some(altitude) = point.altitude {
        // Writing to a text cannot fail.
        let _ = write!(text, "<ele>{altitude}</ele>");
    }
    let _ = write!(text, "<time>{}</time>", offset_rfc3339(point.at, 0));
    let extensions = extensions(point, beats);
    if !extensions.is_empty() {
        let _ = write!(text, "<extensions>{extensions}</extensions>");
    }
    text + "</trkpt>\n"
}

fn extensions(point: &RoutePoint, beats: Option<f64>) -> String {
    let known = [
        ("speed", point.speed),
        ("course", point.course),
        ("hAcc", point.horizontal_accuracy),
        ("vAcc", point.vertical_accuracy),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some(format!("<{name}>{}</{name}>", value?)));
    // Whole beats, as their schema has it.
    let beats = beats.map(|rate| {
        let rate = rate.round();
        format!("<gpxtpx:TrackPointExtension><gpxtpx:hr>{rate}</gpxtpx:hr></gpxtpx:TrackPointExtension>")
    });
    known.chain(beats).collect()
}

/// Escaped, and without the control characters that XML cannot hold.
fn plain(text: &str) -> String {
    let held: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
    escape(&held).into_owned()
}
