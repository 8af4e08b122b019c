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

/// What came next.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// An element, in the tree that was handed in.
    Element,
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
}

/// What one token did.
enum Step {
    More,
    /// It is a tag that another begins in.
    Torn,
    Done(Next),
}

impl<R: Read> Items<R> {
    /// Skips to the root; `None` when there is none.
    pub fn open(reader: R) -> io::Result<Option<Items<R>>> {
        let mut clean = Clean::new(reader);
        let found = clean.skip_to_root()?;
        Ok(found.then(|| Items { xml: Some(over(clean)), token: Vec::new(), ended: false }))
    }

    /// Reads the next child of the root into `tree`. An error is one of the source, and the last word.
    pub fn next(&mut self, tree: &mut Tree) -> io::Result<Next> {
        tree.clear();
        loop {
            if self.ended {
                return Ok(Next::End { whole: true });
            }
            if let Step::Done(next) = self.step(tree)? {
                self.ended |= matches!(next, Next::End { .. });
                return Ok(next);
            }
        }
    }

    fn step(&mut self, tree: &mut Tree) -> io::Result<Step> {
        let Some(xml) = &mut self.xml else { return Ok(Step::Done(Next::End { whole: false })) };
        self.token.clear();
        xml.get_mut().allow(TAG);
        match xml.read_event_into(&mut self.token) {
            Ok(event) => {
                let step = take(event, tree);
                if matches!(step, Step::Torn) {
                    return self.recover(tree, "a tag begins inside another");
                }
                if tree.depth() > DEEPEST {
                    return self.recover(tree, "elements are nested too deeply");
                }
                if tree.size() > ITEM {
                    return self.recover(tree, "one element is larger than 32 MB");
                }
                Ok(step)
            }
            Err(Error::Io(fault)) if fault.kind() == io::ErrorKind::FileTooLarge => {
                self.recover(tree, "one tag is longer than 1 MB")
            }
            Err(Error::Io(fault)) => Err(io::Error::new(fault.kind(), fault.to_string())),
            // It ended inside a tag or a comment; what only looks so, such as `<?>`, is followed by more.
            Err(Error::Syntax(_)) if xml.get_mut().is_at_end()? => Ok(Step::Done(Next::End { whole: false })),
            Err(Error::Encoding(_)) => self.recover(tree, "the text is not UTF-8"),
            Err(_) => self.recover(tree, "this is no well-formed XML"),
        }
    }

    /// Gives up what is being read and sets a new reader on the next `<`.
    fn recover(&mut self, tree: &mut Tree, reason: &'static str) -> io::Result<Step> {
        let mut item = tree.root().filter(|_| tree.size() <= TAG).map(|root| root.to_xml()).unwrap_or_default();
        let shown = self.token.len().min(1000);
        item.push_str(&String::from_utf8_lossy(&self.token[..shown]));
        tree.clear();
        if let Some(xml) = self.xml.take() {
            let mut clean = xml.into_inner();
            self.xml = clean.skip_to_markup()?.then(|| over(clean));
        }
        Ok(Step::Done(Next::Damaged { reason, item }))
    }
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
        Event::Start(start) => match tree.open(start.name().0, start.attributes_raw()) {
            true => Step::More,
            false => Step::Torn,
        },
        Event::Empty(start) if tree.depth() == 0 && start.name().0 == ROOT => Step::Done(Next::End { whole: true }),
        Event::Empty(start) => {
            let is_whole = tree.open(start.name().0, start.attributes_raw());
            tree.close_last();
            if is_whole { closed(tree) } else { Step::Torn }
        }
        Event::End(end) if tree.depth() == 0 => match end.name().0 {
            ROOT => Step::Done(Next::End { whole: true }),
            _ => Step::More,
        },
        Event::End(end) => {
            tree.close(end.name().0);
            closed(tree)
        }
        Event::Eof => Step::Done(Next::End { whole: false }),
        _ => Step::More,
    }
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
        assert_eq!(found[7..], ["a tag begins inside another", "<H b=\"<\"/>", "end true"]);
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
