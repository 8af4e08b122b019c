//! The calendar at its edges: days of odd length, skipped midnights, phones in other zones.

use proptest::prelude::*;

use super::*;
use crate::model::bucket::*;

const ZONES: [&str; 9] = [
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Havana",
    "Pacific/Apia",
    "+05:30",
];

fn zone(name: &str) -> TimeZone {
    parse_zone(name).unwrap()
}

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

/// Boundaries shown as local times.
fn shown(bucket: &str, name: &str, from: &str, to: &str) -> Vec<String> {
    let (bucket, zone) = (Bucket::parse(bucket).unwrap(), zone(name));
    let found = boundaries(bucket, &zone, at(from), at(to), 1000).unwrap();
    found.iter().map(|&utc| local_rfc3339(utc, &zone)).collect()
}

fn lengths(bucket: &str, name: &str, from: &str, to: &str) -> Vec<i64> {
    let found = boundaries(Bucket::parse(bucket).unwrap(), &zone(name), at(from), at(to), 1000);
    found.unwrap().windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn layers_have_names_and_ids() {
    for (id, name) in [(0, "raw"), (1, "minute"), (2, "hour"), (3, "day"), (6, "year")] {
        let layer = Layer::from_id(id).unwrap();
        assert_eq!((layer.as_str(), layer.id()), (name, id));
        assert_eq!(Layer::parse(name), Some(layer));
    }
    assert_eq!((Layer::from_id(7), Layer::from_id(-1)), (None, None));
    assert_eq!((Layer::parse("Raw"), Layer::parse("")), (None, None));
    assert!(Layer::Raw < Layer::Minute && Layer::Month < Layer::Year);
}

#[test]
fn a_phone_at_home_has_civil_buckets() {
    let berlin = zone("Europe/Berlin");
    let end = |layer, start, minutes| local_rfc3339(bucket_end(layer, at(start), minutes, &berlin), &berlin);
    assert_eq!(end(Layer::Raw, "2024-03-31T00:00:00+01", 60), "2024-03-31T00:00:00+01:00");
    assert_eq!(end(Layer::Minute, "2024-03-31T01:59:00+01", 60), "2024-03-31T03:00:00+02:00");
    assert_eq!(end(Layer::Hour, "2024-10-27T02:00:00+02", 120), "2024-10-27T02:00:00+01:00");
    assert_eq!(end(Layer::Day, "2024-03-31T00:00:00+01", 60), "2024-04-01T00:00:00+02:00");
    assert_eq!(end(Layer::Day, "2024-10-27T00:00:00+02", 120), "2024-10-28T00:00:00+01:00");
    assert_eq!(end(Layer::Day, "2024-03-30T12:00:00+01", 60), "2024-03-31T12:00:00+02:00");
    assert_eq!(end(Layer::Week, "2024-03-25T00:00:00+01", 60), "2024-04-01T00:00:00+02:00");
    assert_eq!(end(Layer::Month, "2024-02-01T00:00:00+01", 60), "2024-03-01T00:00:00+01:00");
    assert_eq!(end(Layer::Month, "2024-01-31T00:00:00+01", 60), "2024-02-29T00:00:00+01:00");
    assert_eq!(end(Layer::Year, "2024-01-01T00:00:00+01", 60), "2025-01-01T00:00:00+01:00");
}

#[test]
fn dst_days_have_their_own_length() {
    let day = |start, minutes, home| bucket_end(Layer::Day, at(start), minutes, &zone(home)) - at(start);
    assert_eq!(day("2024-03-31T00:00:00+01", 60, "Europe/Berlin"), 23 * 3600);
    assert_eq!(day("2024-10-27T00:00:00+02", 120, "Europe/Berlin"), 25 * 3600);
    assert_eq!(day("2024-04-07T00:00:00+11", 660, "Australia/Lord_Howe"), 24 * 3600 + 1800);
    assert_eq!(day("2024-10-06T00:00:00+10:30", 630, "Australia/Lord_Howe"), 24 * 3600 - 1800);
    // The day began at 01:00 because midnight was skipped; it still ends at midnight.
    assert_eq!(day("2017-10-15T01:00:00-02", -120, "America/Sao_Paulo"), 23 * 3600);
    // The phone was elsewhere, or wrote its whole history with one offset.
    assert_eq!(day("2024-03-31T00:00:00+02", 120, "Europe/Berlin"), 24 * 3600);
    assert_eq!(day("2024-10-27T00:00:00-08", -480, "Europe/Berlin"), 24 * 3600);
}

#[test]
fn buckets_have_one_name_each() {
    let name = |text| Bucket::parse(text).map(|bucket| bucket.to_string());
    for (text, canonical) in [
        ("hour", "hour"),
        ("1h", "hour"),
        ("60m", "hour"),
        ("day", "day"),
        ("1d", "day"),
        ("1440m", "day"),
        ("24h", "day"),
        ("week", "week"),
        ("1w", "week"),
        ("month", "month"),
        ("1mo", "month"),
        ("year", "year"),
        ("1y", "year"),
        ("15m", "15m"),
        ("5m", "5m"),
        ("1m", "1m"),
        ("minute", "1m"),
        ("90m", "90m"),
        ("6h", "360m"),
        (" 720m ", "720m"),
    ] {
        assert_eq!(name(text).as_deref(), Some(canonical), "{text}");
    }
    for text in ["", "m", "h", "d", "0m", "7m", "2880m", "5h", "2d", "1M", "Hour", "-5m", "99999999999m", "71582789h"] {
        assert_eq!(name(text), None, "{text}");
    }
}

#[test]
fn calendar_buckets_begin_at_local_days() {
    assert_eq!(
        shown("day", "Europe/Berlin", "2024-03-30T12:00:00Z", "2024-03-31T22:00:00Z"),
        ["2024-03-30T00:00:00+01:00", "2024-03-31T00:00:00+01:00", "2024-04-01T00:00:00+02:00"]
    );
    assert_eq!(
        shown("week", "Australia/Sydney", "2024-02-06T00:00:00Z", "2024-02-06T00:00:01Z"),
        ["2024-02-05T00:00:00+11:00", "2024-02-12T00:00:00+11:00"]
    );
    assert_eq!(
        shown("month", "UTC", "2024-01-31T23:59:59Z", "2024-02-01T00:00:01Z"),
        ["2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"]
    );
    assert_eq!(
        shown("year", "+05:30", "2023-12-31T18:30:00Z", "2024-12-31T18:30:00Z"),
        ["2024-01-01T00:00:00+05:30", "2025-01-01T00:00:00+05:30"]
    );
}

#[test]
fn days_begin_after_a_skipped_midnight() {
    assert_eq!(
        shown("day", "America/Sao_Paulo", "2017-10-14T12:00:00Z", "2017-10-16T12:00:00Z"),
        [
            "2017-10-14T00:00:00-03:00",
            "2017-10-15T01:00:00-02:00",
            "2017-10-16T00:00:00-02:00",
            "2017-10-17T00:00:00-02:00",
        ]
    );
    assert_eq!(
        shown("day", "Africa/Cairo", "2024-04-26T00:00:00Z", "2024-04-26T01:00:00Z"),
        ["2024-04-26T01:00:00+03:00", "2024-04-27T00:00:00+03:00"]
    );
    // The clocks went from 23:30 to 00:30, so jiff's own start of day would be half an hour late.
    assert_eq!(
        shown("day", "America/Toronto", "1919-03-31T12:00:00Z", "1919-03-31T13:00:00Z"),
        ["1919-03-31T00:30:00-04:00", "1919-04-01T00:00:00-04:00"]
    );
    // Samoa had no 30 December 2011.
    assert_eq!(
        shown("day", "Pacific/Apia", "2011-12-30T00:00:00Z", "2011-12-31T00:00:00Z"),
        ["2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"]
    );
}

#[test]
fn dst_days_have_23_and_25_hours() {
    let (spring, autumn) = ("2024-03-31T00:00:00+01", "2024-10-27T00:00:00+02");
    let hours = lengths("hour", "Europe/Berlin", spring, "2024-04-01T00:00:00+02");
    assert_eq!(hours, [3600; 23]);
    let hours = lengths("hour", "Europe/Berlin", autumn, "2024-10-28T00:00:00+01");
    assert_eq!(hours, [3600; 25]);
    assert_eq!(
        shown("hour", "Europe/Berlin", "2024-10-27T02:30:00+02", "2024-10-27T02:30:00+01"),
        ["2024-10-27T02:00:00+02:00", "2024-10-27T02:00:00+01:00", "2024-10-27T03:00:00+01:00"]
    );
    // Six hours do not divide 23 or 25: the last bucket of the day gives way.
    let quarters = lengths("6h", "Europe/Berlin", autumn, "2024-10-28T00:00:00+01");
    assert_eq!(quarters, [21_600, 21_600, 21_600, 21_600, 3600]);
}

#[test]
fn half_hour_dst_is_cut_at_the_end_of_its_day() {
    let hours = lengths("hour", "Australia/Lord_Howe", "2024-04-07T00:00:00+11", "2024-04-08T00:00:00+10:30");
    assert_eq!((hours.len(), hours.last()), (25, Some(&1800)));
    let hours = lengths("hour", "Australia/Lord_Howe", "2024-10-06T00:00:00+10:30", "2024-10-07T00:00:00+11");
    assert_eq!((hours.len(), hours.last()), (24, Some(&1800)));
    let halves = lengths("30m", "Australia/Lord_Howe", "2024-04-07T00:00:00+11", "2024-04-08T00:00:00+10:30");
    assert_eq!(halves, [1800; 49]);
}

#[test]
fn short_buckets_are_aligned_to_local_midnight() {
    assert_eq!(
        shown("hour", "Asia/Kathmandu", "2024-02-06T00:00:00Z", "2024-02-06T00:20:00Z"),
        ["2024-02-06T05:00:00+05:45", "2024-02-06T06:00:00+05:45", "2024-02-06T07:00:00+05:45"]
    );
    assert_eq!(
        shown("15m", "UTC", "2024-02-06T00:15:00Z", "2024-02-06T00:30:00Z"),
        ["2024-02-06T00:15:00Z", "2024-02-06T00:30:00Z"]
    );
}

#[test]
fn limits_hold() {
    let utc = TimeZone::UTC;
    let day = |to, max| boundaries(Bucket::Day, &utc, 0, to, max);
    assert_eq!(day(3 * 86_400, 3), Ok(vec![0, 86_400, 172_800, 259_200]));
    assert_eq!(day(3 * 86_400 + 1, 3), Err(TooMany { max: 3 }));
    assert_eq!((day(0, 3), day(-5, 3), day(1, 0)), (Ok(vec![]), Ok(vec![]), Err(TooMany { max: 0 })));
    let all = boundaries(Bucket::Year, &utc, i64::MIN, i64::MAX, 10_000).unwrap();
    assert_eq!((all.len(), all.first(), all.last()), (9999, Some(&FIRST), Some(&(LAST + 1))));
    assert!(boundaries(Bucket::Minutes(0), &utc, i64::MIN, i64::MAX, 10).is_err());
}

#[test]
fn ten_years_of_hours_are_complete() {
    let berlin = zone("Europe/Berlin");
    let (from, to) = (at("2015-01-01T00:00:00+01"), at("2025-01-01T00:00:00+01"));
    let hours = boundaries(Bucket::Hour, &berlin, from, to, 100_000).unwrap();
    assert_eq!(hours.len(), 3653 * 24 + 1);
    assert!(hours.windows(2).all(|pair| pair[1] - pair[0] == 3600));
    assert_eq!((hours.first(), hours.last()), (Some(&from), Some(&to)));
}

#[test]
fn days_that_are_counted_on_are_those_that_are_looked_up() {
    for name in ZONES {
        let zone = zone(name);
        let (from, to) = (at("1885-01-01T12:00:00Z"), at("2045-01-01T12:00:00Z"));
        let days = boundaries(Bucket::Day, &zone, from, to, 100_000).unwrap();
        let dates = zone.to_datetime(instant(from)).date().series(Span::new().days(1));
        let mut starts: Vec<i64> = dates.map(|date| day_start(date, &zone)).take_while(|start| *start <= to).collect();
        // A date that a zone skipped begins when the next one does.
        starts.dedup();
        assert_eq!(days[..days.len() - 1], starts, "{name}");
    }
}

#[test]
fn instants_are_written_as_rfc_3339() {
    let utc = at("2024-02-05T13:00:00Z");
    assert_eq!(local_rfc3339(utc, &zone("Australia/Sydney")), "2024-02-06T00:00:00+11:00");
    assert_eq!(local_rfc3339(utc, &TimeZone::UTC), "2024-02-05T13:00:00Z");
    assert_eq!(local_rfc3339(utc, &zone("Europe/London")), "2024-02-05T13:00:00+00:00");
    assert_eq!(offset_rfc3339(utc, -210), "2024-02-05T09:30:00-03:30");
    assert_eq!(offset_rfc3339(-1, 0), "1969-12-31T23:59:59Z");
    assert_eq!(offset_rfc3339(i64::MIN, 0), "0001-01-01T00:00:00Z");
    assert_eq!(offset_rfc3339(i64::MAX, 0), "9998-12-31T23:59:59Z");
    // Berlin's local mean time was +00:53:28.
    assert_eq!(local_rfc3339(at("1890-01-01T00:00:00Z"), &zone("Europe/Berlin")), "1890-01-01T00:53:00+00:53");
}

#[test]
fn query_instants_are_read() {
    let berlin = zone("Europe/Berlin");
    for (text, expected) in [
        ("2024-02-06T14:30:00-08:00", Some(1_707_258_600)),
        ("2024-02-06t14:30:00z", Some(1_707_229_800)),
        ("2024-02-06T14:30:00.999Z", Some(1_707_229_800)),
        ("1969-12-31T23:59:59.5Z", Some(-1)),
        ("2024-02-06", Some(1_707_174_000)),
        ("2024-02-06T14:30", Some(1_707_226_200)),
        (" 2024-02-06 14:30:00 ", Some(1_707_226_200)),
        ("1707229800", Some(1_707_229_800)),
        ("1707229800999", Some(1_707_229_800)),
        ("-1", Some(-1)),
        ("-0.5", Some(-1)),
        ("-200000000000", Some(-200_000_000)),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("1e300", None),
        ("99999999999999999", None),
        ("yesterday", None),
        ("2024-02-30", None),
        ("2024-02-06T25:00:00Z", None),
        ("2024-02-06[Asia/Tokyo]", None),
        ("-005000-01-01", None),
    ] {
        assert_eq!(parse_instant(text, &berlin), expected, "{text}");
    }
    assert_eq!(parse_instant("2017-10-15", &zone("America/Sao_Paulo")), Some(at("2017-10-15T03:00:00Z")));
}

#[test]
fn offsets_follow_the_zone() {
    let lord_howe = zone("Australia/Lord_Howe");
    assert_eq!(offset_minutes_at(at("2024-04-06T14:59:59Z"), &lord_howe), 660);
    assert_eq!(offset_minutes_at(at("2024-04-06T15:00:00Z"), &lord_howe), 630);
    assert_eq!(offset_minutes_at(i64::MAX, &lord_howe), 0);
}

#[test]
fn zones_are_read() {
    assert_eq!(parse_zone("UTC"), Some(TimeZone::UTC));
    assert_eq!(parse_zone("z"), Some(TimeZone::UTC));
    assert_eq!(parse_zone("etc/utc"), Some(TimeZone::UTC));
    assert_eq!(parse_zone("europe/berlin").unwrap().iana_name(), Some("Europe/Berlin"));
    for (name, minutes) in [("+05:30", 330), ("-0800", -480), ("+18:00", 1080), ("+02", 120), ("-00:30", -30)] {
        assert_eq!(parse_zone(name), Some(fixed_offset(minutes).to_time_zone()), "{name}");
    }
    for name in [
        "",
        "Nowhere/City",
        "+18:01",
        "+5",
        "+05:60",
        "+05:30:15",
        "Etc/Unknown",
        "EST5EDT,M3.2.0,M11.1.0",
        "../etc/passwd",
    ] {
        assert_eq!(parse_zone(name), None, "{name}");
    }
}

fn any_bucket() -> impl Strategy<Value = Bucket> {
    prop::sample::select(vec!["15m", "hour", "6h", "day", "week", "month", "year"])
        .prop_map(|text| Bucket::parse(text).unwrap())
}

proptest! {
    #[test]
    fn boundaries_cover_the_range_and_nothing_else(
        name in prop::sample::select(ZONES.to_vec()),
        bucket in any_bucket(),
        from in -3_000_000_000i64..5_000_000_000,
        length in 1i64..20_000_000,
    ) {
        let (zone, to) = (zone(name), from + length);
        let all = boundaries(bucket, &zone, from, to, 30_000).unwrap();
        prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(all[0] <= from && from < all[1]);
        prop_assert!(all[all.len() - 2] < to && to <= all[all.len() - 1]);
        // The grid does not depend on where the question begins.
        let inner = boundaries(bucket, &zone, from + length / 2, to, 30_000).unwrap();
        prop_assert!(all.ends_with(&inner));
        if let Some(seconds) = bucket.seconds() {
            prop_assert!(all.windows(2).all(|pair| pair[1] - pair[0] <= seconds));
        }
    }

    #[test]
    fn a_day_begins_when_its_date_appears(name in prop::sample::select(ZONES.to_vec()), from in -3_000_000_000i64..5_000_000_000) {
        let zone = zone(name);
        let days = boundaries(Bucket::Day, &zone, from, from + 1, 10).unwrap();
        let date = |utc| zone.to_datetime(instant(utc)).date();
        prop_assert!(date(days[0] - 1) < date(days[0]));
        prop_assert!(date(days[1] - 1) < date(days[1]));
    }

    #[test]
    fn a_phones_day_ends_where_the_next_begins(
        name in prop::sample::select(ZONES.to_vec()),
        layer in prop::sample::select(vec![Layer::Day, Layer::Month, Layer::Year]),
        from in 0i64..5_000_000_000,
    ) {
        let home = zone(name);
        let bucket = Bucket::parse(layer.as_str()).unwrap();
        let found = boundaries(bucket, &home, from, from + 1, 10).unwrap();
        let minutes = home.to_offset(instant(found[0])).seconds() / 60;
        let end = bucket_end(layer, found[0], minutes, &home);
        // The day before the one that Samoa skipped ends twice over at the same instant.
        prop_assert_eq!(end, found[1]);
    }

    #[test]
    fn written_instants_are_read_back(utc in FIRST..=LAST, minutes in -1080i32..=1080, name in prop::sample::select(ZONES.to_vec())) {
        let zone = zone(name);
        let read = |text: String| text.parse::<Timestamp>().unwrap().as_second();
        prop_assert_eq!(read(offset_rfc3339(utc, minutes)), utc);
        prop_assert_eq!(read(local_rfc3339(utc, &zone)), utc);
        if utc > FIRST + 86_400 {
            prop_assert_eq!(parse_instant(&offset_rfc3339(utc, minutes), &zone), Some(utc));
        }
    }

    #[test]
    fn any_text_and_number_is_survived(text in ".*", utc: i64, minutes: i32, id in 0i64..7) {
        let berlin = zone("Europe/Berlin");
        let _ = (parse_instant(&text, &berlin), parse_zone(&text), Bucket::parse(&text), Layer::parse(&text));
        let end = bucket_end(Layer::from_id(id).unwrap(), utc, minutes, &berlin);
        prop_assert!(end >= utc || utc > LAST - 400 * 86_400);
        let _ = (local_rfc3339(utc, &berlin), offset_rfc3339(utc, minutes));
        let _ = boundaries(Bucket::Day, &berlin, utc, utc.saturating_add(1_000_000), 100);
    }
}
