//! Several writes of which all are done or none.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use crate::Table;
use crate::attributes::Item;
use crate::error::TableError;

/// What a transaction came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    All,
    /// Nothing: the condition at this position was not met.
    Refused(usize),
    /// Nothing: somebody else was writing one of the items.
    Contended,
}

impl Table {
    /// Writes all or nothing.
    pub(crate) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Written, TableError> {
        match self.client.transact_write_items().set_transact_items(Some(writes)).send().await {
            Ok(_) => Ok(Written::All),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    let mut reasons = cancelled.cancellation_reasons().iter();
                    let refused = reasons.position(|reason| reason.code() == Some("ConditionalCheckFailed"));
                    Ok(refused.map_or(Written::Contended, Written::Refused))
                }
                _ => Err(TableError::call("TransactWriteItems")(error)),
            },
        }
    }

    /// A whole item, on a condition if there is one.
    pub(crate) fn put_write(&self, item: Item, condition: Option<&str>) -> Result<TransactWriteItem, TableError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        let put = put.set_condition_expression(condition.map(str::to_owned)).build();
        let put = put.map_err(TableError::not_built("TransactWriteItems"))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}
