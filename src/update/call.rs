//! One file over HTTP: attempts, pauses, limits. What it may ask for was decided in `address`.

use std::borrow::Cow;
use std::io::Read as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use thiserror::Error;
use ureq::http::{Response, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::address::Base;
use super::proxy::proxy_for;
use super::{Environment, Limits, UpdateError};
use crate::network::{bundle, by_proxy};

/// A host that does not answer at all is given up sooner than a slow one.
const CONNECT: Duration = Duration::from_secs(10);

/// From the one address to the next; more is a loop.
const MOST_REDIRECTS: usize = 3;

/// What became of an attempt.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// No answer, or half of one.
    #[error(transparent)]
    Http(#[from] ureq::Error),
    /// An answer that tells of an error.
    #[error("the server answered {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the server wishes to be left alone.
        retry_after: Option<Duration>,
    },
    /// The server points elsewhere.
    #[error("it leads to `{to}`, at another site")]
    Redirect {
        /// Where to.
        to: String,
    },
    /// The server leads in a circle.
    #[error("it leads from one address to another without end")]
    Circle,
    /// More than a file of the service reference can be.
    #[error("the answer is longer than {most} bytes")]
    TooLong {
        /// What would have been accepted.
        most: u64,
    },
    /// Not UTF-8.
    #[error("the answer is not text")]
    NotText,
}

impl CallError {
    /// Whether another attempt may go better.
    fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Http(error) => !self.is_about_trust() && is_about_the_line(error),
            _ => false,
        }
    }

    fn is_about_trust(&self) -> bool {
        match self {
            Self::Http(ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::Pem(_)) => true,
            Self::Http(ureq::Error::Io(error)) => {
                error.get_ref().is_some_and(|error| error.is::<rustls::Error>())
            }
            _ => false,
        }
    }

    /// The mend; `proxy` is the variable that names the proxy, where there is one.
    pub(super) fn help(&self, proxy: Option<&str>) -> Cow<'static, str> {
        Cow::Borrowed(match (self, proxy) {
            _ if self.is_about_trust() => {
                "if a proxy signs in the server's name, name its root certificate in AWS_CA_BUNDLE; a bare system needs ca-certificates"
            }
            (
                Self::Http(ureq::Error::ConnectProxyFailed(_)) | Self::Status { status: 407, .. },
                Some(variable),
            ) => {
                return by_proxy(variable).into();
            }
            (Self::Http(_), Some(variable)) => {
                let otherwise = "without a network give saved files with --from DIR";
                return format!("{}; {otherwise}", by_proxy(variable)).into();
            }
            (Self::Http(_), None) => {
                "check the network; behind a proxy set HTTPS_PROXY; without a network give saved files with --from DIR"
            }
            (Self::Status { status: 401 | 403 | 407, .. }, _) => "check the address and the proxy settings",
            (Self::Status { .. }, _) => "try again later, or give saved files with --from DIR",
            (Self::Redirect { .. } | Self::Circle, _) => {
                "give the address that has the files themselves with --from"
            }
            (Self::TooLong { .. } | Self::NotText, _) => {
                "something else may have answered in AWS's place; try again, or give saved files with --from DIR"
            }
        })
    }
}

fn is_about_the_line(error: &ureq::Error) -> bool {
    use ureq::Error;
    matches!(
        error,
        Error::Io(_)
            | Error::Timeout(_)
            | Error::HostNotFound
            | Error::ConnectionFailed
            | Error::Protocol(_)
            | Error::Decompress(..)
            | Error::BodyStalled
    )
}

/// Fetches files of one site until it is told to stop. Shared by all threads.
pub(super) struct Caller<'a> {
    agent: Agent,
    base: &'a Base,
    /// The variable that names the proxy, where there is one.
    proxy: Option<&'static str>,
    limits: &'a Limits,
    /// The wall clock at the start, for servers that name a moment to come back.
    now: Timestamp,
    started: Instant,
    received: AtomicU64,
    stopped: Mutex<bool>,
    bell: Condvar,
}

impl<'a> Caller<'a> {
    pub(super) fn new(
        base: &'a Base,
        limits: &'a Limits,
        environment: Environment<'_>,
        now: Timestamp,
    ) -> Result<Self, UpdateError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let roots = match bundle(environment)? {
            Some(bundle) => {
                let certificates = bundle.certificates.iter().map(|it| Certificate::from_der(it).to_owned());
                RootCerts::Specific(Arc::new(certificates.collect()))
            }
            None => RootCerts::PlatformVerifier,
        };
        let (variable, proxy) = proxy_for(base.site(), environment)?.unzip();
        let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider).root_certs(roots).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(base.site().is_https())
            .proxy(proxy)
            // Both are told apart here: which status is worth another attempt, which address may be followed.
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(limits.call))
            .timeout_resolve(Some(CONNECT.min(limits.call)))
            .timeout_connect(Some(CONNECT.min(limits.call)))
            .max_idle_connections(limits.threads)
            .max_idle_connections_per_host(limits.threads)
            .user_agent(concat!("leastwise/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.new_agent(),
            base,
            proxy: variable,
            limits,
            now,
            started: Instant::now(),
            received: AtomicU64::new(0),
            stopped: Mutex::new(false),
            bell: Condvar::new(),
        })
    }

    /// What is left of the time for everything.
    pub(super) fn remaining(&self) -> Duration {
        self.limits.overall.saturating_sub(self.started.elapsed())
    }

    /// Ends the calls and pauses of all threads.
    pub(super) fn stop(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_all();
        self.agent.clone().shutdown();
    }

    /// Whether the pause was cut short.
    fn pause(&self, length: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.bell.wait_timeout_while(stopped, length, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Fetches a file, with as many attempts as it may take.
    pub(super) fn fetch(&self, url: &str, most: u64) -> Result<String, UpdateError> {
        let mut pause = self.limits.first_pause;
        let mut attempts = 1;
        loop {
            let error = match self.attempt(url, most) {
                Ok(text) => break Ok(text),
                Err(_) if self.is_full() => {
                    break Err(UpdateError::TooMuch { most: self.limits.total_bytes });
                }
                Err(error) => error,
            };
            let wished = match &error {
                CallError::Status { retry_after, .. } => *retry_after,
                _ => None,
            };
            let length = wished.unwrap_or_default().max(pause).min(self.limits.longest_pause);
            if attempts >= self.limits.attempts || !error.may_pass() || self.pause(length) {
                break Err(UpdateError::Call { url: url.to_owned(), attempts, error, proxy: self.proxy });
            }
            attempts += 1;
            pause = pause.saturating_mul(2);
        }
    }

    fn attempt(&self, url: &str, most: u64) -> Result<String, CallError> {
        let mut url = url.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.agent.get(&url).call()?;
            let status = response.status();
            if status.is_redirection() {
                let to = text(&response, header::LOCATION).unwrap_or_default();
                url = self.base.here(to).ok_or_else(|| CallError::Redirect { to: to.to_owned() })?;
            } else if status.as_u16() == 200 {
                return self.body(response, most);
            } else {
                let retry_after = self.wish(&response);
                return Err(CallError::Status { status: status.as_u16(), retry_after });
            }
        }
        Err(CallError::Circle)
    }

    fn body(&self, mut response: Response<Body>, most: u64) -> Result<String, CallError> {
        // The limit that `ureq` offers counts the bytes on the line, and a kilobyte of gzip unpacks to a megabyte.
        let mut reader = response.body_mut().as_reader().take(most.saturating_add(1));
        let (mut bytes, mut piece) = (Vec::new(), vec![0; 1 << 16]);
        loop {
            let length = reader.read(&mut piece).map_err(ureq::Error::from)?;
            let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
            bytes.extend_from_slice(read);
            // All threads together hold no more than all files may have: it is not waited for the end of each to see that.
            let before = self.received.fetch_add(length as u64, Ordering::Relaxed);
            if before.saturating_add(length as u64) > self.limits.total_bytes {
                return Err(CallError::TooLong { most: self.limits.total_bytes });
            }
        }
        if bytes.len() as u64 > most {
            return Err(CallError::TooLong { most });
        }
        String::from_utf8(bytes).map_err(|_| CallError::NotText)
    }

    /// Whether more was read than all files may have, attempts that failed among them.
    fn is_full(&self) -> bool {
        self.received.load(Ordering::Relaxed) > self.limits.total_bytes
    }

    /// `Retry-After`, in seconds or as a moment.
    fn wish(&self, response: &Response<Body>) -> Option<Duration> {
        let wish = text(response, header::RETRY_AFTER)?.trim();
        if let Ok(seconds) = wish.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let moment = rfc2822::DateTimeParser::new().parse_timestamp(wish).ok()?;
        let at_start = Duration::try_from(moment.duration_since(self.now)).ok()?;
        Some(at_start.saturating_sub(self.started.elapsed()))
    }
}

fn text(response: &Response<Body>, name: header::HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}
