//! The samples: one owner of their tables.
//!
//! A sample counts and is stored, or is superseded, or lies under a deletion, in tables of the same shape (`place`). Whatever reads or writes rows of
//! them by key does so through `table`, which also keeps **row 0** of what is stored taken: a group of rows that share
//! (user, metric, start, layer) has one under number 0, so that `ingest` may take a vacant number 0 for an empty group.
//!
//! What each delivery states is a **claim**. `resolve` says which of the claims about one key count, `group` reads and writes
//! them, and `sweep` applies what a complete account leaves out. `ingest` writes a batch, `counts` moves what is counted of
//! the series and marked for the rollups, and `import_state` is what an import in pieces has met. `page` reads.

pub mod alike;
mod coming;
pub mod counts;
pub mod group;
pub mod import_state;
pub mod ingest;
pub mod kept_out;
mod narrowing;
mod page;
pub mod resolve;
mod sleep;
mod statements;
pub mod sweep;
pub mod table;

pub use narrowing::{Narrowing, narrowed};
pub use page::{Position, Selection, StoredSample, page};

use alike::{Values, alike};

use crate::model::time::Layer;

/// (metric, start, layer)
pub type Key = (i64, i64, Layer);

/// What a raw record is known by: end, source, context.
pub type Identity = (i64, i64, Option<i64>);

/// Whose data, which delivery brings it, and how.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    pub user: i64,
    pub delivery: i64,
    pub mode: Mode,
}

/// How a batch meets what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A whole delivery, just received: it replaces what it names.
    Delivery,
    /// A piece of an import: a later piece may name more of the same group.
    Import,
    /// An old delivery, decoded again: what a later delivery has written stays.
    Replay,
}

/// The part of a sample row beside its key.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub span: i64,
    pub value: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub source: i64,
    pub context: Option<i64>,
    pub offset_minutes: i64,
    /// Whether a person has entered it by hand.
    pub manual: bool,
}

impl Row {
    pub fn identity(&self) -> Identity {
        (self.span, self.source, self.context)
    }

    /// Whether two rows of one start and layer are the same sample.
    pub fn is_same(&self, layer: Layer, other: &Row) -> bool {
        match layer {
            Layer::Raw => self.identity() == other.identity(),
            _ => self.context == other.context,
        }
    }

    /// Whether it has a min or max of its own.
    pub fn is_summary(&self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    pub fn values(&self) -> Values {
        [self.value, self.min, self.max]
    }

    /// What a record of an unknown source is recognised by.
    pub fn measured(&self) -> Values {
        [self.value, None, None]
    }

    /// Whether its values are those of another.
    pub fn is_alike(&self, other: &Row) -> bool {
        self.values().into_iter().zip(other.values()).all(|(one, other)| alike(one, other))
    }

    /// Whether it says what another does, whatever either lacks of its end or its source.
    pub fn states(&self, layer: Layer, other: &Row) -> bool {
        let has_span = self.span == other.span || self.span == 0 || other.span == 0;
        match layer {
            Layer::Raw => has_span && alike(self.value, other.value),
            _ => self.context == other.context && self.is_alike(other),
        }
    }

    pub fn is_like(&self, other: &Row) -> bool {
        (self.identity(), self.offset_minutes, self.manual) == (other.identity(), other.offset_minutes, other.manual)
            && self.is_alike(other)
    }
}

/// A stored row, and the delivery that wrote it as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRow {
    /// Its number among the rows of its key; the column `twin`.
    pub ordinal: i64,
    pub row: Row,
    pub delivery: i64,
}

/// The sources that do not say what measured, by id, where they are known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unnamed {
    pub blank: Option<i64>,
    pub shortcuts: Option<i64>,
}

impl Unnamed {
    /// How well a source is known: of two equal records the better known is the record.
    pub fn knowledge(self, source: i64) -> u8 {
        match Some(source) {
            id if id == self.blank => 0,
            id if id == self.shortcuts => 1,
            _ => 2,
        }
    }
}
