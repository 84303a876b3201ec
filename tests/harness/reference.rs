//! The list of actions that AWS publishes, with two services.

use super::wire::{Reply, Server};

pub(crate) fn service(name: &str, actions: &[&str]) -> String {
    let actions: Vec<_> = actions
        .iter()
        .map(|action| {
            serde_json::json!({
                "Name": action,
                "Annotations": {"Properties": {"IsList": false, "IsWrite": action.starts_with("Put")}},
                "SupportedBy": {"IAM Action Last Accessed": action.starts_with("Get")},
            })
        })
        .collect();
    serde_json::json!({"Name": name, "Actions": actions, "Version": "v1.4"}).to_string()
}

pub(crate) fn index(entries: &[(&str, String)]) -> String {
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, url)| serde_json::json!({"service": name, "url": url}))
        .collect();
    serde_json::Value::from(entries).to_string()
}

/// The answers of a service reference with s3 and sqs.
pub(crate) fn reference(port: u16, path: &str) -> Reply {
    let at = |name: &str| format!("http://127.0.0.1:{port}/v1/{name}/{name}.json");
    match path {
        "/" => Reply::ok(index(&[("s3", at("s3")), ("sqs", at("sqs"))])),
        "/v1/s3/s3.json" => Reply::ok(service("s3", &["GetObject", "PutObject", "ListBucket"])),
        "/v1/sqs/sqs.json" => Reply::ok(service("sqs", &["SendMessage"])),
        _ => Reply::status(404),
    }
}

pub(crate) fn aws() -> Server {
    Server::start(|port| move |path: &str, _| reference(port, path))
}
