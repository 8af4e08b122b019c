//! Apple's export from its bytes to the last commit.
//!
//! One thread reads, decodes and validates; the writer's thread writes what `pieces` hands it.

use std::collections::HashSet;
use std::io;

use crate::decode::apple_export::sniff::Kind;
use crate::decode::apple_export::{Element, Items, Next, Tree, gpx};
use crate::error::{Error, Result};
use crate::model::receipt::Receipt;
use crate::receive::import::bundle::Bundle;
use crate::receive::import::pieces::{Pieces, Sink};
use crate::receive::import::progress::Progress;
use crate::validate::apple_export::{Attached, Beside, Validator, files};

/// Weight of a piece: a commit costs a sync, and a piece costs memory.
const PIECE: usize = 10_000;
/// Where a piece ends even between records of one group.
const LARGEST_PIECE: usize = 4 * PIECE;

/// Most bytes of one file beside the XML.
const LARGEST_FILE: u64 = 64 << 20;

/// So much damage is noise, unless more than that is understood.
const MOST_DAMAGED: usize = 10_000;

/// Most characters that are shown of an element that is not closed.
const MOST_SHOWN: usize = 4 << 10;

/// Imports every export in the bundle, and what lies beside it, as one delivery.
pub struct Pipeline<'a> {
    bundle: &'a Bundle,
    progress: &'a Progress,
    validator: Validator<'a>,
    pieces: Pieces<'a>,
    /// Files that were used on behalf of an element.
    used: HashSet<usize>,
    /// Children of roots that could be used, and those that could not.
    understood: usize,
    damaged: usize,
}

impl<'a> Pipeline<'a> {
    pub fn begin(
        bundle: &'a Bundle,
        progress: &'a Progress,
        validator: Validator<'a>,
        sink: Sink<'a>,
    ) -> Result<Pipeline<'a>> {
        let pieces = Pieces::begin(sink)?;
        Ok(Pipeline { bundle, progress, validator, pieces, used: HashSet::new(), understood: 0, damaged: 0 })
    }

    /// Imports the export at that position of the bundle. One that is none after all fails an import of nothing else;
    /// among others it is one file that cannot be used.
    pub fn export(&mut self, at: usize, alone: bool) -> Result<()> {
        self.used.insert(at);
        let bundle = self.bundle;
        let found = bundle.open(at, self.progress, |reader| {
            let is_export = match Items::open(&mut *reader).map_err(source_fault)? {
                Some(items) => self.items(at, items).map(|()| true)?,
                None => false,
            };
            // A zip's checksum is compared where its content ends, which is behind the end of the document.
            io::copy(reader, &mut io::sink()).map_err(source_fault)?;
            Ok::<bool, Error>(is_export)
        })??;
        let name = &bundle.entries[at].name;
        match found {
            false if alone => return Err(Error::BadRequest(format!("{name} has no <HealthData>: export it again"))),
            false => self.validator.add_unusable(name, "it has no <HealthData>".into(), b""),
            true => {}
        }
        let last = self.validator.finish();
        self.pieces.add(last, self.progress)
    }

    fn items<R: io::Read>(&mut self, at: usize, mut items: Items<R>) -> Result<()> {
        let mut tree = Tree::default();
        loop {
            match items.next(&mut tree).map_err(source_fault)? {
                Next::Element => {
                    if let Some(element) = tree.root() {
                        let before = self.validator.rejected();
                        self.element(at, element)?;
                        self.judge(at, self.validator.rejected() > before)?;
                    }
                }
                Next::Unclosed => {
                    if let Some(element) = tree.root() {
                        self.unclosed(at, element)?;
                    }
                }
                Next::Damaged { reason, item } => {
                    if self.validator.weight() >= PIECE {
                        self.hand_over()?;
                    }
                    self.validator.add_damaged(reason, item);
                    self.judge(at, true)?;
                }
                Next::End { whole: true } => return Ok(()),
                Next::End { whole: false } => {
                    let reason = "the file ends before its last element is closed: what came before is imported";
                    self.validator.add_damaged(reason, String::new());
                    return Ok(());
                }
            }
        }
    }

    /// An element that is not closed may have taken in the records behind it.
    fn unclosed(&mut self, at: usize, element: Element) -> Result<()> {
        for record in element.children_named("Record") {
            self.element(at, record)?;
            self.understood += 1;
        }
        let item: String = element.to_xml().chars().take(MOST_SHOWN).collect();
        self.validator.add_damaged("the element is not closed: it is left out, and what follows is read", item);
        self.judge(at, true)
    }

    /// Refuses to go on where there is more noise than sense: nobody would look through a quarantine of gigabytes.
    fn judge(&mut self, at: usize, is_damaged: bool) -> Result<()> {
        match is_damaged {
            true => self.damaged += 1,
            false => self.understood += 1,
        }
        if self.damaged > MOST_DAMAGED && self.damaged > self.understood {
            return Err(Error::BadRequest(format!(
                "{} is damaged beyond reading ({} pieces of it are no part of an export): make the export again",
                self.bundle.entries[at].name, self.damaged
            )));
        }
        Ok(())
    }

    fn hand_over(&mut self) -> Result<()> {
        let piece = self.validator.take();
        self.pieces.add(piece, self.progress)
    }

    fn element(&mut self, at: usize, element: Element) -> Result<()> {
        let weight = self.validator.weight();
        if weight >= LARGEST_PIECE || (weight >= PIECE && self.validator.may_end_before(element)) {
            self.hand_over()?;
        }
        let attached = match element.name() {
            "Workout" | "ClinicalRecord" => self.attached(at, element),
            _ => Attached::default(),
        };
        self.validator.add(element, attached);
        Ok(())
    }

    /// What the files that an element refers to hold.
    fn attached(&mut self, of: usize, element: Element) -> Attached {
        let mut attached = Attached::default();
        for path in files(element) {
            let Some(at) = self.bundle.find(of, &path) else {
                attached.problems.push(format!("the file {path} is not there"));
                continue;
            };
            self.used.insert(at);
            let content = self.bundle.content(at, LARGEST_FILE, self.progress);
            let done = content.and_then(|content| {
                match element.name() {
                    "Workout" => attached.add_route(gpx::points(&content)?),
                    _ => attached.file = Some((path.clone(), content)),
                }
                Ok(())
            });
            if let Err(reason) = done {
                attached.problems.push(format!("{path}: {reason}"));
            }
        }
        attached
    }

    /// Imports the files that no element has referred to. Gives those that are no part of an export.
    pub fn others(&mut self) -> Result<Vec<usize>> {
        let mut foreign = Vec::new();
        let root = self.used.iter().find(|at| self.bundle.entries[**at].kind == Kind::Export);
        let root = root.map_or("", |at| self.bundle.folder_of(*at)).to_owned();
        for (at, entry) in self.bundle.entries.iter().enumerate() {
            if self.used.contains(&at) {
                continue;
            }
            if self.validator.weight() >= PIECE {
                self.hand_over()?;
            }
            let name = entry.name.strip_prefix(&root).unwrap_or(&entry.name);
            match self.bundle.content(at, LARGEST_FILE, self.progress) {
                Err(reason) => self.validator.add_unusable(name, reason, b""),
                Ok(body) => {
                    if !self.other(entry.kind, Beside { name, body }) {
                        foreign.push(at);
                    }
                }
            }
        }
        Ok(foreign)
    }

    /// False when the file is no part of an export.
    fn other(&mut self, kind: Kind, file: Beside) -> bool {
        let clinical = || file.body.windows(14).take(4096).any(|window| window == b"\"resourceType\"");
        match kind {
            Kind::Cda => self.validator.add_file("cda", "application/xml", file),
            Kind::Gpx => self.validator.add_file("route", "application/gpx+xml", file),
            Kind::Json if clinical() => self.validator.add_file("clinical", "application/json", file),
            Kind::Text => {
                if let Err(reason) = self.validator.add_ecg(&file) {
                    if file.name.to_lowercase().ends_with(".csv") && !file.name.contains('/') {
                        return false;
                    }
                    let reason = format!("this is no electrocardiogram, and nothing else that we know: {reason}");
                    self.validator.add_unusable(file.name, reason, &file.body);
                }
            }
            Kind::Json | Kind::Zip => return false,
            Kind::Export | Kind::Empty | Kind::Unknown => {
                let reason = "this is no file that an export has".to_owned();
                self.validator.add_unusable(file.name, reason, &file.body);
            }
        }
        true
    }

    pub fn finish(mut self) -> Result<Receipt> {
        let last = self.validator.finish();
        self.pieces.add(last, self.progress)?;
        self.pieces.finish(self.progress)
    }
}

/// What was read of a source that fails stays stored, and reading it again when it is whole adds the rest.
fn source_fault(fault: io::Error) -> Error {
    if fault.kind() == io::ErrorKind::InvalidData && fault.to_string().contains("checksum") {
        return Error::BadRequest(
            "the zip's checksum is not that of its content, so something in it has changed on its way: numbers of this \
             delivery may be wrong. Delete it, and export or send the zip again"
                .into(),
        );
    }
    Error::BadRequest(format!(
        "the file cannot be read to its end ({fault}): what came before is stored, and importing the whole file again \
         adds the rest"
    ))
}
