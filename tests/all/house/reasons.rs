//! What has to give a reason: lints that are turned off, and dependencies.

use super::names;

/// `allow` and `expect` attributes without a reason.
pub(super) fn unreasoned(code: &str) -> Vec<String> {
    let flat: String = code
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace("# [", "#[")
        .replace("#! [", "#![");
    let mut found = Vec::new();
    for (at, _) in flat.match_indices("#[").chain(flat.match_indices("#![")) {
        let rest = flat[at..].trim_start_matches(['#', '!', '[']);
        let kind = rest
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default();
        let attribute: String = rest.split(']').next().unwrap_or_default().to_owned();
        // `cfg_attr(.., allow(..))` hides one.
        let hidden = kind == "cfg_attr" && (names(&attribute, "allow") || names(&attribute, "expect"));
        if (kind == "allow" || kind == "expect" || hidden) && !attribute.contains("reason") {
            found.push(attribute);
        }
    }
    found
}

/// Dependencies without a comment line above them. Those of the workspace have theirs in its manifest.
pub(super) fn unexplained(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut in_dependencies, mut before) = (false, "");
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            in_dependencies = section.ends_with("dependencies");
            if let Some((_, name)) = section.split_once("dependencies.") {
                found.push(format!("{name}: write it in one line"));
            }
        } else if in_dependencies
            && line.contains('=')
            && !before.starts_with('#')
            && !line.ends_with(".workspace = true")
        {
            found.push(line.split('=').next().unwrap_or(line).trim().to_owned());
        }
        before = line;
    }
    found
}
