//! The page of fold rules: the table of the optimiser, as it is applied.

use offramp_uop::optimise::rules::RULES;
use std::fmt::Write;

/// The page.
pub(super) fn page() -> String {
    let mut page = String::from(
        "# The fold rules\n\n\
         Printed from the table of rules by `cargo xtask docs`; change `crates/uop/src/optimise/rules.rs` instead.\n\
         [The optimiser](optimiser.md) folds a [uop](uops.md) by the first row that applies.\n\n\
         `x`, `y` and `z` are integers, `p` and `q` truth values, `a` and `b` doubles, `r` a reference; \
         capital letters are constants.\n\
         Rows of one name are the cases of one rule.\n\
         How each is tested and proved: [the rule table](testing.md#the-rule-table).\n\n\
         | rule | what is replaced | by | where |\n| --- | --- | --- | --- |\n",
    );
    for rule in RULES {
        let when: Vec<String> = rule.when.iter().map(|term| format!("`{term}`")).collect();
        let (name, left, right) = (rule.name, rule.left, rule.right);
        let when = when.join(", ");
        writeln!(page, "| `{name}` | `{left}` | `{right}` | {when} |")
            .expect("a string takes everything");
    }
    page
}
