//! What is kept as it came: the profile, clinical records, and the files beside the XML that nothing refers to.

use serde_json::{Map, Value, json};

use crate::decode::apple_export::{Element, ecg};
use crate::model::document::Document;
use crate::model::event::{Event, EventSeries};
use crate::model::healthkit;
use crate::model::metric::slug;
use crate::model::words::Words;
use crate::validate::apple_export::{Attached, Validator, texts};

/// Who the export is of, and when it was made: known piece by piece, stored at the end.
#[derive(Debug, Default)]
pub(super) struct Profile {
    exported: Option<String>,
    characteristics: Option<Map<String, Value>>,
    /// How many have been stored: several exports may be imported at once.
    stored: u32,
}

/// A file that lies beside the XML.
pub struct Beside<'a> {
    /// Its path in the export.
    pub name: &'a str,
    pub body: Vec<u8>,
}

impl Validator<'_> {
    pub(super) fn add_export_date(&mut self, element: Element) {
        let value = element.get("value").unwrap_or_default();
        self.clock.set_export_date(&value);
        self.filling.batch.as_of = self.clock.export_date();
        self.profile.exported = Some(value.into_owned());
    }

    pub(super) fn add_me(&mut self, element: Element) {
        let named = texts(element).map(|(name, value)| (healthkit::code(name), Value::String(value.into_owned())));
        self.profile.characteristics = Some(named.collect());
    }

    pub(super) fn add_profile(&mut self) {
        let (exported, characteristics) = (self.profile.exported.take(), self.profile.characteristics.take());
        if exported.is_none() && characteristics.is_none() {
            return;
        }
        self.profile.stored += 1;
        let name = match self.profile.stored {
            1 => "me.json".to_owned(),
            nth => format!("me-{nth}.json"),
        };
        let body = json!({"characteristics": characteristics.unwrap_or_default(), "exported": exported});
        self.add_document("profile", |item| Document {
            item,
            kind: "profile",
            name,
            media_type: "application/json",
            body: body.to_string().into_bytes(),
        });
    }

    /// A clinical record is its file; without it, what the XML says of it.
    pub(super) fn add_clinical(&mut self, element: Element, attached: Attached) {
        let place = self.place("ClinicalRecord");
        let Some((name, body)) = attached.file else {
            let reason = attached.problems.first().cloned().unwrap_or_else(|| "the record names no file".into());
            self.reject("clinical", place, reason, element);
            return;
        };
        self.add_document("clinical", |item| Document {
            item,
            kind: "clinical",
            name,
            media_type: "application/json",
            body,
        });
    }

    /// A file of that kind of document, kept as it came.
    pub fn add_file(&mut self, kind: &'static str, media_type: &'static str, file: Beside) {
        let Beside { name, body } = file;
        self.add_document(kind, |item| Document { item, kind, name: name.to_owned(), media_type, body });
    }

    /// A file that cannot be used.
    pub fn add_unusable(&mut self, file: &str, reason: String, content: &[u8]) {
        let name = self.name("files");
        let shown = &content[..content.len().min(4 << 10)];
        self.filling.reject(name, file.to_owned(), reason, String::from_utf8_lossy(shown).into_owned());
    }

    /// The recording of an electrocardiogram, or the reason why a text is none.
    pub fn add_ecg(&mut self, file: &Beside) -> Result<(), String> {
        let read = ecg::read(&String::from_utf8_lossy(&file.body), self.home)?;
        let seconds = read.frequency.map_or(0.0, |frequency| read.microvolts.len() as f64 / frequency);
        let named = read.titled.iter().map(|(title, value)| (slug(title), Value::String(value.clone())));
        let mut details: Map<String, Value> = named.filter(|(title, _)| !title.is_empty()).collect();
        details.insert("file".into(), file.name.into());
        let item = self.item("ecg");
        self.heavy += read.microvolts.len() / 6;
        self.filling.batch.events.push(Event {
            item,
            sender: self.sender,
            kind: "ecg",
            code: "electrocardiogram".into(),
            name: "Electrocardiogram".into(),
            value: Some(Words::Ecg.code_or_slug(&read.classification)).filter(|value| !value.is_empty()),
            value_sent: Some(read.classification).filter(|value| !value.is_empty()),
            start: read.recorded.utc,
            span: seconds.round() as i64,
            offset_minutes: self.clock.offset(read.recorded, None),
            source: String::new(),
            details,
            series: Some(EventSeries {
                unit: "mcV".into(),
                frequency: read.frequency,
                values: read.microvolts,
                at: Vec::new(),
            }),
        });
        Ok(())
    }
}
