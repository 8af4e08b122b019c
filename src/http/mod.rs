//! The doors: the only folder that names axum.
//!
//! `router` is the table of every address, `layers` what each request passes through, `auth` who may come in. Then one
//! file per noun.

mod aggregate;
mod answers;
mod auth;
mod backups;
mod caching;
mod clock;
pub mod coding;
mod compression;
mod condition;
mod connections;
mod coverage;
mod data;
mod deletion_target;
mod deletions;
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
mod paging;
pub mod params;
mod places;
mod problem;
mod quarantine;
mod replay;
pub mod router;
mod run;
pub mod serve;
mod sleep;
mod sources;
mod throttle;
pub mod tls;
mod workout_course;
mod workouts;
