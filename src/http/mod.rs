//! The doors: the only folder that names axum.
//!
//! `router` is the table of every address, `layers` what each request passes through, `auth` who may come in. Then one
//! file per noun.

mod aggregate;
mod auth;
mod caching;
mod data;
mod deliveries;
mod drain;
mod export;
mod health;
mod imports;
mod ingest;
mod jobs;
mod layers;
mod metrics;
mod params;
mod problem;
pub mod router;
mod run;
pub mod serve;
