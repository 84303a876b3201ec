//! `fuzz-loop TARGET SECONDS [SEED]`: changes inputs at random and gives them to a target until the time is over. The first panic
//! leaves its input in a file and ends the program.

use std::panic;
use std::process::{ExitCode, abort};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use leastwise_fuzz::TARGETS;

static INPUT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// What files of JSON trip over.
const PIECES: [&[u8]; 16] = [
    b"null",
    b"[]",
    b"{}",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\"\"",
    b"\"*\"",
    b"\"\\u0000\"",
    b"\\ud800",
    b"\xff",
    b"\xe2\x80\xae",
    b"\"../../x\"",
    b"arn:aws:iam::111111111111:role/",
    b"NotAction",
    b"9999-12-31T23:59:60Z",
];

/// splitmix64
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap_or(0)
    }
}

/// One change of an input.
fn mutate(dice: &mut Dice, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = dice.below(input.len());
    let end = (at + 1 + dice.below(40)).min(input.len());
    match dice.below(8) {
        _ if input.is_empty() => input.push(u8::try_from(dice.below(256)).unwrap_or(0)),
        0 => input[at] = u8::try_from(dice.below(256)).unwrap_or(0),
        1 => input[at] ^= 1 << dice.below(8),
        2 => drop(input.drain(at..end)),
        3 => input.truncate(at),
        4 => {
            let again = input[at..end].to_vec();
            input.splice(at..at, again);
        }
        5 => {
            let piece = PIECES[dice.below(PIECES.len())];
            input.splice(at..end.min(at + piece.len()), piece.iter().copied());
        }
        6 => {
            let other = &seeds[dice.below(seeds.len())];
            let from = dice.below(other.len());
            let to = (from + dice.below(200)).min(other.len());
            input.splice(at..end, other[from..to].iter().copied());
        }
        _ => {
            // A value in the place of another.
            let digit = |byte: &u8| byte.is_ascii_digit();
            if let Some(found) = input[at..].iter().position(digit) {
                input[at + found] = b"0189"[dice.below(4)];
            }
        }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let target = args
        .first()
        .and_then(|name| TARGETS.iter().find(|target| target.name == *name));
    let seconds = args.get(1).and_then(|seconds| seconds.parse().ok());
    let (Some(target), Some(seconds)) = (target, seconds) else {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("usage: fuzz-loop {} SECONDS [SEED]", names.join("|"));
        return ExitCode::from(2);
    };
    let seed = args.get(2).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    // The process ends here, whichever thread it was.
    let tell = panic::take_hook();
    let name = target.name;
    panic::set_hook(Box::new(move |panic| {
        tell(panic);
        let path = std::env::temp_dir().join(format!("leastwise-fuzz-{name}.input"));
        let input = INPUT.lock().unwrap_or_else(PoisonError::into_inner);
        match std::fs::write(&path, &*input) {
            Ok(()) => eprintln!("{name}: the input is in {}", path.display()),
            Err(error) => eprintln!(
                "{name}: the input cannot be written to {}: {error}",
                path.display()
            ),
        }
        abort();
    }));
    let seeds = (target.seeds)();
    let mut dice = Dice(seed);
    let (started, most) = (Instant::now(), Duration::from_secs(seconds));
    let mut runs = 0_u64;
    for seed in &seeds {
        INPUT
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(seed);
        (target.run)(seed);
    }
    while started.elapsed() < most {
        let mut input = seeds[dice.below(seeds.len())].clone();
        for _ in 0..=dice.below(4) {
            mutate(&mut dice, &mut input, &seeds);
        }
        INPUT
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&input);
        (target.run)(&input);
        runs += 1;
    }
    let _ =
        std::fs::remove_dir_all(std::env::temp_dir().join(format!("leastwise-fuzz-{}", std::process::id())));
    eprintln!(
        "{name}: {} seeds, {runs} runs in {} s, seed {seed}",
        seeds.len(),
        started.elapsed().as_secs()
    );
    ExitCode::SUCCESS
}
