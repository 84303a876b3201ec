//! The policies in a file, with the positions of their statements and action lists.

use std::ops::Range;

use crate::hcl;
use crate::same::{Actions, Frame, frames_agree, is_action, of_node, without_empty_sid};
use crate::same::{Meaning, MeantPolicy};
use crate::tree::{Language, NodeLayout, Quote, SyntaxNode, Value};
use crate::yaml;
use leastwise_core::report::CodeState;

/// A policy in a file.
#[derive(Debug)]
pub(crate) struct CodePolicy {
    /// What it is called: the address of a block, a logical ID, or a construct path. Empty for a file that is a policy.
    pub(crate) label: String,
    /// Names next to the policy: its own, or those of its principals.
    pub(crate) names: Vec<String>,
    pub(crate) span: Range<usize>,
    pub(crate) language: Language,
    /// Why it cannot be patched, whatever the change.
    pub(crate) obstacle: Option<CodeState>,
    top: Frame,
    /// The tool that reads the code adds a version.
    is_version_given: bool,
    pub(crate) statements: Vec<CodeStatement>,
    /// The list of statements; `None` for a single statement outside a list.
    pub(crate) list: Option<(Range<usize>, NodeLayout)>,
}

/// A statement in a file.
#[derive(Debug)]
pub(crate) struct CodeStatement {
    pub(crate) span: Range<usize>,
    pub(crate) frame: Frame,
    pub(crate) negated: bool,
    pub(crate) entries: Vec<Entry>,
    /// The list of actions; without a layout it is one text.
    pub(crate) list: (Range<usize>, Option<NodeLayout>),
}

/// An action in a file.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
    pub(crate) quote: Quote,
}

impl CodeStatement {
    pub(crate) fn actions(&self) -> Actions {
        Actions::of(self.negated, self.entries.iter().map(|it| it.text.as_str()))
    }
}

impl CodePolicy {
    pub(crate) fn key(&self) -> Vec<Actions> {
        self.statements.iter().map(CodeStatement::actions).collect()
    }

    /// Whether it can mean a policy of AWS, and if so, whether only with variables.
    pub(crate) fn means(&self, wanted: &MeantPolicy) -> Option<bool> {
        if self.statements.len() != wanted.statements.len() {
            return None;
        }
        let mut top = self.top.clone();
        if self.is_version_given && !top.contains_key("Version") {
            top.extend(
                wanted
                    .top
                    .get("Version")
                    .map(|it| ("Version".to_owned(), it.clone())),
            );
        }
        let mut variables = frames_agree(&top, &wanted.top)?;
        for (code, wanted) in self.statements.iter().zip(&wanted.statements) {
            if code.actions() != wanted.actions {
                return None;
            }
            variables |= frames_agree(&code.frame, &wanted.frame)?;
        }
        Some(variables)
    }

    /// Whether two readings mean the same.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let same =
            |(a, b): (&CodeStatement, &CodeStatement)| a.frame == b.frame && a.actions() == b.actions();
        self.label == other.label
            && self.top == other.top
            && self.statements.len() == other.statements.len()
            && self.statements.iter().zip(&other.statements).all(same)
    }
}

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeFileKind {
    Terraform,
    Yaml,
    Json,
}

impl CodeFileKind {
    /// By the ending of its name.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|it| name.ends_with(it));
        match () {
            () if ends(&[".tf", ".tofu"]) => Some(Self::Terraform),
            () if ends(&[".yaml", ".yml", ".template"]) => Some(Self::Yaml),
            () if ends(&[".json"]) => Some(Self::Json),
            () => None,
        }
    }
}

/// The policies of a file, in their order.
pub(crate) fn policies(kind: CodeFileKind, text: &str) -> Vec<CodePolicy> {
    match kind {
        CodeFileKind::Terraform => {
            let documents = hcl::documents(text).unwrap_or_default();
            documents.into_iter().flat_map(of_block).collect()
        }
        CodeFileKind::Yaml | CodeFileKind::Json => {
            let language = if kind == CodeFileKind::Json {
                Language::Json
            } else {
                Language::Yaml
            };
            let mut walk = Walk {
                language,
                label: String::new(),
                is_made: false,
                is_shared: false,
                names: Vec::new(),
                found: Vec::new(),
            };
            yaml::documents(text)
                .unwrap_or_default()
                .iter()
                .for_each(|it| walk.visit(it, &mut Vec::new()));
            walk.found
        }
    }
}

fn of_block(document: hcl::HclDocument) -> Vec<CodePolicy> {
    let hcl::HclDocument {
        address,
        names,
        node,
        is_repeated,
        has_default_version,
        language,
    } = document;
    let language = if has_default_version {
        Language::Hcl
    } else {
        language
    };
    let mut walk = Walk {
        language,
        label: address,
        is_made: false,
        is_shared: false,
        names,
        found: Vec::new(),
    };
    walk.visit(&node, &mut Vec::new());
    for policy in &mut walk.found {
        policy.is_version_given = has_default_version;
        policy.obstacle = is_repeated.then_some(CodeState::Repeated).or(policy.obstacle);
    }
    walk.found
}

/// Members whose text is a name.
const NAMES: [&str; 5] = [
    "PolicyName",
    "ManagedPolicyName",
    "RoleName",
    "UserName",
    "GroupName",
];

struct Walk {
    language: Language,
    label: String,
    /// A tool made this resource.
    is_made: bool,
    /// Something above has an anchor, so that other places can mean the same text.
    is_shared: bool,
    names: Vec<String>,
    found: Vec<CodePolicy>,
}

impl Walk {
    fn visit<'n>(&mut self, node: &'n SyntaxNode, path: &mut Vec<&'n str>) {
        let above = self.is_shared;
        self.is_shared |= node.is_anchored;
        match &node.value {
            Value::Text(..) | Value::Unknown => {}
            Value::List(items, _) => items.iter().for_each(|it| self.visit(it, path)),
            Value::Map(members) => {
                let before = self.names.len();
                let names = members.iter().filter(|(name, _)| NAMES.contains(&name.as_str()));
                self.names
                    .extend(names.filter_map(|(_, it)| it.text().map(str::to_owned)));
                if let ["Resources", id] = path.as_slice() {
                    let made = node
                        .get("Metadata")
                        .and_then(|it| it.get("aws:cdk:path"))
                        .and_then(SyntaxNode::text);
                    self.label = made.unwrap_or(id).to_owned();
                    self.is_made = made.is_some();
                }
                match self.policy(node, path) {
                    Some(policy) => self.found.push(policy),
                    None => {
                        for (name, it) in members
                            .iter()
                            .filter(|(name, _)| name != "AssumeRolePolicyDocument")
                        {
                            path.push(name);
                            self.visit(it, path);
                            path.pop();
                        }
                    }
                }
                self.names.truncate(before);
            }
        }
        self.is_shared = above;
    }

    /// A document with statements that grant or deny actions.
    fn policy(&self, node: &SyntaxNode, path: &[&str]) -> Option<CodePolicy> {
        let members = node.map()?;
        let list = node.get("Statement")?;
        let statements: Vec<CodeStatement> = match &list.value {
            Value::List(items, _) => items.iter().map(statement).collect::<Option<_>>()?,
            Value::Map(_) => vec![statement(list)?],
            _ => return None,
        };
        let is_of_sam = path.contains(&"Policies") && node.get("Version").is_none();
        let top = members.iter().filter(|(name, _)| name != "Statement");
        let layout = match &list.value {
            Value::List(_, layout) => Some((list.span.clone(), *layout)),
            _ => None,
        };
        let is_loop = path.iter().any(|it| it.starts_with("Fn::ForEach"));
        let obstacle = match () {
            () if self.is_made => Some(CodeState::Generated),
            () if is_loop => Some(CodeState::Repeated),
            () => (self.is_shared || node.has_anchor()).then_some(CodeState::Shared),
        };
        Some(CodePolicy {
            label: if matches!(path, ["Resources", ..]) || self.language == Language::Hcl || path.is_empty() {
                self.label.clone()
            } else {
                String::new()
            },
            names: self.names.clone(),
            span: node.span.clone(),
            language: self.language,
            obstacle,
            top: top.map(|(name, it)| (name.clone(), of_node(it))).collect(),
            is_version_given: is_of_sam,
            statements,
            list: layout,
        })
    }
}

fn statement(node: &SyntaxNode) -> Option<CodeStatement> {
    let (mut frame, mut found): (Frame, Option<(bool, &SyntaxNode)>) = (Frame::new(), None);
    for (name, it) in node.map()? {
        match is_action(name) {
            // What others may do to a resource is no policy of a role or user.
            None if ["Principal", "NotPrincipal"].contains(&name.as_str()) => return None,
            None => drop(frame.insert(name.clone(), of_node(it))),
            Some(negated) if found.is_none() => found = Some((negated, it)),
            Some(_) => return None,
        }
    }
    without_empty_sid(&mut frame);
    if !matches!(frame.get("Effect"), Some(Meaning::Set { open: false, .. })) {
        return None;
    }
    let (negated, list) = found?;
    let entry = |it: &SyntaxNode| match &it.value {
        Value::Text(text, quote) => Some(Entry {
            span: it.span.clone(),
            text: text.clone(),
            quote: *quote,
        }),
        _ => None,
    };
    let entries = list.items().iter().map(entry).collect::<Option<_>>()?;
    let layout = match &list.value {
        Value::List(_, layout) => Some(*layout),
        _ => None,
    };
    Some(CodeStatement {
        span: node.span.clone(),
        frame,
        negated,
        entries,
        list: (list.span.clone(), layout),
    })
}
