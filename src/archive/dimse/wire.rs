//! Bytes to and from another computer, with a clock: no read or write waits longer than it may, and each looks every
//! quarter of a second whether the user has stopped the work.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

use rustls::{ClientConnection, StreamOwned};

use crate::{archive::error::ArchiveError, cancel::Cancel};

/// How often a waiting read or write looks up.
const GLANCE: Duration = Duration::from_millis(250);
/// A connection is made within this, or not.
const CONNECT: Duration = Duration::from_secs(10);

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Without a byte from the other side.
    pub patience: Duration,
    /// A whole connection, however busy.
    pub whole: Duration,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection.
pub struct Wire {
    stream: Stream,
    limits: Limits,
    begun: Instant,
    cancel: Cancel,
    /// What is going on, for messages.
    pub during: &'static str,
}

impl Wire {
    /// Connects to the first address of a host that answers.
    pub fn connect(host: &str, port: u16, limits: Limits, cancel: &Cancel) -> Result<Self, ArchiveError> {
        let failed = |source| ArchiveError::Connect { address: format!("{host}:{port}"), source };
        let mut last = io::Error::other("the name has no address");
        for address in resolve(host, port).map_err(failed)? {
            if cancel.is_cancelled() {
                return Err(ArchiveError::Cancelled);
            }
            match TcpStream::connect_timeout(&address, CONNECT.min(limits.patience)) {
                Ok(stream) => return Self::over(stream, limits, cancel).map_err(failed),
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    /// Over a connection that is there.
    pub fn over(stream: TcpStream, limits: Limits, cancel: &Cancel) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(GLANCE))?;
        stream.set_write_timeout(Some(GLANCE))?;
        let cancel = cancel.clone();
        Ok(Self {
            stream: Stream::Plain(stream),
            limits,
            begun: Instant::now(),
            cancel,
            during: "while the connection was made",
        })
    }

    /// The same connection, encrypted from here on.
    pub fn encrypt(self, connection: ClientConnection) -> Self {
        let Self { stream, limits, begun, cancel, during } = self;
        let stream = match stream {
            Stream::Plain(stream) => Stream::Tls(Box::new(StreamOwned::new(connection, stream))),
            tls @ Stream::Tls(_) => tls,
        };
        Self { stream, limits, begun, cancel, during }
    }

    /// Whether the user stopped the work, or it took too long.
    fn check(&self, since: Instant) -> Result<(), ArchiveError> {
        if self.cancel.is_cancelled() {
            return Err(ArchiveError::Cancelled);
        }
        if self.begun.elapsed() > self.limits.whole {
            return Err(ArchiveError::TooLong { minutes: self.limits.whole.as_secs() / 60 });
        }
        if since.elapsed() > self.limits.patience {
            return Err(ArchiveError::Silent { during: self.during, seconds: self.limits.patience.as_secs() });
        }
        Ok(())
    }

    /// Fills the buffer. A peer that drips a byte now and then does not get more time for it.
    pub fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        let since = Instant::now();
        let mut filled = 0;
        while filled < buffer.len() {
            self.check(since)?;
            match self.stream.read(&mut buffer[filled..]) {
                Ok(0) => return Err(ArchiveError::Closed(self.during)),
                Ok(count) => filled += count,
                Err(error) => self.again(error)?,
            }
        }
        Ok(())
    }

    /// Sends all of it.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let since = Instant::now();
        let mut sent = 0;
        while sent < bytes.len() {
            self.check(since)?;
            match self.stream.write(&bytes[sent..]) {
                Ok(0) => return Err(ArchiveError::Closed(self.during)),
                Ok(count) => sent += count,
                Err(error) => self.again(error)?,
            }
        }
        loop {
            self.check(since)?;
            match self.stream.flush() {
                Ok(()) => return Ok(()),
                Err(error) => self.again(error)?,
            }
        }
    }

    /// Whether an error only says that nothing happened for a moment.
    fn again(&self, error: io::Error) -> Result<(), ArchiveError> {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted => Ok(()),
            io::ErrorKind::UnexpectedEof => Err(ArchiveError::Closed(self.during)),
            // What rustls says of certificates and of peers that do not speak TLS.
            io::ErrorKind::InvalidData => Err(ArchiveError::Tls(super::tls::words(&error))),
            _ => Err(ArchiveError::Broken { during: self.during, source: error }),
        }
    }

    /// A last word that may get lost, and the end.
    pub fn say_and_close(&mut self, bytes: &[u8]) {
        let _ = self.stream.write(bytes).and_then(|_| self.stream.flush());
        let socket = match &self.stream {
            Stream::Plain(socket) => socket,
            Stream::Tls(tls) => tls.get_ref(),
        };
        let _ = socket.shutdown(Shutdown::Both);
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// The addresses of a host.
pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}
