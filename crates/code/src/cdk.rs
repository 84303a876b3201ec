//! What the CDK left in `cdk.out`: which construct each resource of a stack comes from.

use std::collections::BTreeMap;

use leastwise_core::ownership::Defined;
use serde::Deserialize;

/// The file that names the stacks.
pub const MANIFEST: &str = "manifest.json";

#[derive(Deserialize)]
struct CdkManifest {
    #[serde(default)]
    artifacts: BTreeMap<String, Artifact>,
}

#[derive(Deserialize)]
struct Artifact {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    properties: CdkProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CdkProperties {
    template_file: Option<String>,
    stack_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CdkTemplate {
    #[serde(default)]
    resources: BTreeMap<String, CdkResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CdkResource {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(rename = "aws:cdk:path")]
    path: Option<String>,
}

/// The stacks of a manifest, each with the file of its template.
pub fn stacks(manifest: &str) -> Vec<(String, String)> {
    let Ok(manifest) = serde_json::from_str::<CdkManifest>(manifest) else {
        return Vec::new();
    };
    let stacks = manifest
        .artifacts
        .into_iter()
        .filter(|(_, it)| it.r#type == "aws:cloudformation:stack");
    let stacks = stacks.filter_map(|(name, artifact)| {
        let CdkProperties {
            template_file,
            stack_name,
        } = artifact.properties;
        Some((stack_name.unwrap_or(name), template_file?))
    });
    stacks.collect()
}

/// Adds the constructs of a stack's template.
pub fn constructs(stack: &str, template: &str, into: &mut Defined) {
    let Ok(template) = serde_json::from_str::<CdkTemplate>(template) else {
        return;
    };
    for (id, resource) in template.resources {
        if let Some(path) = resource.metadata.path {
            // A resource of the first level is the construct's own.
            let path = path.strip_suffix("/Resource").unwrap_or(&path);
            into.add_construct(stack, &id, path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::stacks;

    #[test]
    fn a_stack_has_the_name_that_it_is_deployed_by() {
        let manifest = r#"{"version":"38.0.0","artifacts":{
            "Tree":{"type":"cdk:tree","properties":{"file":"tree.json"}},
            "Api":{"type":"aws:cloudformation:stack","properties":{"templateFile":"Api.template.json","stackName":"api-prod"}},
            "Web":{"type":"aws:cloudformation:stack","properties":{"templateFile":"Web.template.json"}}}}"#;
        let pair = |name: &str, file: &str| (name.to_owned(), file.to_owned());
        assert_eq!(
            stacks(manifest),
            [
                pair("api-prod", "Api.template.json"),
                pair("Web", "Web.template.json")
            ]
        );
        assert_eq!(stacks("not json"), []);
    }
}
