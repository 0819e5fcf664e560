//! Example traces in the book.
//!
//! A block fenced as `uop recorded` holds traces in the text form, which must pass the verifier for
//! recorded traces. A block fenced as `uop optimised` or `uop trail` is printed: what the
//! optimiser makes of the recorded block before it, or the rewrites it made on the way. Behind
//! `uop optimised` may stand, as in `live w14 w15 at 8 9`, words that are read again only behind
//! those instructions.

use anyhow::{Context, Result, anyhow, bail};
use offramp_uop::Pc;
use offramp_uop::optimise::{Caller, Liveness, Options, optimise};
use offramp_uop::text::{parse_file, print_file};
use offramp_uop::verify::verify_recorded;

/// `page` with its printed blocks as they should be.
pub(super) fn print(page: &str) -> Result<String> {
    let mut out = String::new();
    let mut recorded = None;
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out += line;
        out.push('\n');
        let Some(kind) = line.strip_prefix("```uop ") else {
            continue;
        };
        let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let inside = inside.join("\n") + "\n";
        let source = || {
            recorded
                .as_deref()
                .context("no recorded block before this one")
        };
        out += &match kind {
            "recorded" => {
                let canonical = check(&inside)?;
                recorded = Some(canonical.clone());
                canonical
            }
            "trail" => optimised(source()?, None)?.1,
            kind => match kind.strip_prefix("optimised") {
                Some("") => optimised(source()?, None)?.0,
                Some(live) => {
                    let live = LiveAt::parse(live)?;
                    optimised(source()?, Some(live))?.0
                }
                None => bail!("unknown kind of uop block: {kind}"),
            },
        };
        out += "```\n";
    }
    Ok(out)
}

/// The block as the printer writes it, if it holds good recorded traces.
fn check(source: &str) -> Result<String> {
    let (interface, traces) = parse_file(source).map_err(|error| anyhow!("{error}"))?;
    for trace in &traces {
        verify_recorded(trace).map_err(|errors| anyhow!("{errors}"))?;
    }
    Ok(print_file(&interface, &traces))
}

/// Words that are live at some instructions only.
#[derive(Debug)]
struct LiveAt {
    words: Vec<u32>,
    places: Vec<Pc>,
}

impl LiveAt {
    fn parse(text: &str) -> Result<LiveAt> {
        let parts = text
            .strip_prefix(" live ")
            .and_then(|it| it.split_once(" at "));
        let (words, places) = parts.context("expected `live w<n> … at <pc> …`")?;
        let number = |text: &str| text.parse().with_context(|| format!("no number: {text}"));
        let word = |text: &str| number(text.trim_start_matches('w'));
        Ok(LiveAt {
            words: words.split(' ').map(word).collect::<Result<_>>()?,
            places: places.split(' ').map(number).collect::<Result<_>>()?,
        })
    }
}

impl Liveness for LiveAt {
    fn is_live(&self, pc: Pc, word: u32) -> bool {
        !self.words.contains(&word) || self.places.contains(&pc)
    }

    fn outlives(&self, _: Pc, _: u32) -> bool {
        true
    }

    fn caller(&self, _: &dyn Fn(i32) -> Option<i64>) -> Option<Caller> {
        None
    }
}

/// The optimised traces and the rewrites.
fn optimised(source: &str, live: Option<LiveAt>) -> Result<(String, String)> {
    let (interface, traces) = parse_file(source).map_err(|error| anyhow!("{error}"))?;
    let mut trail = String::new();
    let optimised = traces.iter().map(|trace| {
        let options = Options {
            live: live.as_ref().map(|live| live as &dyn Liveness),
            ..Options::default()
        };
        let optimised = optimise(trace, &options);
        for rewrite in optimised.trail {
            trail += &format!("{rewrite}\n");
        }
        optimised.trace
    });
    let traces: Vec<_> = optimised.collect();
    Ok((print_file(&interface, &traces), trail))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str = "```uop recorded\ninterface {\n}\n\ntrace \"t\" at 1 {\n  start\n  at 1\n  \
         %2 = const.i64 7\n  store_word w0, %2\n  exit to x0\n  unreachable\nexits:\n  x0 = side 2\n}\n```\n";

    #[test]
    fn printed_blocks_are_rewritten_and_the_rest_is_kept() {
        let page = format!("Before.\n{RECORDED}Between.\n```uop optimised\nold\n```\nAfter.\n");
        let printed = print(&page).expect("a good page");
        assert!(
            printed.starts_with(&format!("Before.\n{RECORDED}Between.\n")),
            "{printed}"
        );
        assert!(printed.contains("x0 = side 2 { w0 = "), "{printed}");
        assert!(
            printed.ends_with("```\nAfter.\n") && !printed.contains("old"),
            "{printed}"
        );
        assert_eq!(print(&printed).expect("a good page"), printed);
    }

    #[test]
    fn what_is_wrong_with_a_block_is_reported() {
        for (page, complaint) in [
            ("```uop recorded\ntrace\n```\n", "expected"),
            ("```uop optimised\n```\n", "no recorded block"),
            ("```uop verified\n```\n", "unknown kind"),
            ("```uop optimised alive\n```\n", "expected `live"),
        ] {
            let error = print(page).expect_err(complaint);
            assert!(format!("{error:#}").contains(complaint), "{error:#}");
        }
        let error = print(&RECORDED.replace("w0, %2", "w0, %9")).expect_err("a bad trace");
        assert!(format!("{error:#}").contains("%9"), "{error:#}");
    }
}
