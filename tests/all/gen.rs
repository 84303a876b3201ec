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
const WORDS: [&str; 13] = ["Get", "Put", "Obj", "Objs", "Ob", "Acl", "ACL", "DB", "Db", "s", "V2", "-x", "_"];

/// One input of the whole core.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) catalog: Lists,
    pub(crate) policy: Value,
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
                format!("\"Statement\":[{}]", items.iter().map(text).collect::<Vec<_>>().join(","))
            }
            ("Statement", one) => format!("\"Statement\":{}", text(one)),
            (_, value) => format!("{}:{value}", json!(key)),
        };
        keys.into_iter().map(written).collect::<Vec<_>>().join(",")
    };
    format!("{{{}}}", members(document, &["Version", "Statement", "Sid", "Effect", "Action", "NotAction"]))
}

pub(crate) fn name() -> impl Strategy<Value = String> {
    vec(select(&WORDS[..]), 1..=3).prop_map(|words| words.concat())
}

fn catalog() -> impl Strategy<Value = Lists> {
    vec(vec(name(), 0..10), KNOWN).prop_map(|services| {
        let listed = SERVICES.iter().zip(services).filter(|(_, names)| !names.is_empty());
        let mut lists: Lists = listed.map(|(service, names)| ((*service).to_owned(), names)).collect();
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
    (prop::bool::weighted(0.75), any::<Index>(), any::<Index>(), name(), 0..8_u8)
        .prop_map(|(known, service, name, fresh, case)| Source { known, service, name, fresh, case })
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
    let parts = (flag(0.12), flag(0.15), vec((source(), form()), 1..5), 0..4_usize, 0..4_usize);
    (parts, flag(0.3), flag(0.4)).prop_map(|((deny, negated, patterns, resource, condition), sid, bare)| {
        RawStatement { deny, negated, patterns, resource, condition, sid, bare }
    })
}

impl RawStatement {
    fn resolve(&self, number: usize, catalog: &Lists) -> Value {
        let patterns: Vec<String> = self.patterns.iter().map(|raw| pattern(raw, catalog)).collect();
        let actions = if self.bare && patterns.len() == 1 { json!(patterns[0]) } else { json!(patterns) };
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

/// For each action of the catalog a number that is compared with the share that is unused; names beside the catalog; and
/// whole services.
fn unused() -> impl Strategy<Value = (u8, Vec<u8>, Vec<Source>, Vec<Index>)> {
    (
        select(&[0_u8, 10, 50, 90, 100][..]),
        vec(0..100_u8, 40),
        vec(source(), 0..4),
        prop_oneof![3 => Just(Vec::new()), 1 => vec(any::<Index>(), 1..3)],
    )
}

pub(crate) fn scene() -> impl Strategy<Value = Scene> {
    let single = prop::bool::weighted(0.3);
    (catalog(), vec(statement(), 1..4), single, unused()).prop_map(
        |(catalog, raw, single, (share, dice, names, whole))| {
            let mut statements: Vec<Value> =
                raw.iter().enumerate().map(|(number, raw)| raw.resolve(number, &catalog)).collect();
            let statement =
                if single && statements.len() == 1 { statements.remove(0) } else { json!(statements) };
            let mut unused: Vec<Value> = Vec::new();
            let mut dice = dice.iter().cycle();
            for (service, known) in &catalog {
                let chosen: Vec<&String> = known.iter().filter(|_| *dice.next().unwrap() < share).collect();
                if !chosen.is_empty() {
                    unused.push(json!({"serviceNamespace": service, "actions": chosen}));
                }
            }
            for source in &names {
                let (service, name) = source.resolve(&catalog);
                unused.push(json!({"serviceNamespace": service, "actions": [name]}));
            }
            for service in &whole {
                unused.push(json!({"serviceNamespace": service.get(&SERVICES)}));
            }
            let policy = json!({"Version": "2012-10-17", "Statement": statement});
            Scene { catalog, policy, unused: json!(unused) }
        },
    )
}

/// The same evidence said in another way: entries turned round and taken apart, some twice, in capitals.
pub(crate) fn restated(unused: &Value) -> Value {
    let mut entries = Vec::new();
    for (at, entry) in unused.as_array().unwrap().iter().enumerate().rev() {
        let service = entry["serviceNamespace"].as_str().unwrap();
        let service = if at % 2 == 0 { service.to_uppercase() } else { service.to_owned() };
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

/// The tokens of a document that IAM would take, with much in it that we do not know.
pub(crate) fn tokens() -> impl Strategy<Value = Vec<String>> {
    let atom = select(
        &[
            "0",
            "-0",
            "1.50",
            "1e+9",
            "-12.0E-07",
            "123456789012345678901234567890",
            "true",
            "false",
            "null",
            "\"\"",
            "\"a \\\" b\"",
            "\"\\u00e9\\/\\n\"",
            "\"é😀\"",
            "\"\\ud83d\\uDE00\"",
            "\"{[,:]}\"",
        ][..],
    );
    let value = atom.prop_map(|atom| vec![atom.to_owned()]).prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| list(&items)),
            vec(inner, 0..4).prop_map(|items| map(&items, |at| format!("\"k\\u003{at}\""))),
        ]
    });
    let action = select(
        &["\"s3:Get*\"", "\"S3:\\u0047et?bject\"", "\"*\"", "\"*:*\"", "\"x-y.z:a_b-c\"", "\"ec2:**\""][..],
    );
    let action = action.prop_map(str::to_owned);
    let statement = (action.clone(), vec(action, 0..4), any::<bool>(), 0..6_u8, vec(value.clone(), 0..3));
    let statement = statement.prop_map(|(first, more, negated, form, others)| {
        let key = if negated { "\"Not\\u0041ction\"" } else { "\"Action\"" };
        let effect = if form % 2 == 0 { "\"Allow\"" } else { "\"d\\u0065ny\"" };
        let actions = if form < 2 {
            vec![first]
        } else {
            list(&std::iter::once(first).chain(more).map(|one| vec![one]).collect::<Vec<_>>())
        };
        let mut members = vec![
            [vec![key.to_owned(), ":".to_owned()], actions].concat(),
            vec!["\"Effect\"".to_owned(), ":".to_owned(), effect.to_owned()],
        ];
        if form % 3 == 0 {
            members.reverse();
        }
        let unknown = others.iter().enumerate();
        let unknown = unknown
            .map(|(at, value)| [vec![format!("\"other{at}\""), ":".to_owned()], value.clone()].concat());
        members.splice(1..1, unknown);
        wrapped("{", &members, "}")
    });
    (vec(statement, 0..3), any::<bool>(), vec(value, 0..3)).prop_map(|(statements, single, others)| {
        let statement = match statements.as_slice() {
            [one] if single => one.clone(),
            several => list(several),
        };
        let mut members = vec![[vec!["\"St\\u0061tement\"".to_owned(), ":".to_owned()], statement].concat()];
        for (at, value) in others.iter().enumerate() {
            let member = [vec![format!("\"doc{at}\""), ":".to_owned()], value.clone()].concat();
            if at == 1 { members.insert(0, member) } else { members.push(member) }
        }
        wrapped("{", &members, "}")
    })
}

fn list(items: &[Vec<String>]) -> Vec<String> {
    wrapped("[", items, "]")
}

fn map(values: &[Vec<String>], key: impl Fn(usize) -> String) -> Vec<String> {
    let members = values.iter().enumerate();
    let members: Vec<_> =
        members.map(|(at, value)| [vec![key(at), ":".to_owned()], value.clone()].concat()).collect();
    wrapped("{", &members, "}")
}

fn wrapped(open: &str, items: &[Vec<String>], close: &str) -> Vec<String> {
    let inner = items.join(&",".to_owned());
    [vec![open.to_owned()], inner, vec![close.to_owned()]].concat()
}

/// A glob over two letters, small enough to try all its strings.
pub(crate) fn glob() -> impl Strategy<Value = String> {
    vec(select(&['a', 'b', 'A', '*', '*', '?'][..]), 1..6).prop_map(|symbols| symbols.into_iter().collect())
}
