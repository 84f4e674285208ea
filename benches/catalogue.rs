//! How long does it take to load what a question needs: two days, the tenant's own part of its catalogue, all of it?
//!
//! `cargo bench --bench catalogue`: from a store of its own with 90 days and all profiles of the sandbox's `contoso`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::{Timestamp, civil::date};
use scorewatch::{
    graph::read_saved,
    sandbox::{self, Options},
    store::{Depth, LoadOptions, Source, Store},
};

fn load(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let home = tempfile::tempdir().unwrap();
    let store = runtime.block_on(async {
        let today = date(2026, 11, 21);
        let options = Options::new(today);
        let scores = sandbox::scores_json("contoso", &options, today, 90).unwrap();
        let profiles = sandbox::profiles_json("contoso", &options, today).unwrap();
        let reading = read_saved(&[("scores.json".to_owned(), scores), ("profiles.json".to_owned(), profiles)]).unwrap();
        let store = Store::open(&home.path().join("bench.db")).await.unwrap();
        store.save("contoso", &reading, Source::Import, Timestamp::now()).await.unwrap();
        store
    });
    let mut group = criterion.benchmark_group("load");
    for (name, days_back, catalogue) in
        [("two days", 0, None), ("bare catalogue", 0, Some(Depth::Bare)), ("whole catalogue", 0, Some(Depth::Whole)), ("90 days", 90, None)]
    {
        let want = LoadOptions { days_back, catalogue, ..LoadOptions::default() };
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(async { black_box(store.load("contoso", want).await.unwrap()) }));
        });
    }
    group.finish();
}

criterion_group!(benches, load);
criterion_main!(benches);
