//! Claims that come of what is deleted: they are added to what lies under the deletion, where an undo finds all of them.

use crate::error::{Error, Result};
use crate::store::place::Place;
use crate::store::samples::alike::Groups;
use crate::store::samples::group::Context;
use crate::store::samples::{Identity, Key, Row, table};

/// Adds claims of one key. One that lies there already has been stated once more.
pub fn add(context: &Context, place: Place, key: Key, rows: &[&Row], delivery: i64) -> Result<()> {
    let Context { connection, user, accounts, .. } = context;
    let known = table::with_stated(connection, place, *user, key)?;
    let mut alike: Groups<Identity> = Groups::default();
    // From the last on, so that the first is taken first.
    for (at, (old, _)) in known.iter().enumerate().rev() {
        alike.add(old.row.identity(), old.row.values(), at);
    }
    let head = accounts.head(delivery)?;
    for row in rows {
        let found = alike.get(row.identity(), row.values()).and_then(Vec::pop);
        let Some((old, stated)) = found.map(|at| &known[at]) else {
            table::add(connection, place, *user, key, (row, delivery, 0))?;
            continue;
        };
        let is_later = |than: i64| Ok::<_, Error>(than == 0 || head.order > accounts.head(than)?.order);
        if is_later(old.delivery)? && is_later(*stated)? {
            table::set_stated(connection, place, *user, key, (old.ordinal, delivery))?;
        }
    }
    Ok(())
}
