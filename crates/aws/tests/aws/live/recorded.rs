//! AWS on a few lines: answers of real shape, given to the real SDK where it would open a connection.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use leastwise_aws::live::{Live, LiveOptions};
use leastwise_aws::{Cloud, Nobody, Reading};
use leastwise_core::answers::Answers;
use leastwise_core::inventory::wire::Account;
use tokio::time::sleep;

pub(super) const CALLER: &str = "111111111111";
pub(super) const ANALYZER: &str = "arn:aws:access-analyzer:us-east-1:111111111111:analyzer/unused";

/// A request that came.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) operation: String,
    /// Whose credentials signed it.
    pub(super) account: String,
    /// For which Region.
    pub(super) region: String,
    pub(super) path: String,
    pub(super) body: String,
    /// How many of this operation this account made before.
    pub(super) nth: usize,
}

impl Asked {
    pub(super) fn has(&self, text: &str) -> bool {
        self.path.contains(text) || self.body.contains(text)
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    pub(super) delay: Duration,
}

impl Reply {
    pub(super) fn ok(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
            delay: Duration::from_millis(50),
        }
    }

    /// An error as the query protocol of IAM and STS tells it.
    pub(super) fn xml(status: u16, code: &str) -> Self {
        let body = format!(
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>AccessDenied Throttling ExpiredToken</Message></Error>\
             <RequestId>7a62c49f</RequestId></ErrorResponse>"
        );
        Self {
            status,
            ..Self::ok(body)
        }
    }

    /// An error as Access Analyzer and Organizations tell it.
    pub(super) fn json(status: u16, code: &str) -> Self {
        let body = format!(r#"{{"__type":"{code}","message":"AccessDenied Throttling ExpiredToken"}}"#);
        Self {
            status,
            ..Self::ok(body)
        }
        .header("x-amzn-errortype", code)
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

type Rule = Box<dyn Fn(&Asked) -> Option<Reply> + Send + Sync>;

/// What answers. Later rules go first; the last resort is an organisation of one quiet account.
#[derive(Default)]
pub(super) struct Recorded {
    rules: Vec<(&'static str, Rule)>,
    asked: Mutex<Vec<Asked>>,
    pub(super) options: LiveOptions,
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorded")
    }
}

#[derive(Debug)]
struct Connector(Arc<Recorded>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let reply = self.0.reply(&request);
        HttpConnectorFuture::new(async move {
            sleep(reply.delay).await;
            let mut response = HttpResponse::new(reply.status.try_into().unwrap(), SdkBody::from(reply.body));
            for (name, value) in reply.headers {
                response.headers_mut().insert(name, value);
            }
            Ok(response)
        })
    }
}

impl Recorded {
    pub(super) fn new() -> Self {
        let mut recorded = Self::default();
        recorded.on("GetCallerIdentity", |_| Some(Reply::ok(identity())));
        recorded.on("AssumeRole", |asked| {
            Some(Reply::ok(assumed(&target(asked), "2099-01-01T00:00:00Z")))
        });
        recorded.on("GetAccountAuthorizationDetails", |asked| {
            Some(Reply::ok(sweep(&role(&asked.account, "quiet", ""), None)))
        });
        recorded.always(
            "ListDelegatedAdministrators",
            Reply::ok(r#"{"DelegatedAdministrators":[]}"#),
        );
        recorded.on("ListAnalyzers", |asked| {
            let found = if asked.has("ORGANIZATION_UNUSED_ACCESS") {
                analyzer(false)
            } else {
                String::new()
            };
            Some(Reply::ok(format!(r#"{{"analyzers":[{found}]}}"#)))
        });
        recorded.on("GetAnalyzer", |_| {
            Some(Reply::ok(format!(r#"{{"analyzer":{}}}"#, analyzer(true))))
        });
        recorded.on("ListFindingsV2", |_| Some(Reply::ok(r#"{"findings":[]}"#)));
        recorded
    }

    pub(super) fn on(
        &mut self,
        operation: &'static str,
        rule: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
    ) {
        self.rules.push((operation, Box::new(rule)));
    }

    /// The same answer each time.
    pub(super) fn always(&mut self, operation: &'static str, reply: Reply) {
        self.on(operation, move |_| Some(reply.clone()));
    }

    fn reply(&self, request: &HttpRequest) -> Reply {
        let mut asked = asked(request);
        {
            let mut all = self.asked.lock().unwrap();
            let same =
                |before: &&Asked| before.operation == asked.operation && before.account == asked.account;
            asked.nth = all.iter().filter(same).count();
            all.push(asked.clone());
        }
        let mut rules = self
            .rules
            .iter()
            .rev()
            .filter(|(operation, _)| *operation == asked.operation);
        rules
            .find_map(|(_, rule)| rule(&asked))
            .unwrap_or_else(|| panic!("nobody answers {asked:?}"))
    }

    pub(super) fn start(self) -> Arc<Self> {
        Arc::new(self)
    }

    pub(super) fn asked(&self, operation: &str) -> Vec<Asked> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .filter(|asked| asked.operation == operation)
            .cloned()
            .collect()
    }

    pub(super) fn calls(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// The SDK's settings, with the recorded answers in the network's place.
pub(super) fn sdk(recorded: &Arc<Recorded>) -> SdkConfig {
    let connector = SharedHttpConnector::new(Connector(Arc::clone(recorded)));
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            format!("AKIA{CALLER}"),
            "secret",
            None,
            None,
            "test",
        )))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build()
}

pub(super) async fn live(recorded: &Arc<Recorded>) -> Live {
    Live::with_sdk_config(recorded.options.clone(), &sdk(recorded))
        .await
        .unwrap()
}

pub(super) async fn read(live: &Live, account: &str) -> Answers {
    let account = Account {
        id: account.to_owned(),
        ..Account::default()
    };
    live.read(&account, Reading::watched(&Nobody)).await
}

fn asked(request: &HttpRequest) -> Asked {
    let body = String::from_utf8(request.body().bytes().unwrap_or_default().to_vec()).unwrap();
    let path = request
        .uri()
        .split_once("amazonaws.com")
        .map_or("", |(_, path)| path)
        .to_owned();
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = match (request.method(), path.trim_start_matches('/')) {
        _ if !target.is_empty() => target.rsplit('.').next().unwrap(),
        ("POST", path) if path.starts_with("findingv2") => "ListFindingsV2",
        ("GET", path) if path.starts_with("findingv2/") => "GetFindingV2",
        ("GET", path) if path.starts_with("analyzer/") => "GetAnalyzer",
        ("GET", path) if path.starts_with("analyzer") => "ListAnalyzers",
        _ => body.strip_prefix("Action=").unwrap().split('&').next().unwrap(),
    };
    let signed = request.headers().get("authorization").unwrap();
    let mut scope = signed.split("Credential=").nth(1).unwrap().split('/');
    let key = scope.next().unwrap();
    Asked {
        operation: operation.to_owned(),
        account: key[4..].to_owned(),
        region: scope.nth(1).unwrap().to_owned(),
        path: percent(&path),
        body: percent(&body),
        nth: 0,
    }
}

fn percent(text: &str) -> String {
    text.replace("%3A", ":").replace("%2F", "/")
}

fn target(asked: &Asked) -> String {
    asked.body.split(":iam::").nth(1).unwrap()[..12].to_owned()
}

pub(super) fn identity() -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{CALLER}:user/ci</Arn><UserId>AIDA</UserId><Account>{CALLER}</Account>\
         </GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
}

pub(super) fn assumed(account: &str, expiration: &str) -> String {
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>{expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
}

/// A page of `GetAccountAuthorizationDetails`; `lists` are its lists, beside which AWS sends the others empty.
pub(super) fn sweep(lists: &str, marker: Option<&str>) -> String {
    let all = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];
    let empty = all
        .into_iter()
        .filter(|list| !lists.contains(&format!("<{list}>")));
    let lists = empty.map(|list| format!("<{list}/>")).collect::<String>() + lists;
    let more = marker
        .map(|marker| format!("<Marker>{marker}</Marker>"))
        .unwrap_or_default();
    format!(
        "<GetAccountAuthorizationDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <GetAccountAuthorizationDetailsResult><IsTruncated>{}</IsTruncated>{more}{lists}\
         </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>",
        marker.is_some()
    )
}

pub(super) fn role(account: &str, name: &str, members: &str) -> String {
    format!(
        "<RoleDetailList><member><Path>/</Path><RoleName>{name}</RoleName><RoleId>AROA</RoleId>\
         <Arn>arn:aws:iam::{account}:role/{name}</Arn><CreateDate>2020-01-02T03:04:05Z</CreateDate>{members}\
         <RoleLastUsed/></member></RoleDetailList>"
    )
}

pub(super) fn analyzer(with_configuration: bool) -> String {
    let configuration = if with_configuration {
        r#","configuration":{"unusedAccess":{"unusedAccessAge":90}}"#
    } else {
        ""
    };
    format!(
        r#"{{"arn":"{ANALYZER}","name":"unused","type":"ORGANIZATION_UNUSED_ACCESS","status":"ACTIVE",
            "createdAt":"2024-01-01T00:00:00Z"{configuration}}}"#
    )
}

/// A finding, with further members.
pub(super) fn finding(id: &str, kind: &str, status: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","resource":"arn:aws:iam::{CALLER}:role/{id}","resourceType":"AWS::IAM::Role",
            "resourceOwnerAccount":"{CALLER}","status":"{status}","findingType":"{kind}",
            "analyzedAt":"2024-06-20T00:00:00Z","createdAt":"2024-06-13T00:00:00Z",
            "updatedAt":"2024-06-20T00:00:00.123Z"{more}}}"#
    )
}
