//! The colours of the pages by the contrast that WCAG asks for: 4.5 for text, 3 for what only has to be seen.

use std::collections::BTreeMap;
use std::fs;

const TEXT: f64 = 4.5;
const SHAPE: f64 = 3.0;

/// The colours that a rule sets, by name.
fn colours(rule: &str) -> BTreeMap<&str, &str> {
    let set = rule
        .split([';', '{'])
        .filter_map(|part| part.trim().split_once(':'));
    set.filter(|(name, _)| name.starts_with("--"))
        .map(|(name, value)| (name, value.trim()))
        .collect()
}

/// The brightness of `#rgb` or `#rrggbb`.
fn luminance(colour: &str) -> f64 {
    let digits = colour.strip_prefix('#').unwrap();
    let whole: String = match digits.len() {
        3 => digits.chars().flat_map(|c| [c, c]).collect(),
        _ => digits.to_owned(),
    };
    let part = |at: usize| {
        let share = f64::from(u8::from_str_radix(&whole[at..at + 2], 16).unwrap()) / 255.0;
        if share <= 0.039_28 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_has_the_contrast_of_wcag_in_light_and_dark_and_on_paper() {
    let sheet = fs::read_to_string("crates/report/src/formats/html/templates/style.css").unwrap();
    let mut parts = sheet.split("/*");
    let first = parts.next().unwrap().to_owned();
    let sheet = parts.fold(first, |sheet, part| sheet + part.split_once("*/").unwrap().1);
    let schemes: Vec<BTreeMap<&str, &str>> = sheet
        .split(":root {")
        .skip(1)
        .map(|rest| colours(rest.split('}').next().unwrap()))
        .collect();
    assert_eq!(schemes.len(), 3);
    let all = schemes[0].clone();
    let mut weak = Vec::new();
    for (scheme, changed) in ["light", "dark", "print"].into_iter().zip(&schemes) {
        let mut of = all.clone();
        of.extend(changed);
        let mut check = |front: &str, back: &str, least: f64| {
            let found = contrast(of[front], of[back]);
            if found < least {
                weak.push(format!("{scheme}: {front} on {back} has {found:.2}, not {least}"));
            }
        };
        for front in ["--text", "--quiet", "--link", "--risk", "--goes", "--amber"] {
            for back in ["--ground", "--raised"] {
                check(front, back, TEXT);
            }
        }
        for name in ["risk", "goes", "amber"] {
            check(&format!("--{name}"), &format!("--{name}-ground"), TEXT);
            check("--text", &format!("--{name}-ground"), TEXT);
            check("--quiet", &format!("--{name}-ground"), TEXT);
            check("--link", &format!("--{name}-ground"), TEXT);
        }
        // The parts of the bar stand beside each other, each with its number in words.
        for part in ["--used", "--goes"] {
            check(part, "--ground", SHAPE);
        }
    }
    assert!(weak.is_empty(), "\n{}", weak.join("\n"));
    assert!((contrast("#000", "#ffffff") - 21.0).abs() < 0.01 && contrast("#777777", "#fff") < TEXT);
}
