//! The evaluator's own patterns: matching, containment and overlap by plain recursion.

/// A name in small letters, ready for the matcher.
pub(crate) type Name = Vec<char>;

/// One entry of `Action` or `NotAction`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    All,
    Of { service: String, glob: Vec<char> },
}

/// In small letters, as far as IAM ignores case.
pub(crate) fn lower(text: &str) -> Name {
    text.chars().map(|c| c.to_ascii_lowercase()).collect()
}

/// The matcher, by its definition: `*` is any run, `?` any one character. Both sides in small letters.
pub(crate) fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skipped| glob(rest, &text[skipped..])),
        Some((c, rest)) => text.first().is_some_and(|t| *c == '?' || c == t) && glob(rest, &text[1..]),
    }
}

impl Pattern {
    pub(crate) fn read(text: &str) -> Self {
        match text {
            "*" | "*:*" => Self::All,
            _ => {
                let (service, glob) = text.split_once(':').expect("a pattern has a colon");
                Self::Of {
                    service: service.to_ascii_lowercase(),
                    glob: lower(glob),
                }
            }
        }
    }

    pub(crate) fn is_wild(&self) -> bool {
        match self {
            Self::All => true,
            Self::Of { glob, .. } => glob.iter().any(|c| matches!(c, '*' | '?')),
        }
    }

    /// Whether every string of `inner` is a string of this pattern. Runs of wildcards are put in one order; then each
    /// symbol of `inner` must be read by one of this pattern, and a `*` of `inner` by a `*` only.
    pub(crate) fn holds(&self, inner: &Self) -> bool {
        fn reads(outer: &[char], inner: &[char]) -> bool {
            match outer.split_first() {
                None => inner.is_empty(),
                Some(('*', rest)) => (0..=inner.len()).any(|skipped| reads(rest, &inner[skipped..])),
                Some((c, rest)) => {
                    inner.first().is_some_and(|i| *i != '*' && (*c == '?' || c == i))
                        && reads(rest, &inner[1..])
                }
            }
        }
        match (self, inner) {
            (Self::All, _) => true,
            (_, Self::All) => false,
            (
                Self::Of { service, glob },
                Self::Of {
                    service: other,
                    glob: inner,
                },
            ) => service == other && reads(&ordered(glob), &ordered(inner)),
        }
    }

    /// Whether some string is in both patterns.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        fn meet(a: &[char], b: &[char]) -> bool {
            match (a.split_first(), b.split_first()) {
                (None, None) => true,
                (Some(('*', rest)), _) => meet(rest, b) || !b.is_empty() && meet(a, &b[1..]),
                (_, Some(('*', rest))) => meet(a, rest) || !a.is_empty() && meet(&a[1..], b),
                (Some((x, a)), Some((y, b))) => (*x == '?' || *y == '?' || x == y) && meet(a, b),
                _ => false,
            }
        }
        match (self, other) {
            (Self::All, _) | (_, Self::All) => true,
            (
                Self::Of { service, glob },
                Self::Of {
                    service: other,
                    glob: inner,
                },
            ) => service == other && meet(glob, inner),
        }
    }

    /// Made-up names that it matches: its wildcards replaced by nothing, by one strange character, by a few.
    pub(crate) fn examples(&self) -> Vec<Name> {
        let Self::Of { glob, .. } = self else {
            return vec![lower("~")];
        };
        let with = |star: &str, one: char| {
            let pieces = glob.iter().map(|c| match c {
                '*' => star.to_owned(),
                '?' => one.to_string(),
                c => c.to_string(),
            });
            lower(&pieces.collect::<String>())
        };
        vec![with("", '~'), with("~", '~'), with("~~~", '^')]
    }
}

/// `*?*` and `?**` are the same: the `?`s first, then one `*`.
fn ordered(glob: &[char]) -> Vec<char> {
    let mut out = Vec::new();
    let mut star = false;
    for c in glob.iter().chain(&['\0']) {
        match c {
            '*' => star = true,
            '?' => out.push('?'),
            c => {
                if star {
                    out.push('*');
                }
                star = false;
                out.push(*c);
            }
        }
    }
    out.pop();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_evaluators_containment_is_that_of_languages() {
        let holds = |outer: &str, inner: &str| Pattern::read(outer).holds(&Pattern::read(inner));
        assert!(holds("s3:Get*", "S3:get?bject*") && holds("s3:*?", "s3:?*") && holds("*", "s3:x"));
        assert!(!holds("s3:Get?*", "s3:Get*") && !holds("s3:Get*", "s3:*") && !holds("s3:*", "*"));
        let meets = |a: &str, b: &str| Pattern::read(a).meets(&Pattern::read(b));
        assert!(meets("s3:a*", "s3:*b") && !meets("s3:a*", "s3:b*") && !meets("s3:a?", "s3:a"));
    }
}
