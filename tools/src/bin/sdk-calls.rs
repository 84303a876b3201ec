//! What the calls of the AWS SDK alone cost, to compare a scan with: lists the findings of an analyzer and reads each once,
//! archived ones too, as any program would that uses the SDK as it comes, and does nothing with them. `tools/scan.py` runs it.

#![allow(clippy::expect_used, missing_docs, reason = "a bench that panics has failed")]

use aws_config::BehaviorVersion;
use aws_sdk_accessanalyzer::Client;
use futures::{StreamExt, stream};

/// Calls under way, as many as a scan has by default.
const IN_FLIGHT: usize = 64;

#[tokio::main]
async fn main() {
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    let analyzers = client.list_analyzers().send().await.expect("analyzers").analyzers;
    let analyzer = analyzers
        .iter()
        .find(|it| it.r#type.as_str().contains("UNUSED"))
        .expect("an analyzer");
    let listed = client
        .list_findings_v2()
        .analyzer_arn(&analyzer.arn)
        .into_paginator()
        .items()
        .send();
    let listed: Vec<_> = listed.try_collect().await.expect("findings");
    let read = stream::iter(&listed).map(|finding| {
        let call = client
            .get_finding_v2()
            .analyzer_arn(&analyzer.arn)
            .id(&finding.id);
        async { call.send().await.expect("a finding").finding_details.len() }
    });
    let details: usize = read
        .buffer_unordered(IN_FLIGHT)
        .fold(0, |all, one| async move { all + one })
        .await;
    println!("{} calls, {details} details", listed.len());
}
