//! Finished answers, kept in memory within a bound.
//!
//! The key of an answer holds the data version that it was made from, so what a delivery has overtaken is never found
//! again; it is thrown away as soon as the next question shows that the data has moved. The same question of several
//! clients at once is answered once: those who come second wait for the first.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderMap;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::error::Result;
use crate::http::coding::Coding;

/// The part of the memory that one answer may take.
const LARGEST_PART: u64 = 16;

/// Bytes of an answer beside its body, roughly.
const OVERHEAD: u64 = 512;

/// Bytes that a usual answer takes; a guess that saves growing.
const USUAL: u64 = 16 << 10;

/// What an answer is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub user: i64,
    pub data_version: i64,
    /// Of the question and of how the answer is written.
    pub digest: [u8; 16],
    pub coding: Coding,
}

/// An answer without what a client or a cache is told of it.
#[derive(Debug)]
pub struct Finished {
    /// What says how the body is to be read.
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub struct Answers {
    kept: Cache<Key, Arc<Finished>, Weight>,
    /// The latest data version that was asked for, by person.
    latest: Mutex<HashMap<i64, i64>>,
}

#[derive(Clone)]
struct Weight {
    /// An answer of more bytes is given to those who wait for it, but not kept.
    largest: u64,
}

impl Weighter<Key, Arc<Finished>> for Weight {
    fn weight(&self, _: &Key, answer: &Arc<Finished>) -> u64 {
        let bytes = answer.body.len() as u64 + OVERHEAD;
        if bytes > self.largest { u64::MAX } else { bytes }
    }
}

impl Answers {
    /// `bytes` is the most that is kept; with 0 nothing is.
    pub fn new(bytes: u64) -> Answers {
        let mut options = OptionsBuilder::new();
        // One shard, for the bound is meant for all answers together.
        options.shards(1).weight_capacity(bytes).estimated_items_capacity((bytes / USUAL) as usize);
        // Building fails only where a capacity was not given.
        let kept = match options.build() {
            Ok(options) => {
                let weight = Weight { largest: bytes / LARGEST_PART };
                Cache::with_options(options, weight, DefaultHashBuilder::default(), DefaultLifecycle::default())
            }
            Err(_) => Cache::with_weighter(0, 0, Weight { largest: 0 }),
        };
        Answers { kept, latest: Mutex::default() }
    }

    /// The answer that is kept under `key`, else the one that `make` makes, or that somebody else is making just now.
    pub async fn get(&self, key: Key, make: impl Future<Output = Result<Finished>>) -> Result<Arc<Finished>> {
        self.forget_overtaken(key.user, key.data_version);
        match self.kept.get_value_or_guard_async(&key).await {
            Ok(kept) => {
                metrics::counter!("health_export_cache_hits_total").increment(1);
                Ok(kept)
            }
            Err(place) => {
                metrics::counter!("health_export_cache_misses_total").increment(1);
                let made = Arc::new(make.await?);
                // Refused only when the place was taken away meanwhile, and then it need not be kept.
                let _ = place.insert(made.clone());
                Ok(made)
            }
        }
    }

    /// Throws away what a person's data has moved past.
    fn forget_overtaken(&self, user: i64, data_version: i64) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let known = latest.entry(user).or_insert(data_version);
        if *known < data_version {
            *known = data_version;
            drop(latest);
            self.kept.retain(|key, _| key.user != user || key.data_version >= data_version);
        }
    }

    /// Bytes that are kept, and in how many answers.
    pub fn size(&self) -> (u64, usize) {
        (self.kept.weight(), self.kept.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::error::Error;

    const KEY: Key = Key { user: 1, data_version: 1, digest: [0; 16], coding: Coding::Identity };

    fn answer(bytes: usize) -> Finished {
        Finished { headers: HeaderMap::new(), body: vec![7; bytes].into() }
    }

    async fn is_kept(answers: &Answers, key: Key) -> bool {
        let made = AtomicUsize::new(0);
        let make = async {
            made.fetch_add(1, Ordering::SeqCst);
            Err(Error::Internal("made again".into()))
        };
        let kept = answers.get(key, make).await.is_ok();
        assert_eq!(kept, made.load(Ordering::SeqCst) == 0);
        kept
    }

    #[tokio::test]
    async fn each_part_of_the_key_tells_answers_apart() {
        let answers = Answers::new(1 << 20);
        answers.get(KEY, async { Ok(answer(10)) }).await.unwrap();
        assert!(is_kept(&answers, KEY).await);
        let others = [
            Key { user: 2, ..KEY },
            Key { digest: [1; 16], ..KEY },
            Key { coding: Coding::Zstd, ..KEY },
            Key { data_version: 2, ..KEY },
        ];
        for other in others {
            assert!(!is_kept(&answers, other).await, "{other:?}");
        }
        assert!(!is_kept(&answers, KEY).await, "its data has moved");
        assert_eq!(answers.size(), (0, 0));
    }

    #[tokio::test]
    async fn the_bound_holds_and_large_answers_are_not_kept() {
        let bytes = 1 << 20;
        let answers = Answers::new(bytes);
        for at in 0..200 {
            let key = Key { digest: [at; 16], ..KEY };
            answers.get(key, async { Ok(answer(20_000)) }).await.unwrap();
            assert!(answers.size().0 <= bytes);
        }
        assert!(answers.size().1 > 40);
        let large = Key { digest: [255; 16], ..KEY };
        assert_eq!(answers.get(large, async { Ok(answer(bytes as usize / 16)) }).await.unwrap().body.len(), 1 << 16);
        assert!(!is_kept(&answers, large).await);
        let none = Answers::new(0);
        none.get(KEY, async { Ok(answer(1)) }).await.unwrap();
        assert!(!is_kept(&none, KEY).await);
    }

    #[tokio::test]
    async fn a_question_of_many_is_answered_once_and_a_failure_only_fails_its_own() {
        for bytes in [10, 1 << 20] {
            let (answers, made) = (Answers::new(1 << 20), AtomicUsize::new(0));
            let ask = |at: usize| {
                let (answers, made) = (&answers, &made);
                async move {
                    let make = async {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        match made.fetch_add(1, Ordering::SeqCst) {
                            0 => Err(Error::Internal("the first one fails".into())),
                            _ => Ok(answer(bytes)),
                        }
                    };
                    (at, answers.get(KEY, make).await.is_ok())
                }
            };
            let all = futures::future::join_all((0..20).map(ask)).await;
            assert_eq!(all.iter().filter(|(_, fine)| *fine).count(), 19);
            assert_eq!(made.load(Ordering::SeqCst), 2, "{bytes} bytes");
        }
    }
}
