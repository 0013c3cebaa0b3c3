//! Which alerts have been posted, to each receiver by an id of its own: an alert that comes twice is posted once.
//!
//! Who posts an alert holds it for a minute. Nobody gives it back: an attempt that failed comes again later than that,
//! and a right that is given back by a call whose answer is lost might be another's by then.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use crate::Table;
use crate::attributes::{EXPIRES_AT, Item, get_number, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::query::key;

/// How long one process has the right to post an alert: longer than the notifier may run, shorter than the pause before
/// a message comes again.
const LEASE_MS: i64 = 60_000;

/// How long it is known that an alert was posted: longer than any queue keeps it.
const KEPT_MS: i64 = 30 * 86_400_000;

/// Until when a process has the right to post; absent when the alert was posted.
const LEASED_UNTIL: &str = "leased_until_ms";

/// The message in which an alert was refused for good: while that comes again for others, it is not tried.
const GIVEN_UP_IN: &str = "given_up_in";

/// Whether an alert is to be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posting {
    /// This process is to post it.
    Mine,
    /// It was posted.
    Done,
    /// Another process is posting it at this moment.
    Busy,
    /// It was refused for good when the same message came before.
    GivenUp,
}

impl Table {
    /// Asks for the right to post an alert that comes in this message.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn begin_posting(&self, alert_id: &str, message_id: &str, now_ms: i64) -> Result<Posting, TableError> {
        let mut item = key(&keys::alert(alert_id), keys::POSTED_ITEM);
        item.insert(LEASED_UNTIL.to_owned(), number(now_ms + LEASE_MS));
        item.insert(EXPIRES_AT.to_owned(), number((now_ms + KEPT_MS) / 1000));
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(
                "attribute_not_exists(pk) OR \
                 (#lease < :now AND (attribute_not_exists(#given_up_in) OR #given_up_in <> :message))",
            )
            .expression_attribute_names("#lease", LEASED_UNTIL)
            .expression_attribute_names("#given_up_in", GIVEN_UP_IN)
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":message", text(message_id))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(Posting::Mine),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                    let item = refusal.item();
                    let is_leased = item.is_some_and(|item| get_number::<i64>(item, LEASED_UNTIL).is_some());
                    let is_given_up = item.and_then(|item| get_text(item, GIVEN_UP_IN)) == Some(message_id);
                    Ok(match (is_given_up, is_leased) {
                        (true, _) => Posting::GivenUp,
                        (false, true) => Posting::Busy,
                        (false, false) => Posting::Done,
                    })
                }
                _ => Err(TableError::call("PutItem")(error)),
            },
        }
    }

    /// Says that an alert was posted.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; the alert may then be posted again.
    pub async fn finish_posting(&self, alert_id: &str, now_ms: i64) -> Result<(), TableError> {
        let item = posted_item(alert_id, now_ms);
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(TableError::call("PutItem"))
    }

    /// Says that an alert was refused for good and is not to be tried while this message comes again. In another
    /// message it is tried.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; the alert may then be tried again.
    pub async fn give_up_posting(&self, alert_id: &str, message_id: &str, now_ms: i64) -> Result<(), TableError> {
        let mut item = key(&keys::alert(alert_id), keys::POSTED_ITEM);
        item.insert(LEASED_UNTIL.to_owned(), number(0));
        item.insert(GIVEN_UP_IN.to_owned(), text(message_id));
        item.insert(EXPIRES_AT.to_owned(), number((now_ms + KEPT_MS) / 1000));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(TableError::call("PutItem"))
    }

    /// Whether an alert was posted.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn is_posted(&self, alert_id: &str) -> Result<bool, TableError> {
        let item = self.get(&keys::alert(alert_id), keys::POSTED_ITEM).await?;
        Ok(item.is_some_and(|item| get_number::<i64>(&item, LEASED_UNTIL).is_none()))
    }
}

/// The item that says that an alert was posted.
pub(crate) fn posted_item(alert_id: &str, now_ms: i64) -> Item {
    let mut item = key(&keys::alert(alert_id), keys::POSTED_ITEM);
    item.insert(EXPIRES_AT.to_owned(), number((now_ms + KEPT_MS) / 1000));
    item
}
