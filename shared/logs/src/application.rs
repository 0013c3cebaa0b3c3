//! What the function's own code writes: one file for each form.

mod attributes;
mod cut;
mod names;
pub(crate) mod node;
pub(crate) mod object;
mod span;
pub(crate) mod spans;
mod structured;
pub(crate) mod text;
