//! Terraform files as trees: the policy documents in them, each with its block.

use hcl_edit::Span;
use hcl_edit::expr::{Expression, FuncCall, ObjectKey};
use hcl_edit::structure::{Block, Body, Structure};

use crate::tree::{Language, NodeLayout, Quote, SyntaxNode, Value};
use crate::yaml;

/// A document in a Terraform file.
#[derive(Debug)]
pub(crate) struct HclDocument {
    /// The address of its block in the module: `aws_iam_role_policy.deploy`, `data.aws_iam_policy_document.deploy`.
    pub(crate) address: String,
    /// The names that the block gives: of the policy, or of who has it.
    pub(crate) names: Vec<String>,
    pub(crate) node: SyntaxNode,
    /// The block has `count` or `for_each`.
    pub(crate) is_repeated: bool,
    /// A block of statements, which Terraform gives a version.
    pub(crate) has_default_version: bool,
    /// What the text at this place is written in.
    pub(crate) language: Language,
}

/// The documents of a file, if it is HCL.
pub(crate) fn documents(text: &str) -> Option<Vec<HclDocument>> {
    let body = hcl_edit::parser::parse_body(text).ok()?;
    let mut all = Vec::new();
    for structure in &body {
        match structure {
            Structure::Block(block) => of_block(block, text, &mut all),
            Structure::Attribute(_) => {}
        }
    }
    Some(all)
}

fn of_block(block: &Block, text: &str, into: &mut Vec<HclDocument>) {
    let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
    let address = match (block.ident.as_str(), labels.as_slice()) {
        ("resource", [kind, name]) => format!("{kind}.{name}"),
        ("data", [kind, name]) => format!("data.{kind}.{name}"),
        ("module", [name]) => format!("module.{name}"),
        ("locals", []) => "locals".to_owned(),
        _ => return,
    };
    let has = |name: &str| block.body.attributes().any(|it| it.key.as_str() == name);
    let is_repeated = has("count") || has("for_each");
    let names = block
        .body
        .attributes()
        .filter(|it| ["name", "role", "user", "group"].contains(&it.key.as_str()));
    let names: Vec<String> = names
        .filter_map(|it| it.value.as_str().map(str::to_owned))
        .collect();
    let document = |node, language, has_default_version| HclDocument {
        address: address.clone(),
        names: names.clone(),
        node,
        is_repeated,
        has_default_version,
        language,
    };
    if labels.first() == Some(&"aws_iam_policy_document") {
        into.extend(policy_document(block).map(|node| document(node, Language::Hcl, true)));
        return;
    }
    let mut found = Vec::new();
    of_body(&block.body, text, &mut found);
    into.extend(
        found
            .into_iter()
            .map(|(node, language)| document(node, language, false)),
    );
}

/// The documents in attributes: `jsonencode({})`, and JSON in a heredoc.
fn of_body(body: &Body, text: &str, into: &mut Vec<(SyntaxNode, Language)>) {
    for structure in body {
        match structure {
            // Who may assume a role is no policy of it.
            Structure::Attribute(it) if it.key.as_str() == "assume_role_policy" => {}
            Structure::Attribute(it) => of_expression(&it.value, text, into),
            // One piece of code for many policies.
            Structure::Block(block) if block.ident.as_str() == "dynamic" => {}
            Structure::Block(block) => of_body(&block.body, text, into),
        }
    }
}

fn of_expression(expression: &Expression, text: &str, into: &mut Vec<(SyntaxNode, Language)>) {
    match expression {
        Expression::FuncCall(call) if is_jsonencode(call) => {
            into.extend(call.args.iter().map(|it| (node(it), Language::Hcl)));
        }
        Expression::HeredocTemplate(_) => {
            into.extend(
                expression
                    .span()
                    .and_then(|span| heredoc(text, span))
                    .map(|it| (it, Language::Json)),
            );
        }
        Expression::Object(object) => object
            .iter()
            .for_each(|(_, it)| of_expression(it.expr(), text, into)),
        Expression::Array(items) => items.iter().for_each(|it| of_expression(it, text, into)),
        _ => {}
    }
}

fn is_jsonencode(call: &FuncCall) -> bool {
    call.name.namespace.is_empty() && call.name.name.as_str() == "jsonencode" && call.args.len() == 1
}

fn node(expression: &Expression) -> SyntaxNode {
    let span = expression.span().unwrap_or_default();
    let value = match expression {
        Expression::String(text) => Value::Text(text.value().clone(), Quote::Double),
        Expression::Bool(is) => Value::Text(is.value().to_string(), Quote::Other),
        Expression::Number(number) => Value::Text(number.value().to_string(), Quote::Other),
        Expression::Array(items) => Value::List(items.iter().map(node).collect(), NodeLayout::Flow),
        Expression::Object(object) => {
            let mut members = Vec::new();
            for (key, value) in object.iter() {
                let name = match key {
                    ObjectKey::Ident(name) => name.as_str().to_owned(),
                    ObjectKey::Expression(Expression::String(name)) => name.value().clone(),
                    // A key that is computed may be any.
                    ObjectKey::Expression(_) => return SyntaxNode::unknown(span),
                };
                members.push((name, node(value.expr())));
            }
            Value::Map(members)
        }
        _ => Value::Unknown,
    };
    SyntaxNode::new(span, value)
}

/// `data "aws_iam_policy_document"`, in the form of the document that Terraform makes of it. None where it takes in others or has
/// computed blocks.
fn policy_document(block: &Block) -> Option<SyntaxNode> {
    let span = block.span()?;
    let (mut top, mut statements) = (Vec::new(), Vec::new());
    for structure in &block.body {
        match structure {
            Structure::Attribute(it) => match it.key.as_str() {
                "version" => top.push(("Version".to_owned(), node(&it.value))),
                "policy_id" => top.push(("Id".to_owned(), node(&it.value))),
                "count" | "for_each" | "provider" | "depends_on" => {}
                _ => return None,
            },
            Structure::Block(it) if it.ident.as_str() == "statement" => statements.push(statement(it)?),
            Structure::Block(it) if ["lifecycle", "timeouts"].contains(&it.ident.as_str()) => {}
            Structure::Block(_) => return None,
        }
    }
    top.push((
        "Statement".to_owned(),
        SyntaxNode::new(span.clone(), Value::List(statements, NodeLayout::Blocks)),
    ));
    Some(SyntaxNode::new(span, Value::Map(top)))
}

fn statement(block: &Block) -> Option<SyntaxNode> {
    let span = block.span()?;
    let mut members: Vec<(String, SyntaxNode)> = Vec::new();
    let mut conditions: Vec<(String, SyntaxNode)> = Vec::new();
    for structure in &block.body {
        match structure {
            Structure::Attribute(it) => {
                let name = match it.key.as_str() {
                    "sid" => "Sid",
                    "effect" => "Effect",
                    "actions" => "Action",
                    "not_actions" => "NotAction",
                    "resources" => "Resource",
                    "not_resources" => "NotResource",
                    _ => return None,
                };
                members.push((name.to_owned(), variables(node(&it.value))));
            }
            Structure::Block(it) if it.ident.as_str() == "condition" => condition(it, &mut conditions)?,
            Structure::Block(_) => return None,
        }
    }
    if members.iter().all(|(name, _)| name != "Effect") {
        members.push(("Effect".to_owned(), text_at(&span, "Allow")));
    }
    if !conditions.is_empty() {
        members.push((
            "Condition".to_owned(),
            SyntaxNode::new(span.clone(), Value::Map(conditions)),
        ));
    }
    Some(SyntaxNode::new(span, Value::Map(members)))
}

fn condition(block: &Block, into: &mut Vec<(String, SyntaxNode)>) -> Option<()> {
    let get = |name: &str| {
        block
            .body
            .attributes()
            .find(|it| it.key.as_str() == name)
            .map(|it| &it.value)
    };
    let (test, variable) = (
        get("test")?.as_str()?.to_owned(),
        get("variable")?.as_str()?.to_owned(),
    );
    let values = variables(node(get("values")?));
    let span = block.span()?;
    match into.iter_mut().find(|(name, _)| *name == test) {
        Some((
            _,
            SyntaxNode {
                value: Value::Map(keys),
                ..
            },
        )) => keys.push((variable, values)),
        _ => into.push((test, SyntaxNode::new(span, Value::Map(vec![(variable, values)])))),
    }
    Some(())
}

fn text_at(span: &std::ops::Range<usize>, text: &str) -> SyntaxNode {
    SyntaxNode::new(span.clone(), Value::Text(text.to_owned(), Quote::Other))
}

/// Terraform writes `&{` for the `${` of IAM's variables.
fn variables(node: SyntaxNode) -> SyntaxNode {
    let value = match node.value {
        Value::Text(text, quote) => Value::Text(text.replace("&{", "${"), quote),
        Value::List(items, layout) => Value::List(items.into_iter().map(variables).collect(), layout),
        other => other,
    };
    SyntaxNode { value, ..node }
}

/// The JSON of a heredoc. A text with an interpolation is unknown; one with a directive may be any.
fn heredoc(text: &str, span: std::ops::Range<usize>) -> Option<SyntaxNode> {
    let whole = text.get(span.clone())?;
    let first = whole.find('\n')? + 1;
    let last = whole.trim_end().rfind('\n')? + 1;
    let inside = whole.get(first..last.max(first))?;
    if inside.replace("%%{", "").contains("%{") {
        return None;
    }
    let (masked, holes) = masked(inside)?;
    let mut documents = yaml::documents(&masked)?;
    let document = documents.pop().filter(|_| documents.is_empty())?;
    let from = span.start + first;
    Some(moved(document, from, &holes))
}

/// The text with every `${}` written over by as many letters, so that what they hold is no JSON; and where they are.
fn masked(text: &str) -> Option<(String, Vec<std::ops::Range<usize>>)> {
    let (mut out, mut holes, mut rest) = (String::with_capacity(text.len()), Vec::new(), text);
    while let Some(at) = rest.find("${") {
        let (before, hole) = rest.split_at(at);
        out.push_str(before);
        if before.ends_with('$') {
            // `$${` is a text.
            out.push_str("${");
            rest = hole.get(2..)?;
            continue;
        }
        let mut depth = 0_usize;
        let end = hole.char_indices().find_map(|(at, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            (c == '}' && depth == 0).then_some(at + 1)
        })?;
        holes.push(out.len()..out.len() + end);
        out.extend(std::iter::repeat_n('x', end));
        rest = hole.get(end..)?;
    }
    out.push_str(rest);
    Some((out, holes))
}

fn moved(node: SyntaxNode, by: usize, holes: &[std::ops::Range<usize>]) -> SyntaxNode {
    let span = node.span.start + by..node.span.end + by;
    let is_whole = |it: &std::ops::Range<usize>| it.start >= node.span.end || it.end <= node.span.start;
    let value = match node.value {
        Value::Text(..) if !holes.iter().all(is_whole) => Value::Unknown,
        Value::Text(text, quote) => Value::Text(text.replace("$${", "${").replace("%%{", "%{"), quote),
        Value::List(items, layout) => {
            Value::List(items.into_iter().map(|it| moved(it, by, holes)).collect(), layout)
        }
        Value::Map(members) => Value::Map(
            members
                .into_iter()
                .map(|(name, it)| (name, moved(it, by, holes)))
                .collect(),
        ),
        Value::Unknown => Value::Unknown,
    };
    SyntaxNode {
        span,
        value,
        is_anchored: node.is_anchored,
    }
}
