//! The owner of a principal: the value of the tag that the configuration names, otherwise its account.

use std::collections::BTreeSet;

use leastwise_core::decide::HolderKind;
use leastwise_core::report::names::part_without_case;
use leastwise_core::report::{Files, Hands, PrincipalRow, Recommendation};

/// An owner. Accounts come before people, each in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// No owner tag: the account, by its ID.
    Account(String),
    /// The value of the tag.
    Tag(String),
}

impl Owner {
    /// The owner of a principal. A tag without a value names no owner.
    pub fn of(principal: &PrincipalRow, account: &str, tag: Option<&str>) -> Self {
        let value = tag
            .and_then(|tag| principal.tags.get(tag))
            .filter(|value| !value.trim().is_empty());
        value.map_or_else(
            || Self::Account(account.to_owned()),
            |value| Self::Tag(value.clone()),
        )
    }

    /// As it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Account(name) | Self::Tag(name) => name,
        }
    }

    /// As one part of a path. A tag that looks like an account's id is not taken for the account.
    pub fn file(&self) -> String {
        let name = part_without_case(self.name());
        match (self, name.as_bytes()) {
            // One coded digit is enough, and no other name is written so.
            (Self::Tag(_), [first, rest @ ..]) if name.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("%{first:02X}{}", String::from_utf8_lossy(rest))
            }
            _ => name,
        }
    }
}

/// The principals of one owner, in one account or several.
#[derive(Debug, Default)]
pub struct Own<'r> {
    arns: BTreeSet<&'r str>,
    /// What they and their groups hold policies by: kind and name.
    names: BTreeSet<(HolderKind, &'r str)>,
}

impl<'r> Own<'r> {
    /// By their ARNs alone.
    pub fn of(arns: impl IntoIterator<Item = &'r str>) -> Self {
        Self {
            arns: arns.into_iter().collect(),
            names: BTreeSet::new(),
        }
    }

    /// One more.
    pub fn add(&mut self, principal: &'r PrincipalRow) {
        self.arns.insert(&principal.arn);
        self.names.insert((principal.kind.into(), &principal.name));
        self.names.extend(
            principal
                .groups
                .iter()
                .map(|group| (HolderKind::Group, group.as_str())),
        );
    }

    /// Whether a principal is one of them.
    pub fn has(&self, arn: &str) -> bool {
        self.arns.contains(arn)
    }

    /// How many of them are in a list of ARNs.
    pub fn count(&self, arns: &[String]) -> usize {
        arns.iter().filter(|arn| self.has(arn)).count()
    }

    /// Whether one of a policy's holders is the owner's: its principals, and the groups that one of them is in.
    pub fn is_holder(&self, kind: HolderKind, name: &str) -> bool {
        self.names.contains(&(kind, name))
    }

    /// Principals of the owner whose attachments change.
    pub fn hands<'c>(&self, change: &'c Recommendation) -> Vec<&'c Hands> {
        change
            .holders
            .iter()
            .filter(|it| self.is_holder(it.kind, &it.name))
            .collect()
    }

    /// The files of a change under a name of the owner's.
    pub fn files<'c>(&self, change: &'c Recommendation) -> &'c Files {
        self.hands(change)
            .first()
            .map_or(&change.files, |hands| &hands.files)
    }
}

#[cfg(test)]
mod tests {
    use super::Owner;

    #[test]
    fn no_tag_is_taken_for_an_account_and_none_leads_out_of_its_folder() {
        let file = |name: &str| Owner::Tag(name.to_owned()).file();
        assert_eq!(Owner::Account("111111111111".to_owned()).file(), "111111111111");
        assert_eq!(file("12"), "%312");
        assert_eq!(file("team-shop@example.com"), "team-shop@example.com");
        assert_eq!(file("../../etc"), "..%2F..%2Fetc");
        assert_eq!(file(".."), "%2E%2E");
    }

    #[test]
    fn no_tag_is_too_long_for_the_name_of_a_file() {
        for letter in ["1", "a", "A", "%", "\u{1f600}"] {
            for length in [85, 86, 160, 161, 256, 2000] {
                let file = Owner::Tag(letter.repeat(length)).file();
                assert!(file.len() <= 220, "{length} of {letter}: {file}");
            }
        }
        assert_eq!(
            Owner::Tag("7".repeat(86)).file(),
            format!("%37{}", "7".repeat(85))
        );
    }

    #[test]
    fn tags_that_differ_in_case_alone_have_files_of_their_own_on_every_disk() {
        let file = |name: &str| Owner::Tag(name.to_owned()).file();
        assert_eq!(file("shop"), "shop");
        assert!(file("Shop").starts_with("Shop~"), "{}", file("Shop"));
        assert!(!file("Shop").eq_ignore_ascii_case(&file("SHOP")));
    }
}
