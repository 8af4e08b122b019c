//! `GET` and `PUT /api/v1/settings`: what may be changed while the server runs. What a flag or the environment says is not
//! changed from here, because the next start would undo it.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Error, Result};
use crate::http::deliveries::private;
use crate::http::doors::Doors;
use crate::http::json_body;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::{blocking, to_the_end};
use crate::http::small_body::SmallBody;
use crate::model::preferences::{Chosen, Preference};
use crate::model::shown::System;
use crate::model::time::parse_zone;
use crate::model::zone_rules::{self, ZoneRules};
use crate::store::phone_clock;

const SHAPE: &str = r#"{"home_zone": "Europe/Berlin", "units": "metric"}, or one of the two"#;

#[derive(Debug, Serialize, ToSchema)]
pub struct Settings {
    pub home_zone: SettingEntry,
    pub units: SettingEntry,
    pub zone_rules: ZoneRulesEntry,
    /// What to do where the phones' clocks are others than those of the home zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_zone_notice: Option<String>,
}

/// The rules by which days begin.
#[derive(Debug, Serialize, ToSchema)]
pub struct ZoneRulesEntry {
    /// Such as 2026f.
    pub release: String,
    /// program or system: the newer of the two.
    pub from: String,
    pub program: String,
    /// Left out where the system has none, or does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SettingEntry {
    pub value: String,
    /// default, config.toml, environment or flag.
    pub from: String,
    /// Whether it can be changed here.
    pub changeable: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedSettings {
    /// An IANA name such as Europe/Berlin.
    pub home_zone: Option<String>,
    /// metric, imperial or as_sent.
    pub units: Option<String>,
}

/// The settings that can change while the server runs
#[utoipa::path(get, path = "/api/v1/settings", tag = "read", responses((status = 200, body = Settings), (status = 400, body = Problem)))]
pub async fn get(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    Ok(private(blocking(move || written(&app, &app.preferences.chosen())).await?))
}

/// Change them
///
/// They are in force at once, and kept in config.toml. Times that came without an offset stay as they were understood.
#[utoipa::path(
    put, path = "/api/v1/settings", tag = "admin", request_body = WantedSettings,
    responses(
        (status = 200, body = Settings), (status = 400, body = Problem), (status = 409, body = Problem),
        (status = 503, body = Problem)
    )
)]
pub async fn put(State(doors): State<Doors>, params: Params, SmallBody(body): SmallBody) -> Result<Response, Problem> {
    params.finish()?;
    let wanted: WantedSettings = json_body::read(&body, SHAPE)?;
    let changed = to_the_end(async move {
        let _turn = doors.changing.lock().await;
        let app = doors.app.clone();
        blocking(move || written(&app, &change(&app, wanted)?)).await
    });
    Ok(private(changed.await?))
}

fn change(app: &App, wanted: WantedSettings) -> Result<Chosen> {
    let mut chosen = app.preferences.chosen();
    let mut changed: Vec<(&str, String)> = Vec::new();
    if let Some(name) = wanted.home_zone {
        let zone = parse_zone(&name).ok_or_else(|| wrong("home_zone", &name, "a time zone such as Europe/Berlin"))?;
        // Its own name, for zones are found whatever the capitals.
        let name = zone.iana_name().map_or(name, str::to_owned);
        changed.push(("home_zone", set(&mut chosen.home, "home_zone", zone, &name)?));
    }
    if let Some(name) = wanted.units {
        let units = System::parse(&name).ok_or_else(|| wrong("units", &name, System::WORDS))?;
        changed.push(("units", set(&mut chosen.units, "units", units, &name)?));
    }
    if !changed.is_empty() {
        let changed: Vec<(&str, &str)> = changed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        app.prefer(chosen.clone(), &changed)?;
    }
    Ok(chosen)
}

/// Gives what is to be written.
fn set<T>(preference: &mut Preference<T>, name: &str, value: T, text: &str) -> Result<String> {
    if !preference.changeable {
        return Err(Error::Conflict(match preference.from {
            "flag" => format!(
                "{name}: the server was started with --{}, which goes before what is set here: start it without that flag",
                name.replace('_', "-")
            ),
            _ => format!(
                "{name}: the environment variable HEALTH_EXPORT_{} goes before what is set here: start the server \
                 without it",
                name.to_uppercase()
            ),
        }));
    }
    let text = text.trim().to_owned();
    *preference = Preference { value, text: text.clone(), from: "config.toml", changeable: true };
    Ok(text)
}

fn wrong(name: &str, value: &str, expected: &str) -> Error {
    Error::BadRequest(format!("{name}: {value:?} is not {expected}"))
}

fn written(app: &App, chosen: &Chosen) -> Result<Settings> {
    let notice = phone_clock::notice(&*app.store.reader()?, &chosen.home)?;
    Ok(Settings {
        home_zone: entry(&chosen.home),
        units: entry(&chosen.units),
        zone_rules: rules(zone_rules::in_force()),
        home_zone_notice: notice.map(|notice| notice.text),
    })
}

fn rules(rules: &ZoneRules) -> ZoneRulesEntry {
    ZoneRulesEntry {
        release: rules.release().into(),
        from: if rules.is_system { "system" } else { "program" }.into(),
        program: rules.bundled.into(),
        system: rules.system.as_ref().and_then(|system| system.release.clone()),
    }
}

fn entry<T>(preference: &Preference<T>) -> SettingEntry {
    SettingEntry { value: preference.text.clone(), from: preference.from.into(), changeable: preference.changeable }
}
