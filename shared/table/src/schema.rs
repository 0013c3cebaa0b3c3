//! The table itself, made as the stack's template describes it: the embedded table and the deployed one cannot
//! differ.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use yaml_rust2::{Yaml, YamlLoader};

use crate::error::TableError;

/// The template that `sam deploy` deploys.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// Makes the table unless it is there.
///
/// # Errors
///
/// [`TableError::Template`] and [`TableError::Call`].
pub async fn create_table(client: &Client, name: &str) -> Result<(), TableError> {
    let documents = YamlLoader::load_from_str(TEMPLATE).map_err(|error| TableError::Template(error.to_string()))?;
    let template = documents.first().ok_or_else(|| TableError::Template("it is empty".to_owned()))?;
    let table = &template["Resources"]["Table"]["Properties"];
    let created = client
        .create_table()
        .table_name(name)
        .set_attribute_definitions(Some(entries(&table["AttributeDefinitions"], attribute_definition)?))
        .set_key_schema(Some(entries(&table["KeySchema"], key_element)?))
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await;
    match created {
        Ok(_) => enable_expiry(client, name, &table["TimeToLiveSpecification"]).await,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => Ok(()),
        Err(error) => Err(TableError::call("CreateTable")(error)),
    }
}

async fn enable_expiry(client: &Client, name: &str, yaml: &Yaml) -> Result<(), TableError> {
    let specification = TimeToLiveSpecification::builder().enabled(true).attribute_name(word(yaml, "AttributeName")?);
    let specification = specification.build().map_err(|error| TableError::Template(error.to_string()))?;
    let update = client.update_time_to_live().table_name(name).time_to_live_specification(specification);
    update.send().await.map(drop).map_err(TableError::call("UpdateTimeToLive"))
}

fn entries<T>(yaml: &Yaml, entry: impl Fn(&Yaml) -> Result<T, TableError>) -> Result<Vec<T>, TableError> {
    let list = yaml.as_vec().ok_or_else(|| TableError::Template("a list is missing".to_owned()))?;
    list.iter().map(entry).collect()
}

fn word<'a>(yaml: &'a Yaml, name: &str) -> Result<&'a str, TableError> {
    yaml[name].as_str().ok_or_else(|| TableError::Template(format!("{name} is missing")))
}

fn attribute_definition(yaml: &Yaml) -> Result<AttributeDefinition, TableError> {
    AttributeDefinition::builder()
        .attribute_name(word(yaml, "AttributeName")?)
        .attribute_type(ScalarAttributeType::from(word(yaml, "AttributeType")?))
        .build()
        .map_err(|error| TableError::Template(error.to_string()))
}

fn key_element(yaml: &Yaml) -> Result<KeySchemaElement, TableError> {
    KeySchemaElement::builder()
        .attribute_name(word(yaml, "AttributeName")?)
        .key_type(KeyType::from(word(yaml, "KeyType")?))
        .build()
        .map_err(|error| TableError::Template(error.to_string()))
}
