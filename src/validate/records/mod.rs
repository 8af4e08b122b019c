//! The app's records that are no points of a metric: sleep, workouts and whatever happened, each checked on its own.

mod ecg;
mod events;
pub(super) mod figures;
mod moment;
mod notification;
mod route;
mod series;
mod sleep;
mod workout;

use jiff::tz::TimeZone;

use crate::decode::auto_export::{Array, Document, List, Node};
use crate::model::event::Event;
use crate::validate::filling::Filling;

/// Adds every record of the document that is not a metric's point.
pub fn add(document: &Document, filling: &mut Filling) {
    document.sleep.iter().for_each(|list| sleep::add(list, filling));
    for (array, list) in &document.lists {
        match array {
            Array::Workouts => workout::add(list, filling),
            Array::StateOfMind => add_events(list, "state_of_mind", events::state_of_mind, filling),
            Array::Medications => add_events(list, "medications", events::medication, filling),
            Array::Symptoms => add_events(list, "symptoms", events::symptom, filling),
            Array::CycleTracking => add_events(list, "cycle", events::cycle, filling),
            Array::HeartRateNotifications => add_events(list, "heart_notifications", notification::read, filling),
            Array::Ecg => add_ecgs(list, filling),
        }
    }
}

/// A part of a record that is left out of it: JSON path, reason, and the part as sent.
struct LeftOut {
    path: String,
    reason: String,
    item: String,
}

/// Reads each record of a list into an event of that kind.
fn add_events(
    list: &List,
    kind: &'static str,
    read: impl Fn(Node, &TimeZone) -> Result<Event, String>,
    filling: &mut Filling,
) {
    add_each(
        list,
        kind,
        filling,
        |node, _, home, _| read(node, home),
        |filling, item, mut event| {
            event.item = item;
            event.kind = kind;
            filling.batch.events.push(event);
        },
    );
}

fn add_ecgs(list: &List, filling: &mut Filling) {
    add_each(list, "ecg", filling, ecg::read, |filling, item, event| {
        filling.batch.events.push(Event { item, ..event });
    });
}

/// Reads each record and pushes what comes of it; a record that cannot be read is rejected whole, and parts that were
/// left out of a record are rejected beside it.
fn add_each<T>(
    list: &List,
    name: &str,
    filling: &mut Filling,
    read: impl Fn(Node, &str, &TimeZone, &mut Vec<LeftOut>) -> Result<T, String>,
    push: impl Fn(&mut Filling, u32, T),
) {
    let name = filling.add_name(name);
    for (at, node) in list.items.iter().enumerate() {
        let path = format!("{}[{at}]", list.path);
        let mut left_out = Vec::new();
        let found = match node.is_object() {
            true => read(*node, &path, filling.home, &mut left_out),
            false => Err("this must be an object".into()),
        };
        match found {
            Ok(found) => {
                let item = filling.add_item(name);
                push(filling, item, found);
                left_out.into_iter().for_each(|part| filling.reject(name, part.path, part.reason, part.item));
            }
            Err(reason) => filling.reject(name, path, reason, node.json()),
        }
    }
}
