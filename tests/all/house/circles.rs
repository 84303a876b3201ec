//! Files that import each other in a circle. A folder's own file may hand on what is below it, so what a file takes from a
//! module above itself makes no circle.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// The module that a file is, from its crate on: `core`, `trail`, `write`.
fn module_of(path: &str) -> Option<Vec<String>> {
    let (root, inside) = path.split_once("src/")?;
    let own = root
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .filter(|it| !it.is_empty());
    let inside = inside.strip_suffix(".rs")?;
    let mut module = vec![own.unwrap_or("program").to_owned()];
    let parts = inside
        .split('/')
        .filter(|part| !["mod", "lib", "main"].contains(part));
    module.extend(parts.map(str::to_owned));
    Some(module)
}

/// The paths that the `use` items of a file name, each one whole.
fn used(code: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let Some((item, _)) = code[at + "use ".len()..].split_once(';') else {
            continue;
        };
        let flat: String = item.chars().filter(|c| !c.is_whitespace()).collect();
        unfold(&flat, &[], &mut all);
    }
    all
}

/// A tree of `use`, as paths: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn unfold(tree: &str, above: &[String], into: &mut Vec<Vec<String>>) {
    let mut path = above.to_vec();
    let mut rest = tree;
    while let Some((head, tail)) = rest.split_once("::") {
        if head.contains(['{', ',']) {
            break;
        }
        path.push(head.to_owned());
        rest = tail;
    }
    let Some(list) = rest.strip_prefix('{').and_then(|it| it.strip_suffix('}')) else {
        path.push(rest.to_owned());
        into.push(path);
        return;
    };
    let (mut depth, mut from) = (0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                unfold(&list[from..at], &path, into);
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < list.len() {
        unfold(&list[from..], &path, into);
    }
}

/// The file that each file takes something from.
fn arrows(files: &[Source]) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let modules: BTreeSet<Vec<String>> = files.iter().filter_map(|file| module_of(&file.path)).collect();
    let mut arrows = BTreeMap::new();
    for file in files {
        let Some(own) = module_of(&file.path) else {
            continue;
        };
        let mut to = BTreeSet::new();
        for path in used(&file.code) {
            let Some(target) = resolved(&own, &path, &modules) else {
                continue;
            };
            if !own.starts_with(&target) {
                to.insert(target);
            }
        }
        arrows.insert(own, to);
    }
    arrows
}

/// The innermost file on a path, if it is one of ours.
fn resolved(own: &[String], path: &[String], modules: &BTreeSet<Vec<String>>) -> Option<Vec<String>> {
    let mut target = own.to_vec();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => {
            target.truncate(1);
            rest = &path[1..];
        }
        "self" => rest = &path[1..],
        "super" => {}
        first => match first.strip_prefix("leastwise_") {
            Some(package) => {
                target = vec![package.to_owned()];
                rest = &path[1..];
            }
            // A name of a module below, or of another package.
            None if modules.contains(&[own, &[first.to_owned()]].concat()) => {}
            None => return None,
        },
    }
    while let Some(("super", _)) = rest.first().map(|it| (it.as_str(), ())) {
        target.pop();
        rest = &rest[1..];
    }
    for part in rest {
        let deeper = [&target[..], std::slice::from_ref(part)].concat();
        if !modules.contains(&deeper) {
            break;
        }
        target = deeper;
    }
    modules.contains(&target).then_some(target)
}

/// The circles, each by the files that are in it.
pub(super) fn circles(files: &[Source]) -> Vec<String> {
    let arrows = arrows(files);
    let reach = |from: &Vec<String>| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&Vec<String>> = arrows.get(from).into_iter().flatten().collect();
        while let Some(it) = next.pop() {
            if seen.insert(it) {
                next.extend(arrows.get(it).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> =
        arrows.keys().map(|file| (file, reach(file))).collect();
    let mut found = BTreeSet::new();
    for (file, seen) in &reached {
        let circle: BTreeSet<String> = seen
            .iter()
            .filter(|other| reached.get(**other).is_some_and(|back| back.contains(*file)))
            .map(|other| other.join("::"))
            .collect();
        if circle.len() > 1 {
            found.insert(circle.into_iter().collect::<Vec<_>>().join(", "));
        }
    }
    found.into_iter().collect()
}

#[test]
fn a_circle_is_found_by_every_way_to_name_a_module() {
    let file = |path: &str, code: &str| Source {
        path: format!("crates/x/src/{path}"),
        text: String::new(),
        code: code.to_owned(),
    };
    let of = |other: &str| {
        let files = [
            file("lib.rs", "mod a;\nmod b;\npub use a::One;"),
            file("a/mod.rs", "use crate::{b::{Two, three}, Zero};"),
            file("a/inner.rs", "use super::One;"),
            file("b.rs", other),
        ];
        circles(&files)
    };
    for back in [
        "use super::a::One;",
        "pub(crate) use crate::a::{One};",
        "use leastwise_x::{a::One, c};",
    ] {
        assert_eq!(of(back), ["x::a, x::b"], "{back}");
    }
    assert_eq!(of("use super::a::inner::Four;"), Vec::<String>::new());
    // What is re-exported above hides where it is from.
    assert_eq!(of("use crate::One;"), Vec::<String>::new());
    assert_eq!(of("let reuse = a::One;"), Vec::<String>::new());
}
