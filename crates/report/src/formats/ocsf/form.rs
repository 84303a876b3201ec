//! The parts of OCSF 1.6 that we write, named as in the schema.

use serde::Serialize;

use super::unmapped::Unmapped;

#[derive(Debug, Serialize)]
pub(super) struct OcsfEvent<'e> {
    pub(super) activity_id: u8,
    pub(super) activity_name: &'static str,
    pub(super) category_name: &'static str,
    pub(super) category_uid: u8,
    pub(super) class_name: &'static str,
    pub(super) class_uid: u16,
    pub(super) cloud: OcsfCloud<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) confidence: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) confidence_id: Option<u8>,
    pub(super) finding_info: FindingInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identity_activity_metrics: Option<Activity>,
    pub(super) message: String,
    pub(super) metadata: OcsfMetadata,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) permission_analysis_results: Vec<Analysed<'e>>,
    pub(super) remediation: OcsfRemediation,
    pub(super) resources: Vec<OcsfResource<'e>>,
    pub(super) severity: &'static str,
    pub(super) severity_id: u8,
    pub(super) status: &'static str,
    pub(super) status_id: u8,
    pub(super) time: i64,
    pub(super) type_name: &'static str,
    pub(super) type_uid: u32,
    pub(super) unmapped: Unmapped<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<User<'e>>,
}

#[derive(Debug, Serialize)]
pub(super) struct OcsfCloud<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<OcsfAccount<'e>>,
    pub(super) cloud_partition: &'e str,
    pub(super) provider: &'static str,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct OcsfAccount<'e> {
    pub(super) name: &'e str,
    pub(super) r#type: &'static str,
    pub(super) type_id: u8,
    pub(super) uid: &'e str,
}

#[derive(Debug, Serialize)]
pub(super) struct FindingInfo {
    pub(super) analytic: Analytic,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created_time: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) data_sources: Vec<&'static str>,
    pub(super) desc: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_seen_time: Option<i64>,
    pub(super) title: String,
    pub(super) types: [&'static str; 1],
    pub(super) uid: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Analytic {
    pub(super) name: String,
    pub(super) r#type: &'static str,
    pub(super) type_id: u8,
    pub(super) uid: String,
    pub(super) version: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Activity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_seen_time: Option<i64>,
}

#[derive(Debug, Serialize)]
pub(super) struct OcsfMetadata {
    pub(super) product: Product,
    pub(super) profiles: [&'static str; 1],
    pub(super) version: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Product {
    pub(super) name: &'static str,
    pub(super) vendor_name: &'static str,
    pub(super) version: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Analysed<'e> {
    pub(super) policy: Policy<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unused_privileges_count: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unused_services_count: Option<usize>,
}

#[derive(Debug, Serialize)]
pub(super) struct Policy<'e> {
    pub(super) name: &'e str,
    pub(super) r#type: &'e str,
    pub(super) uid: &'e str,
}

#[derive(Debug, Serialize)]
pub(super) struct OcsfRemediation {
    pub(super) desc: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct OcsfResource<'e> {
    pub(super) cloud_partition: &'e str,
    pub(super) name: &'e str,
    pub(super) r#type: &'static str,
    pub(super) uid: &'e str,
}

#[derive(Debug, Serialize)]
pub(super) struct User<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<OcsfAccount<'e>>,
    pub(super) name: &'e str,
    pub(super) r#type: &'static str,
    pub(super) type_id: u8,
    pub(super) uid: &'e str,
}
