//! Programs as trees of statements, so that statements can be taken out of them.

/// A statement.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// A line.
    Line(String),
    /// Blocks under their heads: a loop, a function, the arms of an `if`.
    Blocks {
        /// What is said before each block, and the block.
        arms: Vec<(String, Vec<Statement>)>,
        /// What is said behind the last.
        end: String,
    },
}

impl Statement {
    /// One block.
    pub(crate) fn block(head: String, body: Vec<Statement>, end: &str) -> Statement {
        Statement::Blocks {
            arms: vec![(head, body)],
            end: end.to_owned(),
        }
    }
}

/// The program's text.
pub(crate) fn text(prelude: &str, statements: &[Statement]) -> String {
    let mut text = prelude.to_owned();
    write(statements, 0, &mut text);
    text
}

fn write(statements: &[Statement], depth: usize, text: &mut String) {
    let line = |text: &mut String, line: &str| {
        text.extend(std::iter::repeat_n("  ", depth));
        text.push_str(line);
        text.push('\n');
    };
    for statement in statements {
        match statement {
            Statement::Line(said) => line(text, said),
            Statement::Blocks { arms, end } => {
                for (head, body) in arms {
                    line(text, head);
                    write(body, depth + 1, text);
                }
                line(text, end);
            }
        }
    }
}

/// Takes statements out as long as `fails` holds; at most `attempts` programs are tried.
///
/// Loops count and calls burn fuel in the heads of their blocks, which go only as a whole, so every
/// program on the way ends, too.
pub(crate) fn shrink(
    mut statements: Vec<Statement>,
    mut attempts: usize,
    mut fails: impl FnMut(&[Statement]) -> bool,
) -> Vec<Statement> {
    loop {
        let before = count(&statements);
        let mut index = 0;
        while index < count(&statements) {
            let mut smaller = statements.clone();
            remove(&mut smaller, &mut index.clone());
            if attempts == 0 {
                return statements;
            }
            attempts -= 1;
            if fails(&smaller) {
                statements = smaller;
            } else {
                index += 1;
            }
        }
        if count(&statements) == before {
            return statements;
        }
    }
}

/// Statements at all depths.
fn count(statements: &[Statement]) -> usize {
    let inside = |statement: &Statement| match statement {
        Statement::Line(_) => 0,
        Statement::Blocks { arms, .. } => arms.iter().map(|(_, body)| count(body)).sum(),
    };
    statements
        .iter()
        .map(|statement| 1 + inside(statement))
        .sum()
}

/// Removes the statement of this index, outer ones counted before those inside; whether it was here.
fn remove(statements: &mut Vec<Statement>, index: &mut usize) -> bool {
    for at in 0..statements.len() {
        if *index == 0 {
            statements.remove(at);
            return true;
        }
        *index -= 1;
        if let Statement::Blocks { arms, .. } = &mut statements[at] {
            for (_, body) in arms {
                if remove(body, index) {
                    return true;
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_leaves_what_fails() {
        let line = |text: &str| Statement::Line(text.to_owned());
        let body = vec![line("a"), line("guilty"), line("b")];
        let block = Statement::block("do".to_owned(), body, "end");
        let shrunk = shrink(vec![line("c"), block, line("d")], 1000, |statements| {
            text("", statements).contains("guilty")
        });
        assert_eq!(text("", &shrunk), "do\n  guilty\nend\n");
    }
}
