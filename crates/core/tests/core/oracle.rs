//! The independent evaluator: whether a smaller policy is exact, decided by looking at every action one by one.
//!
//! It shares no code with the crate, so that a mistake there cannot hide here: its own JSON reading (`serde_json`), its
//! own globs (`globs.rs`), its own universe. It is slow and plain on purpose. What it cannot do is decide about all strings; it
//! tries the universe and a few made-up names for each pattern.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::contexts::{Clause, Context, clause, contexts};
use crate::documents::{statements, strings};
use crate::globs::{Name, Pattern, glob, lower};
use crate::tables::{Lists, unobserved};

/// What is known and what is unused.
#[derive(Debug, Clone)]
pub(crate) struct World {
    catalog: BTreeMap<String, BTreeSet<Name>>,
    unused: BTreeMap<String, BTreeSet<Name>>,
    whole: BTreeSet<String>,
    /// What was seen in use: a service without names was seen itself.
    used: BTreeMap<String, BTreeSet<Name>>,
    /// Patterns of actions whose use AWS does not see, no service for all.
    unobserved: Vec<(Option<String>, Name)>,
    /// Patterns of those among them that may go all the same.
    may_go: Vec<Pattern>,
    /// What else the organisation names: a service without names was named itself.
    named: BTreeMap<String, BTreeSet<Name>>,
}

/// Where a smaller policy is not exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Granted after, not before.
    Gained(String),
    /// Not unused, granted before, not after.
    Lost(String),
    /// Seen in use, granted before, not after.
    UsedLost(String),
    /// Unused and granted after.
    Still(String),
    /// Something besides the actions differs.
    Frame(&'static str),
}

/// The clauses of one context, narrowed to one service.
struct Here<'c> {
    negated: bool,
    all: bool,
    full: BTreeSet<&'c [char]>,
    wild: Vec<&'c [char]>,
}

fn here<'c>(clauses: &'c [Clause], service: &str) -> Vec<Here<'c>> {
    let narrow = |clause: &'c Clause| {
        let mut here = Here {
            negated: clause.negated,
            all: false,
            full: BTreeSet::new(),
            wild: Vec::new(),
        };
        for pattern in &clause.patterns {
            match pattern {
                Pattern::All => here.all = true,
                Pattern::Of { service: own, glob } if own == service => {
                    if pattern.is_wild() {
                        here.wild.push(glob);
                    } else {
                        here.full.insert(glob);
                    }
                }
                Pattern::Of { .. } => {}
            }
        }
        here
    };
    clauses.iter().map(narrow).collect()
}

fn granted(clauses: &[Here<'_>], name: &[char]) -> bool {
    clauses.iter().any(|clause| {
        let listed =
            clause.all || clause.full.contains(name) || clause.wild.iter().any(|pattern| glob(pattern, name));
        listed != clause.negated
    })
}

/// Whether a wildcard of an `Action` list, not a full name, grants it.
fn by_wildcard(clauses: &[Here<'_>], name: &[char]) -> bool {
    clauses
        .iter()
        .any(|clause| !clause.negated && (clause.all || clause.wild.iter().any(|p| glob(p, name))))
}

impl World {
    /// `unused` is the plain list of evidence.
    pub(crate) fn new(catalog: &Lists, unused: &Value) -> Self {
        let mut names: BTreeMap<String, BTreeSet<Name>> = BTreeMap::new();
        for (service, actions) in catalog {
            let own = names.entry(service.to_ascii_lowercase()).or_default();
            own.extend(actions.iter().map(|action| lower(action)));
        }
        let mut world = Self {
            catalog: names,
            unused: BTreeMap::new(),
            whole: BTreeSet::new(),
            used: BTreeMap::new(),
            unobserved: unobserved(),
            may_go: Vec::new(),
            named: BTreeMap::new(),
        };
        world.set_unused(unused);
        world
    }

    /// Adds the full names in other policies of the organisation, and what other evidence names.
    pub(crate) fn add_organisation(&mut self, policies: &[Value], evidence: &[Value]) {
        let patterns = policies
            .iter()
            .flat_map(statements)
            .flat_map(|statement| clause(statement).patterns);
        for pattern in patterns.filter(|pattern| !pattern.is_wild()) {
            if let Pattern::Of { service, glob } = pattern {
                self.named.entry(service).or_default().insert(glob);
            }
        }
        for entry in evidence {
            let service = entry["serviceNamespace"]
                .as_str()
                .expect("a service")
                .to_ascii_lowercase();
            let lists = [&entry["actions"], &entry["used"]]
                .into_iter()
                .filter(|list| list.is_array());
            let names = lists.flat_map(strings).map(|name| lower(&name));
            self.named.entry(service).or_default().extend(names);
        }
    }

    /// Lets actions go with their service though AWS does not see their use.
    pub(crate) fn let_go(&mut self, patterns: &[String]) {
        self.may_go
            .extend(patterns.iter().map(|text| Pattern::read(text)));
    }

    /// Changes the evidence and keeps the catalog, which may be large.
    pub(crate) fn set_unused(&mut self, unused: &Value) {
        self.unused.clear();
        self.whole.clear();
        self.used.clear();
        for entry in unused.as_array().expect("evidence is a list") {
            let service = entry["serviceNamespace"]
                .as_str()
                .expect("a service")
                .to_ascii_lowercase();
            if let Some(used) = entry.get("used") {
                let names = used.as_array().into_iter().flatten();
                let names = names.map(|action| lower(action.as_str().expect("a name")));
                self.used.entry(service.clone()).or_default().extend(names);
                if entry.get("actions").is_none() {
                    continue;
                }
            }
            match entry.get("actions").and_then(Value::as_array) {
                Some(actions) if !actions.is_empty() => {
                    let names = actions
                        .iter()
                        .map(|action| lower(action.as_str().expect("a name")));
                    self.unused.entry(service).or_default().extend(names);
                }
                _ => {
                    self.whole.insert(service);
                }
            }
        }
    }

    fn is_unused(&self, service: &str, name: &[char]) -> bool {
        self.whole.contains(service) && !self.is_unseen(service, name)
            || self.unused.get(service).is_some_and(|names| names.contains(name))
    }

    /// Whether AWS does not see the use of an action, so that it stays unless it is named.
    fn is_unseen(&self, service: &str, name: &[char]) -> bool {
        let literal = Pattern::Of {
            service: service.to_owned(),
            glob: name.to_vec(),
        };
        self.unobserved
            .iter()
            .any(|(own, pattern)| own.as_ref().is_none_or(|own| own == service) && glob(pattern, name))
            && !self.may_go.iter().any(|pattern| pattern.holds(&literal))
    }

    /// Whether an action was seen in use by its name.
    pub(crate) fn is_used(&self, service: &str, name: &[char]) -> bool {
        self.used.get(service).is_some_and(|names| names.contains(name))
    }

    /// Whether a pattern matches an unused action.
    pub(crate) fn touches(&self, pattern: &Pattern) -> bool {
        match pattern {
            Pattern::All => !self.whole.is_empty() || !self.unused.is_empty(),
            Pattern::Of {
                service,
                glob: pattern,
            } => {
                let known = self.catalog.get(service).into_iter().flatten();
                let stays = |name: &&Name| glob(pattern, name) && self.is_unseen(service, name);
                self.whole.contains(service) && known.clone().filter(stays).count() == 0
                    || known
                        .clone()
                        .any(|name| glob(pattern, name) && self.is_unused(service, name))
                    || self
                        .unused
                        .get(service)
                        .into_iter()
                        .flatten()
                        .any(|name| glob(pattern, name))
            }
        }
    }

    /// Whether `after` is `before` without what is unused: `Ok` has the services that are exempt because the catalog
    /// does not know them.
    pub(crate) fn judge(&self, before: &Value, after: &[Value]) -> Result<BTreeSet<String>, Flaw> {
        let contexts = contexts(before, after)?;
        let mut undecided = BTreeSet::new();
        let all = || {
            let old = statements(before).into_iter();
            old.chain(after.iter().flat_map(statements))
                .flat_map(|statement| clause(statement).patterns)
        };
        let evidence = self.unused.keys().chain(&self.whole).chain(self.used.keys());
        let mut mentioned: BTreeSet<String> = evidence.chain(self.named.keys()).cloned().collect();
        let mut patterns: BTreeMap<String, Vec<Pattern>> = BTreeMap::new();
        for pattern in all() {
            if let Pattern::Of { service, .. } = &pattern {
                // `svc:*` in place of `*` speaks of the service as a whole, as if nothing had been said of it.
                let only_as_a_whole = matches!(&pattern, Pattern::Of { glob, .. } if glob == &['*']);
                if !only_as_a_whole || !self.catalog.contains_key(service) {
                    mentioned.insert(service.clone());
                }
                patterns.entry(service.clone()).or_default().push(pattern);
            }
        }
        let literals: Vec<Pattern> = statements(before)
            .into_iter()
            .flat_map(|statement| clause(statement).patterns)
            .filter(|pattern| !pattern.is_wild())
            .collect();
        let known = self.catalog.keys().cloned();
        let mut named_before: BTreeSet<String> = self
            .unused
            .keys()
            .chain(self.used.keys())
            .chain(self.named.keys())
            .cloned()
            .collect();
        named_before.extend(statements(before).into_iter().flat_map(|statement| {
            let services = clause(statement)
                .patterns
                .into_iter()
                .filter_map(|pattern| match pattern {
                    Pattern::Of { service, .. } => Some(service),
                    Pattern::All => None,
                });
            services.collect::<Vec<_>>()
        }));
        // Of services that nothing names, one stands for all.
        let mut unnamed = false;
        for service in known.chain(mentioned.clone()).collect::<BTreeSet<_>>() {
            if !mentioned.contains(&service) && !patterns.contains_key(&service) {
                if unnamed {
                    continue;
                }
                unnamed = true;
            }
            let mut names = BTreeSet::new();
            if mentioned.contains(&service) {
                names.extend(self.catalog.get(&service).into_iter().flatten().cloned());
                names.extend(self.unused.get(&service).into_iter().flatten().cloned());
                names.extend(self.used.get(&service).into_iter().flatten().cloned());
                names.extend(self.named.get(&service).into_iter().flatten().cloned());
                names.extend(literals.iter().filter_map(|literal| match literal {
                    Pattern::Of { service: own, glob } if *own == service => Some(glob.clone()),
                    _ => None,
                }));
            } else {
                // Nobody tells its actions apart: any one stands for all.
                names.insert(lower("Any"));
            }
            let mut made_up: BTreeSet<Name> = BTreeSet::new();
            made_up.extend(
                patterns
                    .get(&service)
                    .into_iter()
                    .flatten()
                    .flat_map(Pattern::examples),
            );
            made_up.insert(lower("~"));
            // A service that only the documents after name is not part of the world that is compared.
            let met = named_before.contains(&service);
            made_up.retain(|name| !names.contains(name));
            for context in &contexts {
                self.judge_service(context, &service, (&names, &made_up, met), &mut undecided)?;
            }
        }
        Ok(undecided)
    }

    fn judge_service(
        &self,
        context: &Context,
        service: &str,
        (names, made_up, met): (&BTreeSet<Name>, &BTreeSet<Name>, bool),
        undecided: &mut BTreeSet<String>,
    ) -> Result<(), Flaw> {
        let (before, after) = (here(&context.before, service), here(&context.after, service));
        let known = self.catalog.contains_key(service);
        // Where AWS sees no use at all, that none was seen says nothing.
        let unused_names = names.iter().filter(|name| self.is_unused(service, name)).count();
        let withheld = self.whole.contains(service) && names.iter().any(|name| self.is_unseen(service, name));
        let whole = self.whole.contains(service) && (unused_names > 0 || !withheld);
        let in_use = self.used.contains_key(service) && unused_names == 0 && !whole;
        let tell = |name: &Name| format!("{service}:{}", name.iter().collect::<String>());
        for name in names {
            let (old, new) = (granted(&before, name), granted(&after, name));
            let unused = self.is_unused(service, name);
            if new && !old {
                return Err(Flaw::Gained(tell(name)));
            }
            if old && !new && self.is_used(service, name) {
                return Err(Flaw::UsedLost(tell(name)));
            }
            if old && !new && !unused {
                return Err(Flaw::Lost(tell(name)));
            }
            if new && unused {
                let exempt = !known && !whole;
                if !exempt || !by_wildcard(&before, name) || !by_wildcard(&after, name) {
                    return Err(Flaw::Still(tell(name)));
                }
                undecided.insert(service.to_owned());
            }
        }
        for name in made_up {
            let (old, new) = (granted(&before, name), granted(&after, name));
            if new && !old {
                return Err(Flaw::Gained(tell(name)));
            }
            // What the author wrote stays when AWS does not see the use of anything that it is known to match.
            let is_unseen = |pattern: &&[char]| {
                let mut matched = names.iter().filter(|name| glob(pattern, name)).peekable();
                matched.peek().is_some() && matched.all(|name| !self.is_unused(service, name))
            };
            let written = || {
                before
                    .iter()
                    .filter(|clause| !clause.negated)
                    .flat_map(|clause| clause.wild.clone())
            };
            let stays = withheld && written().any(|pattern| glob(pattern, name) && is_unseen(&pattern));
            // The names of what stays would be too long a list of exceptions.
            let by_exception = withheld && after.iter().any(|clause| clause.negated);
            if new && whole && !stays && !by_exception {
                return Err(Flaw::Still(tell(name)));
            }
            // Nobody knows what else an unknown service has, so a wildcard of its own stays; of one that is in use and of
            // which nothing is unused, everything does.
            let open = !known && !whole || in_use;
            let untouched = before.iter().any(|clause| {
                clause.negated && !clause.all && clause.full.is_empty() && clause.wild.is_empty()
            });
            let was_open =
                by_wildcard(&before, name) || unused_names == 0 && untouched && (in_use || met && !known);
            if (met || in_use) && open && was_open && !new {
                let flaw = if in_use { Flaw::UsedLost } else { Flaw::Lost };
                return Err(flaw(tell(name)));
            }
        }
        Ok(())
    }

    /// Whether a counterexample is one: what the statements grant of this action before and after.
    pub(crate) fn replay(&self, before: &Value, after: &[Value], action: &str) -> Vec<(bool, bool, bool)> {
        let (service, name) = action.split_once(':').expect("an action");
        let (service, name) = (service.to_ascii_lowercase(), lower(name));
        let told = contexts(before, after)
            .expect("the frame is sound")
            .into_iter()
            .map(|context| {
                let old = granted(&here(&context.before, &service), &name);
                let new = granted(&here(&context.after, &service), &name);
                (old, new, self.is_unused(&service, &name))
            });
        told.collect()
    }
}
