//! How fast is a Graph answer trimmed at the door, beside parsing it into a `Value` and whole types?
//!
//! `cargo bench --bench trim`. The 90-day answer is the sandbox's `contoso`; the capture is read from
//! `$SCOREWATCH_CAPTURES` (default `../shared/captures`) and left out, loudly, where it is missing.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{collections::HashMap, hint::black_box, path::Path};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::civil::date;
use scorewatch::{
    graph::wire::{Collected, parse_scores},
    sandbox::{self, Options},
};
use serde::Deserialize;
use serde_json::Value;

/// Everything that Graph sends for a day, owned: what an ordinary client would derive.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Day {
    id: String,
    azure_tenant_id: String,
    active_user_count: Option<f64>,
    licensed_user_count: Option<f64>,
    created_date_time: String,
    current_score: Option<f64>,
    max_score: Option<f64>,
    enabled_services: Vec<String>,
    average_comparative_scores: Vec<HashMap<String, Value>>,
    control_scores: Vec<ControlScore>,
    vendor_information: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ControlScore {
    control_category: Option<String>,
    control_name: String,
    description: Option<String>,
    score: Option<f64>,
    score_in_percentage: Option<f64>,
    implementation_status: Option<String>,
    last_synced: Option<String>,
    count: Option<String>,
    total: Option<String>,
    on: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Day>,
}

/// Reads every member, so that nothing is optimised away and no member is dead.
fn touch(page: &Page) -> usize {
    let texts = |control: &ControlScore| {
        [
            &control.control_category,
            &control.description,
            &control.implementation_status,
            &control.last_synced,
            &control.count,
            &control.total,
            &control.on,
        ]
        .into_iter()
        .flatten()
        .map(String::len)
        .sum::<usize>()
            + control.control_name.len()
            + usize::from(control.score.is_some() && control.score_in_percentage.is_some())
    };
    let day = |day: &Day| {
        day.id.len()
            + day.azure_tenant_id.len()
            + day.created_date_time.len()
            + day.enabled_services.len()
            + day.average_comparative_scores.len()
            + usize::from(day.vendor_information.is_object())
            + [day.active_user_count, day.licensed_user_count, day.current_score, day.max_score].into_iter().flatten().count()
            + day.control_scores.iter().map(texts).sum::<usize>()
    };
    page.value.iter().map(day).sum()
}

fn trim(criterion: &mut Criterion) {
    let today = date(2026, 11, 21);
    let contoso = sandbox::scores_json("contoso", &Options::new(today), today, 90).unwrap();
    let mut bodies = vec![("contoso, 90 days", contoso)];
    let captures = std::env::var("SCOREWATCH_CAPTURES").unwrap_or_else(|_| format!("{}/../shared/captures", env!("CARGO_MANIFEST_DIR")));
    match std::fs::read(Path::new(&captures).join("heimdall-secureScores.json")) {
        Ok(body) => bodies.push(("capture, 1 day", body)),
        Err(error) => println!("LEFT OUT: the capture cannot be read at {captures}: {error}"),
    }
    let mut group = criterion.benchmark_group("trim");
    for (name, body) in &bodies {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_with_input(BenchmarkId::new("scorewatch", name), body, |bencher, body| {
            bencher.iter(|| {
                let mut collected = Collected::default();
                parse_scores(black_box(body), &mut collected).unwrap();
                collected
            });
        });
        group.bench_with_input(BenchmarkId::new("(a) serde_json::Value", name), body, |bencher, body| {
            bencher.iter(|| serde_json::from_slice::<Value>(black_box(body)).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("(b) typed, whole body", name), body, |bencher, body| {
            bencher.iter(|| touch(&serde_json::from_slice::<Page>(black_box(body)).unwrap()));
        });
    }
    group.finish();
}

criterion_group!(benches, trim);
criterion_main!(benches);
