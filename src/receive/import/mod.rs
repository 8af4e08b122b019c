//! An import: Apple's export, or deliveries that lie about as files; in a zip, in a folder, or alone.
//!
//! What a path holds is told by content. An export becomes one delivery, written in pieces; everything else goes the way
//! of a delivery from a phone, one for each file.

mod bundle;
mod count;
pub mod jobs;
mod pieces;
mod pipeline;
mod progress;

use std::path::{Path, PathBuf};

use crate::decode::apple_export::sniff::{self, ENOUGH, Kind};
use crate::error::{Error, Result};
use crate::model::receipt::Receipt;
use crate::receive::names::Names;
use crate::receive::{Encoding, Receiver, Upload};
use crate::store::deliveries::{Head, Origin};
use crate::validate::apple_export::Validator;
use bundle::{Bundle, Entry};
use pieces::Sink;
use pipeline::Pipeline;
pub use progress::Progress;

/// What deliveries of this kind are called in receipts.
pub const FORMAT: &str = "apple-health-export";

/// What to import, and for whom.
#[derive(Debug, Clone)]
pub struct Request {
    pub user: i64,
    pub api_key: Option<i64>,
    pub path: PathBuf,
    /// What its sender calls it.
    pub name: String,
    /// Whether files beside the path may be read: not when it was sent over the network.
    pub beside: bool,
    /// What the app's "aggregate" was set to when it wrote its files.
    pub aggregation: Option<String>,
}

/// What became of one delivery.
#[derive(Debug)]
pub struct Imported {
    pub name: String,
    pub receipt: Result<Receipt>,
}

impl Receiver {
    /// Imports a file or a folder. An error is about the whole of it.
    pub fn import(&self, request: &Request, progress: &Progress) -> Result<Vec<Imported>> {
        let path = &request.path;
        if path.is_dir() {
            return self.bundle(Bundle::folder(path)?, request, progress);
        }
        let name = &request.name;
        match kind_of(path, name)? {
            Kind::Zip => {
                let bundle = Bundle::zip(path)?;
                match bundle.is_of_the_app() && bundle.bytes <= self.max_body {
                    // What is in it belongs together, and a delivery may be a zip.
                    true => Ok(vec![self.delivery(name, read(path, name, self.max_body)?, request)]),
                    false => self.bundle(bundle, request, progress),
                }
            }
            Kind::Export => self.export(Bundle::file(path, request.beside)?, request, progress),
            Kind::Empty => Err(Error::BadRequest(format!("{name} is empty: export it again"))),
            Kind::Cda => Err(Error::BadRequest(clinical(name, is_apples(path)?))),
            Kind::Json | Kind::Text => Ok(vec![self.delivery(name, read(path, name, self.max_body)?, request)]),
            Kind::Gpx | Kind::Unknown => Err(Error::BadRequest(format!(
                "{name} is neither a zip, nor an export.xml, nor a file of Health Auto Export"
            ))),
        }
    }

    /// What importing Apple's export would be about, told without a database; none when there is no export at that path.
    pub fn count_export(home: &jiff::tz::TimeZone, path: &Path, progress: &Progress) -> Result<Option<Receipt>> {
        let name = path.display().to_string();
        let bundle = match path.is_dir() {
            true => Bundle::folder(path)?,
            false => match kind_of(path, &name)? {
                Kind::Zip => Bundle::zip(path)?,
                Kind::Export => Bundle::file(path, true)?,
                _ => return Ok(None),
            },
        };
        if !bundle.entries.iter().any(|entry| entry.kind == Kind::Export) {
            return Ok(None);
        }
        let (receipt, _) = run(home, &bundle, Sink::Count, &|_| None, progress)?;
        Ok(Some(receipt))
    }

    fn bundle(&self, bundle: Bundle, request: &Request, progress: &Progress) -> Result<Vec<Imported>> {
        if bundle.entries.iter().any(|entry| entry.kind == Kind::Export) {
            return self.export(bundle, request, progress);
        }
        let useful = |entry: &Entry| entry.is_of_the_app() || entry.kind == Kind::Zip;
        let files = bundle.entries.iter().enumerate().filter(|(_, entry)| useful(entry)).map(|(at, _)| at);
        let imported = self.files(&bundle, files.collect(), request, progress);
        match imported.is_empty() {
            true => Err(Error::BadRequest(format!(
                "there is neither an export.xml nor a file of Health Auto Export in {}",
                request.name
            ))),
            false => Ok(imported),
        }
    }

    fn export(&self, bundle: Bundle, request: &Request, progress: &Progress) -> Result<Vec<Imported>> {
        let head = Head {
            public_id: uuid::Uuid::now_v7().to_string(),
            user: request.user,
            api_key: request.api_key,
            received_at_ms: self.now().as_millisecond(),
            format: FORMAT,
            origin: Origin { file: Some(request.name.clone()), ..Origin::default() },
            bytes: bundle.bytes,
        };
        let names = Names::new(&self.store, request.user);
        let stored_unit = |name: &str| names.unit(name);
        let sink = Sink::Store(&self.store, Box::new(head));
        let (receipt, foreign) = run(&self.preferences.home(), &bundle, sink, &stored_unit, progress)?;
        let mut imported = vec![Imported { name: request.name.clone(), receipt: Ok(receipt) }];
        imported.extend(self.files(&bundle, foreign, request, progress));
        Ok(imported)
    }

    /// Files that are deliveries of their own.
    fn files(&self, bundle: &Bundle, files: Vec<usize>, request: &Request, progress: &Progress) -> Vec<Imported> {
        let mut imported = Vec::new();
        for at in files {
            let entry = &bundle.entries[at];
            let name = entry.name.clone();
            match (entry.kind, bundle.path(at)) {
                (Kind::Zip, Some(path)) => {
                    let inner = Request { path: path.to_owned(), name: name.clone(), ..request.clone() };
                    match self.import(&inner, progress) {
                        Ok(inner) => imported.extend(inner),
                        Err(fault) => imported.push(Imported { name, receipt: Err(fault) }),
                    }
                }
                _ => imported.push(match bundle.content(at, self.max_body, progress) {
                    Ok(body) => self.delivery(&name, body, request),
                    Err(reason) => Imported { name, receipt: Err(Error::BadRequest(reason)) },
                }),
            }
        }
        imported
    }

    fn delivery(&self, name: &str, body: Vec<u8>, request: &Request) -> Imported {
        let origin = Origin {
            file: Some(name.to_owned()),
            automation_aggregation: request.aggregation.clone(),
            ..Origin::default()
        };
        let Request { user, api_key, .. } = *request;
        let upload = Upload { user, api_key, origin, encoding: Encoding::Identity, body: body.into() };
        Imported { name: name.to_owned(), receipt: self.receive_blocking(upload) }
    }
}

/// Runs an export through; gives its receipt and the files in it that are something else.
fn run(
    home: &jiff::tz::TimeZone,
    bundle: &Bundle,
    sink: Sink,
    stored_unit: &(dyn Fn(&str) -> Option<String> + Sync),
    progress: &Progress,
) -> Result<(Receipt, Vec<usize>)> {
    let is_export = |at: &usize| bundle.entries[*at].kind == Kind::Export;
    let exports: Vec<usize> = (0..bundle.entries.len()).filter(is_export).collect();
    progress.expect(exports.iter().map(|at| bundle.entries[*at].size).sum());
    let mut pipeline = Pipeline::begin(bundle, progress, Validator::new(home, stored_unit), sink)?;
    exports.iter().try_for_each(|at| pipeline.export(*at, exports.len() == 1))?;
    let foreign = pipeline.others()?;
    Ok((pipeline.finish()?, foreign))
}

/// What to do with a clinical document: Apple's is a part of its export, and a provider's has no numbers that are read here.
fn clinical(name: &str, is_apples: bool) -> String {
    match is_apples {
        true => format!(
            "{name} is a clinical document, a part of what export.xml says: import the export.zip that it is in"
        ),
        false => format!(
            "{name} is a clinical document (C-CDA) of a provider, whose numbers are not read. Open it on the iPhone (in Files or \
             Mail, then \"Add to Health\"), export in the Health app, and import that export.zip: the document is kept with it"
        ),
    }
}

/// Whether the phone has written a clinical document: it names HealthKit's types and sources.
fn is_apples(path: &Path) -> Result<bool> {
    let name = path.display().to_string();
    let head = head(path, &name)?;
    let marks: [&[u8]; 3] = [b"HKQuantityTypeIdentifier", b"Health Data Export", b"Apple Health"];
    Ok(marks.iter().any(|mark| memchr::memmem::find(&head, mark).is_some())
        || name.to_lowercase().ends_with("export_cda.xml"))
}

fn kind_of(path: &Path, name: &str) -> Result<Kind> {
    Ok(sniff::kind(&head(path, name)?))
}

/// The first bytes of a file, which tell what it is.
fn head(path: &Path, name: &str) -> Result<Vec<u8>> {
    use std::io::Read;
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(|fault| unreadable(name, &fault))?;
    file.take(ENOUGH as u64).read_to_end(&mut head).map_err(|fault| unreadable(name, &fault))?;
    Ok(head)
}

fn read(path: &Path, name: &str, limit: u64) -> Result<Vec<u8>> {
    let bytes = path.metadata().map_err(|fault| unreadable(name, &fault))?.len();
    match bytes > limit {
        true => Err(Error::TooLarge(super::too_large(limit))),
        false => std::fs::read(path).map_err(|fault| unreadable(name, &fault)),
    }
}

fn unreadable(name: &str, fault: &std::io::Error) -> Error {
    Error::BadRequest(format!("{name} cannot be read: {fault}"))
}
