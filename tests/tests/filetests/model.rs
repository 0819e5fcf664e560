//! The machine that file tests run on: a frame, a byte heap and helpers that answer as the file
//! says. It writes down everything the trace does to it.

use crate::directives::Setup;
use offramp_uop::evaluate::{Call, Left, Outcome, State};
use offramp_uop::{Interface, Mem, Pc, Trace, Type};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

/// A machine and its log.
pub(crate) struct Model<'a> {
    interface: &'a Interface,
    frame: BTreeMap<i64, u64>,
    /// What the traces hold in words of the frame.
    types: BTreeMap<i64, Type>,
    /// Bytes by address.
    heap: BTreeMap<u64, u8>,
    /// The cells the file names, to be shown in the end.
    cells: Vec<(u64, Mem)>,
    answers: BTreeMap<String, VecDeque<Outcome>>,
    polls: VecDeque<bool>,
    validities: VecDeque<bool>,
    /// Guards that hold until one is forced.
    force: Option<usize>,
    pub(crate) log: String,
}

impl<'a> Model<'a> {
    pub(crate) fn new(setup: &Setup, interface: &'a Interface) -> Model<'a> {
        let frame = setup.frame.iter();
        let mut model = Model {
            interface,
            frame: frame
                .map(|&(word, bits)| (setup.base + word, bits))
                .collect(),
            types: BTreeMap::new(),
            heap: BTreeMap::new(),
            cells: Vec::new(),
            answers: BTreeMap::new(),
            polls: setup.polls.iter().copied().collect(),
            validities: setup.validities.iter().copied().collect(),
            force: setup.force,
            log: String::new(),
        };
        for (helper, answers) in &setup.answers {
            let answers = answers.iter().copied().collect();
            model.answers.insert(helper.clone(), answers);
        }
        for &(address, mem, bits) in &setup.heap {
            model.write(address, mem, bits);
            model.cells.push((address, mem));
        }
        model
    }

    /// Adds a line to the log.
    pub(crate) fn note(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.log, "  {line}").expect("writing to a string cannot fail");
    }

    /// Notes what `trace`, entered with this base, holds in which words.
    pub(crate) fn learn(&mut self, trace: &Trace, base: i64) {
        let uops = trace.uops.iter().filter_map(|uop| {
            let ty = uop.args.first().map_or(uop.ty, |&arg| trace.ty(arg));
            Some((uop.word()?, ty?))
        });
        let exits = trace.exits.iter().flat_map(|exit| &exit.words);
        let pending = exits.filter_map(|&(word, value)| Some((word, trace.ty(value)?)));
        for (word, ty) in uops.chain(pending) {
            self.types.insert(base + i64::from(word.0), ty);
        }
    }

    fn write(&mut self, address: u64, mem: Mem, bits: u64) {
        for (index, byte) in bits.to_le_bytes().into_iter().enumerate() {
            if index < mem.bytes() as usize {
                self.heap.insert(address + index as u64, byte);
            }
        }
    }

    fn read(&self, address: u64, mem: Mem) -> u64 {
        let mut bytes = [0; 8];
        for (index, byte) in bytes.iter_mut().enumerate().take(mem.bytes() as usize) {
            let address = address + index as u64;
            *byte = *self
                .heap
                .get(&address)
                .unwrap_or_else(|| panic!("nothing is at {address:#x}"));
        }
        mem.extend(u64::from_le_bytes(bytes))
    }

    /// What the cold exit does: writes what is pending.
    pub(crate) fn settle(&mut self, left: &Left) {
        self.frame.extend(left.words.iter().copied());
    }

    /// Adds frame and heap to the log.
    pub(crate) fn show_memory(&mut self) {
        let words = self.frame.iter();
        let words: Vec<_> = words
            .map(|(index, &bits)| {
                let ty = self.types.get(index).copied();
                format!("w{index} = {}", shown(bits, ty))
            })
            .collect();
        if !words.is_empty() {
            self.note(format_args!("frame {}", words.join(", ")));
        }
        let cells: Vec<_> = self
            .cells
            .iter()
            .map(|&(address, mem)| {
                let bits = self.read(address, mem);
                format!("{address:#x} = {}", shown(bits, Some(mem.ty())))
            })
            .collect();
        if !cells.is_empty() {
            self.note(format_args!("heap {}", cells.join(", ")));
        }
    }
}

/// Bits as a value of a type, where it is known; else an integer.
///
/// The sign of a NaN that arithmetic makes is the machine's choice; with any other payload it is
/// shown exactly.
pub(crate) fn shown(bits: u64, ty: Option<Type>) -> String {
    match ty {
        Some(Type::F64) if bits << 1 == f64::NAN.to_bits() << 1 => "NaN".to_owned(),
        Some(Type::F64) if f64::from_bits(bits).is_nan() => format!("{bits:#x}"),
        Some(Type::F64) => format!("{:?}", f64::from_bits(bits)),
        Some(Type::Ref | Type::Ptr) => format!("{bits:#x}"),
        Some(Type::Bool) => (bits == 1).to_string(),
        Some(Type::I64) | None => (bits as i64).to_string(),
    }
}

/// A list of values and their types.
pub(crate) fn shown_all(values: impl IntoIterator<Item = (u64, Option<Type>)>) -> String {
    let values = values.into_iter().map(|(bits, ty)| shown(bits, ty));
    values.collect::<Vec<_>>().join(", ")
}

impl State for Model<'_> {
    fn load_word(&mut self, index: i64) -> u64 {
        let bits = self.frame.get(&index);
        *bits.unwrap_or_else(|| panic!("no frame word {index}"))
    }

    fn store_word(&mut self, index: i64, bits: u64) {
        self.frame.insert(index, bits);
    }

    fn load(&mut self, address: u64, mem: Mem) -> u64 {
        self.read(address, mem)
    }

    fn store(&mut self, address: u64, mem: Mem, bits: u64) {
        self.write(address, mem, bits);
    }

    fn call(&mut self, call: Call<'_>) -> Outcome {
        let helper = &self.interface.helpers[call.helper.index()];
        let name = &helper.name;
        let answers = self.answers.get_mut(name);
        let answers = answers.unwrap_or_else(|| panic!("no answers for @{name}"));
        let answer = match answers.len() {
            1 => answers[0],
            _ => answers
                .pop_front()
                .expect("a list of answers is never empty"),
        };
        let from = match call.from {
            Some((base, pc)) => format!(" at {pc} base {base}"),
            None => String::new(),
        };
        let roots = match call.roots {
            [] => String::new(),
            roots => {
                let roots = roots.iter().map(|&bits| (bits, Some(Type::Ref)));
                format!(" roots {}", shown_all(roots))
            }
        };
        let answer_text = match answer {
            Outcome::Value(bits) => match helper.result {
                Some(_) => shown(bits, helper.result),
                None => "nothing".to_owned(),
            },
            Outcome::Error => "error".to_owned(),
            Outcome::Transfer { pc, base } => format!("transfer to {pc} base {base}"),
        };
        let types = helper.params.iter().copied().map(Some);
        let args = shown_all(call.args.iter().copied().zip(types));
        self.note(format_args!(
            "call @{name}({args}){from}{roots} = {answer_text}"
        ));
        answer
    }

    fn poll(&mut self) -> bool {
        self.polls.pop_front().unwrap_or(false)
    }

    fn is_valid(&mut self) -> bool {
        self.validities.pop_front().unwrap_or(true)
    }

    fn at(&mut self, pc: Pc) {
        self.note(format_args!("at {pc}"));
    }

    fn force_exit(&mut self) -> bool {
        let Some(remaining) = &mut self.force else {
            return false;
        };
        *remaining -= 1;
        let now = *remaining == 0;
        if now {
            self.force = None;
        }
        now
    }
}
