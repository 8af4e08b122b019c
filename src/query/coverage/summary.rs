//! What a person should know of it all, in sentences.

use std::collections::BTreeMap;

use crate::query::coverage::{Answer, EVENTS, Entry};

/// What comes more rarely than this many days is not missed in a sentence.
const REGULAR: i32 = 14;

/// Sentences about gaps, the longest first.
const GAPS_SHOWN: usize = 10;

/// Names spelt out in a sentence.
const NAMES_SHOWN: usize = 3;

pub fn sentences(answer: &Answer) -> Vec<String> {
    let mut sentences: Vec<String> = stopped(answer);
    sentences.extend(overdue(answer));
    sentences.extend(late(answer));
    sentences.extend(gaps(answer));
    if sentences.is_empty() && !answer.entries.is_empty() {
        sentences.push("everything that comes regularly is up to date and without gaps".into());
    }
    if answer.entries.is_empty() {
        sentences.push("nothing is stored".into());
    }
    sentences
}

/// Events are not missed either: that headaches have stopped is no fault.
fn regular(answer: &Answer) -> impl Iterator<Item = &Entry> {
    let often = |entry: &Entry| entry.usual_interval_days.is_some_and(|usual| usual <= REGULAR);
    answer.entries.iter().filter(move |entry| entry.kind != EVENTS && often(entry))
}

fn stopped(answer: &Answer) -> Vec<String> {
    let mut by_day: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in regular(answer) {
        if let Some(stopped) = &entry.stopped {
            by_day.entry(&stopped.since).or_default().push(entry);
        }
    }
    let sentence = |(since, entries): (&str, Vec<&Entry>)| {
        let ago = days(entries[0].stopped.as_ref().map_or(0, |stopped| stopped.days_ago));
        match entries[..] {
            [one] => format!(
                "{} stopped on {since}, {ago} ago; it usually comes {}",
                one.name,
                every(one.usual_interval_days.unwrap_or(1))
            ),
            _ => format!("{} stopped on {since}, {ago} ago", names(&entries)),
        }
    };
    // The latest to stop can still be mended.
    by_day.into_iter().rev().map(sentence).collect()
}

fn overdue(answer: &Answer) -> Vec<String> {
    let late = answer.automations.iter().filter(|automation| automation.overdue);
    late.map(|automation| {
        let who = match automation.name.as_ref().or(automation.id.as_ref()) {
            Some(name) => format!("the automation {name:?}"),
            None => format!("the sender of {}", automation.format),
        };
        let (silent, usual) = (automation.silent_minutes, automation.usual_interval_minutes.unwrap_or(0));
        format!("{who} has sent nothing for {}; it usually sends every {}", minutes(silent), minutes(usual))
    })
    .collect()
}

fn late(answer: &Answer) -> Option<String> {
    let mut entries: Vec<&Entry> = answer.entries.iter().filter(|entry| entry.late > 0).collect();
    entries.sort_by_key(|entry| -entry.late);
    let samples: i64 = entries.iter().map(|entry| entry.late).sum();
    (samples > 0).then(|| {
        format!(
            "{samples} samples of the last {} days ({}) arrived more than a day after they had happened: an automation \
             that sends \"Since Last Sync\" misses such data, so let one send the last 7 days once a day as well",
            super::LATE_DAYS,
            names(&entries)
        )
    })
}

fn gaps(answer: &Answer) -> Vec<String> {
    let mut by_gap: BTreeMap<(&str, &str), (i32, Vec<&Entry>)> = BTreeMap::new();
    for entry in regular(answer) {
        for gap in &entry.gaps {
            by_gap.entry((&gap.from, &gap.to)).or_insert((gap.days, Vec::new())).1.push(entry);
        }
    }
    let mut gaps: Vec<_> = by_gap.into_iter().collect();
    // The longest, and of these the latest, first.
    gaps.sort_by(|a, b| (b.1.0, b.0).cmp(&(a.1.0, a.0)));
    let more = gaps.len().saturating_sub(GAPS_SHOWN);
    let shown = gaps.iter().take(GAPS_SHOWN);
    let mut sentences: Vec<String> = shown
        .map(|((from, to), (missing, entries))| {
            let lack = if entries.len() == 1 { "has" } else { "have" };
            format!("{} {lack} nothing for {} from {from}; it goes on on {to}", names(entries), days(*missing))
        })
        .collect();
    if more > 0 {
        sentences.push(format!("there are {more} shorter gaps; each metric lists its own"));
    }
    sentences
}

fn names(entries: &[&Entry]) -> String {
    let shown: Vec<&str> = entries.iter().take(NAMES_SHOWN).map(|entry| entry.name.as_str()).collect();
    match entries.len().saturating_sub(NAMES_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn days(days: i32) -> String {
    if days == 1 { "1 day".into() } else { format!("{days} days") }
}

fn every(interval: i32) -> String {
    if interval <= 1 { "daily".into() } else { format!("every {interval} days") }
}

fn minutes(minutes: i64) -> String {
    match minutes {
        0..120 => format!("{minutes} minutes"),
        120..2880 => format!("{} hours", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}
