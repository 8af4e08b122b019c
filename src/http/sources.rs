//! `GET` and `PUT /api/v1/sources`: what has measured, and whom to believe where two have measured the same moment.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::answers::Finished;
use crate::http::caching::{self, Client};
use crate::http::doors::Doors;
use crate::http::json_body;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::http::small_body::SmallBody;
use crate::model::category::Category;
use crate::model::key::Principal;
use crate::model::time::offset_rfc3339;
use crate::query::subject;
use crate::store::Reading;
use crate::store::priority::{self, Matter, Ranked};
use crate::store::series::{self, SeriesRow};

#[derive(Debug, Serialize, ToSchema)]
pub struct Sources {
    /// The one that is believed first at the front; of everything, or of the metric or category that was asked for.
    pub sources: Vec<SourceEntry>,
    /// All orders that were set.
    pub orders: Vec<OrderEntry>,
}

/// An order that was set; with neither a metric nor a category it is about everything.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Names of sources; the first is believed first.
    pub order: Vec<String>,
}

/// Something that measures, and what it has sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceEntry {
    /// Empty when the sender named none.
    pub name: String,
    /// watch, phone, other or anonymous.
    pub kind: String,
    /// Its hardware, such as Watch6,2, where a sender has told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// 1 is believed first.
    pub rank: u32,
    /// Whether its rank is of an order that was set, and not of its kind.
    pub ordered: bool,
    pub metrics: Vec<String>,
    /// Samples stored, all layers together.
    pub samples: i64,
    /// Starts of the first and last sample, RFC 3339.
    pub first: String,
    pub last: String,
}

/// A person's own order of sources, of everything or of the metric or category that the address names.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceOrder {
    /// Names; the first is believed first, and those left out follow as if there were no such order. None at all takes it back.
    pub order: Vec<String>,
}

/// Sources, in the order in which they are believed
#[utoipa::path(
    get, path = "/api/v1/sources", tag = "read",
    params(
        ("metric" = Option<String>, Query, description = "In the order that holds of this metric"),
        ("category" = Option<String>, Query, description = CATEGORY),
    ),
    responses(
        (status = 200, body = Sources), (status = 304, description = "Not modified"), (status = 400, body = Problem),
        (status = 404, body = Problem)
    )
)]
pub async fn get(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    client: Client,
    mut params: Params,
) -> Result<Response, Problem> {
    let about = About::of(&mut params)?;
    params.finish()?;
    let user = principal.user;
    let asked = caching::Question { user, text: format!("sources {about:?}") };
    let answer = move |reading: &Reading| Finished::json(&list(reading, user, &about.matter(reading, user)?)?);
    caching::answered(&doors, client, asked, answer).await
}

/// Set the order in which sources are believed
#[utoipa::path(
    put, path = "/api/v1/sources", tag = "admin", request_body = SourceOrder,
    params(
        ("metric" = Option<String>, Query, description = "The order is about this metric alone"),
        ("category" = Option<String>, Query, description = CATEGORY),
    ),
    responses((status = 200, body = Sources), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub async fn put(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    mut params: Params,
    SmallBody(body): SmallBody,
) -> Result<Json<Sources>, Problem> {
    let about = About::of(&mut params)?;
    params.finish()?;
    let wanted: SourceOrder = json_body::read(&body, r#"{"order": [names of sources, first believed first]}"#)?;
    let user = principal.user;
    let listed = blocking(move || {
        let reader = app.store.reader()?;
        let matter = about.matter(&reader, user)?;
        let ids = subject::named_sources(&reader, user, &wanted.order)?;
        drop(reader);
        let set = matter.clone();
        app.store.writer().run(move |writing| priority::set_order(writing.connection, user, &set, &ids))?;
        list(&*app.store.reader()?, user, &matter)
    });
    Ok(Json(listed.await?))
}

const CATEGORY: &str =
    "activity, body, heart, hearing, breathing, temperature, mobility, sleep, glucose, food, workouts or other";

/// What is asked for or set the order of.
#[derive(Debug)]
enum About {
    Everything,
    Category(Category),
    Metric(String),
}

impl About {
    fn of(params: &mut Params) -> Result<About> {
        let category = params.parsed("category", &format!("one of {CATEGORY}"), Category::parse)?;
        match (params.one("metric")?, category) {
            (Some(_), Some(_)) => {
                Err(Error::BadRequest("category: a metric is given as well, one of the two is enough".into()))
            }
            (Some(name), None) => Ok(About::Metric(name)),
            (None, Some(category)) => Ok(About::Category(category)),
            (None, None) => Ok(About::Everything),
        }
    }

    /// The same with the metric's own name.
    fn matter(&self, reading: &Reading, user: i64) -> Result<Matter> {
        Ok(match self {
            About::Everything => Matter::Everything,
            About::Category(category) => Matter::Category(*category),
            About::Metric(name) => Matter::Metric(subject::metric(reading, user, name)?.name),
        })
    }
}

fn list(reading: &Reading, user: i64, matter: &Matter) -> Result<Sources> {
    let mut rows: BTreeMap<String, Vec<SeriesRow>> = BTreeMap::new();
    for row in series::list(reading, user)? {
        rows.entry(row.source.clone()).or_default().push(row);
    }
    let ordered = priority::ordered(reading, user, matter)?;
    let known = ordered.into_iter().filter_map(|source| Some((rows.remove(&source.name)?, source)));
    Ok(Sources {
        sources: (1..).zip(known).map(|(rank, (rows, source))| entry(rank, source, &rows)).collect(),
        orders: priority::set_orders(reading, user)?.into_iter().map(order).collect(),
    })
}

fn order((matter, order): (Matter, Vec<String>)) -> OrderEntry {
    let (metric, category) = match matter {
        Matter::Everything => (None, None),
        Matter::Category(category) => (None, Some(category.to_string())),
        Matter::Metric(name) => (Some(name), None),
    };
    OrderEntry { metric, category, order }
}

fn entry(rank: u32, source: Ranked, rows: &[SeriesRow]) -> SourceEntry {
    let time = |seconds: Option<i64>| offset_rfc3339(seconds.unwrap_or(0), 0);
    let metrics: BTreeSet<&str> = rows.iter().map(|row| row.metric.as_str()).collect();
    SourceEntry {
        rank,
        kind: source.kind.to_string(),
        ordered: source.is_ordered(),
        metrics: metrics.into_iter().map(str::to_owned).collect(),
        samples: rows.iter().map(|row| row.samples).sum(),
        first: time(rows.iter().map(|row| row.first).min()),
        last: time(rows.iter().map(|row| row.last).max()),
        name: source.name,
        device: source.device,
    }
}
