//! What infrastructure as code can say of each change: the resources that it makes or adopts, and the steps that stay for
//! hands because they take away what no template ever made.
//!
//! Names are let through only where IAM takes them, so that nothing else reaches a template as a name.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::account_view::AccountChange;
use super::{AccountView, Read};
use leastwise_core::decide::{HolderKind, PolicyKind};
use leastwise_core::policy::{Document, parse_all};
use leastwise_core::report::words::DISPUTED_BEFORE;
use leastwise_core::report::{Action, Note, PolicyHolder, Recommendation};
use leastwise_core::visible::visible_line;

/// Where the code of permission sets is, which are of no account.
pub(super) const OF_SETS: &str = "changes/permission-sets-as-code";

const BAD_NAME: &str = "a name in it is none that IAM takes, so that no template can hold it";
const UNREADABLE: &str = "its document is not in the report";
const SHARED: &str = "principals of other owners share it: change it with the complete report";
const OF_A_SET: &str = "a permission set attaches it to a role of its own: change it there as well";

/// One change in one account.
pub(super) struct ResourceChange<'r> {
    pub(super) of: &'r AccountChange<'r>,
    pub(super) resources: Vec<Resource>,
    pub(super) steps: Vec<ManualStep>,
}

/// What a template says.
pub(super) enum Resource {
    /// An inline policy that is there.
    Inline {
        holder: PolicyHolder,
        policy: String,
        before: String,
        after: String,
    },
    /// A customer-managed policy that is there.
    Managed {
        policy: PolicyArn,
        before: String,
        after: String,
    },
    /// A customer-managed policy to create, or that an earlier report had created.
    Copy {
        policy: PolicyArn,
        there: bool,
        document: String,
    },
    /// The attachment of such a copy, by its name.
    Attachment { copy: String, holder: PolicyHolder },
}

/// What stays for hands.
pub(super) enum ManualStep {
    Detach { arn: PolicyArn, holder: PolicyHolder },
    DeleteInline { holder: PolicyHolder, policy: String },
    Told(Cow<'static, str>),
}

/// A managed policy's ARN, of which every part is one that IAM takes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PolicyArn {
    pub(super) text: String,
    /// Begins and ends with a slash.
    pub(super) path: String,
    pub(super) name: String,
}

/// A change of a permission set.
pub(super) struct SetChange<'r> {
    pub(super) recommendation: &'r Recommendation,
    /// Its new inline policy.
    pub(super) inline: Option<String>,
    /// The customer-managed policies that it is to name.
    pub(super) names: Vec<String>,
    pub(super) steps: Vec<String>,
}

/// A way to detach or attach, or the reason why there is none.
type Found<T> = Result<T, &'static str>;

/// What there is to make and to do in an account, change by change.
pub(super) fn changes<'v>(view: &'v AccountView<'v>, read: &Read<'_>) -> Vec<ResourceChange<'v>> {
    // Of a permission set an account has only the policies that it names.
    let here = view
        .changes
        .iter()
        .filter(|it| it.set().is_none() || !it.it.creates.is_empty());
    let around = Around { view, read };
    let mut made = BTreeSet::new();
    here.map(|of| {
        let mut change = around.change(of);
        // Two changes of one result name the same policy.
        change.resources.retain(|it| match it {
            Resource::Copy { policy, .. } => made.insert(policy.name.clone()),
            _ => true,
        });
        change
    })
    .collect()
}

struct Around<'v, 'f> {
    view: &'v AccountView<'v>,
    read: &'f Read<'f>,
}

impl<'v> Around<'v, '_> {
    fn change(&self, of: &'v AccountChange<'v>) -> ResourceChange<'v> {
        let mut change = ResourceChange {
            of,
            resources: Vec::new(),
            steps: Vec::new(),
        };
        if of.it.is_disputed() {
            change.steps = vec![ManualStep::Told(DISPUTED_BEFORE.into())];
            return change;
        }
        // Two places that define one policy would undo each other's changes.
        if let Some(owned) = of.it.owned_by() {
            change.steps = vec![ManualStep::Told(plain(&owned).into())];
        } else if let Err(why) = self.fill(&mut change) {
            change.resources.clear();
            change.steps = vec![ManualStep::Told(why.into())];
        }
        change
    }

    fn fill(&self, change: &mut ResourceChange<'v>) -> Found<()> {
        let (of, it) = (change.of, change.of.it);
        if of.set().is_some() {
            return self.copies(change, &[]);
        }
        if of.is_shared {
            return Err(SHARED);
        }
        let arn = || PolicyArn::of(of.policy.arn.ok_or(BAD_NAME)?);
        let inline = || -> Found<(PolicyHolder, String)> {
            Ok((
                holder(it.holder_kind, &it.holder)?,
                named(&it.policy, 128)?.to_owned(),
            ))
        };
        match it.action {
            Action::Replace => {
                let (holder, policy) = inline()?;
                let (before, after) = (self.one(&it.files.before)?, self.one(&it.files.after)?);
                change.resources.push(Resource::Inline {
                    holder,
                    policy,
                    before,
                    after,
                });
            }
            Action::NewVersion => {
                let (before, after) = (self.one(&it.files.before)?, self.one(&it.files.after)?);
                change.resources.push(Resource::Managed {
                    policy: arn()?,
                    before,
                    after,
                });
            }
            Action::Delete => {
                let (holder, policy) = inline()?;
                change.steps.push(ManualStep::DeleteInline { holder, policy });
            }
            Action::Split if of.policy.kind == PolicyKind::Inline => {
                let (holder, policy) = inline()?;
                self.copies(change, std::slice::from_ref(&holder))?;
                change.steps.push(ManualStep::DeleteInline { holder, policy });
            }
            Action::Detach | Action::Substitute | Action::Fork | Action::Split => {
                let arn = arn()?;
                let all = of.holders.iter().map(|it| holder(it.kind, &it.name));
                let mut holders = all.collect::<Found<Vec<_>>>()?;
                let is_of_set =
                    |it: &PolicyHolder| it.kind == HolderKind::Role && it.name.starts_with("AWSReservedSSO_");
                let of_sets = holders.iter().any(is_of_set);
                holders.retain(|it| !is_of_set(it));
                if !it.creates.is_empty() {
                    self.copies(change, &holders)?;
                }
                let detach = |holder| ManualStep::Detach {
                    arn: arn.clone(),
                    holder,
                };
                change.steps.extend(holders.into_iter().map(detach));
                change
                    .steps
                    .extend(of_sets.then_some(ManualStep::Told(OF_A_SET.into())));
            }
        }
        Ok(())
    }

    /// The policies that take the place of one, and their attachments.
    fn copies(&self, change: &mut ResourceChange<'v>, holders: &[PolicyHolder]) -> Found<()> {
        let it = change.of.it;
        let text = self.read.text(&it.files.after).ok_or(UNREADABLE)?;
        let documents = parse_all(&text).map_err(|_| UNREADABLE)?;
        if documents.len() != it.creates.len() {
            return Err(UNREADABLE);
        }
        let attach = |name: &String| {
            let copy = name.clone();
            holders.iter().map(move |holder| Resource::Attachment {
                copy: copy.clone(),
                holder: holder.clone(),
            })
        };
        for (name, document) in it.creates.iter().zip(&documents) {
            let held = self.view.lookup.policy_named(PolicyKind::CustomerManaged, name);
            let there = held.and_then(|row| row.arn.clone());
            let arn = there.clone().unwrap_or_else(|| {
                format!(
                    "arn:{}:iam::{}:policy/{name}",
                    self.view.report.partition, self.view.account.summary.id
                )
            });
            let there = there.is_some() || it.notes.contains(&Note::CopyExists);
            let policy = PolicyArn::of(&arn)?;
            change.resources.push(Resource::Copy {
                policy,
                there,
                document: document.pretty() + "\n",
            });
            change.resources.extend(attach(name));
        }
        Ok(())
    }

    /// The one document of a file.
    fn one(&self, path: &str) -> Found<String> {
        let text = self.read.text(path).ok_or(UNREADABLE)?;
        match parse_all(&text).as_deref() {
            Ok([document]) => Ok(Document::pretty(document) + "\n"),
            _ => Err(UNREADABLE),
        }
    }
}

/// The changes of permission sets. They belong to no account, so they are listed with the first one.
pub(super) fn set_changes<'r>(view: &AccountView<'r>, read: &Read<'_>) -> Vec<SetChange<'r>> {
    let all = view.report.recommendations.iter().filter(|_| view.is_first());
    let sets = all.filter(|it| it.holder_kind == HolderKind::PermissionSet);
    sets.map(|it| set_change(it, read)).collect()
}

fn set_change<'r>(it: &'r Recommendation, read: &Read<'_>) -> SetChange<'r> {
    let mut change = SetChange {
        recommendation: it,
        inline: None,
        names: Vec::new(),
        steps: Vec::new(),
    };
    if it.is_disputed() {
        change.steps.push(DISPUTED_BEFORE.to_owned());
        return change;
    }
    if it.others > 0 {
        change.steps.push(SHARED.to_owned());
        return change;
    }
    if let Some(owned) = it.owned_by() {
        change.steps.push(plain(&owned));
        return change;
    }
    let names = it
        .creates
        .iter()
        .map(|name| named(name, 128).map(str::to_owned))
        .collect::<Found<Vec<_>>>();
    let (Ok(_), Ok(policy), Ok(names)) = (named(&it.holder, 32), named(&it.policy, 128), names) else {
        change.steps.push(BAD_NAME.to_owned());
        return change;
    };
    change.names = names;
    match it.action {
        Action::Replace => match read.text(&it.files.after).as_deref().map(parse_all) {
            Some(Ok(documents)) if documents.len() == 1 => {
                change.inline = documents.first().map(|document| document.pretty() + "\n");
            }
            _ => change.steps.push(UNREADABLE.to_owned()),
        },
        Action::Substitute if it.creates.is_empty() => {
            let after = &it.files.after;
            change.steps.push(format!(
                "add the statements of {after} to the permission set's inline policy"
            ));
            change.steps.push(format!(
                "detach the AWS-managed policy {policy} from the permission set"
            ));
        }
        _ if it.policy_ref().kind == PolicyKind::AwsManaged => {
            change.steps.push(format!(
                "detach the AWS-managed policy {policy} from the permission set"
            ));
        }
        _ => change
            .steps
            .push("delete the permission set's inline policy".to_owned()),
    }
    change
}

impl ResourceChange<'_> {
    /// Whether the manual steps come first, because the quota does not allow both policies.
    pub(super) fn hands_first(&self) -> bool {
        self.of.it.notes.contains(&Note::DetachBeforeAttach)
    }
}

impl ManualStep {
    /// In a line: a command of the AWS CLI where there is one. A name may begin with a dash, and is no option of its own.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Told(why) => why.clone().into_owned(),
            Self::Detach { arn, holder } => {
                let PolicyHolder { kind, name } = holder;
                let arn = in_shell(&arn.text);
                format!("aws iam detach-{kind}-policy --{kind}-name={name} --policy-arn={arn}")
            }
            Self::DeleteInline {
                holder: PolicyHolder { kind, name },
                policy,
            } => {
                format!("aws iam delete-{kind}-policy --{kind}-name={name} --policy-name={policy}")
            }
        }
    }
}

/// A role, user or group of a name that IAM takes.
fn holder(kind: HolderKind, name: &str) -> Found<PolicyHolder> {
    let most = match kind {
        HolderKind::Role | HolderKind::User => 64,
        HolderKind::Group => 128,
        HolderKind::Managed | HolderKind::PermissionSet => return Err(BAD_NAME),
    };
    Ok(PolicyHolder {
        kind,
        name: named(name, most)?.to_owned(),
    })
}

impl PolicyArn {
    fn of(text: &str) -> Found<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, iam, "", account, resource] = parts.as_slice() else {
            return Err(BAD_NAME);
        };
        let (path, name) = resource
            .strip_prefix("policy")
            .and_then(|it| it.rsplit_once('/'))
            .ok_or(BAD_NAME)?;
        let path = format!("{path}/");
        let is_account =
            *account == "aws" || account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
        let is_partition = partition
            .bytes()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
        let is_path =
            path.starts_with('/') && path.len() <= 512 && path.bytes().all(|it| it.is_ascii_graphic());
        match (*arn, *iam, is_account && is_partition && is_path) {
            ("arn", "iam", true) => Ok(Self {
                text: text.to_owned(),
                path,
                name: named(name, 128)?.to_owned(),
            }),
            _ => Err(BAD_NAME),
        }
    }
}

/// A name that IAM takes.
fn named(name: &str, most: usize) -> Found<&str> {
    let takes = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    let is_one = (1..=most).contains(&name.len()) && name.bytes().all(takes);
    is_one.then_some(name).ok_or(BAD_NAME)
}

/// A word of a POSIX shell.
fn in_shell(word: &str) -> String {
    let is_plain = word
        .bytes()
        .all(|it| it.is_ascii_alphanumeric() || b"+=,.@_:/-".contains(&it));
    if is_plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// JSON in ASCII, so that nothing between here and AWS writes its letters in another form.
pub(super) fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        // In JSON, non-ASCII characters occur only in strings.
        if c.is_ascii() && (!c.is_ascii_control() || c == '\n') {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// Text of others that begins no line, steers no terminal and is no reference of CloudFormation.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible_line(text).chars() {
        match c {
            '{' if out.ends_with('{') => out.push_str(" {"),
            c => out.push(c),
        }
    }
    out
}
