//! A light HTTP client: kept-alive connections without anything around them, so that what is measured is the server.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::measure::answer::Answer;
use crate::measure::expect::Expect;

/// Longest that a request may take. One that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a browser accepts.
pub const ENCODINGS: &str = "gzip, br, zstd";

type Connection = SendRequest<Full<Bytes>>;
type Fault = (&'static str, String);

/// A question, and what a right answer to it is.
#[derive(Debug, Clone)]
pub struct Ask {
    pub name: &'static str,
    pub method: Method,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
    pub expect: Expect,
}

impl Ask {
    /// As a browser asks.
    pub fn get(name: &'static str, path: impl Into<String>, expect: Expect) -> Ask {
        let headers = vec![("accept-encoding", ENCODINGS.to_owned())];
        Ask { name, method: Method::GET, path: path.into(), headers, body: Bytes::new(), expect }
    }

    pub fn post(name: &'static str, body: Bytes, expect: Expect) -> Ask {
        let headers = vec![("content-type", "application/json".to_owned())];
        Ask { name, method: Method::POST, path: "/api/v1/ingest".into(), headers, body, expect }
    }

    pub fn encoded(mut self, encodings: &str) -> Ask {
        self.headers.retain(|(name, _)| *name != "accept-encoding");
        self.headers.push(("accept-encoding", encodings.to_owned()));
        self
    }

    /// Asks only whether the answer under this tag has changed.
    pub fn known(mut self, tag: &str, expect: Expect) -> Ask {
        self.headers.push(("if-none-match", tag.to_owned()));
        self.expect = expect;
        self
    }

    pub fn named(mut self, name: &'static str) -> Ask {
        self.name = name;
        self
    }
}

pub struct Client {
    pub address: SocketAddr,
    key: String,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Client {
    /// Asks over so many connections at most; who finds none free waits, and that counts.
    pub fn new(address: SocketAddr, key: &str, connections: usize) -> Arc<Client> {
        Arc::new(Client {
            address,
            key: key.into(),
            permits: Semaphore::new(connections),
            idle: Mutex::new(Vec::with_capacity(connections)),
        })
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// Another set of connections to the same server.
    pub fn beside(&self, connections: usize) -> Arc<Client> {
        Client::new(self.address, &self.key, connections)
    }

    pub async fn send(&self, ask: &Ask) -> Result<Answer, Fault> {
        match tokio::time::timeout(TIMEOUT, self.over_a_connection(ask)).await {
            Ok(answer) => answer,
            Err(_) => Err(("timeout", format!("no answer to {} within {} s", ask.path, TIMEOUT.as_secs()))),
        }
    }

    async fn over_a_connection(&self, ask: &Ask) -> Result<Answer, Fault> {
        let _permit = self.permits.acquire().await.map_err(|fault| ("client", fault.to_string()))?;
        let free = self.idle.lock().expect("no panic holds it").pop();
        let mut connection = match free.filter(|connection| !connection.is_closed()) {
            Some(connection) => connection,
            None => connect(self.address).await?,
        };
        let answer = self.exchange(&mut connection, ask).await?;
        self.idle.lock().expect("no panic holds it").push(connection);
        Ok(answer)
    }

    async fn exchange(&self, connection: &mut Connection, ask: &Ask) -> Result<Answer, Fault> {
        let lost = |fault: hyper::Error| ("connection", format!("{}: {fault}", ask.path));
        connection.ready().await.map_err(lost)?;
        let response = connection.send_request(self.request(ask)?).await.map_err(lost)?;
        let (head, body) = response.into_parts();
        let wire = body.collect().await.map_err(lost)?.to_bytes().to_vec();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, wire })
    }

    fn request(&self, ask: &Ask) -> Result<Request<Full<Bytes>>, Fault> {
        let mut request = Request::builder().method(ask.method.clone()).uri(&ask.path);
        request = request.header("host", self.address.to_string()).header("x-api-key", &self.key);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        request.body(Full::new(ask.body.clone())).map_err(|fault| ("client", fault.to_string()))
    }
}

async fn connect(address: SocketAddr) -> Result<Connection, Fault> {
    let refused = |fault: String| ("connection", format!("cannot connect: {fault}"));
    let stream = TcpStream::connect(address).await.map_err(|fault| refused(fault.to_string()))?;
    stream.set_nodelay(true).map_err(|fault| refused(fault.to_string()))?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|fault| refused(fault.to_string()))?;
    tokio::spawn(async move {
        // How a connection ended is told to the request that it ended.
        let _ = connection.await;
    });
    Ok(sender)
}
