//! Numbers of any script in the signs that a parser reads.

/// One spelling of digits, signs and blanks; the marks of Arabic are those of English.
pub fn normalise(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            _ if c.is_ascii() => plain.push(c),
            '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            '\u{2212}' | '\u{fe63}' | '\u{ff0d}' => plain.push('-'),
            '\u{66b}' | '\u{ff0e}' => plain.push('.'),
            '\u{66c}' | '\u{60c}' | '\u{ff0c}' => plain.push(','),
            '\u{2019}' | '\u{2bc}' => plain.push('\''),
            _ if c.is_whitespace() => plain.push(' '),
            _ => match digit(c) {
                Some(digit) => plain.push(digit),
                None => plain.push(c),
            },
        }
    }
    plain
}

fn digit(c: char) -> Option<char> {
    const ZEROES: [char; 7] = ['\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{ff10}', '\u{be6}'];
    let value = ZEROES.iter().find_map(|zero| (c as u32).checked_sub(*zero as u32).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_signs_and_marks_of_any_script() {
        for (text, plain) in [
            ("\u{665}\u{661}\u{662}\u{66b}\u{668}", "512.8"),
            (" \u{2212}5\u{a0}1 ", "-5 1"),
            ("５１２", "512"),
            ("५१२", "512"),
        ] {
            assert_eq!(normalise(text), plain);
        }
    }
}
