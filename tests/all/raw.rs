//! Requests by hand, so that what the fake sends is seen as it is.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::fake::Fake;

/// The credentials of the management account.
pub(crate) const BASE: &str = "AKIAINVENTEDEXAMPLE";

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The result of a query operation, lists as lists.
    pub(crate) fn xml(&self) -> Value {
        let root = xml(&mut self.body.as_str());
        let (_, inside) = root.as_object().unwrap().iter().next().unwrap();
        inside
            .as_object()
            .unwrap()
            .iter()
            .find(|(name, _)| name.ends_with("Result"))
            .unwrap()
            .1
            .clone()
    }

    /// The code of an error, wherever its protocol puts it.
    pub(crate) fn code(&self) -> String {
        let between = |text: &str, from: &str, to: &str| {
            Some(text.split(from).nth(1)?.split(to).next()?.trim().to_owned())
        };
        between(&self.body, "<Code>", "</Code>")
            .or_else(|| between(&self.head, "x-amzn-errortype:", ":"))
            .or_else(|| {
                serde_json::from_str::<Value>(&self.body).ok()?["__type"]
                    .as_str()
                    .map(str::to_owned)
            })
            .unwrap_or_default()
    }
}

/// An account's credentials.
pub(crate) fn key(account: &str) -> String {
    format!("ASIA{account}TEST")
}

/// A form for IAM or STS.
pub(crate) fn query(fake: &Fake, key: &str, version: &str, form: &str) -> Reply {
    let service = if version.starts_with("2011") { "sts" } else { "iam" };
    let body = format!("{form}&Version={version}");
    let kind = "application/x-www-form-urlencoded";
    ask(
        fake,
        &request(
            "POST",
            "/",
            &[("content-type", kind), sign(key, service).as_ref()],
            &body,
        ),
    )
    .unwrap()
}

pub(crate) fn iam(fake: &Fake, account: &str, form: &str) -> Reply {
    query(fake, &key(account), "2010-05-08", form)
}

pub(crate) fn sts(fake: &Fake, key: &str, form: &str) -> Reply {
    query(fake, key, "2011-06-15", form)
}

/// A call of Organizations.
pub(crate) fn organizations(fake: &Fake, key: &str, operation: &str, body: &Value) -> Reply {
    let target = format!("AWSOrganizationsV20161128.{operation}");
    let signed = sign(key, "organizations");
    let headers = [
        ("x-amz-target", target.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
        signed.as_ref(),
    ];
    ask(fake, &request("POST", "/", &headers, &body.to_string())).unwrap()
}

/// A call of Access Analyzer.
pub(crate) fn analyzer(fake: &Fake, key: &str, method: &str, path: &str, body: &str) -> io::Result<Reply> {
    ask(
        fake,
        &request(method, path, &[sign(key, "access-analyzer").as_ref()], body),
    )
}

pub(crate) fn get(fake: &Fake, key: &str, path: &str) -> Reply {
    analyzer(fake, key, "GET", path, "").unwrap()
}

/// A header with a credential in it.
pub(crate) struct Signed(String);

impl Signed {
    pub(crate) fn as_ref(&self) -> (&'static str, &str) {
        ("authorization", &self.0)
    }
}

pub(crate) fn sign(key: &str, service: &str) -> Signed {
    Signed(format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260115/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    ))
}

/// The bytes of a request.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// One request on a connection of its own.
pub(crate) fn ask(fake: &Fake, request: &str) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(fake.url().trim_start_matches("http://"))?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    stream.write_all(request.as_bytes())?;
    receive(&mut stream)
}

/// One answer of a connection.
pub(crate) fn receive(stream: &mut TcpStream) -> io::Result<Reply> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head
        .split("content-length: ")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next()
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body)?;
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Reply {
        status,
        head,
        body: String::from_utf8(body).unwrap(),
    })
}

/// One element: text, a list of members, or an object of what is inside.
fn xml(rest: &mut &str) -> Value {
    fn content(rest: &mut &str) -> Value {
        let mut list = Vec::new();
        let mut object = Map::new();
        let text = &rest[..rest.find('<').unwrap()];
        *rest = &rest[text.len()..];
        while !rest.starts_with("</") {
            let Value::Object(element) = xml(rest) else {
                panic!("no element at {rest}")
            };
            let (name, value) = element.into_iter().next().unwrap();
            match name.as_str() {
                "member" => list.push(value),
                _ => assert!(object.insert(name, value).is_none(), "an element stands twice"),
            }
        }
        match (list.is_empty(), object.is_empty()) {
            (false, _) => list.into(),
            (_, false) => object.into(),
            _ => text
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&")
                .into(),
        }
    }
    let open = &rest[1..rest.find('>').unwrap()];
    *rest = &rest[open.len() + 2..];
    let name = open.split(' ').next().unwrap();
    let value = content(rest);
    *rest = rest
        .strip_prefix(&format!("</{name}>"))
        .unwrap_or_else(|| panic!("{name} is not closed at {rest}"));
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}
