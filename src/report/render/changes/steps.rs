//! `changes/steps/`: what the scripts do, written once for all of them. A script has the names and documents of its change,
//! and goes on with one of these: so it is short, and the commands are read and reviewed once.

use crate::report::render::Part;

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

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident = $file:literal, [$($piece:ident)*];)*) => {
        /// What a script goes on with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Steps {
            $($(#[$doc])* $name,)*
        }

        impl Steps {
            const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The file's name, and the pieces that it has in their order.
            fn made_of(self) -> (&'static str, &'static [&'static str]) {
                match self {
                    $(Self::$name => ($file, &[$($piece),*]),)*
                }
            }
        }
    };
}

steps! {
    /// Policies are created, and nothing else: for a permission set that is to name them.
    CreateApply = "create-apply", [COMMON ACCOUNT DOCUMENTS MANAGED NEW NEW_CREATE CREATE_APPLY];
    CreateRollback = "create-rollback", [COMMON ACCOUNT DOCUMENTS MANAGED ENTITIES NEW NEW_DELETE CREATE_ROLLBACK];
    /// An inline policy gets another document, or goes, or comes back.
    Inline = "inline", [COMMON ACCOUNT DOCUMENTS INLINE_LIVE INLINE];
    /// A managed policy gets another default version.
    VersionApply = "version-apply",
        [COMMON ACCOUNT DOCUMENTS MANAGED ENTITIES VERSION VERSION_HOLDERS VERSION_SET];
    VersionRollback = "version-rollback", [COMMON ACCOUNT DOCUMENTS MANAGED VERSION VERSION_SET];
    /// A managed policy is detached.
    DetachApply = "detach-apply",
        [COMMON ACCOUNT DOCUMENTS MANAGED ATTACHED DETACH OLD_MANAGED OLD_MANAGED_TAKE DETACH_APPLY];
    DetachRollback = "detach-rollback",
        [COMMON ACCOUNT DOCUMENTS MANAGED ATTACHED ATTACH ROOM OLD_MANAGED OLD_MANAGED_GIVE DETACH_ROLLBACK];
    /// Copies take the place of a managed policy.
    MoveManagedApply = "move-managed-apply",
        [COMMON ACCOUNT DOCUMENTS MANAGED ATTACHED ATTACH DETACH ROOM NEW NEW_CREATE OLD_MANAGED OLD_MANAGED_TAKE
            MOVE_APPLY];
    MoveManagedRollback = "move-managed-rollback",
        [COMMON ACCOUNT DOCUMENTS MANAGED ENTITIES ATTACHED DETACH ATTACH ROOM NEW NEW_DELETE OLD_MANAGED
            OLD_MANAGED_GIVE MOVE_ROLLBACK];
    /// Copies take the place of an inline policy.
    MoveInlineApply = "move-inline-apply",
        [COMMON ACCOUNT DOCUMENTS MANAGED INLINE_LIVE ATTACHED ATTACH ROOM NEW NEW_CREATE OLD_INLINE OLD_INLINE_TAKE
            MOVE_APPLY];
    MoveInlineRollback = "move-inline-rollback",
        [COMMON ACCOUNT DOCUMENTS MANAGED INLINE_LIVE ENTITIES ATTACHED DETACH ROOM NEW NEW_DELETE OLD_INLINE
            OLD_INLINE_GIVE MOVE_ROLLBACK];
    /// The inline policy of a permission set.
    SetInlineApply = "set-inline-apply",
        [COMMON DOCUMENTS SET SET_SETTLE SET_ACCOUNTS SET_INLINE_LIVE SET_INLINE];
    SetInlineRollback = "set-inline-rollback", [COMMON DOCUMENTS SET SET_SETTLE SET_INLINE_LIVE SET_INLINE];
    /// A managed policy that a permission set names no more.
    SetDetachApply = "set-detach-apply",
        [COMMON DOCUMENTS SET SET_SETTLE SET_ACCOUNTS MANAGED SET_OLD_MANAGED SET_OLD_MANAGED_TAKE
            SET_OLD_MANAGED_GIVE SET_DETACH];
    SetDetachRollback = "set-detach-rollback",
        [COMMON DOCUMENTS SET SET_SETTLE MANAGED SET_OLD_MANAGED SET_OLD_MANAGED_TAKE SET_OLD_MANAGED_GIVE
            SET_DETACH];
    /// Policies that a permission set names in place of a managed one.
    SetMoveManagedApply = "set-move-managed-apply",
        [COMMON DOCUMENTS SET SET_SETTLE SET_ACCOUNTS MANAGED SET_OLD_MANAGED SET_OLD_MANAGED_TAKE SET_NEW SET_NAME
            SET_UNNAME SET_MOVE_APPLY];
    SetMoveManagedRollback = "set-move-managed-rollback",
        [COMMON DOCUMENTS SET SET_SETTLE MANAGED SET_OLD_MANAGED SET_OLD_MANAGED_GIVE SET_NEW SET_UNNAME
            SET_MOVE_ROLLBACK];
    /// Policies that a permission set names in place of its inline one.
    SetMoveInlineApply = "set-move-inline-apply",
        [COMMON DOCUMENTS SET SET_SETTLE SET_ACCOUNTS SET_INLINE_LIVE SET_OLD_INLINE SET_OLD_INLINE_TAKE SET_NEW
            SET_NAME SET_UNNAME SET_MOVE_APPLY];
    SetMoveInlineRollback = "set-move-inline-rollback",
        [COMMON DOCUMENTS SET SET_SETTLE SET_INLINE_LIVE SET_OLD_INLINE SET_OLD_INLINE_GIVE SET_NEW SET_UNNAME
            SET_MOVE_ROLLBACK];
}

impl Steps {
    /// From `changes/`.
    pub(super) fn path(self) -> String {
        format!("steps/{}.bash", self.made_of().0)
    }

    /// All files.
    pub(super) fn files() -> impl Iterator<Item = Part> {
        Self::ALL.iter().map(|steps| {
            let head = "# shellcheck shell=bash disable=SC2154\n# The scripts of this report go on with this. It is not run by itself.\n\n";
            let text = steps.made_of().1.iter().fold(head.to_owned(), |text, piece| text + piece);
            Part::file(&format!("changes/{}", steps.path()), text)
        })
    }
}
