//! Lambda functions, and where they log.

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::FunctionConfiguration;

use super::Refusal;

/// A function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The log group that it is told to log to; nothing if it is the one of its name.
    pub named_log_group: Option<String>,
    /// Whether its log is JSON.
    pub is_json: bool,
    /// From which level on the platform writes, where the log is JSON.
    pub system_level: Option<String>,
    /// From which level on the application writes, where the log is JSON.
    pub application_level: Option<String>,
}

impl Function {
    fn of(function: FunctionConfiguration) -> Option<Self> {
        let name = function.function_name?;
        let mut own = Self { arn: function.function_arn.unwrap_or_default(), ..Self::default() };
        if let Some(logging) = function.logging_config {
            own.named_log_group = logging.log_group.filter(|group| *group != default_log_group(&name));
            own.is_json = logging.log_format.is_some_and(|format| format.as_str() == "JSON");
            own.system_level = logging.system_log_level.map(|level| level.as_str().to_owned());
            own.application_level = logging.application_log_level.map(|level| level.as_str().to_owned());
        }
        Some(Self { name, ..own })
    }

    /// The log group that it writes to.
    pub fn log_group(&self) -> String {
        self.named_log_group.clone().unwrap_or_else(|| default_log_group(&self.name))
    }

    /// Whether the reports of invocations that went well are not written.
    pub fn hides_reports(&self) -> bool {
        self.is_json && self.system_level.as_deref() == Some("WARN")
    }
}

fn default_log_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

/// The functions of the account, by name.
pub async fn functions(config: &SdkConfig) -> Result<Vec<Function>, Refusal> {
    let pages = Client::new(config).list_functions().into_paginator().items().send();
    let listed = pages.collect::<Result<Vec<_>, _>>().await.map_err(Refusal::of("lambda:ListFunctions"))?;
    let mut functions: Vec<_> = listed.into_iter().filter_map(Function::of).collect();
    functions.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(functions)
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::{LogFormat, LoggingConfig, SystemLogLevel};

    use super::*;

    fn function(logging: LoggingConfig) -> Function {
        Function::of(FunctionConfiguration::builder().function_name("mailer").logging_config(logging).build()).unwrap()
    }

    #[test]
    fn a_function_logs_to_the_group_of_its_name_unless_it_is_told_otherwise() {
        let usual = function(LoggingConfig::builder().log_group("/aws/lambda/mailer").build());
        assert_eq!((usual.named_log_group.clone(), usual.log_group()), (None, "/aws/lambda/mailer".to_owned()));
        let shared = function(LoggingConfig::builder().log_group("/shop/all").build());
        assert_eq!(shared.log_group(), "/shop/all");
    }

    #[test]
    fn reports_are_hidden_by_the_level_of_a_log_that_is_json() {
        let at = |format: LogFormat, level: SystemLogLevel| {
            function(LoggingConfig::builder().log_format(format).system_log_level(level).build()).hides_reports()
        };
        assert!(at(LogFormat::Json, SystemLogLevel::Warn));
        assert!(!at(LogFormat::Json, SystemLogLevel::Info) && !at(LogFormat::Text, SystemLogLevel::Warn));
    }
}
