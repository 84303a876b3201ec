//! `index.html`, `families.html` and `accounts/<id>.html`: the report for people.
//!
//! Each page is self-contained: it includes its style and script, loads nothing, and is complete without the
//! script. The index grows: the rows of each account come first, as JSON for the script, and the visible part comes
//! last, when all accounts are known. Changes to several accounts are on `families.html`, written with the first of
//! their accounts.
//!
//! askama escapes all text, and [`text`] makes direction marks visible.

mod account;
mod actors;
mod bar;
mod change;
mod console;
mod coverage;
mod gathered;
mod guard;
mod index;
mod owners;
mod rows;
mod sentence;
mod severity;
mod sides;
mod sparkline;
pub(super) mod text;

use std::sync::{Mutex, PoisonError};

use askama::Template;

use super::changes::Steps;
use super::{AccountView, Format, Part, Read};
use account::AccountPage;
use change::Change;
use gathered::Gathered;
use index::{IndexHead, IndexPage};
use leastwise_core::report::{Report, ReportFormat, words};
use owners::{Beside, Owners};

const INDEX: &str = "index.html";
const FAMILIES: &str = "families.html";

const STYLE: &str = include_str!("templates/style.css");
const INDEX_SCRIPT: &str = include_str!("templates/index.js");
const PAGE_SCRIPT: &str = include_str!("templates/page.js");

/// The HTML format.
#[derive(Debug, Default)]
pub struct Html {
    /// Whether the report has the scripts of `changes/`.
    scripts: bool,
    /// Whether the report has tickets.
    tickets: bool,
    owners: Owners,
    gathered: Mutex<Gathered>,
}

impl Html {
    /// Creates the format, with links to other formats, and owners from the given tag.
    pub fn beside(formats: &[ReportFormat], owner_tag: Option<&str>) -> Self {
        Self {
            scripts: formats.contains(&ReportFormat::Changes),
            tickets: formats.contains(&ReportFormat::Tickets),
            owners: Owners::by(owner_tag),
            gathered: Mutex::default(),
        }
    }
}

/// How to run the script of a change, or why it refuses.
type Script = Result<Steps, &'static str>;

impl Format for Html {
    fn begin(&self, report: &Report) -> Vec<Part> {
        let mut parts = vec![Part::text(INDEX, page(&IndexHead::new(report)))];
        if !report.recommendations.is_empty() {
            let head = FamiliesHead {
                csp: guard::policy(PAGE_SCRIPT, STYLE),
                style: STYLE,
            };
            parts.push(Part::text(FAMILIES, page(&head)));
        }
        parts
    }

    fn account(&self, view: &AccountView<'_>, read: &Read<'_>) -> Vec<Part> {
        let (report, account) = (view.report, view.account);
        let id = &account.summary.id;
        self.gathered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(report, account, &self.owners);
        let whole = AccountPage::new(self, view, read);
        let mut parts = vec![
            Part::file(
                &format!("accounts/{id}.html"),
                long_page(&whole, AccountPage::expected(account)),
            ),
            Part::element(INDEX, rows::account(report, account, &self.owners)),
        ];
        for (change, _) in view.shared().filter(|(_, share)| share.is_first()) {
            // A fleet is changed account by account.
            let is_set = self.scripts && change.set().is_some();
            let script = is_set.then(|| Steps::of(view, change));
            let change = Change::new(change.it, &report.catalog, "accounts/", None, read)
                .of(None, &report.partition)
                .run(script);
            parts.push(Part::text(FAMILIES, page(&change)));
        }
        parts
    }

    fn end(&self, report: &Report) -> Vec<Part> {
        let mut all = std::mem::take(&mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner));
        all.add_shared(report);
        let beside = Beside {
            owners: &self.owners,
            tickets: self.tickets,
        };
        let mut parts = vec![Part::text(INDEX, page(&IndexPage::new(report, &all, beside)))];
        if !report.recommendations.is_empty() {
            let tail = format!("</main>\n<script>{PAGE_SCRIPT}</script>\n</body>\n</html>\n");
            parts.push(Part::text(FAMILIES, tail));
        }
        parts
    }
}

/// What comes before the changes on `families.html`.
#[derive(Template)]
#[template(path = "families.html")]
struct FamiliesHead {
    csp: String,
    style: &'static str,
}

/// Renders a page or a part of one, with direction marks made visible.
fn page(template: &impl Template) -> String {
    long_page(template, 0)
}

/// Renders a page of about the given size, so that its buffer does not have to grow.
fn long_page<T: Template>(template: &T, expected: usize) -> String {
    let mut page = String::with_capacity(expected.max(T::SIZE_HINT));
    // Writing to a string cannot fail, and the templates have no errors of their own.
    let _ = template.render_into(&mut page);
    text::all_visible(page)
}
