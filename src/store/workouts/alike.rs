//! Whether two accounts tell of the same workout.
//!
//! Two sources that have recorded the same run have recorded two workouts, as the phone shows them; so have two activities at
//! one start. What the app and Apple's export tell of one workout is one. The app seldom names the source, so the measured
//! distance has to tell its workouts apart.

use crate::model::sender::Sender;
use crate::model::source::{JOINED_BY, is_anonymous};
use crate::model::words::Words;

/// What a workout is found by.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// UTC epoch seconds.
    pub start: i64,
    pub end: i64,
    pub sender: i64,
    pub activity: String,
    pub sent_id: Option<String>,
    /// Empty when the sender names none.
    pub source: String,
    /// Kilometres.
    pub distance: Option<f64>,
}

/// Seconds, and part of the length, by which ends may differ because senders round differently.
const END_WITHIN: i64 = 90;
const END_PART: f64 = 0.05;

/// Kilometres, and part of the way, by which distances may.
const DISTANCE_WITHIN: f64 = 0.05;
const DISTANCE_PART: f64 = 0.02;

impl Told {
    /// How well two accounts of one start fit: 2 of the same sender, 1 of two; none when they are of different workouts.
    pub fn fits(&self, other: &Told) -> Option<u8> {
        let same_id = match (&self.sent_id, &other.sent_id) {
            (Some(one), Some(other)) => Some(one == other),
            _ => None,
        };
        if same_id == Some(true) {
            return Some(2);
        }
        if self.start != other.start || !self.may_share_source(other) {
            return None;
        }
        if self.sender == other.sender {
            return (same_id.is_none() && self.activity == other.activity).then_some(2);
        }
        (self.is_same_activity(other) && self.ends_with(other) && self.is_as_far(other)).then_some(1)
    }

    fn may_share_source(&self, other: &Told) -> bool {
        let unknown = |told: &Told| is_anonymous(&told.source);
        let has = |part: &str| other.source.split(JOINED_BY).any(|one| one == part);
        unknown(self) || unknown(other) || self.source.split(JOINED_BY).any(has)
    }

    /// A word that we do not know may mean anything.
    fn is_same_activity(&self, other: &Told) -> bool {
        let is_known =
            |told: &Told| told.sender == Sender::AppleExport.id() || Words::Activity.code(&told.activity).is_some();
        self.activity == other.activity || !is_known(self) || !is_known(other)
    }

    fn ends_with(&self, other: &Told) -> bool {
        let length = (self.end - self.start).max(other.end - other.start) as f64;
        ((self.end - other.end).abs() as f64) <= (length * END_PART).max(END_WITHIN as f64)
    }

    fn is_as_far(&self, other: &Told) -> bool {
        match (self.distance, other.distance) {
            (Some(one), Some(other)) => (one - other).abs() <= (one.max(other) * DISTANCE_PART).max(DISTANCE_WITHIN),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sender: Sender, id: Option<&str>, source: &str, kilometres: f64) -> Told {
        Told {
            start: 0,
            end: 1800,
            sender: sender.id(),
            activity: "running".into(),
            sent_id: id.map(str::to_owned),
            source: source.into(),
            distance: Some(kilometres),
        }
    }

    #[test]
    fn the_app_and_the_export_tell_of_one_and_two_sources_of_two() {
        let watch = told(Sender::AppleExport, None, "Watch", 5.0);
        let run = told(Sender::AppleExport, None, "Run App", 7.0);
        assert_eq!(watch.fits(&run), None);
        assert_eq!(watch.fits(&watch), Some(2));
        let (five, seven) =
            (told(Sender::AutoExport, Some("a"), "", 5.004), told(Sender::AutoExport, Some("b"), "", 7.0));
        assert_eq!((five.fits(&watch), five.fits(&run)), (Some(1), None));
        assert_eq!((run.fits(&seven), watch.fits(&seven)), (Some(1), None));
        assert_eq!((five.fits(&seven), five.fits(&Told { distance: Some(6.0), ..five.clone() })), (None, Some(2)));
        let ride = Told { activity: "cycling".into(), ..watch.clone() };
        assert_eq!((ride.fits(&watch), ride.fits(&five)), (None, None));
        let strange = Told { activity: "salida".into(), distance: None, ..five.clone() };
        assert_eq!(strange.fits(&watch), Some(1));
        assert_eq!(Told { end: 900, ..strange }.fits(&watch), None);
        assert_eq!(told(Sender::Shortcuts, None, "Shortcuts", 5.0).fits(&watch), Some(1));
    }
}
