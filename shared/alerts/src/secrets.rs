//! Secrets in what was logged: masked before it leaves the account.
//!
//! Known forms of tokens (AWS, GitHub, GitLab, Google, npm, OpenAI, SendGrid, Slack, Stripe, JSON Web Tokens), the values
//! of names that say that they are secret, credentials in links, and private keys. Nothing is certain about a secret
//! that has neither form nor name; whoever logs one has lost it already.

/// What stands for a secret.
const MASK: &str = "‹secret›";

/// What tokens begin with, and how long they are at the least.
const TOKENS: [(&str, usize); 24] = [
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 35),
    ("SG.", 40),
    ("eyJ", 30),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghu_", 20),
    ("ghs_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 20),
    ("npm_", 20),
    ("rk_live_", 16),
    ("sk-", 20),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("whsec_", 16),
    ("xapp-", 15),
    ("xoxa-", 15),
    ("xoxb-", 15),
    ("xoxp-", 15),
    ("xoxr-", 15),
    ("xoxs-", 15),
];

/// What names end with whose values are secret, in lower case and without separators.
const NAMES: [&str; 15] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secretkey",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "credential",
    "credentials",
    "accesstoken",
    "authtoken",
    "sessiontoken",
    "securitytoken",
];

/// Names whose values are secret, but not names that they are part of.
const WHOLE_NAMES: [&str; 6] = ["pwd", "token", "refreshtoken", "idtoken", "cookie", "setcookie"];

/// Schemes of authorization, which a secret follows.
const SCHEMES: [&str; 3] = ["bearer", "basic", "token"];

/// Which values are masked besides secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Emails {
    /// Addresses stay.
    #[default]
    Show,
    /// Addresses are masked.
    Mask,
}

/// The text without its secrets.
#[must_use]
pub fn mask(text: &str, emails: Emails) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (kept, secret) = next(rest, &masked, emails);
        masked.push_str(&rest[..kept]);
        if secret > 0 {
            masked.push_str(MASK);
        }
        rest = &rest[kept + secret..];
    }
    masked
}

/// How many bytes are kept, and how many after them are a secret.
fn next(text: &str, before: &str, emails: Emails) -> (usize, usize) {
    if text.starts_with("-----BEGIN ") && text[..line_end(text)].contains("PRIVATE KEY") {
        return (0, private_key(text));
    }
    let word = word_length(text);
    if word == 0 {
        return (text.chars().next().map_or(0, char::len_utf8), 0);
    }
    // Parts of an ARN are no names.
    let value = if before.ends_with(':') { None } else { value_start(&text[..word], &text[word..]) };
    if let Some(start) = value {
        let start = word + start;
        return (start, value_length(&text[start..]));
    }
    if is_token(&text[..word]) {
        return (0, word);
    }
    if before.ends_with("://") {
        return credentials(text).map_or((word, 0), |(user, password)| (user, password));
    }
    if emails == Emails::Mask && text[word..].starts_with('@') {
        let host = word_length(&text[word + 1..]);
        if text[word + 1..word + 1 + host].contains('.') {
            return (0, word + 1 + host);
        }
    }
    if before.ends_with("hooks.slack.com/services/") || before.ends_with("hooks.slack.com/workflows/") {
        return (0, text.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(text.len()));
    }
    (word, 0)
}

/// The characters of names and tokens at the beginning.
fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(text.len())
}

fn line_end(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The length of a private key with its frame; one that is cut is a key to its end.
fn private_key(text: &str) -> usize {
    let end = text.find("-----END ").map(|end| end + line_end(&text[end..]));
    end.unwrap_or(text.len())
}

fn is_token(word: &str) -> bool {
    TOKENS.iter().any(|(head, length)| word.starts_with(head) && word.len() >= *length)
}

/// Where the value begins after a name that says that it is secret: `name=`, `name: `, `"name":"`, `name\":\"`.
fn value_start(name: &str, after: &str) -> Option<usize> {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let is_secret = WHOLE_NAMES.contains(&plain.as_str()) || NAMES.iter().any(|end| plain.ends_with(end));
    if !is_secret {
        return None;
    }
    let quotes = |text: &str| text.len() - text.trim_start_matches(['\\', '"', '\'']).len();
    let closed = quotes(after);
    let spaced = after[closed..].len() - after[closed..].trim_start_matches(' ').len();
    let sign = closed + spaced;
    if !after[sign..].starts_with([':', '=']) {
        return None;
    }
    let value = &after[sign + 1..];
    let spaces = value.len() - value.trim_start_matches(' ').len();
    let start = sign + 1 + spaces + quotes(&value[spaces..]);
    (value_length(&after[start..]) > 0).then_some(start)
}

/// The length of a value, with the scheme before it.
fn value_length(text: &str) -> usize {
    let end = |text: &str| {
        text.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ',' | ';' | '&' | '}' | ')' | ']'))
            .unwrap_or(text.len())
    };
    let first = end(text);
    if SCHEMES.iter().any(|scheme| text[..first].eq_ignore_ascii_case(scheme)) && text[first..].starts_with(' ') {
        return first + 1 + end(&text[first + 1..]);
    }
    first
}

/// What stands before a host: the length of the user with its colon, and of the password.
fn credentials(text: &str) -> Option<(usize, usize)> {
    let host = text.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"')).unwrap_or(text.len());
    let at = text[..host].rfind('@')?;
    let colon = text[..at].find(':')?;
    Some((colon + 1, at - colon - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_are_masked() {
        let jwt = format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", "a".repeat(20), "b".repeat(20));
        for (text, masked) in [
            ("key AKIAIOSFODNN7EXAMPLE used", "key ‹secret› used"),
            ("password=hunter2 for bob", "password=‹secret› for bob"),
            ("DB_PASSWORD: hunter2", "DB_PASSWORD: ‹secret›"),
            (r#"{"clientSecret":"a b","x":1}"#, r#"{"clientSecret":"‹secret› b","x":1}"#),
            (r#"{"password" : "hunter2"}"#, r#"{"password" : "‹secret›"}"#),
            (r#"{\"api_key\":\"abc\"}"#, r#"{\"api_key\":\"‹secret›\"}"#),
            ("Authorization: Bearer abc.def", "Authorization: ‹secret›"),
            ("x-amz-security-token=IQoJb3&x=1", "x-amz-security-token=‹secret›&x=1"),
            ("token: abc123", "token: ‹secret›"),
            ("postgres://app:hunter2@db.example:5432/x", "postgres://app:‹secret›@db.example:5432/x"),
            (
                "posted to https://hooks.slack.com/services/T0/B0/abc now",
                "posted to https://hooks.slack.com/services/‹secret› now",
            ),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nnext", "‹secret›\nnext"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE", "‹secret›"),
            ("using ghp_abcdefghijklmnopqrstuvwx", "using ‹secret›"),
        ] {
            assert_eq!(mask(text, Emails::Show), masked, "{text}");
        }
        assert_eq!(mask(&format!("got {jwt}"), Emails::Show), "got ‹secret›");
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "SyntaxError: Unexpected token < in JSON at position 0",
            "password must not be empty",
            "tokens: 512, maxTokens: 1024",
            "arn:aws:secretsmanager:eu-central-1:210987654321:secret:db",
            "https://shop.example/orders/4711?page=2",
            "skipped sk-1, eyJ, AKIA",
            "write to bob@example.org",
            "パスワード: なし",
        ] {
            assert_eq!(mask(text, Emails::Show), text);
        }
    }

    #[test]
    fn addresses_are_masked_on_demand() {
        assert_eq!(mask("no user bob.b@example.org!", Emails::Mask), "no user ‹secret›!");
        assert_eq!(mask("a @ b, name@host", Emails::Mask), "a @ b, name@host");
    }

    proptest! {
        #[test]
        fn any_text_can_be_masked_and_twice_is_once(text in "(?s).{0,200}", secret in "[a-z0-9]{8,20}") {
            let around = format!("{text} password={secret} {text}");
            let masked = mask(&around, Emails::Mask);
            prop_assert!(text.contains(&secret) || !masked.contains(&secret));
            prop_assert_eq!(mask(&masked, Emails::Mask), masked);
        }
    }
}
