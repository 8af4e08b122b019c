//! Lines for journald, which keeps the time of each and takes a level from in front of it (sd-daemon(3)).

use std::fmt::Result;
use std::os::fd::AsFd;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer, format};
use tracing_subscriber::registry::LookupSpan;

/// Writes an event as `<LEVEL>TARGET: FIELDS`.
pub struct Journal;

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> Result {
        let mut line = String::new();
        let plain = format().without_time().with_level(false).with_ansi(false);
        plain.format_event(context, Writer::new(&mut line), event)?;
        // What stands on a line of its own would be an entry of its own, of any level that it likes.
        let line = line.trim_end().replace(['\n', '\r'], " ");
        writeln!(writer, "<{}>{line}", priority(*event.metadata().level()))
    }
}

/// The level as syslog numbers it.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

/// Whether standard error goes to journald, and has not been pointed elsewhere since systemd said so.
pub fn is_connected() -> bool {
    let Ok(told) = std::env::var("JOURNAL_STREAM") else { return false };
    let standard_error = std::io::stderr();
    rustix::fs::fstat(standard_error.as_fd()).is_ok_and(|file| told == format!("{}:{}", file.st_dev, file.st_ino))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_begins_with_its_level_and_is_one_line() {
        let kept = Kept::default();
        let written = kept.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .with_writer(move || written.clone())
            .event_format(Journal)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let _request = tracing::info_span!("request", id = "a1").entered();
            tracing::error!("first\n<0>second");
            tracing::warn!("w");
            tracing::info!(status = 200, "i");
            tracing::debug!("d");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let place = "health_export::telemetry::journal::tests";
        assert_eq!(lines[0], format!("<3>request{{id=\"a1\"}}: {place}: first <0>second"));
        assert!(lines[1].starts_with("<4>") && lines[2].starts_with("<6>") && lines[3].starts_with("<7>"), "{text}");
        assert!(lines[2].ends_with("i status=200"), "{text}");
        assert_eq!(lines.len(), 4, "{text}");
    }
}
