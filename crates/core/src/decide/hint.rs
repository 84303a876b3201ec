//! Words in names, paths and tags that suggest rare but necessary use. This is the only such table.

use super::codes::{Level, ReasonCode};
use crate::inventory::wire::Tag;

/// A kind of rare but necessary use.
#[derive(Debug)]
pub(super) struct Hint {
    pub(super) code: ReasonCode,
    /// Highest confidence of a recommendation with this hint.
    pub(super) cap: Level,
    /// Why this use is easily missed.
    pub(super) why: &'static str,
    /// In lower case and without separators: `breakglass` matches `BreakGlass`, `break-glass` and `breakglass`.
    words: &'static [&'static str],
}

/// Codes of hints for principals that are idle until an emergency.
const RESERVES: [ReasonCode; 2] = [ReasonCode::BreakGlass, ReasonCode::DisasterRecovery];

/// The table. Lists use this order.
pub(super) const HINTS: [Hint; 8] = [
    Hint {
        code: ReasonCode::BreakGlass,
        cap: Level::Low,
        why: "emergency access is idle until there is an emergency",
        words: &["breakglass", "emergency", "incident", "incidents"],
    },
    Hint {
        code: ReasonCode::DisasterRecovery,
        cap: Level::Low,
        why: "disaster recovery runs only when the main site is lost",
        words: &["dr", "disaster", "disasterrecovery", "failover", "failback"],
    },
    Hint {
        code: ReasonCode::Backup,
        cap: Level::Low,
        why: "a restore can come long after the backup",
        words: &["backup", "backups", "restore", "restores", "restoration"],
    },
    Hint {
        code: ReasonCode::Calendar,
        cap: Level::Low,
        why: "may run less often than the window",
        words: &[
            "quarterly",
            "quarterend",
            "annual",
            "annually",
            "yearly",
            "yearend",
            "monthend",
            "eom",
            "eoq",
            "eoy",
        ],
    },
    Hint {
        code: ReasonCode::Deployment,
        cap: Level::Low,
        why: "the next deployment may need other permissions",
        words: &[
            "pipeline",
            "pipelines",
            "deploy",
            "deploys",
            "deployer",
            "deployment",
            "deployments",
            "ci",
            "cd",
            "cicd",
            "terraform",
            "cloudformation",
            "cdk",
            "pulumi",
            "codebuild",
            "codedeploy",
            "codepipeline",
            "jenkins",
            "gitlab",
            "githubactions",
        ],
    },
    Hint {
        code: ReasonCode::LandingZone,
        cap: Level::Low,
        why: "account setup runs only when an account is added or repaired",
        words: &[
            "controltower",
            "landingzone",
            "stackset",
            "stacksets",
            "organizationaccountaccess",
        ],
    },
    Hint {
        code: ReasonCode::Migration,
        cap: Level::Low,
        why: "migrations pause between waves",
        words: &["migration", "migrations", "migrate", "migrator"],
    },
    Hint {
        code: ReasonCode::Audit,
        cap: Level::Medium,
        why: "audits read widely but rarely",
        words: &["audit", "audits", "auditor", "auditors", "auditing"],
    },
];

/// A tag whose key contains such a word says who created a principal, not what it is for. If one tool creates
/// everything, all principals would carry the hint.
const PROVENANCE: [&str; 14] = [
    "terraform",
    "cloudformation",
    "cdk",
    "pulumi",
    "iac",
    "provisioner",
    "creator",
    "managed",
    "repo",
    "repository",
    "git",
    "github",
    "stack",
    "workspace",
];

/// Tag values that negate what the key says.
const DENIALS: [&str; 8] = ["false", "no", "none", "never", "off", "disabled", "0", "na"];

/// Where a word was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    Name,
    Path,
    Tag,
}

impl Spot {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Path => "path",
            Self::Tag => "tags",
        }
    }

    /// Ending of the verb after the name.
    pub(super) fn ending(self) -> &'static str {
        if self == Self::Tag { "" } else { "s" }
    }
}

/// A hint that was found. Its word comes from the table, so it contains no text from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FoundHint {
    /// Index in the table.
    at: usize,
    pub(super) spot: Spot,
    pub(super) word: &'static str,
}

impl FoundHint {
    pub(super) fn hint(self) -> Option<&'static Hint> {
        HINTS.get(self.at)
    }

    /// Whether it suggests a principal that is idle until an emergency.
    fn is_reserve(self) -> bool {
        self.hint().is_some_and(|hint| RESERVES.contains(&hint.code))
    }

    /// The clue in words: `name contains "breakglass"`.
    pub(super) fn sentence(self) -> String {
        format!(
            "{} contain{} \"{}\"",
            self.spot.name(),
            self.spot.ending(),
            self.word
        )
    }
}

/// The hints about one principal, each once, in the order of the table.
pub(super) fn hints(name: &str, path: &str, tags: &[Tag]) -> Vec<FoundHint> {
    let mut texts = vec![
        HintText::of(Spot::Name, words(name)),
        HintText::of(Spot::Path, words(path)),
    ];
    for tag in tags {
        let (key, value) = (words(&tag.key), words(&tag.value));
        if !tells_who_made_it(&tag.key, &key) && !DENIALS.contains(&value.concat().as_str()) {
            texts.extend([HintText::of(Spot::Tag, key), HintText::of(Spot::Tag, value)]);
        }
    }
    let find = |(at, hint): (usize, &'static Hint)| {
        texts.iter().find_map(|text| {
            let word = hint.words.iter().find(|word| text.says(word))?;
            Some(FoundHint {
                at,
                spot: text.spot,
                word,
            })
        })
    };
    HINTS.iter().enumerate().filter_map(find).collect()
}

/// Why a principal looks like emergency access, if it does, as a sentence without a full stop.
pub fn emergency(name: &str, path: &str, tags: &[Tag]) -> Option<String> {
    hints(name, path, tags)
        .into_iter()
        .find(|found| found.is_reserve())
        .map(FoundHint::sentence)
}

/// The words of one text.
struct HintText {
    spot: Spot,
    words: Vec<String>,
    /// Initial letters of the words as bits: almost no text contains a word of the table.
    initials: u32,
}

impl HintText {
    fn of(spot: Spot, words: Vec<String>) -> Self {
        let initials = words
            .iter()
            .map(|word| initial(word))
            .fold(0, |all, one| all | one);
        Self {
            spot,
            words,
            initials,
        }
    }

    fn says(&self, wanted: &str) -> bool {
        self.initials & initial(wanted) != 0 && says(&self.words, wanted)
    }
}

/// Bit of a word's initial letter.
fn initial(word: &str) -> u32 {
    word.bytes().next().map_or(0, |byte| 1 << (byte % 32))
}

fn tells_who_made_it(key: &str, words: &[String]) -> bool {
    key.starts_with("aws:")
        || words.last().is_some_and(|last| last == "by")
        || PROVENANCE.iter().any(|word| says(words, word))
}

/// Whether a run of whole words, joined, is this one.
fn says(words: &[String], wanted: &str) -> bool {
    (0..words.len()).any(|start| {
        let mut rest = wanted;
        for word in words.iter().skip(start) {
            match rest.strip_prefix(word.as_str()) {
                Some("") => return true,
                Some(shorter) => rest = shorter,
                None => return false,
            }
        }
        false
    })
}

/// The words of a name in lower case, split at other characters and where the case changes. Digits at the end of a
/// word are ignored. A run of capitals and digits is one word; otherwise random suffixes that tools generate would
/// be full of hints.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
    {
        let chars: Vec<char> = part.chars().collect();
        let cased = chars.iter().any(|c| c.is_lowercase());
        let mut word = String::new();
        for (at, c) in chars.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| chars.get(before));
            let cut = before.is_some_and(|before| {
                let next_is_small = chars.get(at + 1).is_some_and(|next| next.is_lowercase());
                c.is_uppercase() && (!before.is_uppercase() || next_is_small)
            });
            if cased && cut {
                words.push(std::mem::take(&mut word));
            }
            word.extend(c.to_lowercase());
        }
        words.push(word);
    }
    let bare = |word: String| match word.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "" => word,
        bare => bare.to_owned(),
    };
    words.into_iter().map(bare).collect()
}
