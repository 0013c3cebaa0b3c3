//! Deliveries that the parser could not take: kept by Lambda as objects in a bucket.
//!
//! Source: AWS Lambda documentation, "Retaining records of asynchronous invocations" (`requestPayload`) and "Retain
//! discarded records for a Kinesis event source" (`payload`, a text).

use std::time::{Duration, SystemTime};

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_s3::types::Object;
use lamplight_table::reasons;
use serde::Deserialize;
use serde_json::Value;

use crate::account::Refusal;
use crate::arguments::RedriveArguments;
use crate::commands::redrive::{Left, Redriven};
use crate::error::CliError;
use crate::stack::{Stack, reason};

/// What the parser has counted of a delivery is known for three days, which began with its first attempt: up to six
/// hours and some minutes before it was kept.
const KNOWN: Duration = Duration::from_secs(60 * 3600);

/// What Lambda keeps.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    request_payload: Option<Value>,
    payload: Option<Value>,
}

/// What the parser answers to a batch.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    batch_item_failures: Vec<Value>,
}

/// Puts the deliveries of the stack's bucket through the parser; those that it takes are removed.
pub async fn redrive(stack: &Stack, arguments: &RedriveArguments, redriven: &mut Redriven) -> Result<(), CliError> {
    let s3 = storage(stack);
    let bucket = stack.output("FailedDeliveriesBucket")?;
    for object in objects(&s3, bucket).await? {
        let key = object.key.clone().unwrap_or_default();
        let taken = if is_older(&object) && !arguments.older {
            Err("it was kept for more than 60 hours: a part of it may have been counted; --older counts all of it"
                .to_owned())
        } else if arguments.dry_run {
            Ok(())
        } else {
            put_through(stack, &s3, bucket, &key).await
        };
        match taken {
            Ok(()) => redriven.deliveries += 1,
            Err(reason) => redriven.left.push(Left { key, reason }),
        }
    }
    Ok(())
}

/// How many deliveries are left that the parser could not take.
pub async fn failed_deliveries(stack: &Stack) -> Result<usize, CliError> {
    Ok(objects(&storage(stack), stack.output("FailedDeliveriesBucket")?).await?.len())
}

fn storage(stack: &Stack) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&stack.config);
    aws_sdk_s3::Client::from_conf(config.force_path_style(stack.config.endpoint_url().is_some()).build())
}

async fn objects(s3: &aws_sdk_s3::Client, bucket: &str) -> Result<Vec<Object>, CliError> {
    let pages = s3.list_objects_v2().bucket(bucket).into_paginator().send().collect::<Result<Vec<_>, _>>().await;
    let pages = pages.map_err(Refusal::of("s3:ListBucket"))?;
    Ok(pages.into_iter().flat_map(|page| page.contents.unwrap_or_default()).collect())
}

fn is_older(object: &Object) -> bool {
    let kept_at = object.last_modified.and_then(|at| SystemTime::try_from(at).ok());
    kept_at.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > KNOWN)
}

/// Has the parser take a delivery, and removes it; else why not.
async fn put_through(stack: &Stack, s3: &aws_sdk_s3::Client, bucket: &str, key: &str) -> Result<(), String> {
    let object = s3.get_object().bucket(bucket).key(key).send().await.map_err(reason)?;
    let bytes = object.body.collect().await.map_err(|error| reasons(&error))?.into_bytes();
    let payload = payload(&bytes)?;
    let invoke = aws_sdk_lambda::Client::new(&stack.config).invoke();
    let parser = stack.output("ParserArn").map_err(|error| error.to_string())?;
    let answer = invoke.function_name(parser).payload(Blob::new(payload)).send().await.map_err(reason)?;
    let said = answer.payload.map(Blob::into_inner).unwrap_or_default();
    if answer.function_error.is_some() {
        return Err(format!("the parser fails: {}", String::from_utf8_lossy(&said)));
    }
    let unreadable = serde_json::from_slice::<Answer>(&said).unwrap_or_default().batch_item_failures.len();
    if unreadable > 0 {
        return Err(format!("{unreadable} of its records cannot be read; the others are counted"));
    }
    s3.delete_object().bucket(bucket).key(key).send().await.map(drop).map_err(reason)
}

/// What the parser was given.
fn payload(object: &[u8]) -> Result<Vec<u8>, String> {
    let record: Record =
        serde_json::from_slice(object).map_err(|error| format!("it is no record of Lambda: {error}"))?;
    match (record.request_payload, record.payload) {
        (Some(payload), _) | (None, Some(payload @ Value::Object(_))) => Ok(payload.to_string().into_bytes()),
        (None, Some(Value::String(text))) => Ok(text.into_bytes()),
        _ => Err("it holds no payload".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_records_give_what_the_parser_was_given() {
        for record in [
            r#"{"version":"1.0","requestContext":{"condition":"RetriesExhausted"},"requestPayload":{"awslogs":{"data":"x"}}}"#,
            r#"{"version":"1.0","KinesisBatchInfo":{},"payload":"{\"awslogs\":{\"data\":\"x\"}}"}"#,
            r#"{"version":"1.0","payload":{"awslogs":{"data":"x"}}}"#,
        ] {
            assert_eq!(payload(record.as_bytes()).unwrap(), br#"{"awslogs":{"data":"x"}}"#);
        }
        for other in ["x", "{}", r#"{"payload":5}"#] {
            assert!(payload(other.as_bytes()).is_err());
        }
    }
}
