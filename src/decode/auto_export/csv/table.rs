//! A CSV file as titles and rows, whatever parts its cells and marks its fractions.

use serde_json::{Map, Value};

use super::cell::{self, Title};
use super::{LINE, code};

pub struct Table {
    pub titles: Vec<Title>,
    pub rows: Vec<Row>,
    file: String,
    /// Fractions stand behind a comma.
    comma: bool,
}

pub struct Row {
    line: u64,
    cells: Vec<String>,
}

impl Row {
    /// Empty where a row is short.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }

    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

impl Table {
    /// `None` when the first line is no line of titles.
    pub fn read(file: &str, bytes: &[u8]) -> Option<Table> {
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |mark: u8| first.iter().filter(|byte| **byte == mark).count();
        let delimiter =
            [b',', b';', b'\t'].into_iter().max_by_key(|mark| count(*mark)).filter(|mark| count(*mark) > 0)?;
        let mut reader =
            ::csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text);
        let mut rows = reader.byte_records().map_while(Result::ok).map(|record| Row {
            line: record.position().map_or(0, ::csv::Position::line),
            cells: record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect(),
        });
        let titles: Vec<Title> = rows.next()?.cells.iter().map(|cell| Title::read(cell)).collect();
        if !titles.iter().any(|title| title.is_word) {
            return None;
        }
        let rows: Vec<Row> = rows.filter(|row| !row.is_empty()).collect();
        let comma = delimiter != b',' && has_decimal_commas(&titles, &rows);
        Some(Table { titles, rows, file: file.to_owned(), comma })
    }

    /// The column whose title has that code.
    pub fn column(&self, wanted: &str) -> Option<usize> {
        self.titles.iter().position(|title| title.unit.is_empty() && code(&title.name) == wanted)
    }

    /// True when a cell of that column says something of the kind.
    pub fn any(&self, wanted: &str, is: impl Fn(&str) -> bool) -> bool {
        self.column(wanted).is_some_and(|column| self.rows.iter().any(|row| is(row.cell(column))))
    }

    /// A record that says nothing but where it stood.
    pub fn line(&self, row: &Row) -> Map<String, Value> {
        let place = if self.file.is_empty() { String::new() } else { format!("{}, ", self.file) };
        Map::from_iter([(LINE.to_owned(), format!("{place}line {}", row.line).into())])
    }

    /// A number, or the text itself when it is none, so that it is reported as sent.
    pub fn number(&self, text: &str) -> Value {
        cell::number(text, self.comma).map_or_else(|| text.into(), Value::from)
    }

    /// A word or a time.
    pub fn text(&self, text: &str) -> String {
        cell::date(text)
    }
}

fn has_decimal_commas(titles: &[Title], rows: &[Row]) -> bool {
    let quantities: Vec<usize> = (0..titles.len()).filter(|at| !titles[*at].is_word).collect();
    rows.iter().any(|row| quantities.iter().any(|at| row.cell(*at).contains(',')))
}
