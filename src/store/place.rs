//! Where a row lies: among what is shown, or under a deletion, in the table of the same shape.
//!
//! Both are written by the same code, so that what is kept out is settled as it would have been, and an undo finds the
//! newest. The numbers put into the SQL are our own.

/// Among what is shown, or under the deletion of that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Stored,
    Buried(i64),
}

impl Place {
    pub fn under(deletion: Option<i64>) -> Place {
        deletion.map_or(Place::Stored, Place::Buried)
    }

    pub fn table(self, name: &str) -> String {
        match self {
            Place::Stored => name.to_owned(),
            Place::Buried(_) => format!("buried_{name}"),
        }
    }

    /// Narrows a condition to the rows of this place.
    pub fn only(self) -> String {
        match self {
            Place::Stored => String::new(),
            Place::Buried(deletion) => format!(" AND deletion = {deletion}"),
        }
    }

    /// The column and the value, each behind a comma, that an insert has more than the columns that are the same.
    pub fn also(self) -> (&'static str, String) {
        match self {
            Place::Stored => ("", String::new()),
            Place::Buried(deletion) => (", deletion", format!(", {deletion}")),
        }
    }
}
