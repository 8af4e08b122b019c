//! What a body says: which sender it is of, and that sender's decoder and validation.
//!
//! Everything that this needs is kept with the delivery, so that the same body can be understood again later.

use crate::decode::{self, Format, auto_export, healthkit, shortcuts, utf16};
use crate::model::sample::Batch;
use crate::receive::names::Names;
use crate::receive::{Receiver, bundle};
use crate::store::deliveries::Origin;
use crate::validate::{self, Aggregation};

impl Receiver {
    /// The name of the body's format, and what it says or why it is not understood at all. Nothing but the body and what is
    /// kept beside it may decide that, for a replay has no more. `received_at` is in UTC epoch seconds.
    pub fn understand(
        &self,
        user: i64,
        body: &[u8],
        origin: &Origin,
        received_at: i64,
    ) -> (&'static str, Result<Batch, String>) {
        let wide = utf16::to_utf8(body);
        let body = wide.as_deref().unwrap_or(body);
        let stated = origin.query.iter().find(|(name, _)| name == "format").and_then(|(_, name)| Format::parse(name));
        let aggregation = Aggregation::parse(origin.automation_aggregation.as_deref().unwrap_or_default());
        let names = Names::new(&self.store, user);
        let stored_unit = |name: &str| names.unit(name);
        let home = self.preferences.home();
        let context = validate::Context { aggregation, home: &home, stored_unit: &stored_unit };
        if stated != Some(Format::Shortcuts)
            && let Some(content) = bundle::read(body, &context, self.max_body)
        {
            return named(Format::AutoExport, content);
        }
        let format = stated.unwrap_or_else(|| decode::recognise(body));
        let hints = shortcuts::Hints {
            content_type: origin.content_type.as_deref().unwrap_or_default(),
            query: &origin.query,
            insisted: stated.is_some(),
        };
        let from_shortcut = || {
            shortcuts::with_document(body, hints, |document| {
                validate::shortcuts::batch(&document, &context, received_at)
            })
        };
        match format {
            Format::Shortcuts => named(format, from_shortcut()),
            Format::OpenHealthExport => named(
                format,
                healthkit::wire::read(body).map(|document| validate::healthkit::batch(document, &context)),
            ),
            Format::HealthExportPro => {
                named(format, healthkit::pro::read(body).map(|document| validate::healthkit::batch(document, &context)))
            }
            Format::AutoExport => match from_app(body, &context) {
                // A relay wraps a Shortcut's body just as the app's.
                Err(reason)
                    if stated.is_none()
                        && (auto_export::is_wrapped_text(body) || body.trim_ascii_start().starts_with(b"[")) =>
                {
                    match from_shortcut() {
                        Ok(batch) => named(Format::Shortcuts, Ok(batch)),
                        Err(_) => named(format, Err(reason)),
                    }
                }
                content => named(format, content),
            },
        }
    }
}

fn named(format: Format, content: Result<Batch, String>) -> (&'static str, Result<Batch, String>) {
    (if content.is_ok() { format.as_str() } else { "unknown" }, content)
}

/// A person's own JSON in the app's shape may need the same repairs as a Shortcut's.
fn from_app(body: &[u8], context: &validate::Context) -> Result<Batch, String> {
    let read = |body: &[u8]| auto_export::with_document(body, |document| validate::batch(&document, context));
    read(body).or_else(|reason| {
        let text = std::str::from_utf8(body).ok();
        let repaired = text.and_then(|text| shortcuts::repair::repair(text.trim_start_matches('\u{feff}')));
        repaired.and_then(|fixed| read(fixed.as_bytes()).ok()).ok_or(reason)
    })
}
