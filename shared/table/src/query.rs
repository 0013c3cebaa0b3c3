//! Reading partitions page by page, and writing items in batches.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::Table;
use crate::attributes::{Item, get_text, text};
use crate::error::TableError;

/// Items that `BatchWriteItem` takes.
const WRITE_BATCH: usize = 25;

/// Items that `BatchGetItem` takes.
const READ_BATCH: usize = 100;

/// Times that what DynamoDB left undone is asked for again.
pub(crate) const ATTEMPTS: usize = 8;

/// Calls that are under way at once.
pub(crate) const CONCURRENCY: usize = 16;

/// Which part of a partition is read.
#[derive(Debug, Clone)]
pub(crate) enum Sort {
    /// All of it.
    All,
    /// Sort keys that begin with this.
    Prefix(String),
    /// Sort keys from this to that, both among them.
    Between(String, String),
}

impl Table {
    /// All items of a part of a partition, read consistently.
    pub(crate) async fn query(&self, partition: &str, sort: Sort) -> Result<Vec<Item>, TableError> {
        self.query_at_most(partition, sort, usize::MAX).await
    }

    /// The first items of a part of a partition, so many at the most, read consistently.
    pub(crate) async fn query_at_most(
        &self,
        partition: &str,
        sort: Sort,
        most: usize,
    ) -> Result<Vec<Item>, TableError> {
        let mut items = Vec::new();
        let take = |item| {
            items.push(item);
            if items.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        // What is not wanted is not read either.
        self.each(partition, sort, i32::try_from(most).ok(), take).await?;
        Ok(items)
    }

    /// Hands over the items of a part of a partition one by one, read consistently in pages of so many, until it is
    /// enough.
    pub(crate) async fn each(
        &self,
        partition: &str,
        sort: Sort,
        page: Option<i32>,
        mut take: impl FnMut(Item) -> ControlFlow<()>,
    ) -> Result<(), TableError> {
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query.expression_attribute_names("#pk", "pk").expression_attribute_values(":pk", text(partition));
        let query = match sort {
            Sort::All => query.key_condition_expression("#pk = :pk"),
            Sort::Prefix(prefix) => query
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_names("#sk", "sk")
                .expression_attribute_values(":prefix", text(prefix)),
            Sort::Between(first, last) => query
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
                .expression_attribute_names("#sk", "sk")
                .expression_attribute_values(":first", text(first))
                .expression_attribute_values(":last", text(last)),
        };
        let mut read = query.set_limit(page).into_paginator().items().send();
        while let Some(item) = read.next().await {
            if take(item.map_err(TableError::call("Query"))?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Whether a partition has an item from one sort key to before another.
    pub(crate) async fn has_any(&self, partition: &str, first: &str, before: &str) -> Result<bool, TableError> {
        let query = self.client.query().table_name(&self.name).consistent_read(true).limit(1);
        let query = query
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :before")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#sk", "sk")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":before", text(before));
        let found = query.send().await.map_err(TableError::call("Query"))?;
        Ok(found.items().iter().any(|item| get_text(item, "sk") != Some(before)))
    }

    /// The last item of a partition whose sort key begins with this.
    pub(crate) async fn query_last(&self, partition: &str, prefix: &str) -> Result<Option<Item>, TableError> {
        let query = self.client.query().table_name(&self.name).scan_index_forward(false).limit(1);
        let query = query
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_names("#sk", "sk")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":prefix", text(prefix));
        let found = query.send().await.map_err(TableError::call("Query"))?;
        Ok(found.items.unwrap_or_default().into_iter().next())
    }

    /// One item, read consistently.
    pub(crate) async fn get(&self, pk: &str, sk: &str) -> Result<Option<Item>, TableError> {
        let get = self.client.get_item().table_name(&self.name).consistent_read(true);
        let got = get.key("pk", text(pk)).key("sk", text(sk)).send().await.map_err(TableError::call("GetItem"))?;
        Ok(got.item)
    }

    /// The items of these keys that exist.
    pub(crate) async fn get_all(&self, keys: &[(String, String)]) -> Result<Vec<Item>, TableError> {
        let batches = stream::iter(keys.chunks(READ_BATCH).map(<[_]>::to_vec));
        let batches = batches.map(async |keys| self.get_batch(keys.iter().map(|(pk, sk)| key(pk, sk)).collect()).await);
        let batches: Vec<Vec<Item>> = batches.buffered(CONCURRENCY).try_collect().await?;
        Ok(batches.into_iter().flatten().collect())
    }

    async fn get_batch(&self, mut keys: Vec<Item>) -> Result<Vec<Item>, TableError> {
        let mut items = Vec::with_capacity(keys.len());
        for attempt in 0..ATTEMPTS {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let wanted = wanted.map_err(TableError::not_built("BatchGetItem"))?;
            let got = self.client.batch_get_item().request_items(&self.name, wanted).send().await;
            let got = got.map_err(TableError::call("BatchGetItem"))?;
            items.extend(got.responses.unwrap_or_default().remove(&self.name).unwrap_or_default());
            keys = match got.unprocessed_keys.unwrap_or_default().remove(&self.name) {
                Some(rest) if !rest.keys.is_empty() => rest.keys,
                _ => return Ok(items),
            };
            pause(attempt).await;
        }
        Err(TableError::Contention { key: "BatchGetItem".to_owned() })
    }

    /// Puts items whole; writing one again changes nothing. Of those with the same key, which one batch may not have, it
    /// puts the last.
    pub(crate) async fn put_all(&self, items: Vec<Item>) -> Result<(), TableError> {
        let key_of = |item: &Item| ["pk", "sk"].map(|name| get_text(item, name).map(str::to_owned));
        let items: BTreeMap<_, _> = items.into_iter().map(|item| (key_of(&item), item)).collect();
        self.write_all(&items.into_values().collect::<Vec<_>>(), put_request).await
    }

    /// Deletes the items of these keys; deleting one again changes nothing.
    pub(crate) async fn delete_all(&self, keys: Vec<Item>) -> Result<(), TableError> {
        self.write_all(&keys, delete_request).await
    }

    async fn write_all(
        &self,
        items: &[Item],
        request: fn(Item) -> Result<WriteRequest, TableError>,
    ) -> Result<(), TableError> {
        let batches = items.chunks(WRITE_BATCH).map(|chunk| async move {
            self.write_batch(chunk.iter().map(|item| request(item.clone())).collect::<Result<_, _>>()?).await
        });
        at_once(batches.collect()).await
    }

    async fn write_batch(&self, mut requests: Vec<WriteRequest>) -> Result<(), TableError> {
        for attempt in 0..ATTEMPTS {
            let write = self.client.batch_write_item().request_items(&self.name, requests);
            let written = write.send().await.map_err(TableError::call("BatchWriteItem"))?;
            requests = written.unprocessed_items.unwrap_or_default().remove(&self.name).unwrap_or_default();
            if requests.is_empty() {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(TableError::Contention { key: "BatchWriteItem".to_owned() })
    }
}

/// The key of an item.
pub(crate) fn key(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

fn put_request(item: Item) -> Result<WriteRequest, TableError> {
    let put = PutRequest::builder().set_item(Some(item)).build().map_err(TableError::not_built("BatchWriteItem"))?;
    Ok(WriteRequest::builder().put_request(put).build())
}

fn delete_request(key: Item) -> Result<WriteRequest, TableError> {
    let delete =
        DeleteRequest::builder().set_key(Some(key)).build().map_err(TableError::not_built("BatchWriteItem"))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

/// Changes an item, if it is there.
pub(crate) async fn if_there(update: UpdateItemFluentBuilder) -> Result<(), TableError> {
    match update.condition_expression("attribute_exists(pk)").send().await {
        Ok(_) => Ok(()),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(TableError::call("UpdateItem")(error)),
        },
    }
}

/// Makes calls, so many at once, until one fails.
pub(crate) async fn at_once<F: Future<Output = Result<(), TableError>>>(calls: Vec<F>) -> Result<(), TableError> {
    stream::iter(calls).buffer_unordered(CONCURRENCY).try_collect().await
}

/// Waits before DynamoDB is asked for the rest: 20 ms, doubled each time.
pub(crate) async fn pause(attempt: usize) {
    tokio::time::sleep(std::time::Duration::from_millis(20 << attempt.min(6))).await;
}
