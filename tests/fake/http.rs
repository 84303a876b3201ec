//! Just enough of HTTP/1.1, by hand: what the fake must be able to break, it has to write itself.

use std::fmt::Write as _;

/// Larger requests than any client of these services sends.
const MOST_BYTES: usize = 4 << 20;

/// One request.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Decoded.
    pub(crate) path: String,
    /// Decoded pairs of the query string.
    pub(crate) query: Vec<(String, String)>,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the client wants the connection closed.
    pub(crate) last: bool,
}

/// What the beginning of a buffer holds.
pub(crate) enum Parsed {
    /// A request, and how many bytes it took.
    Whole(Box<Request>, usize),
    /// Not all of one yet.
    Part,
    /// Something else.
    Nonsense(&'static str),
}

impl Request {
    /// Reads a request from the beginning of `buffer`.
    pub(crate) fn parse(buffer: &[u8]) -> Parsed {
        let Some(head_end) = find(buffer, b"\r\n\r\n") else {
            return match buffer.len() > MOST_BYTES {
                true => Parsed::Nonsense("head too long"),
                false => Parsed::Part,
            };
        };
        let Ok(head) = std::str::from_utf8(&buffer[..head_end]) else {
            return Parsed::Nonsense("head is not text");
        };
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Parsed::Nonsense("not a request of HTTP/1.1");
        };
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        // As a proxy hands it on: with the whole address.
        let target = match target.strip_prefix("http://") {
            Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => target,
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self {
            method: method.to_owned(),
            path: percent_decode(path, false),
            query: pairs(query),
            headers,
            body: Vec::new(),
            last: false,
        };
        if request.header("transfer-encoding").is_some() {
            return Parsed::Nonsense("bodies in chunks are not read here");
        }
        let length = match request.header("content-length").map(str::parse::<usize>) {
            None => 0,
            Some(Ok(length)) if length <= MOST_BYTES => length,
            Some(_) => return Parsed::Nonsense("content-length"),
        };
        let end = head_end + 4 + length;
        if buffer.len() < end {
            return Parsed::Part;
        }
        request.body = buffer[head_end + 4..end].to_vec();
        request.last = request
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        Parsed::Whole(Box::new(request), end)
    }

    /// A header by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// The head, which tells the length of the whole body.
    pub(crate) fn head(&self, request_id: u64) -> String {
        let reason = match self.status {
            200 => "OK",
            400 => "Bad Request",
            403 => "Forbidden",
            404 => "Not Found",
            429 => "Too Many Requests",
            500 => "Internal Server Error",
            503 => "Service Unavailable",
            _ => "Other",
        };
        let mut head = format!(
            "HTTP/1.1 {} {reason}\r\ncontent-type: {}\r\ncontent-length: {}\r\nx-amzn-requestid: {}\r\n",
            self.status,
            self.content_type,
            self.body.len(),
            uuid(request_id),
        );
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        head
    }
}

/// Something in the form of a UUID.
pub(crate) fn uuid(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// The pairs of a query string or of a form.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (percent_decode(name, true), percent_decode(value, true)))
        .collect()
}

fn percent_decode(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], code.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// As RFC 3986 has it: all but the unreserved characters, a space as `%20` and never as `+`.
pub(crate) fn percent_encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
