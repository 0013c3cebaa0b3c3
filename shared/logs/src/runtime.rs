//! What the languages' runtimes write when a function fails: one file for each, all in the same form.
//!
//! An exception line counts the failure, as the report of such an invocation has no status. Lines that accompany a
//! failure which another line counts (an error of the initialisation, the text of a panic, a heap dump) are
//! evidence: they raise an issue and count nothing.

pub(crate) mod classify;
pub(crate) mod dotnet;
pub(crate) mod go;
pub(crate) mod java;
pub(crate) mod memory;
pub(crate) mod native;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod ruby;
pub(crate) mod rust;
