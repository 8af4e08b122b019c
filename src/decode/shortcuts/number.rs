//! Numbers as phones print them: with a unit behind, in any script's digits, with the separators of any country.
//!
//! `8,412` is eight thousand in one country and eight in another. A locale that was told decides; without one the digits
//! and the metric decide where they can, and what stays open is refused with the way to say it, never guessed.

use crate::decode::digits::normalise;

/// What is known about the writer of a number.
#[derive(Debug, Clone, Copy, Default)]
pub struct Habits {
    /// The decimal mark of the locale that was told.
    pub decimal: Option<char>,
    /// The metric is counted in whole numbers.
    pub counts: bool,
}

/// Decimal marks by language, for those that write a comma; every other known language writes a point.
const COMMA: &str = "de fr es it nl pt pl ru uk sv nb nn no da fi cs sk hu ro bg hr sl sr bs mk sq el tr id vi et lv lt is \
     ca gl eu be ka kk az hy af";
const POINT: &str = "en zh ja ko th he hi bn ta te ms fil ga cy mt ur fa ar sw";
/// Countries that differ from their language.
const COUNTRIES: [(&str, char); 12] = [
    ("es_mx", '.'),
    ("es_us", '.'),
    ("es_pr", '.'),
    ("es_gt", '.'),
    ("es_hn", '.'),
    ("es_ni", '.'),
    ("es_pa", '.'),
    ("es_pe", '.'),
    ("es_sv", '.'),
    ("es_do", '.'),
    ("de_ch", '.'),
    ("en_za", ','),
];

/// The decimal mark of a locale such as `de`, `de_DE`, `en-US` or `pt-BR.UTF-8`; `None` for one that is not known.
pub fn decimal_of(locale: &str) -> Option<char> {
    let locale = locale.trim().split(['.', '@']).next()?.to_lowercase().replace('-', "_");
    let country = locale.split('_').find(|part| part.len() == 2 && !locale.starts_with(part));
    let language = locale.split('_').next()?;
    let whole = country.map(|country| format!("{language}_{country}"));
    let by_country = COUNTRIES.iter().find(|(name, _)| Some(*name) == whole.as_deref());
    let has = |list: &str| list.split_ascii_whitespace().any(|known| known == language);
    match by_country {
        Some((_, mark)) => Some(*mark),
        None if has(COMMA) => Some(','),
        None => has(POINT).then_some('.'),
    }
}

/// The number at the beginning of a text, and the unit behind it; or why it is none.
pub fn parse(text: &str, habits: Habits) -> Result<(f64, String), String> {
    let plain = normalise(text);
    let Some((digits, unit)) = split(&plain) else { return Err(format!("{text:?} is not a number")) };
    let written = settle(digits, habits).map_err(|fault| match fault {
        Fault::NoNumber => format!("{text:?} is not a number"),
        Fault::Ambiguous => format!(
            "{text:?} can be read in two ways: add ?locale= to the address, such as locale=en or locale=de, or send a \
             number with a point"
        ),
        Fault::Against(mark) => {
            format!("{text:?} is not a number as the locale that was given writes it, with {mark:?} for decimals")
        }
    })?;
    let number: f64 = written.parse().map_err(|_| format!("{text:?} is not a number"))?;
    Ok((number, unit.trim().to_owned()))
}

/// True for a text that begins as a number and has no second one behind it, whatever its separators mean.
pub fn is_numeric(text: &str) -> bool {
    let plain = normalise(text);
    split(&plain).is_some_and(|(_, unit)| unit.len() <= 24 && !unit.contains(|c: char| c.is_ascii_digit() || c == ':'))
}

/// The part that is written in digits and marks, and what follows.
fn split(plain: &str) -> Option<(&str, &str)> {
    let bytes = plain.as_bytes();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let mut end = sign;
    while let Some(byte) = bytes.get(end) {
        let next_is_digit = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        match byte {
            b'0'..=b'9' => end += 1,
            // A blank groups only what stands in threes; "5 2024" is no number.
            b' ' | b'\'' if end > sign && three_digits(&bytes[end + 1..]) => end += 1,
            b'.' | b',' if next_is_digit => end += 1,
            b'e' | b'E' if end > sign && exponent(&bytes[end + 1..]) > 0 => {
                end += 1 + exponent(&bytes[end + 1..]);
                break;
            }
            _ => break,
        }
    }
    // "72." is how some print a whole number.
    let rest = plain.get(end..)?;
    let rest = rest.strip_prefix('.').filter(|rest| rest.is_empty()).unwrap_or(rest);
    plain[sign..end].contains(|c: char| c.is_ascii_digit()).then(|| (&plain[..end], rest))
}

fn three_digits(bytes: &[u8]) -> bool {
    bytes.len() >= 3 && bytes[..3].iter().all(u8::is_ascii_digit) && !bytes.get(3).is_some_and(u8::is_ascii_digit)
}

/// Length of an exponent behind its `e`.
fn exponent(bytes: &[u8]) -> usize {
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let digits = bytes.iter().skip(sign).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { 0 } else { sign + digits }
}

enum Fault {
    NoNumber,
    Ambiguous,
    Against(char),
}

/// The number with a point for its decimals and nothing between its thousands.
fn settle(digits: &str, habits: Habits) -> Result<String, Fault> {
    let (mantissa, exponent) = digits.split_at(digits.find(['e', 'E']).unwrap_or(digits.len()));
    let bare: String = mantissa.chars().filter(|c| !matches!(c, ' ' | '\'')).collect();
    let decimal = match habits.decimal {
        Some(mark) => (bare.contains(mark)).then_some(mark),
        None => decimal_mark(&bare, habits.counts)?,
    };
    let grouped = |text: &str| -> Result<String, Fault> {
        let mut groups = text.trim_start_matches(['+', '-']).split(['.', ',']);
        let first = groups.next().unwrap_or_default().len();
        let mut rest = groups.peekable();
        let is_grouped = rest.peek().is_some();
        match !is_grouped || ((1..=3).contains(&first) && rest.all(|group| group.len() == 3)) {
            true => Ok(text.chars().filter(|c| !matches!(c, '.' | ',')).collect()),
            false => Err(habits.decimal.map_or(Fault::NoNumber, Fault::Against)),
        }
    };
    let written = match decimal.and_then(|mark| bare.rsplit_once(mark)) {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{}.{fraction}", grouped(whole)?)
        }
        Some(_) => return Err(habits.decimal.map_or(Fault::NoNumber, Fault::Against)),
        None => grouped(&bare)?,
    };
    Ok(written + exponent)
}

/// The mark that separates decimals in a number of a writer who has not said where they live.
fn decimal_mark(bare: &str, counts: bool) -> Result<Option<char>, Fault> {
    let number_of = |mark| bare.matches(mark).count();
    let (commas, points) = (number_of(','), number_of('.'));
    if commas > 0 && points > 0 {
        let last = if bare.rfind(',') > bare.rfind('.') { ',' } else { '.' };
        return if number_of(last) == 1 { Ok(Some(last)) } else { Err(Fault::NoNumber) };
    }
    let mark = match (commas, points) {
        (0, 0) => return Ok(None),
        (1, 0) => ',',
        (0, 1) => '.',
        // Several of one kind can only group.
        _ => return Ok(None),
    };
    let (whole, fraction) = bare.split_once(mark).unwrap_or((bare, ""));
    let whole = whole.trim_start_matches(['+', '-']);
    // Thousands stand in threes and never begin with a zero.
    let can_group = fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    match (can_group, mark, counts) {
        (false, ..) => Ok(Some(mark)),
        (true, ',', true) => Ok(None),
        _ => Err(Fault::Ambiguous),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, locale: &str, counts: bool) -> Result<(f64, String), String> {
        parse(text, Habits { decimal: decimal_of(locale), counts })
    }

    #[test]
    fn every_country_writes_its_numbers() {
        for (locale, text, number) in [
            ("de", "8.412", 8412.0),
            ("de_DE", "1.234,5", 1234.5),
            ("de-AT", "72,5 kg", 72.5),
            ("de_CH", "1’234.5", 1234.5),
            ("en-US", "8,412", 8412.0),
            ("en_GB", "72.125", 72.125),
            ("fr", "8\u{202f}412,25", 8412.25),
            ("sv_SE", "8\u{a0}412", 8412.0),
            ("es_ES", "8.412", 8412.0),
            ("es-MX", "8,412", 8412.0),
            ("zh-Hans_CN", "8,412.5", 8412.5),
            ("ar", "\u{668}\u{66c}\u{664}\u{661}\u{662}\u{66b}\u{665}", 8412.5),
            ("pt-BR", "12.345.678,9", 12_345_678.9),
        ] {
            assert_eq!(read(text, locale, false).map(|(number, _)| number), Ok(number), "{locale} {text}");
        }
        assert_eq!(decimal_of("klingon"), None);
    }

    #[test]
    fn without_a_locale_only_what_is_sure_is_read() {
        for (text, counts, number) in [
            ("8,412", true, Some(8412.0)),
            ("8,412", false, None),
            ("8.412", true, None),
            ("8.412", false, None),
            ("0.412", false, Some(0.412)),
            ("72,5", false, Some(72.5)),
            ("72,5", true, Some(72.5)),
            ("1.234,5", false, Some(1234.5)),
            ("1,234.5", false, Some(1234.5)),
            ("1,234,567", false, Some(1_234_567.0)),
            ("0,512", false, Some(0.512)),
            ("8 412", true, Some(8412.0)),
            ("-4", false, Some(-4.0)),
            ("1.5e3", false, Some(1500.0)),
            ("٨٤١٢", true, Some(8412.0)),
            ("1.2.3", false, None),
            ("1,23,456", false, None),
            ("", false, None),
            ("kg", false, None),
        ] {
            let found = parse(text, Habits { decimal: None, counts });
            assert_eq!(found.as_ref().ok().map(|(number, _)| *number), number, "{text}: {found:?}");
        }
        assert!(parse("8,412", Habits::default()).unwrap_err().contains("?locale="));
        assert!(read("72.5", "de", false).unwrap_err().contains("locale"));
    }

    #[test]
    fn the_unit_behind_a_number_comes_out() {
        for (text, number, unit) in [
            ("72 bpm", 72.0, "bpm"),
            ("5,2 km", 5.2, "km"),
            ("97%", 97.0, "%"),
            ("8412步", 8412.0, "步"),
            ("36.6\u{a0}°C", 36.6, "°C"),
            ("72.", 72.0, ""),
        ] {
            assert_eq!(parse(text, Habits::default()), Ok((number, unit.to_owned())), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}", counts: bool, comma: bool) {
            let decimal = comma.then_some(',');
            let _ = parse(&text, Habits { decimal, counts });
            is_numeric(&text);
        }

        #[test]
        fn a_number_written_plainly_is_itself(number in -1e6f64..1e6) {
            let text = format!("{number:.4}");
            let habits = Habits { decimal: Some('.'), counts: false };
            proptest::prop_assert_eq!(parse(&text, habits).unwrap().0, text.parse::<f64>().unwrap());
        }
    }
}
