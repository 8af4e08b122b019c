//! When each automation last delivered.
//!
//! The answer is kept from look to look, and a look reads only what came since, so that it costs nothing to ask every few
//! seconds while a phone delivers every minute for years.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::error::Result;

/// An automation that has been silent for so long is taken as given up.
const GIVEN_UP_MS: i64 = 30 * 86_400_000;

/// Most that are kept, the latest of them: a sender may call itself something else each time.
const MOST: usize = 100;

/// Most letters of a name.
const LETTERS: usize = 100;

/// Those who deliver over the network; files that are imported are none.
#[derive(Debug, Default)]
pub struct Senders {
    /// The last row that was looked at.
    seen: i64,
    /// By person, and by the automation's id or else its name.
    last: HashMap<(String, String), Sender>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub user_id: i64,
    pub user: String,
    /// As it calls itself now; empty when it gives no name.
    pub automation: String,
    /// When its last delivery came, in epoch milliseconds.
    pub received_at_ms: i64,
}

impl Senders {
    /// Looks at what came since the last look, and forgets those who are given up by now.
    pub fn look(&mut self, connection: &Connection, now_ms: i64) -> Result<()> {
        let since = now_ms - GIVEN_UP_MS;
        let mut statement = connection.prepare_cached(
            "SELECT delivery.id, received_at_ms, user.name, coalesce(origin ->> 'automation_name', ''),
                    coalesce(origin ->> 'automation_id', origin ->> 'automation_name', ''), user.id
             FROM delivery JOIN user ON user.id = delivery.user
             WHERE delivery.id > ?1 AND api_key IS NOT NULL AND origin ->> 'file' IS NULL
             ORDER BY delivery.id DESC",
        )?;
        let mut rows = statement.query([self.seen])?;
        let mut found: HashMap<(String, String), Sender> = HashMap::new();
        while let Some(row) = rows.next()? {
            let received_at_ms: i64 = row.get(1)?;
            if received_at_ms < since {
                break;
            }
            self.seen = self.seen.max(row.get(0)?);
            let (user, automation): (String, String) = (row.get(2)?, row.get(3)?);
            // The newest comes first.
            found.entry((user.clone(), row.get(4)?)).or_insert(Sender {
                user_id: row.get(5)?,
                user,
                automation: cut(&automation),
                received_at_ms,
            });
        }
        self.last.extend(found);
        self.last.retain(|_, sender| sender.received_at_ms >= since);
        Ok(())
    }

    /// The latest of each person and name, by these.
    pub fn list(&self) -> Vec<Sender> {
        let mut senders: Vec<Sender> = self.last.values().cloned().collect();
        senders.sort_by_key(|sender| std::cmp::Reverse(sender.received_at_ms));
        senders.truncate(MOST);
        senders.sort_by(|a, b| (&a.user, &a.automation).cmp(&(&b.user, &b.automation)));
        // Sorting kept the order in time, so of those of one name the latest stays.
        senders.dedup_by(|later, first| (&later.user, &later.automation) == (&first.user, &first.automation));
        senders
    }
}

fn cut(name: &str) -> String {
    name.chars().take(LETTERS).collect()
}
