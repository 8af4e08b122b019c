//! Tells senders apart by their bodies, without parsing them: phones set the wrong `Content-Type` or none, and the two kinds
//! of JSON share names of arrays. The scan ends at the first key that only one of them has.

/// Which sender a JSON body is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    AutoExport,
    Shortcuts,
    /// Nothing in it is typical of either.
    Neither,
}

/// Keys under which Health Auto Export, or a proxy, puts its arrays.
const WRAPPERS: [&[u8]; 4] = [b"data", b"json", b"body", b"payload"];
/// Its other arrays; `metrics` and `workouts` are Shortcuts' words too.
const ARRAYS: [&[u8]; 7] = [
    b"stateOfMind",
    b"medications",
    b"symptoms",
    b"cycleTracking",
    b"ecg",
    b"heartRateNotifications",
    b"heartRateVariability",
];
/// Keys of a Shortcut's item that no metric of Health Auto Export has.
const OF_AN_ITEM: [&[u8]; 12] = [
    b"value",
    b"qty",
    b"quantity",
    b"type",
    b"metric",
    b"date",
    b"at",
    b"start",
    b"startDate",
    b"timestamp",
    b"key",
    b"count",
];
const OF_A_WORKOUT: [&[u8]; 7] =
    [b"type", b"activity", b"workoutType", b"workoutActivityType", b"activityType", b"kind", b"sport"];

/// Looks for typical keys in a body that begins as a JSON object.
pub fn sign(body: &[u8]) -> Sign {
    let mut scan = Scan { body, at: 0 };
    scan.object(0).unwrap_or(Sign::Neither)
}

/// The same of a list: a relay hands on a list of what it has received.
pub fn sign_of_list(body: &[u8]) -> Sign {
    let first = body.strip_prefix(b"[").unwrap_or(body).trim_ascii_start();
    if first.first() == Some(&b'{') { sign(first) } else { Sign::Neither }
}

struct Scan<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// `None` when the body ends or is no JSON here; what was seen until then decides.
    fn object(&mut self, depth: usize) -> Option<Sign> {
        let mut seen = Sign::Neither;
        self.take(b'{')?;
        while let Some((key, first)) = self.member() {
            let found = match first {
                b'{' if WRAPPERS.contains(&key) && depth < 2 => {
                    let empty = self.body[self.at + 1..].trim_ascii_start().first() == Some(&b'}');
                    if key == b"data" && empty {
                        return Some(Sign::AutoExport);
                    }
                    self.object(depth + 1).unwrap_or(Sign::Neither)
                }
                b'[' if key == b"metrics" => self.elements(Scan::metric),
                b'[' if key == b"workouts" => self.elements(Scan::workout),
                // A gateway that hands the body on as a text, which is JSON again, or that under base64.
                b'"' if WRAPPERS[1..].contains(&key) && self.text_of_json() => return Some(Sign::AutoExport),
                _ => {
                    let list = matches!(first, b'[' | b'n');
                    self.skip()?;
                    match key {
                        b"sleep" | b"samples" if matches!(first, b'[' | b'{') => return Some(Sign::Shortcuts),
                        b"metrics" | b"workouts" if first == b'n' => Sign::AutoExport,
                        key if list && ARRAYS.contains(&key) => Sign::AutoExport,
                        _ => Sign::Neither,
                    }
                }
            };
            match found {
                Sign::Neither if matches!(key, b"metrics" | b"workouts") && first == b'[' => seen = Sign::AutoExport,
                Sign::Neither => {}
                Sign::AutoExport if first == b'n' || ARRAYS.contains(&key) => seen = found,
                decided => return Some(decided),
            }
        }
        Some(seen)
    }

    fn text_of_json(&self) -> bool {
        let text = self.body[self.at + 1..].trim_ascii_start();
        [&b"{"[..], b"\\n{", b"eyJ", b"ewo", b"eyA"].iter().any(|begin| text.starts_with(begin))
    }

    /// What the first object in an array is typical of; the scan goes on behind the array when there is none.
    fn elements(&mut self, typical: fn(&mut Self) -> Sign) -> Sign {
        self.at += 1;
        while let Some(first) = self.next_element() {
            if first == b'{' {
                return typical(self);
            }
            if self.skip().is_none() {
                break;
            }
        }
        self.at += 1;
        Sign::Neither
    }

    /// An element of `metrics`: Health Auto Export's holds `data`, a Shortcut's is an item.
    fn metric(&mut self) -> Sign {
        let mut found = Sign::AutoExport;
        self.at += 1;
        while let Some((key, _)) = self.member() {
            match key {
                b"data" | b"units" => return Sign::AutoExport,
                key if OF_AN_ITEM.contains(&key) => found = Sign::Shortcuts,
                _ => {}
            }
            if self.skip().is_none() {
                break;
            }
        }
        found
    }

    fn workout(&mut self) -> Sign {
        let mut found = Sign::AutoExport;
        self.at += 1;
        while let Some((key, _)) = self.member() {
            match key {
                b"name" => return Sign::AutoExport,
                key if OF_A_WORKOUT.contains(&key) => found = Sign::Shortcuts,
                _ => {}
            }
            if self.skip().is_none() {
                break;
            }
        }
        found
    }

    /// The next key of an object, and the first byte of its value, at which the scan then stands.
    fn member(&mut self) -> Option<(&'a [u8], u8)> {
        self.blanks();
        while self.peek() == Some(b',') {
            self.at += 1;
            self.blanks();
        }
        let key = self.string()?;
        self.blanks();
        self.take(b':')?;
        self.blanks();
        Some((key, self.peek()?))
    }

    fn next_element(&mut self) -> Option<u8> {
        self.blanks();
        while self.peek() == Some(b',') {
            self.at += 1;
            self.blanks();
        }
        self.peek().filter(|byte| !matches!(byte, b']' | b'}'))
    }

    /// Passes over one value.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    // The end of what surrounds a value that was no more than a word.
                    if depth == 0 {
                        return Some(());
                    }
                    depth -= 1;
                    self.at += 1;
                }
                b',' if depth == 0 => return Some(()),
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// A string without its quotes, escapes as they stand.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.body.get(start..self.at - 1)
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.body.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_kinds_of_json_are_told_apart() {
        for (body, expected) in [
            (r#"{"data":{"metrics":[{"name":"a","units":"b","data":[]}]}}"#, Sign::AutoExport),
            (r#"{"data":{"metrics":[{"data":[{"qty":1}],"name":"a"}]}}"#, Sign::AutoExport),
            (r#"{"metrics":[{"units":"b","name":"a"}]}"#, Sign::AutoExport),
            (r#"{"data":{}}"#, Sign::AutoExport),
            (r#"{"data":{"symptoms":[]}}"#, Sign::AutoExport),
            (r#"{"x":{"y":"}"},"body":{"data":{"metrics":[]}}}"#, Sign::AutoExport),
            (r#"{"workouts":[{"id":"1","name":"Run","start":"x"}]}"#, Sign::AutoExport),
            (r#"{"metrics":["text",7]}"#, Sign::AutoExport),
            (r#"{"metrics":[{"type":"heart_rate","value":72}]}"#, Sign::Shortcuts),
            (r#"{"period":"yesterday","metrics":[{"key":"steps","value":"8412"}]}"#, Sign::Shortcuts),
            (r#"{"workouts":[{"type":"Running","start":"x"}]}"#, Sign::Shortcuts),
            (r#"{"sleep":[{"stage":"Core"}]}"#, Sign::Shortcuts),
            (r#"{"data":{"metrics":[{"type":"steps","value":1}]}}"#, Sign::Shortcuts),
            (r#"{"date":"2026-09-15","steps":8412}"#, Sign::Neither),
            (r#"{"metrics":{"steps":8412}}"#, Sign::Neither),
            (r#"{"httpMethod":"POST","body":"{\"data\":{}}"}"#, Sign::AutoExport),
            (r#"{"data":[1]}"#, Sign::Neither),
            (r#"{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"da"#, Sign::AutoExport),
            ("{", Sign::Neither),
            (r#"{"data":{"metrics":[}}"#, Sign::AutoExport),
            (r#"{"metrics":[7}"#, Sign::AutoExport),
        ] {
            assert_eq!(sign(body.as_bytes()), expected, "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(body in "[{}\\[\\]\",:\\\\ a-zn0-9]{0,80}") {
            sign(body.as_bytes());
            sign(format!("{{{body}").as_bytes());
            sign(format!("{{\"metrics\":[{body}").as_bytes());
            sign(format!("{{\"data\":{{\"workouts\":[{{{body}").as_bytes());
        }
    }
}
