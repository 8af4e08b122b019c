//! Holds off one person learning from another's data, even that it exists.

use health_export::model::key::Scope;
use serde_json::json;

use crate::support::{InProcess, body};

#[test]
fn what_only_another_has_sent_does_not_exist() {
    let server = InProcess::start();
    let points = json!([{"date": "2024-01-01 00:00:00 +0000", "qty": 1, "source": "Robin's Ring"}]);
    server.client.ingest(&body("secret_habit", "times", points)).expect(200);
    let other = server.client.with_key(Some(&server.key("other", &[Scope::Read, Scope::Export])));

    server.client.get("/api/v1/data/secret_habit").expect(200);
    server.client.get("/api/v1/data/secret_habit?source=robin's+ring").expect(200);
    assert_eq!(other.get("/api/v1/metrics").expect(200)["metrics"], json!([]));
    for path in ["data/secret_habit", "aggregate/secret_habit", "export/samples?metric=secret_habit"] {
        let (theirs, nobodys) = (other.get(&format!("/api/v1/{path}")), path.replace("secret", "unheard"));
        assert_eq!(
            theirs.problem(404).replace("secret", "unheard"),
            other.get(&format!("/api/v1/{nobodys}")).problem(404)
        );
    }
    other.get("/api/v1/data/step_count?source=Robin's+Ring").problem(400);
}
