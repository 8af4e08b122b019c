//! Claims that come of what is deleted: they are added to what lies under the deletion, where an undo finds all of them.

use crate::error::Result;
use crate::store::place::Place;
use crate::store::samples::group::Context;
use crate::store::samples::{Key, Row, table};

/// Adds claims of one key. One that lies there already has been stated once more.
pub fn add(context: &Context, place: Place, key: Key, rows: &[&Row], delivery: i64) -> Result<()> {
    let Context { connection, user, accounts, .. } = context;
    let known = table::group(connection, place, *user, key)?;
    let mut matched = vec![false; known.len()];
    for row in rows {
        let is_same = |at: &usize| !matched[*at] && known[*at].row.is_like(row);
        let Some(at) = (0..known.len()).find(is_same) else {
            table::add(connection, place, *user, key, (row, delivery, 0))?;
            continue;
        };
        matched[at] = true;
        if accounts.head(delivery)?.order > accounts.head(known[at].delivery)?.order {
            table::set_stated(connection, place, *user, key, (known[at].ordinal, delivery))?;
        }
    }
    Ok(())
}
