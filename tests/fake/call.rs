//! One call: who asks for what, and which page of it.

use std::sync::atomic::Ordering;
use std::time::Instant;

use serde_json::Value;

use super::fault::Fault;
use super::http::{Request, pairs};
use super::knobs::{Page, place, token};
use super::refusal::{Protocol, Refusal};
use super::state::State;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The account that the credentials are of.
    pub(crate) account: String,
    /// The access key's id, which stands for the session.
    pub(crate) key: String,
    /// The Region that the request was signed for.
    pub(crate) region: String,
}

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a State,
    pub(crate) protocol: Protocol,
    pub(crate) operation: String,
    pub(crate) caller: Caller,
    pub(crate) request: &'a Request,
    /// What the answer is to have wrong in it.
    pub(crate) twist: Option<Fault>,
    form: Vec<(String, String)>,
    json: Value,
}

impl<'a> Call<'a> {
    /// Reads a request.
    pub(crate) fn read(state: &'a State, request: &'a Request) -> Result<Self, (Protocol, Refusal)> {
        let mut form = Vec::new();
        let (protocol, operation) = if let Some(target) = request.header("x-amz-target") {
            (
                Protocol::Organizations,
                target
                    .strip_prefix("AWSOrganizationsV20161128.")
                    .map(str::to_owned),
            )
        } else if let Some(operation) = rest_operation(request) {
            (Protocol::Analyzer, Some(operation.to_owned()))
        } else if request.method == "POST" && request.path == "/" {
            form = pairs(&String::from_utf8_lossy(&request.body));
            let find = |name| {
                form.iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, value)| value.as_str())
            };
            let protocol = match find("Version") {
                Some("2011-06-15") => Protocol::Sts,
                _ => Protocol::Iam,
            };
            (protocol, find("Action").map(str::to_owned))
        } else {
            (Protocol::Analyzer, None)
        };
        let operation = operation.ok_or((protocol, Refusal::UnknownOperation))?;
        let json = match protocol {
            Protocol::Organizations | Protocol::Analyzer if !request.body.is_empty() => {
                serde_json::from_slice(&request.body)
                    .map_err(|_| (protocol, Refusal::invalid("the body is not JSON")))?
            }
            _ => Value::Null,
        };
        let caller = Caller::of(state, request).map_err(|refusal| (protocol, refusal))?;
        Ok(Self {
            state,
            protocol,
            operation,
            caller,
            request,
            twist: None,
            form,
            json,
        })
    }

    /// A parameter of a form or of a query string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let form = if self.form.is_empty() {
            &self.request.query
        } else {
            &self.form
        };
        let found = form
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str());
        found.or_else(|| self.json[name].as_str())
    }

    /// A member of a JSON body.
    pub(crate) fn json(&self, name: &str) -> &Value {
        &self.json[name]
    }

    /// The parameters of a form whose names begin so.
    pub(crate) fn texts<'s>(&'s self, prefix: &'s str) -> impl Iterator<Item = &'s str> {
        self.form
            .iter()
            .filter(move |(name, _)| name.starts_with(prefix))
            .map(|(_, value)| value.as_str())
    }

    /// The account that the call is about, where it is not the caller's.
    pub(crate) fn subject(&self) -> String {
        let subject = match self.operation.as_str() {
            "AssumeRole" => self
                .text("RoleArn")
                .and_then(|arn| arn.split(':').nth(4))
                .map(str::to_owned),
            "ListFindingsV2" => {
                let wanted = &self.json["filter"]["resourceOwnerAccount"]["eq"];
                wanted
                    .as_array()
                    .filter(|list| list.len() == 1)
                    .and_then(|list| list[0].as_str())
                    .map(str::to_owned)
            }
            "GetFindingV2" => super::analyzer::finding_id(self).and_then(|id| {
                let (books, at) = self.state.world.finding(id)?;
                Some(books.findings.as_ref()?[at].resource_owner_account.clone())
            }),
            _ => None,
        };
        subject.unwrap_or_else(|| self.caller.account.clone())
    }

    /// How many elements the client wants at most, and its token.
    pub(crate) fn asked(&self) -> (Option<usize>, Option<&str>) {
        let (most, token) = match self.protocol {
            Protocol::Iam | Protocol::Sts => ("MaxItems", "Marker"),
            Protocol::Organizations => ("MaxResults", "NextToken"),
            Protocol::Analyzer => ("maxResults", "nextToken"),
        };
        let count = self.json[most]
            .as_u64()
            .and_then(|count| usize::try_from(count).ok());
        let count = count.or_else(|| self.text(most).and_then(|text| text.parse().ok()));
        (count, self.text(token))
    }

    /// Which page of its list is asked for, from 1, as long as pages are of one size.
    pub(crate) fn number(&self) -> usize {
        let (most, token) = self.asked();
        let at = token
            .and_then(|token| place(token).ok())
            .map_or("0", |(place, _)| place);
        // The place in a list of findings has the account's place before it.
        let at: usize = at
            .rsplit('.')
            .next()
            .and_then(|at| at.parse().ok())
            .unwrap_or_default();
        at / self.state.knobs.size(&self.operation, most, 0) + 1
    }

    /// Where the page begins, and whether it is to be an empty one.
    pub(crate) fn begin(&self) -> Result<(String, bool), Refusal> {
        let (place, after_empty) = match self.asked().1 {
            Some(token) => place(token)?,
            None => ("0", false),
        };
        let empty = self.state.knobs.empty_pages.contains(&self.operation) && !after_empty;
        Ok((place.to_owned(), empty || self.twist == Some(Fault::EmptyPage)))
    }

    /// The token for the next page, or the wrong one that is wanted.
    pub(crate) fn next(&self, from: &str, next: Option<&str>) -> Option<String> {
        match (self.twist, self.asked().1) {
            (Some(Fault::RepeatedToken), Some(own)) => Some(own.to_owned()),
            (Some(Fault::RepeatedToken), None) => Some(token(from, false)),
            _ => next.map(|place| token(place, false)),
        }
    }

    /// The page of a list of `total` elements.
    pub(crate) fn page(&self, total: usize) -> Result<Page, Refusal> {
        let (place, empty) = self.begin()?;
        let from: usize = place
            .parse()
            .map_err(|_| Refusal::invalid("the token is of another list"))?;
        if from > total {
            return Err(Refusal::invalid("the token is of another list"));
        }
        if empty {
            return Ok(Page {
                from,
                to: from,
                next: Some(token(&place, true)),
            });
        }
        let size = self.state.knobs.size(&self.operation, self.asked().0, from);
        let to = total.min(from + size);
        let after = (to < total).then(|| to.to_string());
        Ok(Page {
            from,
            to,
            next: self.next(&place, after.as_deref()),
        })
    }
}

impl Caller {
    /// From the credential that the request is signed with. The signature itself is not looked at.
    fn of(state: &State, request: &Request) -> Result<Self, Refusal> {
        let header = request.header("authorization").ok_or(Refusal::NoCredentials)?;
        let scope = header.split("Credential=").nth(1).ok_or(Refusal::NoCredentials)?;
        let mut parts = scope.split([',', ' ']).next().unwrap_or_default().split('/');
        let key = parts.next().unwrap_or_default().to_owned();
        let region = parts.nth(1).unwrap_or_default().to_owned();
        let digits = key
            .get(4..16)
            .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        let account = match digits {
            Some(id) if state.world.account(id).is_some() => id.to_owned(),
            Some(_) => return Err(Refusal::UnknownKey),
            None => state.base().to_owned(),
        };
        Ok(Self { account, key, region })
    }

    /// Whether the session has run out.
    pub(crate) fn is_expired(&self, state: &State) -> bool {
        let sessions = state.sessions.lock().unwrap();
        sessions
            .get(&self.key)
            .is_some_and(|session| session.until <= Instant::now())
    }
}

/// Which operation of Access Analyzer a path is.
fn rest_operation(request: &Request) -> Option<&'static str> {
    let path: Vec<&str> = request.path.trim_matches('/').splitn(2, '/').collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["analyzer"]) => Some("ListAnalyzers"),
        ("GET", ["analyzer", _]) => Some("GetAnalyzer"),
        ("POST", ["findingv2"]) => Some("ListFindingsV2"),
        ("GET", ["findingv2", _]) => Some("GetFindingV2"),
        ("POST", ["policy", "validation"]) => Some("ValidatePolicy"),
        ("POST", ["policy", "check-no-new-access"]) => Some("CheckNoNewAccess"),
        ("POST", ["policy", "check-access-not-granted"]) => Some("CheckAccessNotGranted"),
        ("GET", ["recommendation", _]) => Some("GetFindingRecommendation"),
        _ => None,
    }
}

/// A number for a session or a job that no other has.
pub(crate) fn number(state: &State) -> u64 {
    state.numbers.fetch_add(1, Ordering::Relaxed) + 1
}
