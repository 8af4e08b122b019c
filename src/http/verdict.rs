//! What became of a request to an ingest address, in words for whoever stands before it with a phone.
//!
//! The sentences are ours from end to end: of a body, a key or an address nothing is repeated, because whoever looks on may
//! be another person than the sender.

use crate::http::problem::Problem;
use crate::model::key::SECRET_LENGTH;
use crate::model::receipt::{Counts, Receipt};

/// Put into the extensions of an answer by whoever knows; of a refusal the `Problem` is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub text: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Under which the body is kept.
    pub delivery: Option<String>,
}

/// What came in the place of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    /// What does not begin like a key.
    NoKey,
    /// What begins like a key and is shorter or longer.
    PartOfOne,
    Whole,
}

impl Shown {
    pub fn of(secret: Option<&str>) -> Shown {
        match secret {
            None | Some("") => Shown::Nothing,
            Some(secret) if !secret.starts_with("he_") => Shown::NoKey,
            Some(secret) if secret.len() != SECRET_LENGTH => Shown::PartOfOne,
            Some(_) => Shown::Whole,
        }
    }

    fn refused(self) -> (&'static str, &'static str) {
        match self {
            Shown::Nothing => {
                ("no key came", "add the header X-API-Key with an ingest key, or scan the code on Connect again")
            }
            Shown::NoKey => (
                "what came is no key",
                "a key begins with he_: copy the whole of it and nothing else into the header X-API-Key",
            ),
            Shown::PartOfOne => (
                "only a part of a key came, or more than one",
                "copy the key again, from he_ to its last letter, into the header X-API-Key",
            ),
            Shown::Whole => (
                "the key is not known here",
                "it was revoked, has expired, or is of another server: make a new one on Connect",
            ),
        }
    }
}

/// By the name of a problem: what is told of it.
const REFUSALS: [(&str, &str, &str); 12] = [
    (
        "too-many-wrong-keys",
        "too many requests without a valid key came from this address",
        "put a valid key into the header X-API-Key and send again",
    ),
    ("wrong-scope", "the key may not send data", "use a key with the scope ingest: Connect makes one"),
    (
        "not-understood",
        "the body was not understood",
        "choose JSON as the format to send; the quarantine keeps the body and says more",
    ),
    ("bad-encoding", "the body cannot be decompressed", "send it plain, or name its compression in Content-Encoding"),
    ("too-large", "the body is too large", "send fewer days at once, or raise the limit in config.toml"),
    ("busy", "the server was busy", "nothing to do: the sender is told when to come back"),
    ("wrong-method", "it did not come as POST", "choose the method POST"),
    ("disk-full", "the disk is full, so nothing was stored", "free some space, and send again"),
    ("disk-fault", "the disk has failed, so nothing was stored", "the log of the server says why"),
    ("damaged", "the database is damaged, so nothing was stored", "run `health-export check`, and restore a backup"),
    ("unavailable", "it was not possible just now", "send again"),
    ("internal", "something went wrong in the server", "its log says what"),
];

/// How the details begin that hold nothing of the request.
const OF_THE_BODY: [(&str, &str, &str); 3] = [
    ("the body is empty", "the body was empty", "choose at least one metric in the automation"),
    ("the body ended early", "the body ended early", "keep the app open while it sends, and send again"),
    ("the body has stopped", "the body stopped coming", "send again from a better connection"),
];

impl Verdict {
    pub fn of_receipt(receipt: &Receipt) -> Verdict {
        let Counts { received, stored, updated, unchanged, quarantined, .. } = receipt.counts;
        let parts =
            [(stored, "stored"), (updated, "replaced"), (unchanged, "unchanged"), (quarantined, "not understood")];
        let told = parts.iter().filter(|(number, _)| *number > 0);
        let told: Vec<String> = told.map(|(number, what)| format!("{} {what}", grouped(*number))).collect();
        let text = match received {
            0 if receipt.deferred.is_empty() => "nothing new came".into(),
            0 => "all of it is kept for later".into(),
            _ => format!("{} received: {}", grouped(received), told.join(", ")),
        };
        Verdict { text, hint: hint_of(receipt), delivery: Some(receipt.delivery.clone()) }
    }

    pub fn of_import() -> Verdict {
        Verdict { text: "a file came, and is imported in the background".into(), hint: None, delivery: None }
    }

    pub fn of_hang_up() -> Verdict {
        let hint =
            "keep the app open while it sends; what had come whole by then is stored, and sending again is right";
        Verdict { text: "the sender left before the answer".into(), hint: Some(hint.into()), delivery: None }
    }

    pub fn of_problem(problem: &Problem, shown: Shown) -> Verdict {
        let (text, hint) = match problem.name() {
            "unauthorized" => shown.refused(),
            "bad-request" => of_bad_request(&problem.detail),
            name => match REFUSALS.iter().find(|(known, ..)| *known == name) {
                Some((_, text, hint)) => (*text, *hint),
                None => ("it was refused", "the sender was told why"),
            },
        };
        Verdict { text: text.into(), hint: Some(hint.into()), delivery: problem.delivery.clone() }
    }
}

fn of_bad_request(detail: &str) -> (&'static str, &'static str) {
    match OF_THE_BODY.iter().find(|(begin, ..)| detail.starts_with(begin)) {
        Some((_, text, hint)) => (text, hint),
        None => (
            "something behind the question mark of the address is wrong",
            "take out of the address what stands behind the question mark, or see docs/shortcuts.md",
        ),
    }
}

fn hint_of(receipt: &Receipt) -> Option<String> {
    let kinds = receipt.deferred.len();
    let parts: Vec<String> = [
        (receipt.counts.received == 0 && kinds == 0)
            .then(|| "if data is missing, let the app read health data, and choose metrics and a longer range".into()),
        (receipt.counts.quarantined > 0).then(|| "the quarantine says what was not understood".into()),
        (kinds > 0).then(|| {
            let (what, are) = if kinds == 1 { ("kind", "is") } else { ("kinds", "are") };
            format!("{kinds} unknown {what} of data {are} kept for a later version")
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (front, rest) = digits.split_at(first);
    let thousands = (0..rest.len()).step_by(3).map(|at| &rest[at..at + 3]);
    [front].into_iter().filter(|front| !front.is_empty()).chain(thousands).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::error::Error;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let told: Vec<String> = [0, 7, 999, 1000, 12_345, 1_234_567].map(grouped).to_vec();
        assert_eq!(told, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn a_receipt_is_told_in_numbers_and_nothing_of_its_items() {
        let counts = Counts { received: 3412, stored: 3400, unchanged: 11, quarantined: 1, ..Counts::default() };
        let deferred = BTreeMap::from([("secretKind".to_owned(), 2)]);
        let told = Verdict::of_receipt(&Receipt { counts, deferred, delivery: "d".into(), ..Receipt::default() });
        assert_eq!(told.text, "3,412 received: 3,400 stored, 11 unchanged, 1 not understood");
        let hint = told.hint.unwrap();
        assert!(hint.contains("quarantine") && hint.contains("1 unknown kind of data"), "{hint}");
        assert!(!hint.contains("secretKind"), "{hint}");
        assert_eq!(told.delivery.as_deref(), Some("d"));
        assert_eq!(Verdict::of_receipt(&Receipt::default()).text, "nothing new came");
    }

    #[test]
    fn what_came_in_the_place_of_a_key_is_told_apart_and_never_shown() {
        let whole = format!("he_{}", "A".repeat(43));
        let bearer = format!("Bearer {whole}");
        let cases = [
            (None, "no key came"),
            (Some(""), "no key came"),
            (Some("hunter2"), "no key"),
            (Some(&*bearer), "no key"),
            (Some("he_short"), "a part"),
            (Some(&*whole), "not known"),
        ];
        for (secret, says) in cases {
            let told = Verdict::of_problem(&Problem::missing_key(), Shown::of(secret));
            assert!(told.text.contains(says), "{secret:?}: {}", told.text);
            let hint = told.hint.unwrap();
            assert!(!hint.contains("hunter2") && !hint.contains("AAAA") && !hint.contains("short"), "{hint}");
        }
    }

    #[test]
    fn no_refusal_repeats_what_was_sent() {
        let faults = [
            Error::BadRequest("tz: \"Zoe's\" is not a time zone".into()),
            Error::BadRequest("zoe: there is no such parameter here".into()),
            Error::BadRequest("the body is empty: Zoe".into()),
            Error::BadEncoding("zoe".into()),
            Error::NotUnderstood { reason: "zoe".into(), delivery: Some("d".into()) },
            Error::Unavailable("zoe".into()),
            Error::TimedOut("zoe".into()),
        ];
        for fault in faults {
            let told = Verdict::of_problem(&fault.into(), Shown::Whole);
            assert!(!format!("{told:?}").to_lowercase().contains("zoe"), "{told:?}");
        }
    }
}
