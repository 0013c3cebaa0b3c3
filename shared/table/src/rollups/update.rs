//! One `UpdateItem`: its expressions, names and values.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_rollup::Peaks;
use lamplight_rollup::peaks::Peak;

use crate::attributes::{BORN, EXPIRES_AT, SEEN, hash, hashes, number};
use crate::rollups::parts::{Part, sum};

/// The item that is written.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) pk: String,
    pub(crate) sk: String,
    /// When it expires, in seconds since the epoch.
    pub(crate) expires_at: i64,
    /// When the minute was first written, in milliseconds since the epoch.
    pub(crate) born_ms: i64,
    /// Deliveries that it counts; it takes no more then.
    pub(crate) capacity: usize,
}

/// One `UpdateItem`'s expressions.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) expression: String,
    pub(crate) condition: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

impl Update {
    /// Adds parts to an item: once, and only while it has room.
    pub(crate) fn of(target: &Target, parts: &[Part], known: &Peaks) -> Self {
        let (sum, peaks) = sum(parts);
        let mut update =
            Self { expression: String::new(), condition: String::new(), names: HashMap::new(), values: HashMap::new() };
        let mut sets = vec![
            format!("{} = {}", update.name("#e", EXPIRES_AT), update.value(":e", number(target.expires_at))),
            format!(
                "{0} = if_not_exists({0}, {1})",
                update.name("#b", BORN),
                update.value(":b", number(target.born_ms))
            ),
        ];
        let seen = update.name("#s", SEEN);
        let capacity = update.value(":f", number(target.capacity));
        let mut conditions = vec![format!("(attribute_not_exists({seen}) OR size({seen}) < {capacity})")];
        for (i, part) in parts.iter().enumerate() {
            let id = update.value(&format!(":s{i}"), hash(part.delivery));
            conditions.push(format!("NOT contains({seen}, {id})"));
        }
        for (peak, value) in peaks.above(known) {
            let (name, value) = update.peak(peak, value);
            sets.push(format!("{name} = {value}"));
            conditions.push(format!("(attribute_not_exists({name}) OR {name} <= {value})"));
        }
        let mut adds = vec![format!("{seen} {}", update.value(":s", hashes(parts.iter().map(|part| part.delivery))))];
        for (i, (name, value)) in sum.into_iter().enumerate() {
            adds.push(format!(
                "{} {}",
                update.name(&format!("#{i}"), name),
                update.value(&format!(":{i}"), number(value))
            ));
        }
        update.expression = format!("SET {} ADD {}", sets.join(", "), adds.join(", "));
        update.condition = conditions.join(" AND ");
        update
    }

    fn name(&mut self, placeholder: &str, name: &str) -> String {
        self.names.insert(placeholder.to_owned(), name.to_owned());
        placeholder.to_owned()
    }

    fn value(&mut self, placeholder: &str, value: AttributeValue) -> String {
        self.values.insert(placeholder.to_owned(), value);
        placeholder.to_owned()
    }

    fn peak(&mut self, peak: Peak, value: u64) -> (String, String) {
        let index = peak as usize;
        (self.name(&format!("#p{index}"), peak.name()), self.value(&format!(":p{index}"), number(value)))
    }
}
