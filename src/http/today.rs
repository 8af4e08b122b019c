//! `GET /api/v1/today`: a day beside those before it.
//!
//! What time it is decides two things, which day is meant and whether it is over, and both are part of the question, so that
//! the answer is kept and its tag holds until something comes or the day ends.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::aggregate::zone_name;
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::model::day::{date_text, day_begins, local_day};
use crate::model::key::Principal;
use crate::model::time::{local_rfc3339, offset_rfc3339};
use crate::query::today::{self, Answer, Question, Tile};
use crate::query::usual::{State as Side, Usual};
use crate::store::deliveries::Latest;
use crate::sys::clock;

#[derive(Debug, Serialize, ToSchema)]
pub struct Today {
    pub date: String,
    pub tz: String,
    /// The last delivery that was understood; null when there is none.
    pub last_sync: Option<LastSync>,
    pub tiles: Vec<TileRow>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LastSync {
    /// UTC.
    pub at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation: Option<String>,
}

/// One metric. A null has not been measured.
#[derive(Debug, Serialize, ToSchema)]
pub struct TileRow {
    pub metric: &'static str,
    /// total, level or sleep.
    pub kind: &'static str,
    /// What of each day is shown: sum, avg, last or asleep_minutes.
    pub stat: String,
    pub unit: String,
    /// Of the date.
    pub value: Option<f64>,
    /// When the last of it was measured, on the date or before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Whether the date is over.
    pub complete: bool,
    /// Of the 60 days before the date; null when fewer than 14 of them have data.
    pub usual: Option<Usual>,
    pub state: Side,
    /// 30 days, the date the last of them.
    pub days: Vec<Option<f64>>,
}

/// A day beside those before it
///
/// A tile for each of a few metrics that have data on the date or in the 60 days before it, with the range in which it
/// usually lies: the median and 1.4826 times the median distance from it to both sides, at least a hundredth of the median.
#[utoipa::path(
    get, path = "/api/v1/today", tag = "read",
    params(
        ("date" = Option<String>, Query, description = "Such as 2024-02-06, yesterday or -7d; default: today in tz"),
        ("tz" = Option<String>, Query, description = "IANA zone of the local days; default: the home zone"),
        ("units" = Option<String>, Query, description = "metric, imperial or as_sent; default: the setting units")
    ),
    responses(
        (status = 200, body = Today), (status = 304, description = "Not modified"), (status = 400, body = Problem),
        (status = 429, body = Problem), (status = 503, body = Problem)
    )
)]
pub async fn get(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let zone = params.zone(&doors.app.home())?;
    let day = params.date(&zone)?;
    let units = params.units(doors.app.units())?;
    params.finish()?;
    let now = clock::now().as_second();
    let day = day.unwrap_or_else(|| local_day(now, &zone));
    let complete = day_begins(day.saturating_add(1), &zone) <= now;
    let question = Question { user: principal.user, day, complete, zone, units };
    let (store, engine) = (doors.app.store.clone(), doors.app.engine.clone());
    let asked = caching::Question { user: principal.user, text: format!("today {question:?}") };
    caching::answered_in_turn(&doors, client, asked, move |stop| {
        Finished::json(&written(today::answer(&store, &engine, &question, stop)?, &question))
    })
    .await
}

fn written(answer: Answer, question: &Question) -> Today {
    Today {
        date: date_text(question.day),
        tz: zone_name(&question.zone),
        last_sync: answer.latest.map(last_sync),
        tiles: answer.tiles.into_iter().map(|tile| row(tile, question.complete, &question.zone)).collect(),
    }
}

fn last_sync(latest: Latest) -> LastSync {
    let Latest { received_at_ms, automation } = latest;
    LastSync { at: offset_rfc3339(received_at_ms.div_euclid(1000), 0), automation }
}

fn row(tile: Tile, complete: bool, zone: &TimeZone) -> TileRow {
    let Tile { metric, kind, stat, unit, value, at, usual, state, days } = tile;
    let at = at.map(|at| local_rfc3339(at, zone));
    TileRow { metric, kind, stat, unit, value, at, complete, usual, state, days }
}
