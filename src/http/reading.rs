//! Lists: what reads the database for somebody, when it is their turn and for so long as may be.

use crate::app::App;
use crate::error::Result;
use crate::store::Reading;

/// Reads for a person.
pub async fn reading<T: Send + 'static>(
    app: &App,
    person: i64,
    read: impl FnOnce(&Reading) -> Result<T> + Send + 'static,
) -> Result<T> {
    let store = app.store.clone();
    let lists = app.lists.of(person);
    let answer = lists.run(move |stop| {
        let stop = stop.clone();
        read(&*store.limited_reader(move || stop.is_stopped())?)
    });
    answer.await
}
