//! Facts that are added to an item as a set: what is there changes nothing.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::FACTS;
use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, number};
use crate::error::TableError;
use crate::query::{ATTEMPTS, key, pause};

impl Table {
    /// Adds facts to the set of an item, of which the key and the time of its end are given. One that has as many elements
    /// as it may have is replaced by what `unite` makes of it and the facts.
    pub(super) async fn add_to_set(
        &self,
        ((pk, sk), expires_s): &((String, String), i64),
        facts: Vec<String>,
        most: usize,
        unite: impl Fn(&Item) -> Vec<String>,
    ) -> Result<(), TableError> {
        let update = || {
            let update = self.client.update_item().table_name(&self.name).set_key(Some(key(pk, sk)));
            let update = update.expression_attribute_names("#facts", FACTS);
            let update = update.expression_attribute_names("#expires", EXPIRES_AT);
            let update = update.expression_attribute_values(":expires", number(*expires_s));
            update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        };
        let adding = update()
            .update_expression("SET #expires = :expires ADD #facts :facts")
            .condition_expression("attribute_not_exists(#facts) OR size(#facts) < :most")
            .expression_attribute_values(":most", number(most))
            .expression_attribute_values(":facts", AttributeValue::Ss(facts));
        let mut refused = refused(adding.send().await)?;
        for attempt in 0..ATTEMPTS {
            let Some(item) = refused else { return Ok(()) };
            let old = item.get(FACTS).cloned().unwrap_or(AttributeValue::Null(true));
            let uniting = update()
                .update_expression("SET #expires = :expires, #facts = :facts")
                .condition_expression("#facts = :old")
                .expression_attribute_values(":old", old)
                .expression_attribute_values(":facts", AttributeValue::Ss(unite(&item)));
            refused = self::refused(uniting.send().await)?;
            pause(attempt).await;
        }
        Err(TableError::Contention { key: pk.clone() })
    }
}

/// The item, if the condition of an update was refused.
fn refused<T, R>(
    sent: Result<T, aws_sdk_dynamodb::error::SdkError<UpdateItemError, R>>,
) -> Result<Option<Item>, TableError>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(None),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                Ok(Some(refusal.item().cloned().unwrap_or_default()))
            }
            _ => Err(TableError::call("UpdateItem")(error)),
        },
    }
}
