//! `electrocardiograms/ecg_2024-06-15.csv`: some titled lines in the phone's language, then one voltage on each line.
//!
//! Titles are translated, so a line is known by the shape of its value: the first date with a clock is the recording,
//! the number with a unit of frequency the sample rate. Values may hold commas without quotes, and voltages a decimal
//! comma inside quotes.

use jiff::tz::TimeZone;

use crate::decode::date::{self, Stamp};
use crate::decode::digits::normalise;
use crate::model::words::Words;

/// One recording.
#[derive(Debug, PartialEq)]
pub struct Ecg {
    pub recorded: Stamp,
    /// Hertz.
    pub frequency: Option<f64>,
    /// In the phone's words.
    pub classification: String,
    pub symptoms: Option<String>,
    /// Title and value of every line, as written.
    pub titled: Vec<(String, String)>,
    pub microvolts: Vec<f64>,
}

/// Reads the file; the reason when it is no recording.
pub fn read(text: &str, home: &TimeZone) -> Result<Ecg, String> {
    let mut titled: Vec<(String, String)> = Vec::new();
    let mut values = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty()) {
        match voltage(line) {
            Some(value) => values.push(value),
            None if values.is_empty() => titled.extend(title(line)),
            None => return Err(format!("{line:?} is no voltage")),
        }
    }
    let at = titled.iter().position(|(_, value)| value.contains(':') && date::parse(value, home).is_some());
    let at = at.ok_or("no line tells when it was recorded")?;
    let recorded = date::parse(&titled[at].1, home).filter(Stamp::is_believable).ok_or("its time is not believable")?;
    if values.is_empty() {
        return Err("it has no voltages".into());
    }
    let after = |lines: usize| titled.get(at + lines).map(|(_, value)| value.clone());
    let scale = if titled.iter().any(|(_, value)| value == "mV") { 1000.0 } else { 1.0 };
    Ok(Ecg {
        recorded,
        frequency: titled.iter().find_map(|(_, value)| hertz(value)),
        classification: after(1).unwrap_or_default(),
        symptoms: after(2).filter(|symptoms| !symptoms.is_empty()),
        microvolts: values.into_iter().map(|value| value * scale).collect(),
        titled,
    })
}

/// `Symptoms,Chest pain, dizziness`: everything behind the first comma, quotes around it taken off.
fn title(line: &str) -> Option<(String, String)> {
    let (title, value) = line.split_once(',').unwrap_or((line, ""));
    let value = value.trim();
    let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    Some((title.trim().to_owned(), bare.replace("\"\"", "\"")))
}

/// `-265.868`, `-265,868` or `"-265,868"`.
fn voltage(line: &str) -> Option<f64> {
    let bare = line.trim_end_matches([',', ';']).trim_matches('"').replace('\u{2212}', "-").replace(',', ".");
    let numeric = bare.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    bare.parse().ok().filter(|value: &f64| numeric && value.is_finite())
}

/// `512.844 hertz`, `512,000 Hz`, `512赫兹`: a number, and the unit in any language on either side of it.
fn hertz(value: &str) -> Option<f64> {
    let plain = normalise(value);
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let from = plain.find(|c: char| c.is_ascii_digit())?;
    let to = plain[from..].find(|c| !is_of_number(c)).map_or(plain.len(), |length| from + length);
    let (before, after) = (plain[..from].trim(), plain[to..].trim());
    let unit = if before.is_empty() { after } else { before };
    if !before.is_empty() && !after.is_empty() {
        return None;
    }
    let frequency: f64 = plain[from..to].trim_end_matches(['.', ',']).replace(',', ".").parse().ok()?;
    let is_known = Words::Frequency.code(unit).is_some();
    (is_known && frequency > 0.0 && frequency < 100_000.0).then_some(frequency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_and_german_with_commas() {
        let english = "Name,Robin\nDate of Birth,Jan 1, 1990\nRecorded Date,2024-06-15 10:30:00 +0200\nClassification,Sinus Rhythm\nSymptoms,Chest pain, dizziness\nSoftware Version,2.0\nDevice,\"Watch5,4\"\nSample Rate,512.844 hertz\n\n\nLead,Lead I\nUnit,µV\n\n-265.868\n12\n";
        let ecg = read(english, &TimeZone::UTC).unwrap();
        assert_eq!((ecg.recorded.utc, ecg.frequency), (1_718_440_200, Some(512.844)));
        assert_eq!(
            (ecg.classification.as_str(), ecg.symptoms.as_deref()),
            ("Sinus Rhythm", Some("Chest pain, dizziness"))
        );
        assert_eq!(ecg.microvolts, [-265.868, 12.0]);
        let german = "Name, Robin\nGeburtsdatum, 01.01.1990\nAufzeichnungsdatum, 2024-06-15 10:30:00 +0200\nKlassifizierung, Sinusrhythmus\nSymptome,\nAbtastrate, 512,000 Hz\nEinheit, mV\n\"-0,265868\"\n\"1,5\"\n";
        let ecg = read(german, &TimeZone::UTC).unwrap();
        assert_eq!((ecg.frequency, ecg.classification.as_str(), ecg.symptoms), (Some(512.0), "Sinusrhythmus", None));
        assert_eq!(ecg.microvolts, [-265.868, 1500.0]);
    }

    #[test]
    fn the_sample_rate_in_the_words_of_every_language() {
        for value in [
            "512赫兹",
            "512.000赫茲",
            "512 赫兹",
            "512헤르츠",
            "512 hercios",
            "512 hertzs",
            "512 hertsiä",
            "512 herców",
            "512 hertzů",
            "512 hertzov",
            "512 herca",
            "512 de hertzi",
            "512 χερτζ",
            "512 герців",
            "512,000 герца",
            "٥١٢ هرتز",
            "٥١٢٫٠ هرتز",
            "512 הרץ",
            "512 हर्ट्ज़",
            "५१२ हर्ट्झ",
            "512 เฮิรตซ์",
            "512ヘルツ",
            "512\u{202f}Hz",
            "512 Hz",
            "512Hz",
            "512 hertz",
            "hezi 512",
            "512 Гц",
            "512 hertsi",
            "512 हर्ज",
        ] {
            assert_eq!(hertz(value), Some(512.0), "{value}");
        }
        assert_eq!(hertz("512,844 герца"), Some(512.844));
        for value in ["512", "Watch5,4", "2.0", "512 herds", "2024-06-15 10:30:00 +0200", "Hz", "a 512 Hz"] {
            assert_eq!(hertz(value), None, "{value}");
        }
    }

    #[test]
    fn other_tables_are_none() {
        for text in
            ["a,b\n1,2\n", "", "Recorded,2024-06-15 10:30:00 +0200\n", "Recorded,2024-06-15 10:30:00 +0200\n1\nx\n"]
        {
            assert!(read(text, &TimeZone::UTC).is_err(), "{text:?}");
        }
    }
}
