//! Lines of text: a value per line with its name, a table with or without a header, sections under the name of a metric,
//! or bare values whose metric stands in the address.

use serde_json::{Map, Value};

use super::front::{Front, Located};
use super::keys::{Key, role};
use super::{Remark, line, names, number};

/// Reads every line; `named` when the address names the metric.
pub fn read(text: &str, named: bool) -> Front {
    let mut lines = Lines { named, ..Lines::default() };
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_matches(|c: char| c.is_whitespace() && c != '\t');
        if !line.trim().is_empty() {
            lines.line(at + 1, line);
        }
    }
    lines.finish()
}

#[derive(Default)]
struct Lines {
    front: Front,
    named: bool,
    header: Vec<String>,
    /// What lines such as `date: 2026-09-15` say of those below.
    context: Map<String, Value>,
    section: Option<Section>,
    sections: Vec<Section>,
    /// Lines before the first that is understood.
    heading: Vec<(usize, String)>,
    understood: bool,
}

/// The lines under a metric's name.
struct Section {
    line: usize,
    name: String,
    values: Vec<String>,
    dates: Vec<String>,
}

impl Lines {
    fn line(&mut self, at: usize, text: &str) {
        let cells = line::cells(text);
        if line::is_header(&cells) {
            self.header = cells.iter().map(|cell| cell.to_string()).collect();
            self.understood = true;
        } else if !self.header.is_empty() && cells.len() > 1 {
            self.put(at, text, line::under(&self.header, &cells));
        } else if let Some((key, value)) = line::pair(text) {
            self.pair(at, text, key, value);
        } else if cells.len() == 2 && !cells[1].is_empty() && line::context(&cells[0], &cells[1]).is_some() {
            self.pair(at, text, &cells[0], &cells[1]);
        } else if cells.len() > 1 && !self.is_comma_number(text) {
            match line::sorted(&cells) {
                Some(value) => self.table_line(at, text, value),
                None => self.not_understood(at, text),
            }
        } else {
            self.single(at, text);
        }
    }

    /// `72,5` under a section or with a metric in the address is one number, not two cells.
    fn is_comma_number(&self, text: &str) -> bool {
        (self.named || self.section.is_some()) && number::is_numeric(text)
    }

    fn table_line(&mut self, at: usize, text: &str, mut value: Value) {
        let Some(object) = value.as_object_mut() else { return };
        if object.contains_key("workouts") {
            return self.put(at, text, value);
        }
        let name = object.get("type").and_then(Value::as_str).map(str::to_owned);
        let numeric = object.get("value").and_then(Value::as_str).is_some_and(number::is_numeric);
        match (name, &self.section) {
            (None, Some(section)) => drop(object.insert("type".into(), section.name.clone().into())),
            (None, None) if !self.named => return self.not_understood(at, text),
            (Some(name), _) if names::is_known(&name) || (self.understood && numeric) => {}
            (Some(_), _) => return self.not_understood(at, text),
            (None, None) => {}
        }
        self.put(at, text, value);
    }

    fn pair(&mut self, at: usize, text: &str, key: &str, value: &str) {
        if let Some(field) = line::context(key, value) {
            self.context.insert(field.into(), value.into());
        } else if names::is_known(key) || (self.understood && number::is_numeric(value)) {
            let object = Map::from_iter([(key.to_owned(), Value::from(value))]);
            self.put(at, text, Value::Object(object));
        } else if role(key) != Key::Ignored || self.understood {
            self.not_understood(at, text);
        }
    }

    /// A line that cannot be divided: the head of a section, or something under one.
    fn single(&mut self, at: usize, text: &str) {
        let bare = line::bare(text);
        let is_value = number::is_numeric(text) || line::is_date(text);
        if !is_value && (names::is_known(bare) || role(bare) == Key::Start) {
            self.begin(at, bare);
        } else if let Some(section) = self.section.as_mut().filter(|_| is_value) {
            let is_dates = role(&section.name) == Key::Start;
            let list = if is_dates || line::is_date(text) { &mut section.dates } else { &mut section.values };
            list.push(text.to_owned());
        } else if let Some(mut value) = line::dated(text).filter(|_| self.named || self.section.is_some()) {
            if let (Some(section), Some(object)) = (&self.section, value.as_object_mut()) {
                object.insert("type".into(), section.name.clone().into());
            }
            self.put(at, text, value);
        } else if self.named && is_value {
            self.put(at, text, serde_json::json!({"value": text}));
        } else {
            self.not_understood(at, text);
        }
    }

    fn begin(&mut self, line: usize, name: &str) {
        self.sections.extend(self.section.take());
        self.section = Some(Section { line, name: name.to_owned(), values: Vec::new(), dates: Vec::new() });
        self.understood = true;
    }

    fn put(&mut self, at: usize, text: &str, mut value: Value) {
        self.understood = true;
        if let Some(object) = value.as_object_mut() {
            let has_date = object.keys().any(|key| matches!(role(key), Key::Start | Key::Clock));
            for (key, context) in self.context.iter().filter(|(key, _)| *key != "date" || !has_date) {
                object.entry(key.clone()).or_insert_with(|| context.clone());
            }
        }
        self.front.values.push(Located { place: format!("line {at}"), value, line: Some(text.to_owned()) });
    }

    fn not_understood(&mut self, at: usize, text: &str) {
        if !self.understood {
            return self.heading.push((at, text.to_owned()));
        }
        self.front.broken.push(Remark {
            path: format!("line {at}"),
            text: "the line names no metric that is known, or has no value: write it as steps,8412,count,2026-09-15"
                .into(),
            item: text.to_owned(),
        });
    }

    fn finish(mut self) -> Front {
        self.sections.extend(self.section.take());
        let mut lists: Vec<Section> = Vec::new();
        for section in self.sections {
            match (role(&section.name), lists.last_mut()) {
                (Key::Start, Some(before)) => before.dates.extend(section.dates.into_iter().chain(section.values)),
                _ => lists.push(section),
            }
        }
        for list in lists.into_iter().filter(|list| !list.values.is_empty()) {
            let mut object = self.context.clone();
            if !list.dates.is_empty() {
                object.insert("dates".into(), list.dates.into());
            }
            object.insert(list.name, list.values.into());
            let place = format!("line {}", list.line);
            self.front.values.push(Located { place, value: Value::Object(object), line: None });
        }
        for (at, text) in self.heading.into_iter().filter(|_| self.understood) {
            let text = format!("{text:?} stands before the first value and is taken for a heading");
            self.front.notes.push(Remark { path: format!("line {at}"), text, item: String::new() });
        }
        self.front
    }
}
