//! The independent evaluator itself: it takes what is exact and sees each kind of flaw.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::oracle::{Flaw, World};

fn world() -> World {
    let lists = [("s3", vec!["GetObject", "GetObjectAcl", "PutObject"])];
    let lists = lists
        .into_iter()
        .map(|(s, n)| (s.to_owned(), n.into_iter().map(str::to_owned).collect()));
    World::new(
        &lists.collect(),
        &json!([{"serviceNamespace": "s3", "actions": ["PutObject"]}]),
    )
}

fn policy(actions: &Value) -> Value {
    json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

#[test]
fn the_evaluator_takes_an_exact_result() {
    assert_eq!(
        world().judge(&policy(&json!("s3:*")), &[policy(&json!("s3:Get*"))]),
        Ok(BTreeSet::new())
    );
}

#[test]
fn the_evaluator_sees_what_was_lost_gained_and_left() {
    let judge = |before: Value, after: Value| world().judge(&policy(&before), &[policy(&after)]);
    assert_eq!(
        judge(json!("s3:*"), json!("s3:GetObjectA*")),
        Err(Flaw::Lost("s3:getobject".to_owned()))
    );
    assert_eq!(
        judge(json!("s3:*"), json!("s3:*")),
        Err(Flaw::Still("s3:putobject".to_owned()))
    );
    assert_eq!(
        judge(json!("s3:GetObject"), json!("s3:Get*")),
        Err(Flaw::Gained("s3:getobjectacl".to_owned()))
    );
    // No action of the universe tells these apart, a made-up one does.
    assert!(matches!(
        judge(json!(["s3:Get*"]), json!(["s3:G*"])),
        Err(Flaw::Gained(_))
    ));
}

#[test]
fn the_evaluator_sees_a_changed_frame() {
    let before = json!({"Statement": [
        {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": {"Bool": {"a": "b"}}},
        {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"},
    ]});
    assert!(world().judge(&before, std::slice::from_ref(&before)).is_ok());
    let mut dropped = before.clone();
    dropped["Statement"][0]
        .as_object_mut()
        .unwrap()
        .remove("Condition");
    assert!(matches!(world().judge(&before, &[dropped]), Err(Flaw::Frame(_))));
    let mut touched = before.clone();
    touched["Statement"][1]["Action"] = json!("s3:PutObject");
    assert!(matches!(world().judge(&before, &[touched]), Err(Flaw::Frame(_))));
    let mut gone = before.clone();
    gone["Statement"].as_array_mut().unwrap().pop();
    assert!(matches!(world().judge(&before, &[gone]), Err(Flaw::Frame(_))));
}
