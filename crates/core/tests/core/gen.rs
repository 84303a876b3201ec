//! Generated policies, catalogs and evidence. The alphabets are small on purpose: names that are prefixes of others, that
//! differ by case only, that the catalog lacks, and services that it lacks, are frequent.
//!
//! The file is called after what it does; `gen` is a reserved word, so the module is not.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::tables::Lists;

const SERVICES: [&str; 6] = ["a", "a-b", "b", "c", "u", "v"];
/// Those of the above that a catalog can have.
const KNOWN: usize = 4;
const WORDS: [&str; 13] = [
    "Get", "Put", "Obj", "Objs", "Ob", "Acl", "ACL", "DB", "Db", "s", "V2", "-x", "_",
];

/// One input of the whole core.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) catalog: Lists,
    pub(crate) policy: Value,
    /// What is unused, and what was seen in use.
    pub(crate) unused: Value,
}

impl Scene {
    pub(crate) fn catalog_text(&self) -> String {
        json!(self.catalog).to_string()
    }
}

/// The text of a document whose statements have their actions at one place, whether `Action` or `NotAction`: so that
/// statements of both kinds come to share a context.
pub(crate) fn text(document: &Value) -> String {
    let members = |value: &Value, order: &[&str]| {
        let members = value.as_object().unwrap();
        let mut keys: Vec<&String> = members.keys().collect();
        keys.sort_by_key(|key| order.iter().position(|first| first == key).unwrap_or(order.len()));
        let written = |key: &String| match (key.as_str(), &members[key]) {
            ("Statement", Value::Array(items)) => {
                format!(
                    "\"Statement\":[{}]",
                    items.iter().map(text).collect::<Vec<_>>().join(",")
                )
            }
            ("Statement", one) => format!("\"Statement\":{}", text(one)),
            (_, value) => format!("{}:{value}", json!(key)),
        };
        keys.into_iter().map(written).collect::<Vec<_>>().join(",")
    };
    format!(
        "{{{}}}",
        members(
            document,
            &["Version", "Statement", "Sid", "Effect", "Action", "NotAction"]
        )
    )
}

pub(crate) fn name() -> impl Strategy<Value = String> {
    vec(select(&WORDS[..]), 1..=3).prop_map(|words| words.concat())
}

fn catalog() -> impl Strategy<Value = Lists> {
    vec(vec(name(), 0..10), KNOWN).prop_map(|services| {
        let listed = SERVICES
            .iter()
            .zip(services)
            .filter(|(_, names)| !names.is_empty());
        let mut lists: Lists = listed
            .map(|(service, names)| ((*service).to_owned(), names))
            .collect();
        if lists.is_empty() {
            lists.insert("a".to_owned(), vec!["Get".to_owned()]);
        }
        lists
    })
}

/// An action of the catalog, or any name of any service.
#[derive(Debug, Clone)]
struct Source {
    known: bool,
    service: Index,
    name: Index,
    fresh: String,
    case: u8,
}

fn source() -> impl Strategy<Value = Source> {
    (
        prop::bool::weighted(0.75),
        any::<Index>(),
        any::<Index>(),
        name(),
        0..8_u8,
    )
        .prop_map(|(known, service, name, fresh, case)| Source {
            known,
            service,
            name,
            fresh,
            case,
        })
}

impl Source {
    fn resolve(&self, catalog: &Lists) -> (String, String) {
        let (service, name) = if self.known {
            let (service, names) = catalog.iter().nth(self.service.index(catalog.len())).unwrap();
            (service.clone(), self.name.get(names).clone())
        } else {
            ((*self.service.get(&SERVICES)).to_owned(), self.fresh.clone())
        };
        match self.case {
            0 => (service.to_uppercase(), name),
            1 => (service, name.to_lowercase()),
            2 => (service, name.to_uppercase()),
            _ => (service, name),
        }
    }
}

/// How a name becomes a pattern.
#[derive(Debug, Clone)]
enum Form {
    Literal,
    Prefix(Index),
    One(Index),
    Infix(Index, Index),
    Two(Index, Index),
    Service,
    All(bool),
}

fn form() -> impl Strategy<Value = Form> {
    let at = any::<Index>;
    prop_oneof![
        8 => Just(Form::Literal),
        8 => at().prop_map(Form::Prefix),
        2 => at().prop_map(Form::One),
        2 => (at(), at()).prop_map(|(a, b)| Form::Infix(a, b)),
        1 => (at(), at()).prop_map(|(a, b)| Form::Two(a, b)),
        3 => Just(Form::Service),
        1 => any::<bool>().prop_map(Form::All),
    ]
}

fn pattern((source, form): &(Source, Form), catalog: &Lists) -> String {
    let (service, name) = source.resolve(catalog);
    // All names are ASCII, so any place is a place between characters.
    let cut = |at: &Index| at.index(name.len() + 1);
    let (first, second) = match form {
        Form::Infix(a, b) | Form::Two(a, b) => (cut(a).min(cut(b)), cut(a).max(cut(b))),
        Form::Prefix(a) | Form::One(a) => (cut(a), name.len()),
        _ => (0, name.len()),
    };
    let text = match form {
        Form::Literal => name,
        Form::Prefix(_) => format!("{}*", &name[..first]),
        Form::One(_) if first < name.len() => format!("{}?{}", &name[..first], &name[first + 1..]),
        Form::One(_) => format!("{name}?"),
        Form::Infix(..) => format!("{}*{}", &name[..first], &name[second..]),
        Form::Two(..) => format!("*{}*", &name[first..second]),
        Form::Service => "*".to_owned(),
        Form::All(true) => return "*".to_owned(),
        Form::All(false) => return "*:*".to_owned(),
    };
    format!("{service}:{text}")
}

#[derive(Debug, Clone)]
struct RawStatement {
    deny: bool,
    negated: bool,
    patterns: Vec<(Source, Form)>,
    resource: usize,
    condition: usize,
    sid: bool,
    bare: bool,
}

fn statement() -> impl Strategy<Value = RawStatement> {
    let flag = |weight| prop::bool::weighted(weight);
    let parts = (
        flag(0.12),
        flag(0.15),
        vec((source(), form()), 1..5),
        0..4_usize,
        0..4_usize,
    );
    (parts, flag(0.3), flag(0.4)).prop_map(|((deny, negated, patterns, resource, condition), sid, bare)| {
        RawStatement {
            deny,
            negated,
            patterns,
            resource,
            condition,
            sid,
            bare,
        }
    })
}

impl RawStatement {
    fn resolve(&self, number: usize, catalog: &Lists) -> Value {
        let patterns: Vec<String> = self.patterns.iter().map(|raw| pattern(raw, catalog)).collect();
        let actions = if self.bare && patterns.len() == 1 {
            json!(patterns[0])
        } else {
            json!(patterns)
        };
        let resources = [json!("*"), json!("*"), json!("arn:aws:s3:::b"), json!(["a", "b"])];
        let mut statement = json!({
            "Effect": if self.deny { "Deny" } else { "Allow" },
            if self.negated { "NotAction" } else { "Action" }: actions,
            if self.resource == 2 { "NotResource" } else { "Resource" }: resources[self.resource],
        });
        if self.condition == 3 {
            statement["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
        }
        if self.sid {
            statement["Sid"] = json!(format!("S{number}"));
        }
        statement
    }
}

/// What the evidence says.
#[derive(Debug, Clone)]
struct RawEvidence {
    /// The share of the catalog's actions that is unused, in hundredths.
    share: u8,
    /// A number for each of these actions, which is compared with the share.
    dice: Vec<u8>,
    /// More unused names, of the catalog and beside it.
    names: Vec<Source>,
    /// Services that are unused as a whole.
    whole: Vec<Index>,
    /// Names that were seen in use, of the catalog and beside it.
    used: Vec<Source>,
    /// Services that were seen in use.
    busy: Vec<Index>,
}

fn evidence() -> impl Strategy<Value = RawEvidence> {
    (
        select(&[0_u8, 10, 50, 90, 100][..]),
        vec(0..100_u8, 40),
        vec(source(), 0..4),
        prop_oneof![3 => Just(Vec::new()), 1 => vec(any::<Index>(), 1..3)],
        vec(source(), 0..5),
        prop_oneof![2 => Just(Vec::new()), 1 => vec(any::<Index>(), 1..3)],
    )
        .prop_map(|(share, dice, names, whole, used, busy)| RawEvidence {
            share,
            dice,
            names,
            whole,
            used,
            busy,
        })
}

impl RawEvidence {
    /// As the list that is read. What is said to be in use is not said to be unused as well: such evidence is refused.
    fn resolve(&self, catalog: &Lists) -> Vec<Value> {
        let used: Vec<(String, String)> = self.used.iter().map(|source| source.resolve(catalog)).collect();
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let is_used =
            |service: &str, name: &str| used.iter().any(|(of, it)| same(of, service) && same(it, name));
        let busy: Vec<&str> = self.busy.iter().map(|service| *service.get(&SERVICES)).collect();
        let is_busy = |service: &str| {
            busy.iter().any(|it| same(it, service)) || used.iter().any(|(of, _)| same(of, service))
        };
        let mut all: Vec<Value> = Vec::new();
        let mut dice = self.dice.iter().cycle();
        for (service, known) in catalog {
            let is_unused = |name: &&String| *dice.next().unwrap() < self.share && !is_used(service, name);
            let chosen: Vec<&String> = known.iter().filter(is_unused).collect();
            if !chosen.is_empty() {
                all.push(json!({"serviceNamespace": service, "actions": chosen}));
            }
        }
        let names = self.names.iter().map(|source| source.resolve(catalog));
        for (service, name) in names.filter(|(service, name)| !is_used(service, name)) {
            all.push(json!({"serviceNamespace": service, "actions": [name]}));
        }
        let whole = self.whole.iter().map(|service| *service.get(&SERVICES));
        all.extend(
            whole
                .filter(|service| !is_busy(service))
                .map(|service| json!({"serviceNamespace": service})),
        );
        all.extend(
            used.iter()
                .map(|(service, name)| json!({"serviceNamespace": service, "used": [name]})),
        );
        all.extend(
            busy.iter()
                .map(|service| json!({"serviceNamespace": service, "used": true})),
        );
        all
    }
}

pub(crate) fn scene() -> impl Strategy<Value = Scene> {
    let single = prop::bool::weighted(0.3);
    (catalog(), vec(statement(), 1..4), single, evidence()).prop_map(|(catalog, raw, single, evidence)| {
        let mut statements: Vec<Value> = raw
            .iter()
            .enumerate()
            .map(|(number, raw)| raw.resolve(number, &catalog))
            .collect();
        let statement = if single && statements.len() == 1 {
            statements.remove(0)
        } else {
            json!(statements)
        };
        let policy = json!({"Version": "2012-10-17", "Statement": statement});
        let unused = json!(evidence.resolve(&catalog));
        Scene {
            catalog,
            policy,
            unused,
        }
    })
}

/// The same evidence said in another way: entries turned round and taken apart, some twice, in capitals.
pub(crate) fn restated(unused: &Value) -> Value {
    let mut entries = Vec::new();
    for (at, entry) in unused.as_array().unwrap().iter().enumerate().rev() {
        let service = entry["serviceNamespace"].as_str().unwrap();
        let service = if at % 2 == 0 {
            service.to_uppercase()
        } else {
            service.to_owned()
        };
        if !entry["used"].is_null() {
            let entry = json!({"serviceNamespace": service, "used": entry["used"]});
            entries.extend(std::iter::repeat_n(entry, 1 + at % 2));
            continue;
        }
        match entry["actions"].as_array() {
            None => entries.push(json!({"serviceNamespace": service, "actions": []})),
            Some(actions) => {
                for (place, action) in actions.iter().enumerate().rev() {
                    let entry = json!({"serviceNamespace": service, "actions": [action]});
                    entries.extend(std::iter::repeat_n(entry, 1 + place % 2));
                }
            }
        }
    }
    json!(entries)
}

/// A glob over two letters, small enough to try all its strings.
pub(crate) fn glob() -> impl Strategy<Value = String> {
    vec(select(&['a', 'b', 'A', '*', '*', '?'][..]), 1..6).prop_map(|symbols| symbols.into_iter().collect())
}
