//! The children of `<HealthData>`, one at a time.
//!
//! The XML reader is asked for tokens only: end names are not checked, entities not expanded, the document type never
//! seen. After anything it cannot read, a new reader is set on the next `<`, so that one damaged record costs that
//! record and no more.

use std::io::{self, Read};

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::Event;

use crate::decode::apple_export::clean::Clean;
use crate::decode::apple_export::element::Tree;

/// Most bytes of one tag, and of one child of the root with everything in it.
const TAG: usize = 1 << 20;
const ITEM: usize = 32 << 20;

/// Exports nest four deep; whoever walks a tree may go down by recursion.
const DEEPEST: usize = 64;

const ROOT: &str = "HealthData";

/// Children of the root, which never stand inside each other but for records in a correlation or a workout.
const CONTAINERS: [&str; 2] = ["Correlation", "Workout"];
const RECORD: &str = "Record";

/// Bytes that may be read again altogether because what was taken for one tag held the next ones.
const READ_AGAIN: usize = 256 << 20;

/// What came next.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// An element, in the tree that was handed in.
    Element,
    /// The same, but the element was never closed.
    Unclosed,
    /// Something that cannot be read; the reason and what is left of it.
    Damaged { reason: &'static str, item: String },
    /// The end. Not `whole` when the text ends before its root does.
    End { whole: bool },
}

/// Reads the children of the root.
pub struct Items<R: Read> {
    /// Absent for a moment while it is replaced.
    xml: Option<Reader<Clean<R>>>,
    token: Vec<u8>,
    ended: bool,
    /// What has ended an element that was never closed, and comes next.
    pending: Option<Pending>,
    read_again: usize,
}

/// A token that belongs behind what was read so far.
enum Pending {
    Tag { name: String, attributes: String, is_empty: bool },
    End { whole: bool },
}

/// What one token did.
enum Step {
    More,
    /// It is a tag that another begins in: the text from there on.
    Torn(String),
    /// It shows that what was being read is never closed.
    Behind(Pending),
    Done(Next),
}

impl<R: Read> Items<R> {
    /// Skips to the root; `None` when there is none.
    pub fn open(reader: R) -> io::Result<Option<Items<R>>> {
        let mut clean = Clean::new(reader);
        let found = clean.skip_to_root()?;
        let begun = |xml| Items { xml: Some(xml), token: Vec::new(), ended: false, pending: None, read_again: 0 };
        Ok(found.then(|| begun(over(clean))))
    }

    /// Reads the next child of the root into `tree`. An error is one of the source, and the last word.
    pub fn next(&mut self, tree: &mut Tree) -> io::Result<Next> {
        tree.clear();
        loop {
            if self.ended {
                return Ok(Next::End { whole: true });
            }
            match self.step(tree)? {
                Step::Done(next) => {
                    self.ended |= matches!(next, Next::End { .. });
                    return Ok(next);
                }
                Step::Behind(pending) => {
                    tree.close_all();
                    self.pending = Some(pending);
                    return Ok(Next::Unclosed);
                }
                _ => {}
            }
        }
    }

    fn step(&mut self, tree: &mut Tree) -> io::Result<Step> {
        match self.pending.take() {
            Some(Pending::End { whole }) => return Ok(Step::Done(Next::End { whole })),
            Some(Pending::Tag { name, attributes, is_empty }) => {
                return self.done(tag(&name, &attributes, is_empty, tree), tree);
            }
            None => {}
        }
        let Some(xml) = &mut self.xml else { return Ok(Step::Done(Next::End { whole: false })) };
        self.token.clear();
        xml.get_mut().allow(TAG);
        match xml.read_event_into(&mut self.token) {
            Ok(event) => {
                let step = take(event, tree);
                self.done(step, tree)
            }
            Err(Error::Io(fault)) if fault.kind() == io::ErrorKind::FileTooLarge => {
                let rest = next_line_of_markup(&self.token).to_vec();
                self.recover(tree, "one tag is longer than 1 MB", &rest)
            }
            Err(Error::Io(fault)) => Err(io::Error::new(fault.kind(), fault.to_string())),
            // It ended inside a tag or a comment; what only looks so, such as `<?>`, is followed by more.
            Err(Error::Syntax(_)) if xml.get_mut().is_at_end()? => match next_line_of_markup(&self.token).to_vec() {
                rest if rest.is_empty() => Ok(cut_off(tree)),
                rest => self.recover(tree, "a tag has no end", &rest),
            },
            Err(Error::Encoding(_)) => self.recover(tree, "the text is not UTF-8", &[]),
            Err(_) => self.recover(tree, "this is no well-formed XML", &[]),
        }
    }

    fn done(&mut self, step: Step, tree: &mut Tree) -> io::Result<Step> {
        if let Step::Torn(rest) = step {
            return self.recover(tree, "a tag begins inside another", rest.as_bytes());
        }
        if tree.depth() > DEEPEST {
            return self.recover(tree, "elements are nested too deeply", &[]);
        }
        if tree.size() <= ITEM {
            return Ok(step);
        }
        let holds_records = holds_records(tree);
        if holds_records && tree.depth() == 1 {
            tree.close_all();
            return Ok(Step::Done(Next::Unclosed));
        }
        if !holds_records || tree.size() > 2 * ITEM {
            return self.recover(tree, "one element is larger than 32 MB", &[]);
        }
        Ok(step)
    }

    /// Gives up what is being read and sets a new reader on the next `<` in `rest`, or behind what was read.
    fn recover(&mut self, tree: &mut Tree, reason: &'static str, rest: &[u8]) -> io::Result<Step> {
        let mut item = tree.root().filter(|_| tree.size() <= TAG).map(|root| root.to_xml()).unwrap_or_default();
        let shown = self.token.len().min(1000);
        item.push_str(&String::from_utf8_lossy(&self.token[..shown]));
        tree.clear();
        if let Some(xml) = self.xml.take() {
            let mut clean = xml.into_inner();
            self.read_again += rest.len();
            if !rest.is_empty() && self.read_again <= READ_AGAIN {
                clean.give_back(rest);
            }
            self.xml = clean.skip_to_markup()?.then(|| over(clean));
        }
        Ok(Step::Done(Next::Damaged { reason, item }))
    }
}

/// Whether what is open holds records that are no part of it in truth.
fn holds_records(tree: &Tree) -> bool {
    tree.root().is_some_and(|root| CONTAINERS.contains(&root.name())) && tree.holds(RECORD)
}

/// The end came too early.
fn cut_off(tree: &Tree) -> Step {
    match holds_records(tree) {
        true => Step::Behind(Pending::End { whole: false }),
        false => Step::Done(Next::End { whole: false }),
    }
}

/// The first line behind the beginning that begins with a tag: where a quote was never closed, the next record. Nothing when
/// there is none.
fn next_line_of_markup(token: &[u8]) -> &[u8] {
    let lines = memchr::memchr_iter(b'\n', token);
    let begins = |at: usize| {
        let line = token[at..].trim_ascii_start();
        let is_tag =
            line.first() == Some(&b'<') && line.get(1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'/');
        is_tag.then_some(line)
    };
    lines.filter_map(begins).next().unwrap_or_default()
}

fn over<R: Read>(clean: Clean<R>) -> Reader<Clean<R>> {
    let mut xml = Reader::from_reader(clean);
    let config = xml.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    xml
}

fn take(event: Event, tree: &mut Tree) -> Step {
    match event {
        Event::Start(start) if tree.depth() == 0 && start.name().0 == ROOT => Step::More,
        Event::Start(start) => tag(start.name().0, start.attributes_raw(), false, tree),
        Event::Empty(start) if tree.depth() == 0 && start.name().0 == ROOT => Step::Done(Next::End { whole: true }),
        Event::Empty(start) => tag(start.name().0, start.attributes_raw(), true, tree),
        Event::End(end) if tree.depth() == 0 => match end.name().0 {
            ROOT => Step::Done(Next::End { whole: true }),
            _ => Step::More,
        },
        Event::End(end) if end.name().0 == ROOT => Step::Behind(Pending::End { whole: true }),
        Event::End(end) => {
            tree.close(end.name().0);
            closed(tree)
        }
        Event::Eof => cut_off(tree),
        _ => Step::More,
    }
}

fn tag(name: &str, attributes: &str, is_empty: bool, tree: &mut Tree) -> Step {
    if tree.depth() > 0 && stands_alone(name, tree) {
        return Step::Behind(Pending::Tag { name: name.to_owned(), attributes: attributes.to_owned(), is_empty });
    }
    let is_whole = tree.open(name, attributes);
    if is_empty {
        tree.close_last();
    }
    match is_whole {
        true if is_empty => closed(tree),
        true => Step::More,
        false => Step::Torn(rest_of(attributes, is_empty)),
    }
}

/// Whether an element of that name is no part of what is open, which then is not closed.
fn stands_alone(name: &str, tree: &Tree) -> bool {
    match name {
        RECORD => tree.is_open(RECORD) || tree.root().is_none_or(|root| !CONTAINERS.contains(&root.name())),
        "Workout" | "Correlation" | "ActivitySummary" | "ClinicalRecord" | "Audiogram" | "VisionPrescription"
        | "StateOfMind" | "ExportDate" | "Me" => true,
        _ => false,
    }
}

/// The tag that begins in another, as it was.
fn rest_of(attributes: &str, is_empty: bool) -> String {
    let begins = |at: &usize| attributes[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/');
    let at = attributes.match_indices('<').map(|(at, _)| at).find(begins);
    at.map_or_else(String::new, |at| format!("{}{}", &attributes[at..], if is_empty { "/>" } else { ">" }))
}

fn closed(tree: &Tree) -> Step {
    if tree.depth() == 0 { Step::Done(Next::Element) } else { Step::More }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a document is read as, one line for each item.
    fn read(text: &[u8]) -> Vec<String> {
        let mut items = Items::open(text).unwrap().unwrap();
        let (mut tree, mut found) = (Tree::default(), Vec::new());
        loop {
            match items.next(&mut tree).unwrap() {
                Next::Element => found.push(tree.root().unwrap().to_xml()),
                Next::Unclosed => found.push(format!("unclosed {}", tree.root().unwrap().to_xml())),
                Next::Damaged { reason, .. } => found.push(reason.to_owned()),
                Next::End { whole } => {
                    found.push(format!("end {whole}"));
                    return found;
                }
            }
        }
    }

    #[test]
    fn children_come_one_by_one() {
        let text = b"<!DOCTYPE HealthData [ <!ELEMENT x> broken >> ]><HealthData a=\"b\"><!-- c --><A x='1'/><B><C/></B></HealthData> junk";
        assert_eq!(read(text), ["<A x=\"1\"/>", "<B><C/></B>", "end true"]);
        assert_eq!(read(b"<HealthData/>"), ["end true"]);
    }

    #[test]
    fn damage_costs_what_is_damaged() {
        let mut text = b"<HealthData><A/><B x=\"\xff\"/><!wrong><C/>".to_vec();
        text.extend(b"<D y=\"");
        text.extend(vec![b'y'; 3 << 20]);
        text.extend(b"\"><Z/></D><E/><F a=\"1\" <G b=\"<\"/><H b=\"<\"/></HealthData>");
        let found = read(&text);
        let damage = ["the text is not UTF-8", "this is no well-formed XML"];
        assert_eq!(found[..4], ["<A/>", damage[0], damage[1], "<C/>"]);
        assert_eq!(found[4..7], ["one tag is longer than 1 MB", "<Z/>", "<E/>"]);
        assert_eq!(found[7..], ["a tag begins inside another", "<G b=\"<\"/>", "<H b=\"<\"/>", "end true"]);
    }

    #[test]
    fn what_is_not_closed_loses_itself_and_not_what_follows() {
        let one = |text: &str| read(format!("<HealthData>\n{text}\n</HealthData>").as_bytes());
        let unclosed = "unclosed <Record a=\"1\"/>";
        let (two, three) = ("<Record a=\"2\"/>", "<Record a=\"3\"/>");
        assert_eq!(one(&format!("<Record a=\"1\">{two}{three}")), [unclosed, two, three, "end true"]);
        assert_eq!(one(&format!("{two}<Record a=\"1\">")), [two, unclosed, "end true"]);
        assert_eq!(
            one(&format!("<Record a=\"1\"\n{two}\n{three}")),
            ["a tag begins inside another", two, three, "end true"]
        );
        assert_eq!(one(&format!("<Record a=\"1/>\n{two}\n{three}"))[1..], [two, three, "end true"]);
        assert_eq!(one(&format!("<Record a=\"1\n{two}{three}"))[1..], [two, three, "end true"]);
        let workout = format!("<Workout a=\"1\"><MetadataEntry/>{two}{three}");
        let swallowed = format!("unclosed <Workout a=\"1\"><MetadataEntry/>{two}{three}</Workout>");
        assert_eq!(one(&format!("{workout}<Workout/>")), [swallowed.as_str(), "<Workout/>", "end true"]);
        assert_eq!(read(format!("<HealthData>{workout}").as_bytes()), [swallowed.as_str(), "end false"]);
    }

    #[test]
    fn a_quote_without_end_costs_its_record_and_not_a_megabyte() {
        let many: String = (0..20_000).map(|at| format!("\n <Record value=\"{at}\" unit=\"count\"/>")).collect();
        let found = read(format!("<HealthData>\n<Record value=\"1/>{many}\n</HealthData>").as_bytes());
        assert_eq!(found.len(), 20_002, "{:?}", &found[..3]);
    }

    #[test]
    fn what_is_nested_without_end_is_given_up() {
        let text = format!("<HealthData>{}<Z/></HealthData>", "<a>".repeat(100_000));
        let found = read(text.as_bytes());
        assert!(found.contains(&"elements are nested too deeply".to_owned()), "{:?}", &found[..3]);
    }

    #[test]
    fn megabytes_of_noise_are_passed_over() {
        let mut state = 1u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        let mut text = b"<HealthData><A/><?><B/>".to_vec();
        text.extend((0..8 << 20).map(|_| noise()));
        // Whatever the noise has opened ends here, and what is longer than a tag may be is given up.
        text.extend(vec![b' '; 3 << 20]);
        text.extend(b"<Z/></HealthData>");
        let found = read(&text);
        assert_eq!(found[..3], ["<A/>", "this is no well-formed XML", "<B/>"]);
        assert_eq!(found[found.len() - 2..], ["<Z/>", "end true"]);
    }

    #[test]
    fn a_tail_that_is_cut_off_is_told() {
        for text in ["<HealthData><A/>", "<HealthData><A/><B", "<HealthData><A/><B><C/>", "<HealthData><A/><!-- "] {
            assert_eq!(read(text.as_bytes()), ["<A/>", "end false"], "{text}");
        }
    }
}
