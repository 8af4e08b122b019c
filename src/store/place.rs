//! Where a row lies: among what is shown, under a deletion, or, of samples, under the delivery that has superseded it; in
//! tables of the same shape, which are written by the same code. The numbers put into the SQL are our own.

/// Among what is shown, under the deletion of that number, or superseded by the delivery of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Stored,
    Buried(i64),
    Superseded(i64),
}

impl Place {
    pub fn under(deletion: Option<i64>) -> Place {
        deletion.map_or(Place::Stored, Place::Buried)
    }

    pub fn table(self, name: &str) -> String {
        match self {
            Place::Stored => name.to_owned(),
            Place::Buried(_) => format!("buried_{name}"),
            Place::Superseded(_) => format!("superseded_{name}"),
        }
    }

    /// Narrows a condition to the rows of this place.
    pub fn only(self) -> String {
        match self {
            Place::Stored => String::new(),
            Place::Buried(deletion) => format!(" AND deletion = {deletion}"),
            Place::Superseded(by) => format!(" AND superseded_by = {by}"),
        }
    }

    /// The column and the value, each behind a comma, that an insert has more than the columns that are the same.
    pub fn also(self) -> (&'static str, String) {
        match self {
            Place::Stored => ("", String::new()),
            Place::Buried(deletion) => (", deletion", format!(", {deletion}")),
            Place::Superseded(by) => (", superseded_by", format!(", {by}")),
        }
    }
}
