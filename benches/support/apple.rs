//! A made-up export.xml as an iPhone writes it: long device texts, a metadata entry on every heart rate.

use std::io::{BufWriter, Write};
use std::path::Path;

const DEVICE: &str = "&lt;&lt;HKDevice: 0x282a45810&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, \
                      hardware:Watch6,2, software:9.6.3&gt;";

/// Type, unit, how many of ten records, and their length in seconds.
const TYPES: [(&str, &str, i64, i64); 4] = [
    ("HeartRate", "count/min", 5, 0),
    ("ActiveEnergyBurned", "kcal", 3, 60),
    ("StepCount", "count", 1, 60),
    ("BasalEnergyBurned", "kcal", 1, 60),
];

/// Writes so many records over eight years.
pub fn write(path: &Path, records: i64) {
    let mut file = BufWriter::new(std::fs::File::create(path).expect("a file"));
    let time = |at: i64| jiff::Timestamp::from_second(at).expect("a time").strftime("%Y-%m-%d %H:%M:%S +0000");
    writeln!(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE HealthData [\n<!ELEMENT HealthData ANY>\n]>\n<HealthData locale=\"en_US\">\n <ExportDate value=\"2024-06-15 10:30:00 +0200\"/>").expect("a line");
    for (name, unit, share, span) in TYPES {
        let count = records * share / 10;
        for at in 0..count {
            let start = 1_451_606_400 + at * 8 * 365 * 86_400 / count;
            write!(
                file,
                " <Record type=\"HKQuantityTypeIdentifier{name}\" sourceName=\"Robin’s Apple\u{a0}Watch\" sourceVersion=\"9.6.3\" \
                 device=\"{DEVICE}\" unit=\"{unit}\" creationDate=\"{}\" startDate=\"{}\" endDate=\"{}\" value=\"{}\"",
                time(start + 70),
                time(start),
                time(start + span),
                60.0 + (at % 97) as f64 / 7.0,
            )
            .expect("a record");
            let rest = match span {
                0 => ">\n  <MetadataEntry key=\"HKMetadataKeyHeartRateMotionContext\" value=\"0\"/>\n </Record>",
                _ => "/>",
            };
            writeln!(file, "{rest}").expect("a record");
        }
    }
    writeln!(file, "</HealthData>").expect("an end");
    file.flush().expect("a whole file");
}
