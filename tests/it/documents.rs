//! Holds off documents that are changed on their way, or that a browser would run.

use health_export::model::document::Document;
use health_export::model::key::Scope;
use health_export::model::sample::Batch;
use serde_json::json;

use crate::support::InProcess;
use crate::support::fill::deliver_items;

fn document(kind: &'static str, name: &str, media_type: &'static str, body: &[u8]) -> Document {
    Document { item: 0, kind, name: name.into(), media_type, body: body.to_vec() }
}

fn filled() -> InProcess {
    let server = InProcess::start();
    let documents = vec![
        document("clinical", "clinical-records/Observation 1.json", "application/json", b"{\"a\":1}"),
        document("cda", "export_cda.xml", "text/xml", b"<ClinicalDocument/>"),
        document("clinical", "../../\"x\r\n.html", "text/html", b"<script>alert(1)</script>"),
        document("profile", "", "application/json", &[b'x'; 5000]),
    ];
    deliver_items(&server.app, "documents", Batch { documents, ..Batch::default() });
    server
}

#[test]
fn documents_are_listed_by_page_and_handed_over_as_they_came() {
    let server = filled();
    let first = server.client.get("/api/v1/documents?limit=3").expect(200);
    let entry = json!({"id": first["documents"][0]["id"], "kind": "clinical",
                       "name": "clinical-records/Observation 1.json", "media_type": "application/json", "bytes": 7});
    assert_eq!((&first["documents"][0], first["documents"].as_array().unwrap().len()), (&entry, 3));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.client.get(&format!("/api/v1/documents?limit=3&cursor={cursor}")).expect(200);
    assert_eq!((second["documents"].as_array().unwrap().len(), second.get("next_cursor")), (1, None));
    let bodies: [(&str, &str, &[u8]); 2] = [
        ("application/json", "Observation_1.json", b"{\"a\":1}"),
        ("text/xml", "export_cda.xml", b"<ClinicalDocument/>"),
    ];
    for (at, (kind, name, body)) in bodies.into_iter().enumerate() {
        let one = server.client.get(&format!("/api/v1/documents/{}", first["documents"][at]["id"].as_str().unwrap()));
        assert_eq!((one.status, &*one.bytes, one.header("content-type")), (200, body, kind));
        assert_eq!(one.header("content-disposition"), format!("attachment; filename=\"{name}\""));
    }
}

#[test]
fn no_document_is_ever_shown_in_place() {
    let server = filled();
    let list = server.client.get("/api/v1/documents").expect(200);
    for entry in list["documents"].as_array().unwrap() {
        let one = server.client.get(&format!("/api/v1/documents/{}", entry["id"].as_str().unwrap()));
        assert_eq!(one.status, 200);
        let disposition = one.header("content-disposition");
        let name = disposition.strip_prefix("attachment; filename=\"").and_then(|rest| rest.strip_suffix('"')).unwrap();
        assert!(!name.is_empty() && !name.starts_with('.') && !name.contains(['/', '"', '\\']), "{disposition}");
        assert_eq!(one.header("x-content-type-options"), "nosniff");
        assert!(one.header("content-security-policy").contains("sandbox"));
    }
}

#[test]
fn documents_are_their_owners() {
    let server = filled();
    let id = server.client.get("/api/v1/documents").expect(200)["documents"][0]["id"].as_str().unwrap().to_owned();
    let other = server.client.with_key(Some(&server.key("other", &[Scope::Read])));
    other.get(&format!("/api/v1/documents/{id}")).problem(404);
    assert_eq!(other.get("/api/v1/documents").expect(200)["documents"], json!([]));
    for wrong in ["none", "999"] {
        server.client.get(&format!("/api/v1/documents/{wrong}")).problem(404);
    }
    let known = server.client.get(&format!("/api/v1/documents/{id}"));
    let again = server.client.get_with(&format!("/api/v1/documents/{id}"), &[("if-none-match", known.header("etag"))]);
    assert_eq!(again.status, 304);
}
