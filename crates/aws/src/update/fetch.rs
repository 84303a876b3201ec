//! Downloads the service reference over HTTP: the index, then one file for each service, a few at a time. `address`
//! decides which URLs may be followed.

use std::borrow::Cow;
use std::cell::Cell;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::iter::successors;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use futures::stream::{self, StreamExt as _};
use http_body::Body as _;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use thiserror::Error;
use tokio::time::{sleep, timeout};

use super::address::Base;
use super::gather::GatheredServices;
use super::{DownloadLimits, DownloadProgress, Environment, UpdateError};
use crate::network::{Client, ProxiedBy, by_proxy};
use leastwise_core::catalog::ReferenceReader;

/// Give up on a host that does not respond sooner than on a slow one.
const CONNECT: Duration = Duration::from_secs(10);

/// From the one address to the next; more is a loop.
const MOST_REDIRECTS: usize = 3;

/// Why an attempt failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// No answer, or half of one.
    #[error("{}", causes(&**.0).last().unwrap_or(&**.0))]
    Http(BoxError),
    /// An error response.
    #[error("the server answered {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the server wishes to be left alone.
        retry_after: Option<Duration>,
    },
    /// The server points elsewhere.
    #[error("redirects to `{to}`, at another site")]
    Redirect {
        /// Where to.
        to: String,
    },
    /// The server leads in a circle.
    #[error("too many redirects")]
    Circle,
    /// More than a file of the service reference can be.
    #[error("the response is larger than {most} bytes")]
    TooLong {
        /// What would have been accepted.
        most: u64,
    },
    /// Not UTF-8.
    #[error("the response is not text")]
    NotText,
}

impl CallError {
    fn http(error: impl Into<BoxError>) -> Self {
        Self::Http(error.into())
    }

    /// Whether another attempt may go better.
    fn may_pass(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Http(_) => !self.is_about_trust(),
            _ => false,
        }
    }

    fn is_about_trust(&self) -> bool {
        matches!(self, Self::Http(error) if causes(&**error).any(|cause| cause.is::<rustls::Error>()))
    }

    /// How to fix it; `proxy` is the variable that names the proxy, where there is one.
    pub(super) fn help(&self, proxy: Option<&str>) -> Cow<'static, str> {
        Cow::Borrowed(match (self, proxy) {
            _ if self.is_about_trust() => {
                "if a proxy inspects TLS, set AWS_CA_BUNDLE to its root certificate; on a minimal system, install ca-certificates"
            }
            (Self::Status { status: 407, .. }, Some(variable)) => return by_proxy(variable).into(),
            (Self::Http(_), Some(variable)) => {
                let otherwise = "without a network, use saved files with --from DIR";
                return format!("{}; {otherwise}", by_proxy(variable)).into();
            }
            (Self::Http(_), None) => {
                "check the network; behind a proxy, set HTTPS_PROXY; without a network, use saved files with --from DIR"
            }
            (
                Self::Status {
                    status: 401 | 403 | 407,
                    ..
                },
                _,
            ) => "check the address and the proxy settings",
            (Self::Status { .. }, _) => "try again later, or use saved files with --from DIR",
            (Self::Redirect { .. } | Self::Circle, _) => "give the final URL with --from",
            (Self::TooLong { .. } | Self::NotText, _) => {
                "the response may not be from AWS (a proxy or login page?); try again, or use saved files with --from DIR"
            }
        })
    }
}

/// The error and what caused it, outermost first. What an I/O error wraps counts as its cause.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |error: &&'e (dyn Error + 'static)| {
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => (*error).source(),
        }
    })
}

/// Fetches all files that the index at `url` names. The first error ends it.
pub(super) async fn gather(
    url: &str,
    limits: &DownloadLimits,
    environment: Environment<'_>,
    now: Timestamp,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<GatheredServices, UpdateError> {
    let base = Base::of(url)?;
    let fetcher = Fetcher::new(&base, limits, environment, now)?;
    let everything = async {
        let index = base.index();
        let files = listed(
            &base,
            &index,
            &fetcher.fetch(&index, limits.index_bytes).await?,
            limits,
        )?;
        let texts = files
            .iter()
            .map(async |file| (file, fetcher.fetch(file, limits.file_bytes).await));
        let mut texts = pin!(stream::iter(texts).buffer_unordered(limits.in_flight.max(1)));
        let mut gathered = GatheredServices::default();
        while let Some((file, text)) = texts.next().await {
            gathered.add(&text?, file)?;
            progress(DownloadProgress {
                done: gathered.len(),
                total: files.len(),
            });
        }
        Ok(gathered)
    };
    let in_time = timeout(limits.overall, everything).await;
    in_time.unwrap_or(Err(UpdateError::OutOfTime(limits.overall)))
}

/// The addresses in the index, each one once.
fn listed(base: &Base, index: &str, text: &str, limits: &DownloadLimits) -> Result<Vec<String>, UpdateError> {
    let entries = ReferenceReader::index(text);
    let entries = entries.map_err(|error| UpdateError::Reference {
        place: index.to_owned(),
        error,
    })?;
    if entries.len() > limits.services {
        return Err(UpdateError::TooManyServices(limits.services));
    }
    let mut files = Vec::with_capacity(entries.len());
    for (service, url) in entries {
        match base.file(&url) {
            Some(file) => files.push(file),
            None => {
                return Err(UpdateError::Elsewhere {
                    service,
                    url,
                    site: base.site().root(),
                });
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// Fetches files of one site.
struct Fetcher<'a> {
    connector: SharedHttpConnector,
    proxied_by: ProxiedBy,
    base: &'a Base,
    limits: &'a DownloadLimits,
    /// The wall clock at the start, for servers that name a moment to come back.
    now: Timestamp,
    started: Instant,
    /// Bytes of all answers, those of failed attempts among them.
    received: Cell<u64>,
}

impl<'a> Fetcher<'a> {
    fn new(
        base: &'a Base,
        limits: &'a DownloadLimits,
        environment: Environment<'_>,
        now: Timestamp,
    ) -> Result<Self, UpdateError> {
        let client = Client::new(environment, |body| body)?;
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(CONNECT.min(limits.call))
            .build();
        Ok(Self {
            connector: client.connector(&settings),
            proxied_by: client.proxied_by(),
            base,
            limits,
            now,
            started: Instant::now(),
            received: Cell::new(0),
        })
    }

    /// Fetches a file, with as many attempts as it may take.
    async fn fetch(&self, url: &str, most: u64) -> Result<String, UpdateError> {
        let limits = self.limits;
        let mut pause = limits.first_pause;
        let mut attempts = 1;
        loop {
            let error = match timeout(limits.call, self.attempt(url, most)).await {
                Ok(Ok(text)) => return Ok(text),
                _ if self.received.get() > limits.total_bytes => {
                    return Err(UpdateError::TooMuch(limits.total_bytes));
                }
                Ok(Err(error)) => error,
                Err(_) => CallError::http(format!(
                    "no complete response within {} s",
                    limits.call.as_secs_f32()
                )),
            };
            if attempts >= limits.attempts || !error.may_pass() {
                let proxy = self.proxied_by.get().copied();
                return Err(UpdateError::Call {
                    url: url.to_owned(),
                    attempts,
                    error,
                    proxy,
                });
            }
            let wished = match &error {
                CallError::Status { retry_after, .. } => retry_after.unwrap_or_default(),
                _ => Duration::ZERO,
            };
            sleep(wished.max(pause).min(limits.longest_pause)).await;
            attempts += 1;
            pause = pause.saturating_mul(2);
        }
    }

    async fn attempt(&self, url: &str, most: u64) -> Result<String, CallError> {
        let mut url = url.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let mut request = HttpRequest::get(&url).map_err(CallError::http)?;
            let headers = request.headers_mut();
            headers.insert("user-agent", concat!("leastwise/", env!("CARGO_PKG_VERSION")));
            // So that a limit on what is received is one on what is kept.
            headers.insert("accept-encoding", "identity");
            let response = self.connector.call(request).await.map_err(CallError::http)?;
            match response.status().as_u16() {
                200 => return self.text(response.into_body(), most).await,
                300..=399 => {
                    let to = response.headers().get("location").unwrap_or_default();
                    url = self
                        .base
                        .here(to)
                        .ok_or_else(|| CallError::Redirect { to: to.to_owned() })?;
                }
                status => {
                    return Err(CallError::Status {
                        status,
                        retry_after: self.retry_after(&response),
                    });
                }
            }
        }
        Err(CallError::Circle)
    }

    async fn text(&self, mut body: SdkBody, most: u64) -> Result<String, CallError> {
        let mut bytes = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let Ok(data) = frame.map_err(CallError::Http)?.into_data() else {
                continue;
            };
            bytes.extend_from_slice(&data);
            self.received
                .set(self.received.get().saturating_add(data.len() as u64));
            // All files together are bounded while they arrive, not only at the end of each.
            let too_long = [
                (bytes.len() as u64, most),
                (self.received.get(), self.limits.total_bytes),
            ];
            if let Some((_, most)) = too_long.into_iter().find(|(length, most)| length > most) {
                return Err(CallError::TooLong { most });
            }
        }
        String::from_utf8(bytes).map_err(|_| CallError::NotText)
    }

    /// `Retry-After`, in seconds or as a moment.
    fn retry_after(&self, response: &HttpResponse) -> Option<Duration> {
        let wish = response.headers().get("retry-after")?.trim();
        if let Ok(seconds) = wish.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let moment = rfc2822::DateTimeParser::new().parse_timestamp(wish).ok()?;
        let at_start = Duration::try_from(moment.duration_since(self.now)).ok()?;
        Some(at_start.saturating_sub(self.started.elapsed()))
    }
}
