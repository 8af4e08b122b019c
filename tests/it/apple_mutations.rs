//! Exports with bytes changed at random: whatever comes out, nothing panics, and the counts add up.

use std::sync::LazyLock;

use health_export::decode::apple_export::{Items, Next, Tree, gpx};
use health_export::receive::Receiver;
use health_export::receive::import::Progress;
use health_export::validate::apple_export::{Attached, Beside, Validator};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::support::apple::{fixture, fixture_zip};

static EXPORT: LazyLock<Vec<u8>> = LazyLock::new(|| std::fs::read(fixture().join("export.xml")).unwrap());

/// A change at a place: a byte put there, or so many taken away.
#[derive(Debug, Clone)]
enum Change {
    Put(usize, u8),
    Remove(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let telling = prop_oneof![any::<u8>(), prop::sample::select(b"<>\"'&=/ !-;#x".to_vec())];
    prop_oneof![
        (any::<usize>(), telling).prop_map(|(at, byte)| Change::Put(at, byte)),
        (any::<usize>(), 1..200_usize).prop_map(|(at, count)| Change::Remove(at, count)),
    ]
}

fn changed(text: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut text = text.to_vec();
    for change in changes {
        if text.is_empty() {
            break;
        }
        match *change {
            Change::Put(at, byte) => {
                let at = at % text.len();
                text[at] = byte;
            }
            Change::Remove(at, count) => {
                let at = at % text.len();
                text.drain(at..text.len().min(at + count));
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_changed_export_is_read_to_its_end(changes in prop::collection::vec(change(), 1..12)) {
        let text = changed(&EXPORT, &changes);
        let home = TimeZone::UTC;
        let mut validator = Validator::new(&home, &|_| None);
        if let Some(mut items) = Items::open(&text[..]).unwrap() {
            let mut tree = Tree::default();
            loop {
                match items.next(&mut tree).unwrap() {
                    Next::Element | Next::Unclosed => validator.add(tree.root().unwrap(), Attached::default()),
                    Next::Damaged { reason, item } => validator.add_damaged(reason, item),
                    Next::End { .. } => break,
                }
            }
        }
        let batch = validator.finish();
        prop_assert!(batch.samples.iter().all(|sample| (sample.item as usize) < batch.items.len()));
        prop_assert!(batch.samples.iter().all(|sample| sample.span >= 0 && (sample.series as usize) < batch.series.len()));
        prop_assert!(batch.items.iter().all(|name| (*name as usize) < batch.item_names.len()));
    }

    #[test]
    fn changed_files_beside_it_are_read_or_refused(changes in prop::collection::vec(change(), 1..12)) {
        let read = |name: &str| changed(&std::fs::read(fixture().join(name)).unwrap(), &changes);
        let _ = gpx::points(&read("workout-routes/route_nobody.gpx"));
        let home = TimeZone::UTC;
        let mut validator = Validator::new(&home, &|_| None);
        let file = Beside { name: "ecg.csv", body: read("electrocardiograms/ecg_2024-01-10.csv") };
        let told = validator.add_ecg(&file);
        prop_assert_eq!(validator.finish().events.len(), usize::from(told.is_ok()));
    }

    #[test]
    fn a_changed_zip_is_read_or_refused(changes in prop::collection::vec(change(), 1..6)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.zip");
        std::fs::write(&path, changed(&fixture_zip(), &changes)).unwrap();
        if let Err(fault) = Receiver::count_export(&TimeZone::UTC, &path, &Progress::default()) {
            prop_assert!(fault.to_string().len() > 20);
        }
    }
}
