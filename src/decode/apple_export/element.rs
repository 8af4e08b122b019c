//! One child of the root with everything in it, flat: texts in one string, elements in one list.
//!
//! A million records pass through one `Tree`, which keeps its memory from one to the next, so a record costs no
//! allocation. Attributes are scanned leniently, because the exports of iOS 8 have blanks in their names.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2};

type Span = Range<u32>;

const START: &str = "startDate";
const END: &str = "endDate";

/// An element and what is in it, in the order of the document.
#[derive(Debug, Default)]
pub struct Tree {
    text: String,
    nodes: Vec<Node>,
    attributes: Vec<(Span, Span)>,
    /// Positions of the elements that are not closed yet.
    open: Vec<u32>,
}

#[derive(Debug)]
struct Node {
    name: Span,
    attributes: Span,
    /// Position of the first element behind this one and all that is in it.
    end: u32,
}

impl Tree {
    pub(in crate::decode) fn clear(&mut self) {
        self.text.clear();
        self.nodes.clear();
        self.attributes.clear();
        self.open.clear();
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Bytes of text held.
    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// Whether an element of that name is open.
    pub(super) fn is_open(&self, name: &str) -> bool {
        self.open.iter().any(|at| &self.text[range(&self.nodes[*at as usize].name)] == name)
    }

    /// False when another tag begins inside this one, which then is a torn one.
    pub(in crate::decode) fn open(&mut self, name: &str, attributes: &str) -> bool {
        let (mut is_whole, mut starts) = (true, 0);
        let name = self.push(name);
        let from = self.text.len() as u32;
        self.text.push_str(attributes);
        let first = self.attributes.len() as u32;
        scan(attributes, |name, value| {
            let named = &attributes.as_bytes()[name.clone()];
            is_whole &= memchr2(b'<', b'"', named).is_none();
            starts += u32::from(named == START.as_bytes());
            let moved = |span: Range<usize>| from + span.start as u32..from + span.end as u32;
            self.attributes.push((moved(name), moved(value)));
        });
        if starts > 1 {
            self.name_the_end(first as usize);
        }
        self.open.push(self.nodes.len() as u32);
        self.nodes.push(Node { name, attributes: first..self.attributes.len() as u32, end: 0 });
        is_whole
    }

    /// iOS 16.0 has written the end under the name of the start in some elements: there the second start is the end.
    fn name_the_end(&mut self, first: usize) {
        let named = |name: &str| {
            let is = |(_, (span, _)): &(usize, &(Span, Span))| &self.text[range(span)] == name;
            self.attributes.iter().enumerate().skip(first).filter(is).map(|(at, _)| at).collect::<Vec<_>>()
        };
        let (starts, ends) = (named(START), named(END));
        if let (Some(second), []) = (starts.get(1), &ends[..]) {
            self.attributes[*second].0 = self.push(END);
        }
    }

    /// Closes the innermost open element of that name and those left open in it; none when there is no such.
    pub(super) fn close(&mut self, name: &str) {
        let named = |at: &u32| &self.text[range(&self.nodes[*at as usize].name)] == name;
        if let Some(position) = self.open.iter().rposition(named) {
            while self.open.len() > position {
                self.close_last();
            }
        }
    }

    pub(in crate::decode) fn close_last(&mut self) {
        if let Some(at) = self.open.pop() {
            self.nodes[at as usize].end = self.nodes.len() as u32;
        }
    }

    pub(super) fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close_last();
        }
    }

    /// Whether an element of that name stands inside the outermost one, which may be open still.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.nodes.iter().skip(1).any(|node| &self.text[range(&node.name)] == name)
    }

    fn push(&mut self, text: &str) -> Span {
        let from = self.text.len() as u32;
        self.text.push_str(text);
        from..self.text.len() as u32
    }

    /// The outermost element.
    pub fn root(&self) -> Option<Element<'_>> {
        (!self.nodes.is_empty()).then_some(Element { tree: self, at: 0 })
    }
}

fn range(span: &Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// Finds `name = "value"` pairs; names may hold blanks, values may lack quotes.
fn scan(text: &str, mut found: impl FnMut(Range<usize>, Range<usize>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(equals) = memchr(b'=', &bytes[at..]).map(|found| at + found) {
        let start = at + bytes[at..equals].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let end = equals - bytes[start..equals].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        let from = find(bytes, equals + 1, |byte| !byte.is_ascii_whitespace()).unwrap_or(bytes.len());
        let (from, to) = match bytes.get(from) {
            Some(&quote @ (b'"' | b'\'')) => {
                (from + 1, memchr(quote, &bytes[from + 1..]).map_or(bytes.len(), |found| from + 1 + found))
            }
            _ => (from, find(bytes, from, |byte| byte.is_ascii_whitespace()).unwrap_or(bytes.len())),
        };
        found(start..end, from..to);
        at = (to + 1).min(bytes.len());
    }
}

fn find(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    bytes[from..].iter().position(|byte| wanted(*byte)).map(|at| from + at)
}

/// A look at one element.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    tree: &'a Tree,
    at: u32,
}

impl<'a> Element<'a> {
    fn node(self) -> &'a Node {
        &self.tree.nodes[self.at as usize]
    }

    pub fn name(self) -> &'a str {
        &self.tree.text[range(&self.node().name)]
    }

    /// Names and values as written, with references such as `&lt;` in them: see `text`.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let Element { tree, .. } = self;
        let of = |span: &Span| &tree.text[range(span)];
        tree.attributes[range(&self.node().attributes)].iter().map(move |(name, value)| (of(name), of(value)))
    }

    /// The text of an attribute, if there is one of that name.
    pub fn get(self, name: &str) -> Option<Cow<'a, str>> {
        self.attributes().find(|(known, _)| *known == name).map(|(_, value)| text(value))
    }

    pub fn children(self) -> impl Iterator<Item = Element<'a>> {
        let Element { tree, at } = self;
        let end = self.node().end;
        let first = (at + 1 < end).then_some(Element { tree, at: at + 1 });
        std::iter::successors(first, move |last| {
            let next = last.node().end;
            (next < end).then_some(Element { tree, at: next })
        })
    }

    pub fn children_named(self, name: &'static str) -> impl Iterator<Item = Element<'a>> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The value of the `MetadataEntry` of that key.
    pub fn metadata(self, key: &str) -> Option<Cow<'a, str>> {
        let entry = self.children_named("MetadataEntry").find(|entry| entry.get("key").as_deref() == Some(key));
        entry?.get("value")
    }

    /// The element as XML again.
    pub fn to_xml(self) -> String {
        let mut xml = String::new();
        self.write(&mut xml);
        xml
    }

    fn write(self, xml: &mut String) {
        xml.push('<');
        xml.push_str(self.name());
        for (name, value) in self.attributes() {
            let quote = if value.contains('"') { '\'' } else { '"' };
            xml.extend([" ", name, "="]);
            xml.push(quote);
            xml.push_str(value);
            xml.push(quote);
        }
        if self.node().end == self.at + 1 {
            xml.push_str("/>");
            return;
        }
        xml.push('>');
        self.children().for_each(|child| child.write(xml));
        xml.extend(["</", self.name(), ">"]);
    }
}

/// Undoes references such as `&lt;` and `&#11;`; those to characters that XML forbids are dropped, unknown ones stay.
pub fn text(raw: &str) -> Cow<'_, str> {
    let Some(first) = raw.find('&') else { return Cow::Borrowed(raw) };
    let (mut plain, mut rest) = (raw[..first].to_owned(), &raw[first..]);
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, reference(&rest[1..end])?))) {
            Some((end, letter)) => {
                plain.extend(letter);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// What a reference stands for: a character, or nothing when XML forbids it. `None` when it is unknown.
fn reference(name: &str) -> Option<Option<char>> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    let letter = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16)?,
                None => number(digits, 10)?,
            };
            return Some(char::from_u32(code).filter(|letter| *letter >= ' ' || "\t\n\r".contains(*letter)));
        }
    };
    Some(Some(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_nest_and_come_back_as_they_were() {
        let mut tree = Tree::default();
        tree.open("Workout", " a=\"1\" b = '&lt;2'");
        tree.open("Event", " x=\"y\"");
        tree.close("Event");
        tree.open("Left", "");
        tree.open("Open", "");
        tree.close("Workout");
        assert_eq!(tree.depth(), 0);
        let root = tree.root().unwrap();
        assert_eq!(root.to_xml(), "<Workout a=\"1\" b=\"&lt;2\"><Event x=\"y\"/><Left><Open/></Left></Workout>");
        assert_eq!(root.get("b").unwrap(), "<2");
        assert_eq!(root.children().map(Element::name).collect::<Vec<_>>(), ["Event", "Left"]);
    }

    #[test]
    fn the_second_of_two_starts_is_the_end_where_there_is_none() {
        for (attributes, end) in [
            (" startDate=\"1\" startDate=\"2\" value=\"3\"", Some("2")),
            (" startDate=\"1\" startDate=\"2\" endDate=\"4\"", Some("4")),
            (" startDate=\"1\"", None),
        ] {
            let mut tree = Tree::default();
            tree.open("Record", attributes);
            tree.close_last();
            let root = tree.root().unwrap();
            assert_eq!((root.get(START).as_deref(), root.get(END).as_deref()), (Some("1"), end), "{attributes}");
        }
    }

    #[test]
    fn attribute_names_may_hold_blanks() {
        let mut found = Vec::new();
        let raw = " type=\"a\" Blood Type = \"b=c\" bare=d e=\"unfinished";
        scan(raw, |name, value| found.push((&raw[name], &raw[value])));
        assert_eq!(found, [("type", "a"), ("Blood Type", "b=c"), ("bare", "d"), ("e", "unfinished")]);
    }

    #[test]
    fn references() {
        assert_eq!(text("a &amp;&#11;&#x41; &nbsp; & &lt;&#xD800;"), "a &A &nbsp; & <");
    }
}
