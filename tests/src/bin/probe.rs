//! Scratch.
use offramp_uop::lower::*;
use offramp_uop::optimise::{Options, optimise};
use offramp_uop::testing::generate::generate;
use std::time::Instant;
fn main() {
    for triple in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"] {
        let target = Target::new(triple.parse().unwrap(), Checks::default()).unwrap();
        let mut lowerer = Lowerer::new();
        let (mut bytes, mut exits, mut code, mut failed) = (0, 0, 0, 0);
        let mut times = vec![];
        for seed in 0..600 {
            let g = generate(seed);
            let t = optimise(&g.trace, &Options::default()).trace;
            let mut places = Locations::default();
            let entry: Vec<Location> = t
                .entry
                .params()
                .map(|(_, ty)| places.next(ty == offramp_uop::Type::F64))
                .collect();
            let options = LowerOptions {
                layout: ExitLayout {
                    records: 0x7f00_1234_5000,
                    stride: 24,
                    target: 0,
                    valid: 0x7f00_1234_4000,
                },
                entry: &entry,
                onward: None,
                forced_exits: false,
                keep_clif: false,
            };
            let start = Instant::now();
            match lowerer.lower(&t, &target, &options) {
                Ok(l) => {
                    times.push(
                        (start.elapsed().as_secs_f64() * 1e6 - 40.0) / g.trace.uops.len() as f64,
                    );
                    for c in std::iter::once(&l.entry).chain(&l.looped) {
                        bytes += c.exit_bytes;
                        code += c.bytes.len();
                    }
                    exits += t.exits.len();
                }
                Err(e) => {
                    failed += 1;
                    if failed < 4 {
                        println!("{seed}: {e}");
                    }
                }
            }
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{triple}: {failed} failed; {exits} exits, {:.1} B/exit, code {code}; (us-40)/uop median {:.2} p90 {:.2}",
            bytes as f64 / exits as f64,
            times[times.len() / 2],
            times[times.len() * 9 / 10]
        );
    }
}
