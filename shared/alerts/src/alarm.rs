//! CloudWatch alarms, as SNS carries them: metric, metric math and composite alarms, and the form of EventBridge.
//!
//! Source: CloudWatch user guide, "Using Amazon CloudWatch alarms" and "Alarm events and EventBridge".

use serde::Deserialize;
use serde_json::Value;

/// What an alarm says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What its makers wrote of it.
    pub description: Option<String>,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// The state before.
    pub old_state: Option<String>,
    /// Why it changed.
    pub reason: String,
    /// The metric, where it is one.
    pub metric: Option<String>,
    /// When it changed, as the message has it.
    pub at: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The region, out of the alarm's ARN: the message has a display name.
    pub region: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    alarm_name: String,
    alarm_description: Option<String>,
    #[serde(rename = "AWSAccountId")]
    account: Option<String>,
    alarm_arn: Option<String>,
    new_state_value: String,
    old_state_value: Option<String>,
    #[serde(default)]
    new_state_reason: String,
    state_change_time: Option<String>,
    region: Option<String>,
    trigger: Option<Value>,
}

impl Alarm {
    /// Reads a message; nothing if it is no alarm.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        if let Ok(notification) = serde_json::from_str::<Notification>(message) {
            return Some(Self::of_notification(notification));
        }
        Self::of_event(&serde_json::from_str(message).ok()?)
    }

    fn of_notification(notification: Notification) -> Self {
        let arn_region = notification.alarm_arn.as_deref().and_then(|arn| arn.split(':').nth(3)).map(str::to_owned);
        let trigger = notification.trigger.unwrap_or_default();
        Self {
            metric: trigger["MetricName"].as_str().map(str::to_owned),
            name: notification.alarm_name,
            description: notification.alarm_description.filter(|text| !text.is_empty()),
            state: notification.new_state_value,
            old_state: notification.old_state_value,
            reason: notification.new_state_reason,
            at: notification.state_change_time,
            account: notification.account,
            region: arn_region.or(notification.region),
        }
    }

    /// EventBridge's form: `{"detail-type":"CloudWatch Alarm State Change","detail":{…}}`.
    fn of_event(event: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let detail = &event["detail"];
        let metrics = &detail["configuration"]["metrics"];
        Some(Self {
            name: text(&detail["alarmName"])?,
            description: text(&detail["configuration"]["description"]).filter(|text| !text.is_empty()),
            state: text(&detail["state"]["value"])?,
            old_state: text(&detail["previousState"]["value"]),
            reason: text(&detail["state"]["reason"]).unwrap_or_default(),
            metric: text(&metrics[0]["metricStat"]["metric"]["name"]),
            at: text(&detail["state"]["timestamp"]),
            account: text(&event["account"]),
            region: text(&event["region"]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_sns_and_eventbridge_are_read() {
        let sns = r#"{"AlarmName":"orders stuck","AlarmDescription":null,"AWSAccountId":"210987654321","NewStateValue":"ALARM",
            "NewStateReason":"Threshold Crossed","StateChangeTime":"2026-11-20T08:47:12.345+0000","Region":"EU (Frankfurt)",
            "AlarmArn":"arn:aws:cloudwatch:eu-central-1:210987654321:alarm:orders stuck","OldStateValue":"OK",
            "Trigger":{"MetricName":"Age","Namespace":"AWS/SQS"}}"#;
        let alarm = Alarm::parse(sns).unwrap();
        assert_eq!(
            (alarm.state.as_str(), alarm.metric.as_deref(), alarm.region.as_deref()),
            ("ALARM", Some("Age"), Some("eu-central-1"))
        );
        let event = r#"{"source":"aws.cloudwatch","account":"210987654321","region":"eu-central-1","detail":{"alarmName":"orders stuck",
            "state":{"value":"OK","reason":"fine","timestamp":"2026-11-20T08:47:12.345+0000"},"previousState":{"value":"ALARM"},
            "configuration":{"metrics":[{"metricStat":{"metric":{"name":"Age","dimensions":{"Queue":"q"}}}}]}}}"#;
        let alarm = Alarm::parse(event).unwrap();
        assert_eq!(
            (alarm.state.as_str(), alarm.old_state.as_deref(), alarm.metric.as_deref()),
            ("OK", Some("ALARM"), Some("Age"))
        );
    }

    #[test]
    fn composite_alarms_have_no_metric_and_other_messages_are_none() {
        let composite =
            r#"{"AlarmName":"shop","AlarmRule":"ALARM(a)","NewStateValue":"ALARM","TriggeringChildren":[]}"#;
        assert_eq!(Alarm::parse(composite).unwrap().metric, None);
        assert_eq!(Alarm::parse(r#"{"order":1}"#), None);
        assert_eq!(Alarm::parse("hello"), None);
    }
}
