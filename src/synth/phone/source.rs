//! Who writes into a made-up phone's Health, and in which order the phone believes them.

use crate::synth::random::Random;

/// A writer. The order is the phone's own: what was entered by hand first, then its devices, then apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Entered by hand in Health.
    Manual,
    Watch,
    Phone,
    /// An app that goes with a ring.
    Ring,
    /// An app in which meals are written down.
    FoodLog,
}

/// What each of them is called on one phone.
#[derive(Debug, Clone)]
pub struct Names {
    watch: &'static str,
    phone: &'static str,
    ring: &'static str,
}

const WATCHES: [&str; 3] = ["Sam\u{2019}s Apple\u{a0}Watch", "Apple Watch \u{1f41d}", "Apple Watch von Sam"];
const PHONES: [&str; 3] = ["Sam\u{2019}s iPhone", "iPhone \u{1f41d}", "iPhone von Sam"];
/// The last is an app whose name promises more than it is.
const RINGS: [&str; 3] = ["Loop", "Circle Ring", "HeartWatch"];

impl Names {
    pub fn of(random: &mut Random) -> Names {
        let mut pick = |names: &[&'static str; 3]| names[(random.number() % 3) as usize];
        Names { watch: pick(&WATCHES), phone: pick(&PHONES), ring: pick(&RINGS) }
    }

    pub fn name(&self, source: Source) -> &'static str {
        match source {
            Source::Manual => "Health",
            Source::Watch => self.watch,
            Source::Phone => self.phone,
            Source::Ring => self.ring,
            Source::FoodLog => "Foodbook",
        }
    }

    /// The attribute `sourceVersion` of Apple's export: the system signs with its own version, which stands in `device` as well,
    /// and an app with the app's.
    pub fn version(&self, source: Source) -> &'static str {
        match source {
            Source::Watch => "10.1",
            Source::Phone | Source::Manual => "17.1",
            Source::Ring => "4.12.0",
            Source::FoodLog => "2381",
        }
    }

    /// The attribute `device` of Apple's export, escaped; apps have none.
    pub fn device(&self, source: Source) -> Option<&'static str> {
        match source {
            Source::Watch => Some(
                "&lt;&lt;HKDevice: 0x283d1a2b0&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, \
                 hardware:Watch6,2, software:10.1&gt;",
            ),
            Source::Phone => Some(
                "&lt;&lt;HKDevice: 0x283d1a2c0&gt;, name:iPhone, manufacturer:Apple Inc., model:iPhone, \
                 hardware:iPhone13,2, software:17.1&gt;",
            ),
            Source::Manual | Source::Ring | Source::FoodLog => None,
        }
    }
}
