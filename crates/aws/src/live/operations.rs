//! What can be called: all of it, and it is all read-only.
//!
//! A call needs an [`Operation`], which only this file can make, and every client refuses an operation that is not in
//! the list of its purpose before it sends anything (`guard`). So the lists are what is called, and the policies that
//! `leastwise iam-policy` prints are made from them. A scan cannot make the calls of a check: some of them cost money.

use serde_json::json;

/// One operation of an AWS API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    name: &'static str,
    action: &'static str,
    api: Api,
    members: bool,
    why: &'static str,
}

/// Operations that share a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Sts,
    Organizations,
    Authorization,
    LastAccessed,
    Analyzers,
    FindingList,
    Finding,
    Validation,
    Simulation,
    CustomCheck,
    Recommendation,
}

/// What calls are made for. Each purpose has operations of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To read an organisation.
    #[default]
    Scan,
    /// To ask for AWS's opinion of finished changes.
    Check,
}

impl Purpose {
    /// All that can be called.
    pub fn operations(self) -> &'static [Operation] {
        match self {
            Self::Scan => OPERATIONS,
            Self::Check => CHECK_OPERATIONS,
        }
    }
}

impl Api {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Organizations => "organizations",
            Self::Authorization => "iam:authorization-details",
            Self::LastAccessed => "iam:last-accessed",
            Self::Analyzers => "access-analyzer:analyzers",
            Self::FindingList => "access-analyzer:list-findings",
            Self::Finding => "access-analyzer:get-finding",
            Self::Validation => "access-analyzer:validate-policy",
            Self::Simulation => "iam:simulate-custom-policy",
            Self::CustomCheck => "access-analyzer:custom-checks",
            Self::Recommendation => "access-analyzer:get-finding-recommendation",
        }
    }
}

impl Operation {
    /// Its name in the API, such as `GetFindingV2`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The IAM action that allows it, such as `access-analyzer:GetFinding`.
    pub fn action(&self) -> &'static str {
        self.action
    }

    /// Whether the role in a member account needs it. The caller needs all, as its own account is read with its own
    /// credentials.
    pub fn in_members(&self) -> bool {
        self.members
    }

    /// What it is called for.
    pub fn why(&self) -> &'static str {
        self.why
    }

    /// The name of its bucket, if that is this one.
    pub(crate) fn bucket(&self, name: &str) -> Option<&'static str> {
        Some(self.api.name()).filter(|known| *known == name)
    }

    pub(super) fn api(&self) -> Api {
        self.api
    }
}

pub(super) const GET_CALLER_IDENTITY: Operation = Operation {
    name: "GetCallerIdentity",
    action: "sts:GetCallerIdentity",
    api: Api::Sts,
    members: false,
    why: "to know whose credentials these are, and the partition",
};
pub(super) const ASSUME_ROLE: Operation = Operation {
    name: "AssumeRole",
    action: "sts:AssumeRole",
    api: Api::Sts,
    members: false,
    why: "to read a member account through its role",
};
pub(super) const LIST_ACCOUNTS: Operation = Operation {
    name: "ListAccounts",
    action: "organizations:ListAccounts",
    api: Api::Organizations,
    members: false,
    why: "to know the accounts of the organisation",
};
pub(super) const LIST_DELEGATED_ADMINISTRATORS: Operation = Operation {
    name: "ListDelegatedAdministrators",
    action: "organizations:ListDelegatedAdministrators",
    api: Api::Organizations,
    members: false,
    why: "to know which account has the organisation's analyzer",
};
pub(super) const LIST_ROOTS: Operation = Operation {
    name: "ListRoots",
    action: "organizations:ListRoots",
    api: Api::Organizations,
    members: false,
    why: "to find accounts by organisational unit where the list of accounts omits it",
};
pub(super) const LIST_UNITS_FOR_PARENT: Operation = Operation {
    name: "ListOrganizationalUnitsForParent",
    action: "organizations:ListOrganizationalUnitsForParent",
    api: Api::Organizations,
    members: false,
    why: "the same",
};
pub(super) const LIST_ACCOUNTS_FOR_PARENT: Operation = Operation {
    name: "ListAccountsForParent",
    action: "organizations:ListAccountsForParent",
    api: Api::Organizations,
    members: false,
    why: "the same",
};
pub(super) const GET_ACCOUNT_AUTHORIZATION_DETAILS: Operation = Operation {
    name: "GetAccountAuthorizationDetails",
    action: "iam:GetAccountAuthorizationDetails",
    api: Api::Authorization,
    members: true,
    why: "to read roles, users, groups and policies of an account in one sweep",
};
pub(super) const LIST_ANALYZERS: Operation = Operation {
    name: "ListAnalyzers",
    action: "access-analyzer:ListAnalyzers",
    api: Api::Analyzers,
    members: true,
    why: "to find the analyzer of unused access",
};
pub(super) const GET_ANALYZER: Operation = Operation {
    name: "GetAnalyzer",
    action: "access-analyzer:GetAnalyzer",
    api: Api::Analyzers,
    members: true,
    why: "to know how far the analyzer looks back",
};
pub(super) const LIST_FINDINGS: Operation = Operation {
    name: "ListFindingsV2",
    action: "access-analyzer:ListFindings",
    api: Api::FindingList,
    members: true,
    why: "to know which findings an account has",
};
pub(super) const GET_FINDING: Operation = Operation {
    name: "GetFindingV2",
    action: "access-analyzer:GetFinding",
    api: Api::Finding,
    members: true,
    why: "to read what a finding says is unused",
};
pub(super) const GENERATE_LAST_ACCESSED: Operation = Operation {
    name: "GenerateServiceLastAccessedDetails",
    action: "iam:GenerateServiceLastAccessedDetails",
    api: Api::LastAccessed,
    members: true,
    why: "to have IAM gather when a principal used what; it changes nothing",
};
pub(super) const GET_LAST_ACCESSED: Operation = Operation {
    name: "GetServiceLastAccessedDetails",
    action: "iam:GetServiceLastAccessedDetails",
    api: Api::LastAccessed,
    members: true,
    why: "to read what IAM gathered",
};
pub(super) const VALIDATE_POLICY: Operation = Operation {
    name: "ValidatePolicy",
    action: "access-analyzer:ValidatePolicy",
    api: Api::Validation,
    members: false,
    why: "to have AWS validate the current and the reduced policy",
};
pub(super) const SIMULATE_CUSTOM_POLICY: Operation = Operation {
    name: "SimulateCustomPolicy",
    action: "iam:SimulateCustomPolicy",
    api: Api::Simulation,
    members: false,
    why: "to have AWS evaluate actions under the current and the reduced policy",
};
pub(super) const CHECK_NO_NEW_ACCESS: Operation = Operation {
    name: "CheckNoNewAccess",
    action: "access-analyzer:CheckNoNewAccess",
    api: Api::CustomCheck,
    members: false,
    why: "to have AWS prove that the reduced policy allows nothing new; AWS charges for it",
};
pub(super) const CHECK_ACCESS_NOT_GRANTED: Operation = Operation {
    name: "CheckAccessNotGranted",
    action: "access-analyzer:CheckAccessNotGranted",
    api: Api::CustomCheck,
    members: false,
    why: "to have AWS prove that the reduced policy grants no removed action; AWS charges for it",
};
pub(super) const GET_FINDING_RECOMMENDATION: Operation = Operation {
    name: "GetFindingRecommendation",
    action: "access-analyzer:GetFindingRecommendation",
    api: Api::Recommendation,
    members: false,
    why: "to read the recommendation that someone had AWS generate; it generates none",
};

/// The actions of some operations of a scan, sorted, each once.
pub fn actions(of: impl Fn(&Operation) -> bool) -> Vec<&'static str> {
    actions_for(Purpose::Scan, of)
}

/// The same of those of any purpose.
pub fn actions_for(purpose: Purpose, of: impl Fn(&Operation) -> bool) -> Vec<&'static str> {
    let mut actions: Vec<_> = purpose
        .operations()
        .iter()
        .filter(|it| of(it))
        .map(Operation::action)
        .collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

/// The policy of a session in a member account: what is called there, and nothing else, whatever the role may do. With a role
/// that may write, AWS itself holds that a scan does not.
pub(super) fn session_policy() -> String {
    let read = json!({"Effect": "Allow", "Action": actions(Operation::in_members), "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [read]}).to_string()
}

/// All operations of a scan. The credential chain (profiles, SSO, web identity) makes calls of its own, before any of these.
pub const OPERATIONS: &[Operation] = &[
    GET_CALLER_IDENTITY,
    ASSUME_ROLE,
    LIST_ACCOUNTS,
    LIST_DELEGATED_ADMINISTRATORS,
    LIST_ROOTS,
    LIST_UNITS_FOR_PARENT,
    LIST_ACCOUNTS_FOR_PARENT,
    GET_ACCOUNT_AUTHORIZATION_DETAILS,
    LIST_ANALYZERS,
    GET_ANALYZER,
    LIST_FINDINGS,
    GET_FINDING,
    GENERATE_LAST_ACCESSED,
    GET_LAST_ACCESSED,
];

/// All operations of a check. None enters another account: policies are checked as text.
pub const CHECK_OPERATIONS: &[Operation] = &[
    GET_CALLER_IDENTITY,
    VALIDATE_POLICY,
    SIMULATE_CUSTOM_POLICY,
    CHECK_NO_NEW_ACCESS,
    CHECK_ACCESS_NOT_GRANTED,
    LIST_FINDINGS,
    GET_FINDING_RECOMMENDATION,
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::session_policy;

    /// STS takes 2,048 characters, and packs them into fewer bytes still.
    #[test]
    fn a_session_may_do_what_is_called_in_a_member_account_and_fits_what_sts_takes() {
        let policy = session_policy();
        assert!(policy.len() <= 2048, "{}", policy.len());
        let policy: Value = serde_json::from_str(&policy).unwrap_or_default();
        let allowed = policy
            .pointer("/Statement/0/Action")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let allowed: Vec<&str> = allowed.filter_map(Value::as_str).collect();
        assert_eq!(
            allowed,
            [
                "access-analyzer:GetAnalyzer",
                "access-analyzer:GetFinding",
                "access-analyzer:ListAnalyzers",
                "access-analyzer:ListFindings",
                "iam:GenerateServiceLastAccessedDetails",
                "iam:GetAccountAuthorizationDetails",
                "iam:GetServiceLastAccessedDetails",
            ]
        );
        assert_eq!(policy.pointer("/Statement/1"), None);
    }
}
