//! A secret by its name: a parameter of SSM Parameter Store, or one of Secrets Manager under
//! `/aws/reference/secretsmanager/<name>`.

use std::time::{Duration, Instant};

use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::DisplayErrorContext;
use tokio::sync::Mutex;

use crate::error::AwsError;
use crate::web::Web;

/// How long a value is used before it is read again.
const FRESH: Duration = Duration::from_secs(300);

/// A secret that is read when it is first needed, and again after five minutes or when it was refused.
#[derive(Debug)]
pub struct Secret {
    client: Client,
    name: String,
    cached: Mutex<Option<(Instant, String)>>,
}

impl Secret {
    /// The secret of this name.
    ///
    /// # Errors
    ///
    /// [`AwsError::Missing`] if the region or the credentials are not there.
    pub fn new(web: &Web, name: String) -> Result<Self, AwsError> {
        Ok(Self { client: Client::new(&web.config()?), name, cached: Mutex::default() })
    }

    /// Its value.
    ///
    /// # Errors
    ///
    /// [`AwsError::Call`] and [`AwsError::EmptyParameter`]; neither tells the value.
    pub async fn value(&self) -> Result<String, AwsError> {
        let mut cached = self.cached.lock().await;
        if let Some((read_at, value)) = cached.as_ref()
            && read_at.elapsed() < FRESH
        {
            return Ok(value.clone());
        }
        let got = self.client.get_parameter().name(&self.name).with_decryption(true).send().await;
        let got = got.map_err(|error| AwsError::Call {
            operation: "GetParameter",
            reason: format!("{} (parameter {})", DisplayErrorContext(&error), self.name),
        })?;
        let value = got.parameter.and_then(|parameter| parameter.value).unwrap_or_default().trim().to_owned();
        if value.is_empty() {
            return Err(AwsError::EmptyParameter(self.name.clone()));
        }
        *cached = Some((Instant::now(), value.clone()));
        Ok(value)
    }

    /// Forgets the value: it was refused and may have been changed.
    pub async fn forget(&self) {
        *self.cached.lock().await = None;
    }
}
