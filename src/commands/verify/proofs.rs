//! Proves the changes of a report again from their documents.

use super::Verification;
use super::folder::is_inside;
use super::proof_basis::ProofBasis;
use super::target::ComparingTarget;
use leastwise_core::advise::again::{contradiction, is_in_its_families_place, is_in_its_place, texts};
use leastwise_core::catalog::Universe;
use leastwise_core::policy::{Document, Observed, parse_all};
use leastwise_core::prove::{Verdict, prove_in};
use leastwise_core::report::{AccountReport, FileHash, Files, Recommendation, Report, Trial};
use leastwise_core::trial::{Excess, excess};
use leastwise_files as files;

impl Verification {
    /// The changes of one account.
    pub(super) fn own(
        &mut self,
        (account, report): (&AccountReport, &Report),
        rests: &ProofBasis,
        compared: &ComparingTarget,
    ) {
        let id = &account.summary.id;
        for change in account.recommendations.iter().chain(&account.alternatives) {
            if !is_in_its_place(id, change) {
                self.wrong.push(out_of_place(change));
            }
            self.change(change, rests, compared);
        }
        for row in &account.trials {
            let own = account.recommendations.iter().find(|it| it.id == row.change);
            match own.or(report.recommendations.iter().find(|it| it.id == row.change)) {
                Some(change) => self.trial(change, &row.trial, rests),
                None => self
                    .wrong
                    .push(format!("the trial of {} is of no change", row.change)),
            }
        }
    }

    /// Holds what a trial denies against the documents of its change.
    fn trial(&mut self, change: &Recommendation, trial: &Trial, rests: &ProofBasis) {
        let wrong = |why: &dyn std::fmt::Display| format!("{}: the trial: {why}", change.id);
        match self.denied_too_much(change, trial, rests) {
            Ok(None) => {}
            Ok(Some(excess)) => self.wrong.push(wrong(&excess)),
            Err(error) => self.wrong.push(wrong(&error)),
        }
    }

    fn denied_too_much(
        &self,
        change: &Recommendation,
        trial: &Trial,
        rests: &ProofBasis,
    ) -> Result<Option<Excess>, String> {
        let files = &change.files;
        let (before, after) = (self.document(&files.before)?, self.document(&files.after)?);
        let before = Document::parse(&before).map_err(|error| format!("{}: {error}", files.before))?;
        let after = parse_all(&after).map_err(|error| format!("{}: {error}", files.after))?;
        let universe = Universe::new(rests.basis(), &before, &observed(change));
        let denied = trial.deny.iter().flatten().cloned().collect::<Vec<_>>();
        Ok(excess(&denied, &before, &after, &universe))
    }

    /// A document of the report.
    fn document(&self, path: &str) -> Result<String, String> {
        if is_inside(path) {
            files::text(self.folder.path(), path, files::REPORT).map_err(|error| format!("{path}: {error}"))
        } else {
            Err(format!("{path} is outside the report folder"))
        }
    }

    /// Those of many accounts.
    pub(super) fn shared(&mut self, report: &Report, rests: &ProofBasis, compared: &ComparingTarget) {
        for change in &report.recommendations {
            let family = report.families.iter().find(|family| family.id == change.id);
            if !family.is_some_and(|family| is_in_its_families_place(family, change)) {
                self.wrong.push(out_of_place(change));
            }
            self.change(change, rests, compared);
            if let Some(trial) = family.and_then(|family| family.trial.as_ref()) {
                self.trial(change, trial, rests);
            }
        }
    }

    fn change(&mut self, change: &Recommendation, rests: &ProofBasis, compared: &ComparingTarget) {
        // A copy has files under the name of each of its principals, and all of these are expected.
        let others = change
            .holders
            .iter()
            .map(|hands| &hands.files)
            .filter(|files| **files != change.files);
        let wrong = std::iter::once(&change.files)
            .chain(others)
            .find_map(|files| self.prove(change, files, (rests, compared)).err());
        // What a checkout gave is not made again: the checkout may be elsewhere, and is another tomorrow.
        if let Some(patch) = change.code.as_ref().and_then(|it| it.patch.as_deref())
            && !(patch.starts_with("patches/")
                && patch.ends_with(".patch")
                && compared.known(patch).is_some())
        {
            self.wrong.push(format!("{}: its patch is missing", change.id));
        }
        match wrong {
            None => self.proven += 1,
            Some(wrong) => self.wrong.push(format!("{}: {wrong}", change.id)),
        }
    }

    /// Proves one change from its files.
    fn prove(
        &mut self,
        change: &Recommendation,
        files: &Files,
        (rests, compared): (&ProofBasis, &ComparingTarget),
    ) -> Result<(), String> {
        let (before, after) = (self.document(&files.before)?, self.document(&files.after)?);
        let before = Document::parse(&before).map_err(|error| format!("{}: {error}", files.before))?;
        let after = parse_all(&after).map_err(|error| format!("{}: {error}", files.after))?;
        if let Some(service) = rests.lacks(&before.services()) {
            return Err(format!(
                "catalog.json lacks {service}, which {} uses",
                files.before
            ));
        }
        let universe = Universe::new(rests.basis(), &before, &observed(change));
        let proof = match prove_in(&universe, &before, after) {
            Verdict::Proven(proof) => proof,
            Verdict::Undecided(reason) => return Err(format!("undecided: {reason}")),
            Verdict::Refuted(counterexample) => {
                self.refuted += 1;
                return Err(format!("refuted: {counterexample}"));
            }
        };
        if let Some(what) = contradiction(change, (&before, &proof), &universe) {
            return Err(what.to_owned());
        }
        let [first, second, diff] = texts(&before, proof.documents(), files);
        for (path, text) in [
            (&files.before, first),
            (&files.after, second),
            (&files.diff, diff),
        ] {
            if compared.known(path) != Some(FileHash::of(text.as_bytes())) {
                return Err(format!("{path} differs from what its policies give"));
            }
        }
        Ok(())
    }
}

fn out_of_place(change: &Recommendation) -> String {
    format!("{}: the ID, principal, policy and files do not match", change.id)
}

/// The usage data that a recommendation is based on.
fn observed(recommendation: &Recommendation) -> Observed {
    let mut observed = Observed::default();
    for service in &recommendation.unused {
        let name = service.service_namespace.as_str();
        match &service.actions {
            None => observed.unused.add_service(name),
            Some(names) => observed
                .unused
                .add_actions(name, names.iter().map(String::as_str)),
        }
    }
    for service in &recommendation.used {
        let name = service.service_namespace.as_str();
        match service.actions.as_slice() {
            [] => observed.used.add_service(name),
            names => observed.used.add_actions(name, names.iter().map(String::as_str)),
        }
    }
    observed
}
