//! Every address, in one table, grouped by who may come in. `/openapi.json` is made from the same lines.

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request, State};
use axum::middleware::{self, Next};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::at::At;
use crate::http::caching::Client;
use crate::http::doors::Doors;
use crate::http::drain::drain;
use crate::http::fixed::Page;
use crate::http::hosts::Hosts;
use crate::http::problem::Problem;
use crate::http::{
    addresses, aggregate, auth, backups, codes, condition, coverage, csrf, data, deletions, deliveries, description,
    documents, events, explain, export, export_tables, figures, health, imports, ingest, jobs, keys, layers, metrics,
    page, people, qr, quarantine, recent, replay, requests, session, sessions, settings, sleep, sources, storage,
    today, workout_course, workouts,
};
use crate::model::key::Scope;

#[derive(OpenApi)]
#[openapi(info(title = "health-export", description = "Your Apple Health data, on your own machine."))]
struct Description;

/// The whole of HTTP.
pub fn router(app: App, at: At) -> Result<Router> {
    let doors = Doors::new(app, at)?;
    let (routes, mut description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(figures::page))
        .routes(routes!(session::get, session::post, session::delete))
        .merge(ingesting(&doors))
        .merge(guarded(&doors, Scope::Ingest, bodiless(OpenApiRouter::new().routes(routes!(jobs::cancel)))))
        .merge(guarded(&doors, Scope::Read, reading()))
        .merge(guarded(&doors, Scope::Read, finding_and_being_known()))
        .merge(ending_sessions(&doors))
        .merge(guarded(
            &doors,
            Scope::Export,
            OpenApiRouter::new()
                .routes(routes!(export::samples))
                .routes(routes!(export_tables::workouts))
                .routes(routes!(export_tables::routes))
                .routes(routes!(export_tables::sleep))
                .routes(routes!(export_tables::events))
                .routes(routes!(export_tables::aggregate)),
        ))
        .merge(guarded(&doors, Scope::Admin, admin()))
        .split_for_parts();
    description::complete(&mut description);
    let description = serde_json::to_vec(&description).map_err(|fault| Error::internal("describing the API", fault))?;
    let described = ("/openapi.json".to_owned(), Page::new("application/json", description));
    let routes = page::files()?
        .into_iter()
        .chain([described])
        .fold(routes, |routes, (path, page)| routes.route(&path, get(move |client: Client| page.answered(client))));
    let routes = routes
        .fallback(|OriginalUri(uri): OriginalUri, request: Request| async move {
            drain(request.into_body()).await;
            Problem::no_such_route(uri.path())
        })
        .method_not_allowed_fallback(|request: Request| async move {
            drain(request.into_body()).await;
            Problem::wrong_method()
        })
        .layer(middleware::from_fn(csrf::guard))
        .layer(middleware::from_fn_with_state(doors.clone(), condition::notice))
        .with_state(doors.clone());
    let hosts = Hosts::new(&doors.app.allowed_hosts);
    Ok(layers::around(routes, doors.app.public, hosts))
}

/// Where data comes in; whatever comes is noted, also what the key keeps out.
fn ingesting(doors: &Doors) -> OpenApiRouter<Doors> {
    let routes = OpenApiRouter::new()
        .routes(routes!(ingest::post))
        .routes(routes!(ingest::compatible))
        .routes(routes!(imports::post));
    let noted = middleware::from_fn_with_state(doors.clone(), recent::notice);
    guarded(doors, Scope::Ingest, routes).route_layer(noted)
}

/// What is stored, and what has become of what came.
fn reading() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .routes(routes!(metrics::get))
        .routes(routes!(data::get))
        .routes(routes!(aggregate::get))
        .routes(routes!(explain::get))
        .routes(routes!(sleep::get))
        .routes(routes!(today::get))
        .routes(routes!(workouts::list))
        .routes(routes!(workouts::one))
        .routes(routes!(workout_course::series))
        .routes(routes!(workout_course::route))
        .routes(routes!(events::kinds))
        .routes(routes!(events::list))
        .routes(routes!(events::one))
        .routes(routes!(documents::list))
        .routes(routes!(documents::one))
        .routes(routes!(sources::get))
        .routes(routes!(deletions::list))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::one))
        .routes(routes!(quarantine::of_delivery))
        .routes(routes!(quarantine::list))
        .routes(routes!(coverage::get))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::one))
        .routes(routes!(requests::list))
        .routes(routes!(settings::get))
}

/// Under which addresses phones find the server, and which browsers are signed in.
fn finding_and_being_known() -> OpenApiRouter<Doors> {
    OpenApiRouter::new().routes(routes!(addresses::get)).routes(routes!(qr::get)).routes(routes!(sessions::list))
}

/// For whoever looks after the server.
fn admin() -> OpenApiRouter<Doors> {
    OpenApiRouter::new()
        .merge(without_bodies())
        .routes(routes!(sources::put))
        .routes(routes!(deletions::post))
        .routes(routes!(backups::list))
        .routes(routes!(codes::post))
        .routes(routes!(keys::list))
        .routes(routes!(keys::post))
        .routes(routes!(keys::delete))
        .routes(routes!(people::list))
        .routes(routes!(people::post))
        .routes(routes!(people::put))
        .routes(routes!(settings::put))
        .routes(routes!(storage::get))
}

/// What is asked for without a body; one that comes all the same is read away, or its sender could miss the answer.
fn without_bodies() -> OpenApiRouter<Doors> {
    let routes = OpenApiRouter::new()
        .routes(routes!(replay::post))
        .routes(routes!(deletions::undo))
        .routes(routes!(deletions::make_permanent))
        .routes(routes!(people::remove))
        .routes(routes!(people::undo))
        .routes(routes!(deliveries::remove))
        .routes(routes!(backups::post));
    bodiless(routes)
}

fn bodiless(routes: OpenApiRouter<Doors>) -> OpenApiRouter<Doors> {
    routes.route_layer(middleware::from_fn(|request: Request, next: Next| async move {
        let (head, body) = request.into_parts();
        drain(body).await;
        next.run(Request::from_parts(head, Body::empty())).await
    }))
}

/// Whoever has signed in may sign out; a key that only reads must not sign anybody out.
fn ending_sessions(doors: &Doors) -> OpenApiRouter<Doors> {
    let check = |state: State<Doors>, request: Request, next: Next| {
        let scope = if auth::key(request.headers()).is_some() { Scope::Admin } else { Scope::Read };
        auth::require(state, scope, request, next)
    };
    let routes = OpenApiRouter::new().routes(routes!(sessions::delete));
    routes.route_layer(middleware::from_fn_with_state(doors.clone(), check))
}

/// Routes behind a key with that scope.
fn guarded(doors: &Doors, scope: Scope, routes: OpenApiRouter<Doors>) -> OpenApiRouter<Doors> {
    let check = move |state: State<Doors>, request: Request, next: Next| auth::require(state, scope, request, next);
    routes.route_layer(middleware::from_fn_with_state(doors.clone(), check))
}
