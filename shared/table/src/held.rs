//! What is held during quiet hours: each message under the end of its hours and those whom it is for, until the keeper
//! tells them of all at once.

use lamplight_rollup::time::{from_rfc3339, rfc3339};
use xxhash_rust::xxh3::xxh3_64;

use crate::Table;
use crate::attributes::{EXPIRES_AT, get_text, number, text};
use crate::error::TableError;
use crate::keys;
use crate::posted::posted_item;
use crate::query::{Sort, key, pause};
use crate::transact::Written;

/// How long a message is kept after its quiet hours.
const KEPT_MS: i64 = 7 * 86_400_000;

/// Times that a message is held while others hold theirs.
const ATTEMPTS: usize = 12;

/// The receivers by their names, one a line.
const TO: &str = "to";
/// The message.
const BODY: &str = "body";
/// Its subject, where it has one.
const SUBJECT: &str = "subject";

/// Quiet hours that end at some time for some receivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// When they end, in milliseconds since the epoch.
    pub until_ms: i64,
    /// The receivers by their names; those without a name, if it is empty.
    pub to: Vec<String>,
}

/// A message that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMessage {
    /// The id by which it is known what was told.
    pub id: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its text.
    pub body: String,
}

impl Hold {
    /// What tells it from others.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}#{:016x}", rfc3339(self.until_ms), xxh3_64(self.to.join("\n").as_bytes()))
    }
}

impl Table {
    /// Holds a message, and says that it was held. Doing it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`TableError`]; the message may be held or not.
    pub async fn hold(&self, hold: &Hold, message: &HeldMessage, now_ms: i64) -> Result<(), TableError> {
        let name = hold.name();
        let mut listed = key(keys::HELD, &name);
        if !hold.to.is_empty() {
            listed.insert(TO.to_owned(), text(hold.to.join("\n")));
        }
        let mut item = key(&keys::held(&name), &message.id);
        item.insert(BODY.to_owned(), text(&message.body));
        item.extend(message.subject.iter().map(|subject| (SUBJECT.to_owned(), text(subject))));
        item.insert(EXPIRES_AT.to_owned(), number((hold.until_ms + KEPT_MS) / 1000));
        let mark = posted_item(&mark(&message.id), now_ms);
        // By itself, as all who hold something write it: what is held is always found.
        let list = self.client.put_item().table_name(&self.name).set_item(Some(listed));
        list.send().await.map_err(TableError::call("PutItem"))?;
        for attempt in 0..ATTEMPTS {
            let writes = [&item, &mark].map(|item| self.put_write(item.clone(), None));
            match self.transact(writes.into_iter().collect::<Result<_, _>>()?).await? {
                Written::All => return Ok(()),
                Written::Refused(_) | Written::Contended => pause(attempt).await,
            }
        }
        Err(TableError::Contention { key: keys::held(&name) })
    }

    /// Whether a message was held, in whatever quiet hours.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn was_held(&self, id: &str) -> Result<bool, TableError> {
        self.is_posted(&mark(id)).await
    }

    /// The quiet hours that ended before a time, and of which nobody has said that what they held was told.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn ended_holds(&self, before_ms: i64) -> Result<Vec<Hold>, TableError> {
        let items = self.query(keys::HELD, Sort::All).await?;
        let holds = items.iter().filter_map(|item| {
            let until_ms = from_rfc3339(get_text(item, "sk")?.split('#').next()?)?;
            let to = get_text(item, TO).map(|to| to.split('\n').map(str::to_owned).collect());
            Some(Hold { until_ms, to: to.unwrap_or_default() })
        });
        Ok(holds.filter(|hold| hold.until_ms < before_ms).collect())
    }

    /// What was held.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn held(&self, hold: &Hold) -> Result<Vec<HeldMessage>, TableError> {
        let items = self.query(&keys::held(&hold.name()), Sort::All).await?;
        let messages = items.iter().filter_map(|item| {
            Some(HeldMessage {
                id: get_text(item, "sk")?.to_owned(),
                subject: get_text(item, SUBJECT).map(str::to_owned),
                body: get_text(item, BODY)?.to_owned(),
            })
        });
        Ok(messages.collect())
    }

    /// Says that what was held was told.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`]; it is then told again under the same id.
    pub async fn release(&self, hold: &Hold) -> Result<(), TableError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key(keys::HELD, &hold.name())));
        delete.send().await.map(drop).map_err(TableError::call("DeleteItem"))
    }
}

/// Under which it is known that a message was held, beside what is known of each receiver.
fn mark(id: &str) -> String {
    format!("{id}.held")
}
