//! A route as GeoJSON (RFC 7946): a collection of one line, with what GeoJSON has no place for in its properties.

use serde_json::{Map, Value, json};

use crate::model::workout::RoutePoint;
use crate::query::workouts::Whole;

/// What is known of a place beside where and when.
type Column = fn(&RoutePoint) -> Option<f64>;

pub const MEDIA_TYPE: &str = "application/geo+json";

/// Positions are `[longitude, latitude]`, with the altitude in metres where it is known. `times`, `speed`, `course` and the
/// accuracies have an entry for each position, times as `time` writes them; those that nobody has told are left out.
pub fn geojson(workout: &Whole, route: &[RoutePoint], time: impl Fn(i64) -> String) -> Value {
    let position = |point: &RoutePoint| {
        let flat = [point.longitude, point.latitude].into_iter();
        flat.chain(point.altitude).collect::<Vec<f64>>()
    };
    let positions: Vec<Vec<f64>> = route.iter().map(position).collect();
    let geometry = match &positions[..] {
        // A line needs two ends.
        [only] => json!({"type": "Point", "coordinates": only}),
        _ => json!({"type": "LineString", "coordinates": positions}),
    };
    json!({
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": properties(workout, route, time), "geometry": geometry}],
    })
}

fn properties(workout: &Whole, route: &[RoutePoint], time: impl Fn(i64) -> String) -> Map<String, Value> {
    let time = |utc: i64| json!(time(utc));
    let mut properties = Map::from_iter([
        ("workout".to_owned(), json!(workout.id.to_string())),
        ("type".to_owned(), json!(workout.activity)),
        ("name".to_owned(), json!(workout.name)),
        ("start".to_owned(), time(workout.start)),
        ("end".to_owned(), time(workout.end)),
        ("times".to_owned(), route.iter().map(|point| time(point.at)).collect()),
    ]);
    let columns: [(&str, Column); 4] = [
        ("speed", |point| point.speed),
        ("course", |point| point.course),
        ("horizontal_accuracy", |point| point.horizontal_accuracy),
        ("vertical_accuracy", |point| point.vertical_accuracy),
    ];
    for (name, column) in columns {
        if route.iter().any(|point| column(point).is_some()) {
            properties.insert(name.to_owned(), route.iter().map(|point| json!(column(point))).collect());
        }
    }
    properties
}
