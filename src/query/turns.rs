//! Turns for questions, shared fairly: so many at once, and a few more for people of whom nothing runs yet, so that somebody
//! who asks for everything at once keeps nobody else waiting. Of those that wait, the one of whose person least runs is next,
//! and of equals the one that has waited longest.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

#[derive(Clone)]
pub struct Turns(Arc<Inside>);

struct Inside {
    /// That anybody may have.
    most: usize,
    /// Beyond those, for people who have none.
    more: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: HashMap<i64, usize>,
    all: usize,
    waiting: VecDeque<(i64, oneshot::Sender<Turn>)>,
}

/// Somebody's turn, over when it is dropped.
pub struct Turn {
    turns: Turns,
    person: i64,
}

impl Turns {
    pub fn new(most: usize, more: usize) -> Turns {
        Turns(Arc::new(Inside { most, more, state: Mutex::default() }))
    }

    /// Waits for a turn of a person's. Whoever stops waiting is passed over.
    pub async fn take(&self, person: i64) -> Turn {
        let asked = {
            let mut state = self.state();
            if self.may_begin(&state, person) {
                state.begin(person);
                return self.turn(person);
            }
            let (sender, asked) = oneshot::channel();
            state.waiting.push_back((person, sender));
            asked
        };
        // The sender is dropped only with the state, which this holds.
        match asked.await {
            Ok(turn) => turn,
            Err(_) => std::future::pending().await,
        }
    }

    fn turn(&self, person: i64) -> Turn {
        Turn { turns: self.clone(), person }
    }

    fn may_begin(&self, state: &State, person: i64) -> bool {
        let beyond = if state.running.contains_key(&person) { 0 } else { self.0.more };
        state.all < self.0.most + beyond
    }

    /// Takes out whoever is next.
    fn next(&self, state: &mut State) -> Option<(i64, oneshot::Sender<Turn>)> {
        state.waiting.retain(|(_, sender)| !sender.is_closed());
        let may = state.waiting.iter().enumerate().filter(|(_, (person, _))| self.may_begin(state, *person));
        let least = may.min_by_key(|(_, (person, _))| state.running.get(person).copied().unwrap_or(0));
        let place = least?.0;
        state.waiting.remove(place)
    }

    fn end(&self, person: i64) {
        let granted = {
            let mut state = self.state();
            state.end(person);
            let next = self.next(&mut state);
            next.inspect(|(person, _)| state.begin(*person))
        };
        // One who has just stopped waiting gives the turn back, which comes here again.
        if let Some((person, sender)) = granted {
            let _ = sender.send(self.turn(person));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here runs anybody else's code.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self, person: i64) {
        self.all += 1;
        *self.running.entry(person).or_default() += 1;
    }

    fn end(&mut self, person: i64) {
        self.all -= 1;
        match self.running.get(&person).copied() {
            Some(count) if count > 1 => _ = self.running.insert(person, count - 1),
            _ => _ = self.running.remove(&person),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.end(self.person);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn at_once(turns: &Turns, person: i64) -> Option<Turn> {
        tokio::time::timeout(Duration::from_millis(20), turns.take(person)).await.ok()
    }

    #[tokio::test]
    async fn who_has_nothing_running_gets_in_beside_who_has_taken_all() {
        let turns = Turns::new(2, 1);
        let first = at_once(&turns, 1).await.unwrap();
        let _second = at_once(&turns, 1).await.unwrap();
        assert!(at_once(&turns, 1).await.is_none());
        let other = at_once(&turns, 2).await.unwrap();
        assert!(at_once(&turns, 2).await.is_none() && at_once(&turns, 3).await.is_none());
        drop(first);
        assert!(at_once(&turns, 1).await.is_none(), "two run, and that is all for somebody with one");
        let third = at_once(&turns, 3).await.unwrap();
        drop((other, third));
        assert!(at_once(&turns, 1).await.is_some(), "those who stopped waiting hold nothing");
    }

    #[tokio::test]
    async fn of_those_who_wait_the_one_with_least_is_next() {
        let turns = Turns::new(2, 0);
        let (first, second) = (turns.take(1).await, turns.take(1).await);
        let wait = |person: i64| {
            let turns = turns.clone();
            tokio::spawn(async move { turns.take(person).await })
        };
        let greedy: Vec<_> = (0..10).map(|_| wait(1)).collect();
        tokio::task::yield_now().await;
        let other = wait(2);
        tokio::task::yield_now().await;
        drop(first);
        let turn = tokio::time::timeout(Duration::from_secs(5), other).await.unwrap().unwrap();
        assert!(greedy.iter().all(|waiting| !waiting.is_finished()));
        drop((turn, second));
        for waiting in greedy {
            drop(tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap());
        }
        let state = turns.state();
        assert_eq!((state.all, state.running.len(), state.waiting.len()), (0, 0, 0));
    }
}
