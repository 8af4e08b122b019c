//! The years before the automations, as Apple's export.zip. Written day by day, so that they are never all in memory.

use std::io::{Result as Written, Seek, Write};

use jiff::Timestamp;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Demo;
use super::calendar::Day;
use super::measures::STAND_HOUR;
use crate::error::{Error, Result};
use crate::synth::history::{ENERGY, Measure, PHONE, RawSample, Segment, WATCH};

const NIGHT_OFFSET: i64 = 7 * 3600;

/// Writes the zip; `done` is told the share of it that is written, and may end it.
pub fn export(demo: &Demo, out: impl Write + Seek, mut done: impl FnMut(f64) -> Result<()>) -> Result<()> {
    let failed = |fault: zip::result::ZipError| Error::internal("making up an export", fault);
    let io = |fault: std::io::Error| Error::io("making up an export", &fault);
    let mut zip = ZipWriter::new(out);
    let options = SimpleFileOptions::default().compression_level(Some(1));
    zip.start_file("apple_health_export/export.xml", options).map_err(failed)?;
    let days = demo.exported()?;
    let mut out = std::io::BufWriter::with_capacity(1 << 18, &mut zip);
    let mut dates = Dates::new(demo, demo.imported_at()?);
    head(&mut dates, demo.imported_at()?, &mut out).map_err(io)?;
    for (number, day) in days.iter().enumerate() {
        write_day(demo, day, &mut dates, &mut out).map_err(io)?;
        done(number as f64 / days.len() as f64)?;
    }
    days.last().map_or(Ok(()), |day| oddities(&mut dates, day, &mut out)).map_err(io)?;
    out.write_all(b"</HealthData>\n").and_then(|()| out.flush()).map_err(io)?;
    drop(out);
    zip.finish().map_err(failed)?;
    Ok(())
}

fn head(dates: &mut Dates, exported_at: i64, out: &mut impl Write) -> Written<()> {
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HealthData locale=\"en_DE\">\n <ExportDate value=\"{}\"/>\n \
         <Me HKCharacteristicTypeIdentifierDateOfBirth=\"1990-01-01\" \
         HKCharacteristicTypeIdentifierBiologicalSex=\"HKBiologicalSexFemale\"/>\n",
        dates.of(exported_at)
    )
}

fn write_day(demo: &Demo, day: &Day, dates: &mut Dates, out: &mut impl Write) -> Written<()> {
    let samples = demo.samples(day);
    for sample in &samples {
        record(dates, sample, out)?;
    }
    for segment in demo.segments(day) {
        sleep(dates, &segment, out)?;
    }
    beats(day, dates, out)?;
    let total = |measure: &Measure| -> f64 {
        samples.iter().filter(|sample| sample.measure == measure).map(|sample| sample.value).sum()
    };
    writeln!(
        out,
        " <ActivitySummary dateComponents=\"{}\" activeEnergyBurned=\"{:.1}\" activeEnergyBurnedGoal=\"520\" \
         activeEnergyBurnedUnit=\"kcal\" appleExerciseTime=\"{}\" appleExerciseTimeGoal=\"30\" appleStandHours=\"{}\" \
         appleStandHoursGoal=\"12\"/>",
        day.date,
        total(&ENERGY),
        total(&super::measures::EXERCISE),
        total(&STAND_HOUR)
    )
}

fn record(dates: &mut Dates, sample: &RawSample, out: &mut impl Write) -> Written<()> {
    let RawSample { measure, start, end, value, source: name } = sample;
    let is_category = **measure == STAND_HOUR;
    let kind = if is_category { "Category" } else { "Quantity" };
    write!(out, " <Record type=\"HK{kind}TypeIdentifier{}\" {}", measure.healthkit, source(name))?;
    if !is_category {
        write!(out, " unit=\"{}\"", measure.unit)?;
    }
    write!(out, " startDate=\"{}\"", dates.of(*start))?;
    write!(out, " endDate=\"{}\"", dates.of(*end))?;
    match is_category {
        true => writeln!(out, " value=\"HKCategoryValueAppleStandHourStood\"/>"),
        // Apple writes percentages as fractions.
        false if measure.unit == "%" => writeln!(out, " value=\"{}\"/>", super::round(value / 100.0, 5)),
        false => writeln!(out, " value=\"{value}\"/>"),
    }
}

fn sleep(dates: &mut Dates, segment: &Segment, out: &mut impl Write) -> Written<()> {
    write!(out, " <Record type=\"HKCategoryTypeIdentifierSleepAnalysis\" {}", source(segment.source))?;
    write!(out, " startDate=\"{}\"", dates.of(segment.start))?;
    write!(out, " endDate=\"{}\"", dates.of(segment.end))?;
    writeln!(out, " value=\"HKCategoryValueSleepAnalysis{}\"/>", segment.stage)
}

/// The beats behind a variability of the morning, of the last days of the export.
fn beats(day: &Day, dates: &mut Dates, out: &mut impl Write) -> Written<()> {
    if day.age > 60 || day.is_watch_away() {
        return Ok(());
    }
    let (mut random, start) = (day.random(15), day.midnight + NIGHT_OFFSET);
    write!(out, " <Record type=\"HKQuantityTypeIdentifierHeartRateVariabilitySDNN\" {} unit=\"ms\"", source(WATCH))?;
    write!(out, " startDate=\"{}\"", dates.of(start))?;
    writeln!(out, " endDate=\"{}\" value=\"52.5\">\n  <HeartRateVariabilityMetadataList>", dates.of(start + 60))?;
    let mut at = 0.4_f64;
    while at < 59.0 {
        let rate = (56.0 + 4.0 * random.noise()).round();
        let clock = dates.of(start + at as i64)[11..19].to_owned();
        let hundredths = (at.fract() * 100.0) as i64;
        writeln!(out, "   <InstantaneousBeatsPerMinute bpm=\"{rate}\" time=\"{clock}.{hundredths:02}\"/>")?;
        at += 60.0 / rate;
    }
    writeln!(out, "  </HeartRateVariabilityMetadataList>\n </Record>")
}

/// What an export holds beside measurements, and what nobody can read.
fn oddities(dates: &mut Dates, day: &Day, out: &mut impl Write) -> Written<()> {
    let (from, to) = (dates.of(day.at(11.0)).to_owned(), dates.of(day.at(11.2)).to_owned());
    let when = format!("startDate=\"{from}\" endDate=\"{to}\"");
    writeln!(out, " <Audiogram type=\"HKDataTypeIdentifierAudiogram\" sourceName=\"Hearing Test\" {when}>")?;
    for (hertz, left, right) in
        [(250, 10, 10), (500, 10, 15), (1000, 5, 10), (2000, 10, 15), (4000, 20, 15), (8000, 25, 30)]
    {
        writeln!(
            out,
            "  <SensitivityPoint frequencyValue=\"{hertz}\" frequencyUnit=\"Hz\" leftEarValue=\"{left}\" \
             leftEarUnit=\"dBHL\" rightEarValue=\"{right}\" rightEarUnit=\"dBHL\"/>"
        )?;
    }
    writeln!(
        out,
        " </Audiogram>\n <VisionPrescription type=\"HKVisionPrescriptionTypeGlasses\" dateIssued=\"{from}\">\
         <RightEye sphere=\"-1.25\" sphereUnit=\"D\"/><LeftEye sphere=\"-1\" sphereUnit=\"D\"/></VisionPrescription>"
    )?;
    writeln!(
        out,
        " <Record type=\"HKCategoryTypeIdentifierAudioExposureEvent\" {} {when} \
         value=\"HKCategoryValueEnvironmentalAudioExposureEventMomentaryLimit\"/>",
        source(WATCH)
    )?;
    writeln!(
        out,
        " <Record type=\"HKQuantityTypeIdentifierStepCount\" {} unit=\"count\" startDate=\"yesterday\" \
         endDate=\"{to}\" value=\"70\"/>\n <Hologram {when}/>",
        source(PHONE)
    )
}

fn source(name: &str) -> &'static str {
    match name {
        WATCH => concat!(
            "sourceName=\"Robin\u{2019}s Apple\u{a0}Watch\" device=\"&lt;&lt;HKDevice: 0x283d1a2b0&gt;, name:Apple Watch, ",
            "manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:11.1&gt;\""
        ),
        PHONE => concat!(
            "sourceName=\"Robin\u{2019}s iPhone\" device=\"&lt;&lt;HKDevice: 0x283d1a3c0&gt;, name:iPhone, ",
            "manufacturer:Apple Inc., model:iPhone, hardware:iPhone13,2, software:18.1&gt;\""
        ),
        "Scale" => "sourceName=\"Scale\"",
        "Food Diary" => "sourceName=\"Food Diary\"",
        _ => "sourceName=\"Blood Pressure Cuff\"",
    }
}

/// Times in the one offset of an export. A day's date is written once, for there are a million times of few days.
struct Dates {
    offset: i64,
    zone: String,
    day: i64,
    date: String,
    text: String,
}

impl Dates {
    fn new(demo: &Demo, exported_at: i64) -> Dates {
        let at = Timestamp::from_second(exported_at).unwrap_or_default();
        let offset = demo.zone.to_offset(at);
        let zone = at.to_zoned_datetime(offset.to_time_zone()).strftime("%z").to_string();
        Dates { offset: i64::from(offset.seconds()), zone, day: i64::MIN, date: String::new(), text: String::new() }
    }

    fn of(&mut self, utc: i64) -> &str {
        let local = utc + self.offset;
        let (day, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        if day != self.day {
            self.day = day;
            let midnight = Timestamp::from_second(day * 86_400).unwrap_or_default();
            self.date = midnight.strftime("%Y-%m-%d").to_string();
        }
        self.text.clear();
        // Writing to a text cannot fail.
        let _ = std::fmt::Write::write_fmt(
            &mut self.text,
            format_args!("{} {:02}:{:02}:{:02} {}", self.date, second / 3600, second / 60 % 60, second % 60, self.zone),
        );
        &self.text
    }
}
