//! A map as a picture.
//!
//! - `dot`: a graph for Graphviz
//! - `layout`: where boxes stand
//! - `svg`: a picture that needs nothing else

mod dot;
mod layout;
mod svg;

use lamplight_rollup::summary::{EdgeSummary, NodeSummary};

pub use dot::dot;
pub use svg::svg;

use crate::tables::{harmless, milliseconds};

/// Characters of a name in a picture.
const NAME_CHARACTERS: usize = 36;

/// A text without what acts on a terminal or on a reader of XML.
fn single_line(text: &str) -> String {
    harmless(text).replace(['\n', '\t', '\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// A name as a picture has it.
fn short(name: &str) -> String {
    let name = single_line(name);
    let is_long = name.chars().nth(NAME_CHARACTERS).is_some();
    if is_long { name.chars().take(NAME_CHARACTERS - 1).chain(['…']).collect() } else { name }
}

/// What is said of a node below its name.
fn caption(node: &NodeSummary) -> String {
    match node.errors {
        0 => counted(node.calls, "call"),
        errors => format!("{}, {}", counted(node.calls, "call"), counted(errors, "error")),
    }
}

/// What is said of an edge.
fn label(edge: &EdgeSummary) -> String {
    let calls = counted(edge.traffic.calls, "call");
    edge.traffic
        .latency_ms
        .map_or_else(|| calls.clone(), |latency| format!("{calls}, {} ms", milliseconds(latency.p50)))
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Maps for the tests of pictures.
#[cfg(test)]
mod examples {
    use lamplight_rollup::summary::{EdgeSummary, MapSummary, NodeKind, NodeSummary, TrafficSummary};

    /// Names that try to break out of where they stand.
    pub fn hostile() -> MapSummary {
        let long = "ü".repeat(500);
        let names = ["<script>alert(1)</script>", "\"];}\\", "a\\", "]]>&amp;'\u{0}\u{1b}\n\u{ffff}", &long, "\\N %s"];
        of(&names, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)])
    }

    /// A map with these nodes and edges. Every third edge is inferred, every second has errors.
    pub fn of(names: &[&str], edges: &[(usize, usize)]) -> MapSummary {
        let node =
            |name: &&str| NodeSummary { name: (*name).to_owned(), kind: NodeKind::Function, calls: 2, errors: 1 };
        let edges = edges.iter().enumerate().map(|(i, (from, to))| EdgeSummary {
            from: names[*from].to_owned(),
            to: names[*to].to_owned(),
            inferred: i % 3 == 2,
            traffic: TrafficSummary { calls: 1, errors: (i % 2) as u64, latency_ms: None },
            hours: Vec::new(),
        });
        MapSummary { nodes: names.iter().map(node).collect(), edges: edges.collect() }
    }
}
