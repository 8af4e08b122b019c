//! The memory that parsing needs beside the body: a copy to unescape texts in, an index, and the tape.
//!
//! It is reused from body to body, because the parser's speed is lost when it gets its memory anew each time. Only that of
//! small bodies is kept, and of no more of them than are parsed at once, so that idling costs little.

use std::sync::{Mutex, PoisonError};

use simd_json::tape::{Tape, Value};
use simd_json::{Buffers, INPUT_PADDING, fill_tape_padded};

/// The largest body whose memory is kept, in bytes, and for how many.
const KEPT_BELOW: usize = 1 << 20;
const KEPT: usize = 4;

static SPARE: Mutex<Vec<Scratch>> = Mutex::new(Vec::new());

struct Scratch {
    text: Vec<u8>,
    buffers: Buffers,
    tape: Tape<'static>,
}

/// Parses `body` and hands the root of its tape to `read`.
pub fn with_tape<T>(body: &[u8], read: impl FnOnce(Value) -> T) -> simd_json::Result<T> {
    let keeps = body.len() <= KEPT_BELOW;
    let Scratch { mut text, mut buffers, tape } = if keeps { take() } else { Scratch::empty() };
    // The parser writes into what it reads, and the body must stay as it was sent.
    text.clear();
    text.reserve_exact(body.len() + INPUT_PADDING);
    text.extend_from_slice(body);
    text.resize(body.len() + INPUT_PADDING, 0);
    let mut tape = tape.reset();
    let filled = fill_tape_padded(&mut text, body.len(), &mut buffers, &mut tape);
    let buffers = keeps.then_some(buffers);
    let done = filled.map(|()| read(tape.as_value()));
    let tape = tape.reset();
    if let Some(buffers) = buffers {
        put_back(Scratch { text, buffers, tape });
    }
    done
}

impl Scratch {
    fn empty() -> Scratch {
        Scratch { text: Vec::new(), buffers: Buffers::default(), tape: Tape::null() }
    }
}

fn take() -> Scratch {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_else(Scratch::empty)
}

fn put_back(scratch: Scratch) {
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    if spare.len() < KEPT {
        spare.push(scratch);
    }
}
