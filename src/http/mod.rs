//! The doors: the only folder that names axum.
//!
//! `router` is the table of every address, `layers` what each request passes through, `auth` who may come in. Then one
//! file per noun.

mod addresses;
mod aggregate;
mod answers;
pub mod at;
mod auth;
mod backups;
mod caching;
mod clock;
mod codes;
pub mod coding;
mod compression;
mod condition;
mod connections;
mod coverage;
mod csrf;
mod data;
mod deliveries;
mod documents;
mod doors;
mod drain;
mod events;
mod export;
mod export_tables;
mod figures;
mod fixed;
mod health;
mod imports;
mod ingest;
mod jobs;
mod layers;
mod looks;
mod metrics;
mod neighbours;
mod paging;
pub mod params;
mod places;
mod problem;
mod qr;
mod quarantine;
mod replay;
pub mod router;
mod run;
pub mod serve;
mod session;
mod sessions;
mod sleep;
mod sources;
mod throttle;
pub mod tls;
mod workout_course;
mod workouts;
