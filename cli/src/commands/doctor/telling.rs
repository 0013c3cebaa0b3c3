//! The way to Slack and back: the webhook's parameter, that of the signing secret, and a test message if that is wanted.
//! Neither is ever printed, and nothing is posted from here.

use aws_sdk_ssm::types::{Parameter, ParameterType};
use lamplight_notifier::form::named;
use lamplight_notifier::place::name_and_form;

use super::{Finding, policies};
use crate::account::Refusal;
use crate::commands::send_test::{Outcome, WAIT, publish, wait_for};
use crate::stack::Stack;

/// The parameter of stacks that do not say which.
const PARAMETER: &str = "/lamplight/slack-webhook";

/// Secrets of Secrets Manager have names that begin with this in Parameter Store.
const SECRET: &str = "/aws/reference/secretsmanager/";

const CHECK: &str = "webhook";

const BUTTONS: &str = "buttons";

/// What follows for the way to Slack and back.
pub async fn findings(stack: &Stack, sends_test: bool) -> Vec<Finding> {
    let name = stack.output_if_any("SlackWebhookParameter").unwrap_or(PARAMETER);
    let got = parameter(stack, name).await;
    let receivers = got.as_ref().ok().and_then(|parameter| parameter.as_ref()?.value());
    let policies = policies::finding(stack, receivers).await;
    let webhook = match &got {
        Ok(parameter) => of_parameter(name, parameter.as_ref()),
        Err(refusal) => of_refusal(name, refusal),
    };
    let buttons = match stack.output_if_any("SlackSigningSecretParameter") {
        Some(name) => of_signing_secret(name, parameter(stack, name).await),
        None => Finding::ok(BUTTONS, "Slack's messages have no buttons"),
    };
    let mut findings = vec![webhook, buttons, policies];
    if sends_test {
        findings.push(test(stack).await);
    }
    findings
}

async fn parameter(stack: &Stack, name: &str) -> Result<Option<Parameter>, Refusal> {
    let get = aws_sdk_ssm::Client::new(&stack.config).get_parameter().name(name).with_decryption(true).send().await;
    get.map(|got| got.parameter).map_err(Refusal::of("ssm:GetParameter"))
}

fn is_kept_secret(name: &str, parameter: Option<&Parameter>) -> bool {
    parameter.and_then(Parameter::r#type) == Some(&ParameterType::SecureString) || name.starts_with(SECRET)
}

fn of_signing_secret(name: &str, got: Result<Option<Parameter>, Refusal>) -> Finding {
    let put = || format!("aws ssm put-parameter --overwrite --type SecureString --name {name} --value SIGNING_SECRET");
    let parameter = match got {
        Ok(parameter) => parameter,
        Err(refusal) if matches!(refusal.code.as_str(), "ParameterNotFound" | "InvalidKeyId") => {
            let what = format!("the parameter {name} cannot be read, and no button works: {}", refusal.reason());
            return Finding::error(BUTTONS, what).mended_by(put());
        }
        Err(refusal) => return Finding::unseen(BUTTONS, &refusal),
    };
    if !is_kept_secret(name, parameter.as_ref()) {
        let what = format!("the parameter {name} is not encrypted: the signing secret is a secret");
        return Finding::warning(BUTTONS, what).mended_by(put());
    }
    Finding::ok(BUTTONS, format!("Slack's messages have buttons, and the parameter {name} has their secret"))
}

fn of_parameter(name: &str, parameter: Option<&Parameter>) -> Finding {
    let value = parameter.and_then(Parameter::value).unwrap_or_default().trim();
    let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.map(|line| name_and_form(line).1).collect();
    if let Some(wrong) = lines.iter().position(|line| named(line).is_none()) {
        let what = format!("line {} of the parameter {name} names no receiver", wrong + 1);
        return Finding::error(CHECK, what).mended_by(put(name));
    }
    if lines.is_empty() {
        return Finding::error(CHECK, format!("the parameter {name} names no receiver")).mended_by(put(name));
    }
    if !is_kept_secret(name, parameter) {
        let what = format!("the parameter {name} is not encrypted: the webhook is a secret");
        return Finding::warning(CHECK, what).mended_by(put(name));
    }
    let who: Vec<_> = lines.iter().filter_map(|line| named(line)).map(|form| form.name()).collect();
    Finding::ok(CHECK, format!("the parameter {name} names {}", who.join(", ")))
}

fn of_refusal(name: &str, refusal: &Refusal) -> Finding {
    match refusal.code.as_str() {
        "ParameterNotFound" => {
            let what = format!("there is no parameter {name}: no alert reaches Slack");
            Finding::error(CHECK, what).mended_by(put(name))
        }
        "InvalidKeyId" => {
            let what = format!("the parameter {name} cannot be decrypted: {}", refusal.reason());
            Finding::error(CHECK, what).mended_by(put(name))
        }
        _ => Finding::unseen(CHECK, refusal),
    }
}

/// As JSON: version 1 of the AWS CLI would fetch a value that is a URL.
fn put(name: &str) -> String {
    format!(
        r#"aws ssm put-parameter --overwrite --cli-input-json '{{"Type":"SecureString","Name":"{name}","Value":"https://hooks.slack.com/services/…"}}'"#
    )
}

async fn test(stack: &Stack) -> Finding {
    const CHECK: &str = "test_message";
    let topic = match stack.output("TopicArn") {
        Ok(topic) => topic,
        Err(error) => return Finding::failed(CHECK, &error),
    };
    match publish(stack, topic).await {
        Err(refusal) => Finding::unseen(CHECK, &refusal),
        Ok(message_id) => of_outcome(&message_id, wait_for(stack, &message_id, WAIT).await, stack),
    }
}

fn of_outcome(message_id: &str, outcome: Outcome, stack: &Stack) -> Finding {
    const CHECK: &str = "test_message";
    match outcome {
        Outcome::Posted => Finding::ok(CHECK, format!("Slack has taken the test message {message_id}")),
        Outcome::Refused { reason } => {
            let name = stack.output_if_any("SlackWebhookParameter").unwrap_or(PARAMETER);
            Finding::error(CHECK, format!("Slack has refused the test message: {reason}")).mended_by(put(name))
        }
        Outcome::Published { reason } => {
            let reason = reason.unwrap_or_default();
            Finding::error(CHECK, format!("the test message {message_id} was not seen to arrive: {reason}"))
                .mended_by("aws logs tail NOTIFIER_LOG_GROUP, which the stack's output OwnLogGroups names")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::Severity;

    #[test]
    fn a_signing_secret_is_kept_as_a_secret_and_never_told() {
        let parameter = |kind| Parameter::builder().value("xyzzy").r#type(kind).build();
        for (kind, severity) in
            [(ParameterType::SecureString, Severity::Ok), (ParameterType::String, Severity::Warning)]
        {
            let finding = of_signing_secret("/signing", Ok(Some(parameter(kind))));
            assert_eq!(finding.severity, severity);
            assert!(!serde_json::to_string(&finding).unwrap().contains("xyzzy"), "{finding:?}");
        }
    }

    fn found(value: &str, kind: ParameterType, name: &str) -> Finding {
        of_parameter(name, Some(&Parameter::builder().value(value).r#type(kind).build()))
    }

    #[test]
    fn a_webhook_is_a_url_that_is_kept_as_a_secret_and_never_told() {
        let url = "https://hooks.slack.com/services/T/B/xyzzy";
        let fine = found(url, ParameterType::SecureString, PARAMETER);
        assert_eq!(fine.severity, Severity::Ok);
        let open = found(url, ParameterType::String, PARAMETER);
        assert_eq!(open.severity, Severity::Warning);
        assert_eq!(found(url, ParameterType::String, "/aws/reference/secretsmanager/x").severity, Severity::Ok);
        let several = format!("{url}\non-call = pagerduty:0123xyzzy");
        assert_eq!(found(&several, ParameterType::SecureString, PARAMETER).severity, Severity::Ok);
        for odd in ["", "xyzzy", "https://", "https://a b", "https://a.example\nxyzzy"] {
            let finding = found(odd, ParameterType::SecureString, PARAMETER);
            assert_eq!(finding.severity, Severity::Error, "{odd}");
        }
        for finding in [fine, open, found("xoxb-xyzzy", ParameterType::SecureString, PARAMETER)] {
            assert!(!serde_json::to_string(&finding).unwrap().contains("xyzzy"), "{finding:?}");
        }
    }
}
