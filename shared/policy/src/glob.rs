//! Names with wildcards, as a shell has them.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A pattern: `*` stands for any characters, `?` for one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Glob(Vec<char>);

impl From<String> for Glob {
    fn from(text: String) -> Self {
        Self(text.chars().collect())
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|c| write!(formatter, "{c}"))
    }
}

impl FromStr for Glob {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.to_owned().into())
    }
}

impl Glob {
    /// Whether a name is like it.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        // Which beginnings of the name the pattern so far is like.
        let name: Vec<char> = name.chars().collect();
        let mut like = vec![false; name.len() + 1];
        like[0] = true;
        for wanted in &self.0 {
            if *wanted == '*' {
                let first = like.iter().position(|is_like| *is_like).unwrap_or(like.len());
                like[first..].fill(true);
                continue;
            }
            for end in (0..name.len()).rev() {
                like[end + 1] = like[end] && (*wanted == '?' || *wanted == name[end]);
            }
            like[0] = false;
        }
        like[name.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters_and_question_marks_for_one() {
        for (pattern, name, expected) in [
            ("mailer", "mailer", true),
            ("mailer", "mailer-2", false),
            ("shop-*", "shop-cart", true),
            ("shop-*", "shop-", true),
            ("*-api", "checkout-api", true),
            ("*-api", "api", false),
            ("s?op", "shop", true),
            ("s?op", "sop", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("*", "", true),
            ("", "a", false),
        ] {
            let Ok(glob) = pattern.parse::<Glob>();
            assert_eq!(glob.matches(name), expected, "{pattern} {name}");
        }
    }
}
