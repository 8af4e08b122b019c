//! `health-export key create|list|revoke`

use std::process::ExitCode;

use jiff::{SignedDuration, Span, Timestamp};

use crate::cli::existing;
use crate::config::Settings;
use crate::decode::shortcuts::number::decimal_of;
use crate::error::{Error, Result};
use crate::model::key::{hash, new_secret};
use crate::model::time::offset_rfc3339;
use crate::store::Store;
use crate::store::keys::{self, KeyRow, NewKey};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make a key; prints only the key, once
    Create {
        /// What the key is for, such as "phone"
        #[arg(long)]
        name: String,
        /// ingest, read, export, admin; joined by commas
        #[arg(long, value_delimiter = ',', required = true)]
        scope: Vec<String>,
        /// The person whose data it is for
        #[arg(long, default_value = "owner")]
        user: String,
        /// When it stops working, such as 90d; never by default
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        /// How its sender writes numbers in text, such as de or en_US; a Shortcut sends 8,412 and cannot say what it means
        #[arg(long)]
        locale: Option<String>,
    },
    /// List the keys, without their secrets
    List,
    /// Make a key stop working
    Revoke {
        /// As `key list` shows it
        id: i64,
    },
}

impl Command {
    pub fn run(self, settings: &Settings) -> Result<ExitCode> {
        if !matches!(self, Command::Create { .. }) {
            existing::database(settings)?;
        }
        let store = Store::open(&settings.data_dir, settings.readers)?;
        let now = Timestamp::now();
        match self {
            Command::Create { name, scope, user, expires, locale } => {
                let expires_at = expires.map(|text| expiry(&text, now)).transpose()?;
                let locale = locale.map(known_locale).transpose()?;
                let secret = new_secret().map_err(|fault| Error::internal("making a secret", fault))?;
                let key = NewKey {
                    user,
                    name: NewKey::name(&name)?,
                    scopes: NewKey::scopes(&scope)?,
                    hash: hash(&secret),
                    created_at: now.as_second(),
                    expires_at,
                };
                create(&store, key, locale)?;
                println!("{secret}");
                Ok(ExitCode::SUCCESS)
            }
            Command::List => list(&store),
            Command::Revoke { id } => revoke(&store, id, now.as_second()),
        }
    }
}

fn create(store: &Store, key: NewKey, locale: Option<String>) -> Result<()> {
    store.writer().run(move |writing| {
        let id = keys::create(writing.connection, &key)?;
        locale.map_or(Ok(()), |locale| keys::set_locale(writing.connection, id, &locale))
    })
}

fn known_locale(locale: String) -> Result<String> {
    match decimal_of(&locale) {
        Some(_) => Ok(locale),
        None => Err(Error::BadRequest(format!("--locale cannot be {locale:?}: write it as de, de_AT or en_US"))),
    }
}

/// `90d`, `12h` and whatever else jiff reads as a span, counted from now.
fn expiry(text: &str, now: Timestamp) -> Result<i64> {
    let wrong = || Error::BadRequest(format!("--expires cannot be {text:?}: write it as 90d or 12h"));
    let span: Span = text.parse().map_err(|_| wrong())?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    match length > SignedDuration::ZERO {
        true => Ok(now.as_second().saturating_add(length.as_secs())),
        false => Err(wrong()),
    }
}

fn list(store: &Store) -> Result<ExitCode> {
    println!("{:>4}  {:<12} {:<20} {:<26} {:<20} state", "id", "person", "name", "scopes", "created");
    for key in keys::list(&*store.reader()?)? {
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        let created = offset_rfc3339(key.created_at, 0);
        println!(
            "{:>4}  {:<12} {:<20} {:<26} {created:<20} {}",
            key.id,
            key.user,
            key.name,
            scopes.join(","),
            state(&key)
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn state(key: &KeyRow) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", offset_rfc3339(at, 0)),
        (None, Some(at)) => format!("until {}", offset_rfc3339(at, 0)),
        (None, None) => "works".into(),
    }
}

fn revoke(store: &Store, id: i64, now: i64) -> Result<ExitCode> {
    match store.writer().run(move |writing| keys::revoke(writing.connection, id, now))? {
        true => Ok(ExitCode::SUCCESS),
        false => Err(Error::NotFound(format!("there is no working key {id}; `health-export key list` lists them"))),
    }
}
