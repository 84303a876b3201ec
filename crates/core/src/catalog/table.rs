//! Tables of action patterns with a reason for each, as in data files.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::service::Service;
use crate::policy::ActionPattern;

/// Action patterns, indexed by service.
#[derive(Debug, Clone, Default)]
pub struct ActionTable {
    rows: Vec<TableRow>,
    /// Indices of the rows of each service, in lower case.
    by_service: BTreeMap<String, Vec<usize>>,
    /// Indices of the rows that match every service.
    of_all: Vec<usize>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Pattern as written: `iam:PassRole`, `*:Pass*`.
    pub pattern: Cow<'static, str>,
    /// Why it is in the table.
    pub reason: &'static str,
    /// URL of the source; empty if the table has none.
    pub source: &'static str,
    /// The part of the pattern after the service.
    name: ActionPattern,
}

impl TableRow {
    /// Parses a line of a file: pattern, reason and optional source, separated by tabs.
    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let (pattern, reason) = (columns.next()?, columns.next()?);
        let row = Self {
            reason,
            source: columns.next().unwrap_or_default(),
            ..Self::of(Cow::Borrowed(pattern))?
        };
        columns.next().is_none().then_some(row)
    }

    pub(super) fn of(pattern: Cow<'static, str>) -> Option<Self> {
        let name = match pattern.strip_prefix("*:") {
            Some(name) => ActionPattern::parse(format!("any:{name}")).ok()?,
            None => ActionPattern::parse(pattern.clone().into_owned()).ok()?,
        };
        Some(Self {
            pattern,
            reason: "",
            source: "",
            name,
        })
    }

    /// Its service, in lower case; `None` if it matches all services.
    fn service(&self) -> Option<String> {
        let service = self.name.service().filter(|_| !self.pattern.starts_with("*:"));
        service.map(str::to_ascii_lowercase)
    }

    fn matches(&self, name: &str) -> bool {
        self.name.matches(self.name.service().unwrap_or_default(), name)
    }
}

impl ActionTable {
    /// Parses a file. Invalid lines are skipped; tests check that there are none.
    pub fn read(text: &'static str) -> Self {
        Self::of(lines(text).filter_map(TableRow::read).collect())
    }

    pub(super) fn of(rows: Vec<TableRow>) -> Self {
        let mut all = Self::default();
        for (at, row) in rows.iter().enumerate() {
            match row.service() {
                Some(service) => all.by_service.entry(service).or_default().push(at),
                None => all.of_all.push(at),
            }
        }
        Self { rows, ..all }
    }

    /// All rows, in the order of the file.
    pub fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    /// The first row that matches an action.
    pub fn row(&self, service: &str, name: &str) -> Option<&TableRow> {
        self.of_service(service).find(|row| row.matches(name))
    }

    /// Rows that may match a service, given in any case.
    fn of_service(&self, service: &str) -> impl Iterator<Item = &TableRow> {
        let own = if service.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.by_service.get(&service.to_ascii_lowercase())
        } else {
            self.by_service.get(service)
        };
        own.into_iter()
            .flatten()
            .chain(&self.of_all)
            .filter_map(|at| self.rows.get(*at))
    }

    /// Indices in a service of the actions that a row matches, possibly with repeats.
    pub(crate) fn places<'s>(&'s self, service: &'s Service) -> impl Iterator<Item = usize> + 's {
        self.of_service(service.prefix()).flat_map(move |row| {
            let run = service.run_of(&row.name.pattern());
            run.filter(move |place| row.matches(service.lower(*place)))
        })
    }
}

/// Lines of a file that contain a row.
pub(crate) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::ActionTable;

    #[test]
    fn a_line_that_is_not_of_the_form_is_no_row() {
        let of = |text: &'static str| ActionTable::read(text).rows().len();
        assert_eq!(
            of("# comment\n\niam:PassRole\twhy\thttps://example.com\n*:Pass*\twhy\n"),
            2
        );
        assert_eq!(
            of("iam:PassRole\nPassRole\twhy\ni*m:PassRole\twhy\niam:Pass\twhy\thttps://a\tmore\n"),
            0
        );
    }
}
