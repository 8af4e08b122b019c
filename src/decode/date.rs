//! Dates as senders write them.
//!
//! Nearly every date has one shape, `2024-02-06 14:30:00 -0800`, and a delivery holds hundreds of thousands, so that
//! shape is read from the bytes without allocating. All others go through one small grammar, date then clock then
//! offset, rather than a list of formats: 12-hour phones, locales and Shortcuts mix the parts freely. The grammar
//! gives up at the first surprise, because a date read wrongly is worse than an item kept as unreadable.

mod months;
pub mod order;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use order::Order;

use crate::model::time::offset_minutes_at;

/// Longer texts are no dates; this bounds the copy that the grammar works on.
const LONGEST: usize = 96;
/// Furthest offset from UTC in minutes that is believed.
const OFFSET_LIMIT: i32 = 18 * 60;
/// From here on a number is milliseconds: as seconds it would be past the year 5138, as milliseconds it is 1973.
const MILLISECONDS_FROM: f64 = 1e11;
/// 1900-01-01T00:00:00Z and 2200-01-01T00:00:00Z in epoch seconds.
const EPOCH_RANGE: std::ops::Range<f64> = -2_208_988_800.0..7_258_118_400.0;

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

    /// Minutes east of UTC: as told, else those of the clocks of `home`.
    pub fn offset(&self, home: &TimeZone) -> i32 {
        self.offset_minutes.unwrap_or_else(|| offset_minutes_at(self.utc, home))
    }
}

/// Reads any date form that a known sender writes; texts without offset are local to `assumed`. `None` for the rest.
pub fn parse(text: &str, assumed: &TimeZone) -> Option<Stamp> {
    parse_by(text, assumed, None)
}

/// Whether a text is a date in any country.
pub fn is_date(text: &str) -> bool {
    let orders = [None, Some(Order::MonthFirst), Some(Order::DayFirst)];
    orders.into_iter().any(|order| parse_by(text, &TimeZone::UTC, order).is_some())
}

/// The same as `parse` of a writer who is known to put the day or the month first.
pub fn parse_by(text: &str, assumed: &TimeZone, order: Option<Order>) -> Option<Stamp> {
    let text = text.trim();
    plain(text.as_bytes()).or_else(|| {
        if text.len() > LONGEST {
            return None;
        }
        let text = normalise(text);
        match epoch_text(&text) {
            Some(value) => from_epoch(value),
            None => Scan(text.trim(), order).stamp(assumed),
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

/// What is left to read of a normalised text, and how its writer orders day and month.
struct Scan<'a>(&'a str, Option<Order>);

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
                if let Some(mark) = ["/", "-"].into_iter().find(|mark| self.0.starts_with(mark)) {
                    let (month, day) = order::sorted(day, self.part(mark, 1)?, self.1)?;
                    return self.eat(mark).then(|| date(self.year()?, month, day))?;
                }
                let dot = self.eat(".");
                if dot && self.digits() > 0 {
                    // Points stand between day, month and year in this order only.
                    let month = self.number(1, 2)?;
                    return self.eat(".").then(|| date(self.year()?, month, day))?;
                }
                (self.month()?, day)
            }
            4 => {
                let year = self.number(4, 4)?;
                if self.eat("年") {
                    let month = self.number(1, 2)?;
                    let day = self.eat("月").then(|| self.number(1, 2))??;
                    return self.eat("日").then(|| date(year, month, day))?;
                }
                if self.0.starts_with('.') {
                    return self.with_points(year);
                }
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

    /// `. 3. 15.`, as Korean and Hungarian have it.
    fn with_points(&mut self, year: i16) -> Option<Date> {
        let mut number = || {
            self.eat(".").then(|| self.blanks())?;
            self.number(1, 2)
        };
        let (month, day) = (number()?, number()?);
        self.eat(".");
        date(year, month, day)
    }

    /// A year of four digits; of two where the order is known, for then nothing else can be the year.
    fn year(&mut self) -> Option<i16> {
        match self.digits() {
            2 if self.1.is_some() => Some(2000 + self.number(2, 2)?),
            _ => self.number(4, 4),
        }
    }

    /// A month's name in full or cut to three letters or more, blanks and the `de` of Spanish around it.
    fn month(&mut self) -> Option<i16> {
        self.blanks();
        self.eat("de ");
        let rest = self.0.trim_start_matches(char::is_alphabetic);
        let (word, _) = self.0.split_at(self.0.len() - rest.len());
        let month = months::number(word)?;
        self.0 = rest;
        self.eat(".");
        self.blanks();
        self.eat("de ");
        Some(month)
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

    /// Blanks, a comma, and the word for "at" that Shortcuts puts before a time.
    fn separator(&mut self) -> bool {
        let comma = self.eat(",");
        let blank = self.blanks();
        // `de.` and others that begin alike are marks of the half of the day, and those never stand before a blank.
        if ["at ", "um ", "à ", "alle ore ", "alle ", "a las ", "às "].iter().any(|word| self.eat(word)) {
            self.blanks();
            return true;
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
mod tests;
