//! HTTPS with a certificate from files.
//!
//! The certificate is looked up for each handshake, so a new one is used from the next connection on and those there are go on. A
//! pair of files that is not good, perhaps because only one of the two has been replaced yet, changes nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::AsyncWriteExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::{Error, Result};
use crate::http::socket::Socket;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(60);

/// The first byte of every TLS connection: a record of the handshake.
const TLS_RECORD: u8 = 0x16;

/// For whoever speaks plain HTTP here.
const PLAIN: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: 52\r\n\r\n\
    this port speaks HTTPS: begin the address with https";

/// Takes connections under TLS; cheap to clone.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    certificate: Arc<Certificate>,
}

/// The certificate in use, and where it is from.
#[derive(Debug)]
struct Certificate {
    provider: Arc<CryptoProvider>,
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Tls {
    /// Reads both files, PEM.
    pub fn load(certificate: &Path, key: &Path) -> Result<Tls> {
        let provider = Arc::new(ring::default_provider());
        let certificate = Arc::new(Certificate {
            current: RwLock::new(read(&provider, certificate, key)?),
            provider: provider.clone(),
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        });
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|fault| Error::internal("setting TLS up", fault))?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(certificate.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
    }

    /// Shakes hands, within a time.
    pub(super) async fn accept(&self, socket: Socket) -> io::Result<TlsStream<Socket>> {
        match timeout(HANDSHAKE, self.shake_hands(socket)).await {
            Ok(done) => done,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long")),
        }
    }

    async fn shake_hands(&self, mut socket: Socket) -> io::Result<TlsStream<Socket>> {
        let mut first = [0];
        if socket.stream().peek(&mut first).await? == 1 && first[0] != TLS_RECORD {
            turn_away(&mut socket).await?;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the client spoke no TLS"));
        }
        self.acceptor.accept(socket).await
    }

    /// Reads the files again when they have changed, or when SIGHUP says so.
    pub(super) async fn keep_reloading(self) {
        let mut told = match signal(SignalKind::hangup()) {
            Ok(told) => told,
            Err(fault) => {
                return tracing::error!("a new certificate needs a new start, for there are no signals: {fault}");
            }
        };
        let mut known = self.certificate.stamp();
        loop {
            let asked = timeout(LOOK, told.recv()).await.is_ok();
            let stamp = self.certificate.stamp();
            if asked || stamp != known {
                known = stamp;
                self.certificate.reload();
            }
        }
    }
}

impl Certificate {
    fn reload(&self) {
        match read(&self.provider, &self.certificate, &self.key) {
            Ok(new) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
                tracing::info!("the certificate was read again");
            }
            Err(fault) => tracing::warn!("the certificate stays as it was: {fault}"),
        }
    }

    /// Something else when a file has changed.
    fn stamp(&self) -> [Option<(SystemTime, u64)>; 2] {
        [&self.certificate, &self.key].map(|path| {
            let data = std::fs::metadata(path).ok()?;
            Some((data.modified().ok()?, data.len()))
        })
    }
}

/// Says where HTTPS is, in plain HTTP, and reads what was sent: else the answer might be lost with the connection.
async fn turn_away(socket: &mut Socket) -> io::Result<()> {
    socket.write_all(PLAIN.as_bytes()).await?;
    socket.shutdown().await?;
    let mut sent = [0; 1024];
    while socket.stream().readable().await.is_ok() {
        match socket.stream().try_read(&mut sent) {
            Ok(0) => break,
            Err(fault) if fault.kind() != io::ErrorKind::WouldBlock => return Err(fault),
            _ => {}
        }
    }
    Ok(())
}

/// Refuses a key that every account of the machine can read, which is no secret.
fn refuse_open(key: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // One that is not there is told of by whoever reads it.
    let is_open = std::fs::metadata(key).is_ok_and(|data| data.permissions().mode() & 0o004 != 0);
    match is_open {
        true => Err(Error::BadRequest(format!(
            "tls_key, the file {0}, can be read by every account of this machine: close it (chmod o-rwx {0}), and give it to the \
             account of the server",
            key.display()
        ))),
        false => Ok(()),
    }
}

/// A certificate with its chain, and the key that belongs to it.
fn read(provider: &CryptoProvider, certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>> {
    let wrong = |setting: &str, path: &Path, fault: &dyn std::fmt::Display| {
        Error::BadRequest(format!("{setting}, the file {}, is of no use: {fault}", path.display()))
    };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain: Vec<CertificateDer> = chain.map_err(|fault| wrong("tls_cert", certificate, &fault))?;
    if chain.is_empty() {
        return Err(wrong(
            "tls_cert",
            certificate,
            &"there is no certificate in it, which begins with BEGIN CERTIFICATE",
        ));
    }
    refuse_open(key)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|fault| wrong("tls_key", key, &fault))?;
    let pair = CertifiedKey::from_der(chain, secret, provider)
        .map_err(|fault| wrong("tls_key", key, &format!("it does not go with {}: {fault}", certificate.display())))?;
    Ok(Arc::new(pair))
}
