//! What the parser makes once, at its cold start.

use std::collections::HashSet;

use lamplight_alerts::Emails;
use lamplight_aws::environment::{list, switch, variable, whole};
use lamplight_aws::{AwsError, Topic, Web};
use lamplight_logs::Limits;
use lamplight_rollup::{Bounds, ErrorLogs};
use lamplight_table::{Keep, Table, Tuning};

/// How many reports of a function in a row are kept that name no transaction, while no other line does: a function that
/// names its transactions does so at nearly every invocation.
pub const LONE_REPORTS: usize = 20;

/// Everything that the handler needs besides the payload.
#[derive(Debug)]
pub struct Context<P> {
    /// The table.
    pub table: Table,
    /// Where alerts are published.
    pub topic: P,
    /// The region that deliveries come from; a delivery names none.
    pub region: Option<String>,
    /// Log groups of this stack: reading them would feed the parser with its own lines, for ever.
    pub own_log_groups: HashSet<String>,
    /// Whether handled errors raise issues.
    pub error_logs: ErrorLogs,
    /// Members of structured events by whose values transactions can be found.
    pub searchable_fields: Vec<String>,
    /// Whether e-mail addresses are masked in alerts.
    pub emails: Emails,
    /// What a delivery may be at the most.
    pub limits: Limits,
    /// What a delivery may ask of the table at the most.
    pub bounds: Bounds,
}

impl Context<Topic> {
    /// The context of the deployed function.
    ///
    /// # Errors
    ///
    /// [`AwsError`] if the stack has not set what is needed.
    pub fn from_environment() -> Result<Self, AwsError> {
        let web = Web::default();
        let table = Table::new(aws_sdk_dynamodb::Client::new(&web.config()?), variable("TABLE_NAME")?);
        let keep = if switch("QUIET_TRANSACTIONS")? == Some(false) { Keep::Interesting } else { Keep::All };
        let slow_ms = whole("SLOW_MS")?.unwrap_or(Tuning::default().slow_ms);
        let searchable_fields = list("SEARCHABLE_FIELDS");
        let is_searchable = !searchable_fields.is_empty();
        let table = table.tuned(Tuning {
            spares_busy_issues: true,
            lone_reports: LONE_REPORTS,
            is_searchable,
            keep,
            slow_ms,
            ..Tuning::default()
        });
        let own_log_groups = list("OWN_LOG_GROUPS").into_iter().chain(variable("AWS_LAMBDA_LOG_GROUP_NAME"));
        Ok(Self {
            table,
            topic: Topic::from_environment(&web)?,
            region: variable("AWS_REGION").ok(),
            own_log_groups: own_log_groups.collect(),
            error_logs: if switch("ERROR_LOGS")? == Some(false) { ErrorLogs::Ignore } else { ErrorLogs::Raise },
            searchable_fields,
            emails: if switch("MASK_EMAILS")? == Some(true) { Emails::Mask } else { Emails::Show },
            limits: Limits::default(),
            bounds: Bounds::default(),
        })
    }
}
