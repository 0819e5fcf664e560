//! Helpers that panic: the frames are as the plain interpreter leaves them.

use crate::kit::{Burnt, Ended, ROUNDS, Rig, Site, configs, expected};

/// Values that a helper burns at: early ones, where things are recorded, and later ones.
fn values(site: Site) -> Vec<i64> {
    let nested = |n: &i64| matches!(n % 16, 3);
    let rounds = [
        1, 2, 3, 4, 5, 6, 7, 8, 12, 19, 20, 35, 51, 52, 53, 67, 99, 120, 147, 149, ROUNDS,
    ];
    let rounds = rounds.into_iter();
    match site {
        Site::Nest => rounds.filter(nested).collect(),
        Site::Deep | Site::DeepAct => {
            let rounds = rounds.filter(nested);
            rounds
                .flat_map(|n| [100 * n + 1, 100 * n + 7, 100 * n + 19])
                .collect()
        }
        _ => rounds.collect(),
    }
}

fn burn(site: Site) {
    let right = expected();
    let values = values(site);
    let mut plainly: Vec<Ended> = Vec::new();
    for (name, config) in configs() {
        for (index, &value) in values.iter().enumerate() {
            let what = (name, site, value, config.hot_loop);
            let mut rig = Rig::new(&config);
            rig.fuse.arm(Some((site, value)));
            // Twice: the second time with the traces of the first.
            for _ in 0..2 {
                let ended = rig.run();
                rig.check(&what);
                assert_eq!(ended.answer, Err(Burnt(site, value)), "{what:?}");
                match plainly.get(index) {
                    Some(plain) => assert_eq!(&ended, plain, "{what:?}"),
                    None => plainly.push(ended),
                }
            }
            rig.fuse.arm(None);
            assert_eq!(rig.run().answer, Ok(right), "{what:?}");
            rig.fuse.arm(Some((site, value)));
            assert_eq!(rig.run(), plainly[index], "{what:?}");
            rig.fuse.arm(None);
            rig.check(&what);
            rig.check_nothing_leaked(&what);
        }
    }
}

#[test]
fn a_helper_that_reads_panics() {
    burn(Site::Read);
}

#[test]
fn a_helper_that_reads_panics_in_a_callee() {
    burn(Site::Callee);
}

#[test]
fn a_helper_that_reads_panics_in_a_nested_run() {
    burn(Site::Deep);
}

#[test]
fn a_helper_that_acts_panics() {
    burn(Site::Act);
}

#[test]
fn a_helper_that_collects_panics() {
    burn(Site::Collect);
}

#[test]
fn a_helper_that_runs_the_program_panics_before() {
    burn(Site::Nest);
}

#[test]
fn a_helper_panics_in_a_nested_run() {
    burn(Site::DeepAct);
}
