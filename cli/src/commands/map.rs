//! `lamplight map`: who calls whom.

use std::process::ExitCode;

use lamplight_rollup::Map;
use lamplight_rollup::summary::MapSummary;

use crate::arguments::{MapArguments, MapOutput};
use crate::commands::transactions::stories;
use crate::error::CliError;
use crate::map;
use crate::output::{print, print_json};
use crate::tables;

pub async fn run(arguments: &MapArguments) -> Result<ExitCode, CliError> {
    let found = stories(&arguments.read, None, arguments.function.as_ref()).await?;
    let map = MapSummary::of(&Map::of(found.values()));
    match arguments.read.output {
        MapOutput::Json => print_json(&map)?,
        MapOutput::Table => print(tables::map(&map))?,
        MapOutput::Dot => print(map::dot(&map))?,
        MapOutput::Svg => print(map::svg(&map))?,
    }
    Ok(ExitCode::SUCCESS)
}
