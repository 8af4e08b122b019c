//! Dates as phones write them.

use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn berlin(text: &str) -> Option<Stamp> {
    parse(text, &zone("Europe/Berlin"))
}

/// Epoch seconds of RFC 3339 text.
fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

fn same(text: &str, instant: &str, offset_minutes: Option<i32>) {
    let found = berlin(text).map(|stamp| (stamp.utc, stamp.offset_minutes));
    assert_eq!(found, Some((at(instant), offset_minutes)), "{text}");
}

#[test]
fn the_usual_form() {
    let stamp = berlin("2024-02-06 14:30:00 -0800");
    let expected = Stamp { utc: 1_707_258_600, offset_minutes: Some(-480), second: false };
    assert_eq!(stamp, Some(expected));
    same("2024-02-29 00:00:00 +0530", "2024-02-28T18:30:00Z", Some(330));
    same("1900-03-01 00:00:00 +0000", "1900-03-01T00:00:00Z", Some(0));
    same("2024-12-31 23:59:59 +1800", "2024-12-31T05:59:59Z", Some(1080));
}

#[test]
fn offsets_in_every_spelling() {
    for text in [
        "2024-02-06 14:30:00 +05:30",
        "2024-02-06 14:30:00+0530",
        "2024-02-06T14:30:00+05:30",
        "2024-02-06T14:30:00 +0530",
        "2024-02-06 14:30 GMT+5:30",
        "  2024/02/06 14:30 UTC+05:30  ",
    ] {
        same(text, "2024-02-06T09:00:00Z", Some(330));
    }
    same("2024-02-06 14:30:00 +05", "2024-02-06T09:30:00Z", Some(300));
    same("2024-02-06 14:30:00 \u{2212}0800", "2024-02-06T22:30:00Z", Some(-480));
    same("2024-02-06T14:30:00Z", "2024-02-06T14:30:00Z", Some(0));
    same("2024-02-06t14:30:00z", "2024-02-06T14:30:00Z", Some(0));
    same("2024-02-06 14:30:00 UTC", "2024-02-06T14:30:00Z", Some(0));
    same("2024-02-06T14:30:00.250-08:00", "2024-02-06T22:30:00Z", Some(-480));
}

#[test]
fn twelve_hour_clocks() {
    for text in [
        "2024-09-21 7:57:00 am +1000",
        "2024-09-21 7:57:00 AM +1000",
        "2024-09-21 07:57:00 AM +10:00",
        "2024-09-21 7:57:00\u{202f}am +1000",
        "2024-09-21\u{a0}7:57:00\u{202f}AM\u{a0}+1000",
        "2024-09-21 7:57:00 a.m. +1000",
        "2024-09-21 7:57:00 a.\u{a0}m. +1000",
        "2024-09-21 7:57:00am+1000",
        "2024-09-21 7:57 am +1000",
    ] {
        same(text, "2024-09-20T21:57:00Z", Some(600));
    }
    same("2024-09-21 12:05:00 am +0000", "2024-09-21T00:05:00Z", Some(0));
    same("2024-09-21 12:05:00 pm +0000", "2024-09-21T12:05:00Z", Some(0));
    same("2024-09-21 午後0:05 +0000", "2024-09-21T12:05:00Z", Some(0));
    for text in ["13:00 pm", "13:00 am", "am 1:00 pm", "1:00 am pm", "1:00 ampm", "1:00 xm"] {
        assert_eq!(berlin(&format!("2024-09-21 {text}")), None, "{text}");
    }
}

#[test]
fn every_marker_on_either_side() {
    for (am, pm) in HALVES {
        for (half, hour) in [(am, "07"), (pm, "19")] {
            let expected = format!("2024-09-21T{hour}:57:01Z");
            same(&format!("2024-09-21 7:57:01 {half} +0000"), &expected, Some(0));
            same(&format!("2024-09-21 {half} 7:57:01 +0000"), &expected, Some(0));
            same(&format!("2024-09-21 {half}7:57:01Z"), &expected, Some(0));
            same(&format!("2024-09-21 7:57:01{} Z", half.to_uppercase()), &expected, Some(0));
        }
    }
    same("2024-09-21 ٧:٥٧:٠١ م +0000", "2024-09-21T19:57:01Z", Some(0));
    same("٢٠٢٤-٠٩-٢١ ٧:٥٧:٠١\u{200f} ص +0000", "2024-09-21T07:57:01Z", Some(0));
}

#[test]
fn texts_without_offset_are_local() {
    for text in ["2024-02-06T14:30:00", "2024-02-06 14:30", "2024/02/06 2:30 PM", "2024-02-06, 14:30:00.000"] {
        same(text, "2024-02-06T13:30:00Z", None);
    }
    same("2024-02-06", "2024-02-05T23:00:00Z", None);
    same("2024/02/06", "2024-02-05T23:00:00Z", None);
    same("20240206", "2024-02-05T23:00:00Z", None);
    same("Sep 01, 2026 at 07:46 PM", "2026-09-01T17:46:00Z", None);
    same("September 1, 2026 at 7:46\u{202f}PM", "2026-09-01T17:46:00Z", None);
    same("1 Sept. 2026 at 19:46:00", "2026-09-01T17:46:00Z", None);
    same("1 September 2026", "2026-08-31T22:00:00Z", None);
}

#[test]
fn skipped_and_repeated_local_times() {
    same("2024-03-31 02:30:00", "2024-03-31T01:30:00Z", None);
    same("2024-10-27 02:30:00", "2024-10-27T00:30:00Z", None);
    same("2024-10-27 02:30:00 +0100", "2024-10-27T01:30:00Z", Some(60));
    let lord_howe = |text| parse(text, &zone("Australia/Lord_Howe")).map(|stamp| stamp.utc);
    assert_eq!(lord_howe("2024-10-06 02:15:00"), Some(at("2024-10-06T02:45:00+11:00")));
    assert_eq!(lord_howe("2024-04-07 01:45:00"), Some(at("2024-04-07T01:45:00+11:00")));
}

#[test]
fn compact_forms() {
    same("20140104084300-0800", "2014-01-04T16:43:00Z", Some(-480));
    same("20140104084300 +0000", "2014-01-04T08:43:00Z", Some(0));
    same("20140104T084300Z", "2014-01-04T08:43:00Z", Some(0));
    same("20140104084300", "2014-01-04T07:43:00Z", None);
    for text in ["201401040843-0800", "20140104084300-", "20140199", "20140104084360-0800"] {
        assert_eq!(berlin(text), None, "{text}");
    }
}

#[test]
fn epochs() {
    same("1707229800", "2024-02-06T14:30:00Z", None);
    same("1707229800.75", "2024-02-06T14:30:00Z", None);
    same("1707229800123", "2024-02-06T14:30:00Z", None);
    same("-1000000000", "1938-04-24T22:13:20Z", None);
    let utc = |value| from_epoch(value).map(|stamp| stamp.utc);
    assert_eq!((utc(0.0), utc(-0.5), utc(1.7e12)), (Some(0), Some(-1), Some(1_700_000_000)));
    assert_eq!((utc(-2_208_988_800.0), utc(-2_208_988_801.0)), (Some(-2_208_988_800), None));
    assert_eq!((utc(7_258_118_399.0), utc(7_258_118_400.0)), (Some(7_258_118_399), None));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 1e10, 1e14] {
        assert_eq!(from_epoch(value), None, "{value}");
    }
    for text in ["72", "8412", "99999999999", "1.707e9", "--1707229800", "1707229800 s", "17072298.00.1"] {
        assert_eq!(berlin(text), None, "{text}");
    }
}

#[test]
fn seconds_are_noticed() {
    for (text, second) in [
        ("2024-02-06 14:30:00 -0800", false),
        ("2024-02-06 14:30:01 -0800", true),
        ("2024-02-06T14:30:00.000Z", false),
        ("2024-02-06T14:30:00.001Z", true),
        ("2024-02-06 2:30 PM", false),
        ("2024-02-06", false),
        ("1707229800", false),
        ("1707229801", true),
    ] {
        assert_eq!(berlin(text).map(|stamp| stamp.second), Some(second), "{text}");
    }
}

#[test]
fn impossible_and_foreign_texts() {
    for text in [
        "",
        " ",
        "null",
        "today",
        "2024",
        "2024-02",
        "2024-02-30",
        "2023-02-29 00:00:00 +0000",
        "2024-00-10",
        "2024-13-01",
        "2024-01-00",
        "2024-01-32",
        "0000-00-00 00:00:00 +0000",
        "2024-02-06 25:00:00 +0000",
        "2024-02-06 24:00:00 +0000",
        "2024-02-06 14:60:00 +0000",
        "2024-02-06 14:30:60 +0000",
        "2024-02-06 14:30:00 +1801",
        "2024-02-06 14:30:00 +05:60",
        "2024-02-06 14:30:00 -1900",
        "2024-02-06 14:30:00 +0000x",
        "2024-02-06 14:30:00 +0000 ok",
        "2024-02-06 14:30:00 -0800\n2024-02-07 14:30:00 -0800",
        "2024-02-06 14:30:00 08:00",
        "2024-02-06T14:30:00.Z",
        "2024-02-06T",
        "2024-02-06T14",
        "2024-02-06 14:3",
        "2024-02-0614:30",
        "2024-02/06",
        "2024/02-06",
        "06/02/2024",
        "2024-02-06 -0800",
        "2024-02-06T14:30:00ZZ",
        "2024-02-06T14:30:00Z+01:00",
        "2024-02-06 14:30:00 +05:",
        "2024-02-06 14:30:00 +5",
        "Sep 31, 2026",
        "Se 1, 2026",
        "Foo 1, 2026",
        "Sep 1",
        "１２３４-02-06",
        "2024-02-06 at",
        "00:20:37,80",
    ] {
        assert_eq!(berlin(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn the_quick_way_agrees_with_jiff(text in r"[0-9]{4}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-6][0-9]:[0-6][0-9] [+-][01][0-9][0-6][0-9]") {
        let jiff = jiff::ZonedDateTime::strptime("%Y-%m-%d %H:%M:%S %z", &text).ok();
        let believed = text[21..23].parse::<i32>().unwrap() * 60 + text[23..].parse::<i32>().unwrap() <= OFFSET_LIMIT;
        // jiff reads second 60 as 59.
        let expected = jiff.filter(|_| believed && &text[17..19] != "60").map(|zoned| Stamp {
            utc: zoned.timestamp().as_second(),
            offset_minutes: Some(zoned.offset().seconds() / 60),
            second: zoned.second() != 0,
        });
        prop_assert_eq!(plain(text.as_bytes()), expected);
        prop_assert_eq!(Scan(&text, None).stamp(&TimeZone::UTC), expected);
    }

    #[test]
    fn written_dates_are_read_back(utc in -62_000_000_000i64..253_000_000_000, minutes in -1080i32..=1080) {
        let offset = Offset::from_seconds(minutes * 60).unwrap();
        let zoned = Timestamp::from_second(utc).unwrap().to_zoned_datetime(offset.to_time_zone());
        for format in ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %I:%M:%S %p %z", "%Y/%m/%d %-I:%M:%S%P%:z", "%Y%m%d%H%M%S%z", "%b %d, %Y at %I:%M:%S %p %z"] {
            let text = zoned.strftime(format).to_string();
            let stamp = parse(&text, &TimeZone::UTC);
            prop_assert_eq!(stamp, Some(Stamp { utc, offset_minutes: Some(minutes), second: utc.rem_euclid(60) != 0 }), "{}", text);
        }
        let local = zoned.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        prop_assert_eq!(parse(&local, &offset.to_time_zone()).map(|stamp| (stamp.utc, stamp.offset_minutes)), Some((utc, None)));
    }

    #[test]
    fn any_text_is_survived(text in ".*", near in "[0-9٠-٩aAmMpP午前م.:,/TtZz+ \u{202f}-]{0,30}", value: f64) {
        let _ = (berlin(&text), berlin(&near), from_epoch(value));
    }

    #[test]
    fn nothing_may_follow(tail in "[!-~م年][ -~]{0,8}") {
        prop_assert_eq!(berlin(&format!("2024-02-06 14:30:00 -0800{tail}")), None);
    }
}
