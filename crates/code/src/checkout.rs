//! All files of the code together: from a change to its patch. A patch is written only if the patched file
//! has exactly the recommended policy in place of the old one and leaves every other policy unchanged.

use std::collections::BTreeMap;

use leastwise_core::report::{CodeOwner, CodeState, CodeTool, InCode};
use similar::TextDiff;

use crate::edit::edited;
use crate::same::{Actions, MeantPolicy};
use crate::source::{CodeFileKind, CodePolicy, policies};

/// So many places are named where there are several.
const MOST_PLACES: usize = 10;

/// Files with policies.
#[derive(Debug, Default)]
pub struct Checkout {
    files: Vec<CodeFile>,
    /// By file and place in it.
    policies: Vec<(usize, usize)>,
    by_actions: BTreeMap<Vec<Actions>, Vec<usize>>,
}

#[derive(Debug)]
struct CodeFile {
    /// Of several checkouts, the name of the one that it is in.
    root: String,
    path: String,
    kind: CodeFileKind,
    text: String,
    policies: Vec<CodePolicy>,
    /// A tool writes it.
    is_generated: bool,
}

/// A policy and its recommended form.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The document as it is.
    pub before: &'w str,
    /// The document as it is to be, if it changes in its place.
    pub after: Option<&'w str>,
    /// The policy's name.
    pub name: &'w str,
    /// The code that defines it.
    pub owners: &'w [CodeOwner],
    /// How many policies the change is about: one in each account.
    pub policies: usize,
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// For the report; without the path of the patch.
    pub code: InCode,
    /// The patch.
    pub patch: Option<String>,
}

impl Checkout {
    /// Whether files of this name are read.
    pub fn reads(path: &str) -> bool {
        CodeFileKind::of(path).is_some()
    }

    /// Adds a file, by its path from the root of its checkout, with slashes, if it has policies; says whether it has.
    pub fn add(&mut self, root: &str, path: &str, text: String, is_generated: bool) -> bool {
        let Some(kind) = CodeFileKind::of(path).filter(|_| !text.contains('\0')) else {
            return false;
        };
        let policies = policies(kind, &text);
        if policies.is_empty() {
            return false;
        }
        let file = self.files.len();
        for (place, policy) in policies.iter().enumerate() {
            self.by_actions
                .entry(policy.key())
                .or_default()
                .push(self.policies.len());
            self.policies.push((file, place));
        }
        self.files.push(CodeFile {
            root: root.to_owned(),
            path: path.to_owned(),
            kind,
            text,
            policies,
            is_generated,
        });
        true
    }

    /// How many policies the files have.
    pub fn len(&self) -> usize {
        self.policies.len()
    }

    /// Whether they have none.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The policies that can mean the document of a policy with this name, by their place among all.
    pub fn places(&self, document: &str, name: &str) -> Vec<usize> {
        let Some(meant) = MeantPolicy::of(document) else {
            return Vec::new();
        };
        let all: Vec<usize> = self.meaning(&meant).into_iter().map(|(place, _)| place).collect();
        // Of several places that say the same, those that have its name.
        let has_name = |policy: &CodePolicy| policy.names.iter().any(|it| it == name);
        let is_named = |place: &usize| self.get(*place).is_some_and(|(_, policy)| has_name(policy));
        let named: Vec<usize> = all.iter().copied().filter(is_named).collect();
        if named.is_empty() { all } else { named }
    }

    fn meaning(&self, meant: &MeantPolicy) -> Vec<(usize, bool)> {
        let all = self.by_actions.get(&meant.key()).into_iter().flatten();
        all.filter_map(|place| Some((*place, self.get(*place)?.1.means(meant)?)))
            .collect()
    }

    fn get(&self, place: usize) -> Option<(&CodeFile, &CodePolicy)> {
        let (file, at) = self.policies.get(place)?;
        let file = self.files.get(*file)?;
        Some((file, file.policies.get(*at)?))
    }

    /// Finds a policy in the code. `uses` is the number of policies in AWS that each location can define.
    pub fn find(&self, wanted: &Wanted<'_>, uses: &dyn Fn(usize) -> usize) -> Found {
        let Some(before) = MeantPolicy::of(wanted.before) else {
            return Found::of(CodeState::NotFound);
        };
        let all = self.meaning(&before);
        let one = match all.as_slice() {
            [] => return Found::of(CodeState::NotFound),
            [one] => *one,
            many => match self.narrowed(many, wanted).as_slice() {
                [one] => *one,
                _ => {
                    return Found {
                        code: self.told(CodeState::Ambiguous, many),
                        patch: None,
                    };
                }
            },
        };
        let (place, _) = one;
        let Some((file, policy)) = self.get(place) else {
            return Found::of(CodeState::NotFound);
        };
        let is_one_of_many = wanted
            .owners
            .iter()
            .filter_map(|it| it.resource.as_deref())
            .any(|it| it.contains('['));
        let state = match policy.obstacle {
            _ if file.is_generated => Some(CodeState::Generated),
            Some(obstacle) => Some(obstacle),
            None if is_one_of_many || uses(place) > wanted.policies => Some(CodeState::Repeated),
            None => None,
        };
        if let Some(state) = state {
            return Found {
                code: self.told(state, &[one]),
                patch: None,
            };
        }
        let Some(after) = wanted.after.and_then(MeantPolicy::of) else {
            return Found {
                code: self.told(CodeState::Located, &[one]),
                patch: None,
            };
        };
        let Some(text) = edited(&file.text, policy, &before, &after) else {
            return Found {
                code: self.told(CodeState::Located, &[one]),
                patch: None,
            };
        };
        match file
            .is_proven(policy, &text, &after)
            .then(|| file.patch(&text))
            .flatten()
        {
            Some(patch) => Found {
                code: self.told(CodeState::Patched, &[one]),
                patch: Some(patch),
            },
            None => Found {
                code: self.told(CodeState::Unproven, &[one]),
                patch: None,
            },
        }
    }

    /// Of several places that say the same, those that the policy's name or its owner names.
    fn narrowed(&self, all: &[(usize, bool)], wanted: &Wanted<'_>) -> Vec<(usize, bool)> {
        let owned = |policy: &CodePolicy| {
            wanted.owners.iter().any(|owner| {
                owner
                    .resource
                    .as_deref()
                    .is_some_and(|resource| names(owner.tool, resource, &policy.label))
            })
        };
        let named = |policy: &CodePolicy| policy.names.iter().any(|it| it == wanted.name);
        let those = |is: &dyn Fn(&CodePolicy) -> bool| -> Vec<(usize, bool)> {
            let is_one = |(place, _): &&(usize, bool)| self.get(*place).is_some_and(|(_, policy)| is(policy));
            all.iter().filter(is_one).copied().collect()
        };
        let by_owner = those(&owned);
        if by_owner.is_empty() {
            those(&named)
        } else {
            by_owner
        }
    }

    fn told(&self, state: CodeState, places: &[(usize, bool)]) -> InCode {
        let variables = places.iter().any(|(_, variables)| *variables);
        let files = places.iter().take(MOST_PLACES).filter_map(|(place, _)| {
            let (file, policy) = self.get(*place)?;
            let line = file.text.get(..policy.span.start)?.matches('\n').count() + 1;
            let root = if file.root.is_empty() {
                String::new()
            } else {
                format!("{}/", file.root)
            };
            Some(format!("{root}{}:{line}", file.path))
        });
        InCode {
            state,
            places: files.collect(),
            patch: None,
            variables,
        }
    }
}

impl Found {
    fn of(state: CodeState) -> Self {
        Self {
            code: InCode {
                state,
                places: Vec::new(),
                patch: None,
                variables: false,
            },
            patch: None,
        }
    }
}

/// Whether a resource of a state or stack is what a label says.
fn names(tool: CodeTool, resource: &str, label: &str) -> bool {
    match tool {
        // The module is a matter of the folder that the file is in.
        CodeTool::Terraform => resource == label || resource.ends_with(&format!(".{label}")),
        _ => resource == label,
    }
}

impl CodeFile {
    /// Whether the new text has the recommended policy in the place of the old one, and all others as they were.
    fn is_proven(&self, policy: &CodePolicy, text: &str, after: &MeantPolicy) -> bool {
        let now = policies(self.kind, text);
        now.len() == self.policies.len()
            && self.policies.iter().zip(&now).all(|(was, is)| {
                if std::ptr::eq(was, policy) {
                    was.label == is.label && is.means(after).is_some()
                } else {
                    was.is_like(is)
                }
            })
    }

    /// A patch for `git apply`, from the root of the checkout.
    fn patch(&self, text: &str) -> Option<String> {
        // A carriage return alone ends a line for some and not for others.
        if self.text.replace("\r\n", "").contains('\r') {
            return None;
        }
        let diff = TextDiff::from_lines(self.text.as_str(), text);
        let (old, new) = (header("a", &self.path), header("b", &self.path));
        let text = diff
            .unified_diff()
            .context_radius(3)
            .header(&old, &new)
            .to_string();
        (!text.is_empty()).then(|| format!("diff --git {old} {new}\n{text}"))
    }
}

/// A path as git writes it: what is not plain is quoted, so that no name begins a line of its own.
fn header(side: &str, path: &str) -> String {
    let path = format!("{side}/{path}");
    let is_plain = path
        .bytes()
        .all(|it| it.is_ascii_graphic() && it != b'"' && it != b'\\');
    if is_plain {
        return path;
    }
    let mut out = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out + "\""
}
