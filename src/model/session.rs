//! Sessions of a browser, and the one-time codes that begin them.
//!
//! A code is short because somebody may have to type it: 50 random bits, which nobody guesses within its half hour. It is
//! written in Crockford's letters, which leave out those that look like digits, and is read however it was typed.

/// How long a code may wait to be used.
pub const CODE_SECONDS: i64 = 30 * 60;

/// How long a session may go unused.
pub const SESSION_SECONDS: i64 = 90 * 86_400;

/// Sessions that may be begun with one key, or by the links of one person: another one ends the one that was used least lately.
pub const MOST_SESSIONS: i64 = 32;

/// How old the time of a session's last use may get before it is written anew: a page asks many times a minute.
pub const USE_SECONDS: i64 = 3_600;

const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const LENGTH: usize = 10;

/// A new code.
pub fn new_code() -> Result<String, getrandom::Error> {
    let mut bits = [0u8; LENGTH];
    getrandom::fill(&mut bits)?;
    // 256 is a multiple of 32, so each letter is as likely as any other.
    Ok(bits.iter().map(|bits| char::from(LETTERS[usize::from(bits % 32)])).collect())
}

/// The code that somebody has typed, as it was made; none when it is no code at all.
pub fn read_code(text: &str) -> Option<String> {
    let typed = text.chars().filter(|letter| !matches!(letter, ' ' | '-'));
    let code: String = typed.map(|letter| meant(letter.to_ascii_uppercase())).collect();
    let is_code = code.len() == LENGTH && code.bytes().all(|letter| LETTERS.contains(&letter));
    is_code.then_some(code)
}

/// Letters that are in no code are read as what they look like.
fn meant(letter: char) -> char {
    match letter {
        'O' => '0',
        'I' | 'L' => '1',
        letter => letter,
    }
}

/// Browsers by what their names hold, the more particular first: most claim to be several.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
    ("BSD", "BSD"),
];

/// A browser as people call it, such as "Firefox on Linux", by the header `User-Agent`; empty when nothing of it is known.
pub fn browser(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed_and_nothing_else_is_one() {
        let code = new_code().unwrap();
        assert_eq!(read_code(&code), Some(code.clone()));
        assert_eq!(read_code(&format!(" {}-{} ", &code[..5].to_lowercase(), &code[5..])), Some(code.clone()));
        assert_eq!(read_code("oil-OIL-0123"), Some("0110110123".into()));
        for wrong in
            ["", "ABC", "ABCDEFGHJU", "ABCDEFGHJ!", "ABCDEFGHJKM", "ABCDEFGHJ\u{130}", "ＡBCDEFGHJK", "' OR 1=1 --"]
        {
            assert_eq!(read_code(wrong), None, "{wrong:?}");
        }
        assert_ne!(new_code().unwrap(), code);
    }

    #[test]
    fn every_letter_of_a_code_comes_up() {
        let seen: std::collections::BTreeSet<char> =
            (0..100).flat_map(|_| new_code().unwrap().chars().collect::<Vec<_>>()).collect();
        assert_eq!(seen.len(), 32);
    }

    #[test]
    fn browsers_are_called_as_people_call_them() {
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0";
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";
        let chrome = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";
        let found = [safari, edge, firefox, chrome, "curl/8.5.0", "<script>alert(1)</script>"].map(browser);
        assert_eq!(found, ["Safari on iPhone", "Edge on Windows", "Firefox on Linux", "Chrome on Android", "", ""]);
    }
}
