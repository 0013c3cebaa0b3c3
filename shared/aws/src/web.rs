//! One HTTPS connector for all clients, with region and credentials from Lambda's environment.
//!
//! Lambda sets everything that a client needs in the environment, so the chain of places that `aws-config` looks in
//! is not needed, nor the time that it takes.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sns::config::IdentityCache;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::http::Request;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::StalledStreamProtectionConfig;

use crate::environment::variable;
use crate::error::AwsError;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// How long one attempt of a call may take.
const ATTEMPT: Duration = Duration::from_secs(6);

/// How long a post may take, with its answer.
const POST: Duration = Duration::from_secs(10);

/// Attempts of one call, the first among them.
const ATTEMPTS: u32 = 4;

/// One connector for AWS and the web. TLS is set up once, and not before something is sent.
#[derive(Debug, Clone)]
pub struct Web {
    connector: Arc<OnceLock<SharedHttpConnector>>,
    post: Duration,
}

impl Default for Web {
    fn default() -> Self {
        Self { connector: Arc::default(), post: POST }
    }
}

fn connector() -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).read_timeout(ATTEMPT).build();
    let connector = Connector::builder()
        .connector_settings(settings)
        .sleep_impl(TokioSleep::new())
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build();
    SharedHttpConnector::new(connector)
}

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The `Retry-After` header, in whole seconds.
    pub retry_after_s: Option<u64>,
    /// The body.
    pub body: String,
}

impl Web {
    /// The same, with so much time for a post and its answer.
    #[must_use]
    pub fn with_patience(self, post: Duration) -> Self {
        Self { post, ..self }
    }

    fn connector(&self) -> &SharedHttpConnector {
        self.connector.get_or_init(connector)
    }

    /// The clients' configuration, from Lambda's environment.
    ///
    /// # Errors
    ///
    /// [`AwsError::Missing`] if the region or the credentials are not there.
    pub fn config(&self) -> Result<SdkConfig, AwsError> {
        let region = variable("AWS_REGION").or_else(|_| variable("AWS_DEFAULT_REGION"))?;
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN").ok(),
            None,
            "lambda",
        );
        let web = self.clone();
        let mut config = SdkConfig::builder()
            .behavior_version(aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            // Credentials do not change, and requests are small: neither needs to be watched.
            .identity_cache(IdentityCache::no_cache())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http_client_fn(move |_, _| web.connector().clone()))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build());
        if let Ok(endpoint_url) = variable("AWS_ENDPOINT_URL") {
            config = config.endpoint_url(endpoint_url);
        }
        Ok(config.build())
    }

    /// Posts JSON with further headers. The URL is a secret: errors do not repeat it.
    ///
    /// # Errors
    ///
    /// [`AwsError::Request`] for a URL that is none, [`AwsError::Unanswered`] if there was no answer.
    pub async fn post_json(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<Answer, AwsError> {
        let request = |reason: String| AwsError::Request { reason };
        let mut post = Request::new(SdkBody::from(body));
        post.set_method("POST").map_err(|error| request(error.to_string()))?;
        post.set_uri(url).map_err(|error| request(error.to_string()))?;
        post.headers_mut().insert("content-type", "application/json");
        for (name, value) in headers {
            post.headers_mut().insert(*name, value.clone());
        }
        tokio::time::timeout(self.post, self.answer(post))
            .await
            .unwrap_or_else(|_| Err(AwsError::Unanswered(format!("nothing came within {:?}", self.post))))
    }

    async fn answer(&self, request: Request) -> Result<Answer, AwsError> {
        let answer = self.connector().call(request).await.map_err(|error| AwsError::Unanswered(error.to_string()))?;
        let status = answer.status().as_u16();
        let retry_after_s = answer.headers().get("retry-after").and_then(whole_seconds);
        let body = ByteStream::new(answer.into_body()).collect().await;
        let body = body.map_err(|error| AwsError::Unanswered(error.to_string()))?.into_bytes();
        Ok(Answer { status, retry_after_s, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// Some services answer with a fraction of a second, which is rounded up.
fn whole_seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let rest = u64::from(fraction.bytes().any(|digit| digit != b'0'));
    whole.parse::<u64>().ok().map(|whole| whole.saturating_add(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_whole_seconds() {
        for (text, seconds) in [("1", Some(1)), ("0.4", Some(1)), ("2.0", Some(2)), ("soon", None), ("", None)] {
            assert_eq!(whole_seconds(text), seconds, "{text}");
        }
    }
}
