#![allow(
    unsafe_code,
    reason = "runs the code that it publishes; each call names what was published there"
)]
//! Code memory from outside: what is published runs, what is freed is reused by other code and runs
//! right again, nothing is ever writable and executable, refusals lose nothing.
//!
//! # Safety argument
//! All code run here is [`constant`]'s, published in a slot that outlives the call.

use offramp::explicit::{
    CodeFault as Fault, CodeMemory, CodeMemoryConfig, CodeMemoryError, CodeSlot, Mode, Owner,
};
use offramp_uop::lower::{self, Checks, Code, Lowerer, Target};
use std::sync::{Arc, mpsc};
use target_lexicon::Triple;

/// A function that returns `value`, followed by bytes that never run.
fn constant(value: u16, len: usize) -> Code {
    let mut bytes = if cfg!(target_arch = "x86_64") {
        let [low, high] = value.to_le_bytes();
        vec![0xb8, low, high, 0, 0, 0xc3]
    } else if cfg!(target_arch = "aarch64") {
        let set = 0x5280_0000_u32 | u32::from(value) << 5;
        [set.to_le_bytes(), 0xd65f_03c0_u32.to_le_bytes()].concat()
    } else {
        panic!("no code is known for this machine");
    };
    bytes.resize(len.max(bytes.len()), 0);
    Code {
        bytes,
        clif: None,
        asm: None,
        exit_bytes: 0,
    }
}

fn run(slot: &CodeSlot) -> u32 {
    // SAFETY: every slot of this file but the trampoline's holds `constant`'s code, and this one is
    // borrowed for the call. Toggle mode publishes on no other thread meanwhile.
    unsafe { std::mem::transmute::<*const u8, extern "C" fn() -> u32>(slot.entry())() }
}

fn config(mode: Option<Mode>, cap: usize) -> CodeMemoryConfig {
    let mut config = CodeMemoryConfig::default();
    config.mode = mode;
    config.cap = cap;
    config
}

/// The modes that work here: both, save under emulators that run stale code.
fn memories(cap: usize) -> Vec<Arc<CodeMemory>> {
    let modes = [Mode::Dual, Mode::Toggle].into_iter();
    let memories = modes.filter_map(|mode| {
        let config = config(Some(mode), cap);
        match CodeMemory::new(&config) {
            Ok(memory) => Some(memory),
            Err(CodeMemoryError::Unusable(Mode::Dual)) if cfg!(target_arch = "aarch64") => None,
            Err(error) => panic!("{mode} mode: {error}"),
        }
    });
    memories.collect()
}

const CAP: usize = 1 << 20;

#[test]
fn what_is_published_runs() {
    for memory in memories(CAP) {
        let owner = memory.owner();
        let slots: Vec<_> = (0..100)
            .map(|value| memory.publish(owner, &constant(value, 661)).unwrap())
            .collect();
        for (value, slot) in slots.iter().enumerate() {
            assert_eq!(run(slot), value as u32, "{}", memory.mode());
            assert_eq!(slot.len(), 661);
            assert_eq!(slot.entry().align_offset(64), 0);
        }
        assert_eq!(memory.usage().slots, 100);
    }
}

#[test]
fn a_reused_slot_runs_its_new_code() {
    for memory in memories(CAP) {
        let owner = memory.owner();
        // An owner's pages go with its last code, so some of it stays.
        let _stays = memory.publish(owner, &constant(0, 64)).unwrap();
        let mut address = None;
        for value in 0..1000 {
            let slot = memory.publish(owner, &constant(value, 64)).unwrap();
            assert_eq!(
                *address.get_or_insert(slot.entry()),
                slot.entry(),
                "it is reused"
            );
            assert_eq!(run(&slot), u32::from(value), "{}", memory.mode());
        }
    }
}

#[test]
fn code_that_comes_and_goes_takes_bounded_memory() {
    for memory in memories(CAP) {
        let owner = memory.owner();
        let mut live: Vec<Option<(u16, CodeSlot)>> = (0..64).map(|_| None).collect();
        // A generator of its own (Knuth's multiplier): sizes and places differ, runs repeat.
        let mut seed = 1_u64;
        for value in 0..10_000_u16 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (size, place) = ((seed >> 33) as usize % 3000 + 6, (seed >> 50) as usize % 64);
            live[place] = None;
            let slot = memory.publish(owner, &constant(value, size)).unwrap();
            live[place] = Some((value, slot));
            if value % 100 == 0 {
                let live = live.iter().flatten();
                live.for_each(|(value, slot)| assert_eq!(run(slot), u32::from(*value)));
            }
        }
        // Live code is at most 64 times 3 kB; fragments may double it, not more.
        let usage = memory.usage();
        assert!(usage.reserved <= 512 << 10, "{}: {usage:?}", memory.mode());
        drop(live);
        let usage = memory.usage();
        assert_eq!((usage.in_use, usage.slots), (0, 0));
        assert!(usage.reserved <= 64 << 10, "{}: {usage:?}", memory.mode());
    }
}

#[test]
fn owners_that_come_and_go_leave_nothing() {
    for memory in memories(CAP) {
        for value in 0..1000 {
            let owner = memory.owner();
            let stubs = [&constant(value, 300), &constant(value + 1, 200)];
            let stubs = memory.publish_all(owner, &stubs).unwrap();
            assert_eq!(
                [run(&stubs[0]), run(&stubs[1])],
                [value, value + 1].map(u32::from)
            );
        }
        let usage = memory.usage();
        assert_eq!((usage.in_use, usage.slots), (0, 0));
        let kept = if memory.mode() == Mode::Dual {
            64 << 10
        } else {
            0
        };
        assert_eq!(usage.reserved, kept, "{}", memory.mode());
    }
}

#[test]
fn at_the_cap_publishing_is_refused_and_what_is_there_goes_on() {
    for memory in memories(64 << 10) {
        let owner = memory.owner();
        let mut slots = Vec::new();
        let refused = loop {
            match memory.publish(owner, &constant(slots.len() as u16, 1000)) {
                Ok(slot) => slots.push(slot),
                Err(error) => break error,
            }
        };
        assert_eq!(slots.len(), 64);
        let full = CodeMemoryError::Full {
            asked: 1000,
            in_use: 64 << 10,
            cap: 64 << 10,
        };
        assert_eq!(refused, full);
        let values = slots.iter().map(run);
        assert!(values.eq(0..64), "{}", memory.mode());
        slots.pop();
        let slot = memory.publish(owner, &constant(777, 1000)).unwrap();
        assert_eq!(run(&slot), 777);
    }
}

/// Lines of the process's memory map that are writable and executable.
#[cfg(target_os = "linux")]
fn writable_and_executable() -> Vec<String> {
    let map = std::fs::read_to_string("/proc/self/maps").unwrap();
    let access = |line: &&str| {
        line.split(' ')
            .nth(1)
            .is_some_and(|access| access.contains("wx"))
    };
    map.lines().filter(access).map(str::to_owned).collect()
}

/// What the memory map says of an address.
#[cfg(target_os = "linux")]
fn access(address: usize) -> String {
    let map = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut parts = map.lines().map(|line| line.split(' '));
    let found = parts.find_map(|mut parts| {
        let (start, end) = parts.next()?.split_once('-')?;
        let bound = |text| usize::from_str_radix(text, 16).unwrap();
        (bound(start)..bound(end))
            .contains(&address)
            .then(|| parts.next())
    });
    found.flatten().expect("the address is mapped").to_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn no_page_is_writable_and_executable() {
    for memory in memories(CAP) {
        let owner = memory.owner();
        let slots: Vec<_> = (0..50)
            .map(|value| {
                let slot = memory.publish(owner, &constant(value, 3000)).unwrap();
                assert_eq!(writable_and_executable(), [""; 0]);
                slot
            })
            .collect();
        for slot in &slots {
            let access = access(slot.entry() as usize);
            assert!(access.starts_with("r-x"), "{}: {access}", memory.mode());
        }
    }
}

fn inject(memory: &Arc<CodeMemory>, owner: Owner, fault: Fault, passing: u32) {
    let before = memory.publish(owner, &constant(1, 5000)).unwrap();
    let usage = memory.usage();
    memory.inject(fault, passing);
    // Larger than what a first chunk has left, so that memory must be mapped.
    let codes = [constant(2, 70_000), constant(3, 100), constant(4, 100)];
    let codes: Vec<_> = codes.iter().collect();
    let result = memory.publish_all(owner, &codes);
    let what = format!(
        "{} mode, {fault:?} after {passing}: {result:?}",
        memory.mode()
    );
    assert!(!memory.fault_pending(), "{what}");
    match &result {
        Ok(slots) => {
            // Making pages executable again is tried again.
            assert_eq!(fault, Fault::Protection, "{what}");
            let values = slots.iter().map(run);
            assert!(values.eq(2..5), "{what}");
        }
        Err(error) => {
            let full = matches!(error, CodeMemoryError::Full { .. });
            assert_eq!(full, fault == Fault::Allocation, "{what}");
            let after = memory.usage();
            assert_eq!(
                (after.in_use, after.slots),
                (usage.in_use, usage.slots),
                "{what}"
            );
        }
    }
    assert_eq!(run(&before), 1, "{what}");
    drop(result);
    let again = memory.publish_all(owner, &codes).unwrap();
    let values = again.iter().map(run);
    assert!(values.eq(2..5), "{what}");
}

#[test]
fn a_step_that_fails_loses_nothing_but_what_asked() {
    for memory in memories(CAP) {
        let owner = memory.owner();
        for passing in 0..3 {
            inject(&memory, owner, Fault::Allocation, passing);
        }
        inject(&memory, owner, Fault::Mapping, 0);
        if memory.mode() == Mode::Toggle {
            for passing in 0..4 {
                inject(&memory, owner, Fault::Protection, passing);
            }
        }
        let usage = memory.usage();
        assert_eq!((usage.in_use, usage.slots), (0, 0));
        assert!(usage.reserved <= 64 << 10, "{usage:?}");
    }
}

#[test]
fn where_stale_code_runs_after_reuse_pages_are_toggled() {
    // The first round, which emulators that run stale code pass, too.
    let automatic = config(None, CAP);
    automatic.inject(Fault::Reuse, 0);
    let memory = CodeMemory::new(&automatic).unwrap();
    assert_eq!(memory.mode(), Mode::Toggle);
    let dual = config(Some(Mode::Dual), CAP);
    dual.inject(Fault::Reuse, 0);
    let refused = CodeMemory::new(&dual).map(|memory| memory.mode());
    assert_eq!(refused, Err(CodeMemoryError::Unusable(Mode::Dual)));
}

/// Many small traces share pages, in what is mapped and so in what is resident.
#[test]
fn r2_small_traces_share_pages() {
    for memory in memories(CAP) {
        let owner = memory.owner();
        let publish = |value| memory.publish(owner, &constant(value, 400));
        let slots: Vec<CodeSlot> = (0..1000).map(|value| publish(value).unwrap()).collect();
        let mapped = memory.usage().reserved;
        assert!(
            mapped <= 1024 * slots.len(),
            "{mapped} bytes for {}",
            slots.len()
        );
    }
}

#[test]
fn where_memory_files_are_refused_pages_are_toggled() {
    let automatic = config(None, CAP);
    automatic.inject(Fault::Mapping, 0);
    assert_eq!(CodeMemory::new(&automatic).unwrap().mode(), Mode::Toggle);
}

#[test]
fn code_published_on_one_thread_runs_on_others_meanwhile() {
    let memory = CodeMemory::new(&CodeMemoryConfig::default()).unwrap();
    if memory.mode() == Mode::Toggle {
        // Owners share no pages, so each thread may run its own while others publish theirs.
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let memory = &memory;
                scope.spawn(move || {
                    let owner = memory.owner();
                    for value in 0..500 {
                        let value = value * 4 + thread;
                        let slot = memory.publish(owner, &constant(value, 200)).unwrap();
                        assert_eq!(run(&slot), u32::from(value));
                    }
                });
            }
        });
        return;
    }
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (to_runner, from_publisher) = mpsc::sync_channel::<(u16, CodeSlot)>(8);
            let memory = &memory;
            scope.spawn(move || {
                let owner = memory.owner();
                for value in 0..2000 {
                    let size = 100 + usize::from(value) % 900;
                    let slot = memory.publish(owner, &constant(value, size)).unwrap();
                    memory.synchronise();
                    to_runner.send((value, slot)).unwrap();
                }
            });
            // Slots are freed here and reused there.
            scope.spawn(move || {
                for (value, slot) in from_publisher {
                    assert_eq!(run(&slot), u32::from(value));
                }
            });
        }
    });
    assert_eq!(memory.usage().slots, 0);
}

#[test]
fn a_slot_keeps_its_memory_alive() {
    for memory in memories(CAP) {
        let slot = memory.publish(memory.owner(), &constant(9, 100)).unwrap();
        drop(memory);
        assert_eq!(run(&slot), 9);
    }
}

#[test]
fn compiled_code_is_published_byte_for_byte() {
    let host = Target::new(Triple::host(), Checks::ALL).unwrap();
    let code = lower::trampoline(&mut Lowerer::new(), &host).unwrap();
    for memory in memories(CAP) {
        let slot = memory.publish(memory.owner(), &code).unwrap();
        // SAFETY: the slot holds that many bytes, readable in both modes, written by nobody now.
        let bytes = unsafe { std::slice::from_raw_parts(slot.entry(), slot.len()) };
        assert_eq!(bytes, code.bytes);
    }
}
