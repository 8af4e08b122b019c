//! The history as Apple's export.zip: export.xml with its DTD and quirks, a GPX file for each run, an ECG.
//!
//! All times carry one offset, that of the moment of export, as in real exports.

use std::io::{Seek, Write};

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::error::{Error, Result};
use crate::synth::history::{History, MEASURES, PHONE, RawSample, Run, Segment, Symptom, WATCH};

const FOLDER: &str = "apple_health_export";

/// Writes the whole zip.
pub fn zip(history: &History, out: impl Write + Seek) -> Result<()> {
    let failed = |fault: zip::result::ZipError| Error::BadRequest(format!("the zip cannot be written: {fault}"));
    let mut zip = ZipWriter::new(out);
    let file = |name: &str, zip: &mut ZipWriter<_>| {
        zip.start_file(format!("{FOLDER}/{name}"), SimpleFileOptions::default()).map_err(failed)
    };
    file("export.xml", &mut zip)?;
    xml(history, &mut zip).map_err(|fault| Error::io("writing export.xml", &fault))?;
    for run in &history.runs {
        file(&route_name(history, run), &mut zip)?;
        gpx(run, &mut zip).map_err(|fault| Error::io("writing a route", &fault))?;
    }
    zip.finish().map_err(failed)?;
    Ok(())
}

/// Writes export.xml alone.
pub fn xml(history: &History, out: &mut impl Write) -> std::io::Result<()> {
    let dates = Dates::of_export(history);
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE HealthData [\n<!-- HealthKit Export Version: 14 -->\n\
         <!ELEMENT HealthData (ExportDate,Me,(Record|Workout)*)>\n]>\n<HealthData locale=\"en_DE\">\n \
         <ExportDate value=\"{}\"/>\n \
         <Me HKCharacteristicTypeIdentifierDateOfBirth=\"1990-01-01\" \
         HKCharacteristicTypeIdentifierBiologicalSex=\"HKBiologicalSexNotSet\"/>\n",
        dates.export
    )?;
    for measure in MEASURES {
        for sample in history.samples.iter().filter(|sample| sample.measure == measure) {
            record(&dates, sample, out)?;
        }
    }
    history.segments.iter().try_for_each(|segment| sleep(&dates, segment, out))?;
    history.symptoms.iter().try_for_each(|one| symptom(&dates, one, out))?;
    history.runs.iter().try_for_each(|run| workout(history, &dates, run, out))?;
    out.write_all(b"</HealthData>\n")
}

/// The one offset of an export.
struct Dates {
    zone: TimeZone,
    export: String,
}

impl Dates {
    fn of_export(history: &History) -> Dates {
        let last = history.samples.iter().map(|sample| sample.end).max().unwrap_or(0) + 86_400;
        let home = history.zone.clone().unwrap_or(TimeZone::UTC);
        let offset: Offset = home.to_offset(Timestamp::from_second(last).unwrap_or_default());
        let mut dates = Dates { zone: offset.to_time_zone(), export: String::new() };
        dates.export = dates.of(last);
        dates
    }

    fn of(&self, utc: i64) -> String {
        let at = Timestamp::from_second(utc).unwrap_or_default().to_zoned_datetime(self.zone.clone());
        at.strftime("%Y-%m-%d %H:%M:%S %z").to_string()
    }
}

fn source(name: &str) -> String {
    let device = match name {
        WATCH => device("Apple Watch", "Watch", "Watch6,2"),
        PHONE => device("iPhone", "iPhone", "iPhone13,2"),
        _ => String::new(),
    };
    format!("sourceName=\"{name}\" sourceVersion=\"17.1\"{device}")
}

fn device(name: &str, model: &str, hardware: &str) -> String {
    format!(
        " device=\"&lt;&lt;HKDevice: 0x283d1a2b0&gt;, name:{name}, manufacturer:Apple Inc., model:{model}, \
         hardware:{hardware}, software:17.1&gt;\""
    )
}

fn record(dates: &Dates, sample: &RawSample, out: &mut impl Write) -> std::io::Result<()> {
    let RawSample { measure, start, end, value, source: name } = sample;
    // Apple writes percentages as fractions.
    let value = if measure.unit == "%" { value / 100.0 } else { *value };
    writeln!(
        out,
        " <Record type=\"HKQuantityTypeIdentifier{}\" {} unit=\"{}\" creationDate=\"{}\" startDate=\"{}\" \
         endDate=\"{}\" value=\"{value}\"/>",
        measure.healthkit,
        source(name),
        measure.unit,
        dates.of(*end),
        dates.of(*start),
        dates.of(*end)
    )
}

fn sleep(dates: &Dates, segment: &Segment, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        " <Record type=\"HKCategoryTypeIdentifierSleepAnalysis\" {} creationDate=\"{}\" startDate=\"{}\" endDate=\"{}\" \
         value=\"HKCategoryValueSleepAnalysis{}\"/>",
        source(segment.source),
        dates.of(segment.end),
        dates.of(segment.start),
        dates.of(segment.end),
        segment.stage
    )
}

fn symptom(dates: &Dates, symptom: &Symptom, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        " <Record type=\"HKCategoryTypeIdentifier{}\" {} startDate=\"{}\" endDate=\"{}\" \
         value=\"HKCategoryValueSeverity{}\"/>",
        symptom.name,
        source("Health"),
        dates.of(symptom.start),
        dates.of(symptom.end),
        symptom.severity
    )
}

fn workout(history: &History, dates: &Dates, run: &Run, out: &mut impl Write) -> std::io::Result<()> {
    let (start, end) = (dates.of(run.start), dates.of(run.end));
    writeln!(
        out,
        " <Workout workoutActivityType=\"HKWorkoutActivityTypeRunning\" duration=\"{}\" durationUnit=\"min\" {} \
         creationDate=\"{end}\" startDate=\"{start}\" endDate=\"{end}\">\n  \
         <MetadataEntry key=\"HKIndoorWorkout\" value=\"0\"/>",
        (run.end - run.start) as f64 / 60.0,
        source(WATCH)
    )?;
    for (measure, sum, unit) in
        [("DistanceWalkingRunning", run.kilometres, "km"), ("ActiveEnergyBurned", run.kilocalories, "kcal")]
    {
        writeln!(
            out,
            "  <WorkoutStatistics type=\"HKQuantityTypeIdentifier{measure}\" startDate=\"{start}\" endDate=\"{end}\" \
             sum=\"{sum}\" unit=\"{unit}\"/>"
        )?;
    }
    writeln!(
        out,
        "  <WorkoutRoute {} startDate=\"{start}\" endDate=\"{end}\">\n   <FileReference path=\"/{}\"/>\n  \
         </WorkoutRoute>\n </Workout>",
        source(WATCH),
        route_name(history, run)
    )
}

fn route_name(history: &History, run: &Run) -> String {
    let zone = history.zone.clone().unwrap_or(TimeZone::UTC);
    let at = Timestamp::from_second(run.start).unwrap_or_default().to_zoned_datetime(zone);
    format!("workout-routes/route_{}.gpx", at.strftime("%Y-%m-%d_%-I.%M%P"))
}

fn gpx(run: &Run, out: &mut impl Write) -> std::io::Result<()> {
    out.write_all(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"Apple Health Export\" \
          xmlns=\"http://www.topografix.com/GPX/1/1\">\n <trk>\n  <name>Route</name>\n  <trkseg>\n",
    )?;
    for (at, latitude, longitude, altitude) in &run.route {
        let time = Timestamp::from_second(*at).unwrap_or_default();
        writeln!(
            out,
            "   <trkpt lon=\"{longitude}\" lat=\"{latitude}\"><ele>{altitude}</ele><time>{time}</time>\
             <extensions><speed>2.8</speed><course>90</course><hAcc>4</hAcc><vAcc>3</vAcc></extensions></trkpt>"
        )?;
    }
    out.write_all(b"  </trkseg>\n </trk>\n</gpx>\n")
}
