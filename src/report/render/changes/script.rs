//! The scripts of one plan, put together from the pieces in `shell/`: each has only those that it needs.

use super::plan::{Old, Place, Plan};
use super::shell::{comment, list, quoted, variable};
use crate::report::Action;
use crate::report::render::{Part, Read};
use crate::report::writer::sha256;

macro_rules! pieces {
    ($($name:ident = $file:literal;)*) => {
        $(const $name: &str = include_str!(concat!("shell/", $file, ".sh"));)*
    };
}

pieces! {
    COMMON = "common";
    ACCOUNT = "account";
    DOCUMENTS = "documents";
    INLINE_LIVE = "inline-live";
    INLINE = "inline";
    MANAGED = "managed";
    ENTITIES = "entities";
    VERSION = "version";
    VERSION_HOLDERS = "version-holders";
    VERSION_SET = "version-set";
    ATTACHED = "attached";
    ATTACH = "attach";
    DETACH = "detach";
    ROOM = "room";
    NEW = "new";
    NEW_CREATE = "new-create";
    NEW_DELETE = "new-delete";
    CREATE_APPLY = "create-apply";
    CREATE_ROLLBACK = "create-rollback";
    OLD_MANAGED = "old-managed";
    OLD_MANAGED_TAKE = "old-managed-take";
    OLD_MANAGED_GIVE = "old-managed-give";
    OLD_INLINE = "old-inline";
    OLD_INLINE_TAKE = "old-inline-take";
    OLD_INLINE_GIVE = "old-inline-give";
    MOVE_APPLY = "move-apply";
    MOVE_ROLLBACK = "move-rollback";
    DETACH_APPLY = "detach-apply";
    DETACH_ROLLBACK = "detach-rollback";
    SET = "set";
    SET_SETTLE = "set-settle";
    SET_ACCOUNTS = "set-accounts";
    SET_INLINE_LIVE = "set-inline-live";
    SET_INLINE = "set-inline";
    SET_OLD_MANAGED = "set-old-managed";
    SET_OLD_MANAGED_TAKE = "set-old-managed-take";
    SET_OLD_MANAGED_GIVE = "set-old-managed-give";
    SET_OLD_INLINE = "set-old-inline";
    SET_OLD_INLINE_TAKE = "set-old-inline-take";
    SET_OLD_INLINE_GIVE = "set-old-inline-give";
    SET_DETACH = "set-detach";
    SET_NEW = "set-new";
    SET_NAME = "set-name";
    SET_UNNAME = "set-unname";
    SET_MOVE_APPLY = "set-move-apply";
    SET_MOVE_ROLLBACK = "set-move-rollback";
}

/// Which of the two scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Apply,
    Rollback,
}

/// Variables, and the pieces behind them.
type Body = (String, Vec<&'static str>);

impl Plan<'_> {
    /// Both scripts.
    pub(super) fn scripts(&self, read: &Read<'_>) -> [Part; 2] {
        let files = &self.it.files;
        let documents = [("BEFORE", &files.before), ("AFTER", &files.after)].map(|(name, path)| {
            let text = read(path)?;
            let file = variable(name, &format!("{}{path}", "../".repeat(self.folder.split('/').count())));
            Some(file + &variable(&format!("{name}_SHA256"), &sha256(text.as_bytes())))
        });
        let obstacle = self.obstacle();
        [(Way::Apply, "apply.sh"), (Way::Rollback, "rollback.sh")].map(|(way, name)| {
            let text = match (obstacle, &documents) {
                (None, [Some(before), Some(after)]) => self.script(way, &format!("{before}{after}")),
                (why, _) => self.refusal(why.unwrap_or("the report lacks its documents: scan again")),
            };
            Part::file(&format!("{}/{name}", self.folder), text)
        })
    }

    fn script(&self, way: Way, documents: &str) -> String {
        let (variables, pieces) = self.body(way);
        let mut out = self.head(way);
        out += "set -euo pipefail\n\n";
        out += &variables;
        out += documents;
        out.push('\n');
        pieces.into_iter().for_each(|piece| out += piece);
        out
    }

    /// A script that says why there is none.
    fn refusal(&self, why: &str) -> String {
        format!(
            "#!/usr/bin/env bash\n# {}\nprintf 'refused: %s\\n' {} >&2\nexit 1\n",
            comment(&self.it.id),
            quoted(why)
        )
    }

    fn head(&self, way: Way) -> String {
        let it = self.it;
        let what = match (way, &self.place) {
            (Way::Rollback, _) => "Takes back what apply.sh beside it does.".to_owned(),
            (_, Place::Account { holders, .. }) if holders.is_empty() => format!(
                "Creates what permission set {} is to name, before the script of the permission set runs.",
                it.holder
            ),
            _ => self.what(),
        };
        let (who, credentials) = match &self.place {
            Place::Account { id, .. } => ("the policy", format!("of account {id}")),
            Place::Set { .. } => {
                ("the permission set", "of the account that administers Identity Center".to_owned())
            }
        };
        let name = if way == Way::Apply { "apply.sh" } else { "rollback.sh" };
        let mut lines = vec![
            it.id.clone(),
            what,
            format!(
                "Confidence: {}. It removes {} permissions; the difference is in {}.",
                it.confidence.level, it.proof.removed, it.files.diff
            ),
        ];
        if let Some(accounts) = self.fleet {
            lines.push(format!(
                "{accounts} accounts have this from one template, it seems: change that instead, or it comes back."
            ));
        }
        if it.notes.iter().any(|note| note == "policy-newer-than-evidence") {
            lines.push(
                "The policy was changed after its use was looked at: read the difference first.".to_owned(),
            );
        }
        lines.push(format!("Run it as `bash {name}` with credentials {credentials}."));
        lines.push(format!(
            "It refuses when {who} is no longer what was analysed, and says so when nothing is left to do."
        ));
        lines.push(format!("`DRY_RUN=1 bash {name}` tells the steps and calls nothing that writes."));
        let lines: String = lines.iter().map(|line| format!("# {}\n", comment(line))).collect();
        format!("#!/usr/bin/env bash\n{lines}")
    }

    fn what(&self) -> String {
        let it = self.it;
        let holder = match &self.place {
            Place::Set { .. } => format!("permission set {}", it.holder),
            Place::Account { holders, .. } => match holders.as_slice() {
                [one] => one.replacen('/', " ", 1),
                many => format!("{} holders", many.len()),
            },
        };
        let policy = match self.old {
            Old::Inline => format!("inline policy {} of {holder}", it.policy),
            Old::Managed(arn) => format!("policy {}", arn.unwrap_or(&it.policy)),
        };
        match it.action {
            Action::Replace => format!("Puts the smaller document into {policy}."),
            Action::NewVersion => format!("Makes the smaller document the default version of {policy}."),
            Action::Delete => format!("Deletes {policy}: nothing of it is used."),
            Action::Detach => format!("Detaches {policy} from {holder}: nothing of it is used."),
            Action::Substitute | Action::Fork | Action::Split => {
                format!("Creates {}, gives it to {holder}, and takes {policy} away.", it.creates.join(", "))
            }
        }
    }

    fn body(&self, way: Way) -> Body {
        match &self.place {
            Place::Account { partition, id, holders } => {
                let (variables, pieces) = match self.it.action {
                    _ if holders.is_empty() => self.create(way, partition, id),
                    Action::Replace | Action::Delete => self.inline(way),
                    Action::NewVersion => self.version(way, holders),
                    Action::Detach => self.detach(way, holders),
                    Action::Substitute | Action::Fork | Action::Split => {
                        self.moved(way, partition, id, holders)
                    }
                };
                let mut all = vec![COMMON, ACCOUNT, DOCUMENTS];
                all.extend(pieces);
                (variable("ACCOUNT", id) + &variables, all)
            }
            Place::Set { accounts } => {
                let (variables, pieces) = self.set_body(way);
                let (accounts, check) = match way {
                    Way::Apply => (list("ACCOUNTS", accounts), Some(SET_ACCOUNTS)),
                    Way::Rollback => (String::new(), None),
                };
                let mut all = vec![COMMON, DOCUMENTS, SET, SET_SETTLE];
                all.extend(check);
                all.extend(pieces);
                (variable("SET", &self.it.holder) + &accounts + &variables, all)
            }
        }
    }

    /// The holder and the name of an inline policy, or the ARN of a managed one.
    fn old(&self, name: &str) -> String {
        match self.old {
            Old::Managed(arn) => variable(name, arn.unwrap_or_default()),
            Old::Inline => {
                let it = self.it;
                variable("KIND", &it.holder_kind)
                    + &variable("HOLDER", &it.holder)
                    + &variable("POLICY", &it.policy)
            }
        }
    }

    fn created(&self, partition: &str, account: &str) -> String {
        let arn = |name: &String| format!("arn:{partition}:iam::{account}:policy/{name}");
        list("NEW", &self.it.creates.iter().map(arn).collect::<Vec<_>>())
    }

    fn create(&self, way: Way, partition: &str, account: &str) -> Body {
        let pieces = match way {
            Way::Apply => vec![MANAGED, NEW, NEW_CREATE, CREATE_APPLY],
            Way::Rollback => vec![MANAGED, ENTITIES, NEW, NEW_DELETE, CREATE_ROLLBACK],
        };
        (self.created(partition, account), pieces)
    }

    fn inline(&self, way: Way) -> Body {
        (self.old("") + way.texts(), vec![INLINE_LIVE, INLINE])
    }

    fn version(&self, way: Way, holders: &[String]) -> Body {
        let variables = self.old("ARN") + way.texts();
        match way {
            Way::Apply => (
                variables + &list("HOLDERS", holders),
                vec![MANAGED, ENTITIES, VERSION, VERSION_HOLDERS, VERSION_SET],
            ),
            Way::Rollback => (variables, vec![MANAGED, VERSION, VERSION_SET]),
        }
    }

    fn detach(&self, way: Way, holders: &[String]) -> Body {
        let variables = self.old("OLD") + &list("HOLDERS", holders);
        let pieces = match way {
            Way::Apply => vec![MANAGED, ATTACHED, DETACH, OLD_MANAGED, OLD_MANAGED_TAKE, DETACH_APPLY],
            Way::Rollback => {
                vec![MANAGED, ATTACHED, ATTACH, ROOM, OLD_MANAGED, OLD_MANAGED_GIVE, DETACH_ROLLBACK]
            }
        };
        (variables, pieces)
    }

    fn moved(&self, way: Way, partition: &str, account: &str, holders: &[String]) -> Body {
        let (goes, old, take, give) = match self.old {
            Old::Managed(_) => ("1", OLD_MANAGED, OLD_MANAGED_TAKE, OLD_MANAGED_GIVE),
            Old::Inline => ("0", OLD_INLINE, OLD_INLINE_TAKE, OLD_INLINE_GIVE),
        };
        let inline = matches!(self.old, Old::Inline);
        let variables = self.old("OLD")
            + &variable("GOES", goes)
            + &self.created(partition, account)
            + &list("HOLDERS", holders);
        let mut pieces = vec![MANAGED];
        pieces.extend(inline.then_some(INLINE_LIVE));
        match way {
            Way::Apply => {
                pieces.extend([ATTACHED, ATTACH]);
                pieces.extend((!inline).then_some(DETACH));
                pieces.extend([ROOM, NEW, NEW_CREATE, old, take, MOVE_APPLY]);
            }
            Way::Rollback => {
                pieces.extend([ENTITIES, ATTACHED, DETACH]);
                pieces.extend((!inline).then_some(ATTACH));
                pieces.extend([ROOM, NEW, NEW_DELETE, old, give, MOVE_ROLLBACK]);
            }
        }
        (variables, pieces)
    }

    fn set_body(&self, way: Way) -> Body {
        let it = self.it;
        let (live, old, take, give) = match self.old {
            Old::Managed(_) => (MANAGED, SET_OLD_MANAGED, SET_OLD_MANAGED_TAKE, SET_OLD_MANAGED_GIVE),
            Old::Inline => (SET_INLINE_LIVE, SET_OLD_INLINE, SET_OLD_INLINE_TAKE, SET_OLD_INLINE_GIVE),
        };
        let name = match self.old {
            Old::Managed(Some(arn)) => variable("OLD", arn),
            Old::Managed(None) | Old::Inline => String::new(),
        };
        match it.action {
            Action::Replace | Action::Delete | Action::NewVersion => {
                (way.texts().to_owned(), vec![live, SET_INLINE])
            }
            Action::Detach => {
                let to = match way {
                    Way::Apply => "TO=no\nDONE=applied\n",
                    Way::Rollback => "TO=yes\nDONE='rolled back'\n",
                };
                (name + to, vec![live, old, take, give, SET_DETACH])
            }
            Action::Substitute | Action::Fork | Action::Split => {
                let variables = name + &list("NEW", &it.creates);
                let pieces = match way {
                    Way::Apply => vec![live, old, take, SET_NEW, SET_NAME, SET_UNNAME, SET_MOVE_APPLY],
                    Way::Rollback => vec![live, old, give, SET_NEW, SET_UNNAME, SET_MOVE_ROLLBACK],
                };
                (variables, pieces)
            }
        }
    }
}

impl Way {
    /// From which of the documents to which.
    fn texts(self) -> &'static str {
        match self {
            Self::Apply => "FROM=before\nTO=after\nDONE=applied\n",
            Self::Rollback => "FROM=after\nTO=before\nDONE='rolled back'\n",
        }
    }
}
