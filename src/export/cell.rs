//! Texts in CSV that a spreadsheet would take for a formula.
//!
//! A source, a metric or a note is named by whoever sends it, and a file that is opened in a spreadsheet runs what begins
//! like a formula. Such a text gets an apostrophe in front, by which spreadsheets know a text; numbers and times are ours.

use std::borrow::Cow;

/// What a formula can begin with.
const BEGINNINGS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The text as CSV may hold it.
pub fn guarded(text: &str) -> Cow<'_, str> {
    match text.starts_with(BEGINNINGS) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// The same in DuckDB's SQL; `column` is an expression of ours.
pub fn guarded_sql(column: &str) -> String {
    let beginnings = BEGINNINGS.map(|beginning| format!("chr({})", u32::from(beginning))).join(", ");
    format!("CASE WHEN left({column}, 1) IN ({beginnings}) THEN '''' || {column} ELSE {column} END")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_like_a_formula_is_changed() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        for text in ["", "Watch", "a=1", "1-2", " =1", "'=1"] {
            assert_eq!(guarded(text), text);
        }
    }
}
