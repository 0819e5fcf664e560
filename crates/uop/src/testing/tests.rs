//! The trace checker at work.

use super::blame::examine;
use super::checker::Coverage;
use super::generate::generate;
use super::random::mix;

#[test]
fn identity() {
    let mut coverage = Coverage::default();
    for number in 0..2000 {
        let generated = generate(mix(1, number));
        match examine(&generated, &|trace, _| (trace.clone(), Vec::new())) {
            Ok(one) => coverage.add(&one),
            Err(report) => panic!("{report}"),
        }
    }
    println!("{coverage:#?}");
}
