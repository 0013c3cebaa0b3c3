use super::super::examples;
use super::*;

/// Reads XML without comments, sections and declarations, and returns its texts.
fn texts(xml: &str) -> Vec<String> {
    let (mut open, mut texts) = (Vec::new(), Vec::new());
    let mut rest = xml;
    while let Some((text, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap();
        texts.extend((!text.trim().is_empty()).then(|| plain(text)));
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{xml}");
        } else {
            let inner = tag.strip_suffix('/').unwrap_or(tag);
            let (name, attributes) = inner.split_once(' ').unwrap_or((inner, ""));
            assert!(name.bytes().all(|byte| byte.is_ascii_alphabetic()), "<{tag}>");
            let parts: Vec<_> = attributes.split('"').collect();
            assert!(parts.len() % 2 == 1 && parts.iter().step_by(2).all(|name| name.is_empty() || name.ends_with('=')));
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = after;
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    texts
}

/// A text with its entities read, of which all must be known.
fn plain(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (entity, after) = part.split_once(';').unwrap();
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            _ => panic!("{entity}"),
        });
        plain.push_str(after);
    }
    assert!(!plain.chars().any(|c| matches!(c, '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')), "{plain:?}");
    plain
}

#[test]
fn hostile_names_are_texts_and_cut() {
    let picture = svg(&examples::hostile());
    let texts = texts(&picture);
    assert!(texts.contains(&"<script>alert(1)</script>".to_owned()), "{texts:?}");
    assert!(texts.contains(&"]]>&amp;'\u{fffd}\u{fffd}\u{fffd}\u{fffd}".to_owned()), "{texts:?}");
    assert!(texts.iter().all(|text| text.chars().count() <= 36), "{texts:?}");
}

#[test]
fn edges_say_how_they_are_known_and_whether_they_fail() {
    let picture = svg(&examples::of(&["shop", "pay", "mail"], &[(0, 1), (1, 2), (2, 0)]));
    let edges: Vec<_> = picture.lines().filter(|line| line.starts_with("<path")).collect();
    let said = |edge: &str| (edge.contains("dasharray"), edge.contains("#failing"));
    assert_eq!(edges.iter().map(|edge| said(edge)).collect::<Vec<_>>(), [(false, false), (false, true), (true, false)]);
}

#[test]
fn nothing_is_a_picture_that_says_so() {
    assert_eq!(texts(&svg(&examples::of(&[], &[]))), ["no transactions"]);
}

#[test]
fn boxes_and_labels_lie_apart_and_within_the_picture() {
    let names = ["a", "b", "c", "d", "a much longer name than the others have", "宛名"];
    for seed in 0..200_usize {
        let edges: Vec<_> = (0..seed % 24).map(|i| (i * seed * 7 % 6, i * i * seed * 13 % 17 % 6)).collect();
        let picture = svg(&examples::of(&names, &edges));
        let number = |line: &str, name: &str| -> usize {
            line.split_once(&format!(" {name}=\"")).unwrap().1.split('"').next().unwrap().parse().unwrap()
        };
        let (width, height) = (number(&picture, "width"), number(&picture, "height"));
        let boxes: Vec<_> = picture
            .lines()
            .filter(|line| line.starts_with("<rect x=\"") && line.contains("<text"))
            .map(|line| ["x", "y", "width", "height"].map(|name| number(line, name)))
            .collect();
        let labels: Vec<_> = picture
            .lines()
            .filter(|line| line.starts_with("<text"))
            .map(|line| [number(line, "x") - GAP / 2, number(line, "y") - LABEL, GAP, LABEL])
            .collect();
        assert_eq!((boxes.len(), labels.len()), (names.len(), edges.len()));
        let all: Vec<_> = boxes.iter().chain(&labels).collect();
        for (i, [x, y, w, h]) in all.iter().enumerate() {
            assert!(x + w <= width && y + h <= height, "seed {seed}");
            for [x2, y2, w2, h2] in &all[i + 1..] {
                assert!(x + w <= *x2 || x2 + w2 <= *x || y + h <= *y2 || y2 + h2 <= *y, "seed {seed}: {picture}");
            }
        }
    }
}

#[test]
fn a_map_of_thousands_is_drawn() {
    let names: Vec<_> = (0..3_000).map(|i| format!("f{i}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let star: Vec<_> = (1..3_000).map(|i| (0, i)).collect();
    assert_eq!(texts(&svg(&examples::of(&names, &star))).len(), 3_000 * 2 + star.len());
}
