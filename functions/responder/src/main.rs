//! The cold start of the responder.

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use lamplight_aws::clock::now_ms;
use lamplight_responder::{Context, Request, ResponderError, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lamplight_aws::log::init();
    let context = Context::from_environment()?;
    let context = &context;
    run(service_fn(move |event: LambdaEvent<Request>| async move {
        handle(&event.payload, context, now_ms()).await.map_err(diagnostic)
    }))
    .await
}

fn diagnostic(error: ResponderError) -> Diagnostic {
    tracing::error!(error_type = error.name(), %error, "the request failed");
    Diagnostic { error_type: error.name().to_owned(), error_message: error.to_string() }
}
