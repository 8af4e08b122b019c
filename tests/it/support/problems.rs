//! What must hold of every refusal.

use super::{Answer, InProcess};

/// Checks that this is a problem of that status and type that says nothing about the machine; gives its `detail`.
#[track_caller]
pub fn refusal(server: &InProcess, answer: &Answer, status: u16, kind: &str) -> String {
    let detail = answer.problem(status);
    assert_eq!(answer.json()["type"], format!("urn:health-export:problem:{kind}"), "{detail}");
    assert!(detail.len() > 20 && detail.len() < 600, "not a sentence: {detail}");
    let text = answer.text();
    let folder = server.data_dir.path().display().to_string();
    for leak in [folder.as_str(), "/home/", "/root", "/tmp", ".rs", "panicked", "backtrace", "sqlite", "SQL", "tokio"] {
        assert!(!text.contains(leak), "it says {leak:?}: {text}");
    }
    detail
}
