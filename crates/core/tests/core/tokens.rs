//! Generated documents as tokens, with much in them that we do not know, so that white space can go between any two.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

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
    let value = atom
        .prop_map(|atom| vec![atom.to_owned()])
        .prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(|items| list(&items)),
                vec(inner, 0..4).prop_map(|items| map(&items, |at| format!("\"k\\u003{at}\""))),
            ]
        });
    let action = select(
        &[
            "\"s3:Get*\"",
            "\"S3:\\u0047et?bject\"",
            "\"*\"",
            "\"*:*\"",
            "\"x-y.z:a_b-c\"",
            "\"ec2:**\"",
        ][..],
    );
    let action = action.prop_map(str::to_owned);
    let statement = (
        action.clone(),
        vec(action, 0..4),
        any::<bool>(),
        0..6_u8,
        vec(value.clone(), 0..3),
    );
    let statement = statement.prop_map(|(first, more, negated, form, others)| {
        let key = if negated {
            "\"Not\\u0041ction\""
        } else {
            "\"Action\""
        };
        let effect = if form % 2 == 0 {
            "\"Allow\""
        } else {
            "\"d\\u0065ny\""
        };
        let actions = if form < 2 {
            vec![first]
        } else {
            list(
                &std::iter::once(first)
                    .chain(more)
                    .map(|one| vec![one])
                    .collect::<Vec<_>>(),
            )
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
            if at == 1 {
                members.insert(0, member);
            } else {
                members.push(member);
            }
        }
        wrapped("{", &members, "}")
    })
}

fn list(items: &[Vec<String>]) -> Vec<String> {
    wrapped("[", items, "]")
}

fn map(values: &[Vec<String>], key: impl Fn(usize) -> String) -> Vec<String> {
    let members = values.iter().enumerate();
    let members: Vec<_> = members
        .map(|(at, value)| [vec![key(at), ":".to_owned()], value.clone()].concat())
        .collect();
    wrapped("{", &members, "}")
}

fn wrapped(open: &str, items: &[Vec<String>], close: &str) -> Vec<String> {
    let inner = items.join(&",".to_owned());
    [vec![open.to_owned()], inner, vec![close.to_owned()]].concat()
}
