//! The one error type below HTTP.
//!
//! Lower layers do not know status codes. They say what went wrong in words a person can act on, and `http/problem`
//! maps each variant to one status in one exhaustive match, so a new variant must be placed there.

use std::fmt::Display;
use std::io::ErrorKind;

/// The system's number for an input or output that failed (EIO), which the library has no kind for.
const IO_FAILED: i32 = 5;

/// What can go wrong between a request and the file. Display texts are shown to the caller, except `Internal`.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The caller asked for something that makes no sense; the text names the parameter and says what would.
    #[error("{0}")]
    BadRequest(String),
    /// The thing asked for does not exist.
    #[error("{0}")]
    NotFound(String),
    /// What is asked contradicts what there is; the text says how to go on.
    #[error("{0}")]
    Conflict(String),
    /// The body is of no kind we know; it is kept in quarantine under the delivery.
    #[error("{reason}")]
    NotUnderstood { reason: String, delivery: Option<String> },
    /// More bytes than the limit allows.
    #[error("{0}")]
    TooLarge(String),
    /// A content encoding that cannot be undone.
    #[error("{0}")]
    BadEncoding(String),
    /// Every slot is taken; trying again in a moment will work.
    #[error("{0}")]
    Busy(String),
    /// The same, where it is known how many seconds to wait.
    #[error("{reason}: send it again in {}", seconds_in_words(*.seconds))]
    Full { reason: String, seconds: u64 },
    /// What the machine cannot do just now; the text says what, without saying where.
    #[error("{0}")]
    Unavailable(String),
    /// A question took longer than its limit.
    #[error("{0}")]
    TimedOut(String),
    /// No space left for a write.
    #[error("the disk is full: nothing was stored; free some space and send it again")]
    DiskFull,
    /// The same for what is no delivery; the text says what was given up and how much is needed.
    #[error("{0}")]
    NoSpace(String),
    /// The disk does not do what it is told, for another reason than being full; the text goes to the log.
    #[error("the disk could not be read or written: nothing was stored; the log says why; send it again later")]
    DiskFault(String),
    /// The database contradicts itself; the text goes to the log.
    #[error(
        "the database is damaged, so nothing is stored any more: stop the server, run `health-export check` to see \
         what is wrong, and restore a backup"
    )]
    Damaged(String),
    /// Everything else: the text goes to the log, never to the caller.
    #[error("{0}")]
    Internal(String),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wraps a fault of the machine or of ours, naming what was being done.
    pub fn internal(doing: &str, fault: impl Display) -> Self {
        Error::Internal(format!("{doing}: {fault}"))
    }

    /// What a question ends with whose time is over, or for which nobody waits any more.
    pub fn stopped() -> Self {
        Error::TimedOut("the question was stopped before its answer was ready".into())
    }

    /// An input or output fault, with a full disk told apart.
    pub fn io(doing: &str, fault: &std::io::Error) -> Self {
        match fault.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Error::DiskFull,
            ErrorKind::ReadOnlyFilesystem => Error::DiskFault(format!("{doing}: {fault}")),
            _ if fault.raw_os_error() == Some(IO_FAILED) => Error::DiskFault(format!("{doing}: {fault}")),
            _ => Error::internal(doing, fault),
        }
    }

    /// Whether the disk or the file on it is to blame.
    pub fn is_of_the_disk(&self) -> bool {
        matches!(self, Error::DiskFull | Error::DiskFault(_) | Error::Damaged(_))
    }

    /// What is for the log, where the text for the caller does not say it.
    pub fn cause(&self) -> Option<&str> {
        match self {
            Error::DiskFault(cause) | Error::Damaged(cause) => Some(cause),
            _ => None,
        }
    }
}

fn seconds_in_words(seconds: u64) -> String {
    if seconds == 1 { "a second".into() } else { format!("{seconds} seconds") }
}
