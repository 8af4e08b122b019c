//! Figures that the server tells of itself at /metrics. What it does not tell is unknown, never 0.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::client::{Ask, Client};
use crate::measure::expect::Expect;

const EVERY: Duration = Duration::from_millis(250);

/// The sum of a figure over all its labels.
pub fn figure(text: &str, name: &str) -> Option<f64> {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name).filter(|rest| rest.starts_with(['{', ' ']))?;
        rest.rsplit(' ').next()?.parse::<f64>().ok()
    });
    values.reduce(|sum, value| sum + value)
}

pub async fn read(client: &Client) -> Option<String> {
    let ask = Ask::get("metrics", "/metrics", Expect::Healthy).encoded("identity");
    let answer = client.send(&ask).await.ok().filter(|answer| answer.status == 200)?;
    String::from_utf8(answer.wire).ok()
}

/// Looks at the readers of the pool again and again, over a connection of its own.
pub struct Pool(JoinHandle<()>, Arc<Most>);

impl Pool {
    pub fn watch(client: &Client) -> Pool {
        let most = Arc::new(Most::default());
        let (client, seen) = (client.beside(1), most.clone());
        let looking = tokio::spawn(async move {
            while let Some(text) = read(&client).await {
                add(&seen, &text);
                tokio::time::sleep(EVERY).await;
            }
        });
        Pool(looking, most)
    }

    /// Most readers in use at once, and how many there are.
    pub fn finish(self) -> (Option<f64>, Option<f64>) {
        self.0.abort();
        *self.1.lock().expect("no panic holds it")
    }
}

type Most = std::sync::Mutex<(Option<f64>, Option<f64>)>;

fn add(seen: &Most, text: &str) {
    let mut most = seen.lock().expect("no panic holds it");
    most.0 = largest(most.0, figure(text, "health_export_connection_pool_active"));
    most.1 = largest(most.1, figure(text, "health_export_connection_pool_size"));
}

fn largest(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}
