//! Making rollups: hours and days of the home zone, added up by the very code that answers without them.
//!
//! `store/rollups` says what is kept. A metric that has none, or has them on other terms, is rolled up whole, a year at a
//! time; after that only the days that are marked. Each write says which marks it settles, as its snapshot saw them, so
//! that what changes meanwhile stays marked. Nobody waits for any of this: `query/aggregate` scans what is marked.

pub mod keeper;
mod making;
pub mod terms;
mod verify;

use jiff::tz::TimeZone;

use crate::error::Result;
use crate::model::bucket::{Bucket, boundaries};
use crate::model::time::Layer;
use crate::query::aggregate::scanning::Range;
use crate::query::duck::engine::Engine;
use crate::query::layering::stored;
use crate::query::subject::{self, Subject};
use crate::store::rollups::{self, Mark, Rebuilt, State};
use crate::store::writer::Lane;
use crate::store::{Reading, Store, series};

use making::make;
use terms::{Terms, dirty_days};
pub use verify::verify;

/// Marked days that are rolled up at once.
const MOST_MARKS: usize = 366;

/// Whose rollups of what.
struct Work<'a> {
    store: &'a Store,
    engine: &'a Engine,
    home: &'a TimeZone,
    user: i64,
    metric: i64,
    name: String,
}

/// Brings every person's rollups up to date; gives the number of buckets written.
pub fn refresh(store: &Store, engine: &Engine, home: &TimeZone) -> Result<usize> {
    let subjects = rollups::subjects(&*store.reader()?)?;
    let work = |(user, metric, name)| Work { store, engine, home, user, metric, name };
    subjects.into_iter().map(work).map(|work| work.refresh()).sum()
}

impl Work<'_> {
    fn refresh(&self) -> Result<usize> {
        let reader = self.store.reader()?;
        let subject = self.subject(&reader)?;
        let Some(terms) = self.terms(&reader, &subject)? else { return Ok(0) };
        let state = rollups::state(&reader, self.user, self.metric)?;
        drop(reader);
        match state {
            Some(state) if terms.hold(&state) => self.refresh_marked(),
            _ => self.make_all(&terms),
        }
    }

    fn subject(&self, reading: &Reading) -> Result<Subject> {
        subject::metric(reading, self.user, &self.name)
    }

    fn terms(&self, reading: &Reading, subject: &Subject) -> Result<Option<Terms>> {
        Terms::now(reading, self.user, subject, self.home)
    }

    /// Goes through the marked days once; those that are marked again meanwhile wait for the next time.
    fn refresh_marked(&self) -> Result<usize> {
        let (mut after, mut written) = (i64::MIN, 0);
        loop {
            let snapshot = self.store.snapshot(1)?;
            let reading = snapshot.lanes[0].reading();
            let subject = self.subject(reading)?;
            let state = rollups::state(reading, self.user, self.metric)?;
            let (Some(state), Some(terms)) = (state, self.terms(reading, &subject)?) else { return Ok(written) };
            let mut marks = rollups::marks(reading, self.user, self.metric)?;
            marks.retain(|mark| mark.day > after);
            let marks = first_together(&marks);
            let days = dirty_days(reading, self.user, self.metric, subject.lasts, self.home, marks)?;
            let (Some(last), Some(from), Some(to)) = (marks.last(), days.first(), days.last()) else {
                return Ok(written);
            };
            after = last.day;
            if !terms.hold(&state) {
                return Ok(written);
            }
            let range = (from.0, to.1);
            let (rollups, _) = make(self, snapshot, range)?;
            written += rollups.len();
            if self.put(Rebuilt { marks: marks.to_vec(), ..self.rebuilt(state, terms, range, rollups) })?.is_none() {
                return Ok(written);
            }
        }
    }

    fn rebuilt(
        &self,
        state: State,
        terms: Terms,
        (from, to): Range,
        rollups: Vec<(rollups::Grain, rollups::Rollup)>,
    ) -> Rebuilt {
        let Terms { text, sources } = terms;
        let (user, metric) = (self.user, self.metric);
        Rebuilt { user, metric, state, sources, terms: text, from, to, rollups, marks: Vec::new() }
    }

    /// None when somebody else has written rollups of this metric meanwhile: then theirs stand.
    fn put(&self, rebuilt: Rebuilt) -> Result<Option<State>> {
        let bytes = rebuilt.rollups.len() * size_of::<rollups::Rollup>();
        self.store.writer().run_in(Lane::Bulk, bytes, move |writing| rollups::put(writing, &rebuilt))
    }

    fn make_all(&self, terms: &Terms) -> Result<usize> {
        let (user, metric) = (self.user, self.metric);
        self.store.writer().run(move |writing| rollups::begin(writing, user, metric))?;
        let reader = self.store.reader()?;
        let Some(mut state) = rollups::state(&reader, user, metric)? else { return Ok(0) };
        let marks = rollups::marks(&reader, user, metric)?;
        let years = self.years(&reader)?;
        drop(reader);
        let mut written = 0;
        for (at, range) in years.iter().enumerate() {
            let snapshot = self.store.snapshot(1)?;
            let reading = snapshot.lanes[0].reading();
            if self.terms(reading, &self.subject(reading)?)?.as_ref() != Some(terms) {
                return Ok(written);
            }
            let (rollups, _) = make(self, snapshot, *range)?;
            written += rollups.len();
            let is_last = at + 1 == years.len();
            let begun = Terms { text: String::new(), sources: terms.sources.clone() };
            let terms = if is_last { terms.clone() } else { begun };
            let range = (if at == 0 { i64::MIN } else { range.0 }, if is_last { i64::MAX } else { range.1 });
            let settled = if is_last { marks.clone() } else { Vec::new() };
            let rebuilt = Rebuilt { marks: settled, ..self.rebuilt(state, terms, range, rollups) };
            let Some(next) = self.put(rebuilt)? else { return Ok(written) };
            state = next;
        }
        Ok(written)
    }

    /// All that is stored, in pieces of a local year; at least one.
    fn years(&self, reading: &Reading) -> Result<Vec<Range>> {
        let mut extents = series::layers(reading, self.user, self.metric)?;
        extents.retain(|extent| extent.layer <= Layer::Day);
        let (first, end) = stored(&extents).unwrap_or((0, 1));
        let most = usize::try_from(end.saturating_sub(first) / (365 * 86_400)).unwrap_or(0) + 3;
        let edges = boundaries(Bucket::Year, self.home, first, end, most).unwrap_or_default();
        Ok(edges.windows(2).map(|pair| (pair[0], pair[1])).collect())
    }
}

/// The marks at the front that lie close to each other.
fn first_together(marks: &[Mark]) -> &[Mark] {
    let apart = marks.windows(2).position(|pair| pair[1].day - pair[0].day > 2);
    &marks[..apart.map_or(marks.len(), |at| at + 1).min(MOST_MARKS)]
}
