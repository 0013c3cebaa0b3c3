//! The cold start of the keeper.

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use lamplight_keeper::{Context, KeeperError};
use serde::de::IgnoredAny;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    lamplight_aws::log::init();
    let context = Context::from_environment()?;
    let context = &context;
    lambda_runtime::run(service_fn(move |_: LambdaEvent<IgnoredAny>| async move {
        lamplight_keeper::run(context).await.map_err(diagnostic)
    }))
    .await
}

fn diagnostic(error: KeeperError) -> Diagnostic {
    tracing::error!(error_type = error.name(), %error, "the run failed");
    Diagnostic { error_type: error.name().to_owned(), error_message: error.to_string() }
}
