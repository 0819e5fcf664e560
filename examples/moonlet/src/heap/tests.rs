//! Pools, shapes, tables against a model, and collection.

use super::pool::Pool;
use super::*;
use crate::value::{FLOAT, INT, NIL, TABLE, bytes_of, raw_equal, truth};
use std::collections::HashMap;

fn int(value: i64) -> Tagged {
    Tagged::int(INT, value)
}

/// Small random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

#[test]
fn pools_find_exactly_live_objects() {
    let (memory, pool) = (Memory::default(), Pool::<Variable>::default());
    let objects: Vec<_> = (0..5000)
        .map(|value| {
            pool.alloc(
                &memory,
                Source::System,
                Variable {
                    value: Cell::new(int(value)),
                },
            )
            .expect("enough memory")
        })
        .collect();
    for (value, &object) in objects.iter().enumerate() {
        assert_eq!(object.value.get(), int(value as i64));
        assert_eq!(pool.find(object.address()), Some(object));
        assert_eq!(pool.find(object.address() + 8), None);
    }
    let behind = objects[4999].address() + Pool::<Variable>::SIZE as u64;
    assert_eq!(pool.find(behind), None);
    assert_eq!(pool.find(0), None);
    let inside = objects[0].address() & !(pool::BLOCK as u64 - 1);
    assert_eq!(pool.find(inside), None);

    for object in objects.iter().step_by(3) {
        assert!(Pool::mark(*object));
        assert!(!Pool::mark(*object));
    }
    let freed = pool.sweep(true, |dead| {
        assert_ne!(dead.value.get().as_int() % 3, 0);
    });
    assert_eq!(freed, 5000 - 1667);
    let mut left = 0;
    pool.each(|object| {
        assert_eq!(object.value.get().as_int() % 3, 0);
        left += 1;
    });
    assert_eq!(left, 1667);
    for (index, object) in objects.iter().enumerate() {
        assert_eq!(pool.find(object.address()).is_some(), index % 3 == 0);
    }
    // The freed slots are used again.
    let again = pool
        .alloc(
            &memory,
            Source::System,
            Variable {
                value: Cell::new(int(-1)),
            },
        )
        .expect("enough memory");
    assert!(objects.contains(&again));
}

// It looks at what was freed, which the sanitizer reports.
#[cfg(not(sanitize_address))]
#[test]
fn poison_overwrites_what_is_freed() {
    let heap = Heap::default();
    heap.set_poison(true);
    let kept = heap.variable(int(1)).expect("enough memory");
    let lost = heap.variable(int(2)).expect("enough memory");
    heap.collect(|marker| marker.words(&[7, kept.address(), 0]));
    assert_eq!(kept.value.get(), int(1));
    // The slot is still the pool's memory, which is what makes poison worth having.
    let poison = i64::from_ne_bytes([POISON; 8]);
    assert_eq!(lost.value.get(), Tagged::int(poison, poison));
}

#[test]
fn short_strings_are_interned_weakly() {
    let heap = Heap::default();
    let one = heap.string(b"one").expect("enough memory");
    assert_eq!(one, heap.string(b"one").expect("enough memory"));
    assert_eq!(
        one,
        heap.concat(&[b"o", b"", b"ne"]).expect("enough memory")
    );
    let long = heap.string(&[b'x'; 41]).expect("enough memory");
    assert_eq!(long.long, 1);
    assert_ne!(long, heap.string(&[b'x'; 41]).expect("enough memory"));
    assert!(raw_equal(
        Tagged::reference(long),
        Tagged::reference(heap.string(&[b'x'; 41]).expect("enough memory"))
    ));
    let words: Vec<_> = (0..1000)
        .map(|n| {
            heap.string(format!("w{n}").as_bytes())
                .expect("enough memory")
        })
        .collect();
    heap.collect(|marker| {
        for word in words.iter().step_by(2) {
            marker.value(Tagged::reference(*word));
        }
    });
    for (n, word) in words.iter().enumerate().step_by(2) {
        assert_eq!(
            *word,
            heap.string(format!("w{n}").as_bytes())
                .expect("enough memory")
        );
    }
    for n in (1..1000).step_by(2) {
        let text = format!("w{n}");
        assert_eq!(
            bytes_of(&heap.string(text.as_bytes()).expect("enough memory")),
            text.as_bytes()
        );
    }
}

#[test]
fn shapes_share_and_split() {
    let heap = Heap::default();
    let [a, b, c] = [b"a", b"b", b"c"].map(|name| heap.string(name).expect("enough memory"));
    let shapes = &heap.shapes;
    let of_a = shapes.next(&heap.memory, EMPTY, a).expect("enough memory");
    let of_ab = shapes.next(&heap.memory, of_a, b).expect("enough memory");
    let of_ac = shapes.next(&heap.memory, of_a, c).expect("enough memory");
    assert_eq!(
        shapes.next(&heap.memory, of_a, b).expect("enough memory"),
        of_ab
    );
    assert_eq!(
        shapes.next(&heap.memory, of_a, c).expect("enough memory"),
        of_ac
    );
    assert_eq!(shapes.find(of_a, b), -1);
    assert_eq!(shapes.find(of_ab, a), 0);
    assert_eq!(shapes.find(of_ab, b), 1);
    assert_eq!(shapes.find(of_ac, c), 1);
    assert_eq!(shapes.find(of_ac, b), -1);
    assert_eq!(shapes.find(DICTIONARY, a), -1);
    assert_eq!(shapes.key(of_ac, 1), c);
    assert_ne!(
        shapes
            .next(&heap.memory, EMPTY_LARGE, a)
            .expect("enough memory"),
        of_a
    );
}

#[test]
fn shapes_end_at_their_limit() {
    let heap = Heap::default();
    let table = heap.table(0, 2).expect("enough memory");
    for n in 0..200 {
        let key = heap
            .string(format!("k{n}").as_bytes())
            .expect("enough memory");
        table.set_str(&heap, key, int(n)).expect("enough memory");
        assert_eq!(table.shape.get() == DICTIONARY, n >= 64);
    }
    assert_eq!(table.width.get(), 0);
    for n in 0..200 {
        let key = heap
            .string(format!("k{n}").as_bytes())
            .expect("enough memory");
        assert_eq!(table.get_str(&heap, key), int(n));
    }
    let globals = heap.table(0, 0).expect("enough memory");
    globals.shape.set(EMPTY_LARGE);
    for n in 0..200 {
        let key = heap
            .string(format!("k{n}").as_bytes())
            .expect("enough memory");
        globals.set_str(&heap, key, int(n)).expect("enough memory");
    }
    assert_eq!(globals.width.get(), 200);
    let key = heap.string(b"k77").expect("enough memory");
    assert_eq!(heap.shapes.find(globals.shape.get(), key), 77);
}

/// A key of a model table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Int(i64),
    Word(u64),
    Long(u64),
    Half(i64),
    True,
}

impl Key {
    fn random(random: &mut Random, dense: bool) -> Key {
        match random.below(if dense { 12 } else { 20 }) {
            0 => Key::Word(random.below(90)),
            1 => Key::Long(random.below(10)),
            2 => Key::Half(random.below(20) as i64),
            3 => Key::True,
            4..12 => Key::Int(random.below(24) as i64 - 2),
            _ => Key::Int((random.below(1 << 20) << random.below(40)) as i64),
        }
    }

    fn value(self, heap: &Heap, float: bool) -> Tagged {
        match self {
            Key::Int(key) if float => Tagged::float(FLOAT, key as f64),
            Key::Int(key) => int(key),
            Key::Word(n) => Tagged::reference(
                heap.string(format!("w{n}").as_bytes())
                    .expect("enough memory"),
            ),
            Key::Long(n) => Tagged::reference(
                heap.string(format!("{n:50}").as_bytes())
                    .expect("enough memory"),
            ),
            Key::Half(n) => Tagged::float(FLOAT, n as f64 + 0.5),
            Key::True => truth(true),
        }
    }
}

/// The values of a table by key, and the checks that need the model.
fn check(heap: &Heap, table: Reference<Table>, model: &HashMap<Key, i64>, seed: u64) {
    let border = table.border();
    let has = |key| model.contains_key(&Key::Int(key));
    assert!(border == 0 || has(border), "seed {seed}: border {border}");
    assert!(!has(border + 1), "seed {seed}: border {border}");

    let mut seen = 0;
    let mut key = NOTHING;
    let mut cursor = 0;
    while let Some((next, value)) = table.next(heap, key).unwrap() {
        let (place, same, twin) = table.entry_at(heap, cursor).unwrap();
        assert!(raw_equal(same, next) && twin == value);
        assert_eq!(table.get(heap, next), value);
        (key, cursor) = (next, place);
        seen += 1;
    }
    assert!(table.entry_at(heap, cursor).is_none());
    assert_eq!(seen, model.len(), "seed {seed}");
    for (key, &value) in model {
        assert_eq!(
            table.get(heap, key.value(heap, false)),
            int(value),
            "seed {seed}"
        );
    }
}

#[test]
fn tables_behave_like_a_model() {
    for seed in 1..400 {
        let mut random = Random(0x1234_5678_9abc_def1_u64.wrapping_mul(seed));
        let heap = Heap::default();
        heap.set_poison(true);
        let room = random.below(9);
        let table = heap
            .table(room as usize, random.below(4) as usize)
            .expect("enough memory");
        let mut model = HashMap::new();
        let dense = seed % 2 == 0;
        for step in 0..600 {
            let key = match random.below(6) {
                0 => Key::Int(table.border() + 1),
                1 => Key::Int(table.border()),
                _ => Key::random(&mut random, dense),
            };
            let place = key.value(&heap, random.below(4) == 0);
            if random.below(3) == 0 {
                model.remove(&key);
                table.set(&heap, place, NOTHING).unwrap();
            } else {
                model.insert(key, step);
                table.set(&heap, place, int(step)).unwrap();
            }
            if step % 40 == 0 {
                check(&heap, table, &model, seed);
            }
            if step % 97 == 0 {
                heap.collect(|marker| marker.value(Tagged::reference(table)));
            }
        }
        check(&heap, table, &model, seed);

        // Deleting everything in a traversal.
        let mut key = NOTHING;
        while let Some((next, _)) = table.next(&heap, key).unwrap() {
            assert!(table.get(&heap, next).tag() != NIL);
            table.set(&heap, next, NOTHING).unwrap();
            key = next;
        }
        check(&heap, table, &HashMap::new(), seed);
    }
}

#[test]
fn arrays_filled_backwards_become_arrays() {
    let heap = Heap::default();
    let table = heap.table(0, 0).expect("enough memory");
    for key in (1..=1000).rev() {
        table.set_int(&heap, key, int(key)).expect("enough memory");
    }
    assert_eq!(table.length.get(), 1001);
    for key in 1..=1000 {
        assert_eq!(table.get_int(key), int(key));
    }
}

#[test]
fn constructors_keep_holes() {
    let heap = Heap::default();
    let table = heap.table(3, 0).expect("enough memory");
    table
        .set_list(&heap, 1, &[NOTHING, int(2), int(3)])
        .expect("enough memory");
    assert_eq!(table.border(), 3);
    assert_eq!(table.item_room.get(), 4);
    table.set_int(&heap, 3, NOTHING).expect("enough memory");
    table.set_int(&heap, 2, NOTHING).expect("enough memory");
    assert_eq!(table.border(), 0);
    table
        .set_list(&heap, 1, &[NOTHING; 5])
        .expect("enough memory");
    assert_eq!(table.border(), 0);
}

#[test]
fn keys_that_are_refused() {
    let heap = Heap::default();
    let table = heap.table(0, 0).expect("enough memory");
    assert_eq!(table.set(&heap, NOTHING, int(1)), Err(KeyError::Nil));
    let nan = Tagged::float(FLOAT, f64::NAN);
    assert_eq!(table.set(&heap, nan, int(1)), Err(KeyError::Nan));
    assert_eq!(table.get(&heap, nan), NOTHING);
    assert_eq!(table.next(&heap, int(4)), Err(KeyError::Unknown));
}

#[test]
fn everything_reachable_survives_and_bytes_come_back() {
    let heap = Heap::default();
    heap.set_poison(true);
    let mut random = Random(99);
    let root = heap.table(0, 0).expect("enough memory");
    let before = heap.bytes();
    for round in 0..30 {
        for n in 0..2000_i64 {
            let inner = heap
                .table(random.below(40) as usize, random.below(40) as usize)
                .expect("enough memory");
            inner.append(&heap, int(n)).expect("enough memory");
            let text = format!("{n}{}", "-".repeat(random.below(400) as usize));
            let name = Tagged::reference(heap.string(text.as_bytes()).expect("enough memory"));
            let key = heap.string(b"name").expect("enough memory");
            inner.set_str(&heap, key, name).expect("enough memory");
            let home = heap
                .variable(Tagged::reference(inner))
                .expect("enough memory");
            let function = heap
                .function(n as u32, &[Tagged::reference(home), name, int(n)])
                .expect("enough memory");
            if random.below(4) == 0 {
                root.set_int(
                    &heap,
                    1 + random.below(300) as i64,
                    Tagged::reference(function),
                )
                .expect("enough memory");
                root.set(&heap, name, int(n)).unwrap();
            }
        }
        heap.collect(|marker| marker.address(root.address()));
        let mut cursor = 0;
        while let Some((next, _, value)) = root.entry_at(&heap, cursor) {
            cursor = next;
            if let Some(function) = value.as_reference::<Function>() {
                let [home, name, n] = crate::value::captured_of(&function) else {
                    panic!("three captures");
                };
                let home = home.as_reference::<Variable>().unwrap();
                let inner = home.value.get();
                assert_eq!(inner.tag(), TABLE);
                let inner = inner.as_reference::<Table>().unwrap();
                assert_eq!(inner.get_int(1), *n);
                assert_eq!(
                    inner.get_str(&heap, heap.string(b"name").expect("enough memory")),
                    *name
                );
                let text = name.as_reference::<Str>().unwrap();
                let digits = n.as_int().to_string();
                assert!(bytes_of(&text).starts_with(digits.as_bytes()));
            }
        }
        if round == 29 {
            heap.collect(|_| {});
            // Only shapes and their keys are left, and places for interned strings.
            assert_eq!(heap.bytes(), heap.counted_again());
            assert!(heap.bytes() < before + 24_000, "{} bytes", heap.bytes());
        }
    }
}

/// Not a limit on time: prints what an allocation costs, for `--nocapture`.
#[test]
fn many_small_objects() {
    let heap = Heap::default();
    let names = [
        heap.string(b"left").expect("enough memory"),
        heap.string(b"right").expect("enough memory"),
    ];
    let start = std::time::Instant::now();
    let count = 1_000_000;
    for n in 0..count {
        let table = heap.table(0, 2).expect("enough memory");
        table
            .set_str(&heap, names[0], int(n))
            .expect("enough memory");
        table
            .set_str(&heap, names[1], int(n))
            .expect("enough memory");
        if heap.is_due() {
            heap.collect(|marker| {
                names
                    .iter()
                    .for_each(|&name| marker.value(Tagged::reference(name)))
            });
        }
    }
    println!("{:?} a table", start.elapsed() / count as u32);
    assert!(heap.bytes() < 4 << 20);
    assert!(heap.collections() > 10);
}

#[test]
fn large_arrays_are_used_again_for_a_while() {
    let heap = Heap::default();
    heap.set_poison(true);
    let filled = || {
        let table = heap.table(0, 0).expect("enough memory");
        for value in 1..20_000 {
            table.append(&heap, int(value)).expect("enough memory");
        }
        table
    };
    let first = filled();
    let (items, room, bytes) = (first.items.get(), first.item_room.get(), heap.bytes());
    heap.collect(|_| {});
    assert_eq!(heap.pieces.spares.count(), 1);
    let second = filled();
    assert_eq!(second.items.get(), items);
    assert_eq!(second.item_room.get(), room);
    assert_eq!((heap.bytes(), heap.pieces.spares.count()), (bytes, 0));
    for index in 0..room {
        let wanted = match index {
            1..20_000 => int(index.into()),
            _ => NOTHING,
        };
        assert_eq!(second.item(index).get(), wanted);
    }
    heap.collect(|_| {});
    assert_eq!(heap.pieces.spares.count(), 1);
    // Not for something far smaller.
    let small = heap.table(0, 0).expect("enough memory");
    for value in 1..room / 64 {
        small
            .append(&heap, int(value.into()))
            .expect("enough memory");
    }
    assert_eq!(heap.pieces.spares.count(), 1);
    heap.collect(|_| {});
    heap.collect(|_| {});
    assert_eq!(heap.pieces.spares.count(), 0);
}

#[test]
fn a_collector_whose_stack_cannot_grow_marks_the_same() {
    for most in [0, 1, 7, usize::MAX] {
        let heap = Heap::default();
        heap.set_poison(true);
        let root = heap.table(0, 0).expect("enough memory");
        for n in 0..100 {
            // Chains and fans, through every kind of object; as much of it is garbage.
            for kept in [true, false] {
                let variable = heap.variable(int(n)).expect("enough memory");
                let captured = [Tagged::reference(variable), Tagged::reference(root)];
                let function = heap.function(0, &captured).expect("enough memory");
                let table = heap.table(2, 2).expect("enough memory");
                let last = root.get_int(n);
                table.append(&heap, last).expect("enough memory");
                let function = Tagged::reference(function);
                let key = int(-1);
                table.set(&heap, key, function).expect("enough memory");
                if kept {
                    let table = Tagged::reference(table);
                    root.append(&heap, table).expect("enough memory");
                }
            }
        }
        let before = heap.bytes();
        heap.collect_within(most, |marker| marker.value(Tagged::reference(root)));
        assert!(heap.bytes() < before);
        for n in 1..=100 {
            let table = root.get_int(n).as_reference::<Table>().expect("a table");
            let function = table.get(&heap, int(-1)).as_reference::<Function>();
            let function = function.expect("a function");
            let captured = crate::value::captured_of(&function);
            let variable = captured[0].as_reference::<Variable>().expect("a variable");
            assert_eq!(variable.value.get(), int(n - 1));
        }
        let again = heap.bytes();
        heap.collect_within(most, |marker| marker.value(Tagged::reference(root)));
        assert_eq!(heap.bytes(), again);
        assert_eq!(heap.bytes(), heap.counted_again());
    }
}

#[test]
fn interned_strings_are_found_after_a_sweep_in_place() {
    let heap = Heap::default();
    let text = |n: usize| format!("w{n}");
    let make = |n: usize| heap.string(text(n).as_bytes()).expect("enough memory");
    let words: Vec<_> = (0..4000).map(make).collect();
    // Without memory for fewer places the dead are taken out where they are.
    heap.collect(|marker| {
        for word in words.iter().step_by(7) {
            marker.value(Tagged::reference(*word));
        }
        heap.memory.fail_after(0, 1);
    });
    for (n, word) in words.iter().enumerate().step_by(7) {
        assert_eq!(*word, make(n));
    }
    for n in 0..4000 {
        assert_eq!(bytes_of(&make(n)), text(n).as_bytes());
    }
    assert_eq!(heap.bytes(), heap.counted_again());
}

#[test]
fn tables_can_be_made_when_there_is_no_memory() {
    let heap = Heap::default();
    assert!(heap.fill_reserve());
    let limit = heap.bytes() + memory::RESERVE;
    let set = heap.memory.set_limit(Some(limit));
    set.expect("no more is used");
    heap.memory.fail_after(0, u64::MAX);
    assert_eq!(heap.table(0, 0), Err(OutOfMemory));
    let tables: Vec<_> = (0..1000)
        .map(|n| {
            let table = heap.made_table(n % MADE_ROOM, (n / MADE_ROOM) % (MADE_ROOM + 1));
            table
                .set_int(&heap, 0, int(n as i64))
                .expect("its own item");
            table
        })
        .collect();
    assert_eq!(heap.due().now.get(), 1);
    for (n, table) in tables.iter().enumerate() {
        assert_eq!(table.get_int(0), int(n as i64));
    }
    heap.memory.fail_after(u64::MAX, 0);
    assert!(heap.bytes() <= limit);
    heap.memory.set_limit(None).expect("more than before");
    heap.collect(|_| {});
    assert_eq!(heap.due().now.get(), 0);
    assert_eq!(heap.bytes(), heap.counted_again());
}
