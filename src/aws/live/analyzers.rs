//! Which analyzer tells about an account (E10).
//!
//! An organisation's analyzer is looked for in the caller's account, then in those of the delegated administrators of
//! Access Analyzer; then the account's own analyzer is; those that AWS services manage come last. All of that in the
//! Region of the scan, and where it has none in us-east-1, where Security Hub keeps its own.

use std::slice::from_ref;
use std::sync::Arc;

use aws_sdk_accessanalyzer::types::Type;
use tokio::sync::OnceCell;

use super::deadline::InTheWay;
use super::operations::{GET_ANALYZER, LIST_ANALYZERS};
use super::options::Source;
use super::organisation::{self, Identity};
use super::pages::{List, Pages, is_refusal, malformed};
use super::session::Session;
use super::{DEFAULT_REGION, Live, Scope, convert};
use crate::aws::observe::Limit;
use crate::evidence::{Analyzer, Failure, FailureKind, choose_analyzer};

/// An analyzer, and the session that may ask it.
pub(super) type Asked = (Analyzer, Arc<Session>);

/// What a run has found out about analyzers so far.
#[derive(Debug)]
pub(super) struct Sought {
    here: Place,
    /// Where to look when there is none.
    further: Option<Place>,
    /// The accounts of the delegated administrators, beside the caller's own.
    administrators: OnceCell<Vec<String>>,
}

/// A Region, and what was found there. What was refused is found once as well; what may pass is tried again for the
/// next account.
#[derive(Debug)]
struct Place {
    region: String,
    common: OnceCell<Common>,
    /// One account looks for all, and the others wait: what it meets is why they are late.
    in_the_way: InTheWay,
}

/// The analyzer that is named, or the best of the organisation's.
#[derive(Debug, Default)]
struct Common {
    found: Option<Asked>,
    /// Somebody who may have a better one, and did not tell.
    refused: Option<Failure>,
}

impl Sought {
    /// Nothing yet.
    pub(super) fn new(region: &str, identity: &Identity, named: Option<&str>) -> Self {
        let place = |region: &str| Place {
            region: region.to_owned(),
            common: OnceCell::new(),
            in_the_way: InTheWay::default(),
        };
        let further = named.is_none() && identity.partition == "aws" && region != DEFAULT_REGION;
        Self {
            here: place(region),
            further: further.then(|| place(DEFAULT_REGION)),
            administrators: OnceCell::new(),
        }
    }
}

impl Sought {
    /// What those met who look for all.
    pub(super) fn in_the_way(&self) -> Vec<&InTheWay> {
        let places = std::iter::once(&self.here).chain(&self.further);
        places.map(|place| &place.in_the_way).collect()
    }
}

impl Common {
    /// What looking gave. What may pass is no answer yet.
    fn of(found: Result<Option<Asked>, Failure>) -> Result<Self, Failure> {
        match found {
            Ok(found) => Ok(Self { found, refused: None }),
            Err(failure) if is_refusal(&failure) => Ok(Self { found: None, refused: Some(failure) }),
            Err(failure) => Err(failure),
        }
    }

    /// The better of two, the first of equals.
    fn or(self, other: Self) -> Self {
        let rank = |found: &Option<Asked>| found.as_ref().map_or(2, |it| u8::from(it.0.managed_by.is_some()));
        let found = if rank(&other.found) < rank(&self.found) { other.found } else { self.found };
        Self { found, refused: self.refused.or(other.refused) }
    }

    fn is_unmanaged(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.0.managed_by.is_none())
    }
}

impl Live {
    /// The analyzer of an account; none when there is none.
    pub(super) async fn analyzer_of(
        &self,
        account: &str,
        session: &Arc<Session>,
    ) -> Result<Option<Asked>, Failure> {
        let found = self.analyzer_in(&self.sought.here, account, session).await?;
        let (None, Some(further)) = (&found, &self.sought.further) else { return Ok(found) };
        let session = Arc::new(self.session_at(account, &further.region));
        match self.analyzer_in(further, account, &session).await {
            // Many organisations forbid all Regions but their own. The one that the scan is about has been looked through,
            // so last-accessed data may take the analyzer's place.
            Err(failure) if is_refusal(&failure) && self.options.source == Source::Auto => Ok(None),
            found => found,
        }
    }

    async fn analyzer_in(
        &self,
        place: &Place,
        account: &str,
        session: &Arc<Session>,
    ) -> Result<Option<Asked>, Failure> {
        let look = || place.in_the_way.of(self.find_common(&place.region));
        let common = place.common.get_or_try_init(look).await?;
        let is_named = self.options.analyzer_arn.is_some();
        if let Some(failure) = common.refused.as_ref().filter(|_| is_named) {
            return Err(failure.clone());
        }
        let covers = |found: &&Asked| choose_analyzer(from_ref(&found.0), account).is_some();
        let covering = common.found.as_ref().filter(covers);
        if let Some(found) = covering.filter(|found| is_named || found.0.managed_by.is_none()) {
            return Ok(Some(found.clone()));
        }
        let own = match list(session, Type::AccountUnusedAccess).await {
            Ok(own) => own,
            // The organisation's analyzer, though an AWS service manages it, is better than none.
            Err(failure) => {
                let refused = || common.refused.clone().unwrap_or(failure);
                return covering.cloned().map(Some).ok_or_else(refused);
            }
        };
        let all: Vec<Analyzer> = own.into_iter().chain(covering.map(|found| found.0.clone())).collect();
        match (choose_analyzer(&all, account), covering) {
            (Some(chosen), Some(found)) if chosen.arn == found.0.arn => Ok(Some(found.clone())),
            (Some(chosen), _) => Ok(Some((get(session, &chosen.arn).await?, Arc::clone(session)))),
            // Nobody may say that there is none who could not look.
            (None, _) => common.refused.clone().map_or(Ok(None), Err),
        }
    }

    async fn find_common(&self, region: &str) -> Result<Common, Failure> {
        if let Some(arn) = &self.options.analyzer_arn {
            let mut parts = arn.split(':').skip(3);
            let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let session = self.session_in(account, region);
            let found = get(&session, arn).await.map(|analyzer| Some((analyzer, session)));
            return Common::of(found);
        }
        let mut common = self.organisations_in(&self.identity.account, region).await?;
        if common.is_unmanaged() {
            return Ok(common);
        }
        for account in self.administrators().await? {
            let theirs = self.organisations_in(account, region).await?;
            // Of the Region that the scan is about: others may be forbidden for good reason.
            if let Some(failure) = theirs.refused.as_ref().filter(|_| region == self.region) {
                self.shared.observer.limited(Limit::AdministratorClosed, account, failure);
            }
            common = common.or(theirs);
        }
        Ok(common)
    }

    /// What one account has of the organisation's analyzers.
    async fn organisations_in(&self, account: &str, region: &str) -> Result<Common, Failure> {
        let session = self.session_in(account, region);
        let look = async {
            let all = list(&session, Type::OrganizationUnusedAccess).await?;
            match choose_analyzer(&all, account) {
                Some(chosen) => Ok(Some((get(&session, &chosen.arn).await?, Arc::clone(&session)))),
                None => Ok(None),
            }
        };
        Common::of(look.await)
    }

    /// The delegated administrators, asked for once a run.
    async fn administrators(&self) -> Result<&[String], Failure> {
        let found = self.sought.administrators.get_or_try_init(|| async {
            match organisation::administrators(&self.caller).await? {
                List::Whole(mut accounts) => {
                    accounts.retain(|account| *account != self.identity.account);
                    Ok(accounts)
                }
                // The caller is neither the management account nor an administrator, or there is no organisation. That a
                // caller who reads other accounts may not ask can hide the organisation's analyzer.
                List::Refused(failure) => {
                    if self.reads_others() && failure.kind == FailureKind::Denied {
                        let caller = &self.identity.account;
                        self.shared.observer.limited(Limit::AdministratorsUnknown, caller, &failure);
                    }
                    Ok(Vec::new())
                }
            }
        });
        found.await.map(Vec::as_slice)
    }

    /// Whether the scan is about more than the caller's own account.
    fn reads_others(&self) -> bool {
        match self.scope.get() {
            Some(Scope::Organisation) => true,
            Some(Scope::Named) => self.options.accounts.iter().any(|it| it.id != self.identity.account),
            Some(Scope::OwnAccount(_)) | None => false,
        }
    }

    /// The way into an account that is not read: the caller's credentials where they do.
    fn session_in(&self, account: &str, region: &str) -> Arc<Session> {
        if self.caller.is_at(account, region) {
            Arc::clone(&self.caller)
        } else {
            Arc::new(self.session_at(account, region))
        }
    }
}

/// Analyzers of a type, without their configuration.
async fn list(session: &Session, kind: Type) -> Result<Vec<Analyzer>, Failure> {
    let mut analyzers = Vec::new();
    let mut pages = Pages::default();
    loop {
        let answer = session
            .call(&LIST_ANALYZERS, |clients| {
                clients.analyzer().list_analyzers().r#type(kind.clone()).set_next_token(pages.token()).send()
            })
            .await?;
        analyzers.extend(answer.analyzers.into_iter().map(convert::analyzer));
        if !pages.next(answer.next_token, &LIST_ANALYZERS)? {
            return Ok(analyzers);
        }
    }
}

/// An analyzer with its configuration: how far it looks back is told by `GetAnalyzer` alone (E5).
async fn get(session: &Session, arn: &str) -> Result<Analyzer, Failure> {
    // The API wants the name, which ends the ARN; it takes no ARN.
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let answer = session
        .call(&GET_ANALYZER, |clients| clients.analyzer().get_analyzer().analyzer_name(name).send())
        .await?;
    let analyzer = answer.analyzer.map(convert::analyzer).ok_or_else(|| malformed(&GET_ANALYZER))?;
    if analyzer.arn == arn { Ok(analyzer) } else { Err(malformed(&GET_ANALYZER)) }
}
