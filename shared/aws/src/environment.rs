//! Variables that Lambda and the stack set.

use crate::error::AwsError;

/// The value of a variable.
///
/// # Errors
///
/// [`AwsError::Missing`] if it is absent or empty.
pub fn variable(name: &'static str) -> Result<String, AwsError> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or(AwsError::Missing(name))
}

/// The values of a variable that is a list with commas; none if it is absent.
#[must_use]
pub fn list(name: &'static str) -> Vec<String> {
    entries(&variable(name).unwrap_or_default())
}

/// The entries of a list with commas.
#[must_use]
pub fn entries(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

/// The value of a variable that is a whole number; nothing if it is absent.
///
/// # Errors
///
/// [`AwsError::Odd`] for any other value.
pub fn whole(name: &'static str) -> Result<Option<u64>, AwsError> {
    let Ok(value) = variable(name) else { return Ok(None) };
    let expected = "it is a whole number";
    value.parse().map(Some).map_err(|_| AwsError::Odd { name, value, expected })
}

/// The value of a variable that is `on` or `off`; nothing if it is absent.
///
/// # Errors
///
/// [`AwsError::Odd`] for any other value.
pub fn switch(name: &'static str) -> Result<Option<bool>, AwsError> {
    match variable(name) {
        Err(_) => Ok(None),
        Ok(value) if value == "on" => Ok(Some(true)),
        Ok(value) if value == "off" => Ok(Some(false)),
        Ok(value) => Err(AwsError::Odd { name, value, expected: "it is on or off" }),
    }
}
