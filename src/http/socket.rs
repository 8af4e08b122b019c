//! A client's connection, with two things that the library's has not: it is ended when nothing can be written for too
//! long, because a client that does not read holds a place and memory of the system; and whoever works on an answer can
//! see that the client has ended its side.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures::FutureExt;
use rustix::net::{Shutdown, shutdown, sockopt};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How often it is looked whether a client has ended its side.
const LOOK: Duration = Duration::from_millis(500);

pub struct Socket {
    stream: Arc<TcpStream>,
    patience: Duration,
    /// Runs while nothing can be written.
    waiting: Option<Pin<Box<Sleep>>>,
}

/// What the client does, to whoever does not read.
#[derive(Clone)]
pub struct Side(Arc<TcpStream>);

impl Socket {
    /// `patience` is how long nothing may be written while there is something to write.
    pub fn new(stream: TcpStream, patience: Duration) -> Socket {
        // Answers are written whole, so waiting for more to send with them only costs time.
        if let Err(fault) = stream.set_nodelay(true) {
            tracing::debug!("a connection stays as it is: {fault}");
        }
        // So that what the system still has to send does not outlive the connection by a quarter of an hour.
        let milliseconds = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
        if let Err(fault) = sockopt::set_tcp_user_timeout(&stream, milliseconds) {
            tracing::debug!("a connection keeps the system's limit: {fault}");
        }
        Socket { stream: Arc::new(stream), patience, waiting: None }
    }

    pub fn side(&self) -> Side {
        Side(self.stream.clone())
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    fn write(
        &mut self,
        context: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            match self.stream.poll_write_ready(context) {
                Poll::Pending => return self.stuck(context),
                Poll::Ready(ready) => ready?,
            }
            match write(&self.stream) {
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => {}
                done => {
                    self.waiting = None;
                    return Poll::Ready(done);
                }
            }
        }
    }

    /// Waits on, unless that has taken too long.
    fn stuck(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(waiting.as_mut().poll(context));
        // What was not sent is forgotten at once, by the system too.
        let _ = sockopt::set_socket_linger(&*self.stream, Some(Duration::ZERO));
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the client did not read its answer")))
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(context))?;
            match self.stream.try_read(into.initialize_unfilled()) {
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => {}
                read => {
                    into.advance(read?);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(context, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(context, |stream| stream.try_write_vectored(pieces))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match shutdown(&*self.stream, Shutdown::Write) {
            // The client was faster.
            Err(rustix::io::Errno::NOTCONN) | Ok(()) => Poll::Ready(Ok(())),
            Err(fault) => Poll::Ready(Err(fault.into())),
        }
    }
}

impl Side {
    /// Ready when the client has ended its side `patience` ago, or has left altogether.
    pub async fn ended(&self, patience: Duration) {
        let mut since = None;
        loop {
            sleep(LOOK.min(patience)).await;
            let ready = self.0.ready(Interest::READABLE | Interest::WRITABLE).now_or_never();
            let Some(Ok(ready)) = ready else { continue };
            if ready.is_write_closed() || ready.is_error() {
                return;
            }
            if ready.is_read_closed() && since.get_or_insert_with(Instant::now).elapsed() >= patience {
                return;
            }
        }
    }
}
