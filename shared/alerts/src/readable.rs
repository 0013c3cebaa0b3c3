//! Text as people can read it: what was logged may hold colours, control characters and anything else.
//!
//! Source of the escape sequences: ECMA-48, "Control functions for coded character sets".

/// How far the end of a terminal's command is looked for.
const COMMAND: usize = 512;

/// Characters that the note on omitted lines takes at the most.
const NOTE: usize = 30;

/// What stands for a number in an issue's title.
const MASK: char = '…';

/// The text without ANSI codes, control characters and marks that turn the direction of what follows. Line ends are
/// `\n`.
#[must_use]
pub fn readable(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\u{1b}' => rest = after_escape(rest),
            '\u{9b}' => rest = after_parameters(rest),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => rest = after_command(rest),
            '\r' if rest.starts_with('\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => kept.push('\n'),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            '\n' | '\t' => kept.push(c),
            c if c.is_control() => {}
            c => kept.push(c),
        }
    }
    kept
}

/// What follows an escape character and what belongs to it.
fn after_escape(rest: &str) -> &str {
    match rest.chars().next() {
        // In an issue's title, numbers are masked, also those of ANSI codes.
        Some(c @ ('[' | MASK)) => after_parameters(&rest[c.len_utf8()..]),
        Some(']' | 'P' | 'X' | '^' | '_') => after_command(&rest[1..]),
        Some(' '..='/') => rest.get(2..).unwrap_or_default(),
        Some('0'..='~') => &rest[1..],
        _ => rest,
    }
}

/// What follows the parameters of a control sequence and its final byte.
fn after_parameters(rest: &str) -> &str {
    let rest = rest.trim_start_matches(|c| matches!(c, ' '..='?' | MASK));
    rest.strip_prefix(|c| matches!(c, '@'..='~')).unwrap_or(rest)
}

/// What follows a command to the terminal; one without an end is none.
fn after_command(rest: &str) -> &str {
    for (at, c) in rest.char_indices().take(COMMAND) {
        match c {
            '\u{7}' | '\u{9c}' => return &rest[at + c.len_utf8()..],
            '\u{1b}' => return rest[at + 1..].strip_prefix('\\').unwrap_or(&rest[at..]),
            '\n' => return rest,
            _ => {}
        }
    }
    rest
}

/// The text as one line of so many characters.
#[must_use]
pub fn line(text: &str, characters: usize) -> String {
    // Far more than a line shows; the rest of a long text need not be looked at.
    let start: String = text.chars().take(20 * characters).collect();
    cut(&readable(&start).split_whitespace().collect::<Vec<_>>().join(" "), characters)
}

/// The first lines of a text, of so many characters: cut at the end of a line where there is one, with a note on what
/// is left out. Blank lines stand alone.
#[must_use]
pub fn excerpt(text: &str, characters: usize) -> String {
    let readable = readable(text);
    let mut lines: Vec<&str> = readable.lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    let whole = lines.join("\n");
    let whole = whole.trim_end().trim_start_matches('\n');
    if whole.chars().count() <= characters {
        return whole.to_owned();
    }
    let kept: String = whole.chars().take(characters.saturating_sub(NOTE)).collect();
    match kept.rfind('\n') {
        // An end of line far from the bound would cost more of a long line than it makes readable.
        Some(end) if end >= kept.len() / 3 => {
            let omitted = whole[end + 1..].lines().count();
            format!("{}\n… {omitted} more line{}", kept[..end].trim_end(), if omitted == 1 { "" } else { "s" })
        }
        _ => format!("{kept}…"),
    }
}

/// The text up to a number of characters, with an ellipsis where it was cut. Entities are not cut in two.
#[must_use]
pub fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters.saturating_sub(1)).collect();
    let whole = match kept.rfind('&') {
        Some(start) if !kept[start..].contains(';') && kept.len() - start < 5 => &kept[..start],
        _ => &kept,
    };
    format!("{whole}…")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_and_control_characters_are_left_out() {
        for (text, kept) in [
            ("\u{1b}[31mred\u{1b}[0m, \u{1b}[1;38;5;9mbold\u{1b}[m", "red, bold"),
            ("\u{1b}]8;;https://x.example\u{7}link\u{1b}]8;;\u{1b}\\.", "link."),
            ("\u{9b}2Ka\u{1b}(Bb\u{1b}7c", "abc"),
            ("a\0b\u{7f}\u{202e}c\td", "abc\td"),
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            ("\u{1b}]no end\nsecond line", "no end\nsecond line"),
            ("日本語 \u{1b}語 😀 שלום", "日本語 語 😀 שלום"),
            ("ends in \u{1b}", "ends in "),
        ] {
            assert_eq!(readable(text), kept, "{text:?}");
        }
    }

    #[test]
    fn an_excerpt_keeps_the_first_lines_whole_and_says_how_many_it_leaves_out() {
        let trace = format!("TypeError: x is undefined\n{}", "    at handler (/var/task/index.js:4:2)\n".repeat(99));
        let excerpt = excerpt(&trace, 200);
        assert_eq!(
            excerpt,
            "TypeError: x is undefined\n    at handler (/var/task/index.js:4:2)\n    at handler \
             (/var/task/index.js:4:2)\n    at handler (/var/task/index.js:4:2)\n… 96 more lines"
        );
    }

    #[test]
    fn a_long_line_is_cut_where_it_must_and_blank_lines_are_few() {
        assert_eq!(excerpt(&"x".repeat(99), 40), format!("{}…", "x".repeat(10)));
        assert_eq!(excerpt("\n\n\n  a  \n\n\n \nb\n\n", 40), "  a\n\nb");
        assert_eq!(line(" a\n\tb\u{1b}[0m  c ", 9), "a b c");
        assert_eq!(line(&"x ".repeat(99), 4), "x x…");
    }

    proptest! {
        #[test]
        fn any_text_becomes_readable_within_its_bound(text in "(?s)[\u{1b}\u{9b}\\]\\[0-9;m\u{7}\n\r a-c😀]{0,300}|(?s).{0,300}") {
            let excerpt = excerpt(&text, 80);
            prop_assert!(excerpt.chars().count() <= 80, "{excerpt}");
            prop_assert!(excerpt.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
            prop_assert_eq!(readable(&excerpt), excerpt);
            prop_assert!(!line(&text, 30).contains('\n') && line(&text, 30).chars().count() <= 30);
        }
    }
}
