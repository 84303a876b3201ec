//! A little HTTP server and a proxy on 127.0.0.1, for tests of what goes over the wire.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What the server does with one request.
pub(crate) enum Reply {
    /// A status, header lines and a body.
    Full(u16, String, Vec<u8>),
    /// A length is promised, and half of it is sent.
    Half(Vec<u8>),
    /// Nothing is ever sent.
    Silence,
}

impl Reply {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Full(200, String::new(), body.into())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Full(status, String::new(), b"<html>no JSON</html>".to_vec())
    }

    pub(crate) fn with(self, header: &str) -> Self {
        match self {
            Self::Full(status, headers, body) => Self::Full(status, format!("{headers}{header}\r\n"), body),
            other => other,
        }
    }
}

/// A request's path, and how often it had been asked for before.
type Answer = dyn Fn(&str, usize) -> Reply + Send + Sync;

/// Lives as long as the test binary.
pub(crate) struct Server {
    pub(crate) port: u16,
    log: Arc<Mutex<Vec<(String, Instant)>>>,
}

impl Server {
    /// The answer is made once the port is known.
    pub(crate) fn start<A>(answer: impl FnOnce(u16) -> A) -> Self
    where
        A: Fn(&str, usize) -> Reply + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (answer, shared): (Arc<Answer>, _) = (Arc::new(answer(port)), log.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, log) = (answer.clone(), shared.clone());
                thread::spawn(move || serve(&stream.unwrap(), &*answer, &log));
            }
        });
        Self { port, log }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// The paths asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.log
            .lock()
            .unwrap()
            .iter()
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// The time between the first and the last request of a path.
    pub(crate) fn spread(&self, path: &str) -> Duration {
        let log = self.log.lock().unwrap();
        let mut times = log.iter().filter(|(asked, _)| asked == path).map(|(_, at)| *at);
        let first = times.next().unwrap();
        times.next_back().unwrap_or(first) - first
    }
}

fn serve(mut stream: &TcpStream, answer: &Answer, log: &Mutex<Vec<(String, Instant)>>) {
    let Some(head) = head(stream) else { return };
    let path = head[0].split(' ').nth(1).unwrap().to_owned();
    let before = {
        let mut log = log.lock().unwrap();
        log.push((path.clone(), Instant::now()));
        log.iter().filter(|(asked, _)| *asked == path).count() - 1
    };
    let (status, headers, body, halves) = match answer(&path, before) {
        Reply::Full(status, headers, body) => (status, headers, body, 2),
        Reply::Half(body) => (200, String::new(), body, 1),
        Reply::Silence => {
            thread::sleep(Duration::from_secs(60));
            return;
        }
    };
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n",
        body.len()
    );
    // The client may have hung up: that is its right.
    let sent = body.len() * halves / 2;
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&body[..sent]));
}

/// The lines of a request's head; `None` when the other side only knocked.
fn head(stream: &TcpStream) -> Option<Vec<String>> {
    // Byte by byte: what follows the head belongs to somebody else.
    let lines = BufReader::with_capacity(1, stream).lines();
    let head: Vec<_> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    (!head.is_empty()).then_some(head)
}

/// A proxy that knows one way only: whatever host is asked for, it connects to `upstream`.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn to(upstream: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let shared = log.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (client, log) = (stream.unwrap(), shared.clone());
                thread::spawn(move || {
                    let Some(head) = head(&client) else { return };
                    log.lock().unwrap().push(head.join("\n"));
                    let server = TcpStream::connect(("127.0.0.1", upstream)).unwrap();
                    // A tunnel, or a request that is handed on as it came.
                    let _ = if head[0].starts_with("CONNECT ") {
                        (&client).write_all(b"HTTP/1.1 200 Connected\r\n\r\n")
                    } else {
                        (&server).write_all(format!("{}\r\n\r\n", head.join("\r\n")).as_bytes())
                    };
                    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                    thread::spawn(move || pass(&from, &to));
                    pass(&server, &client);
                });
            }
        });
        Self { port, log }
    }

    /// The heads of the requests that it got.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

fn pass(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
