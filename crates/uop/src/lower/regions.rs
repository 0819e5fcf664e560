//! Which exits share a block.
//!
//! Exits that jump to one block must all pass every home of it. An exit in front of the first that
//! means a home has nothing to pass there, and one behind the last keeps something alive only to
//! pass it: each costs a move or a register. So the exits of a function, in order, are cut into
//! regions with a block each, where what is saved outweighs another block.

/// What passing a home where nothing was ever meant costs, in bytes of code, about.
const FILLED: usize = 4;
/// What passing on something that is meant nowhere any more costs.
const KEPT: usize = 1;
/// What one more block costs, with the moves in it. Found by trying: at 20, programs' exits took
/// more.
const BLOCK: usize = 40;

/// Cuts `exits` exits into regions: where each ends. `meant` has, per home, the exits that mean it,
/// ascending. The first `early` exits pass what they find at no cost.
pub(super) fn cut(meant: &[Vec<usize>], exits: usize, early: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    split(meant, 0, exits, early, &mut ends);
    ends
}

fn split(meant: &[Vec<usize>], from: usize, to: usize, early: usize, ends: &mut Vec<usize>) {
    // How many homes are meant for the first time, and the last, at each exit from `from` on.
    let mut first = vec![0; to - from];
    let mut last = vec![0; to - from];
    let mut homes = 0;
    for exits in meant {
        let begin = exits.partition_point(|&exit| exit < from);
        let end = exits.partition_point(|&exit| exit < to);
        if begin < end {
            first[exits[begin] - from] += 1;
            last[exits[end - 1] - from] += 1;
            homes += 1;
        }
    }
    let (mut begun, mut ended) = (0, 0);
    let mut best = (0, 0);
    for at in from + 1..to {
        begun += first[at - 1 - from];
        ended += last[at - 1 - from];
        let filling = at - from.max(early).min(at);
        let saved = FILLED * filling * (homes - begun) + KEPT * (to - at) * ended;
        if saved > BLOCK + best.0 {
            best = (saved - BLOCK, at);
        }
    }
    match best {
        (0, _) => ends.push(to),
        (_, at) => {
            split(meant, from, at, early, ends);
            split(meant, at, to, early, ends);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn exits_that_mean_the_same_share_a_block() {
        let all: Vec<usize> = (0..30).collect();
        assert_eq!(cut(&[all.clone(), all], 30, 0), [30]);
        assert_eq!(cut(&[], 3, 0), [3]);
    }

    #[test]
    fn a_home_that_is_meant_late_is_not_passed_before() {
        let late: Vec<usize> = (20..30).collect();
        assert_eq!(cut(std::slice::from_ref(&late), 30, 0), [20, 30]);
        // Where nothing need be filled, there is nothing to save.
        assert_eq!(cut(&[late], 30, 20), [30]);
    }

    #[test]
    fn a_few_exits_are_not_worth_a_block() {
        assert_eq!(cut(&[vec![3, 4]], 5, 0), [5]);
    }

    #[test]
    fn what_is_meant_no_more_is_dropped_where_many_exits_follow() {
        assert_eq!(cut(&[vec![0, 1], vec![0, 1]], 40, 0), [2, 40]);
    }
}
