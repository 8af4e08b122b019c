//! `HeartRateVariabilityMetadataList`: the beats behind one value of heart rate variability.
//!
//! Each beat has a time of day in the phone's language and its true zone, without a date. No zone is off by other than
//! quarters of an hour, so the first beat is placed within the quarter that the record's start leaves open, and the rest
//! follow by their differences. That needs neither the zone nor the word for "after noon".

use crate::decode::apple_export::{Element, text};
use crate::model::event::{Event, EventSeries};
use crate::validate::apple_export::Validator;

const QUARTER: f64 = 900.0;
const HALF_DAY: f64 = 43_200.0;

impl Validator<'_> {
    /// Adds the beats to the item of their record; what cannot be read of them is left out.
    pub(super) fn add_beats(
        &mut self,
        item: u32,
        list: Element,
        start: i64,
        span: i64,
        offset_minutes: i32,
        source: &str,
    ) {
        let beats = list.children_named("InstantaneousBeatsPerMinute").filter_map(|beat| {
            let bpm: f64 = beat.get("bpm")?.trim().replace(',', ".").parse().ok()?;
            let time = time_of_day(&beat.get("time")?)?;
            (bpm.is_finite() && (0.0..1000.0).contains(&bpm)).then_some((bpm, time))
        });
        let (values, times): (Vec<f64>, Vec<f64>) = beats.unzip();
        if values.is_empty() {
            return;
        }
        self.heavy += 5 + values.len() / 6;
        self.filling.batch.events.push(Event {
            item,
            sender: self.sender,
            kind: "heartbeat_series",
            code: "heartbeat_series".into(),
            name: "HeartRateVariabilityMetadataList".into(),
            value: None,
            value_sent: None,
            start,
            span,
            offset_minutes,
            source: text(source).trim().to_owned(),
            details: serde_json::Map::new(),
            series: Some(EventSeries { unit: "count/min".into(), frequency: None, values, at: offsets(&times, start) }),
        });
    }
}

/// Seconds from the start for each time of day.
fn offsets(times: &[f64], start: i64) -> Vec<f64> {
    let first = times.first().copied().unwrap_or_default();
    let mut shift = (first - start as f64).rem_euclid(QUARTER);
    // The start is cut to whole seconds, and some phones round it.
    if shift > QUARTER - 5.0 {
        shift -= QUARTER;
    }
    let thousandths = |seconds: f64| (seconds * 1e3).round() / 1e3;
    times.iter().map(|time| thousandths((time - first).rem_euclid(HALF_DAY) + shift)).collect()
}

/// `00:20:37,80`, `7:47:41.86 PM` or `午後7:47:41.86` in seconds of half a day.
fn time_of_day(text: &str) -> Option<f64> {
    let plain: String = text.chars().map(digit).collect();
    let mut parts = plain.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
    let mut number = |most: f64| parts.next()?.parse::<f64>().ok().filter(|number| *number < most);
    let (hour, minute, second) = (number(25.0)?, number(60.0)?, number(61.0)?);
    let fraction = parts.next().map_or(Some(0.0), |digits| format!("0.{digits}").parse().ok())?;
    Some(hour % 12.0 * 3600.0 + minute * 60.0 + second + fraction)
}

/// Arabic digits as ASCII ones.
fn digit(letter: char) -> char {
    let from = |zero: char| char::from_digit(letter as u32 - zero as u32, 10).unwrap_or(letter);
    match letter {
        '٠'..='٩' => from('٠'),
        '۰'..='۹' => from('۰'),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_follow_the_start_whatever_the_zone_and_language() {
        let start = 1_609_802_429; // 2021-01-04 23:20:29Z, written 01:20:29 +0200
        for texts in [["00:20:37,80", "00:20:38,55"], ["12:20:37.80 AM", "12:20:38.55 AM"]] {
            let times: Vec<f64> = texts.iter().map(|text| time_of_day(text).unwrap()).collect();
            assert_eq!(offsets(&times, start), [8.8, 9.55]);
        }
        let over_noon: Vec<f64> =
            ["11:59:59.5 AM", "12:00:00.5 PM"].iter().map(|text| time_of_day(text).unwrap()).collect();
        assert_eq!(offsets(&over_noon, 86_400 + 43_199), [0.5, 1.5]);
        assert_eq!(time_of_day("noon"), None);
    }
}
