//! The cold start of the parser.

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use lamplight_aws::clock::now_ms;
use lamplight_parser::{Context, ParserError, handle};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lamplight_aws::log::init();
    let context = Context::from_environment()?;
    let context = &context;
    // Boxed: the future of the whole pipeline is deep.
    run(service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        Box::pin(handle(event.payload.get(), context, now_ms())).await.map_err(diagnostic)
    }))
    .await
}

fn diagnostic(error: ParserError) -> Diagnostic {
    tracing::error!(error_type = error.name(), %error, "the delivery failed");
    Diagnostic { error_type: error.name().to_owned(), error_message: error.to_string() }
}
