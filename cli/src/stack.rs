//! Where things are: the account, the deployed stack in it, and the table, which may also be a local one.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Debug;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lamplight_table::{Table, reasons};

use crate::arguments::{StackArguments, TableArguments};
use crate::error::CliError;

/// The name that a stack has unless it is given another.
pub const DEFAULT: &str = "lamplight";

/// The table of this name, else that of the stack.
pub async fn table(arguments: &TableArguments) -> Result<Table, CliError> {
    let client = Client::new(&account(arguments.endpoint_url.as_deref()).await);
    let name = match &arguments.table {
        Some(name) => name.clone(),
        None => find(&client, &arguments.stack).await?,
    };
    Ok(Table::new(client, name))
}

/// The configuration of clients for the account, or for what stands for it at an endpoint.
async fn account(endpoint_url: Option<&str>) -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    if let Some(url) = endpoint_url {
        loader = loader.endpoint_url(url);
        // A local table takes any credentials and any region: nobody need have some.
        if std::env::var_os("AWS_ACCESS_KEY_ID").is_none() && is_local(url) {
            loader = loader.credentials_provider(Credentials::new("local", "local", None, None, "local"));
        }
        if std::env::var_os("AWS_REGION").is_none() && std::env::var_os("AWS_DEFAULT_REGION").is_none() && is_local(url)
        {
            loader = loader.region(Region::new("us-east-1"));
        }
    }
    loader.load().await
}

fn is_local(url: &str) -> bool {
    ["//127.0.0.1", "//localhost", "//[::1]"].iter().any(|host| url.contains(host))
}

/// CloudFormation calls the table `<stack>-Table-<random>`; `lamplight local` calls it by the stack's name alone.
async fn find(client: &Client, stack: &str) -> Result<String, CliError> {
    let names = client.list_tables().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    let names = names.map_err(|error| {
        let reason = reasons(&error);
        CliError::NoTable(format!(
            "the tables cannot be listed: {reason}; check the region, the credentials and --endpoint-url"
        ))
    })?;
    let prefix = format!("{stack}-Table-");
    let found =
        names.iter().find(|name| name.starts_with(&prefix)).or_else(|| names.iter().find(|name| *name == stack));
    found.cloned().ok_or_else(|| {
        CliError::NoTable(format!(
            "no table of a stack {stack} in this account and region; name one with --stack or --table"
        ))
    })
}

/// A deployed stack: what it says of itself, and the way to its account.
#[derive(Debug)]
pub struct Stack {
    /// The configuration of clients for its account.
    pub config: SdkConfig,
    name: String,
    created_ms: Option<i64>,
    outputs: HashMap<String, String>,
    parameters: HashMap<String, String>,
}

impl Stack {
    /// The stack that the arguments name.
    pub async fn find(arguments: &StackArguments) -> Result<Self, CliError> {
        let config = account(arguments.endpoint_url.as_deref()).await;
        let name = arguments.stack.clone();
        let client = aws_sdk_cloudformation::Client::new(&config);
        let described = client.describe_stacks().stack_name(&name).send().await.map_err(|error| {
            let reason = reason(error);
            CliError::Stack(format!(
                "the stack {name} cannot be read: {reason}; check the region, the credentials and --stack"
            ))
        })?;
        let stack = described.stacks.unwrap_or_default().into_iter().next().ok_or_else(|| {
            CliError::Stack(format!("there is no stack {name} in this account and region; name one with --stack"))
        })?;
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        let parameters = stack.parameters.unwrap_or_default().into_iter();
        Ok(Self {
            config,
            name,
            created_ms: stack.creation_time.and_then(|at| at.to_millis().ok()),
            outputs: outputs.filter_map(|output| Some((output.output_key?, output.output_value?))).collect(),
            parameters: parameters.filter_map(|given| Some((given.parameter_key?, given.parameter_value?))).collect(),
        })
    }

    /// One of its outputs.
    pub fn output(&self, name: &str) -> Result<&str, CliError> {
        self.outputs.get(name).map(String::as_str).ok_or_else(|| {
            CliError::Stack(format!("the stack {} has no output {name}; deploy the current template", self.name))
        })
    }

    /// One of its outputs that not every stack has.
    pub fn output_if_any(&self, name: &str) -> Option<&str> {
        self.outputs.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// What one of its parameters was given.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// When it was made, in milliseconds since the epoch.
    pub const fn created_ms(&self) -> Option<i64> {
        self.created_ms
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command of this program that works on this stack.
    pub fn command(&self, command: &str) -> String {
        let stack = if self.name == DEFAULT { String::new() } else { format!(" --stack {}", self.name) };
        format!("lamplight {command}{stack}")
    }

    /// Its table.
    pub fn table(&self) -> Result<Table, CliError> {
        Ok(Table::new(Client::new(&self.config), self.output("TableName")?))
    }
}

/// What went wrong with a call, in one line: what the service says, else why it could not be asked.
pub fn reason<E, R>(error: SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
    R: Debug + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => reasons(&error),
    }
}
