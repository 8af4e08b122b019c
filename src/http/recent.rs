//! The last requests to the ingest addresses, for whoever sets up a phone and wants to see it arrive, or why it does not.
//!
//! A layer around these addresses sees what never gets as far as a handler, such as a request without a key. What it keeps is
//! in memory only and says nothing of a body, a key or a query. Those that nobody can be made responsible for push out one
//! another first, so that a script which tries keys does not hide the phone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::percent_decode_str;
use tokio::sync::broadcast::{Receiver, Sender};

use crate::http::auth::{self, Asker};
use crate::http::doors::Doors;
use crate::http::figures;
use crate::http::problem::Problem;
use crate::http::verdict::{Shown, Verdict};

/// How many are kept, and how many of them without a person while there are others.
const KEPT: usize = 50;
const OF_NOBODY: usize = KEPT / 2;

/// Most characters of what a sender says about itself.
const NAME: usize = 80;

/// In the place of a status where the sender has left before there was one, as other servers write it too.
const HUNG_UP: u16 = 499;

/// One request and what became of it.
#[derive(Debug)]
pub struct Seen {
    pub id: u64,
    /// UTC epoch seconds.
    pub at: i64,
    pub endpoint: String,
    pub status: u16,
    pub verdict: Verdict,
    pub automation: Option<String>,
    /// Whose key it had.
    pub user: Option<i64>,
    pub client: Option<String>,
    pub milliseconds: u64,
}

/// The last ones, and those who wait for the next.
pub struct Recent {
    kept: Mutex<Kept>,
    live: Sender<Arc<Seen>>,
}

#[derive(Default)]
struct Kept {
    /// Oldest first.
    seen: VecDeque<Arc<Seen>>,
    last_id: u64,
}

impl Recent {
    pub fn new() -> Recent {
        Recent { kept: Mutex::default(), live: Sender::new(KEPT) }
    }

    /// Those that are kept, oldest first.
    pub fn list(&self) -> Vec<Arc<Seen>> {
        self.kept().seen.iter().cloned().collect()
    }

    /// The same, and all that come after them.
    pub fn follow(&self) -> (Vec<Arc<Seen>>, Receiver<Arc<Seen>>) {
        let kept = self.kept();
        (kept.seen.iter().cloned().collect(), self.live.subscribe())
    }

    fn add(&self, seen: Seen) {
        let mut kept = self.kept();
        kept.last_id += 1;
        let seen = Arc::new(Seen { id: kept.last_id, ..seen });
        if kept.seen.len() == KEPT {
            let place = kept.least_wanted();
            kept.seen.remove(place);
        }
        kept.seen.push_back(seen.clone());
        // Nobody may be looking on.
        let _ = self.live.send(seen);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic in between leaves at worst one request too few.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn least_wanted(&self) -> usize {
        let of_nobody = |seen: &Arc<Seen>| seen.user.is_none();
        match self.seen.iter().filter(|seen| of_nobody(seen)).count() {
            many if many > OF_NOBODY => self.seen.iter().position(of_nobody).unwrap_or(0),
            _ => 0,
        }
    }
}

/// The layer: notes a request once it is answered, or its sender has left.
pub async fn notice(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let shown = Shown::of(auth::key_with_data(&request).as_deref());
    let noting = Noting::begin(doors, &request);
    let response = next.run(request).await;
    let user = response.extensions().get::<Asker>().map(|asker| asker.0);
    noting.end(response.status().as_u16(), verdict(&response, shown), user);
    response
}

/// A request that is not answered yet. Dropped before that, its sender has hung up, or we have failed.
struct Noting {
    doors: Doors,
    begun: Instant,
    seen: Option<Seen>,
}

impl Noting {
    fn begin(doors: Doors, request: &Request) -> Noting {
        let headers = request.headers();
        let seen = Seen {
            id: 0,
            at: 0,
            endpoint: figures::endpoint(request).to_owned(),
            status: 0,
            verdict: Verdict::of_hang_up(),
            automation: automation(headers),
            user: None,
            client: client(headers),
            milliseconds: 0,
        };
        Noting { doors, begun: Instant::now(), seen: Some(seen) }
    }

    fn end(mut self, status: u16, verdict: Verdict, user: Option<i64>) {
        self.note(status, verdict, user);
    }

    fn note(&mut self, status: u16, verdict: Verdict, user: Option<i64>) {
        let Some(seen) = self.seen.take() else { return };
        let (at, milliseconds) = (crate::sys::clock::now().as_second(), self.begun.elapsed().as_millis() as u64);
        self.doors.recent.add(Seen { at, status, verdict, user, milliseconds, ..seen });
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        match std::thread::panicking() {
            true => self.note(500, Verdict::of_problem(&Problem::internal(), Shown::Whole), None),
            false => self.note(HUNG_UP, Verdict::of_hang_up(), None),
        }
    }
}

fn verdict(response: &Response, shown: Shown) -> Verdict {
    let known = response.extensions();
    let of_problem = |problem: &Problem| Verdict::of_problem(problem, shown);
    let told = known.get::<Verdict>().cloned().or_else(|| known.get::<Problem>().map(of_problem));
    told.unwrap_or_else(|| {
        let text = if response.status().is_success() { "it was taken" } else { "it was refused" };
        Verdict { text: text.into(), hint: None, delivery: None }
    })
}

fn automation(headers: &HeaderMap) -> Option<String> {
    let name = String::from_utf8_lossy(headers.get("automation-name")?.as_bytes()).into_owned();
    plain(&name, |letter| !letter.is_control())
}

/// The first word of the user agent, which is the name of the program: an iPhone sends `Health%20Auto%20Export/8.1 CFNetwork/...`.
fn client(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    let first = agent.split_whitespace().next()?.split('/').next()?;
    let name = percent_decode_str(first).decode_utf8_lossy();
    plain(&name, |letter| letter == ' ' || letter.is_ascii_graphic())
}

fn plain(text: &str, wanted: impl Fn(char) -> bool) -> Option<String> {
    let kept: String = text.chars().filter(|letter| wanted(*letter)).take(NAME).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(user: Option<i64>, milliseconds: u64) -> Seen {
        let verdict = Verdict { text: String::new(), hint: None, delivery: None };
        Seen {
            id: 0,
            at: 0,
            endpoint: String::new(),
            status: 200,
            verdict,
            automation: None,
            user,
            client: None,
            milliseconds,
        }
    }

    #[test]
    fn it_is_bounded_and_ids_go_on() {
        let recent = Recent::new();
        (0..1000).for_each(|at| recent.add(seen(Some(1), at)));
        let ids: Vec<u64> = recent.list().iter().map(|seen| seen.id).collect();
        assert_eq!(ids, (951..=1000).collect::<Vec<u64>>());
    }

    #[test]
    fn strangers_do_not_push_out_people() {
        let recent = Recent::new();
        (0..10).for_each(|at| recent.add(seen(Some(1), at)));
        (0..1000).for_each(|at| recent.add(seen(None, at)));
        let kept = recent.list();
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept.iter().filter(|seen| seen.user.is_some()).count(), 10);
        assert_eq!(kept.last().map(|seen| seen.milliseconds), Some(999), "the newest of them is there");
        (0..1000).for_each(|at| recent.add(seen(Some(1), at)));
        assert!(recent.list().iter().all(|seen| seen.user.is_some()), "strangers have no place of their own");
    }

    #[test]
    fn who_follows_misses_nothing_and_sees_nothing_twice() {
        let recent = Recent::new();
        recent.add(seen(None, 1));
        let (before, mut live) = recent.follow();
        recent.add(seen(None, 2));
        assert_eq!(before.iter().map(|seen| seen.id).collect::<Vec<_>>(), [1]);
        assert_eq!(live.try_recv().unwrap().id, 2);
        assert!(live.try_recv().is_err());
    }

    #[test]
    fn names_are_short_and_plain() {
        let headers = |agent: &str| HeaderMap::from_iter([(header::USER_AGENT, agent.parse().unwrap())]);
        let of = |agent: &str| client(&headers(agent));
        assert_eq!(of("Health%20Auto%20Export/8.1 CFNetwork/1 Darwin/2").as_deref(), Some("Health Auto Export"));
        assert_eq!(of("curl/8.5.0").as_deref(), Some("curl"));
        assert_eq!(of("%1b[31m%00%F0%9F%98%80/1").as_deref(), Some("[31m"));
        assert_eq!(of("/"), None);
        assert_eq!(of(&"a".repeat(5000)).map(|name| name.len()), Some(NAME));
        assert_eq!(client(&HeaderMap::new()), None);
    }
}
