//! The model host's helpers: one per kind of effect, and a few with random effects.
//!
//! What a helper does is not written anywhere: [`Machine`](super::model::Machine) derives it from
//! the declaration alone, as badly as the declaration allows.

use super::heap::{BYTES, CLASS_NAMES, DATA, ELEMENTS, FIELD, FLOATS, LENGTH, LINKS, NEXT, SHAPE};
use super::random::Random;
use crate::interface::{Class, ClassSet, Content, Effects, Helper, Initial, Interface, NewObject};
use crate::types::{Mem, Type};
use crate::uop::Access;
use smallvec::SmallVec;

fn helper(name: &str, params: &[Type], result: Option<Type>, effects: Effects) -> Helper {
    Helper {
        name: name.to_owned(),
        params: SmallVec::from_slice(params),
        result,
        effects,
        fails: false,
        makes: None,
    }
}

fn failing(helper: Helper) -> Helper {
    Helper {
        fails: true,
        ..helper
    }
}

/// A helper that makes the object of the number that is its first argument.
fn making(name: &str, params: &[Type], holds: &[(Mem, i32, Class, Initial)]) -> Helper {
    let content = |&(mem, offset, class, value): &(Mem, i32, Class, Initial)| Content {
        access: Access {
            mem,
            offset,
            scale: 0,
            class,
        },
        value,
    };
    Helper {
        makes: Some(NewObject {
            holds: holds.iter().map(content).collect(),
        }),
        ..helper(name, params, Some(Type::Ref), Effects::PURE)
    }
}

/// Groups of `group` words, the model heap's classes, and helpers of which some are random.
pub fn interface(group: u32, random: &mut Random) -> Interface {
    use Type::{Bool, F64, I64, Ref};
    let writes = |classes: &[_]| Effects {
        writes: ClassSet::of(classes),
        ..Effects::PURE
    };
    let collects = Effects {
        collects: true,
        ..Effects::PURE
    };
    let mut helpers = vec![
        helper("scramble", &[I64, I64], Some(I64), Effects::PURE),
        helper("curve", &[F64], Some(F64), Effects::PURE),
        helper("is_odd", &[I64], Some(Bool), Effects::PURE),
        helper(
            "digest",
            &[Ref],
            Some(I64),
            Effects::reading(ClassSet::of(&[FIELD, SHAPE])),
        ),
        helper(
            "lookup",
            &[Ref, I64],
            Some(I64),
            Effects::reading(ClassSet::of(&[SHAPE])),
        ),
        helper(
            "follow",
            &[Ref],
            Some(Ref),
            Effects::reading(ClassSet::of(&[LINKS])),
        ),
        helper(
            "glance",
            &[I64],
            Some(I64),
            Effects {
                reads_host: true,
                ..Effects::PURE
            },
        ),
        helper("print", &[I64], None, Effects::HOST),
        failing(helper("checked", &[I64], Some(I64), Effects::PURE)),
        failing(helper(
            "strict",
            &[Ref, I64],
            Some(I64),
            Effects::reading(ClassSet::of(&[FIELD])),
        )),
        helper("set_fields", &[Ref, I64], None, writes(&[FIELD])),
        helper("set_floats", &[Ref, F64], Some(F64), writes(&[FLOATS])),
        helper(
            "relink",
            &[Ref],
            None,
            Effects {
                reads: ClassSet::of(&[LINKS]),
                ..writes(&[LINKS, SHAPE])
            },
        ),
        failing(helper("new_record", &[], Some(Ref), collects)),
        failing(making(
            "make_record",
            &[I64, I64],
            &[
                (Mem::I64, 0, SHAPE, Initial::Argument(1)),
                (Mem::I64, 8, FIELD, Initial::Constant(0)),
                (Mem::F64, 16, FLOATS, Initial::Constant(0)),
                (Mem::U16, 40, BYTES, Initial::Constant(7)),
                (Mem::I8, 42, BYTES, Initial::Constant(-3_i64 as u64)),
            ],
        )),
        making(
            "make_array",
            &[I64],
            &[(Mem::I64, 8, LENGTH, Initial::Constant(4))],
        ),
        helper(
            "append",
            &[Ref, I64],
            None,
            Effects {
                writes: ClassSet::of(&[LENGTH, DATA, ELEMENTS, BYTES]),
                ..collects
            },
        ),
        helper(
            "traceback",
            &[],
            Some(I64),
            Effects {
                reads_frames: true,
                ..Effects::PURE
            },
        ),
        helper(
            "set_local",
            &[I64],
            None,
            Effects {
                writes_frames: true,
                ..Effects::PURE
            },
        ),
        failing(helper("callback", &[I64], Some(I64), Effects::WORST)),
        failing(helper(
            "observe",
            &[I64, F64],
            Some(F64),
            Effects {
                writes_frames: false,
                ..Effects::WORST
            },
        )),
        failing(helper(
            "invoke",
            &[I64],
            Some(I64),
            Effects {
                transfers: true,
                ..Effects::WORST
            },
        )),
        helper(
            "tail_call",
            &[I64],
            None,
            Effects {
                transfers: true,
                ..Effects::PURE
            },
        ),
    ];
    for index in 0..2 + random.below(3) {
        let mut set = |percent| {
            let mut set = ClassSet::NONE;
            for class in 0..NEXT.0 {
                if random.chance(percent) {
                    set = set.with(crate::Class(class));
                }
            }
            set
        };
        let (reads, writes) = (set(30), set(25));
        let params: Vec<_> = (0..random.below(3))
            .map(|_| random.pick(&[I64, F64, Ref, Bool]))
            .collect();
        let effects = Effects {
            reads,
            writes: if random.chance(30) {
                ClassSet::NONE
            } else {
                writes
            },
            reads_host: random.chance(20),
            writes_host: random.chance(30),
            collects: random.chance(30),
            reads_frames: random.chance(20),
            writes_frames: random.chance(20),
            reenters: random.chance(10),
            transfers: random.chance(10),
        };
        let result = random.pick(&[None, Some(I64), Some(F64), Some(Bool)]);
        helpers.push(Helper {
            fails: random.chance(30),
            ..helper(&format!("random{index}"), &params, result, effects)
        });
    }
    Interface {
        group,
        classes: CLASS_NAMES.map(str::to_owned).to_vec(),
        helpers,
    }
}
