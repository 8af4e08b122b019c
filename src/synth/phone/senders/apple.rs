//! Apple's export.zip, of all that is on the phone at a moment. All its times carry the offset of that moment.

use std::io::{Cursor, Write};

use jiff::tz::TimeZone;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Sync;
use crate::error::{Error, Result};
use crate::synth::phone::calendar::{moment, text};
use crate::synth::phone::metric::Metric;
use crate::synth::phone::source::Source;
use crate::synth::phone::store::{Sample, Segment, Workout};

/// The zip.
pub fn zip(sync: &Sync, metrics: &[Metric]) -> Result<Vec<u8>> {
    let failed = |fault: zip::result::ZipError| Error::BadRequest(format!("the zip cannot be written: {fault}"));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("apple_health_export/export.xml", SimpleFileOptions::default()).map_err(failed)?;
    let mut text = String::new();
    Export { sync, zone: sync.zone.to_offset(moment(sync.moment)).to_time_zone() }.write(metrics, &mut text);
    zip.write_all(text.as_bytes()).map_err(|fault| Error::io("writing export.xml", &fault))?;
    Ok(zip.finish().map_err(failed)?.into_inner())
}

struct Export<'a> {
    sync: &'a Sync<'a>,
    /// The one offset.
    zone: TimeZone,
}

impl Export<'_> {
    fn write(&self, metrics: &[Metric], out: &mut String) {
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE HealthData [\n<!-- HealthKit Export Version: 14 -->\n]>\n");
        let date = self.text(self.sync.moment);
        out.push_str(&format!("<HealthData locale=\"en_DE\">\n <ExportDate value=\"{date}\"/>\n"));
        for metric in metrics {
            let there = self.sync.seen(*metric, i64::MIN / 2, i64::MAX / 2);
            there.into_iter().for_each(|sample| self.record(sample, out));
        }
        let store = &self.sync.phone.store;
        let known = |at: i64| at >= self.sync.known;
        self.sync.segments().for_each(|one| self.segment(one, out));
        let workouts = store.workouts.iter().filter(|one| one.presence.at(self.sync.moment) && known(one.start));
        workouts.for_each(|one| self.workout(one, out));
        out.push_str("</HealthData>\n");
    }

    fn text(&self, at: i64) -> String {
        text(at, &self.zone)
    }

    fn source(&self, source: Source) -> String {
        let names = &self.sync.phone.names;
        let device = names.device(source).map_or(String::new(), |device| format!(" device=\"{device}\""));
        format!("sourceName=\"{}\" sourceVersion=\"{}\"{device}", names.name(source), names.version(source))
    }

    fn times(&self, start: i64, end: i64) -> String {
        format!("startDate=\"{}\" endDate=\"{}\"", self.text(start), self.text(end))
    }

    fn record(&self, sample: &Sample, out: &mut String) {
        let facts = sample.metric.facts();
        out.push_str(&format!(
            " <Record type=\"HKQuantityTypeIdentifier{}\" {} unit=\"{}\" creationDate=\"{}\" {} value=\"{}\"",
            facts.healthkit,
            self.source(sample.source),
            facts.unit,
            self.text(sample.created),
            self.times(sample.start, sample.end),
            sample.value
        ));
        match sample.source {
            Source::Manual => out.push_str(">\n  <MetadataEntry key=\"HKWasUserEntered\" value=\"1\"/>\n </Record>\n"),
            _ => out.push_str("/>\n"),
        }
    }

    fn segment(&self, one: &Segment, out: &mut String) {
        out.push_str(&format!(
            " <Record type=\"HKCategoryTypeIdentifierSleepAnalysis\" {} creationDate=\"{}\" {} \
             value=\"HKCategoryValueSleepAnalysis{}\">\n  <MetadataEntry key=\"HKTimeZone\" value=\"{}\"/>\n </Record>\n",
            self.source(one.source),
            self.text(one.presence.added),
            self.times(one.start, one.end),
            one.stage,
            one.zone
        ));
    }

    fn workout(&self, one: &Workout, out: &mut String) {
        let times = self.times(one.start, one.end);
        out.push_str(&format!(
            " <Workout workoutActivityType=\"HKWorkoutActivityTypeRunning\" duration=\"{}\" durationUnit=\"min\" {} \
             creationDate=\"{}\" {times}>\n",
            (one.end - one.start) as f64 / 60.0,
            self.source(one.source),
            self.text(one.presence.added)
        ));
        for (metric, sum, unit) in
            [("DistanceWalkingRunning", one.kilometres, "km"), ("ActiveEnergyBurned", one.kilocalories, "kcal")]
        {
            out.push_str(&format!(
                "  <WorkoutStatistics type=\"HKQuantityTypeIdentifier{metric}\" {times} sum=\"{sum}\" unit=\"{unit}\"/>\n"
            ));
        }
        out.push_str(" </Workout>\n");
    }
}
