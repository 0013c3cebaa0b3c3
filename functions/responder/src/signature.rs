//! Whether a request is Slack's.
//!
//! Source: Slack API documentation, "Verifying requests from Slack": the HMAC-SHA256 of `v0:<timestamp>:<body>`.

use std::future::Future;

use hmac::{Hmac, KeyInit, Mac};
use lamplight_aws::AwsError;
use lamplight_aws::secret::Secret;
use sha2::Sha256;
use tokio::sync::Mutex;

use crate::error::{Refusal, ResponderError};

/// How old a request may be, and how far its clock may be ahead.
const FRESH_MS: i64 = 300_000;

/// How often the secret is read again because a signature does not fit. Anybody can send such signatures.
const RENEWAL_MS: i64 = 60_000;

/// What the signature begins with.
const VERSION: &str = "v0";

/// Where the signing secret of the Slack app is kept.
pub trait SigningSecret: Send + Sync {
    /// Its value, which may be some minutes old.
    fn value(&self) -> impl Future<Output = Result<String, AwsError>> + Send;

    /// Its value now.
    fn renewed(&self) -> impl Future<Output = Result<String, AwsError>> + Send;
}

impl SigningSecret for Secret {
    async fn value(&self) -> Result<String, AwsError> {
        Self::value(self).await
    }

    async fn renewed(&self) -> Result<String, AwsError> {
        self.forget().await;
        Self::value(self).await
    }
}

/// Knows the signatures of the Slack app.
#[derive(Debug)]
pub struct Verifier<S> {
    secret: S,
    /// When the secret was read again last, in milliseconds since the epoch.
    renewed_ms: Mutex<Option<i64>>,
}

impl<S: SigningSecret> Verifier<S> {
    /// One with this secret.
    #[must_use]
    pub fn new(secret: S) -> Self {
        Self { secret, renewed_ms: Mutex::default() }
    }

    /// Whether a body was signed with the secret at a time near to this; the time, in milliseconds since the epoch.
    ///
    /// # Errors
    ///
    /// [`ResponderError::Refused`] if it was not, [`ResponderError::Aws`] if the secret cannot be read.
    pub async fn verify(
        &self,
        timestamp: Option<&str>,
        signature: Option<&str>,
        body: &[u8],
        now_ms: i64,
    ) -> Result<i64, ResponderError> {
        let (timestamp, signature) = timestamp.zip(signature).ok_or(Refusal::Unsigned)?;
        let (at_ms, tag) = milliseconds(timestamp).zip(tag(signature)).ok_or(Refusal::Unsigned)?;
        if at_ms.abs_diff(now_ms) > FRESH_MS.unsigned_abs() {
            return Err(Refusal::Stale.into());
        }
        let fits = |secret: &str| is_signed(secret, timestamp, body, &tag);
        if fits(&self.secret.value().await?) {
            return Ok(at_ms);
        }
        // The secret may have been replaced.
        if self.may_renew(now_ms).await && fits(&self.secret.renewed().await?) {
            return Ok(at_ms);
        }
        Err(Refusal::Forged.into())
    }

    async fn may_renew(&self, now_ms: i64) -> bool {
        let mut renewed_ms = self.renewed_ms.lock().await;
        let may = renewed_ms.is_none_or(|renewed_ms| renewed_ms + RENEWAL_MS <= now_ms);
        if may {
            *renewed_ms = Some(now_ms);
        }
        may
    }
}

/// Compared in constant time.
fn is_signed(secret: &str, timestamp: &str, body: &[u8], tag: &[u8]) -> bool {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(format!("{VERSION}:{timestamp}:").as_bytes());
    mac.update(body);
    mac.verify_slice(tag).is_ok()
}

/// Seconds since the epoch, as Slack writes them.
fn milliseconds(timestamp: &str) -> Option<i64> {
    let is_number = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    timestamp.parse::<i64>().ok().filter(|_| is_number)?.checked_mul(1_000)
}

/// The bytes of a signature, of which there are 32.
fn tag(signature: &str) -> Option<Vec<u8>> {
    let digits = signature.strip_prefix(VERSION)?.strip_prefix('=')?.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect::<Option<Vec<_>>>().filter(|bytes| bytes.len() == 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of Slack's documentation.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: &str = "1531420618";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
                        channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
                        response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F\
                        96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    #[test]
    fn the_documented_example_fits_and_nothing_else_does() {
        let tag = tag(SIGNATURE).unwrap();
        assert!(is_signed(SECRET, TIMESTAMP, BODY.as_bytes(), &tag));
        assert!(!is_signed("another", TIMESTAMP, BODY.as_bytes(), &tag));
        assert!(!is_signed(SECRET, "1531420619", BODY.as_bytes(), &tag));
        assert!(!is_signed(SECRET, TIMESTAMP, &BODY.as_bytes()[1..], &tag));
    }

    proptest! {
        #[test]
        fn any_text_is_a_signature_of_32_bytes_or_none(text in "(v0=)?[0-9a-fA-Fxé ]{0,70}") {
            prop_assert!(tag(&text).is_none_or(|tag| tag.len() == 32 && text.len() == 67));
        }

        #[test]
        fn any_text_is_a_time_or_none(text in "[-+ ]?[0-9]{0,30}") {
            prop_assert!(milliseconds(&text).is_none_or(|at_ms| at_ms >= 0));
        }
    }
}
