//! Where the table is: of a deployed stack, or a local one.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lamplight_table::{Table, reasons};

use crate::arguments::ReadArguments;
use crate::error::CliError;

/// The table that the arguments name.
pub async fn table(arguments: &ReadArguments) -> Result<Table, CliError> {
    let client = client(arguments.endpoint_url.as_deref()).await;
    let name = match &arguments.table {
        Some(name) => name.clone(),
        None => find(&client, &arguments.stack).await?,
    };
    Ok(Table::new(client, name))
}

async fn client(endpoint_url: Option<&str>) -> Client {
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
    Client::new(&loader.load().await)
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
