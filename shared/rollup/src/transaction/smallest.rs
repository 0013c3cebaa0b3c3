//! A set that keeps a number of its smallest elements.

use std::collections::{BTreeSet, btree_set};

use serde::{Deserialize, Serialize};

/// The `K` smallest elements of all that were put in. Whatever the order, the split and the repeats, they are the same;
/// and a set that is not full has lost nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[serde(bound(deserialize = "T: Ord + Deserialize<'de>"))]
pub struct Smallest<T, const K: usize>(BTreeSet<T>);

impl<T, const K: usize> Default for Smallest<T, K> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: Ord, const K: usize> Smallest<T, K> {
    /// Puts an element in; the one that is left out for it, which may be itself.
    pub fn insert(&mut self, element: T) -> Option<T> {
        if self.is_full()
            && let Some(last) = self.0.last()
            && element >= *last
        {
            return Some(element).filter(|element| element != last);
        }
        self.0.insert(element);
        if self.0.len() > K { self.0.pop_last() } else { None }
    }

    /// Whether elements may have been left out.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.len() >= K
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The elements, the smallest first.
    pub fn iter(&self) -> btree_set::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T: Ord, const K: usize> Extend<T> for Smallest<T, K> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        elements.into_iter().for_each(|element| drop(self.insert(element)));
    }
}

impl<T: Ord, const K: usize> FromIterator<T> for Smallest<T, K> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut smallest = Self::default();
        smallest.extend(elements);
        smallest
    }
}

impl<T, const K: usize> IntoIterator for Smallest<T, K> {
    type Item = T;
    type IntoIter = btree_set::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'s, T, const K: usize> IntoIterator for &'s Smallest<T, K> {
    type Item = &'s T;
    type IntoIter = btree_set::Iter<'s, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_smallest_are_kept_in_whatever_order_they_come(mut all in prop::collection::vec(0_u8..40, 0..60), cut in 0_usize..60) {
            let (some, others) = all.split_at(cut.min(all.len()));
            let mut merged: Smallest<u8, 8> = others.iter().copied().collect();
            merged.extend(some.iter().copied().collect::<Smallest<u8, 8>>());
            all.sort_unstable();
            all.dedup();
            all.truncate(8);
            prop_assert_eq!(merged.into_iter().collect::<Vec<_>>(), all);
        }
    }
}
