//! Connections: each one is kept alive, and broken where that is wanted.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use super::call::number;
use super::http::{Answer, Parsed, Request};
use super::state::{Reply, State};

/// A server that listens.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Server {
    /// Listens on a port of the loopback, any free one for 0, with as many threads.
    pub(crate) fn start(state: Arc<State>, port: u16, threads: usize) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("fake-aws")
            .enable_all()
            .build()?;
        // On a thread of its own: a test may run inside another runtime, in which nothing may block.
        let listen = || runtime.block_on(TcpListener::bind(("127.0.0.1", port)));
        let listener = thread::scope(|scope| scope.spawn(listen).join().unwrap())?;
        let address = listener.local_addr()?;
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                // A client that goes away is no concern of ours.
                tokio::spawn(async move { connection(stream, &state).await.ok() });
            }
        });
        Ok(Self {
            address,
            runtime: Some(runtime),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropped inside another runtime, waiting would be refused.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn connection(mut stream: TcpStream, state: &State) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(16 << 10);
    loop {
        let (request, length) = match Request::parse(&buffer) {
            Parsed::Whole(request, length) => (request, length),
            Parsed::Part => match stream.read_buf(&mut buffer).await? {
                0 => return Ok(()),
                _ => continue,
            },
            Parsed::Nonsense(why) => {
                let answer = Answer::new(400, "text/plain", why);
                return send(&mut stream, state, &answer, why.len()).await;
            }
        };
        buffer.drain(..length);
        match state.serve(&request).await {
            Reply::Whole(answer) => send(&mut stream, state, &answer, answer.body.len()).await?,
            Reply::Truncated(answer) => {
                send(&mut stream, state, &answer, answer.body.len() / 2).await?;
                return stream.shutdown().await;
            }
            Reply::Stalled(answer) => {
                send(&mut stream, state, &answer, answer.body.len() / 2).await?;
                return until_gone(&mut stream).await;
            }
            Reply::Endless(answer) => return endless(&mut stream, state, &answer).await,
            Reply::Silent => return until_gone(&mut stream).await,
            Reply::Reset => {
                stream.set_zero_linger()?;
                return Ok(());
            }
        }
        if request.last {
            return stream.shutdown().await;
        }
    }
}

/// Head and so much of the body.
async fn send(stream: &mut TcpStream, state: &State, answer: &Answer, length: usize) -> io::Result<()> {
    let mut bytes = answer.head(number(state)).into_bytes();
    bytes.extend_from_slice(&answer.body[..length]);
    stream.write_all(&bytes).await
}

/// The beginning of the body, and then blanks until the client hangs up.
async fn endless(stream: &mut TcpStream, state: &State, answer: &Answer) -> io::Result<()> {
    let head = answer
        .head(number(state))
        .replace("content-length: ", "x-was-length: ");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&answer.body[..answer.body.len() / 2]).await?;
    let blanks = [b' '; 1 << 16];
    loop {
        state.counts.poured(blanks.len());
        stream.write_all(&blanks).await?;
    }
}

/// Says nothing until the client hangs up.
async fn until_gone(stream: &mut TcpStream) -> io::Result<()> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}
