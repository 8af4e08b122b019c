//! A number that no float can hold (`NaN`, `Infinity`, `1e400`) makes a whole body unreadable for a JSON parser. One
//! bad item must not fail a delivery, so such numbers are put in quotes and the body is parsed again: the item that
//! holds one then goes to quarantine alone. Only a body that has failed to parse is read here.

/// The body with every unrepresentable number quoted; `None` when there is none, so that nothing can be gained.
pub fn quote_unrepresentable_numbers(body: &[u8]) -> Option<Vec<u8>> {
    let mut repaired = Vec::with_capacity(body.len() + 16);
    let mut quoted = false;
    let mut at = 0;
    while at < body.len() {
        let end = match body[at] {
            b'"' => end_of_string(body, at),
            byte if is_scalar(byte) => at + body[at..].iter().take_while(|byte| is_scalar(**byte)).count(),
            _ => at + 1,
        };
        let token = &body[at..end];
        if is_unrepresentable(token) {
            quoted = true;
            repaired.push(b'"');
            repaired.extend_from_slice(token);
            repaired.push(b'"');
        } else {
            repaired.extend_from_slice(token);
        }
        at = end;
    }
    quoted.then_some(repaired)
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

fn is_unrepresentable(token: &[u8]) -> bool {
    std::str::from_utf8(token)
        .ok()
        .filter(|text| !text.starts_with('"'))
        .and_then(|text| text.parse::<f64>().ok())
        .is_some_and(|number| !number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(body: &str) -> Option<String> {
        quote_unrepresentable_numbers(body.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn quotes_what_no_float_can_hold() {
        assert_eq!(
            repaired(r#"{"a":NaN,"b":-Infinity,"c":1e400,"d":1.5}"#).unwrap(),
            r#"{"a":"NaN","b":"-Infinity","c":"1e400","d":1.5}"#
        );
    }

    #[test]
    fn leaves_strings_and_sound_bodies_alone() {
        assert_eq!(repaired(r#"{"a":"NaN \" 1e400","b":true,"c":null,"d":-1e-400}"#), None);
        assert_eq!(repaired(r#"{"a":"cut off \"#), None);
    }
}
