//! Which known name a misspelt one is nearest to. Nothing else of this program.

/// The nearest of some names, if it is near enough to be meant: a third of it may be wrong.
pub fn closest<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wanted = wanted.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &wanted);
    let near = names.into_iter().map(|name| (distance(name), name)).min()?;
    let (distance, name) = near;
    (distance <= (name.chars().count() / 3).max(1)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_slip_of_the_pen_is_near_and_another_word_is_not() {
        let names = ["audit", "default", "prod"];
        assert_eq!(closest("audti", names), Some("audit"));
        assert_eq!(closest("Prod", names), Some("prod"));
        assert_eq!(closest("sandbox", names), None);
        assert_eq!(closest("x", []), None);
    }
}
