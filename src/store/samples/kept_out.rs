//! Claims that come of what is deleted: they are added to what lies under the deletion, where an undo finds all of them.

use crate::error::{Error, Result};
use crate::store::place::Place;
use crate::store::samples::alike::Index;
use crate::store::samples::group::Context;
use crate::store::samples::{Identity, Key, Row, table};

/// Adds claims of one key. One that lies there already has been stated once more.
pub fn add(context: &Context, place: Place, key: Key, rows: &[&Row], delivery: i64) -> Result<()> {
    let Context { connection, user, accounts, .. } = context;
    let known = table::with_stated(connection, place, *user, key)?;
    let mut index: Index<Identity> = Index::new();
    let mut like: Vec<Vec<usize>> = Vec::new();
    for (at, (old, _)) in known.iter().enumerate().rev() {
        let class = index.find(old.row.identity(), old.row.values()).unwrap_or(like.len());
        index.insert(old.row.identity(), old.row.values(), class);
        like.resize(like.len().max(class + 1), Vec::new());
        like[class].push(at);
    }
    let head = accounts.head(delivery)?;
    for row in rows {
        let class = index.find(row.identity(), row.values());
        let Some((old, stated)) = class.and_then(|class| like[class].pop()).map(|at| &known[at]) else {
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
