//! Query parameters: every one is named by a handler or refused with a guess at what was meant.
//!
//! Silently ignoring a misspelt parameter would answer another question than the one asked.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::tz::TimeZone;

use crate::error::Error;
use crate::http::problem::Problem;
use crate::model::metric::catalogue;
use crate::model::relative::{EXPECTED, EXPECTED_DATE, parse_day, parse_time};
use crate::model::shown::System;
use crate::model::time::{Layer, parse_zone};
use crate::sys::clock;

/// Other names under which a parameter is taken.
const ALIASES: [(&str, &[&str]); 4] = [
    ("start", &["from", "since", "startDate"]),
    ("end", &["to", "until", "endDate"]),
    ("bucket", &["interval", "step", "resolution"]),
    ("stat", &["agg", "stats"]),
];

/// The parameters of a request that no handler has taken yet.
#[derive(Debug, Clone)]
pub struct Params {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params, Problem> {
        Ok(Params::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Params {
    pub fn parse(query: &str) -> Params {
        let canonical = |name: String| {
            let alias = ALIASES.iter().find(|(_, others)| others.contains(&name.as_str()));
            alias.map_or(name, |(canonical, _)| (*canonical).to_owned())
        };
        let pairs = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .map(|(name, value)| (canonical(name), value))
            .collect();
        Params { pairs, known: Vec::new() }
    }

    /// All values of a parameter, also those joined by commas.
    pub fn list(&mut self, name: &'static str) -> Vec<String> {
        self.texts(name)
            .iter()
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// All values of a parameter that may hold commas.
    pub fn texts(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let (taken, left) = std::mem::take(&mut self.pairs).into_iter().partition(|(found, _)| found == name);
        self.pairs = left;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// The same where neither their order nor a repetition means anything, in one order.
    pub fn set(&mut self, name: &'static str) -> Vec<String> {
        as_set(self.texts(name))
    }

    /// The value of a parameter that can be given once.
    pub fn one(&mut self, name: &'static str) -> Result<Option<String>, Error> {
        let mut values = self.texts(name);
        match values.len() {
            0 | 1 => Ok(values.pop().filter(|value| !value.is_empty())),
            _ => Err(Error::BadRequest(format!("{name}: it is given {} times, once is enough", values.len()))),
        }
    }

    /// The value as `read` understands it; `expected` says what it should have been.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(value) = self.one(name)? else { return Ok(None) };
        let wrong = || Error::BadRequest(format!("{name}: {value:?} is not {expected}"));
        read(&value).map(Some).ok_or_else(wrong)
    }

    /// `tz`, when it is given.
    pub fn tz(&mut self) -> Result<Option<TimeZone>, Error> {
        self.parsed("tz", "a time zone such as Europe/Berlin", |text| plus_again(text, parse_zone))
    }

    /// `tz`, or the home zone.
    pub fn zone(&mut self, home: &TimeZone) -> Result<TimeZone, Error> {
        Ok(self.tz()?.unwrap_or_else(|| home.clone()))
    }

    /// `start` and `end` in UTC epoch seconds.
    pub fn range(&mut self, zone: &TimeZone) -> Result<(Option<i64>, Option<i64>), Error> {
        let from = self.since(zone)?;
        let to = self.time("end", zone)?;
        match (from, to) {
            (Some(from), Some(to)) if to < from => Err(Error::BadRequest("end: it is before start".into())),
            range => Ok(range),
        }
    }

    /// `since` (which is `start`) alone, in UTC epoch seconds.
    pub fn since(&mut self, zone: &TimeZone) -> Result<Option<i64>, Error> {
        self.time("start", zone)
    }

    fn time(&mut self, name: &'static str, zone: &TimeZone) -> Result<Option<i64>, Error> {
        self.parsed(name, EXPECTED, |text| plus_again(text, |text| parse_time(text, zone, clock::now())))
    }

    /// `date` as a local day of `zone`.
    pub fn date(&mut self, zone: &TimeZone) -> Result<Option<i32>, Error> {
        self.parsed("date", EXPECTED_DATE, |text| parse_day(text, zone, clock::now()))
    }

    pub fn layer(&mut self) -> Result<Option<Layer>, Error> {
        self.parsed("layer", "one of raw, minute, hour, day, week, month, year", Layer::parse)
    }

    /// `units`, or those of the settings.
    pub fn units(&mut self, usual: System) -> Result<System, Error> {
        Ok(self.parsed("units", System::WORDS, System::parse)?.unwrap_or(usual))
    }

    /// Refuses what nobody has asked for.
    pub fn finish(self) -> Result<(), Error> {
        let Some((name, _)) = self.pairs.first() else { return Ok(()) };
        Err(no_such_parameter(name, &self.known))
    }
}

/// `values` in one order and each once, so that equal questions are equal.
pub fn as_set(mut values: Vec<String>) -> Vec<String> {
    values.sort();
    values.dedup();
    values
}

/// The one name of a metric that the catalogue knows under several.
pub fn canonical(name: String) -> String {
    catalogue().resolve(&name).map_or(name, |metric| metric.name.clone())
}

/// The refusal of a name that no handler knows, with the nearest that there is.
pub fn no_such_parameter(name: &str, known: &[&str]) -> Error {
    let nearest = known
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
        .filter(|known| strsim::jaro_winkler(known, name) > 0.7);
    Error::BadRequest(match nearest {
        Some(nearest) => format!("{name}: there is no such parameter here, did you mean {nearest}?"),
        None => format!("{name}: there is no such parameter here, there are {}", known.join(", ")),
    })
}

/// An offset's `+` that was not percent-encoded arrives as a blank.
fn plus_again<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    read(text).or_else(|| read(&text.replace(' ', "+")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_lists_and_leftovers() {
        let mut params = Params::parse("from=2024-01-01&until=2024-01-02&stat=min,max&stat=p95&tz=%2B05%3A30");
        let zone = params.zone(&TimeZone::UTC).unwrap();
        assert_eq!(params.range(&zone).unwrap(), (Some(1_704_047_400), Some(1_704_133_800)));
        assert_eq!(params.list("stat"), ["min", "max", "p95"]);
        params.finish().unwrap();
    }

    #[test]
    fn an_unknown_parameter_is_an_error_with_a_guess() {
        let mut params = Params::parse("limt=3");
        params.one("limit").unwrap();
        let fault = params.finish().unwrap_err().to_string();
        assert!(fault.contains("limt") && fault.contains("did you mean limit"), "{fault}");
    }

    #[test]
    fn wrong_values_name_their_parameter() {
        let mut params = Params::parse("start=yesterday-ish&end=3");
        assert!(params.range(&TimeZone::UTC).unwrap_err().to_string().starts_with("start:"));
        let mut params = Params::parse("start=2024-01-02&end=2024-01-01");
        assert!(params.range(&TimeZone::UTC).unwrap_err().to_string().starts_with("end:"));
        let mut params = Params::parse("layer=raw&layer=day");
        assert!(params.layer().is_err());
    }
}
