//! Where boxes stand: in layers from left to right, on the rows of a grid, so that the lanes between rows are free.

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The layer and the row of a box.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub layer: usize,
    pub row: usize,
}

/// The places of so many boxes: each stands to the right of those that lead to it, but where edges run in a circle.
pub fn places(count: usize, edges: &[(usize, usize)]) -> Vec<Place> {
    let graph = Graph::of(count, edges);
    let layers = graph.layers();
    let mut columns: Vec<Vec<usize>> = Vec::new();
    for (node, layer) in layers.iter().enumerate() {
        columns.resize(columns.len().max(layer + 1), Vec::new());
        columns[*layer].push(node);
    }
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mut places = vec![Place::default(); count];
    for (layer, column) in columns.iter_mut().enumerate() {
        column.sort_by(|one, other| {
            let key = |node: usize| graph.middle(node, layer, &places);
            key(*one).total_cmp(&key(*other))
        });
        let top = (height - column.len()) / 2;
        for (i, node) in column.iter().enumerate() {
            places[*node] = Place { layer, row: top + i };
        }
    }
    places
}

/// Who leads to whom, without edges that lead to where they are from.
struct Graph {
    before: Vec<BTreeSet<usize>>,
    after: Vec<BTreeSet<usize>>,
}

impl Graph {
    fn of(count: usize, edges: &[(usize, usize)]) -> Self {
        let mut graph = Self { before: vec![BTreeSet::new(); count], after: vec![BTreeSet::new(); count] };
        for (from, to) in edges.iter().filter(|(from, to)| from != to) {
            graph.after[*from].insert(*to);
            graph.before[*to].insert(*from);
        }
        graph
    }

    /// Each one layer right of the rightmost that leads to it. What leads back in a circle does not count.
    fn layers(&self) -> Vec<usize> {
        let mut layers = vec![0; self.before.len()];
        let mut is_placed = vec![false; self.before.len()];
        for node in self.order() {
            is_placed[node] = true;
            for next in self.after[node].iter().filter(|next| !is_placed[**next]) {
                layers[*next] = layers[*next].max(layers[node] + 1);
            }
        }
        layers
    }

    /// An order in which few edges lead back: to whom no edge is left stands first, from whom none is left stands last.
    /// Of a circle, one goes first that is led to from outside, and that leads to more than lead to it. Source: Eades,
    /// Lin and Smyth, "A fast and effective heuristic for the feedback arc set problem" (1993).
    fn order(&self) -> Vec<usize> {
        let (mut first, mut last) = (Vec::new(), Vec::new());
        let mut left: Vec<_> =
            self.before.iter().zip(&self.after).map(|(before, after)| Left::of(before, after)).collect();
        let mut queue: BTreeSet<_> = left.iter().enumerate().map(|(node, left)| (left.rank(), Reverse(node))).collect();
        while let Some((_, Reverse(node))) = queue.pop_last() {
            left[node].is_placed = true;
            let is_last = left[node].before > 0 && left[node].after == 0;
            let end = if is_last { &mut last } else { &mut first };
            end.push(node);
            let mut change = |other: usize, change: fn(&mut Left, bool)| {
                if !left[other].is_placed {
                    queue.remove(&(left[other].rank(), Reverse(other)));
                    change(&mut left[other], is_last);
                    queue.insert((left[other].rank(), Reverse(other)));
                }
            };
            for next in &self.after[node] {
                change(*next, |next, is_last| {
                    next.before -= 1;
                    next.is_entered |= !is_last;
                });
            }
            for from in &self.before[node] {
                change(*from, |from, _| from.after -= 1);
            }
        }
        first.into_iter().chain(last.into_iter().rev()).collect()
    }

    /// The mean row of those left of a layer that lead to a node. What is alone stands last in the first layer.
    fn middle(&self, node: usize, layer: usize, places: &[Place]) -> f64 {
        let rows: Vec<_> =
            self.before[node].iter().map(|from| places[*from]).filter(|from| from.layer < layer).collect();
        let is_alone = self.before[node].is_empty() && self.after[node].is_empty();
        #[allow(clippy::cast_precision_loss, reason = "fewer rows than that")]
        match rows.len() {
            0 if is_alone => f64::INFINITY,
            0 => 0.0,
            count => rows.iter().map(|from| from.row as f64).sum::<f64>() / count as f64,
        }
    }
}

/// The edges of a node from and to those that have no place in the order yet.
struct Left {
    before: usize,
    after: usize,
    is_placed: bool,
    /// Whether one that stands before leads to it.
    is_entered: bool,
}

impl Left {
    fn of(before: &BTreeSet<usize>, after: &BTreeSet<usize>) -> Self {
        Self { before: before.len(), after: after.len(), is_placed: false, is_entered: false }
    }

    /// Who has the highest is next to be placed.
    fn rank(&self) -> (bool, bool, bool, usize, Reverse<usize>) {
        let surplus = self.after.saturating_sub(self.before);
        let lack = self.before.saturating_sub(self.after);
        (self.before == 0, self.after == 0, self.is_entered, surplus, Reverse(lack))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
        places(count, edges).iter().map(|place| place.layer).collect()
    }

    #[test]
    fn each_stands_right_of_all_that_lead_to_it() {
        assert_eq!(layers(5, &[(0, 1), (1, 2), (0, 2), (3, 2)]), [0, 1, 2, 0, 0]);
        assert_eq!(places(0, &[]), []);
    }

    #[test]
    fn circles_end_and_are_entered_where_they_are_called() {
        assert_eq!(layers(3, &[(0, 1), (1, 2), (2, 0)]), [0, 1, 2]);
        assert_eq!(layers(4, &[(3, 2), (2, 1), (1, 0), (0, 2), (1, 1)]), [3, 2, 1, 0]);
        assert_eq!(layers(2, &[(0, 0), (1, 1)]), [0, 0]);
        // What all of a circle lead to, and what leads nowhere, stands right of it.
        assert_eq!(layers(4, &[(1, 2), (2, 3), (3, 1), (1, 0), (2, 0), (3, 0)]), [3, 0, 1, 2]);
    }

    #[test]
    fn a_chain_of_thousands_is_no_matter() {
        let chain: Vec<_> = (1..5_000).map(|i| (i - 1, i)).chain([(4_999, 0)]).collect();
        assert_eq!(layers(5_000, &chain)[4_999], 4_999);
    }

    #[test]
    fn no_two_stand_in_one_place() {
        for seed in 0..200_usize {
            let edges: Vec<_> = (0..seed % 40).map(|i| (i * seed * 7 % 11, i * i * seed * 13 % 17 % 11)).collect();
            let places = places(11, &edges);
            assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), 11, "{edges:?} {places:?}");
        }
    }
}
