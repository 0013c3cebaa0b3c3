//! Where what a full item does not take goes: it follows from the delivery alone, so that a repetition comes by the item
//! that has counted it.

use lamplight_rollup::Bucket;

use super::parts::Part;

/// How often an hour is parted into quarters, and those again, down to a fifth of a second.
const TIMES_PARTED: usize = 7;

/// What the four items are called that stand below one.
const BRANCHES: [char; 4] = ['a', 'b', 'c', 'd'];

/// How the items of a minute, or of its metrics in an hour, stand beside each other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    /// In a row: `1`, `2` and so on. So many deliveries as a minute has need a short one.
    Row,
    /// Each above four others: those of a quarter of its time, in the end of a quarter of the deliveries. So `b`, `bd`,
    /// `bda` and so on. The way to any of the thousands that an hour may have is short, what comes at the same time goes to
    /// the same, and few deliveries make few of them.
    Tree,
}

impl Order {
    /// The place to which a delivery goes after so many full items.
    pub(crate) fn place(self, bucket: Bucket, depth: usize, part: &Part) -> String {
        match self {
            Self::Row if depth == 0 => String::new(),
            Self::Row => depth.to_string(),
            Self::Tree => (0..depth).map(|step| BRANCHES[branch(bucket, step, part)]).collect(),
        }
    }
}

/// Which of four ways a delivery goes at a step.
fn branch(bucket: Bucket, step: usize, part: &Part) -> usize {
    let length_ms = bucket.span.ms();
    let offset_ms = (part.at_ms - bucket.start_ms).clamp(0, length_ms - 1);
    let slice = (offset_ms.unsigned_abs() << (2 * TIMES_PARTED)) / length_ms.unsigned_abs();
    let digits = match step.checked_sub(TIMES_PARTED) {
        None => slice >> (2 * (TIMES_PARTED - 1 - step)),
        Some(step) => u32::try_from(2 * step).ok().and_then(|bits| part.delivery.checked_shr(bits)).unwrap_or(0),
    };
    (digits % 4) as usize
}

#[cfg(test)]
mod tests {
    use lamplight_rollup::Span;
    use lamplight_rollup::metric::Hour;

    use super::*;

    #[test]
    fn a_delivery_goes_by_its_time_and_then_by_its_identity() {
        let hour = Bucket::holding(Span::Hour, 1_795_164_432_345);
        let place = |delivery, after_ms, depth| {
            Order::Tree.place(hour, depth, &Part::of_metrics(delivery, hour.start_ms + after_ms, &Hour::new()))
        };
        assert_eq!(place(7, 0, 0), "");
        assert_eq!([0, 1, 2, 3].map(|quarter| place(7, quarter * 900_000, 2)), ["aa", "ba", "ca", "da"]);
        assert_eq!(place(7, 3_599_999, 9), "ddddddddb");
        assert_eq!((place(7, -5, 3), place(7, 3_700_000, 3)), ("aaa".to_owned(), "ddd".to_owned()));
        assert_eq!(place(u64::MAX, 0, 41), format!("aaaaaaa{}aa", "d".repeat(32)));
    }

    #[test]
    fn a_row_is_counted() {
        let minute = Bucket::holding(Span::Minute, 1_795_164_432_345);
        let place = |depth| Order::Row.place(minute, depth, &Part::of_metrics(7, 0, &Hour::new()));
        assert_eq!([0, 1, 12].map(place), ["", "1", "12"]);
    }
}
