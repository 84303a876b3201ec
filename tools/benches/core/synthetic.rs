//! Invented policies with random evidence, the same ones for the same seed.

use leastwise_core::catalog::Catalog;

/// Numbers that look random: splitmix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.roll(from.len())]
    }
}

/// A policy and its evidence, as JSON text.
pub(crate) struct Pair {
    pub(crate) policy: String,
    pub(crate) unused: String,
}

/// Some pairs: a few statements each, literals and prefixes of a few services, a tenth to nine tenths of it unused.
pub(crate) fn pairs(count: usize, seed: u64) -> Vec<Pair> {
    let mut services: Vec<(&str, Vec<&str>)> = Vec::new();
    for action in Catalog::embedded().actions() {
        match services.last_mut() {
            Some((service, names)) if *service == action.service => names.push(action.name),
            _ => services.push((action.service, vec![action.name])),
        }
    }
    let mut dice = Dice(seed);
    (0..count).map(|_| pair(&services, &mut dice)).collect()
}

fn pair(services: &[(&str, Vec<&str>)], dice: &mut Dice) -> Pair {
    const VERBS: [&str; 6] = ["Get", "List", "Describe", "Create", "Update", "Put"];
    let share = *dice.pick(&[10, 50, 90]);
    let (mut statements, mut unused) = (Vec::new(), Vec::new());
    for _ in 0..1 + dice.roll(4) {
        let mut actions = Vec::new();
        for _ in 0..1 + dice.roll(3) {
            let (service, names) = dice.pick(services);
            let gone: Vec<String> = names
                .iter()
                .filter(|_| dice.roll(100) < share)
                .map(|name| format!("\"{name}\""))
                .collect();
            match dice.roll(8) {
                0 => actions.push(format!("\"{service}:*\"")),
                1..4 => actions
                    .extend((0..1 + dice.roll(3)).map(|_| format!("\"{service}:{}*\"", dice.pick(&VERBS)))),
                _ => actions
                    .extend((0..1 + dice.roll(12)).map(|_| format!("\"{service}:{}\"", dice.pick(names)))),
            }
            unused.push(match dice.roll(10) {
                0 => format!("{{\"serviceNamespace\":\"{service}\"}}"),
                _ => format!(
                    "{{\"serviceNamespace\":\"{service}\",\"actions\":[{}]}}",
                    gone.join(",")
                ),
            });
        }
        statements.push(format!(
            "{{\"Effect\":\"Allow\",\"Action\":[{}],\"Resource\":\"arn:aws:s3:::bucket-{}/*\"}}",
            actions.join(","),
            dice.roll(1000)
        ));
    }
    let policy = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}",
        statements.join(",")
    );
    Pair {
        policy,
        unused: format!("[{}]", unused.join(",")),
    }
}
