//! Dates as senders write them.
//!
//! Nearly every date has one shape, `2024-02-06 14:30:00 -0800`, and a delivery holds hundreds of thousands, so that
//! shape is read from the bytes without allocating. All others go through one small grammar, date then clock then
//! offset, rather than a list of formats: 12-hour phones, locales and Shortcuts mix the parts freely. The grammar
//! gives up at the first surprise, because a date read wrongly is worse than an item kept as unreadable.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

/// Longer texts are no dates; this bounds the copy that the grammar works on.
const LONGEST: usize = 96;
/// Furthest offset from UTC in minutes that is believed.
const OFFSET_LIMIT: i32 = 18 * 60;
/// From here on a number is milliseconds: as seconds it would be past the year 5138, as milliseconds it is 1973.
const MILLISECONDS_FROM: f64 = 1e11;
/// 1900-01-01T00:00:00Z and 2200-01-01T00:00:00Z in epoch seconds.
const EPOCH_RANGE: std::ops::Range<f64> = -2_208_988_800.0..7_258_118_400.0;

const MONTHS: &str = "january february march april may june july august september october november december";

/// Before noon and after noon in lower case, for the languages whose phones default to 12 hours or whose users
/// choose so. Where one marker begins another, the longer comes first.
const HALVES: [(&str, &str); 21] = [
    ("a.m.", "p.m."),
    ("a. m.", "p. m."),
    ("a.m", "p.m"),
    ("am", "pm"),
    ("vorm.", "nachm."),
    ("上午", "下午"),
    ("午前", "午後"),
    ("오전", "오후"),
    ("π.μ.", "μ.μ."),
    ("πμ", "μμ"),
    ("ق.ظ.", "ب.ظ."),
    ("ص", "م"),
    ("öö", "ös"),
    ("de.", "du."),
    ("fm", "em"),
    ("ap.", "ip."),
    ("dop.", "odp."),
    ("пр.об.", "сл.об."),
    ("дп", "пп"),
    ("לפנה״צ", "אחה״צ"),
    ("ก่อนเที่ยง", "หลังเที่ยง"),
];

/// A moment as a sender wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Epoch seconds, rounded down.
    pub utc: i64,
    /// Minutes east of UTC; `None` when the text carries no offset.
    pub offset_minutes: Option<i32>,
    /// The moment is not on a whole minute: seconds or a fraction of them are other than zero.
    pub second: bool,
}

impl Stamp {
    /// Within the years that an epoch number is believed for.
    pub fn is_believable(&self) -> bool {
        EPOCH_RANGE.contains(&(self.utc as f64))
    }
}

/// Reads any date form that a known sender writes; texts without offset are local to `assumed`. `None` for the rest.
pub fn parse(text: &str, assumed: &TimeZone) -> Option<Stamp> {
    let text = text.trim();
    plain(text.as_bytes()).or_else(|| {
        if text.len() > LONGEST {
            return None;
        }
        let text = normalise(text);
        match epoch_text(&text) {
            Some(value) => from_epoch(value),
            None => Scan(text.trim()).stamp(assumed),
        }
    })
}

/// Reads epoch seconds, or milliseconds from 10^11 on, within the years 1900 to 2199.
pub fn from_epoch(value: f64) -> Option<Stamp> {
    let seconds = if value.abs() < MILLISECONDS_FROM { value } else { value / 1000.0 };
    EPOCH_RANGE.contains(&seconds).then(|| Stamp {
        utc: seconds.floor() as i64,
        offset_minutes: None,
        second: seconds.rem_euclid(60.0) != 0.0,
    })
}

/// `2024-02-06 14:30:00 -0800` and nothing else. The pattern looks like the text, so it stays on one line.
#[rustfmt::skip]
fn plain(text: &[u8]) -> Option<Stamp> {
    let &[c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2, b' ', h1, h2, b':', n1, n2, b':', s1, s2, b' ', sign, p1, p2, q1, q2] = text
    else {
        return None;
    };
    let date = date(two(c1, c2)? * 100 + two(y1, y2)?, two(m1, m2)?, two(d1, d2)?)?;
    let time = time(two(h1, h2)?, two(n1, n2)?, two(s1, s2)?)?;
    let offset = signed(sign, two(p1, p2)?, two(q1, q2)?)?;
    let utc = resolve(date.to_datetime(time), offset)?;
    Some(Stamp { utc, offset_minutes: Some(offset), second: time.second() != 0 })
}

fn two(tens: u8, ones: u8) -> Option<i16> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| i16::from(tens) * 10 + i16::from(ones))
}

fn signed(sign: u8, hours: i16, minutes: i16) -> Option<i32> {
    let total = i32::from(hours) * 60 + i32::from(minutes);
    match sign {
        _ if minutes > 59 || total > OFFSET_LIMIT => None,
        b'+' => Some(total),
        b'-' => Some(-total),
        _ => None,
    }
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn time(hour: i16, minute: i16, second: i16) -> Option<Time> {
    let small = |number| i8::try_from(number).ok();
    Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()
}

fn resolve(local: DateTime, offset_minutes: i32) -> Option<i64> {
    let offset = Offset::from_seconds(offset_minutes * 60).ok()?;
    offset.to_timestamp(local).ok().map(Timestamp::as_second)
}

/// One spelling for what locales vary: kinds of blank, of minus and of digits, case, and marks of writing direction.
fn normalise(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            _ if c.is_ascii_graphic() => clean.push(c.to_ascii_lowercase()),
            _ if c.is_whitespace() => clean.push(' '),
            '\u{200e}' | '\u{200f}' | '\u{61c}' => {}
            '\u{2212}' => clean.push('-'),
            '٠'..='٩' => clean.extend(char::from_digit(c as u32 - '٠' as u32, 10)),
            '۰'..='۹' => clean.extend(char::from_digit(c as u32 - '۰' as u32, 10)),
            _ => clean.extend(c.to_lowercase()),
        }
    }
    clean
}

/// A number that can only be an epoch: 8 digits are a date without separators, 14 add the time, and fewer than 9
/// would be January to April of 1970, where a stray value is far more likely than a measurement.
fn epoch_text(text: &str) -> Option<f64> {
    let digits = text.trim().trim_start_matches('-');
    let whole = digits.split('.').next().unwrap_or_default().len();
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain && (9..=13).contains(&whole) { text.trim().parse().ok() } else { None }
}

/// What is left to read of a normalised text.
struct Scan<'a>(&'a str);

impl Scan<'_> {
    fn stamp(&mut self, assumed: &TimeZone) -> Option<Stamp> {
        let compact = matches!(self.digits(), 8 | 14);
        let date = self.date()?;
        let (time, fraction) = match self.0 {
            "" => (Time::midnight(), false),
            _ if compact => self.compact_time()?,
            _ => self.clock()?,
        };
        let local = date.to_datetime(time);
        let second = fraction || time.second() != 0;
        let (utc, offset_minutes) = if self.0.is_empty() {
            // A skipped local time moves forward, a repeated one is the earlier, as calendars do it.
            (assumed.to_timestamp(local).ok()?.as_second(), None)
        } else {
            let offset = self.offset()?;
            (resolve(local, offset)?, Some(offset))
        };
        Some(Stamp { utc, offset_minutes, second })
    }

    fn date(&mut self) -> Option<Date> {
        let (month, day) = match self.digits() {
            0 => (self.month()?, self.number(1, 2)?),
            1 | 2 => {
                let day = self.number(1, 2)?;
                (self.month()?, day)
            }
            4 => {
                let year = self.number(4, 4)?;
                let mark = if self.0.starts_with('/') { "/" } else { "-" };
                return date(year, self.part(mark, 1)?, self.part(mark, 1)?);
            }
            8 | 14 => return date(self.number(4, 4)?, self.number(2, 2)?, self.number(2, 2)?),
            _ => return None,
        };
        self.eat(",");
        self.blanks();
        date(self.number(4, 4)?, month, day)
    }

    /// An English month in full or cut to three letters or more, blanks around it.
    fn month(&mut self) -> Option<i16> {
        self.blanks();
        let rest = self.0.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let (word, _) = self.0.split_at(self.0.len() - rest.len());
        let at = MONTHS.split(' ').position(|name| word.len() >= 3 && name.starts_with(word))?;
        self.0 = rest;
        self.eat(".");
        self.blanks();
        i16::try_from(at + 1).ok()
    }

    /// `084300`, with `T` before it or not.
    fn compact_time(&mut self) -> Option<(Time, bool)> {
        self.eat("t");
        let time = time(self.number(2, 2)?, self.number(2, 2)?, self.number(2, 2)?)?;
        Some((time, self.fraction()?))
    }

    /// A separator, then `14:30`, `7:57:00 am`, `下午 2:30` or `14:30:00.123`.
    fn clock(&mut self) -> Option<(Time, bool)> {
        if !(self.eat("t") || self.separator()) {
            return None;
        }
        let before = self.half();
        let hour = self.number(1, 2)?;
        let minute = self.part(":", 2)?;
        let (second, fraction) = match self.part(":", 2) {
            Some(second) => (second, self.fraction()?),
            None => (0, false),
        };
        let after = self.half();
        let hour = match before.xor(after) {
            Some(pm) if hour <= 12 => hour % 12 + if pm { 12 } else { 0 },
            None if before.is_none() => hour,
            _ => return None,
        };
        Some((time(hour, minute, second)?, fraction))
    }

    /// Blanks, a comma, and the `at` of English Shortcuts.
    fn separator(&mut self) -> bool {
        let comma = self.eat(",");
        let blank = self.blanks();
        if self.eat("at") {
            return self.blanks();
        }
        comma || blank
    }

    /// `Some(true)` for an after-noon marker; takes the blanks around it.
    fn half(&mut self) -> Option<bool> {
        self.blanks();
        let found = HALVES.iter().find_map(|(am, pm)| {
            if self.eat(am) {
                return Some(false);
            }
            self.eat(pm).then_some(true)
        });
        self.blanks();
        found
    }

    /// True when a fraction other than zero follows; `None` when the point has no digit after it.
    fn fraction(&mut self) -> Option<bool> {
        if !(self.eat(".") || self.eat(",")) {
            return Some(false);
        }
        let (digits, rest) = self.0.split_at(self.digits());
        self.0 = rest;
        (!digits.is_empty()).then(|| digits.bytes().any(|b| b != b'0'))
    }

    /// `z`, `utc`, `-0800`, `+05:30`, `+05` or `gmt+2`, and then the end of the text.
    fn offset(&mut self) -> Option<i32> {
        self.blanks();
        if self.eat("z") {
            return self.0.is_empty().then_some(0);
        }
        let named = self.eat("utc") || self.eat("gmt");
        if named && self.0.is_empty() {
            return Some(0);
        }
        let sign = *self.0.as_bytes().first()?;
        self.0 = self.0.strip_prefix(['+', '-'])?;
        let hours = self.number(if named { 1 } else { 2 }, 2)?;
        let minutes = match self.0 {
            "" => 0,
            rest => {
                self.0 = rest.strip_prefix(':').unwrap_or(rest);
                self.number(2, 2)?
            }
        };
        signed(sign, hours, minutes).filter(|_| self.0.is_empty())
    }

    fn part(&mut self, mark: &str, least: usize) -> Option<i16> {
        if self.eat(mark) { self.number(least, 2) } else { None }
    }

    /// A number of `least` to `most` digits; `most` is at most 4, so it fits.
    fn number(&mut self, least: usize, most: usize) -> Option<i16> {
        let count = self.digits().min(most);
        if count < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        digits.parse().ok()
    }

    fn digits(&self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    fn blanks(&mut self) -> bool {
        let before = self.0.len();
        self.0 = self.0.trim_start();
        self.0.len() < before
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.0.strip_prefix(token);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
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
            prop_assert_eq!(Scan(&text).stamp(&TimeZone::UTC), expected);
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
}
