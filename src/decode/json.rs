//! What JSON allows and a parser does not: a number that no float can hold (`NaN`, `1e400`), an integer beyond 64 bits (as
//! Swift writes 1e20), and half of a surrogate pair (`"\ud83d"`, an emoji that a relay has cut in two).
//!
//! One bad item must not fail a delivery, so each of these is replaced by what can be read, and the body is parsed again. A
//! number that no float can hold is put in quotes: the item that holds it then goes to quarantine alone. Only a body that
//! has failed to parse is read here.

/// The body with all of these replaced; `None` when there are none, so that nothing can be gained.
pub fn repair(body: &[u8]) -> Option<Vec<u8>> {
    let mut repaired = Vec::with_capacity(body.len() + 16);
    let mut changed = false;
    let mut at = 0;
    while at < body.len() {
        let end = match body[at] {
            b'"' => end_of_string(body, at),
            byte if is_scalar(byte) => at + body[at..].iter().take_while(|byte| is_scalar(**byte)).count(),
            _ => at + 1,
        };
        let token = &body[at..end];
        let replaced = if token[0] == b'"' { without_halves(token) } else { number(token) };
        changed |= replaced.is_some();
        repaired.extend_from_slice(replaced.as_deref().unwrap_or(token));
        at = end;
    }
    changed.then_some(repaired)
}

fn is_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// The position behind the string that begins at `start`.
pub fn end_of_string(body: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < body.len() {
        match body[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    body.len()
}

/// Quoted when no float can hold it; with a fraction when it is an integer that no 64 bits can.
fn number(token: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(token).ok()?;
    let value: f64 = text.parse().ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !value.is_finite() {
        return Some(format!("\"{text}\"").into_bytes());
    }
    (is_integer && text.parse::<i64>().is_err() && text.parse::<u64>().is_err())
        .then(|| format!("{text}.0").into_bytes())
}

/// A string with the sign for an unknown character in the place of each half of a surrogate pair that stands alone.
fn without_halves(token: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(token.len());
    let mut changed = false;
    let mut at = 0;
    while at < token.len() {
        let taken = match (unit(&token[at..]), unit(token.get(at + 6..).unwrap_or_default())) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                changed = true;
                whole.extend_from_slice("\u{fffd}".as_bytes());
                at += 6;
                continue;
            }
            _ if token[at] == b'\\' => 2,
            _ => 1,
        };
        let end = token.len().min(at + taken);
        whole.extend_from_slice(&token[at..end]);
        at = end;
    }
    changed.then_some(whole)
}

/// The code unit of an escape such as `\ud83d` at the beginning of `text`.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(body: &str) -> Option<String> {
        repair(body.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn quotes_what_no_float_can_hold() {
        assert_eq!(
            repaired(r#"{"a":NaN,"b":-Infinity,"c":1e400,"d":1.5}"#).unwrap(),
            r#"{"a":"NaN","b":"-Infinity","c":"1e400","d":1.5}"#
        );
    }

    #[test]
    fn integers_beyond_64_bits_become_floats() {
        assert_eq!(
            repaired(r#"[100000000000000000000,-9223372036854775809,18446744073709551615,-9223372036854775808]"#)
                .unwrap(),
            r#"[100000000000000000000.0,-9223372036854775809.0,18446744073709551615,-9223372036854775808]"#
        );
        let beyond = "9".repeat(400);
        assert_eq!(repaired(&format!("[{beyond}]")).unwrap(), format!("[\"{beyond}\"]"));
    }

    #[test]
    fn half_of_a_pair_is_replaced_and_whole_pairs_stay() {
        for (text, expected) in [
            (r#""a\ud83db""#, "\"a\u{fffd}b\""),
            (r#""\uDE00""#, "\"\u{fffd}\""),
            (r#""\ud83d\ud83d\ude00""#, "\"\u{fffd}\\ud83d\\ude00\""),
            (r#""\ud83d\\ude00""#, "\"\u{fffd}\\\\ude00\""),
            (r#""\\\ud83d""#, "\"\\\\\u{fffd}\""),
        ] {
            assert_eq!(repaired(text).as_deref(), Some(expected), "{text}");
        }
        for text in [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u00e4 \ud""#] {
            assert_eq!(repaired(text), None, "{text}");
        }
    }

    #[test]
    fn leaves_strings_and_sound_bodies_alone() {
        assert_eq!(repaired(r#"{"a":"NaN \" 1e400","b":true,"c":null,"d":-1e-400}"#), None);
        assert_eq!(repaired(r#"{"a":"cut off \"#), None);
    }
}
