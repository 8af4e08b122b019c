//! The clock jumps, as it does on a board without a battery. Deliveries keep the order in which they came, none is lost or
//! doubled, a key ends by the clock of the day, and `check` says when the clock is behind.

use std::collections::BTreeSet;
use std::process::Stdio;

use crate::ledger::{SMALL, Visitor};
use crate::preload::Preload;
use crate::support::{Client, RealServer, command};

const DAY: i64 = 86_400;

/// Where the clock goes, delivery by delivery, in seconds from what it is.
const JUMPS: [i64; 8] = [0, 10 * DAY, -400 * DAY, 3600, -3600, -20_000 * DAY, 30 * DAY, 0];

/// All deliveries, newest first, a few to a page.
fn listed(client: &Client) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/v1/deliveries?limit=3{cursor}")).expect(200);
        let ids = page["deliveries"].as_array().unwrap().iter();
        found.extend(ids.map(|delivery| delivery["delivery"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[test]
fn a_clock_that_jumps_changes_neither_order_nor_counts() {
    let (folder, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Some(preload) = Preload::new(work.path()) else { return };
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let short = command(folder.path())
        .args(["key", "create", "--name", "short", "--scope", "read", "--expires", "5d"])
        .output()
        .unwrap();
    let short = String::from_utf8(short.stdout).unwrap().trim().to_owned();
    let mut command_line = command(folder.path());
    preload.load(&mut command_line).stderr(Stdio::null());
    let server = RealServer::run(command_line, &[]);
    let client = Client::new(&server.base, Some(&key));
    let mut posted = Vec::new();
    for (number, jump) in (0..).zip(JUMPS) {
        preload.set_clock(jump);
        posted.push(SMALL.store(&client, number));
        assert_eq!(listed(&client), posted.iter().rev().cloned().collect::<Vec<_>>(), "after a jump of {jump} s");
        let expected = if jump > 5 * DAY { 401 } else { 200 };
        let answer = Client::new(&server.base, Some(&short)).get("/api/v1/metrics");
        assert_eq!(answer.status, expected, "a key of five days after a jump of {jump} s");
        assert_eq!(client.get("/api/v1/aggregate/made_up_small?bucket=day").status, 200);
    }
    assert_eq!(posted.iter().collect::<BTreeSet<_>>().len(), JUMPS.len(), "an id was given twice");
    assert_eq!(Visitor::open(folder.path()).all_samples(SMALL), JUMPS.len() as i64 * SMALL.samples);
    drop(server);
    let checked = command(folder.path()).arg("check").output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(!checked.status.success() && said.contains("WRONG clock"), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("WRONG")).count(), 1, "{said}");
    println!("{} jumps", JUMPS.len());
}
