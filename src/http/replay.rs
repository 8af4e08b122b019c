//! `POST /api/v1/replay`: kept bodies, decoded again. A request works for some seconds and says where to go on, so that
//! no proxy's patience decides how much is done.

use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::deliveries::{paged_to, private};
use crate::http::paging;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::model::key::Principal;
use crate::model::receipt::Counts;
use crate::receive::{Receiver, Replayed};
use crate::store::replays::Selection;
use crate::store::{deliveries, replays};

/// How long one request works; the delivery it is at is finished.
const WORKS: Duration = Duration::from_secs(20);

#[derive(Debug, Serialize, ToSchema)]
pub struct Replay {
    /// How many were decoded again.
    pub deliveries: u64,
    /// How many of them read differently now.
    pub changed: u64,
    /// Refused when they came, understood now.
    pub understood: u64,
    /// Understood when they came and not any more; what was stored of them stays.
    pub no_longer_understood: u64,
    /// What became of the items of those that changed.
    #[serde(flatten)]
    pub counts: Counts,
    pub quarantined_before: u64,
    pub quarantined_after: u64,
    pub deferred_before: u64,
    pub deferred_after: u64,
    /// Deliveries without a body: imports of large files, to be imported again, and those older than `keep_bodies_days`.
    pub without_body: i64,
    /// True: all of it was undone.
    pub dry_run: bool,
    /// Post it as `cursor` to go on; missing when all are done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Decode kept bodies again
#[utoipa::path(
    post, path = "/api/v1/replay", tag = "admin",
    params(
        ("since" = Option<String>, Query, description = "Received at or after; also: start, from"),
        ("delivery" = Option<String>, Query, description = "Only this delivery"),
        ("dry_run" = Option<bool>, Query, description = "true tells what would change, and changes nothing"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the answer before")
    ),
    responses(
        (status = 200, body = Replay), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 507, body = Problem)
    )
)]
pub async fn post(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    mut params: Params,
) -> Result<Response, Problem> {
    let since = params.since(&app.home())?;
    let selection = Selection { user: principal.user, since, delivery: params.one("delivery")? };
    let dry_run = params.parsed("dry_run", "true or false", |text| text.parse::<bool>().ok())?.unwrap_or(false);
    let after = paging::cursor(&mut params, |text| Some(text.to_owned()))?;
    params.finish()?;
    let answer = blocking(move || work(&app.receiver, &selection, after.as_deref(), dry_run)).await?;
    Ok(private(answer))
}

fn work(receiver: &Receiver, selection: &Selection, after: Option<&str>, dry_run: bool) -> Result<Replay> {
    let begun = Instant::now();
    let reader = receiver.store.reader()?;
    let mut after = after.map_or(Ok(0), |id| paged_to(&reader, selection.user, id))?;
    if let Some(id) = &selection.delivery {
        let found = deliveries::find(&reader, selection.user, id)?;
        found.ok_or_else(|| Error::NotFound(format!("there is no delivery {id}")))?;
    }
    let without_body = replays::without_body(&reader, selection)?;
    drop(reader);
    let mut sum = Replayed::default();
    let mut next_cursor = None;
    while let Some(step) = receiver.replay_next(selection, after, dry_run)? {
        sum.add(&step);
        after = step.id;
        if begun.elapsed() >= WORKS {
            next_cursor = deliveries::public_id(&*receiver.store.reader()?, after)?.map(|id| paging::sealed(&id));
            break;
        }
    }
    Ok(Replay {
        deliveries: sum.deliveries,
        changed: sum.changed,
        understood: sum.understood,
        no_longer_understood: sum.lost,
        counts: sum.counts,
        quarantined_before: sum.quarantined_before,
        quarantined_after: sum.quarantined_after,
        deferred_before: sum.deferred_before,
        deferred_after: sum.deferred_after,
        without_body,
        dry_run,
        next_cursor,
    })
}
