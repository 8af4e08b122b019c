//! Samples as CSV, written while they are stepped: DuckDB's writer takes several times as long for each row, and a month is
//! what people download most.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use csv::ByteRecord;

use crate::error::{Error, Result};
use crate::model::time::{Layer, offset_rfc3339};
use crate::query::units::Shown;
use crate::store::lane::Lane;
use crate::store::samples::Narrowing;

const DAY: i64 = 86_400;

/// Bytes that are handed to the file at once.
const BUFFER: usize = 256 << 10;

const COLUMNS: [&str; 10] =
    ["metric", "start", "end", "value", "unit", "min", "max", "source", "layer", "offset_minutes"];

/// One metric of the file.
pub struct Part {
    pub metric: i64,
    pub name: String,
    pub shown: Shown,
}

/// What is written.
pub struct Samples {
    pub user: i64,
    /// In the order of the file.
    pub parts: Vec<Part>,
    /// UTC epoch seconds; start included, end excluded.
    pub range: (i64, i64),
    /// Source id to name.
    pub sources: HashMap<i64, String>,
}

impl Samples {
    /// Writes all of it to `path`; `narrowing` is what the range of each metric is narrowed to.
    pub fn write(&self, narrowing: &Narrowing, lane: &mut Lane, path: &Path) -> Result<()> {
        let file = File::create(path).map_err(|fault| Error::io("creating a download", &fault))?;
        let mut out = csv::Writer::from_writer(BufWriter::with_capacity(BUFFER, file));
        out.write_record(COLUMNS).map_err(failed)?;
        let columns = ["start", "span", "value", "min", "max", "source", "layer", "offset_minutes"];
        lane.prepare_samples(&columns, narrowing)?;
        let mut line = Line::default();
        for part in &self.parts {
            lane.restart(&[self.user, part.metric, self.range.0, self.range.1])?;
            while lane.step()? {
                line.fill(self, part, lane)?;
                out.write_byte_record(&line.record).map_err(failed)?;
            }
        }
        let mut file = out.into_inner().map_err(|fault| Error::io("writing a download", fault.error()))?;
        file.flush().map_err(|fault| Error::io("writing a download", &fault))
    }
}

/// One line, and what the next is likely to need again.
#[derive(Default)]
struct Line {
    record: ByteRecord,
    text: String,
    clock: Clock,
}

impl Line {
    /// Takes the lane's current row.
    fn fill(&mut self, samples: &Samples, part: &Part, lane: &Lane) -> Result<()> {
        let (start, source) = (lane.integer(0), lane.integer(5));
        let name = samples.sources.get(&source);
        let name = name.ok_or_else(|| Error::Internal(format!("source {source} has no name")))?;
        self.record.clear();
        self.record.push_field(part.name.as_bytes());
        self.time(start);
        self.time(start.saturating_add(lane.integer(1)));
        self.number(lane, 2, part)?;
        self.record.push_field(part.shown.unit.as_bytes());
        self.number(lane, 3, part)?;
        self.number(lane, 4, part)?;
        self.record.push_field(name.as_bytes());
        self.record.push_field(Layer::from_id(lane.integer(6)).map_or("", Layer::as_str).as_bytes());
        self.show(format_args!("{}", lane.integer(7)))
    }

    fn time(&mut self, utc: i64) {
        self.record.push_field(self.clock.written(utc).as_bytes());
    }

    /// With a decimal point, also where it is whole, so that readers see at once that it is a float.
    fn number(&mut self, lane: &Lane, column: usize, part: &Part) -> Result<()> {
        match lane.is_null(column) {
            true => self.record.push_field(b""),
            false => self.show(format_args!("{:?}", part.shown.way.apply(lane.real(column))))?,
        }
        Ok(())
    }

    fn show(&mut self, text: std::fmt::Arguments) -> Result<()> {
        use std::fmt::Write;
        self.text.clear();
        self.text.write_fmt(text).map_err(|fault| Error::internal("writing a number", fault))?;
        self.record.push_field(self.text.as_bytes());
        Ok(())
    }
}

/// Writes times of UTC; the date is worked out once for each day.
#[derive(Default)]
struct Clock {
    /// The day that `text` begins with, in days since 1970.
    day: Option<i64>,
    text: String,
}

impl Clock {
    /// RFC 3339, to the second.
    fn written(&mut self, utc: i64) -> &str {
        let day = utc.div_euclid(DAY);
        if self.day != Some(day) {
            self.text = offset_rfc3339(day.saturating_mul(DAY), 0);
            self.day = Some(day);
        }
        let second = utc.rem_euclid(DAY);
        self.text.truncate(self.text.len() - "00:00:00Z".len());
        for (number, after) in [(second / 3600, ':'), (second / 60 % 60, ':'), (second % 60, 'Z')] {
            for digit in [number / 10, number % 10] {
                self.text.push(char::from(b'0' + digit as u8));
            }
            self.text.push(after);
        }
        &self.text
    }
}

fn failed(fault: csv::Error) -> Error {
    match fault.into_kind() {
        csv::ErrorKind::Io(fault) => Error::io("writing a download", &fault),
        other => Error::internal("writing a download", format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        let mut clock = Clock::default();
        for utc in [0, 1, 59, 3600, 86_399, 86_400, -1, 951_782_400, 951_868_800, 1_735_689_599, -62_135_596_800, 7] {
            assert_eq!(clock.written(utc), offset_rfc3339(utc, 0));
        }
    }
}
