//! The functions seen.

use lamplight_rollup::{Bucket, FunctionKey, Span};

use crate::Table;
use crate::attributes::{Item, get_text, text};
use crate::error::TableError;
use crate::keys;
use crate::query::{Sort, key};

impl Table {
    /// The functions seen, by name.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn functions(&self) -> Result<Vec<FunctionKey>, TableError> {
        let items = self.query(keys::FUNCTIONS, Sort::All).await?;
        Ok(items.iter().filter_map(|item| FunctionKey::parse(get_text(item, "sk")?)).collect())
    }

    /// The latest minute of a function that has not expired.
    ///
    /// # Errors
    ///
    /// [`TableError::Call`].
    pub async fn latest_minute(&self, function: &FunctionKey) -> Result<Option<Bucket>, TableError> {
        let item = self.query_last(&keys::function(function), Span::Minute.prefix()).await?;
        Ok(item.and_then(|item| Some(keys::place_of(get_text(&item, "sk")?)?.0)))
    }
}

/// The item that says that a function was seen.
pub(crate) fn seen(function: &FunctionKey) -> Item {
    let mut item = key(keys::FUNCTIONS, &function.to_string());
    item.insert("account".to_owned(), text(&function.account));
    item.insert("region".to_owned(), text(&function.region));
    item.insert("function".to_owned(), text(&function.function));
    item
}
