//! The parts that the public face does not show: free runs, chunks, the probe.

use super::arena::{Arena, Places};
use super::fault::Faults;
use super::probe::probe;
use super::runs::FreeRuns;
use super::{CodeMemory, CodeMemoryConfig, CodeMemoryError, Mode, Owner, Usage};
use offramp_uop::lower::Code;

const MODES: [Mode; 2] = [Mode::Dual, Mode::Toggle];

fn arena(mode: Mode, cap: usize) -> Arena {
    Arena::new(mode, cap, Faults::default())
}

fn install(arena: &mut Arena, len: usize) -> Result<Places, CodeMemoryError> {
    arena.install(Owner(1), &[&vec![0xcc; len]])
}

#[test]
fn the_smallest_run_that_fits_is_taken() {
    let mut free = FreeRuns::default();
    free.give(0, 0, 100);
    free.give(1, 10, 5);
    free.give(1, 20, 3);
    assert_eq!(free.take(4), Some((1, 10)));
    assert_eq!(free.take(4), Some((0, 0)));
    assert_eq!(free.runs(), [(0, 4, 96), (1, 14, 1), (1, 20, 3)]);
    assert_eq!(free.take(97), None);
}

#[test]
fn neighbours_join_in_every_order_and_chunks_do_not() {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut free = FreeRuns::default();
        for part in order {
            free.give(0, part * 8, 8);
        }
        free.give(1, 24, 8);
        assert_eq!(free.runs(), [(0, 0, 24), (1, 24, 8)], "{order:?}");
    }
}

#[test]
fn a_freed_slot_is_the_next_of_its_size() {
    for mode in MODES {
        let mut arena = arena(mode, 1 << 20);
        let slots: Vec<_> = (0..10)
            .map(|_| install(&mut arena, 661).unwrap()[0])
            .collect();
        let address = arena.address(slots[4]);
        arena.free(slots[4]);
        let again = install(&mut arena, 650).unwrap()[0];
        assert_eq!(arena.address(again), address, "{mode}");
    }
}

#[test]
fn the_cap_bounds_what_is_mapped_and_refusal_loses_nothing() {
    for mode in MODES {
        let cap = 200 << 10;
        let mut arena = arena(mode, cap);
        let mut slots = Vec::new();
        let refused = loop {
            match install(&mut arena, 4096) {
                Ok(places) => slots.push(places[0]),
                Err(error) => break error,
            }
            assert!(arena.usage().reserved <= cap);
        };
        let full = CodeMemoryError::Full {
            asked: 4096,
            in_use: cap,
            cap,
        };
        assert_eq!(refused, full, "{mode}");
        assert_eq!(slots.len(), 50);
        // What was refused once fits when something else has gone.
        let first = slots.swap_remove(0);
        arena.free(first);
        slots.push(install(&mut arena, 4096).unwrap()[0]);
        slots.into_iter().for_each(|place| arena.free(place));
        assert_eq!((arena.usage().in_use, arena.usage().slots), (0, 0));
        assert!(
            arena.usage().reserved <= 64 << 10,
            "{mode}: {:?}",
            arena.usage()
        );
        // An empty chunk in reserve is no reason to refuse a code that needs the whole cap.
        let whole = install(&mut arena, cap).unwrap()[0];
        arena.free(whole);
    }
}

#[test]
fn codes_larger_than_the_cap_are_refused_at_any_size() {
    let mut arena = arena(Mode::Dual, 64 << 10);
    let refused = install(&mut arena, (64 << 10) + 1);
    assert!(matches!(refused, Err(CodeMemoryError::Full { .. })));
    assert_eq!(arena.usage(), Usage::default());
}

#[test]
fn chunks_of_an_owner_go_with_its_last_code() {
    let mut arena = arena(Mode::Toggle, 1 << 24);
    let one = arena.install(Owner(1), &[&[0xcc; 100]]).unwrap()[0];
    let two = arena.install(Owner(2), &[&[0xcc; 100]]).unwrap()[0];
    assert_eq!(arena.usage().reserved, 128 << 10);
    let pages = [one, two].map(|place| arena.address(place) >> 12);
    assert_ne!(pages[0], pages[1], "owners share no page");
    arena.free(one);
    assert_eq!(arena.usage().reserved, 64 << 10);
    arena.free(two);
    assert_eq!(arena.usage().reserved, 0);
}

#[test]
fn a_batch_is_published_whole_or_not_at_all() {
    for mode in MODES {
        let mut arena = arena(mode, 64 << 10);
        let (small, large) = (vec![0xcc; 100], vec![0xcc; 64 << 10]);
        let refused = arena.install(Owner(1), &[&small, &small, &large]);
        assert!(
            matches!(refused, Err(CodeMemoryError::Full { .. })),
            "{mode}"
        );
        assert_eq!((arena.usage().in_use, arena.usage().slots), (0, 0));
        let places = arena.install(Owner(1), &[&small, &small, &small]).unwrap();
        assert_eq!(arena.usage().slots, 3);
        places.into_iter().for_each(|place| arena.free(place));
    }
}

#[test]
fn the_probe_accepts_toggling_on_every_machine_it_knows() {
    assert_eq!(probe(Mode::Toggle, &Faults::default()), Ok(()));
}

#[cfg(feature = "test-hooks")]
#[test]
fn stale_code_after_reuse_fails_the_probe() {
    // Emulators run stale code by themselves, and the probe ends before it reaches the fault.
    let fails_anyway = probe(Mode::Dual, &Faults::default()).is_err();
    for (fault, passing) in [(super::Fault::Reuse, 0), (super::Fault::Reuse, 3)] {
        let faults = Faults::default();
        faults.arm(fault, passing);
        let unusable = CodeMemoryError::Unusable(Mode::Dual);
        assert_eq!(probe(Mode::Dual, &faults), Err(unusable));
        assert!(fails_anyway || !faults.armed());
    }
}

fn code(byte: u8, len: usize) -> Code {
    Code {
        bytes: vec![byte; len],
        clif: None,
        asm: None,
        exit_bytes: 0,
    }
}

#[test]
fn a_module_is_found_by_name_and_freed_whole() {
    let memory = CodeMemory::new(&CodeMemoryConfig::default()).unwrap();
    let owner = memory.owner();
    let (first, second) = (code(0x90, 40), code(0xcc, 100));
    let module = memory.module(owner, &[("first", &first), ("second", &second)]);
    let module = module.unwrap();
    assert_eq!(memory.usage().slots, 2);
    let [first, second] = ["first", "second"].map(|name| module.entry(name).unwrap());
    assert!(first.addr() > 0 && second.addr().abs_diff(first.addr()) >= 64);
    // Names are the functions', not the order of definition.
    let reversed = memory
        .module(owner, &[("b", &code(1, 10)), ("a", &code(2, 10))])
        .unwrap();
    assert!(reversed.entry("b") < reversed.entry("a"));
    drop(reversed);
    assert_eq!(module.entry("third"), None);
    drop(module);
    assert_eq!((memory.usage().in_use, memory.usage().slots), (0, 0));
}

#[test]
fn a_module_that_does_not_fit_says_what_code_memory_says() {
    let config = CodeMemoryConfig {
        cap: 64 << 10,
        ..CodeMemoryConfig::default()
    };
    let memory = CodeMemory::new(&config).unwrap();
    let (small, large) = (code(0xcc, 100), code(0xcc, 64 << 10));
    let refused = memory.module(memory.owner(), &[("small", &small), ("large", &large)]);
    let full = CodeMemoryError::Full {
        asked: 64 << 10,
        in_use: 128,
        cap: 64 << 10,
    };
    assert_eq!(refused.unwrap_err(), full);
    assert_eq!((memory.usage().in_use, memory.usage().slots), (0, 0));
    // Two functions of one name are no module, and leave nothing either.
    let twice = memory.module(memory.owner(), &[("small", &small), ("small", &small)]);
    assert!(
        matches!(twice, Err(CodeMemoryError::Module(_))),
        "{twice:?}"
    );
    assert_eq!((memory.usage().in_use, memory.usage().slots), (0, 0));
}
