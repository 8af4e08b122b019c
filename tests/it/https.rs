//! Holds off a server that says HTTPS and is none, that must be started anew for each certificate, or that one client can stall.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{RealServer, command};

type Secure = StreamOwned<ClientConnection, TcpStream>;

/// Writes a key as it has to be: for nobody else to read.
fn write_key(path: &Path, pem: &str) {
    fs::write(path, pem).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Writes a certificate of its own making and its key into a folder.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    write_key(&folder.join("key.pem"), &made.signing_key.serialize_pem());
    made.cert.der().clone()
}

fn serve(folder: &Path) -> RealServer {
    let [certificate, key] = ["cert.pem", "key.pem"].map(|file| folder.join(file).display().to_string());
    RealServer::start_with(&folder.join("data"), &["--tls-cert", &certificate, "--tls-key", &key])
}

fn plain(server: &RealServer) -> TcpStream {
    let stream = TcpStream::connect(server.base.strip_prefix("https://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Connects, trusting these certificates and no other.
fn connect(server: &RealServer, trusted: &[CertificateDer<'static>]) -> Secure {
    let mut roots = RootCertStore::empty();
    trusted.iter().for_each(|certificate| roots.add(certificate.clone()).unwrap());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(connection, plain(server))
}

/// One request on a connection that stays open.
fn get(stream: &mut Secure, path: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let (mut answer, mut piece) = (String::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "the connection ended after {answer:?}");
        answer.push_str(std::str::from_utf8(&piece[..read]).unwrap());
        let Some((head, body)) = answer.split_once("\r\n\r\n") else { continue };
        let of = |line: &str| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok();
        if head.lines().find_map(of).unwrap() == body.len() {
            return answer;
        }
    }
}

#[track_caller]
fn is_well(stream: &mut Secure) {
    let answer = get(stream, "/health");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""status":"ok""#), "{answer}");
}

fn shown(stream: &Secure) -> CertificateDer<'static> {
    stream.conn.peer_certificates().unwrap()[0].clone().into_owned()
}

fn hang_up(server: &RealServer) {
    let told = Command::new("kill").args(["-HUP", &server.process.id().to_string()]).status().unwrap();
    assert!(told.success());
    std::thread::sleep(Duration::from_millis(500));
}

#[test]
fn a_new_certificate_is_used_without_a_new_start_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = certify(folder.path());
    let server = serve(folder.path());
    let mut early = connect(&server, std::slice::from_ref(&first));
    is_well(&mut early);
    assert_eq!(shown(&early), first);

    let second = certify(folder.path());
    hang_up(&server);
    let both = [first, second.clone()];
    let mut late = connect(&server, &both);
    is_well(&mut late);
    assert_eq!(shown(&late), second);
    is_well(&mut early);

    // The certificate of another key, and then no certificate at all.
    fs::write(folder.path().join("key.pem"), rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    hang_up(&server);
    fs::write(folder.path().join("cert.pem"), "none").unwrap();
    hang_up(&server);
    let mut later = connect(&server, &both);
    is_well(&mut later);
    assert_eq!(shown(&later), second);
    is_well(&mut early);
    is_well(&mut late);
}

#[test]
fn clients_who_stall_or_speak_plainly_hold_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = certify(folder.path());
    let server = serve(folder.path());
    let stalled: Vec<TcpStream> = (0..60)
        .map(|number| {
            let mut stream = plain(&server);
            // Half of them say nothing, half begin a handshake.
            stream.write_all(if number % 2 == 0 { b"" } else { b"\x16\x03\x01" }).unwrap();
            stream
        })
        .collect();
    let begun = Instant::now();
    is_well(&mut connect(&server, &[certificate]));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());

    let mut stream = plain(&server);
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.ends_with("begin the address with https"), "{answer}");

    for mut stream in stalled {
        // Given up after ten seconds; what a client hears of it does not matter.
        let _ = stream.read(&mut [0; 100]);
    }
    let waited = begun.elapsed();
    assert!(waited > Duration::from_secs(8) && waited < Duration::from_secs(18), "{waited:?}");
}

#[test]
fn files_that_are_no_certificate_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    let path = |file: &str| folder.path().join(file).display().to_string();
    write_key(Path::new(&path("other.pem")), &rcgen::KeyPair::generate().unwrap().serialize_pem());
    fs::copy(path("key.pem"), path("open.pem")).unwrap();
    fs::set_permissions(path("open.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path("text.pem"), "no certificate").unwrap();
    let cases = [
        ("none.pem", "key.pem", "tls_cert"),
        ("text.pem", "key.pem", "tls_cert"),
        ("cert.pem", "none.pem", "tls_key"),
        ("cert.pem", "text.pem", "tls_key"),
        ("cert.pem", "other.pem", "does not go with"),
        ("cert.pem", "open.pem", "can be read by every account of this machine: close it (chmod o-rwx"),
        ("cert.pem", "", "tls_key"),
    ];
    for (certificate, key, expected) in cases {
        let key = if key.is_empty() { String::new() } else { path(key) };
        let done = command(&folder.path().join("data"))
            .args(["serve", "--listen", "127.0.0.1:0", "--tls-cert", &path(certificate), "--tls-key", &key])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && text.contains(expected), "{certificate} {key}: {text}");
    }
}
