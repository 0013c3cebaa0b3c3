//! One frame of a stack trace, in the form of its language.

use std::fmt;

use super::foreign::{is_foreign_name, is_foreign_path, relative};

/// Characters of a name, which may be a template's.
const NAME: usize = 120;

/// A frame: a place in a file, or a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// Of a trace whose last frame is the one in which it arose.
    Python { path: &'a str, name: &'a str },
    /// A file, and what it calls itself there; the name may be empty.
    Place { path: &'a str, name: &'a str },
    /// A method with its class and namespace.
    Method { name: &'a str },
}

impl<'a> Frame<'a> {
    /// Reads a line of a trace; Go needs the one before.
    pub(super) fn read(piece: &'a str, before: &'a str) -> Option<Self> {
        python(piece)
            .or_else(|| at(piece))
            .or_else(|| ruby(piece))
            .or_else(|| go_object(piece, before))
            .or_else(|| go_text(piece, before))
            .or_else(|| php(piece))
    }

    /// Whether it belongs to the function's own code.
    pub(super) fn is_own(&self) -> bool {
        match self {
            Self::Python { path, .. } | Self::Place { path, .. } => !is_foreign_path(path),
            Self::Method { name } => !is_foreign_name(name),
        }
    }
}

impl fmt::Display for Frame<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python { path, name } | Self::Place { path, name } if name.is_empty() => {
                formatter.write_str(relative(path))
            }
            Self::Python { path, name } | Self::Place { path, name } => {
                write!(formatter, "{} {name}", relative(path))
            }
            Self::Method { name } => formatter.write_str(name),
        }
    }
}

fn python(piece: &str) -> Option<Frame<'_>> {
    let rest = piece.split_once("File ")?.1.trim_start_matches('\\').strip_prefix('"')?;
    let (path, rest) = rest.split_once(['"', '\\'])?;
    let (_, name) = rest.split_once(", line ")?.1.split_once(", in ")?;
    Some(Frame::Python { path, name: word(name) })
}

/// Node.js has a blank before the parenthesis, or none at all; Java and .NET have the method's name before it.
fn at(piece: &str) -> Option<Frame<'_>> {
    let frame = piece.trim_start_matches('"').trim_start().strip_prefix("at ")?;
    let Some((name, rest)) = frame.split_once('(') else {
        return located(frame.strip_prefix("async ").unwrap_or(frame), "");
    };
    match name.strip_suffix(' ') {
        Some(name) => located(rest.split_once(')')?.0, name.strip_prefix("async ").unwrap_or(name)),
        None => {
            // Java's modules and class loaders: `java.base/java.util.…`, `app//com.shop.…`.
            let name = name.rsplit('/').next()?;
            let is_method = name.contains('.') && !name.contains(' ') && name.len() <= NAME;
            is_method.then_some(Frame::Method { name })
        }
    }
}

/// A place as `path:line:column`.
fn located<'a>(place: &'a str, name: &'a str) -> Option<Frame<'a>> {
    let (place, column) = place.trim_end_matches('"').rsplit_once(':')?;
    let (path, line) = place.rsplit_once(':')?;
    let path = path.strip_prefix("file://").unwrap_or(path);
    (is_number(line) && is_number(column) && is_path(path)).then_some(Frame::Place { path, name: word(name) })
}

fn ruby(piece: &str) -> Option<Frame<'_>> {
    let (head, rest) = piece.split_once(".rb:")?;
    let (line, name) = rest.split_once(":in ")?;
    let start = head.rfind(['"', ' ', '[']).map_or(0, |i| i + 1);
    let path = &piece[start..head.len() + ".rb".len()];
    let name = name.trim_start_matches(['`', '\'']).split(['\'', '`']).next()?;
    (is_number(line) && is_path(path)).then_some(Frame::Place { path, name })
}

/// `{"path":"shop/main.go` and, after what separates the two, `line":12,"label":"charge"`.
fn go_object<'a>(piece: &'a str, before: &'a str) -> Option<Frame<'a>> {
    let (_, name) = piece.split_once("\"label\":\"")?;
    let (_, path) = before.rsplit_once("\"path\":\"")?;
    let name = name.split('"').next()?;
    path.ends_with(".go").then_some(Frame::Place { path, name: word(name) })
}

/// `main.charge(0x1, …)`, and `/src/main.go:12 +0x1d` in the next line.
fn go_text<'a>(piece: &'a str, before: &'a str) -> Option<Frame<'a>> {
    let (head, rest) = piece.split_once(".go:")?;
    let path = &piece[..head.len() + ".go".len()];
    let name = before.split('(').next()?;
    let is_frame = rest.starts_with(|c: char| c.is_ascii_digit()) && is_path(path) && before.ends_with(')');
    is_frame.then_some(Frame::Place { path, name: word(name) })
}

fn php(piece: &str) -> Option<Frame<'_>> {
    let (number, rest) = piece.trim_start_matches('"').strip_prefix('#')?.split_once(' ')?;
    let (place, name) = rest.split_once("): ")?;
    let (path, line) = place.rsplit_once('(')?;
    let name = name.split('(').next()?;
    (is_number(number) && is_number(line) && is_path(path)).then_some(Frame::Place { path, name: word(name) })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && text.len() <= 500 && !text.contains(char::is_whitespace)
}

/// A name up to what cannot be part of one.
fn word(name: &str) -> &str {
    let end = name.find(['"', '\\', ',']).unwrap_or(name.len());
    let end = name[..end].char_indices().nth(NAME).map_or(end, |(i, _)| i);
    name[..end].trim()
}
