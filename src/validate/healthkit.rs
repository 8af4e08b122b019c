//! HealthKit's records that an app hands on: read by the rules of Apple's export, for they are what that export holds.

use crate::decode::healthkit::{Document, Unusable};
use crate::model::sample::Batch;
use crate::validate::Context;
use crate::validate::apple_export::{Attached, Validator};

/// Everything that a delivery says, in the store's terms.
pub fn batch(document: Document, context: &Context) -> Batch {
    let mut validator = Validator::of_app(context.home, context.stored_unit);
    for item in document.items {
        if let Some(element) = item.tree.root() {
            validator.set_place(&item.place);
            validator.add(element, Attached { route: item.route, ..Attached::default() });
        }
    }
    for Unusable { name, place, reason, item } in document.unusable {
        validator.add_unreadable(name, place, reason, item);
    }
    validator.finish()
}
