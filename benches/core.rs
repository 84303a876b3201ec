//! What one policy costs: parsing, refining, proving, and a batch of all three.
//!
//! ```text
//! cargo bench
//! ```

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a bench that panics has failed"
)]

mod synthetic;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leastwise::catalog::Catalog;
use leastwise::evidence::read_unused;
use leastwise::policy::Document;
use leastwise::prove::prove;

fn core(c: &mut Criterion) {
    let pairs = synthetic::pairs(1_000, 7);
    let catalog = Catalog::embedded();
    // Services are unpacked when they are first met; that is paid once a process.
    assert!(catalog.action_count() > 20_000);

    let mut group = c.benchmark_group("a thousand policies");
    group.throughput(Throughput::Elements(pairs.len() as u64));
    group.bench_function("parse", |bench| {
        bench.iter(|| pairs.iter().filter(|pair| Document::parse(&pair.policy).is_ok()).count());
    });
    group.bench_function("refine and prove", |bench| {
        let read = |pair: &'static synthetic::Pair| {
            (Document::parse(&pair.policy).expect("it is one"), read_unused(&pair.unused).expect("it is"))
        };
        let pairs: &'static [synthetic::Pair] = Box::leak(synthetic::pairs(1_000, 7).into_boxed_slice());
        let read: Vec<_> = pairs.iter().map(read).collect();
        bench.iter(|| {
            let refine = |(policy, unused): &(_, _)| leastwise::refine(policy, unused, catalog, None).is_ok();
            read.iter().filter(|pair| refine(pair)).count()
        });
    });
    group.bench_function("prove", |bench| {
        let pairs: &'static [synthetic::Pair] = Box::leak(synthetic::pairs(1_000, 7).into_boxed_slice());
        let read = |pair: &'static synthetic::Pair| {
            let policy = Document::parse(&pair.policy).expect("it is one");
            let unused = read_unused(&pair.unused).expect("it is");
            let after = leastwise::refine(&policy, &unused, catalog, None)
                .expect("it is proven")
                .documents()
                .to_vec();
            (policy, after, unused)
        };
        let read: Vec<_> = pairs.iter().map(read).collect();
        bench.iter(|| {
            read.iter()
                .for_each(|(policy, after, unused)| drop(prove(policy, after.clone(), unused, catalog)));
        });
    });
    group.bench_function("batch: parse, refine, prove, print", |bench| {
        bench.iter(|| {
            let line = |pair: &synthetic::Pair| {
                let policy = Document::parse(&pair.policy).expect("it is one");
                let unused = read_unused(&pair.unused).expect("it is");
                let refined = leastwise::refine(&policy, &unused, catalog, None).expect("it is proven");
                refined.documents().first().map_or(0, |document| document.compact().len())
            };
            pairs.iter().map(line).sum::<usize>()
        });
    });
    group.finish();
}

criterion_group!(benches, core);
criterion_main!(benches);
