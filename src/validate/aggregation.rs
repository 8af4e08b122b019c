//! Which layer a point belongs to: a measurement of HealthKit's own, or a bucket that the phone has summed.
//!
//! The automation says so in a header. A file or a plain POST does not, and then the dates tell: a document whose
//! points all lie on midnights holds days. Heart rate is apart, because with the app's default grouping it alone keeps
//! its seconds. Whatever was said, a point that does not begin on a bucket's boundary is a measurement.

use crate::model::time::Layer;
use crate::validate::ReadSection;
use crate::validate::reading::Reading;

/// What the phone says it did before sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregation {
    /// Not said, or "default", which means one thing for heart rate and another for the rest.
    #[default]
    Unstated,
    Stated(Layer),
}

impl Aggregation {
    /// Reads the header `automation-aggregation`; its spelling differs by version of the app.
    pub fn parse(header: &str) -> Aggregation {
        let word: String = header.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let stated = match word.trim_end_matches('s') {
            "none" | "off" | "false" | "raw" | "second" => Layer::Raw,
            "minute" => Layer::Minute,
            "hour" => Layer::Hour,
            "day" | "daily" => Layer::Day,
            "week" => Layer::Week,
            "month" => Layer::Month,
            "year" => Layer::Year,
            _ => return Aggregation::Unstated,
        };
        Aggregation::Stated(stated)
    }
}

/// The layer of each section.
pub fn layers(aggregation: Aggregation, sections: &[&ReadSection]) -> Vec<Layer> {
    if let Aggregation::Stated(layer) = aggregation {
        return vec![layer; sections.len()];
    }
    let grains: Vec<Layer> = sections.iter().map(|section| grain_of_section(section)).collect();
    let any_raw =
        sections.iter().zip(&grains).any(|(section, grain)| *grain == Layer::Raw && keeps_no_seconds(section));
    let document = if any_raw {
        Layer::Raw
    } else {
        grains.iter().copied().filter(|grain| *grain != Layer::Raw).min().unwrap_or(Layer::Raw)
    };
    grains.into_iter().map(|grain| if grain == Layer::Raw { grain } else { document }).collect()
}

/// True for metrics that come on whole minutes when the phone has grouped them.
fn keeps_no_seconds(section: &ReadSection) -> bool {
    section.meaning.name != "heart_rate"
}

/// The finest grain among a section's points.
fn grain_of_section(section: &ReadSection) -> Layer {
    section.readings.iter().flatten().map(grain).min().unwrap_or(Layer::Year)
}

/// The coarsest bucket that the point could be. One with an end of its own is a measurement.
fn grain(reading: &Reading) -> Layer {
    if reading.end.is_some() {
        return Layer::Raw;
    }
    [Layer::Day, Layer::Hour, Layer::Minute].into_iter().find(|layer| begins(reading, *layer)).unwrap_or(Layer::Raw)
}

/// `layer`, unless the point does not begin where a bucket of it does.
pub fn layer_of(reading: &Reading, layer: Layer) -> Layer {
    if begins(reading, layer) { layer } else { Layer::Raw }
}

fn begins(reading: &Reading, layer: Layer) -> bool {
    let local = reading.start + i64::from(reading.offset_minutes) * 60;
    let seconds = match layer {
        Layer::Raw => 1,
        Layer::Minute => 60,
        Layer::Hour => 3600,
        Layer::Day | Layer::Week | Layer::Month | Layer::Year => 86_400,
    };
    local.rem_euclid(seconds) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_in_every_spelling() {
        for (text, layer) in [
            ("Days", Layer::Day),
            ("minutes", Layer::Minute),
            (" HOURS ", Layer::Hour),
            ("None", Layer::Raw),
            ("Seconds", Layer::Raw),
            ("Months", Layer::Month),
        ] {
            assert_eq!(Aggregation::parse(text), Aggregation::Stated(layer), "{text}");
        }
        assert_eq!(Aggregation::parse("Default"), Aggregation::Unstated);
        assert_eq!(Aggregation::parse(""), Aggregation::Unstated);
    }
}
