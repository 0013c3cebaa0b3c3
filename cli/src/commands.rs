//! The commands: one file each.

pub mod act;
pub mod analyze;
pub mod backfill;
pub mod completions;
pub mod cost;
pub mod doctor;
pub mod explain;
pub mod flows;
pub mod functions;
pub mod issues;
pub mod local;
pub mod map;
pub mod metrics;
pub mod policy;
pub mod redrive;
pub mod send_test;
pub mod subscribe;
pub mod transactions;
pub mod unsubscribe;
