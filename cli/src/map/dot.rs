//! A map as a graph for Graphviz. Source: Graphviz documentation, "DOT Language" and "escString".

use std::fmt::Write;

use lamplight_rollup::summary::{MapSummary, NodeKind};

use super::{caption, label, short, single_line};
/// The map in Graphviz's language. Dashed edges are inferred, red ones have errors.
pub fn dot(map: &MapSummary) -> String {
    let mut graph = "digraph lamplight {\n  rankdir=LR;\n  node [shape=box, fontname=\"Helvetica\"];\n  \
                     edge [fontname=\"Helvetica\", fontsize=10];\n"
        .to_owned();
    for node in &map.nodes {
        let style = if node.kind == NodeKind::Function { "solid" } else { "rounded" };
        let (id, name, caption) = (quoted(&single_line(&node.name)), labelled(&short(&node.name)), caption(node));
        let _ = writeln!(graph, "  {id} [label=\"{name}\\n{caption}\", style={style}];");
    }
    for edge in &map.edges {
        let (from, to) = (quoted(&single_line(&edge.from)), quoted(&single_line(&edge.to)));
        let inferred = if edge.inferred { ", style=dashed" } else { "" };
        let failing = if edge.traffic.errors > 0 { ", color=red, fontcolor=red" } else { "" };
        let _ = writeln!(graph, "  {from} -> {to} [label=\"{}\"{inferred}{failing}];", label(edge));
    }
    graph.push('}');
    graph
}

/// A text in a label, where Graphviz reads entities.
fn labelled(text: &str) -> String {
    escaped(&text.replace('&', "&amp;"))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::super::examples;
    use super::*;

    /// What stands in quotes in a line, and the rest of it.
    fn strings(line: &str) -> (Vec<String>, String) {
        let (mut strings, mut rest, mut is_inside) = (Vec::<String>::new(), String::new(), false);
        let mut characters = line.chars();
        while let Some(c) = characters.next() {
            match (is_inside, c) {
                (_, '"') => {
                    is_inside = !is_inside;
                    strings.extend(is_inside.then(String::new));
                }
                (true, '\\') => strings.last_mut().unwrap().extend(['\\', characters.next().unwrap()]),
                (true, c) => strings.last_mut().unwrap().push(c),
                (false, c) => rest.push(c),
            }
        }
        assert!(!is_inside, "{line}");
        (strings, rest)
    }

    #[test]
    fn edges_say_how_they_are_known_and_whether_they_fail() {
        let graph = dot(&examples::of(&["shop", "pay", "mail"], &[(0, 1), (1, 2), (2, 0)]));
        assert!(graph.contains("  \"shop\" [label=\"shop\\n2 calls, 1 error\", style=solid];\n"), "{graph}");
        assert!(graph.contains("  \"shop\" -> \"pay\" [label=\"1 call\"];\n"), "{graph}");
        assert!(graph.contains("  \"pay\" -> \"mail\" [label=\"1 call\", color=red, fontcolor=red];\n"), "{graph}");
        assert!(graph.contains("  \"mail\" -> \"shop\" [label=\"1 call\", style=dashed];\n"), "{graph}");
    }

    #[test]
    fn no_name_breaks_out_of_its_quotes() {
        let graph = dot(&examples::hostile());
        let lines: Vec<_> = graph.lines().map(strings).collect();
        let nodes: Vec<_> = lines.iter().filter(|(_, rest)| *rest == "   [label=, style=solid];").collect();
        let edges: Vec<_> = lines.iter().filter(|(_, rest)| rest.starts_with("   ->  [label=")).collect();
        assert_eq!((nodes.len(), edges.len(), lines.len()), (6, 5, 6 + 5 + 5), "{graph}");
        assert!(graph.contains("\"]]>&amp;'\u{fffd}\u{fffd}\u{fffd}\u{fffd}\" [label=\"]]>&amp;amp;'"), "{graph}");
        for (i, (strings, _)) in edges.iter().enumerate() {
            assert_eq!((&strings[0], &strings[1]), (&nodes[i].0[0], &nodes[i + 1].0[0]));
        }
        assert!(nodes[4].0[1].starts_with(&"ü".repeat(35)) && nodes[4].0[1].chars().count() < 60, "{graph}");
        assert!(!graph.chars().any(|c| c.is_control() && c != '\n'), "{graph}");
    }

    #[test]
    fn an_empty_map_is_a_graph() {
        assert!(dot(&examples::of(&[], &[])).ends_with("fontsize=10];\n}"));
    }
}
