//! A map as a picture: boxes, and curves between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use lamplight_rollup::summary::{EdgeSummary, MapSummary, NodeKind, NodeSummary};

use super::layout::{Place, places};
use super::{caption, label, short};

const MARGIN: usize = 48;
const BOX_HEIGHT: usize = 46;
/// From row to row. Below each box is a lane for the curves that go further than to the next layer.
const ROW: usize = 104;
/// Between layers, which is where labels stand.
const GAP: usize = 200;
/// From one label to the next below.
const LABEL: usize = 15;
/// Of a character of a name, of which wide ones take two.
const CHARACTER: usize = 8;
const SANS: &str = "Lato, Helvetica, Arial, sans-serif";
const MONO: &str = "Menlo, Consolas, monospace";
const INK: &str = "#1d1c1d";
const GREY: &str = "#616061";
const RED: &str = "#c01343";

/// The map as a picture that stands by itself, on a ground of its own. Dashed curves are inferred, red ones have
/// errors.
pub fn svg(map: &MapSummary) -> String {
    let index: BTreeMap<&str, usize> = map.nodes.iter().enumerate().map(|(i, node)| (node.name.as_str(), i)).collect();
    let between = |edge: &EdgeSummary| Some((*index.get(edge.from.as_str())?, *index.get(edge.to.as_str())?));
    let edges: Vec<_> = map.edges.iter().filter_map(|edge| Some((edge, between(edge)?))).collect();
    let ends: Vec<_> = edges.iter().map(|(_, ends)| *ends).collect();
    let frames = frames(&map.nodes, &places(map.nodes.len(), &ends));
    let mut picture = Picture::default();
    for (edge, (from, to)) in edges {
        picture.edge(edge, frames[from], frames[to]);
    }
    for (node, frame) in map.nodes.iter().zip(&frames) {
        picture.node(node, *frame);
    }
    picture.finish()
}

/// Where a box stands. Lengths are in pixels.
#[derive(Debug, Clone, Copy)]
struct Frame {
    place: Place,
    left: usize,
    top: usize,
    width: usize,
}

impl Frame {
    const fn right(&self) -> usize {
        self.left + self.width
    }

    const fn bottom(&self) -> usize {
        self.top + BOX_HEIGHT
    }
}

fn frames(nodes: &[NodeSummary], places: &[Place]) -> Vec<Frame> {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for (node, place) in nodes.iter().zip(places) {
        let columns = short(&node.name).chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum::<usize>();
        let width = widths.entry(place.layer).or_insert(140);
        *width = (*width).max(columns * CHARACTER + 28);
    }
    let mut lefts = BTreeMap::new();
    let mut left = MARGIN;
    for (layer, width) in &widths {
        lefts.insert(*layer, (left, *width));
        left += width + GAP;
    }
    let at = |place: &Place| {
        let (left, width) = lefts.get(&place.layer).copied().unwrap_or_default();
        Frame { place: *place, left, top: MARGIN / 2 + place.row * ROW, width }
    };
    places.iter().map(at).collect()
}

/// A picture that grows to the right and downwards.
#[derive(Default)]
struct Picture {
    body: String,
    /// What is drawn last, so that no curve hides it.
    above: String,
    right: usize,
    bottom: usize,
    lanes: usize,
    /// Where labels stand: right of which layer, and how far down.
    labels: BTreeSet<(usize, usize)>,
}

impl Picture {
    fn edge(&mut self, edge: &EdgeSummary, from: Frame, to: Frame) {
        let middle = |at: Frame| at.top + BOX_HEIGHT / 2;
        // Of two between the same boxes, one is observed and one inferred.
        let shift = |y: usize| if edge.inferred { y + 8 } else { y - 8 };
        let (x1, y1, x2, y2) = (from.right(), shift(middle(from)), to.left, shift(middle(to)));
        let is_forward = to.place.layer > from.place.layer;
        let (path, label_at) = if to.place.layer == from.place.layer + 1 {
            // Boxes of a layer are as wide as its widest.
            let x = (x1 + x2) / 2;
            (format!("M{x1} {y1}C{x} {y1} {x} {y2} {x2} {y2}"), (from.place.layer, x, (y1 + y2) / 2))
        } else {
            let lane = from.bottom() + 14 + 8 * (self.lanes % 4);
            self.lanes += 1;
            self.take_room(x1, lane);
            let (out, enter) = (x1 + 60, x2 - 45);
            match is_forward {
                true => (
                    format!(
                        "M{x1} {y1}C{out} {y1} {x1} {lane} {out} {lane}H{enter}C{x2} {lane} {enter} {y2} {x2} {y2}"
                    ),
                    (to.place.layer - 1, x2 - GAP / 2, lane),
                ),
                false => (
                    format!(
                        "M{x1} {y1}C{out} {y1} {out} {lane} {x1} {lane}H{x2}C{enter} {lane} {enter} {y2} {x2} {y2}"
                    ),
                    (from.place.layer, x1 + GAP / 2, lane),
                ),
            }
        };
        let (class, ink) = if edge.traffic.errors > 0 { ("failing", RED) } else { ("fine", GREY) };
        let dashes = if edge.inferred { " stroke-dasharray=\"6 4\"" } else { "" };
        let _ = writeln!(
            self.body,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"1.5\"{dashes} marker-end=\"url(#{class})\"/>"
        );
        self.label(&label(edge), ink, label_at);
    }

    /// Writes a label where it is to stand, or below those that stand there.
    fn label(&mut self, text: &str, ink: &str, (gap, x, y): (usize, usize, usize)) {
        let mut line = y / LABEL;
        while !self.labels.insert((gap, line)) {
            line += 1;
        }
        let y = line * LABEL;
        self.take_room(x + GAP / 2, y);
        let _ = writeln!(
            self.above,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"12\" fill=\"{ink}\" stroke=\"#ffffff\" stroke-width=\"4\" paint-order=\"stroke\" text-anchor=\"middle\" font-family=\"{SANS}\">{}</text>",
            escaped(text)
        );
    }

    fn node(&mut self, node: &NodeSummary, at: Frame) {
        let (rounding, ground) = if node.kind == NodeKind::Function { (6, "#f3f0fa") } else { (23, "#f8f8f8") };
        let (stroke, ink) = if node.errors > 0 { (RED, RED) } else { ("#3b2f63", GREY) };
        let (x, y) = (at.left + at.width / 2, at.top);
        let Frame { left, top, width, .. } = at;
        let _ = writeln!(
            self.body,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{BOX_HEIGHT}\" rx=\"{rounding}\" fill=\"{ground}\" stroke=\"{stroke}\"/>\
             <text x=\"{x}\" y=\"{}\" font-size=\"13\" fill=\"{INK}\" text-anchor=\"middle\" font-family=\"{MONO}\">{}</text>\
             <text x=\"{x}\" y=\"{}\" font-size=\"11\" fill=\"{ink}\" text-anchor=\"middle\" font-family=\"{SANS}\">{}</text>",
            y + 20,
            escaped(&short(&node.name)),
            y + 37,
            escaped(&caption(node))
        );
        self.take_room(at.right(), at.bottom());
    }

    fn take_room(&mut self, right: usize, bottom: usize) {
        self.right = self.right.max(right);
        self.bottom = self.bottom.max(bottom);
    }

    fn finish(mut self) -> String {
        if self.body.is_empty() {
            self.take_room(200, MARGIN);
            let _ = writeln!(
                self.body,
                "<text x=\"{MARGIN}\" y=\"{MARGIN}\" font-size=\"13\" fill=\"{GREY}\" font-family=\"{SANS}\">no transactions</text>"
            );
        }
        let (width, height) = (self.right + MARGIN, self.bottom + MARGIN / 2);
        let marker = |class: &str, ink: &str| {
            format!(
                "<marker id=\"{class}\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"{ink}\"/></marker>"
            )
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"Who calls whom\">\n\
             <defs>{}{}</defs>\n\
             <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"#ffffff\" stroke=\"#dddddd\"/>\n\
             {}{}</svg>",
            marker("fine", GREY),
            marker("failing", RED),
            width - 1,
            height - 1,
            self.body,
            self.above
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
