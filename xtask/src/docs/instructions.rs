//! Moonlet's instructions: its table as a page, grouped as the table is.
//!
//! The table's two files stand on nothing else and are compiled into this program, too: depending on
//! Moonlet would build Cranelift for each task.

use instr::Instr;
use std::fmt::Write;

#[path = "../../../examples/moonlet/src/bytecode/instr.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "Moonlet's, of which this is part"
)]
mod instr;
#[path = "../../../examples/moonlet/src/bytecode/operand.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "Moonlet's, of which this is part"
)]
mod operand;

/// The page.
pub(super) fn page() -> String {
    let mut page = String::from(
        "# Moonlet's instructions\n\n\
         Printed from the table of instructions by `cargo xtask docs`; change \
         `examples/moonlet/src/bytecode/instr.rs` instead.\n\
         [The design note](design/instructions.md) says what derives from the table.\n\n\
         `R[a]` is slot `a` of the running function's frame, `K[k]` constant `k` of the chunk.\n\
         The kinds of operands:\n\n\
         | kind | what the operand is |\n| --- | --- |\n",
    );
    for (kind, doc) in operand::KINDS {
        writeln!(page, "| `{kind}` | {} |", doc.trim()).expect("a string takes everything");
    }
    page.push_str(
        "\nEffects are what an instruction does with slots that no operand names by itself:\n\
         `reads(first, n)`, `writes(first, n)`, `results(first, n)` (left there by a callee, whose frame \
         overwrites everything from there on) and `returns(first, n)` are lists of slots;\n\
         `…_list(first, count, top)` are such lists that may be open, and end below the slot whose number \
         slot `top` holds then.\n\
         `reads_rest(first)` is of all slots from there on, `needs(slot)` only says that the frame has it, \
         and `after(a, n)` is slot `a + n`.\n\n\
         The last column is the error of an instruction that cannot do what it says; without one, only the \
         stack may lack room.\n\
         Errors that helpers raise are their own.\n",
    );
    let mut group = "";
    for row in Instr::TABLE {
        if row.group != group {
            group = row.group;
            write!(
                page,
                "\n## {group}\n\n| instruction | operands | effects | what it does | fails |\n\
                 | --- | --- | --- | --- | --- |\n"
            )
            .expect("a string takes everything");
        }
        let operands = row.operands.iter();
        let operands: Vec<_> = operands
            .map(|(name, kind)| format!("`{name}`: {kind}"))
            .collect();
        let effects = row.effects.iter().map(|it| it.replace("_u8", ""));
        let effects: Vec<_> = effects.map(|it| format!("`{it}`")).collect();
        let fault = match row.fault {
            "" => String::new(),
            fault => format!("`{fault}`"),
        };
        writeln!(
            page,
            "| `{}` | {} | {} | {} | {fault} |",
            row.name,
            operands.join(", "),
            effects.join(", "),
            row.doc.trim().replace('|', "\\|"),
        )
        .expect("a string takes everything");
    }
    page
}
