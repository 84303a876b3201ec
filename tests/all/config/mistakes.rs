//! What is said about a configuration that is wrong.

use std::fmt::Write as _;
use std::path::PathBuf;

use leastwise::config::{Config, EXAMPLE, Overrides, Problem, SourcePlace, keys};
use proptest::prelude::*;

use super::example::example_uncommented;
use super::{refused, told, with_environment};

#[test]
fn what_is_said_about_mistakes_is_what_the_cases_say() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases-config");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 5, "cases were lost");
    let mut wrong = String::new();
    for case in cases {
        let text = std::fs::read_to_string(&case).expect("it can be read");
        let want = std::fs::read_to_string(case.with_extension("txt")).unwrap_or_default();
        let got = told(&refused(&text));
        if got != want {
            writeln!(wrong, "{}:\n{got}", case.display()).expect("a string takes everything");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_one_of_ten_mistakes_is_told_in_the_order_of_the_lines() {
    let text = include_str!("../../cases-config/ten-mistakes-are-told-at-once.toml");
    let problems = refused(text);
    let lines: Vec<usize> = problems.iter().map(line_of).collect();
    assert_eq!(problems.len(), 10, "{}", told(&problems));
    assert!(lines.is_sorted());
}

#[test]
fn no_secret_is_ever_repeated() {
    let text = include_str!("../../cases-config/secrets-are-refused-and-never-shown.toml");
    let said = told(&refused(text)) + &format!("{:?}", refused(text));
    for secret in [
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI",
        "FwoGZXIvYXdz",
        "correct horse",
        "hunter2",
    ] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn a_layer_that_is_wrong_is_named() {
    let flags = Overrides::default()
        .text("evidence", "--evidence", &Some("none"))
        .text("window-days", "--window-days", &Some(0));
    let variables = [
        ("LEASTWISE_LIMITS_ATTEMPTS", "many"),
        ("LEASTWISE_REGION", "moon"),
    ];
    let problems = with_environment("out = 5\n", &variables, &flags).expect_err("it is refused");
    let places: Vec<String> = problems.iter().map(|problem| problem.place.to_string()).collect();
    assert_eq!(
        places,
        [
            "leastwise.toml:1:1",
            "environment variable LEASTWISE_LIMITS_ATTEMPTS",
            "environment variable LEASTWISE_REGION",
            "--evidence",
            "--window-days"
        ]
    );
}

fn line_of(problem: &Problem) -> usize {
    match &problem.place {
        SourcePlace::File { line, .. } => *line,
        other => panic!("{other} is no line"),
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_every_problem_has_a_place_in_the_text(text in ".{0,200}|[\\[\\]{}=\"'a-z0-9.,#\\n -]{0,200}") {
        check_places(&text)?;
    }

    #[test]
    fn the_example_with_a_piece_cut_out_or_put_in_is_read_or_refused(
        from in 0..EXAMPLE.len(), length in 0usize..40, piece in "[\\[\\]{}=\"'a-z0-9.,#\\n -]{0,8}",
    ) {
        let text = example_uncommented();
        let from = from.min(text.len());
        let to = (from + length).min(text.len());
        if text.is_char_boundary(from) && text.is_char_boundary(to) {
            check_places(&format!("{}{piece}{}", &text[..from], &text[to..]))?;
        }
    }

    #[test]
    fn a_key_with_one_slip_of_the_pen_is_recognised(at in 0usize..64, which in 0usize..1000) {
        let known = keys();
        let top: Vec<&String> = known.iter().filter(|key| !key.contains('.') && key.len() > 4).collect();
        let key = top[which % top.len()];
        let mut slip = key.clone();
        slip.remove(at % key.len());
        prop_assume!(!known.contains(&slip));
        let problems = refused(&format!("\"{slip}\" = 1\n"));
        let help = problems[0].help().into_owned();
        prop_assert!(help.contains(key.as_str()), "{slip}: {help}");
    }
}

fn check_places(text: &str) -> Result<(), TestCaseError> {
    let Err(problems) = Config::read(text, "x.toml") else {
        return Ok(());
    };
    prop_assert!(!problems.is_empty());
    prop_assert!(problems.is_sorted_by_key(|problem| problem.place.clone()));
    let lines: Vec<&str> = text.split('\n').collect();
    for problem in problems {
        let SourcePlace::File { line, column, .. } = &problem.place else {
            panic!("{problem}")
        };
        let of_line = lines.get(line - 1);
        prop_assert!(
            of_line.is_some_and(|text| *column <= text.chars().count() + 1),
            "{problem}"
        );
        prop_assert_eq!(
            problem.key.is_empty(),
            problem.to_string().contains(": not valid TOML: ")
        );
        prop_assert!(!problem.help().is_empty());
    }
    Ok(())
}
