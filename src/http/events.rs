//! `GET /api/v1/events`: symptoms, moods, medications, cycle, ECGs, notifications and the rest of what happened.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::error::{Error, Result};
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::clock::Zones;
use crate::http::doors::Doors;
use crate::http::paging;
use crate::http::params::{Params, as_set};
use crate::http::problem::Problem;
use crate::model::event::EventSeries;
use crate::model::key::Principal;
use crate::model::time::offset_rfc3339;
use crate::query::events::{After, Whole, kind as find_kind, one as find, page, series};
use crate::store::events::read::{Place, Selection, kinds as stored_kinds};

const DEFAULT_LIMIT: usize = 1_000;
const MOST: usize = 10_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Kinds {
    pub kinds: Vec<KindEntry>,
}

/// A kind of which something is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindEntry {
    pub kind: String,
    pub count: i64,
    /// Starts of the first and last event, RFC 3339.
    pub first: String,
    pub last: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Events {
    pub kind: String,
    pub events: Vec<EventRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An event; where several senders tell of it, put together. Keys without a value are left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventRow {
    pub id: String,
    pub start: String,
    pub end: String,
    /// What it is, as a stable code, and in the sender's words.
    pub code: String,
    pub name: String,
    /// Severity, status, classification or flow, as a code, and in the sender's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_sent: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    pub offset_minutes: i32,
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
    /// Whether `/events/{kind}/{id}` answers with a series.
    pub has_series: bool,
}

/// An event with the long list that belongs to it, such as an ECG's voltages.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventWhole {
    pub kind: String,
    #[serde(flatten)]
    pub event: EventRow,
    /// unit, frequency in hertz where the values are evenly spaced, values, and at (seconds from the start) where not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub series: Option<EventSeries>,
}

/// Kinds of events that are stored
#[utoipa::path(
    get, path = "/api/v1/events", tag = "read",
    responses((status = 200, body = Kinds), (status = 304, description = "Not modified"), (status = 400, body = Problem))
)]
pub async fn kinds(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let asked = caching::Question { user: principal.user, text: "events".into() };
    caching::answered(&doors, client, asked, move |reading| {
        let kinds = stored_kinds(reading, principal.user)?.into_iter().map(|row| KindEntry {
            kind: row.kind,
            count: row.count,
            first: offset_rfc3339(row.first, 0),
            last: offset_rfc3339(row.last, 0),
        });
        Finished::json(&Kinds { kinds: kinds.collect() })
    })
    .await
}

/// Events of a kind
#[utoipa::path(
    get, path = "/api/v1/events/{kind}", tag = "read",
    params(
        ("kind" = String, Path, description = "symptoms, state_of_mind, medications, cycle, ecg, heart_notifications, heartbeat_series, audiograms, vision_prescriptions, activity_summaries or other"),
        ("start" = Option<String>, Query, description = "Of the event's start; included"),
        ("end" = Option<String>, Query, description = "Of the event's start; excluded"),
        ("tz" = Option<String>, Query, description = "IANA zone of dates in the question and of times in the answer"),
        ("code" = Option<String>, Query, description = "Such as headache; may be repeated or joined by commas"),
        ("limit" = Option<u32>, Query, description = "1 to 10000, default 1000"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
        ("order" = Option<String>, Query, description = "asc or desc by start")
    ),
    responses(
        (status = 200, body = Events), (status = 304, description = "Not modified"), (status = 400, body = Problem),
        (status = 404, body = Problem)
    )
)]
pub async fn list(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    Path(kind): Path<String>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let tz = params.tz()?;
    let (from, to) = params.range(tz.as_ref().unwrap_or(&doors.app.home()))?;
    let selection = Selection {
        user: principal.user,
        kind: find_kind(&kind)?,
        from: from.unwrap_or(i64::MIN),
        to: to.unwrap_or(i64::MAX),
        codes: as_set(params.list("code")),
        descending: paging::descending(&mut params)?,
    };
    let limit = paging::limit(&mut params, DEFAULT_LIMIT, MOST)?;
    let after = paging::cursor(&mut params, read_cursor)?;
    params.finish()?;
    let zones = Zones { asked: tz.clone(), home: doors.app.home() };
    let text = format!("events {selection:?} {after:?} {limit} {tz:?}");
    caching::answered(&doors, client, caching::Question { user: principal.user, text }, move |reading| {
        let (events, next) = page(reading, &selection, after.as_ref(), limit)?;
        let events = events.into_iter().map(|event| row(event, &zones)).collect();
        let next_cursor = next.as_ref().map(write_cursor);
        Finished::json(&Events { kind: selection.kind.into(), events, next_cursor })
    })
    .await
}

/// One event with its series
#[utoipa::path(
    get, path = "/api/v1/events/{kind}/{id}", tag = "read",
    params(
        ("kind" = String, Path, description = "As in the list"), ("id" = String, Path, description = "As in the list"),
        ("format" = Option<String>, Query, description = "json (default), or csv for the series alone: seconds from the start, value"),
        ("tz" = Option<String>, Query, description = "IANA zone of the times")
    ),
    responses(
        (status = 200, body = EventWhole), (status = 304, description = "Not modified"), (status = 404, body = Problem)
    )
)]
pub async fn one(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    Path((kind, id)): Path<(String, String)>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let tz = params.tz()?;
    let as_csv = params.parsed("format", "json or csv", |name| match name {
        "json" => Some(false),
        "csv" => Some(true),
        _ => None,
    })?;
    params.finish()?;
    let (user, kind) = (principal.user, find_kind(&kind)?);
    let as_csv = as_csv.unwrap_or(false);
    let zones = Zones { asked: tz.clone(), home: doors.app.home() };
    let asked = caching::Question { user, text: format!("event {kind} {id:?} {as_csv} {tz:?}") };
    caching::answered(&doors, client, asked, move |reading| {
        let found = match read_id(&id) {
            Some((place, row)) => find(reading, user, kind, &place, row)?,
            None => None,
        };
        let event = found.ok_or_else(|| {
            Error::NotFound(format!("there is no event {id} here: GET /api/v1/events/{kind} lists those there are"))
        })?;
        let series = series(reading, user, kind, &event)?;
        if as_csv {
            let series = series.ok_or_else(|| Error::NotFound(format!("event {id} has no series")))?;
            return Ok(Finished::new(HeaderValue::from_static("text/csv; charset=utf-8"), csv(&series)));
        }
        Finished::json(&EventWhole { kind: kind.into(), event: row(event, &zones), series })
    })
    .await
}

fn row(event: Whole, zones: &Zones) -> EventRow {
    let time = |utc: i64| zones.written(event.place.start, utc, event.offset_minutes);
    EventRow {
        id: write_id(&event),
        start: time(event.place.start),
        end: time(event.place.start.saturating_add(event.place.span)),
        has_series: event.has_series(),
        code: event.place.code,
        name: event.name,
        value: event.value,
        value_sent: event.value_sent,
        source: event.source,
        offset_minutes: event.offset_minutes,
        details: event.details,
    }
}

/// Seconds from the start, and value.
fn csv(series: &EventSeries) -> String {
    let seconds = |at: usize| match (series.at.get(at), series.frequency) {
        (Some(seconds), _) => seconds.to_string(),
        (None, Some(frequency)) if frequency > 0.0 => (at as f64 / frequency).to_string(),
        _ => String::new(),
    };
    let lines = series.values.iter().enumerate().map(|(at, value)| format!("{},{value}\n", seconds(at)));
    std::iter::once("seconds,value\n".to_owned()).chain(lines).collect()
}

/// Where an event is: its place, and one of the rows that it is put together from. The code comes last, for it may hold
/// anything.
fn write_id(event: &Whole) -> String {
    let Place { start, span, code } = &event.place;
    let row = event.told.first().map_or((0, 0), |told| (told.sender.id(), told.twin));
    paging::sealed(&format!("{start},{span},{},{},{code}", row.0, row.1))
}

pub(super) fn read_id(id: &str) -> Option<(Place, (i64, i64))> {
    let (numbers, code) = with_code(&paging::opened(id)?)?;
    let [start, span, sender, twin] = numbers;
    Some((Place { start, span, code }, (sender, twin)))
}

fn write_cursor(after: &After) -> String {
    let Place { start, span, code } = &after.place;
    paging::sealed(&format!("{start},{span},{},{code}", after.given))
}

fn read_cursor(text: &str) -> Option<After> {
    let ([start, span, given], code) = with_code(text)?;
    Some(After { place: Place { start, span, code }, given: given.try_into().ok()? })
}

fn with_code<const N: usize>(text: &str) -> Option<([i64; N], String)> {
    let at = text.match_indices(',').nth(N - 1)?.0;
    Some((paging::numbers(&text[..at])?, text[at + 1..].to_owned()))
}
