//! Which statements belong together, for the evaluator: Allow statements that share everything but their actions.

use serde_json::Value;

use crate::documents::{actions, frame, is_deny, same_deny, statements, strings};
use crate::globs::Pattern;
use crate::oracle::Flaw;

/// The actions of one statement.
#[derive(Debug, Clone)]
pub(crate) struct Clause {
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<Pattern>,
}

/// Allow statements that share everything but their actions.
pub(crate) struct Context {
    pub(crate) frame: Value,
    pub(crate) before: Vec<Clause>,
    pub(crate) after: Vec<Clause>,
}

pub(crate) fn clause(statement: &Value) -> Clause {
    let patterns = strings(actions(statement))
        .iter()
        .map(|text| Pattern::read(text))
        .collect();
    Clause {
        negated: statement.get("Action").is_none(),
        patterns,
    }
}

/// Gathers the Allow statements that share a frame, and checks all frames on the way.
pub(crate) fn contexts(before: &Value, after: &[Value]) -> Result<Vec<Context>, Flaw> {
    let old = statements(before);
    let mut contexts: Vec<Context> = Vec::new();
    for statement in old.iter().filter(|statement| !is_deny(statement)) {
        let frame = frame(statement);
        match contexts.iter_mut().find(|context| context.frame == frame) {
            Some(context) => context.before.push(clause(statement)),
            None => contexts.push(Context {
                frame,
                before: vec![clause(statement)],
                after: Vec::new(),
            }),
        }
    }
    let around = |document: &Value| {
        let mut around = document.clone();
        around
            .as_object_mut()
            .expect("a document is an object")
            .remove("Statement");
        around
    };
    let mut denied = vec![0; old.len()];
    for document in after {
        if around(document) != around(before)
            || document["Statement"].is_object() != before["Statement"].is_object()
        {
            return Err(Flaw::Frame("the document around the statements"));
        }
        if statements(document).is_empty() && !old.is_empty() {
            return Err(Flaw::Frame("a document without statements"));
        }
        let mut next = 0;
        for statement in statements(document) {
            let found = (next..old.len()).find(|at| {
                if is_deny(statement) {
                    same_deny(old[*at], statement)
                } else {
                    frame(old[*at]) == frame(statement)
                }
            });
            let Some(at) = found else {
                return Err(Flaw::Frame("a statement, or their order"));
            };
            next = at + 1;
            if is_deny(statement) {
                denied[at] += 1;
                continue;
            }
            let clause = clause(statement);
            if clause.patterns.is_empty() && !strings(actions(old[at])).is_empty() {
                return Err(Flaw::Frame("a statement without actions"));
            }
            let own = frame(statement);
            contexts
                .iter_mut()
                .find(|context| context.frame == own)
                .unwrap()
                .after
                .push(clause);
        }
    }
    let deny_count = old.iter().filter(|statement| is_deny(statement)).count();
    if denied.iter().sum::<usize>() != deny_count || denied.iter().any(|times| *times > 1) {
        return Err(Flaw::Frame("the Deny statements"));
    }
    Ok(contexts)
}

/// Whether each new pattern lies inside one pattern of the statements it can have come from, for all strings; gives
/// back the first that does not.
pub(crate) fn stray(before: &Value, after: &[Value]) -> Option<String> {
    let is_all = |old: &Clause| !old.negated && old.patterns.contains(&Pattern::All);
    for statement in after
        .iter()
        .flat_map(statements)
        .filter(|statement| !is_deny(statement))
    {
        let from: Vec<Clause> = statements(before)
            .into_iter()
            .filter(|origin| frame(origin) == frame(statement))
            .map(clause)
            .collect();
        let now = clause(statement);
        for (pattern, text) in now.patterns.iter().zip(strings(actions(statement))) {
            let inside = from.iter().any(|old| match (old.negated, now.negated) {
                (false, false) => old.patterns.iter().any(|outer| outer.holds(pattern)),
                (true, false) => !old.patterns.iter().any(|excluded| excluded.meets(pattern)),
                // A NotAction list may grow: what must hold is that the old entries are still in it.
                (true, true) => true,
                // In the open form `*` becomes everything but what is unused.
                (false, true) => is_all(old),
            });
            if !inside {
                return Some(text);
            }
        }
        if now.negated {
            let kept = |old: &Clause| {
                old.patterns
                    .iter()
                    .all(|excluded| now.patterns.iter().any(|outer| outer.holds(excluded)))
            };
            if !from.iter().any(|old| old.negated && kept(old) || is_all(old)) {
                return Some("NotAction".to_owned());
            }
        }
    }
    None
}
