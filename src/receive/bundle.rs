//! Bodies that are several files, tables, or text within JSON: the zip of the app's manual export, the form of a CSV
//! automation, one CSV, a gateway's envelope.
//!
//! All files of a body become one batch, so that files which overlap settle among themselves. Nothing is written to
//! disk, so the names in a zip are only names.

use std::io::{Cursor, Read};

use serde_json::{Map, Value, json};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::decode::auto_export::csv::{self, Content, LINE, OfWorkout};
use crate::decode::{auto_export, multipart};
use crate::model::sample::{Batch, Rejected};
use crate::validate::{self, Context};

/// Most characters of a file that quarantine shows; the body is kept whole elsewhere.
const SHOWN: usize = 2000;

/// One file of a body.
struct File {
    name: String,
    bytes: Vec<u8>,
}

/// What such a body says; `None` when it is none, or another sender's.
pub fn read(body: &[u8], context: &Context, limit: u64) -> Option<Result<Batch, String>> {
    if body.starts_with(b"PK\x03\x04") || body.starts_with(b"PK\x05\x06") {
        return Some(unzip(body, limit).and_then(|files| Gathered::default().read(files, context)));
    }
    let files = if multipart::is_multipart(body) {
        let parts = multipart::parts(body, "").ok()?;
        parts.into_iter().map(|part| File { name: part.file_name.unwrap_or(part.name), bytes: part.bytes }).collect()
    } else if auto_export::is_wrapped_text(body) {
        return auto_export::with_document(body, |document| validate::batch(&document, context)).ok().map(Ok);
    } else if matches!(body.trim_ascii_start().first(), Some(b'{' | b'[') | None) {
        return None;
    } else {
        csv::read("", body)?;
        vec![File { name: String::new(), bytes: body.to_vec() }]
    };
    // A form without any file of the app's is somebody else's.
    Gathered::default().read(files, context).ok().map(Ok)
}

fn unzip(body: &[u8], limit: u64) -> Result<Vec<File>, String> {
    let unreadable = |fault: ZipError| match fault {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            "the zip is encrypted: send it without a password".to_owned()
        }
        fault => format!("the zip cannot be read ({fault}): send it again"),
    };
    let mut archive = ZipArchive::new(Cursor::new(body)).map_err(unreadable)?;
    let mut files = Vec::new();
    let mut left = limit;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(unreadable)?;
        let name = entry.name().map_or_else(|_| format!("file {at}"), |name| name.into_owned());
        if entry.is_dir() || is_litter(&name) {
            continue;
        }
        let mut bytes = Vec::new();
        entry.take(left + 1).read_to_end(&mut bytes).map_err(|fault| unreadable(ZipError::Io(fault)))?;
        if is_apples(&name, &bytes) {
            return Err("this is the export of Apple's Health app, which is too large for a delivery: send it to \
                        POST /api/v1/import, or run health-export import"
                .into());
        }
        left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            format!("the zip holds more than the {} MB that one delivery may have: send its files apart", limit >> 20)
        })?;
        files.push(File { name, bytes });
    }
    Ok(files)
}

/// What a Mac puts into every zip.
fn is_litter(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("__MACOSX/") || file.starts_with("._") || file == ".DS_Store"
}

/// The export's XML has a name in the phone's language; its document type does not.
fn is_apples(name: &str, bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(16 << 10)];
    let marks: [&[u8]; 2] = [b"<HealthData", b"DOCTYPE HealthData"];
    name.to_lowercase().ends_with(".xml") && marks.iter().any(|mark| head.windows(mark.len()).any(|part| part == *mark))
}

/// What has been read of the files so far.
#[derive(Default)]
struct Gathered {
    batch: Batch,
    tables: Vec<(String, Map<String, Value>)>,
    of_workouts: Vec<OfWorkout>,
    understood: bool,
}

impl Gathered {
    fn read(mut self, files: Vec<File>, context: &Context) -> Result<Batch, String> {
        for File { name, bytes } in &files {
            if matches!(bytes.trim_ascii_start().first(), Some(b'{')) || name.to_lowercase().ends_with(".json") {
                self.add_json(name, bytes, context, |rejected| format!("{name}: {}", rejected.path));
                continue;
            }
            match csv::read(name, bytes) {
                Some(Content::Data(data)) => self.tables.push((name.clone(), data)),
                Some(Content::OfWorkout(series)) => self.of_workouts.push(series),
                None => self.put_off(name),
            }
        }
        self.join_workouts();
        for (name, data) in std::mem::take(&mut self.tables) {
            let body = json!({"data": data}).to_string();
            self.add_json(&name, body.as_bytes(), context, |rejected| line(&name, rejected));
        }
        match self.understood {
            true => Ok(self.batch),
            false => Err("there is no file of Health Auto Export in it: JSON or CSV is needed".into()),
        }
    }

    /// A file without a line of ours is kept in the raw body, and the receipt says so.
    fn put_off(&mut self, name: &str) {
        let kind = name.rsplit_once('.').map_or("other", |(_, end)| end).to_lowercase();
        *self.batch.deferred.entry(format!("{kind} files")).or_default() += 1;
    }

    fn add_json(&mut self, name: &str, body: &[u8], context: &Context, place: impl Fn(&Rejected) -> String) {
        // A metric that nobody knows has the unit that an earlier file has given it.
        let known = |metric: &str| {
            let earlier = self.batch.series.iter().find(|series| series.metric == metric);
            earlier.map(|series| series.unit.clone()).or_else(|| (context.stored_unit)(metric))
        };
        let context = Context { aggregation: context.aggregation, home: context.home, stored_unit: &known };
        match auto_export::with_document(body, |document| validate::batch(&document, &context)) {
            Ok(mut batch) => {
                batch.rejected.iter_mut().for_each(|rejected| rejected.path = place(rejected));
                self.understood = true;
                validate::append(&mut self.batch, batch);
            }
            Err(reason) => self.reject(name, reason, String::from_utf8_lossy(body).chars().take(SHOWN).collect()),
        }
    }

    fn reject(&mut self, path: &str, reason: String, item: String) {
        self.batch.item_names.push("files".into());
        let name = self.batch.item_names.len() as u32 - 1;
        self.batch.rejected.push(Rejected { name, path: path.into(), reason, item });
    }

    fn join_workouts(&mut self) {
        for series in std::mem::take(&mut self.of_workouts) {
            let lists = self.tables.iter_mut().filter_map(|(_, data)| data.get_mut("workouts")?.as_array_mut());
            let joined = lists.into_iter().any(|workouts| series.join(workouts));
            if !joined {
                let reason = "it belongs to a workout, and no table of workouts beside it has that one".to_owned();
                let points = Value::Array(series.points).to_string();
                self.reject(&series.file, reason, points.chars().take(SHOWN).collect());
            }
        }
    }
}

/// Where an item of a table stood, by what it carries itself.
fn line(file: &str, rejected: &Rejected) -> String {
    let item: Value = serde_json::from_str(&rejected.item).unwrap_or_default();
    let own = item.get(LINE).and_then(Value::as_str).map(str::to_owned);
    own.unwrap_or_else(|| format!("{file}: {}", rejected.path))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::validate::Aggregation;

    fn whole() -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in [
            ("a.csv", "Date/Time,Step Count (count)\n2024-02-06 00:00:00,\"8,412\"\n"),
            ("w.csv", "Workout Type,Start,End,Duration\nRun,2024-02-06 14:30:00,2024-02-06 15:00:00,00:30:00\n"),
            ("Run-Heart Rate-20240206_143000.csv", "Date/Time,Min (count/min)\n2024-02-06 14:31:00,90\n"),
            ("b.json", r#"{"data":{"symptoms":[{"name":"Headache","start":"2024-02-06"}]}}"#),
        ] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn reading(body: &[u8]) -> Option<Result<Batch, String>> {
        let context = Context { aggregation: Aggregation::Unstated, home: &TimeZone::UTC, stored_unit: &|_| None };
        read(body, &context, 1 << 20)
    }

    #[test]
    fn the_sound_zip_is_read_whole() {
        let batch = reading(&whole()).unwrap().unwrap();
        assert_eq!((batch.items.len(), batch.rejected.len(), batch.workouts[0].series.len()), (3, 0, 1));
    }

    #[test]
    fn what_others_send_is_left_to_them() {
        for body in
            ["{\"data\":{}}", "[1]", "", "86\n127\n", "day\tSteps\t8,412\tcount\n", "date,steps\n2024-02-06,7\n"]
        {
            assert!(reading(body.as_bytes()).is_none(), "{body}");
        }
        let form = "--x\r\nContent-Disposition: form-data; name=\"steps\"\r\n\r\n8412\r\n--x--\r\n";
        assert!(reading(form.as_bytes()).is_none());
        assert!(reading(br#"{"body":"walked the dog","steps":7}"#).is_none());
        assert!(reading(br#"{"headers":{},"body":"{\"data\":{}}"}"#).is_some());
    }

    proptest! {
        #[test]
        fn a_damaged_zip_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
            let mut body = whole();
            let at = at.index(body.len());
            body[at] = byte;
            if cut {
                body.truncate(at);
            }
            let _ = reading(&body);
        }

        #[test]
        fn no_table_panics(text in "(Date/Time|Timestamp|Start|Name)[,;](End|Latitude|Value|X \\[Min\\] \\(m\\)|\\(|\\[)[,;\n].{0,60}(\n.{0,40}){0,4}") {
            let _ = csv::read("Run-Route-20240206_143000.csv", text.as_bytes());
            let _ = reading(text.as_bytes());
        }
    }
}
