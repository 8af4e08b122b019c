//! A client that never treats a status as a failure: the tests look at it.

use std::io::Read;

use serde_json::Value;
use ureq::{Agent, Body, SendBody, http};

/// Talks to one server with one key.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    key: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    /// The body as JSON, whatever the status.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|fault| panic!("{fault}: {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON after checking the status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// Checks that this is a problem of that status, and gives its `detail`.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let problem = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert!(problem["type"].as_str().unwrap().starts_with("urn:health-export:problem:"), "{problem}");
        assert_eq!(problem["status"], status);
        problem["detail"].as_str().unwrap().to_owned()
    }
}

impl Client {
    pub fn new(base: &str, key: Option<&str>) -> Client {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Client { agent, base: base.to_owned(), key: key.map(str::to_owned) }
    }

    pub fn with_key(&self, key: Option<&str>) -> Client {
        Client { key: key.map(str::to_owned), ..self.clone() }
    }

    /// The same on connections of its own.
    pub fn fresh(&self) -> Client {
        Client::new(&self.base, self.key.as_deref())
    }

    /// Where the server is, without a path.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// One request; `None` when no answer came.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match method {
            "GET" | "HEAD" | "DELETE" => self.agent.run(request.body(SendBody::none()).unwrap()),
            // In chunks it would have an end, which a server that wants no body need not read.
            _ if body.is_empty() => self.agent.run(request.body(()).unwrap()),
            _ => self.agent.run(request.body(SendBody::from_reader(&mut { body })).unwrap()),
        };
        answer.ok().and_then(read)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    #[track_caller]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request("GET", path, headers, b"").expect("no answer")
    }

    #[track_caller]
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.request("POST", path, headers, body).expect("no answer")
    }

    /// Posts a delivery.
    #[track_caller]
    pub fn ingest(&self, body: &Value) -> Answer {
        self.post("/api/v1/ingest", &[], body.to_string().as_bytes())
    }
}

fn read(answer: http::Response<Body>) -> Option<Answer> {
    let (parts, body) = answer.into_parts();
    let mut bytes = Vec::new();
    body.into_reader().read_to_end(&mut bytes).ok()?;
    Some(Answer { status: parts.status.as_u16(), headers: parts.headers, bytes })
}
