//! Tells a gateway's envelope whose body is text, without parsing it: the scan ends at the first key that decides.

use super::envelope::{TEXTS, is_known};
use crate::decode::json::end_of_string;

/// True when a key that gateways use holds a text, and no array of the app comes before it.
pub fn is_wrapped_text(body: &[u8]) -> bool {
    let (mut at, mut depth, mut key_due) = (0, 0_usize, false);
    while at < body.len() {
        match body[at] {
            b'{' | b'[' => {
                depth += 1;
                key_due = depth == 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => key_due = depth == 1,
            b'"' => {
                let end = end_of_string(body, at);
                if key_due {
                    let key = std::str::from_utf8(&body[at + 1..end.max(at + 2) - 1]).unwrap_or_default();
                    let value = body[end..].trim_ascii_start().strip_prefix(b":").unwrap_or_default();
                    let is_text = value.trim_ascii_start().starts_with(b"\"");
                    if (key == "data" && !is_text) || is_known(key) {
                        return false;
                    }
                    if TEXTS.contains(&key) && is_text {
                        return true;
                    }
                    key_due = false;
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_wrapped_text;

    #[test]
    fn envelopes_are_told_by_their_first_deciding_key() {
        for (body, wrapped) in [
            (r#"{"headers": {"body": "x"}, "list": [1, "body"], "body" : "{}"}"#, true),
            (r#"{"isBase64Encoded":true,"payload":"e30="}"#, true),
            (r#"{"data":{},"body":"x"}"#, false),
            (r#"{"body":{"data":{}}}"#, false),
            (r#"{"data":"{}"}"#, true),
            (r#"{"note":"\"body\":\"x\"","workouts":[]}"#, false),
            (r#"{"a":{"body":"x"}}"#, false),
            (r#"{"body""#, false),
            ("{\"", false),
            ("", false),
        ] {
            assert_eq!(is_wrapped_text(body.as_bytes()), wrapped, "{body}");
        }
    }
}
