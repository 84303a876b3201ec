//! Regions in which IAM tracks last use, as data: `regions.tsv` names its source.

static TABLE: &str = include_str!("regions.tsv");

/// Whether IAM tracks use in a Region. According to AWS, it does not in Regions that the table lacks.
pub fn is_tracked(region: &str) -> bool {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split('\t').next())
        .any(|known| known.eq_ignore_ascii_case(region))
}

#[cfg(test)]
mod tests {
    use super::is_tracked;

    #[test]
    fn regions_are_known_by_name_and_no_comment_is_one() {
        assert!(is_tracked("eu-central-1") && is_tracked("us-gov-west-1"));
        assert!(
            !is_tracked("ap-southeast-7") && !is_tracked("cn-north-1") && !is_tracked("") && !is_tracked("#")
        );
    }
}
