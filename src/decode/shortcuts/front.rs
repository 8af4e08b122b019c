//! Brings a body to JSON values, each with the place where it stood, whatever the body is: JSON, several of them, a form,
//! the parts of a multipart body, or lines of text. The content decides, because a Shortcut sets any content type.

use serde_json::{Map, Value};

use super::repair::repair;
use super::unwrap::unwrapped;
use super::{Hints, Remark, query, text};
use crate::decode::{json, multipart};

/// A value and where it stood.
#[derive(Debug)]
pub struct Located {
    /// `$` for JSON, else `line 7` or the name of a file.
    pub place: String,
    pub value: Value,
    /// The line that the value was made from, for quarantine.
    pub line: Option<String>,
}

#[derive(Debug, Default)]
pub struct Front {
    pub values: Vec<Located>,
    pub broken: Vec<Remark>,
    pub notes: Vec<Remark>,
}

pub fn read(body: &[u8], hints: &Hints) -> Result<Front, String> {
    let front = read_body(body, hints)?;
    let values = front.values.into_iter().flat_map(unwrapped).collect();
    Ok(Front { values, ..front })
}

fn read_body(body: &[u8], hints: &Hints) -> Result<Front, String> {
    let multipart_type = hints.content_type.trim_start().to_ascii_lowercase().starts_with("multipart/");
    if multipart_type || multipart::is_multipart(body) {
        return form_parts(body, hints);
    }
    read_text(body, hints)
}

fn read_text(body: &[u8], hints: &Hints) -> Result<Front, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the body is no text in UTF-8: send JSON or text".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.chars().next() {
        None => Ok(Front::default()),
        Some('{' | '[' | '"' | '“' | '”') => json(text),
        Some('<') if text.contains("ClinicalDocument") => Err("the body is a clinical document (C-CDA), whose numbers are not \
            read: open it on the iPhone (in Files or Mail, then \"Add to Health\"), export in the Health app, and import that \
            export.zip with POST /api/v1/import"
            .into()),
        Some('<') if text.contains("<HealthData") => Err("the body is Apple's export.xml: send it to POST /api/v1/import, or run \
            health-export import"
            .into()),
        Some('<') => Err("the body is a web page or XML, not what a Shortcut sends".into()),
        Some(_) if text.contains('\0') => Err("the body holds bytes that are no text".into()),
        Some(_) => Ok(match serde_json::from_str::<Value>(text) {
            Ok(value) => Front { values: vec![whole(value)], ..Front::default() },
            Err(_) if is_form(text) => Front { values: vec![whole(form(text))], ..Front::default() },
            Err(_) => text::read(text, !query::scope(hints.query).name.unwrap_or_default().is_empty()),
        }),
    }
}

fn whole(value: Value) -> Located {
    Located { place: "$".into(), value, line: None }
}

fn json(text: &str) -> Result<Front, String> {
    let fault = match documents(text) {
        Ok(values) => return Ok(Front { values, ..Front::default() }),
        Err(fault) => fault,
    };
    if let Some(front) = lines_of_json(text) {
        return Ok(front);
    }
    let values = repaired(text).find_map(|fixed| documents(&fixed).ok()).or_else(|| side_by_side(text));
    let values = values.ok_or_else(|| format!("the body is not valid JSON: {fault}"))?;
    let text = format!("the JSON is not valid ({fault}); it was read as it was most likely meant");
    let notes = vec![Remark { path: "$".into(), text, item: String::new() }];
    Ok(Front { values, notes, ..Front::default() })
}

/// What the text may have been meant as: with what no parser takes replaced, and with what people get wrong as well.
fn repaired(text: &str) -> impl Iterator<Item = String> {
    let readable = json::repair(text.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    let as_meant = repair(readable.as_deref().unwrap_or(text));
    readable.into_iter().chain(as_meant)
}

/// Objects with commas between them, which lack the brackets of a list.
fn side_by_side(text: &str) -> Option<Vec<Located>> {
    let items = text.trim().trim_end_matches(',');
    let list = format!("[{items}]");
    let value = text.starts_with('{').then(|| read_value(&list)).flatten()?;
    Some(vec![whole(value)])
}

/// One value, also where it takes repairs.
pub fn read_value(text: &str) -> Option<Value> {
    let read = |text: &str| serde_json::from_str::<Value>(text);
    read(text).ok().or_else(|| repaired(text).find_map(|fixed| read(&fixed).ok()))
}

/// One document, or several behind each other.
fn documents(text: &str) -> serde_json::Result<Vec<Located>> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut found = Vec::new();
    let (mut line, mut counted) = (1, 0);
    while let Some(value) = stream.next() {
        let value = value?;
        let end = stream.byte_offset();
        // A value ends on its own last line; those of one line each are named by it.
        line += text.as_bytes()[counted..end].iter().filter(|byte| **byte == b'\n').count();
        counted = end;
        found.push(Located { place: format!("line {line}"), value, line: None });
    }
    if let [only] = found.as_mut_slice() {
        only.place = "$".into();
    }
    Ok(found)
}

/// A document per line, where one bad line is one bad item; `None` when the body is not of that kind.
fn lines_of_json(text: &str) -> Option<Front> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())).filter(|(_, line)| !line.is_empty());
    let lines: Vec<(usize, &str)> = lines.collect();
    if lines.len() < 2 || !lines.iter().all(|(_, line)| line.starts_with(['{', '['])) {
        return None;
    }
    let mut front = Front::default();
    for (at, line) in lines {
        match serde_json::from_str::<Value>(line).or_else(|fault| read_value(line).ok_or(fault)) {
            Ok(value) => front.values.push(Located { place: format!("line {at}"), value, line: None }),
            Err(fault) => front.broken.push(Remark {
                path: format!("line {at}"),
                text: format!("the line is not valid JSON: {fault}"),
                item: line.to_owned(),
            }),
        }
    }
    (!front.values.is_empty()).then_some(front)
}

/// `key=value&key=value` and nothing that stands outside of it.
fn is_form(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text.split('&').all(|pair| pair.split_once('=').is_some_and(|(key, _)| !key.is_empty() && key.len() < 80))
}

fn form(text: &str) -> Value {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    unfolded(query::object(pairs.iter()))
}

/// Fields that hold JSON become what they hold.
fn unfolded(mut fields: Value) -> Value {
    for field in fields.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let inner = field.as_str().map(str::trim).filter(|text| text.starts_with(['{', '[']));
        if let Some(inner) = inner.and_then(read_value) {
            *field = inner;
        }
    }
    fields
}

/// Fields are one object; each file is a body of its own.
fn form_parts(body: &[u8], hints: &Hints) -> Result<Front, String> {
    let (mut front, mut fields) = (Front::default(), Vec::new());
    for part in multipart::parts(body, hints.content_type)? {
        let Some(file) = part.file_name.filter(|name| !name.is_empty()) else {
            fields.push((part.name, String::from_utf8_lossy(&part.bytes).into_owned()));
            continue;
        };
        let inner = read_text(&part.bytes, hints).map_err(|fault| format!("{file}: {fault}"))?;
        let place = |place: String| format!("{file}: {place}");
        front.values.extend(inner.values.into_iter().map(|found| Located { place: place(found.place), ..found }));
        front.broken.extend(inner.broken.into_iter().map(|found| Remark { path: place(found.path), ..found }));
        front.notes.extend(inner.notes.into_iter().map(|found| Remark { path: place(found.path), ..found }));
    }
    if !fields.is_empty() {
        front.values.push(whole(unfolded(query::object(fields.iter()))));
    }
    Ok(front)
}
