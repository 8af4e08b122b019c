//! What writes samples: a watch, a phone, some other app or scale, or somebody who does not say.
//!
//! The kind decides whom to believe where two of them have measured the same moment. Apple's export names the hardware of each
//! record, and most of a source's records decide; without any, what only a watch can have written tells (`ONLY_WATCHES`), and
//! else the name has to do, which phones and watches carry by default.

use std::fmt;

/// What a source is, in the order of belief that holds unless a person or the settings say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    Watch,
    Phone,
    Other,
    /// Nobody said what wrote it: no name, or a Shortcut, which passes on what others have measured.
    Anonymous,
}

/// Who wrote a sample that names hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Writer {
    /// The watch or phone itself.
    System = 0,
    /// An app that runs on it.
    App = 1,
    /// Something else, whose samples a watch, a phone or an app passes on: earbuds, a chest strap, a scale.
    Accessory = 2,
    /// The watch or phone itself before or after an update, or an app whose version happens to look like that of a system.
    Either = 3,
}

impl Writer {
    pub fn from_id(id: i64) -> Writer {
        match id {
            0 => Writer::System,
            1 => Writer::App,
            3 => Writer::Either,
            _ => Writer::Accessory,
        }
    }
}

/// The hardware that a sample names, such as `Watch6,2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hardware {
    pub model: String,
    pub writer: Writer,
}

impl Hardware {
    /// Whether it is one of Apple's own that runs apps.
    pub fn is_computer(model: &str) -> bool {
        ["Watch", "iPhone", "iPad", "iPod"].iter().any(|name| model.starts_with(name))
    }
}

/// How many samples were made with a hardware, and the starts of the first and the last (UTC epoch seconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    pub samples: u64,
    pub first: i64,
    pub last: i64,
}

impl Used {
    pub const NEVER: Used = Used { samples: 0, first: i64::MAX, last: i64::MIN };

    pub fn once(start: i64) -> Used {
        Used { samples: 1, first: start, last: start }
    }

    pub fn add(&mut self, more: Used) {
        self.samples += more.samples;
        (self.first, self.last) = (self.first.min(more.first), self.last.max(more.last));
    }
}

/// What a source is, and how unsure that is: 0 by its hardware or by the name that its maker gives it, 1 where an app could sign
/// alike or a name is little else than the word, `BY_A_WORD` where the word is one of several in its name.
pub type Standing = (SourceKind, u8);

/// See `Standing`.
pub const BY_A_WORD: u8 = 2;

/// Metrics that only a watch writes: HealthKit refuses them of every app.
pub const ONLY_WATCHES: [&str; 3] = ["apple_stand_hour", "apple_stand_time", "apple_sleeping_wrist_temperature"];

impl SourceKind {
    pub const ALL: [SourceKind; 4] = [SourceKind::Watch, SourceKind::Phone, SourceKind::Other, SourceKind::Anonymous];

    /// The kind of a source by its name, and by its hardware with the number of samples of each, where that is known. An
    /// accessory says nothing of who passes it on, unless there is nothing else.
    pub fn of(name: &str, hardware: &[(Hardware, u64)]) -> Standing {
        if is_anonymous(name) {
            return (SourceKind::Anonymous, 0);
        }
        let votes = |wanted: &dyn Fn(&Hardware) -> bool| -> u64 {
            hardware.iter().filter(|(one, _)| wanted(one)).map(|(_, samples)| samples).sum()
        };
        let is_of = |one: &Hardware, model: &str| one.model.starts_with(model);
        let system =
            |one: &Hardware, model: &str| matches!(one.writer, Writer::System | Writer::Either) && is_of(one, model);
        let by_votes = [
            (votes(&|one| system(one, "Watch")), SourceKind::Watch),
            (votes(&|one| system(one, "iPhone")), SourceKind::Phone),
            (votes(&|one| system(one, "iPad") || system(one, "iPod") || one.writer == Writer::App), SourceKind::Other),
        ];
        // Of equals the first: an app shares the hardware, not the other way round.
        let most = by_votes.into_iter().rev().max_by_key(|(samples, _)| *samples);
        match most.filter(|(samples, _)| *samples > 0) {
            Some((_, SourceKind::Other)) => SourceKind::by_own_name(name, hardware),
            Some((_, kind)) => {
                let is_signed = hardware.iter().any(|(one, _)| one.writer == Writer::System);
                (kind, u8::from(!is_signed && SourceKind::by_name(name, false) != (kind, 0)))
            }
            None => SourceKind::by_name(name, hardware.is_empty()),
        }
    }

    /// What has the name that its maker gives a watch or a phone, and only that one's hardware, is taken for it though another
    /// version has signed; less surely than what the system has signed.
    fn by_own_name(name: &str, hardware: &[(Hardware, u64)]) -> Standing {
        let only = |model: &str| hardware.iter().all(|(one, _)| one.model.starts_with(model));
        match SourceKind::by_name(name, false) {
            (SourceKind::Watch, _) if only("Watch") => (SourceKind::Watch, 1),
            (SourceKind::Phone, _) if only("iPhone") => (SourceKind::Phone, 1),
            _ => (SourceKind::Other, 0),
        }
    }

    /// A word of its name counts for less than what phones and watches are called by default, and for nothing in a name of
    /// something with other hardware.
    fn by_name(name: &str, words_count: bool) -> Standing {
        let name = name.replace('\u{a0}', " ").to_lowercase();
        match () {
            () if has_word(&name, "apple watch") || has_word(&name, "applewatch") => (SourceKind::Watch, 0),
            () if has_word(&name, "iphone") => (SourceKind::Phone, 0),
            () if words_count && has_word(&name, "watch") => (SourceKind::Watch, doubt_of(&name, "watch")),
            () if words_count && has_word(&name, "phone") => (SourceKind::Phone, doubt_of(&name, "phone")),
            () => (SourceKind::Other, 0),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            SourceKind::Watch => "watch",
            SourceKind::Phone => "phone",
            SourceKind::Other => "other",
            SourceKind::Anonymous => "anonymous",
        }
    }

    /// Reads an order of kinds such as `watch, phone, other`; those left out follow in their usual order.
    pub fn parse_order(text: &str) -> Option<Vec<SourceKind>> {
        let mut order = Vec::new();
        for word in text.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()) {
            let kind = SourceKind::ALL.into_iter().find(|kind| kind.as_str() == word.trim_end_matches('s'))?;
            if order.contains(&kind) {
                return None;
            }
            order.push(kind);
        }
        let rest = SourceKind::ALL.into_iter().filter(|kind| !order.contains(kind));
        let rest: Vec<SourceKind> = rest.collect();
        order.extend(rest);
        Some(order)
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a name has the word, and not only within another, as in SleepWatch.
fn has_word(name: &str, word: &str) -> bool {
    let is_letter = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    name.match_indices(word)
        .any(|(at, _)| !is_letter(name[..at].chars().next_back()) && !is_letter(name[at + word.len()..].chars().next()))
}

/// How unsure a kind is that a word of a name tells: `Watch` and `Watch 2` are more likely to be one than `Sleep Watch` is.
fn doubt_of(name: &str, word: &str) -> u8 {
    let others = name.replacen(word, "", 1).chars().filter(|letter| letter.is_alphanumeric()).count();
    if others <= 2 { 1 } else { BY_A_WORD }
}

/// Whether a source's name says nothing about what measured: its samples may be anybody's.
pub fn is_anonymous(name: &str) -> bool {
    name.is_empty() || name == SHORTCUTS
}

/// The source of what a Shortcut sends without naming one.
pub const SHORTCUTS: &str = "Shortcuts";

/// What parts of a joined source are joined by.
pub const JOINED_BY: char = '|';

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, hardware: &[(&str, Writer, u64)]) -> Standing {
        let told = |(model, writer, samples): &(&str, Writer, u64)| {
            (Hardware { model: (*model).into(), writer: *writer }, *samples)
        };
        SourceKind::of(name, &hardware.iter().map(told).collect::<Vec<_>>())
    }

    #[test]
    fn most_of_the_hardware_decides_and_accessories_do_not() {
        use Writer::{Accessory, App, Either, System};
        assert_eq!(kind("\u{1f98a}", &[("Watch6,2", System, 5)]), (SourceKind::Watch, 0));
        assert_eq!(kind("Watchtower", &[("iPhone14,5", System, 1)]), (SourceKind::Phone, 0));
        assert_eq!(kind("HeartWatch", &[("Watch6,2", App, 9)]), (SourceKind::Other, 0));
        assert_eq!(kind("Robin", &[("Watch6,2", System, 9), ("H10", Accessory, 900)]), (SourceKind::Watch, 0));
        assert_eq!(kind("Ann\u{2019}s iPhone", &[("0x2014", Accessory, 3)]), (SourceKind::Phone, 0));
        assert_eq!(kind("Robin", &[("iPhone14,5", System, 2), ("0x2014", Accessory, 3)]), (SourceKind::Phone, 0));
        assert_eq!(kind("My Phone Scale", &[("BS1", Accessory, 3)]), (SourceKind::Other, 0));
        assert_eq!(kind("Run", &[("Watch6,2", App, 9), ("iPhone14,5", App, 3)]), (SourceKind::Other, 0));
        assert_eq!(kind("Old", &[("Watch6,2", System, 9), ("iPhone14,5", System, 10)]), (SourceKind::Phone, 0));
        assert_eq!(kind("Robin\u{2019}s Apple Watch", &[("Watch6,2", App, 9)]), (SourceKind::Watch, 1));
        assert_eq!(kind("Apple Watch faces", &[("iPhone14,5", App, 9)]), (SourceKind::Other, 0));
        assert_eq!(kind("Shortcuts", &[("iPhone14,5", System, 1)]), (SourceKind::Anonymous, 0));
        assert_eq!(kind("Robin", &[("Watch6,2", Either, 9)]), (SourceKind::Watch, 1));
        assert_eq!(kind("Robin", &[("Watch6,2", Either, 9), ("Watch6,2", System, 1)]), (SourceKind::Watch, 0));
        assert_eq!(kind("Apple Watch", &[("Watch6,2", Either, 9)]), (SourceKind::Watch, 0));
        assert_eq!(kind("GymTimer", &[("Watch6,2", Either, 9), ("Watch6,2", App, 10)]), (SourceKind::Other, 0));
    }

    #[test]
    fn without_hardware_the_name_decides_by_whole_words() {
        for (name, kind) in [
            ("Robin\u{2019}s Apple\u{a0}Watch", (SourceKind::Watch, 0)),
            ("Apple Watch de Ann", (SourceKind::Watch, 0)),
            ("\u{5c0f}\u{660e}\u{7684}iPhone", (SourceKind::Phone, 0)),
            ("iPhone von Robin", (SourceKind::Phone, 0)),
            ("Watch A", (SourceKind::Watch, 1)),
            ("Phone", (SourceKind::Phone, 1)),
            ("Sleep Watch", (SourceKind::Watch, BY_A_WORD)),
            ("My Phone Steps", (SourceKind::Phone, BY_A_WORD)),
            ("SleepWatch", (SourceKind::Other, 0)),
            ("HeartWatch", (SourceKind::Other, 0)),
            ("Watchtower", (SourceKind::Other, 0)),
            ("Headphones", (SourceKind::Other, 0)),
            ("Scale", (SourceKind::Other, 0)),
            ("", (SourceKind::Anonymous, 0)),
        ] {
            assert_eq!(SourceKind::of(name, &[]), kind, "{name}");
        }
    }

    #[test]
    fn an_order_names_each_kind_once_and_the_rest_follow() {
        use SourceKind::{Anonymous, Other, Phone, Watch};
        assert_eq!(SourceKind::parse_order("watch, phone, other"), Some(vec![Watch, Phone, Other, Anonymous]));
        assert_eq!(SourceKind::parse_order("Phones"), Some(vec![Phone, Watch, Other, Anonymous]));
        assert_eq!(SourceKind::parse_order("phone, phone"), None);
        assert_eq!(SourceKind::parse_order("ring"), None);
    }
}
