//! The code that the config names: Terraform states, which say who defines a policy, and checkouts, which are patched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::Config;
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use leastwise_code::{Checkout, Wanted, cdk, state};
use leastwise_core::advise::Prepared;
use leastwise_core::ownership::Defined;
use leastwise_core::report::{Action, FamilyRow, Recommendation};
use leastwise_files as files;

/// Folders in which no code of one's own is.
const SKIPPED: [&str; 4] = ["node_modules", "vendor", "target", "__pycache__"];
/// Where the CDK puts what it made.
const CDK_OUT: &str = "cdk.out";
/// All files of a checkout that have policies are held in memory.
const MOST_BYTES: usize = 1 << 30;

/// What is known of code.
#[derive(Debug, Default)]
pub(crate) struct Code {
    defined: Defined,
    checkout: Checkout,
    /// How many policies of AWS each policy of the checkout can mean.
    uses: Vec<AtomicUsize>,
}

impl Code {
    /// Reads the states and checkouts that the config names, so that errors in them are reported before the
    /// long work.
    pub(crate) fn read(config: &Config, log: &Log) -> Result<Self, RunError> {
        let (mut defined, mut checkout) = (Defined::default(), Checkout::default());
        for path in &config.terraform_states {
            let input = || path.display().to_string();
            let text = files::named(path, files::TERRAFORM_STATE);
            let text = text.map_err(|error| RunError::Read {
                input: input(),
                error,
            })?;
            state::read(&text, &mut defined).map_err(|error| RunError::TerraformState {
                input: input(),
                error,
            })?;
        }
        for folder in &config.iac {
            // With only one checkout, paths are unambiguous.
            let name = folder.file_name().filter(|_| config.iac.len() > 1);
            let name = name
                .map(|it| it.to_string_lossy().into_owned())
                .unwrap_or_default();
            let read = read_checkout(folder, &name, &mut checkout, &mut defined);
            let left_out = read.map_err(|error| RunError::Read {
                input: folder.display().to_string(),
                error,
            })?;
            if left_out > 0 {
                let them = if left_out == 1 {
                    "1 file".to_owned()
                } else {
                    format!("{left_out} files")
                };
                let message = format!(
                    "skipped {them} of the checkout `{}`: larger than {} MiB, or not UTF-8",
                    folder.display(),
                    files::SOURCE >> 20
                );
                log.tell(&Event::CodeWarning { message });
            }
        }
        let uses = (0..checkout.len()).map(|_| AtomicUsize::new(0)).collect();
        Ok(Self {
            defined,
            checkout,
            uses,
        })
    }

    /// What code says that it defines.
    pub(crate) fn defined(&self) -> &Defined {
        &self.defined
    }

    /// Counts the policies of an account that the checkout defines: one piece of code may define many.
    pub(crate) fn count(&self, prepared: &Prepared) {
        if self.checkout.is_empty() {
            return;
        }
        for (name, document) in prepared.own_documents() {
            for place in self.checkout.places(document, name) {
                if let Some(uses) = self.uses.get(place) {
                    uses.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Looks a change's policy up in the checkout, and gives the patch with its path if there is one.
    fn look_up(
        &self,
        change: &mut Recommendation,
        accounts: usize,
        texts: &BTreeMap<&str, &str>,
    ) -> Option<(String, String)> {
        if !is_edited(change) {
            return None;
        }
        let text = |path: &str| texts.get(path).copied();
        let in_place = matches!(change.action, Action::Replace | Action::NewVersion);
        let wanted = Wanted {
            before: text(&change.files.before)?,
            after: text(&change.files.after).filter(|_| in_place),
            name: &change.policy,
            owners: &change.code_owners,
            policies: accounts,
        };
        let uses = |place: usize| self.uses.get(place).map_or(0, |it| it.load(Ordering::Relaxed));
        let mut found = self.checkout.find(&wanted, &uses);
        let path = patch_path(&change.files.diff);
        found.code.patch = found.patch.is_some().then(|| path.clone());
        change.code = Some(found.code);
        found.patch.map(|patch| (path, patch))
    }

    /// Same, for several changes. For a change of several accounts, the family has their number.
    pub(crate) fn look_up_all(
        &self,
        changes: &mut [Recommendation],
        families: &[FamilyRow],
        texts: &[(String, String)],
    ) -> Vec<(String, String)> {
        if self.checkout.is_empty() {
            return Vec::new();
        }
        let texts: BTreeMap<&str, &str> = texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        let each = changes.iter_mut().filter_map(|change| {
            let family = families
                .iter()
                .find(|it| it.recommendation.as_deref() == Some(&change.id));
            self.look_up(change, family.map_or(1, |it| it.accounts.len()), &texts)
        });
        each.collect()
    }
}

/// Whether the change edits a customer's policy rather than an attachment.
fn is_edited(change: &Recommendation) -> bool {
    use leastwise_core::decide::PolicyKind;
    let kind = change.policy_ref().kind;
    match change.action {
        Action::Replace | Action::Delete | Action::NewVersion => true,
        Action::Split => {
            kind == PolicyKind::Inline || change.holders.is_empty() && kind != PolicyKind::AwsManaged
        }
        Action::Substitute | Action::Fork | Action::Detach => false,
    }
}

/// `patches/` and the path of the policy's other files.
fn patch_path(diff: &str) -> String {
    let path = diff.strip_suffix(".diff").unwrap_or(diff);
    format!("patches/{}.patch", path.strip_prefix("policies/").unwrap_or(path))
}

/// Reads a checkout. Gives how many files were left out.
fn read_checkout(
    folder: &Path,
    name: &str,
    checkout: &mut Checkout,
    defined: &mut Defined,
) -> std::io::Result<usize> {
    let skips = |name: &str| name.starts_with('.') || SKIPPED.contains(&name) || name.starts_with("asset.");
    let wants = |path: &str| {
        if in_cdk_out(path) {
            path.ends_with("/manifest.json")
        } else {
            Checkout::reads(path)
        }
    };
    let mut left_out = 0;
    let mut bytes = 0;
    for path in files::plain_files(folder, &skips, &wants)? {
        let text = match files::text(folder, &path, files::SOURCE) {
            Ok(text) => text,
            Err(_) => {
                left_out += 1;
                continue;
            }
        };
        // What has no policy is not kept.
        let mut keep = |checkout: &mut Checkout, path: &str, text: String, is_generated: bool| {
            let length = text.len();
            bytes += if checkout.add(name, path, text, is_generated) {
                length
            } else {
                0
            };
            if bytes > MOST_BYTES {
                Err(files::too_large(MOST_BYTES as u64))
            } else {
                Ok(())
            }
        };
        if !in_cdk_out(&path) {
            keep(checkout, &path, text, false)?;
            continue;
        }
        let out = path.strip_suffix(cdk::MANIFEST).unwrap_or_default();
        let mut seen = BTreeSet::new();
        for (stack, file) in cdk::stacks(&text)
            .into_iter()
            .filter(|(_, file)| seen.insert(file.clone()))
        {
            // A manifest names files beside it, and nothing above.
            let is_beside = !file.is_empty() && file.split('/').all(|part| !["", ".", ".."].contains(&part));
            let template = format!("{out}{file}");
            match is_beside.then(|| files::text(folder, &template, files::SOURCE)) {
                Some(Ok(text)) => {
                    cdk::constructs(&stack, &text, defined);
                    keep(checkout, &template, text, true)?;
                }
                Some(Err(_)) | None => left_out += 1,
            }
        }
    }
    Ok(left_out)
}

fn in_cdk_out(path: &str) -> bool {
    path.split('/').any(|part| part == CDK_OUT)
}
