//! States give addresses and nothing that is secret.

use leastwise_core::ownership::Defined;

use super::{TerraformError, read};

const SECRET: &str = "hunter2-is-secret";

fn state() -> String {
    format!(
        r#"{{"version":4,"terraform_version":"1.9.0","outputs":{{"password":{{"value":"{SECRET}"}}}},"resources":[
            {{"mode":"managed","type":"aws_db_instance","name":"db","provider":"p","instances":[{{"attributes":{{"password":"{SECRET}"}}}}]}},
            {{"module":"module.ci[\"eu\"]","mode":"managed","type":"aws_iam_role","name":"this","provider":"p",
              "instances":[{{"index_key":"a","attributes":{{"arn":"arn:aws:iam::111111111111:role/ci","name":"ci",
              "inline_policy":[{{"name":"own","policy":"{SECRET}"}}],"managed_policy_arns":["arn:aws:iam::aws:policy/ReadOnlyAccess"]}}}}]}},
            {{"mode":"managed","type":"aws_iam_role_policy","name":"deploy","provider":"p",
              "instances":[{{"index_key":0,"attributes":{{"name":"deploy","role":"ci","policy":"{SECRET}","id":"ci:deploy"}}}}]}},
            {{"mode":"data","type":"aws_iam_policy","name":"seen","provider":"p","instances":[{{"attributes":{{"arn":"arn:aws:iam::111111111111:policy/seen"}}}}]}},
            {{"mode":"managed","type":"aws_iam_access_key","name":"k","provider":"p","instances":[{{"attributes":{{"secret":"{SECRET}","user":"u"}}}}]}},
            {{"mode":"managed","type":"aws_iam_policy","name":"odd","provider":"p","instances":[{{"attributes":{{"arn":["{SECRET}"]}}}}]}},
            {{"mode":"managed","type":"aws_iam_policy","name":"shared","provider":"p","instances":[{{"attributes":{{"arn":"arn:aws:iam::111111111111:policy/shared"}}}}]}}]}}"#
    )
}

#[test]
fn a_state_gives_addresses_and_nothing_that_is_secret() {
    let mut defined = Defined::default();
    read(&state(), &mut defined).unwrap();
    let all = format!("{defined:?}");
    assert!(!all.contains(SECRET), "{all}");
    for address in [
        r#"module.ci[\"eu\"].aws_iam_role.this[\"a\"]"#,
        "aws_iam_role_policy.deploy[0]",
        "aws_iam_policy.shared",
    ] {
        assert!(
            all.contains(&address.replace('"', "\\\"").replace("\\\\", "\\\\\\")) || all.contains(address),
            "{address} in {all}"
        );
    }
    // What a state only reads is another's.
    assert!(!all.contains("seen") && !all.contains("odd"), "{all}");
}

#[test]
fn what_terraform_shows_is_read_as_well() {
    let shown = r#"{"format_version":"1.0","terraform_version":"1.9.0","values":{"root_module":{"resources":[
            {"address":"aws_iam_user.u","mode":"managed","type":"aws_iam_user","name":"u","provider_name":"p",
             "values":{"arn":"arn:aws:iam::111111111111:user/path/u","name":"u"}}],
            "child_modules":[{"address":"module.m","resources":[
            {"address":"module.m.aws_iam_user_policy.p","mode":"managed","type":"aws_iam_user_policy","name":"p","provider_name":"p",
             "values":{"name":"p","user":"u","policy":"x"}}]}]}}}"#;
    let mut defined = Defined::default();
    read(shown, &mut defined).unwrap();
    let all = format!("{defined:?}");
    assert!(
        all.contains("module.m.aws_iam_user_policy.p") && all.contains("aws_iam_user.u"),
        "{all}"
    );
}

#[test]
fn what_is_no_state_is_refused_without_quoting_it() {
    let told = |text: &str| read(text, &mut Defined::default()).unwrap_err();
    assert!(matches!(
        told(r#"{"version":3,"modules":[]}"#),
        TerraformError::Version(3)
    ));
    assert!(matches!(
        told(r#"{"version":4,"encrypted_data":"x"}"#),
        TerraformError::Encrypted
    ));
    assert!(matches!(told("{}"), TerraformError::Other));
    for text in [
        format!("{{\"version\":4,\"resources\":\"{SECRET}\"}}"),
        format!("{{\"version\":\"{SECRET}\"}}"),
        SECRET.to_owned(),
    ] {
        let error = told(&text);
        assert!(matches!(error, TerraformError::Malformed { .. }));
        assert!(!format!("{error}{error:?}").contains(SECRET));
    }
}

#[test]
fn names_without_an_account_are_of_none() {
    let two = r#"{"version":4,"resources":[
            {"mode":"managed","type":"aws_iam_policy","name":"a","provider":"p","instances":[{"attributes":{"arn":"arn:aws:iam::111111111111:policy/a"}},{"attributes":{"arn":"arn:aws:iam::222222222222:policy/a"}}]},
            {"mode":"managed","type":"aws_iam_role_policy","name":"lost","provider":"p","instances":[{"attributes":{"name":"x","role":"r"}}]}]}"#;
    let mut defined = Defined::default();
    read(two, &mut defined).unwrap();
    assert!(!format!("{defined:?}").contains("lost"));
}
