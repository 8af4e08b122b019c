//! JSON that a person has put together in a text field: line breaks inside strings, typographic quotes, a comma too many, a
//! variable that was empty, a number with a comma.
//!
//! Each of these has one meaning only, and that is what is put in its place. Anything else leaves the body as it is: a
//! text that is cut off or nested wrongly is never completed.

/// The body as valid JSON (perhaps several documents), or `None` when it takes more than these repairs.
pub fn repair(text: &str) -> Option<String> {
    let mut repair = Repair { rest: text, fixed: String::with_capacity(text.len() + 64), open: Vec::new() };
    while !repair.rest.trim_start().is_empty() {
        repair.value()?;
        while !repair.open.is_empty() {
            repair.next()?;
        }
        repair.fixed.push('\n');
    }
    Some(repair.fixed)
}

struct Repair<'a> {
    rest: &'a str,
    fixed: String,
    /// The closing brackets that are due, the innermost last.
    open: Vec<char>,
}

const QUOTES: [char; 5] = ['"', '“', '”', '„', '‟'];

impl Repair<'_> {
    fn blanks(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, c: char) {
        self.rest = &self.rest[c.len_utf8()..];
    }

    /// One step inside the innermost list or object: its end, or its next element.
    fn next(&mut self) -> Option<()> {
        let close = *self.open.last()?;
        let mut found = self.blanks()?;
        if found == ',' {
            self.take(',');
            found = self.blanks()?;
            // A comma before the end is one too many.
            if found != close {
                self.fixed.push(',');
            }
        } else if found != close && !self.fixed.ends_with(['{', '[']) {
            return None;
        }
        if found == close {
            self.take(close);
            self.open.pop();
            self.fixed.push(close);
            return Some(());
        }
        if close == '}' {
            self.string()?;
            (self.blanks()? == ':').then(|| self.take(':'))?;
            self.fixed.push(':');
        }
        self.value()
    }

    fn value(&mut self) -> Option<()> {
        match self.blanks()? {
            open @ ('{' | '[') => {
                self.take(open);
                self.fixed.push(open);
                self.open.push(if open == '{' { '}' } else { ']' });
                // Beyond this depth the parser gives up anyway.
                (self.open.len() <= 128).then_some(())
            }
            quote if QUOTES.contains(&quote) => self.string(),
            _ => self.bare(),
        }
    }

    /// A string that begins with any double quote; typographic ones end with any, plain ones with a plain one.
    fn string(&mut self) -> Option<()> {
        let quote = self.blanks().filter(|c| QUOTES.contains(c))?;
        self.take(quote);
        self.fixed.push('"');
        let mut characters = self.rest.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' | '“' | '”' if c == '"' || quote != '"' => {
                    self.rest = &self.rest[at + c.len_utf8()..];
                    self.fixed.push('"');
                    return Some(());
                }
                '\\' => {
                    self.fixed.push('\\');
                    self.fixed.push(characters.next()?.1);
                }
                '\n' => self.fixed.push_str("\\n"),
                '\r' => self.fixed.push_str("\\r"),
                '\t' => self.fixed.push_str("\\t"),
                c if c.is_control() => return None,
                c => self.fixed.push(c),
            }
        }
        None
    }

    /// What stands where a value belongs, without quotes, up to the next key or the end: `72,5`, `8412 steps`, nothing.
    fn bare(&mut self) -> Option<()> {
        let close = *self.open.last()?;
        let end = self.rest.char_indices().find(|(at, c)| match c {
            '}' | ']' | '\n' => true,
            ',' if close == '}' => self.rest[at + 1..].trim_start().starts_with(|c| c == '}' || QUOTES.contains(&c)),
            ',' => true,
            _ => false,
        });
        let (word, rest) = self.rest.split_at(end?.0);
        let word = word.trim();
        self.rest = rest;
        let as_it_stands = matches!(word, "true" | "false" | "null") || is_number(word);
        if word.is_empty() {
            self.fixed.push_str("null");
        } else if as_it_stands {
            self.fixed.push_str(word);
        } else if word.len() <= 64 && !word.contains(|c: char| c.is_control() || "\"\\{}[]'<>".contains(c)) {
            self.fixed.push('"');
            self.fixed.push_str(word);
            self.fixed.push('"');
        } else {
            return None;
        }
        Some(())
    }
}

fn is_number(word: &str) -> bool {
    serde_json::from_str::<f64>(word).is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(text: &str) -> Option<serde_json::Value> {
        serde_json::from_str(&repair(text)?).ok()
    }

    #[test]
    fn what_has_one_meaning_is_repaired() {
        for (text, json) in [
            ("{\"hr\":\"86\n127\n\"}", r#"{"hr":"86\n127\n"}"#),
            ("{“steps”: “8412”}", r#"{"steps":"8412"}"#),
            (r#"{"a":[1,2,],}"#, r#"{"a":[1,2]}"#),
            (r#"{"weight": , "steps": 3}"#, r#"{"weight":null,"steps":3}"#),
            (r#"{"weight": 72,5, "steps": 8,412}"#, r#"{"weight":"72,5","steps":"8,412"}"#),
            (r#"{"hr": 72 bpm}"#, r#"{"hr":"72 bpm"}"#),
            (r#"{"a":1e400,"b":NaN,"c":true,"d":[NaN,{}]}"#, r#"{"a":"1e400","b":"NaN","c":true,"d":["NaN",{}]}"#),
            (r#"{"at": 2026-09-15T07:30:00Z}"#, r#"{"at":"2026-09-15T07:30:00Z"}"#),
        ] {
            assert_eq!(repaired(text), Some(serde_json::from_str(json).unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_or_mixed_up_is_left_alone() {
        for text in [
            r#"{"a":1"#,
            r#"{"a":[}}"#,
            r#"{'a':1}"#,
            "{a:1}",
            r#"{"a":{}} and more"#,
            r#"{"a":"b"#,
            "[1,2",
            r#"{"a" 1}"#,
            "{\"a\":1\0}",
            r#"{"a":1 "b":2}"#,
        ] {
            assert_eq!(repaired(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[\\PC\\n{}\\[\\]\",:“”0-9 ]{0,80}") {
            let _ = repair(&text);
        }

        #[test]
        fn sound_json_means_the_same_afterwards(key in "\\PC{0,12}", text in "\\PC{0,12}", number: i32) {
            let sound = serde_json::json!({key: [text, number, null, {"a": true}]});
            let fixed = repair(&sound.to_string());
            proptest::prop_assert_eq!(fixed.and_then(|fixed| serde_json::from_str(&fixed).ok()), Some(sound));
        }
    }
}
