//! Formats of IDs, names, globs and ARNs. Each has its check, its name and the fix for a wrong value; nothing else
//! of the configuration is known here.

pub(super) use leastwise_core::arn::is_account_id;

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// `111111111111`
    AccountId,
    /// An account id, an id of an organisational unit or root, or a glob over account names.
    Selector,
    /// An account id, or a glob over account names.
    AccountSelector,
    /// `ou-ab12-cdefgh34`, `r-ab12`
    Unit,
    /// `eu-central-1`
    Region,
    /// `arn:aws:access-analyzer:eu-central-1:111111111111:analyzer/organisation`
    AnalyzerArn,
    /// `leastwise-reader`, `security/leastwise-reader`
    Role,
    /// `arn:aws:iam::111111111111:role/leastwise-scan`
    PrincipalArn,
    /// What `RoleSessionName` takes.
    SessionName,
    /// What `ExternalId` takes.
    ExternalId,
    /// A glob over names of roles and users.
    Name,
    /// A glob over paths of roles and users.
    Path,
    /// A glob over names or ARNs of policies.
    Policy,
    /// `https://wiki.example.com/leastwise`
    Url,
    /// `30s`, `5m`, `1h`, `14d`
    Duration,
    /// `2027-06-30`
    Date,
}

impl Form {
    /// Whether a text has this form. Durations and dates are tested by those who read them.
    pub(super) fn fits(self, text: &str) -> bool {
        match self {
            Self::AccountId => is_account_id(text),
            Self::Unit => is_unit(text),
            // A string of digits is a mistyped account ID, and `ou-` starts an OU ID; neither is an account
            // name.
            Self::Selector => is_account_id(text) || is_unit(text) || is_account_glob(text),
            Self::AccountSelector => is_account_id(text) || !is_unit(text) && is_account_glob(text),
            Self::Region => {
                let mut parts = text.rsplit('-');
                let number = parts.next().is_some_and(|part| all(part, |b| b.is_ascii_digit()));
                number
                    && parts.clone().count() >= 2
                    && parts.all(|part| all(part, |b| b.is_ascii_lowercase()))
            }
            Self::AnalyzerArn => arn(text, "access-analyzer").is_some_and(|(region, resource)| {
                let name = resource.strip_prefix("analyzer/");
                Self::Region.fits(region) && name.is_some_and(|name| all(name, is_analyzer_name))
            }),
            Self::Role => {
                let mut parts = text.rsplit('/');
                let name = parts
                    .next()
                    .is_some_and(|name| name.len() <= 64 && all(name, is_name));
                // IAM allows wildcards and variables in a path; in a policy they would match other roles too.
                let is_path = |b: u8| b.is_ascii_graphic() && !is_wild(b) && b != b'$';
                name && text.len() <= 576 && !text.starts_with("arn:") && parts.all(|part| all(part, is_path))
            }
            Self::PrincipalArn => arn(text, "iam").is_some_and(|(region, resource)| {
                let name = resource
                    .strip_prefix("role/")
                    .or_else(|| resource.strip_prefix("user/"));
                region.is_empty() && name.is_some_and(|name| Self::Role.fits(name))
            }),
            Self::SessionName => (2..=64).contains(&text.len()) && all(text, is_name),
            Self::ExternalId => {
                (2..=1224).contains(&text.len()) && all(text, |b| is_name(b) || b == b':' || b == b'/')
            }
            Self::Name => all(text, |b| is_name(b) || is_wild(b)),
            Self::Path => {
                let first = text.bytes().next().is_some_and(|b| b == b'/' || is_wild(b));
                let last = text.bytes().next_back().is_some_and(|b| b == b'/' || is_wild(b));
                first && last && all(text, |b| b.is_ascii_graphic())
            }
            Self::Policy => all(text, |b| is_name(b) || is_wild(b) || b == b':' || b == b'/'),
            Self::Url => text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"))
                .is_some_and(|rest| {
                    rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                        && all(rest, |b| b.is_ascii_alphanumeric() || b"-._~%:/[]".contains(&b))
                }),
            Self::Duration | Self::Date => true,
        }
    }

    /// What should have been there.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::AccountId => "an account ID",
            Self::Selector => "an account ID, an OU ID, or an account name",
            Self::AccountSelector => "an account ID or an account name",
            Self::Unit => "an OU ID",
            Self::Region => "a Region",
            Self::AnalyzerArn => "the ARN of an analyzer",
            Self::Role => "a role name",
            Self::PrincipalArn => "the ARN of a role or user",
            Self::SessionName => "a session name",
            Self::ExternalId => "an external ID",
            Self::Name => "a role or user name",
            Self::Path => "a role or user path",
            Self::Policy => "a policy name or ARN",
            Self::Url => "an address",
            Self::Duration => "a duration",
            Self::Date => "a date",
        }
    }

    /// How to fix it.
    pub(super) fn help(self) -> &'static str {
        match self {
            Self::AccountId => "an account ID has 12 digits, for example \"111111111111\"",
            Self::Selector => {
                "use an account ID (12 digits), an OU or root ID such as \"ou-ab12-cdefgh34\" or \"r-ab12\", or a name with `*` and `?`"
            }
            Self::AccountSelector => {
                "use an account ID (12 digits), or a name with `*` and `?`; organisational units go in `ous`"
            }
            Self::Unit => "use an OU ID such as \"ou-ab12-cdefgh34\", or a root ID such as \"r-ab12\"",
            Self::Region => "use a Region code, for example \"eu-central-1\"",
            Self::AnalyzerArn => {
                "use an ARN such as \"arn:aws:access-analyzer:eu-central-1:111111111111:analyzer/NAME\"; \
                 remove the setting to find the analyzer automatically"
            }
            Self::Role => {
                "use \"NAME\" or \"path/NAME\" without a leading slash; a name has at most 64 letters, digits and _+=,.@-; the \
                 ARN is built for each account"
            }
            Self::PrincipalArn => {
                "use an ARN such as \"arn:aws:iam::111111111111:role/NAME\", not the ARN of a session"
            }
            Self::SessionName => "use 2 to 64 letters, digits and _+=,.@-",
            Self::ExternalId => "use 2 to 1224 letters, digits and _+=,.@:/-",
            Self::Name => {
                "use letters, digits and _+=,.@-; the only wildcards are `*` and `?`, and paths go in `paths`"
            }
            Self::Path => "a path begins and ends with a slash, for example \"/service/*\"",
            Self::Policy => "use a name such as \"ReadOnly*\", or an ARN; the only wildcards are `*` and `?`",
            Self::Url => {
                "use an address such as \"https://wiki.example.com/leastwise\", without a query or fragment"
            }
            Self::Duration => {
                "use a whole number with s, m, h or d, for example \"30s\", \"5m\", \"1h\" or \"14d\""
            }
            Self::Date => "use year-month-day, for example \"2027-06-30\", or \"never\"",
        }
    }
}

impl Form {
    /// What takes such a text from the command line.
    pub fn parser(self) -> impl Fn(&str) -> Result<String, String> + Clone + Send + Sync + 'static {
        move |text| {
            let fits = self.fits(text).then(|| text.to_owned());
            fits.ok_or_else(|| format!("not {}: {}", self.wanted(), self.help()))
        }
    }
}

/// Region and resource of an ARN of this service.
fn arn<'t>(text: &'t str, service: &str) -> Option<(&'t str, &'t str)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        [
            "arn",
            "aws" | "aws-us-gov" | "aws-cn",
            of,
            region,
            account,
            resource,
        ] if *of == service && is_account_id(account) => Some((region, resource)),
        _ => None,
    }
}

/// Whether a text is an OU ID or a root.
pub(super) fn is_unit(text: &str) -> bool {
    let id = |part: &str, least: usize| {
        (least..=32).contains(&part.len()) && all(part, |b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    match (
        text.strip_prefix("ou-").and_then(|rest| rest.split_once('-')),
        text.strip_prefix("r-"),
    ) {
        (Some((root, unit)), _) => id(root, 4) && id(unit, 8),
        (None, Some(root)) => id(root, 4),
        (None, None) => false,
    }
}

fn is_account_glob(text: &str) -> bool {
    !all(text, |b| b.is_ascii_digit()) && (!text.starts_with("ou-") || text.bytes().any(is_wild))
}

/// Whether a text holds what looks like the id of an access key: it does not belong here, nor does its secret.
pub(super) fn holds_access_key(text: &str) -> bool {
    text.as_bytes().windows(20).any(|window| {
        (window.starts_with(b"AKIA") || window.starts_with(b"ASIA"))
            && window
                .iter()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

/// Whether a key is called what secrets are called.
pub(super) fn names_a_secret(key: &str) -> bool {
    const PARTS: [&str; 8] = [
        "accesskey",
        "secret",
        "token",
        "password",
        "passwd",
        "passphrase",
        "credential",
        "privatekey",
    ];
    let plain: String = key
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    PARTS.iter().any(|part| plain.contains(part))
}

fn all(text: &str, test: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(test)
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b)
}

fn is_analyzer_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"_.-".contains(&b)
}

fn is_wild(b: u8) -> bool {
    matches!(b, b'*' | b'?')
}
