//! The invoke URL: takes what Lambda would hand the parser, and answers as Lambda's Invoke does.
//!
//! Source: Lambda API reference, "Invoke".

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::routing::post;
use lamplight_aws::clock::now_ms;
use lamplight_parser::{ParserError, handle};
use serde_json::json;
use tokio::net::TcpListener;

use super::ParserContext;
use crate::output::complain;

/// The path that Lambda's Invoke has.
pub const INVOKE: &str = "/2015-03-31/functions/parser/invocations";

/// Bytes of a payload: more than Lambda takes, so that a payload of any size is told what is wrong with it.
const BODY_BYTES: usize = 256 << 20;

/// Serves until the process ends.
pub async fn serve(listener: TcpListener, context: Arc<ParserContext>) -> std::io::Result<()> {
    let router = Router::new().route(INVOKE, post(invoke)).layer(DefaultBodyLimit::max(BODY_BYTES)).with_state(context);
    axum::serve(listener, router).await
}

async fn invoke(State(context): State<Arc<ParserContext>>, body: Bytes) -> (HeaderMap, String) {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match Box::pin(handle(&String::from_utf8_lossy(&body), &context, now_ms())).await {
        Ok(answer) => (headers, json!(answer).to_string()),
        Err(error) => {
            headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
            (headers, failure(&error))
        }
    }
}

fn failure(error: &ParserError) -> String {
    complain(&format!("a delivery failed: {error}"));
    json!({ "errorType": error.name(), "errorMessage": error.to_string() }).to_string()
}
