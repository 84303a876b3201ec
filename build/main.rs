//! Packs `build/catalog.txt` for the binary: half a megabyte of names becomes about a hundred kilobytes that
//! need no unpacking at start-up, because each service can be read on its own.
//!
//! Layout, numbers little-endian; `src/catalog/packed.rs` reads it:
//!
//! ```text
//! u32 length of the header, the header as text
//! u16 number of words, one u16 for the end of each, the words' bytes
//! u16 number of services, for each: u8 length of its name, the name, u16 actions, u32 where its actions begin
//! actions: u8 (words shared with the name before in the low 4 bits, level in the next 3),
//!          u8 (further words in the low 4 bits, tracking in the next 2), each word's number:
//!          one byte below COMMON, else two: COMMON + high, low
//! ```

#![allow(
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a build script that panics fails the build"
)]

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

#[allow(dead_code, reason = "the crate uses more of it")]
#[path = "../src/catalog/text.rs"]
mod text;
#[path = "../src/catalog/words.rs"]
mod words;

/// Words with a number below this take one byte.
const COMMON: usize = 192;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build/catalog.txt");
    println!("cargo::rerun-if-changed=src/catalog/text.rs");
    println!("cargo::rerun-if-changed=src/catalog/words.rs");
    println!("cargo::rerun-if-changed=build/main.rs");
    let source = fs::read_to_string("build/catalog.txt")?;
    let packed = pack(&source)?;
    let target = Path::new(&env::var("OUT_DIR")?).join("catalog.bin");
    fs::write(target, packed)?;
    Ok(())
}

fn words_of(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut from = 0;
    while from < name.len() {
        let to = words::next_cut(name, from);
        words.push(&name[from..to]);
        from = to;
    }
    words
}

/// An action as it is packed: how many words it shares with the one before, and the rest.
fn fresh_words<'t>(name: &'t str, before: &str) -> (usize, Vec<&'t str>) {
    let (mut words, before) = (words_of(name), words_of(before));
    let shared = words.iter().zip(&before).take_while(|(a, b)| a == b).count();
    (shared, words.split_off(shared))
}

fn pack(source: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let bad = |bad: text::BadLine| format!("build/catalog.txt, line {}: {}", bad.line, bad.problem);
    text::header(source).map_err(bad)?;
    let mut blocks = Vec::new();
    for block in text::blocks(source) {
        blocks.push((block.prefix, block.lines().map_err(bad)?));
    }

    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (_, lines) in &blocks {
        let mut before = "";
        for line in lines {
            for word in fresh_words(line.name, before).1 {
                *counts.entry(word).or_default() += 1;
            }
            before = line.name;
        }
    }
    let mut words: Vec<&str> = counts.keys().copied().collect();
    words.sort_by_key(|word| (std::cmp::Reverse(counts[word]), *word));
    let numbers: HashMap<&str, usize> =
        words.iter().enumerate().map(|(number, word)| (*word, number)).collect();

    let mut out = Vec::new();
    let header = source.split("\n\n").next().unwrap_or_default();
    out.extend(u32::try_from(header.len())?.to_le_bytes());
    out.extend(header.as_bytes());
    out.extend(u16::try_from(words.len())?.to_le_bytes());
    let mut end = 0;
    for word in &words {
        end += word.len();
        out.extend(u16::try_from(end)?.to_le_bytes());
    }
    words.iter().for_each(|word| out.extend(word.as_bytes()));

    out.extend(u16::try_from(blocks.len())?.to_le_bytes());
    let mut actions: Vec<u8> = Vec::new();
    for (service, lines) in &blocks {
        out.push(u8::try_from(service.len())?);
        out.extend(service.as_bytes());
        out.extend(u16::try_from(lines.len())?.to_le_bytes());
        out.extend(u32::try_from(actions.len())?.to_le_bytes());
        let mut before = "";
        for line in lines {
            let (shared, fresh) = fresh_words(line.name, before);
            if shared > 15 || fresh.len() > 15 {
                return Err(format!("{service}:{} has more than 15 words", line.name).into());
            }
            let level = "LRWTP".find(line.level).ok_or("an unknown level")?;
            let tracked = " +-".find(line.tracked).ok_or("an unknown sign")?;
            actions.push(u8::try_from(shared | level << 4)?);
            actions.push(u8::try_from(fresh.len() | tracked << 4)?);
            for word in fresh {
                let number = numbers[word];
                match number.checked_sub(COMMON) {
                    None => actions.push(u8::try_from(number)?),
                    Some(rare) => {
                        actions.push(u8::try_from(COMMON + rare / 256)?);
                        actions.push(u8::try_from(rare % 256)?);
                    }
                }
            }
            before = line.name;
        }
    }
    out.extend(actions);
    Ok(out)
}
