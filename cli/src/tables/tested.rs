//! What became of a test message.

use crate::commands::send_test::{Outcome, Tested};

/// What was done, what became of it, and where to look if nothing arrives.
pub fn tested(tested: &Tested) -> String {
    let published = format!("a test message was published on {} as {}", tested.topic, tested.message_id);
    let outcome = match &tested.outcome {
        Outcome::Posted => return format!("{published}\nSlack has taken it"),
        Outcome::Refused { reason } => format!("Slack has refused it: {reason}"),
        Outcome::Published { reason: Some(reason) } => format!("it has not been seen to arrive: {reason}"),
        Outcome::Published { reason: None } => "it should stand in Slack within seconds".to_owned(),
    };
    format!("{published}\n{outcome}\nif nothing arrives:\n  {}", tested.look.join("\n  "))
}
