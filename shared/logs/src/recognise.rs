//! From a line to its meaning: the dispatch by first bytes.

use crate::application;
use crate::fact::{Fact, Kind};
use crate::platform;
use crate::runtime;
use crate::source::Source;

/// A detector: what it makes of a line, or nothing if the line is not its own.
type Detector = for<'a> fn(&'a str) -> Option<Fact<'a>>;

/// What the line means.
///
/// A pure function of the line and of where it stands; total, and it never panics.
#[must_use]
pub fn recognise<'a>(message: &'a str, source: &Source<'_>) -> Fact<'a> {
    let line = message.trim_end();
    let text = line.trim_start();
    let found = match text.as_bytes().first() {
        None => None,
        Some(b'{') => application::object::read(text, source),
        Some(first) => detectors(*first).iter().find_map(|read| read(line)),
    };
    found.unwrap_or_else(|| Fact::new(Kind::Plain, "plain"))
}

/// The detectors whose lines can begin with this byte, the likeliest first.
fn detectors(first: u8) -> &'static [Detector] {
    match first {
        b'R' => &[
            platform::report::read,
            platform::exit::read,
            platform::restore::read,
            runtime::java::read,
        ],
        b'S' => &[platform::start::read, runtime::java::read],
        b'E' => &[
            platform::end::read,
            platform::extension::read,
            runtime::ruby::read,
            runtime::rust::read,
            runtime::memory::read,
            runtime::java::read,
            application::text::read,
        ],
        b'I' => &[
            platform::init::read,
            runtime::ruby::read,
            runtime::java::read,
            application::text::read,
        ],
        b'X' => &[platform::xray::read, runtime::java::read],
        b'T' => &[platform::subscription::read, runtime::java::read],
        b'L' => &[platform::subscription::read, runtime::python::read, runtime::java::read],
        b'C' => &[platform::control::read, runtime::java::read, application::text::read],
        b'[' => &[runtime::native::read, runtime::python::read, application::text::read],
        b'0'..=b'9' => &[
            application::node::read,
            platform::timeout::read,
            runtime::go::read,
            platform::exit::read,
            application::text::read,
            runtime::java::read,
        ],
        b'a'..=b'f' => &[
            platform::exit::read,
            runtime::memory::read,
            runtime::native::read,
            runtime::go::read,
            runtime::java::read,
        ],
        b'H' | b'U' | b'm' => &[runtime::python::read, runtime::memory::read, runtime::java::read],
        b'p' | b't' => &[runtime::go::read, runtime::rust::read, runtime::java::read],
        b'D' | b'F' | b'W' | b'A' => &[
            runtime::memory::read,
            runtime::dotnet::read,
            runtime::java::read,
            application::text::read,
        ],
        _ => &[
            runtime::memory::read,
            runtime::native::read,
            runtime::dotnet::read,
            runtime::java::read,
        ],
    }
}
