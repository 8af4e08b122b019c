//! What writes samples: a watch, a phone, some other app or scale, or somebody who does not say.
//!
//! The kind decides whom to believe where two of them have measured the same moment. Apple's export names the hardware;
//! without it the name has to do, which phones and watches carry by default.

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

impl SourceKind {
    pub const ALL: [SourceKind; 4] = [SourceKind::Watch, SourceKind::Phone, SourceKind::Other, SourceKind::Anonymous];

    /// The kind of a source by its name, and its hardware where that is known, such as `Watch6,2`.
    pub fn of(name: &str, device: Option<&str>) -> SourceKind {
        if is_anonymous(name) {
            return SourceKind::Anonymous;
        }
        let name = name.to_lowercase();
        match device {
            Some(model) if model.starts_with("Watch") => SourceKind::Watch,
            Some(model) if model.starts_with("iPhone") => SourceKind::Phone,
            Some(model) if !model.is_empty() => SourceKind::Other,
            _ if name.contains("watch") => SourceKind::Watch,
            _ if name.contains("phone") => SourceKind::Phone,
            _ => SourceKind::Other,
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

    #[test]
    fn the_hardware_decides_and_the_name_where_there_is_none() {
        assert_eq!(SourceKind::of("Robin", Some("Watch6,2")), SourceKind::Watch);
        assert_eq!(SourceKind::of("Watchtower", Some("iPhone14,5")), SourceKind::Phone);
        assert_eq!(SourceKind::of("My Phone Scale", Some("BS1")), SourceKind::Other);
        assert_eq!(SourceKind::of("Robin’s Apple Watch", None), SourceKind::Watch);
        assert_eq!(SourceKind::of("iPhone von Robin", None), SourceKind::Phone);
        assert_eq!(SourceKind::of("Scale", None), SourceKind::Other);
        assert_eq!(SourceKind::of("Shortcuts", Some("iPhone14,5")), SourceKind::Anonymous);
        assert_eq!(SourceKind::of("", None), SourceKind::Anonymous);
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
