//! The ways of outdoor workouts: a bean-shaped loop with a hill, in the sea off Africa, where nobody lives.

use std::f64::consts::TAU;

use super::exercise::Exercise;
use super::round;

/// Degrees of latitude and longitude of the middle.
const MIDDLE: (f64, f64) = (0.25, -0.35);
/// Kilometres to a degree, here at the equator in both directions.
const DEGREE: f64 = 111.32;

pub struct Place {
    pub at: i64,
    pub latitude: f64,
    pub longitude: f64,
    pub altitude: f64,
    /// Degrees from north.
    pub course: f64,
    /// Metres per second.
    pub speed: f64,
}

/// Nothing for what has no way.
pub fn places(exercise: &Exercise) -> Vec<Place> {
    let radius = exercise.kind.loop_radius;
    if radius == 0.0 {
        return Vec::new();
    }
    let lap = radius * lap_of_one();
    exercise.moments(exercise.step).map(|at| place(exercise, at, radius, lap)).collect()
}

fn place(exercise: &Exercise, at: i64, radius: f64, lap: f64) -> Place {
    let angle = exercise.distance(at) / lap * TAU;
    let (east, north) = point(angle);
    let (next_east, next_north) = point(angle + 1e-3);
    let speed = exercise.distance(at + 1) - exercise.distance(at);
    Place {
        at,
        latitude: round(MIDDLE.0 + radius * north / DEGREE, 6),
        longitude: round(MIDDLE.1 + radius * east / DEGREE, 6),
        altitude: round(46.0 + (24.0 * angle.sin() + 6.0 * (3.0 * angle).sin()) * radius.min(2.0), 1),
        course: round((next_east - east).atan2(next_north - north).to_degrees().rem_euclid(360.0), 1),
        speed: round(speed * 1000.0, 2),
    }
}

/// East and north of the middle, for a radius of one.
fn point(angle: f64) -> (f64, f64) {
    let far = 1.0 + 0.35 * (2.0 * angle).cos() + 0.12 * (3.0 * angle).sin();
    (far * angle.cos(), far * angle.sin())
}

/// The length of a lap for a radius of one.
fn lap_of_one() -> f64 {
    const PIECES: u32 = 720;
    let at = |piece: u32| point(f64::from(piece) / f64::from(PIECES) * TAU);
    let piece = |number: u32| {
        let ((east, north), (next_east, next_north)) = (at(number), at(number + 1));
        (next_east - east).hypot(next_north - north)
    };
    (0..PIECES).map(piece).sum()
}
