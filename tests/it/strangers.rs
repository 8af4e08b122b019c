//! Whatever reads bytes of strangers returns, whatever it is given: the fuzzers' functions (`fuzz/src/lib.rs`) on noise, on the
//! fixtures with bytes changed, and on dates and numbers that look right. The fuzzers look further, where there is a
//! nightly compiler (`make fuzz`); this runs everywhere.

#[path = "../../fuzz/src/lib.rs"]
mod functions;

use std::path::Path;
use std::sync::LazyLock;

use health_export::decode::date;
use health_export::model::time::{offset_rfc3339, parse_instant};
use jiff::tz::TimeZone;
use proptest::prelude::*;

/// Bodies of all kinds, to be changed.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut seeds = Vec::new();
    for folder in [
        "traps",
        "shortcuts",
        "bad/items",
        "bad/refused",
        "apple/export/electrocardiograms",
        "apple/export/workout-routes",
    ] {
        let entries = std::fs::read_dir(fixtures.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        seeds.extend(entries.map(|path| delivery(&std::fs::read(path).unwrap())));
    }
    seeds.extend(TEXTS.map(|text| text.as_bytes().to_vec()));
    seeds.sort();
    seeds
});

const TEXTS: [&str; 6] = [
    "Date,Step Count (count)\n2026-09-15 07:30:00,12\n2026-09-15 07:31:00,\"1,5\"\n",
    "--XX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.csv\"\r\n\r\nDate,Step Count (count)\n--XX--\r\n",
    "start=2026-01-01&end=2026-02-01T00:00:00%2B01:00&tz=Europe/Berlin&layer=day&bucket=15m&stat=min,p95",
    "steps,8412,count,2026-09-15\nweight,72.5,kg,2026-09-15T07:30:00+02:00\n",
    "15.9.2026, 7:30 Uhr",
    "1.234,5 kg",
];

/// The body of a fixture that is a delivery and what to expect of it; else the file.
fn delivery(file: &[u8]) -> Vec<u8> {
    let told: Option<serde_json::Value> = serde_json::from_slice(file).ok();
    match told.as_ref().map(|told| (&told["text"], &told["body"])) {
        Some((serde_json::Value::String(text), _) | (_, serde_json::Value::String(text))) => text.clone().into_bytes(),
        Some((_, body)) if !body.is_null() => body.to_string().into_bytes(),
        _ => file.to_vec(),
    }
}

/// A change at a place: a byte put there, some taken away, or some doubled.
fn changed(seed: usize, changes: &[(usize, u8, u8)]) -> Vec<u8> {
    let mut text = SEEDS[seed % SEEDS.len()].clone();
    for (at, kind, byte) in changes {
        let length = text.len().max(1);
        let at = at % length;
        let end = text.len().min(at + usize::from(*byte));
        match kind % 4 {
            0 if at < text.len() => text[at] = *byte,
            1 => text.insert(at.min(text.len()), *byte),
            2 => drop(text.drain(at.min(end)..end)),
            _ => text.extend_from_within(at.min(end)..end),
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn noise_is_read_or_refused_by_all(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        functions::ALL.iter().for_each(|(_, read)| read(&noise));
    }

    #[test]
    fn telling_noise_is_read_or_refused_by_all(noise in "[\\[\\]{}\",:;0-9a-zA-Z<>/=&%\\-+. \\n\\u{660}-\\u{669}½]{0,120}") {
        functions::ALL.iter().for_each(|(_, read)| read(noise.as_bytes()));
    }

    #[test]
    fn a_changed_body_is_read_or_refused_by_all(
        seed in any::<usize>(),
        changes in prop::collection::vec((any::<usize>(), any::<u8>(), any::<u8>()), 1..8),
        kind in 0..4_u8,
    ) {
        let body = changed(seed, &changes);
        let led = [&[kind], body.as_slice()].concat();
        for (_, read) in functions::ALL {
            read(&body);
            read(&led);
        }
    }

    #[test]
    fn a_date_says_the_same_when_it_is_written_again(utc in -2_208_988_800_i64..7_258_118_400, offset in -1080..1080_i32) {
        let text = offset_rfc3339(utc, offset);
        let stamp = date::parse(&text, &TimeZone::UTC);
        prop_assert_eq!(stamp.map(|stamp| stamp.utc), Some(utc), "{}", text);
        prop_assert_eq!(stamp.and_then(|stamp| stamp.offset_minutes), Some(offset), "{}", text);
        prop_assert_eq!(parse_instant(&text, &TimeZone::UTC), Some(utc), "{}", text);
        let phones = text.replace('T', " ").replace('Z', "+00:00");
        let (clock, zone) = phones.split_at(19);
        let phones = format!("{clock} {}", zone.replace(':', ""));
        prop_assert_eq!(date::parse(&phones, &TimeZone::UTC), stamp, "{}", phones);
    }

    #[test]
    fn a_number_says_the_same_in_every_country(value in -1_000_000_000_i64..1_000_000_000, cents in 0..100_u32) {
        use health_export::decode::shortcuts::number::{Habits, parse};
        for decimal in ['.', ','] {
            let text = format!("{value}{decimal}{cents:02} kg");
            let read = parse(&text, Habits { decimal: Some(decimal), counts: false });
            let meant: f64 = format!("{value}.{cents:02}").parse().unwrap();
            prop_assert_eq!(read, Ok((meant, "kg".to_owned())), "{}", text);
        }
    }
}
