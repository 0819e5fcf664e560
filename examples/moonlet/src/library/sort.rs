//! `table.sort`: lua5.4's own quicksort, as programs see the order of items that are equal, and which items an
//! order function is asked for.
//!
//! Knows nothing of the VM: what is sorted is an [`Items`].

/// What is sorted: items by number, and their order. Each may fail.
pub(super) trait Items {
    /// An item.
    type Item: Copy;
    /// Why something failed.
    type Error;

    /// The item of this number.
    fn get(&mut self, index: u32) -> Result<Self::Item, Self::Error>;

    /// Puts an item in the place of this number.
    fn set(&mut self, index: u32, item: Self::Item) -> Result<(), Self::Error>;

    /// Whether an item must come before another.
    fn less(&mut self, x: Self::Item, y: Self::Item) -> Result<bool, Self::Error>;

    /// Keeps an item until another one takes its place; an order function may have taken it out of
    /// what is sorted.
    fn keep(&mut self, place: usize, item: Self::Item);

    /// That the order is none: an item came before itself.
    fn invalid_order(&mut self) -> Self::Error;
}

/// Places of items that are compared.
const X: usize = 0;
const Y: usize = 1;
const Z: usize = 2;
/// The first place of the pivots, one for each interval that waits for its parts.
const PIVOT: usize = 3;

/// Intervals beyond this size have their pivot chosen by a number, once there was a bad one.
const LARGE: u32 = 100;

/// lua5.4 takes what clock and time say for this, so it is a matter of luck there.
const CHANCE: u32 = 0x9e37_79b9;

/// Sorts the items from number `low` to number `high`.
///
/// # Errors
/// What the items fail with.
pub(super) fn sort<I: Items>(items: &mut I, low: u32, high: u32) -> Result<(), I::Error> {
    sort_part(items, low, high, 0, 0)
}

fn sort_part<I: Items>(
    items: &mut I,
    mut low: u32,
    mut high: u32,
    mut chance: u32,
    depth: usize,
) -> Result<(), I::Error> {
    while low < high {
        let (x, y) = (kept(items, low, X)?, kept(items, high, Y)?);
        if items.less(y, x)? {
            items.set(low, y)?;
            items.set(high, x)?;
        }
        if high - low == 1 {
            break;
        }
        let middle = match high - low > LARGE && chance != 0 {
            true => chosen(low, high, chance),
            false => low + (high - low) / 2,
        };
        let (y, x) = (kept(items, middle, Y)?, kept(items, low, X)?);
        if items.less(y, x)? {
            items.set(middle, x)?;
            items.set(low, y)?;
        } else {
            let z = kept(items, high, Z)?;
            if items.less(z, y)? {
                items.set(middle, z)?;
                items.set(high, y)?;
            }
        }
        if high - low == 2 {
            break;
        }
        let pivot = kept(items, middle, PIVOT + depth)?;
        let other = kept(items, high - 1, X)?;
        items.set(middle, other)?;
        items.set(high - 1, pivot)?;
        let middle = partition(items, low, high, pivot)?;
        // The smaller part by recursion, so that it is not deep.
        let sorted = if middle - low < high - middle {
            sort_part(items, low, middle.wrapping_sub(1), chance, depth + 1)?;
            let sorted = middle - low;
            low = middle + 1;
            sorted
        } else {
            sort_part(items, middle + 1, high, chance, depth + 1)?;
            let sorted = high - middle;
            high = middle - 1;
            sorted
        };
        if high.wrapping_sub(low) / 128 > sorted {
            chance = CHANCE;
        }
    }
    Ok(())
}

/// An item, which stays alive until another takes its place among those that are kept.
fn kept<I: Items>(items: &mut I, index: u32, place: usize) -> Result<I::Item, I::Error> {
    let item = items.get(index)?;
    items.keep(place, item);
    Ok(item)
}

/// A number from the middle half.
fn chosen(low: u32, high: u32, chance: u32) -> u32 {
    let quarter = (high - low) / 4;
    chance % (quarter * 2) + low + quarter
}

/// Puts the pivot, which lies at `high - 1`, where it belongs: nothing before it must come after it. Where
/// that is.
fn partition<I: Items>(
    items: &mut I,
    low: u32,
    high: u32,
    pivot: I::Item,
) -> Result<u32, I::Error> {
    let (mut up, mut down) = (low, high - 1);
    loop {
        let x = loop {
            up += 1;
            let x = kept(items, up, X)?;
            if !items.less(x, pivot)? {
                break x;
            }
            if up == high - 1 {
                return Err(items.invalid_order());
            }
        };
        let y = loop {
            down = down.wrapping_sub(1);
            let y = kept(items, down, Y)?;
            if !items.less(pivot, y)? {
                break y;
            }
            if down < up {
                return Err(items.invalid_order());
            }
        };
        if down < up {
            items.set(high - 1, x)?;
            items.set(up, pivot)?;
            return Ok(up);
        }
        items.set(up, y)?;
        items.set(down, x)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers and how their order is found out.
    struct Numbers<F> {
        numbers: Vec<i64>,
        less: F,
        asked: usize,
    }

    impl<F: FnMut(i64, i64) -> bool> Items for Numbers<F> {
        type Item = i64;
        type Error = &'static str;

        fn get(&mut self, index: u32) -> Result<i64, &'static str> {
            let number = self.numbers.get(index.wrapping_sub(1) as usize);
            number.copied().ok_or("there is no such item")
        }

        fn set(&mut self, index: u32, item: i64) -> Result<(), &'static str> {
            self.numbers[index as usize - 1] = item;
            Ok(())
        }

        fn less(&mut self, x: i64, y: i64) -> Result<bool, &'static str> {
            self.asked += 1;
            Ok((self.less)(x, y))
        }

        fn keep(&mut self, _: usize, _: i64) {}

        fn invalid_order(&mut self) -> &'static str {
            "invalid order"
        }
    }

    fn sorted(
        numbers: Vec<i64>,
        less: impl FnMut(i64, i64) -> bool,
    ) -> Result<(Vec<i64>, usize), &'static str> {
        let count = numbers.len() as u32;
        let mut items = Numbers {
            numbers,
            less,
            asked: 0,
        };
        sort(&mut items, 1, count)?;
        Ok((items.numbers, items.asked))
    }

    /// Numbers that look random, below a bound.
    fn numbers(count: usize, bound: u64) -> Vec<i64> {
        let mut state = 88_172_645_463_325_252_u64;
        let numbers = (0..count).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % bound) as i64
        });
        numbers.collect()
    }

    #[test]
    fn numbers_are_sorted() {
        for count in [0, 1, 2, 3, 4, 10, 99, 100, 101, 1000, 20_000] {
            for bound in [1, 2, 10, 1 << 40] {
                let given = numbers(count, bound);
                let mut expected = given.clone();
                expected.sort_unstable();
                let (found, _) = sorted(given, |x, y| x < y).expect("an order");
                assert_eq!(found, expected, "{count} below {bound}");
            }
        }
    }

    #[test]
    fn sorted_numbers_take_few_comparisons() {
        let count = 100_000;
        for given in [(0..count).collect::<Vec<_>>(), (0..count).rev().collect()] {
            let (_, asked) = sorted(given, |x, y| x < y).expect("an order");
            assert!(asked < 3_000_000, "{asked}");
        }
    }

    #[test]
    fn what_is_no_order_is_found_out() {
        assert_eq!(
            sorted(vec![1; 10], |_, _| true),
            Err("invalid order"),
            "all before all"
        );
    }
}
