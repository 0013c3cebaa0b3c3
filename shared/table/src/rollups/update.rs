//! One `UpdateItem`: its expressions, names and values.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lamplight_rollup::Peaks;
use lamplight_rollup::peaks::Peak;

use crate::attributes::{BORN, EXPIRES_AT, Item, SEEN, WEIGHT, get_number, hash, hashes, number, seen};
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
    /// When it takes no more.
    pub(crate) room: Room,
}

/// What one item takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Deliveries that it counts.
    pub(crate) deliveries: usize,
    /// Attributes that its updates add to, where that is bounded.
    pub(crate) additions: Option<usize>,
}

impl Room {
    /// Whether an item takes no more.
    pub(crate) fn is_used_up(self, item: &Item) -> bool {
        let weight = get_number(item, WEIGHT).unwrap_or(0_usize);
        seen(item).len() >= self.deliveries || self.additions.is_some_and(|most| weight >= most)
    }
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
        let most = update.value(":f", number(target.room.deliveries));
        let mut conditions = vec![format!("(attribute_not_exists({seen}) OR size({seen}) < {most})")];
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
        if let Some(most) = target.room.additions {
            let (weight, most) = (update.name("#w", WEIGHT), update.value(":g", number(most)));
            conditions.push(format!("(attribute_not_exists({weight}) OR {weight} < {most})"));
            adds.push(format!("{weight} {}", update.value(":w", number(sum.len()))));
        }
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
