//! Which analyzer tells about an account (E10).

use std::sync::Arc;

use aws_sdk_accessanalyzer::types::Type;

use super::operations::{GET_ANALYZER, LIST_ANALYZERS};
use super::pages::{Pages, malformed};
use super::session::Session;
use super::{Live, convert};
use crate::evidence::{Analyzer, Failure, FailureKind, choose_analyzer};

/// An analyzer, and the session that may ask it.
pub(super) type Asked = (Analyzer, Arc<Session>);

impl Live {
    /// The analyzer of an account; none when there is none.
    pub(super) async fn analyzer_of(
        &self,
        account: &str,
        session: &Arc<Session>,
    ) -> Result<Option<Asked>, Failure> {
        let common = self.common_analyzer().await?;
        let (common, refused) = match common {
            Ok(common) => (common.clone(), None),
            Err(failure) => (None, Some(failure.clone())),
        };
        if let Some(found) = &common
            && found.0.managed_by.is_none()
            && choose_analyzer(std::slice::from_ref(&found.0), account).is_some()
        {
            return Ok(common);
        }
        let own = match list(session, Type::AccountUnusedAccess).await {
            Ok(own) => own,
            // The organisation's analyzer, though an AWS service manages it, is better than none.
            Err(failure) => return common.map(Some).ok_or(refused.unwrap_or(failure)),
        };
        let mut all = own;
        all.extend(common.iter().map(|found| found.0.clone()));
        match (choose_analyzer(&all, account), common) {
            (Some(chosen), Some(found)) if chosen.arn == found.0.arn => Ok(Some(found)),
            (Some(chosen), _) => Ok(Some((get(session, &chosen.arn).await?, Arc::clone(session)))),
            // Nobody may say that there is none who could not look.
            (None, _) => refused.map_or(Ok(None), Err),
        }
    }

    /// The analyzer that is named, or the organisation's. Found once a run; a refusal is found once as well, what may
    /// pass is tried again for the next account.
    async fn common_analyzer(&self) -> Result<&Result<Option<Asked>, Failure>, Failure> {
        let found = self.common.get_or_try_init(|| async {
            match self.find_common_analyzer().await {
                Err(failure) if !matches!(failure.kind, FailureKind::Denied | FailureKind::Absent) => {
                    Err(failure)
                }
                found => Ok(found),
            }
        });
        found.await
    }

    async fn find_common_analyzer(&self) -> Result<Option<Asked>, Failure> {
        if let Some(arn) = &self.options.analyzer_arn {
            let mut parts = arn.split(':').skip(3);
            let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let session = if self.caller.is_at(account, region) {
                Arc::clone(&self.caller)
            } else {
                Arc::new(self.session_at(account, region))
            };
            return Ok(Some((get(&session, arn).await?, session)));
        }
        let all = list(&self.caller, Type::OrganizationUnusedAccess).await?;
        match choose_analyzer(&all, &self.identity.account) {
            Some(chosen) => Ok(Some((get(&self.caller, &chosen.arn).await?, Arc::clone(&self.caller)))),
            None => Ok(None),
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
