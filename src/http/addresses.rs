//! `GET /api/v1/addresses`: what to type into a phone.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::deliveries::private;
use crate::http::doors::Doors;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::sys::address::{Kind, hosts};

#[derive(Debug, Serialize, ToSchema)]
pub struct Addresses {
    /// The best for a phone first.
    pub addresses: Vec<Address>,
    pub listens_on: String,
    /// Whether other machines can connect at all.
    pub reachable: bool,
    /// Whether everyone on the network can read what passes.
    pub plain_http: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Address {
    pub url: String,
    /// name, private, tailscale, public or loopback.
    pub kind: &'static str,
}

/// Addresses under which this server is found
#[utoipa::path(
    get, path = "/api/v1/addresses", tag = "read",
    responses((status = 200, body = Addresses), (status = 400, body = Problem))
)]
pub async fn get(State(doors): State<Doors>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    let (at, public) = (doors.at, doors.app.public);
    let hosts = blocking(move || Ok(hosts(at.address.ip()))).await?;
    let known = hosts.into_iter().filter(|host| public || host.kind != Kind::Public);
    Ok(private(Addresses {
        addresses: known.map(|host| Address { url: at.url(&host.host), kind: host.kind.as_str() }).collect(),
        listens_on: at.address.to_string(),
        reachable: at.is_reachable(),
        plain_http: at.is_overheard(),
    }))
}
