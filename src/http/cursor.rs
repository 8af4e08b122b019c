//! Cursors: a few numbers that say where a page ended, written so that nobody is tempted to make one up.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// What a parameter `cursor` should have been, for its refusal.
pub const EXPECTED: &str = "a cursor of an earlier answer";

pub fn write<const N: usize>(numbers: [i64; N]) -> String {
    URL_SAFE_NO_PAD.encode(numbers.map(|number| number.to_string()).join(","))
}

/// The numbers again; none when it is no cursor of so many.
pub fn read<const N: usize>(text: &str) -> Option<[i64; N]> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let numbers: Vec<i64> = text.split(',').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_one_of_another_page_does_not() {
        assert_eq!(read(&write([7, -3])), Some([7, -3]));
        assert_eq!(read::<1>(&write([7, -3])), None);
        assert_eq!(read::<1>("7"), None);
        assert_eq!(read::<1>("%%"), None);
    }
}
