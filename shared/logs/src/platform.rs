//! The lines that Lambda itself writes: one file for each, all in the same form.

pub(crate) mod control;
pub(crate) mod end;
pub(crate) mod exit;
pub(crate) mod extension;
pub(crate) mod init;
mod pairs;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod restore;
pub(crate) mod start;
pub(crate) mod subscription;
pub(crate) mod timeout;
pub(crate) mod xray;
