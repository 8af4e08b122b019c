//! Links to the page that sign the owner in once. They are printed and never logged, for whoever has one is let in.

use std::io::{IsTerminal, Write};

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use crate::error::{Error, Result};
use crate::http::at::At;
use crate::model::key::OWNER;
use crate::store::{Store, codes, sessions};
use crate::sys::address::{Host, Kind, hosts};

/// Black on white whatever the terminal's colours are, in the numbers of its 256 colours that no theme changes.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";
const PLAIN: &str = "\u{1b}[0m";

/// Writes a line to standard output. That nobody reads it is no reason to stop serving.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        tracing::debug!("nobody reads standard output");
    }
}

/// Where a server is found; addresses of the internet only where it answers those.
pub fn found_at(at: At, public: bool) -> Vec<Host> {
    hosts(at.address.ip()).into_iter().filter(|host| public || host.kind != Kind::Public).collect()
}

/// What `serve` says beside its address: the way in, for as long as the owner has none.
pub fn first_sign_in(store: &Store, at: At, public: bool) -> String {
    match code_unless_signed_in(store) {
        Ok(Some(code)) => {
            let hosts = found_at(at, public);
            let url = hosts.first().map_or_else(|| at.url("127.0.0.1"), |host| at.url(&host.host));
            format!("open {url}/#{code} (works once, for 30 minutes)")
        }
        Ok(None) => "`health-export setup` makes a link that signs in another browser".into(),
        // As on a full disk, which is no reason not to answer those who are signed in.
        Err(fault) => format!("no link to sign in could be made ({fault}): `health-export setup` makes one later"),
    }
}

fn code_unless_signed_in(store: &Store) -> Result<Option<String>> {
    let now = jiff::Timestamp::now().as_second();
    match sessions::list(&*store.reader()?, Some(OWNER), now)?.is_empty() {
        true => Ok(Some(codes::make_for_owner(store, now)?.code)),
        false => Ok(None),
    }
}

/// What `setup` says: a new link under each address, and for the camera of a phone.
pub fn show(store: &Store, at: At, public: bool) -> Result<()> {
    let code = codes::make_for_owner(store, jiff::Timestamp::now().as_second())?.code;
    let mut hosts = found_at(at, public);
    if hosts.iter().any(|host| host.kind != Kind::Loopback) {
        // Beside others, that of this machine itself only confuses.
        hosts.retain(|host| host.kind != Kind::Loopback);
    }
    let links: Vec<(Kind, String)> =
        hosts.iter().map(|host| (host.kind, format!("{}/#{code}", at.url(&host.host)))).collect();
    say("Open this in a browser; it signs you in (works once, for 30 minutes):\n");
    links.iter().for_each(|(_, link)| say(&format!("  {link}")));
    say("");
    if let Some((_, best)) = links.iter().find(|(kind, _)| *kind != Kind::Loopback)
        && std::io::stdout().is_terminal()
    {
        say(&picture(best)?);
    }
    if at.is_overheard() {
        say(
            "This is plain HTTP: everyone on that network can read what passes. The settings tls_cert and tls_key make it \
             HTTPS.",
        );
    }
    Ok(())
}

/// A text as a QR code for a terminal.
fn picture(text: &str) -> Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)
        .map_err(|fault| Error::internal("drawing a QR code", fault))?;
    // What is dark is drawn, and the blanks between show the colour behind.
    let drawn = code.render::<Dense1x2>().build();
    let lines = drawn.lines().map(|line| format!("{BLACK_ON_WHITE}{line}{PLAIN}\n"));
    Ok(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_black_on_white_with_a_margin_on_all_sides() {
        let drawn = picture("http://192.168.1.5:8787/#ABCDEFGHJK").unwrap();
        let rows: Vec<&str> =
            drawn.lines().map(|line| line.strip_prefix(BLACK_ON_WHITE).unwrap().strip_suffix(PLAIN).unwrap()).collect();
        // Version 3 has 29 modules of each side, and 4 of margin on each.
        assert!(rows.iter().all(|row| row.chars().count() == 37), "{drawn}");
        assert_eq!(rows.len(), 19);
        assert!(rows[0].trim().is_empty() && rows[1].trim().is_empty(), "{drawn}");
        // The corner of a finder: its upper edge, then its sides.
        assert!(rows[2].starts_with("    █▀▀▀▀▀█ "), "{drawn}");
    }
}
