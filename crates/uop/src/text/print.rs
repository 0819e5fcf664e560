//! The printer.

use super::lex::quoted;
use super::listing::{Listing, Place};
use super::{constant_text, is_plain};
use crate::exit::ExitState;
use crate::id::{ContractId, ExitId, Value};
use crate::interface::{Class, ClassSet, Effects, Helper, Initial, Interface};
use crate::op::{Op, Suffix};
use crate::signature::Holds;
use crate::trace::{Header, Trace};
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt::{self, Display, Write};
use std::ops::Range;

/// Numbers contracts in order of appearance, so that text does not depend on what else the
/// process made.
#[derive(Default)]
struct Contracts(Vec<ContractId>);

impl Contracts {
    fn number(&mut self, contract: ContractId) -> usize {
        let known = self.0.iter().position(|&known| known == contract);
        known.unwrap_or_else(|| {
            self.0.push(contract);
            self.0.len() - 1
        })
    }
}

/// Traces of one source: contracts are numbered across them.
pub fn print_traces(traces: &[Trace]) -> Vec<String> {
    let mut contracts = Contracts::default();
    traces
        .iter()
        .map(|trace| listing(trace, &mut contracts).text().to_owned())
        .collect()
}

/// An interface and traces over it as one source.
pub fn print_file(interface: &Interface, traces: &[Trace]) -> String {
    let mut parts = vec![interface.to_string()];
    parts.extend(print_traces(traces));
    parts.join("\n")
}

impl Listing {
    /// Prints `trace`.
    pub fn of(trace: &Trace) -> Listing {
        listing(trace, &mut Contracts::default())
    }
}

impl Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Listing::of(self).text())
    }
}

fn listing(trace: &Trace, contracts: &mut Contracts) -> Listing {
    let mut printer = Printer {
        trace,
        contracts,
        out: String::new(),
        places: FxHashMap::default(),
        named: named_values(trace),
    };
    printer.trace();
    Listing::new(printer.out, printer.places)
}

struct Printer<'a> {
    trace: &'a Trace,
    contracts: &'a mut Contracts,
    out: String,
    places: FxHashMap<Place, Range<usize>>,
    /// What is named elsewhere. Guards have names though they may have no result: short preambles list
    /// them, and wrong traces use them.
    named: FxHashSet<Value>,
}

/// Every value that a uop, an exit or the short preamble names.
fn named_values(trace: &Trace) -> FxHashSet<Value> {
    let operands = trace.uops.iter().flat_map(|uop| &uop.args).copied();
    let pending = |exit: &ExitState| {
        exit.words
            .iter()
            .map(|&(_, value)| value)
            .collect::<Vec<_>>()
    };
    let words = trace.exits.iter().flat_map(pending);
    let extras = trace.exits.iter().flat_map(|exit| &exit.extras).copied();
    let short = trace
        .header
        .iter()
        .flat_map(|header| &header.short)
        .copied();
    operands.chain(words).chain(extras).chain(short).collect()
}

impl Printer<'_> {
    fn put(&mut self, text: impl Display) {
        write!(self.out, "{text}").expect("writing to a string cannot fail");
    }

    /// Notes that what `print` prints is `place`.
    fn mark(&mut self, place: Place, print: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        print(self);
        self.places.insert(place, start..self.out.len());
    }

    /// ` name { item, item }`, nothing if there is no item.
    fn list<T>(
        &mut self,
        name: &str,
        items: &[T],
        place: impl Fn(usize) -> Place,
        item: impl Fn(&T) -> String,
    ) {
        if items.is_empty() {
            return;
        }
        self.put(name);
        for (index, one) in items.iter().enumerate() {
            self.put(if index == 0 { " { " } else { ", " });
            self.mark(place(index), |p| p.put(item(one)));
        }
        self.put(" }");
    }

    fn trace(&mut self) {
        let trace = self.trace;
        self.put("trace ");
        self.mark(Place::Trace, |p| p.put(quoted(&trace.name)));
        self.put(format_args!(" at {}", trace.pc));
        self.list(
            " takes",
            &trace.entry.words,
            Place::EntryWord,
            |entry| match entry.holds {
                Holds::Param(ty) => format!("{}: {ty}", entry.word),
                Holds::Constant(constant) => format!("{} = {constant}", entry.word),
            },
        );
        for (index, address) in trace.refs.iter().enumerate() {
            self.put(if index == 0 { " refs { " } else { ", " });
            self.put(format_args!("r{index} = {address:#x}"));
        }
        self.put(if trace.refs.is_empty() {
            " {\n"
        } else {
            " } {\n"
        });
        for (at, uop) in trace.iter() {
            self.put("  ");
            self.mark(Place::Uop(at), |p| p.uop(at, uop));
            self.put("\n");
        }
        if !trace.exits.is_empty() {
            self.put("exits:\n");
        }
        for (index, exit) in trace.exits.iter().enumerate() {
            let id = ExitId(index as u32);
            self.put("  ");
            self.mark(Place::Exit(id), |p| p.exit(id, exit));
            self.put("\n");
        }
        if let Some(header) = &trace.header {
            self.put("header:\n  ");
            self.mark(Place::Header, |p| p.header(header));
            self.put("\n");
        }
        self.put("}\n");
    }

    fn uop(&mut self, at: Value, uop: &Uop) {
        let interface = &self.trace.interface;
        let declared = uop.declared_type(interface);
        let is_named = uop.op.is_guard() && self.named.contains(&at);
        if uop.ty.is_some() || declared.is_some() || is_named {
            self.mark(Place::Result(at), |p| {
                p.put(at);
                if uop.ty != declared {
                    p.put(format_args!(": {}", uop.ty.map_or("none", Type::name)));
                }
            });
            self.put(" = ");
        }
        self.put(if uop.sunk { "sunk " } else { "" });
        self.mark(Place::Op(at), |p| {
            p.put(uop.op.name());
            match (uop.op.info().suffix, uop.ty, uop.access()) {
                (Suffix::Type(_), Some(ty), _) => p.put(format_args!(".{ty}")),
                (Suffix::Mem, _, Some(access)) => p.put(format_args!(".{}", access.mem)),
                _ => {}
            }
        });
        let mut separator = " ";
        let immediate = match uop.imm {
            Imm::None | Imm::Access(_) => None,
            Imm::Const(bits) => {
                let ty = uop.ty.unwrap_or(Type::I64);
                Some(constant_text(Const { ty, bits }))
            }
            Imm::Word(word) => Some(word.to_string()),
            Imm::Helper(helper) => Some(format!(
                "@{}",
                named(&interface.helpers, helper.index(), |helper| &helper.name)
            )),
            Imm::Place(pc) => Some(pc.to_string()),
        };
        if let Some(immediate) = immediate {
            self.put(" ");
            self.mark(Place::Immediate(at), |p| p.put(immediate));
            separator = ", ";
        }
        if uop.op == Op::Call {
            separator = "(";
        }
        for (index, arg) in uop.args.iter().enumerate() {
            self.put(std::mem::replace(&mut separator, ", "));
            self.mark(Place::Operand(at, index), |p| p.put(arg));
        }
        if uop.op == Op::Call {
            self.put(if uop.args.is_empty() { "()" } else { ")" });
        }
        if let Imm::Access(access) = uop.imm {
            self.put(separator);
            self.mark(Place::Immediate(at), |p| {
                if access.scale != 0 {
                    p.put(format_args!("scale {}, ", access.scale));
                }
                if access.offset != 0 {
                    p.put(format_args!("offset {}, ", access.offset));
                }
                p.put(class_name(interface, access.class));
            });
        }
        if let Some(exit) = uop.exit {
            self.put(if uop.op.is_terminator() {
                " to "
            } else {
                " else "
            });
            self.mark(Place::Through(at), |p| p.put(exit));
        }
    }

    fn exit(&mut self, id: ExitId, exit: &ExitState) {
        self.put(format_args!("{id} = {} {}", exit.kind.name(), exit.target));
        if exit.base != 0 {
            self.put(format_args!(" base {:+}", exit.base));
        }
        self.list(
            "",
            &exit.words,
            |index| Place::ExitWord(id, index),
            |(word, value)| format!("{word} = {value}"),
        );
        self.list(
            " extras",
            &exit.extras,
            |index| Place::Extra(id, index),
            Value::to_string,
        );
        if let Some(contract) = exit.contract {
            let number = self.contracts.number(contract);
            self.put(format_args!(" contract {number}"));
        }
    }

    fn header(&mut self, header: &Header) {
        let number = self.contracts.number(header.contract);
        self.put(format_args!("contract {number} at {}", header.pc));
        self.put(if header.open { "" } else { " closed" });
        self.list(
            " constants",
            &header.constants,
            Place::HeaderConstant,
            |(word, constant)| format!("{word} = {constant}"),
        );
        self.list(" short", &header.short, Place::Short, Value::to_string);
    }
}

impl Display for Const {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.ty, constant_text(*self))
    }
}

/// How item `index` is referred to: by its name if that means it, else by its number.
fn named<T>(items: &[T], index: usize, name: impl Fn(&T) -> &String) -> String {
    match items.get(index).map(&name) {
        Some(text) if items.iter().position(|item| name(item) == text) == Some(index) => {
            written(text)
        }
        _ => format!("#{index}"),
    }
}

/// A name, quoted where it must be.
fn written(name: &str) -> String {
    if is_plain(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn class_name(interface: &Interface, class: Class) -> String {
    named(&interface.classes, usize::from(class.0), |name| name)
}

impl Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "interface {{")?;
        if self.group != 1 {
            writeln!(f, "  group {}", self.group)?;
        }
        for class in &self.classes {
            writeln!(f, "  class {}", written(class))?;
        }
        for helper in &self.helpers {
            let params: Vec<_> = helper.params.iter().map(|ty| ty.name()).collect();
            write!(
                f,
                "  helper @{}({})",
                written(&helper.name),
                params.join(", ")
            )?;
            if let Some(result) = helper.result {
                write!(f, " -> {result}")?;
            }
            writeln!(f, " {{ {} }}", effects_text(self, helper))?;
        }
        writeln!(f, "}}")
    }
}

fn effects_text(interface: &Interface, helper: &Helper) -> String {
    let Effects {
        reads,
        writes,
        reads_host,
        writes_host,
        collects,
        reads_frames,
        writes_frames,
        reenters,
        transfers,
    } = helper.effects;
    let classes = |verb: &str, set: ClassSet| {
        let names: Vec<_> = match set {
            ClassSet::ALL => vec!["all".to_owned()],
            set => set
                .iter()
                .map(|class| class_name(interface, class))
                .collect(),
        };
        (!set.is_empty()).then(|| format!("{verb} {}", names.join(" ")))
    };
    let flag = |name: &str, set: bool| set.then(|| name.to_owned());
    let but_transfers = Effects {
        transfers: false,
        ..helper.effects
    };
    let mut items: Vec<Option<String>> = if but_transfers == Effects::WORST {
        vec![flag("worst", true)]
    } else {
        vec![
            flag("pure", helper.effects == Effects::PURE),
            classes("reads", reads),
            classes("writes", writes),
            flag("reads_host", reads_host),
            flag("writes_host", writes_host),
            flag("collects", collects),
            flag("reads_frames", reads_frames),
            flag("writes_frames", writes_frames),
            flag("reenters", reenters),
        ]
    };
    items.push(flag("transfers", transfers));
    items.push(flag("fails", helper.fails));
    if let Some(object) = &helper.makes {
        let holds = object.holds.iter().map(|content| {
            let access = content.access;
            let class = class_name(interface, access.class);
            let value = match content.value {
                Initial::Constant(bits) => constant_text(Const {
                    ty: access.mem.ty(),
                    bits,
                }),
                Initial::Argument(number) => format!("#{number}"),
            };
            format!(" {}@{} {class} = {value}", access.mem, access.offset)
        });
        items.push(Some("new".to_owned() + &holds.collect::<String>()));
    }
    items.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
