//! Chooses the analyzer for an account (E10, E16).
//!
//! Searches the caller's account and those of the delegated administrators of Access Analyzer for
//! organisation analyzers, then the account itself. [`choose_analyzers`] picks one that covers the account.
//! The search covers the Region of the scan and, if it has no analyzer, us-east-1, where Security Hub keeps
//! its own.

use std::sync::Arc;

use aws_sdk_accessanalyzer::types::Type;
use tokio::sync::OnceCell;

use super::deadline::InTheWay;
use super::operations::{GET_ANALYZER, LIST_ANALYZERS};
use super::organisation::{self, Identity};
use super::pages::{self, List, is_refusal, malformed};
use super::session::Session;
use super::{AccountScope, DEFAULT_REGION, Live, convert};
use crate::ReachLimit;
use crate::options::EvidenceFrom;
use leastwise_core::arn::Arn;
use leastwise_core::evidence::{Analyzer, Failure, FailureKind, choose_analyzers};

/// An analyzer, and the session that may ask it.
pub(super) type Asked = (Analyzer, Arc<Session>);

/// The analyzer whose findings are used, and the others that cover the account.
pub(super) struct ChosenAnalyzer {
    pub(super) asked: Asked,
    pub(super) others: Vec<Analyzer>,
}

/// What a run has found out about analyzers so far.
#[derive(Debug)]
pub(super) struct Sought {
    here: RegionAnalyzers,
    /// Where to look when there is none.
    further: Option<RegionAnalyzers>,
    /// The accounts of the delegated administrators, beside the caller's own.
    administrators: OnceCell<Vec<String>>,
}

/// A Region, and what was found there. What was refused is found once as well; what may pass is tried again for the
/// next account.
#[derive(Debug)]
struct RegionAnalyzers {
    region: String,
    common: OnceCell<Common>,
    /// One account looks for all, and the others wait: what it meets is why they are late.
    in_the_way: InTheWay,
}

/// The analyzer that is named, or the organisation's.
#[derive(Debug, Default)]
struct Common {
    found: Vec<Asked>,
    /// The failure of an account that may have an analyzer but could not be read.
    refused: Option<Failure>,
}

impl Sought {
    /// Nothing yet.
    pub(super) fn new(region: &str, identity: &Identity, named: Option<&str>) -> Self {
        let place = |region: &str| RegionAnalyzers {
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
    fn of(found: Result<Vec<Asked>, Failure>) -> Result<Self, Failure> {
        match found {
            Ok(found) => Ok(Self { found, refused: None }),
            Err(failure) if is_refusal(&failure) => Ok(Self {
                found: Vec::new(),
                refused: Some(failure),
            }),
            Err(failure) => Err(failure),
        }
    }

    /// What both have.
    fn and(mut self, other: Self) -> Self {
        self.found.extend(other.found);
        Self {
            refused: self.refused.or(other.refused),
            ..self
        }
    }
}

impl Live {
    /// The analyzer of an account; none when there is none.
    pub(super) async fn analyzer_of(
        &self,
        account: &str,
        session: &Arc<Session>,
    ) -> Result<Option<ChosenAnalyzer>, Failure> {
        let found = self.analyzer_in(&self.sought.here, account, session).await?;
        let (None, Some(further)) = (&found, &self.sought.further) else {
            return Ok(found);
        };
        let session = Arc::new(self.session_at(account, &further.region));
        match self.analyzer_in(further, account, &session).await {
            // Many organisations forbid all Regions but their own. The one that the scan is about has been looked through,
            // so last-accessed data may take the analyzer's place.
            Err(failure) if is_refusal(&failure) && self.options.source == EvidenceFrom::Auto => Ok(None),
            found => found,
        }
    }

    async fn analyzer_in(
        &self,
        place: &RegionAnalyzers,
        account: &str,
        session: &Arc<Session>,
    ) -> Result<Option<ChosenAnalyzer>, Failure> {
        let look = || place.in_the_way.of(self.find_common(&place.region));
        let common = place.common.get_or_try_init(look).await?;
        let is_named = self.options.analyzer_arn.is_some();
        if let Some(failure) = common.refused.as_ref().filter(|_| is_named) {
            return Err(failure.clone());
        }
        let mut all = common.found.clone();
        if !is_named {
            match asked(session, Type::AccountUnusedAccess).await {
                Ok(own) => all.extend(own),
                // The organisation's analyzer is enough, where there is one.
                Err(_) if all.iter().any(|(analyzer, _)| analyzer.covers(account)) => {}
                Err(failure) => return Err(common.refused.clone().unwrap_or(failure)),
            }
        }
        let analyzers: Vec<Analyzer> = all.iter().map(|(analyzer, _)| analyzer.clone()).collect();
        let mut chosen = choose_analyzers(&analyzers, account).into_iter();
        // An analyzer that excludes the account is kept too, so that the report can say that it was excluded
        // on purpose.
        let asked = chosen
            .next()
            .and_then(|first| all.into_iter().find(|(analyzer, _)| analyzer.arn == first.arn));
        match asked {
            Some(asked) => Ok(Some(ChosenAnalyzer {
                asked,
                others: chosen.cloned().collect(),
            })),
            // If a search failed, do not claim that there is no analyzer.
            None => common.refused.clone().map_or(Ok(None), Err),
        }
    }

    async fn find_common(&self, region: &str) -> Result<Common, Failure> {
        if let Some(arn) = &self.options.analyzer_arn {
            let Arn { region, account, .. } = Arn::of(arn);
            let session = self.session_in(account, region);
            let found = get(&session, arn).await.map(|analyzer| vec![(analyzer, session)]);
            return Common::of(found);
        }
        let mut common = self.organisations_in(&self.identity.account, region).await?;
        for account in self.administrators(common.found.is_empty()).await? {
            let theirs = match self.organisations_in(account, region).await {
                Ok(theirs) => theirs,
                // An analyzer that was found serves, though a better one may be hidden.
                Err(failure) if !common.found.is_empty() => {
                    self.shared
                        .limited(ReachLimit::AdministratorClosed, account, &failure);
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            // Of the Region that the scan is about: others may be forbidden for good reason.
            let is_needed = common.found.is_empty() && region == self.region;
            if let Some(failure) = theirs.refused.as_ref().filter(|_| is_needed) {
                self.shared
                    .limited(ReachLimit::AdministratorClosed, account, failure);
            }
            common = common.and(theirs);
        }
        Ok(common)
    }

    /// What one account has of the organisation's analyzers.
    async fn organisations_in(&self, account: &str, region: &str) -> Result<Common, Failure> {
        let session = self.session_in(account, region);
        Common::of(asked(&session, Type::OrganizationUnusedAccess).await)
    }

    /// The delegated administrators, listed once per run. A denial is not reported if an analyzer is found
    /// without them.
    async fn administrators(&self, needed: bool) -> Result<&[String], Failure> {
        let found = self.sought.administrators.get_or_try_init(|| async {
            match organisation::administrators(&self.caller).await? {
                List::Whole(mut accounts) => {
                    accounts.retain(|account| *account != self.identity.account);
                    Ok(accounts)
                }
                // The caller is neither the management account nor an administrator, or there is no organisation. That a
                // caller who reads other accounts may not ask can hide the organisation's analyzer.
                List::Refused(failure) => {
                    if needed && self.reads_others() && failure.kind == FailureKind::Denied {
                        let caller = &self.identity.account;
                        self.shared
                            .limited(ReachLimit::AdministratorsUnknown, caller, &failure);
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
            Some(AccountScope::Organisation) => true,
            Some(AccountScope::Named) => self
                .options
                .accounts
                .iter()
                .any(|it| it.id != self.identity.account),
            Some(AccountScope::Own | AccountScope::OwnAccount(_)) | None => false,
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

/// The active analyzers of a type, with their configuration, and the session that may ask them.
async fn asked(session: &Arc<Session>, kind: Type) -> Result<Vec<Asked>, Failure> {
    let mut all = Vec::new();
    for listed in list(session, kind).await? {
        if !listed.is_active() {
            continue;
        }
        // How far it looks back and what it leaves out decides between several.
        match get(session, &listed.arn).await {
            Ok(analyzer) => all.push((analyzer, Arc::clone(session))),
            // It was deleted after it was listed.
            Err(failure) if failure.kind == FailureKind::Absent => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(all)
}

/// Analyzers of a type, without their configuration.
async fn list(session: &Session, kind: Type) -> Result<Vec<Analyzer>, Failure> {
    let kind = &kind;
    let found = pages::all(&LIST_ANALYZERS, |token| async move {
        let answer = session
            .call(&LIST_ANALYZERS, |clients| {
                clients
                    .analyzer()
                    .list_analyzers()
                    .r#type(kind.clone())
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        Ok((answer.analyzers, answer.next_token))
    });
    Ok(found.await?.into_iter().map(convert::analyzer).collect())
}

/// An analyzer with its configuration. Only `GetAnalyzer` returns the length of its window (E5).
async fn get(session: &Session, arn: &str) -> Result<Analyzer, Failure> {
    // The API wants the name, which ends the ARN; it takes no ARN.
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let answer = session
        .call(&GET_ANALYZER, |clients| {
            clients.analyzer().get_analyzer().analyzer_name(name).send()
        })
        .await?;
    let analyzer = answer
        .analyzer
        .map(convert::analyzer)
        .ok_or_else(|| malformed(&GET_ANALYZER))?;
    if analyzer.arn == arn {
        Ok(analyzer)
    } else {
        Err(malformed(&GET_ANALYZER))
    }
}
