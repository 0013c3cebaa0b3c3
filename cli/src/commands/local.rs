//! `lamplight local`: the whole pipeline on this machine.
//!
//! - `files`: what is read first
//! - `server`: the invoke URL
//! - `topic`: what stands for SNS, SQS and Slack

mod files;
mod server;
mod topic;

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lamplight_aws::clock::now_ms;
use lamplight_embedded::Embedded;
use lamplight_logs::Limits;
use lamplight_rollup::{Bounds, ErrorLogs};
use lamplight_table::{StoredFlow, Tuning};
use tokio::net::TcpListener;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::arguments::LocalArguments;
use crate::error::CliError;
use crate::output::{complain, note};
use topic::LocalTopic;

type ParserContext = lamplight_parser::Context<LocalTopic>;

pub async fn run(arguments: LocalArguments) -> Result<ExitCode, CliError> {
    // What the functions would say in their own logs; a condition that the table refuses is no news.
    let own =
        filter_fn(|metadata| metadata.target().starts_with("lamplight") && *metadata.level() <= LevelFilter::WARN);
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).without_time().with_target(false);
    tracing_subscriber::registry().with(log.with_filter(own)).init();
    let flows = arguments.follow.flows()?;
    let embedded = Embedded::start(arguments.dynamodb_port, arguments.data.as_deref()).await?;
    for flow in flows {
        let by = "the command line".to_owned();
        embedded.table().set_flow(&StoredFlow { flow: flow.clone(), set_ms: now_ms(), by }).await?;
    }
    let topic = LocalTopic::new(embedded.table(), &arguments);
    let emails = lamplight_alerts::Emails::Show;
    let is_searchable = !arguments.searchable_field.is_empty();
    let context = ParserContext {
        table: embedded.table().tuned(Tuning { is_searchable, ..Tuning::default() }),
        topic: topic.clone(),
        region: arguments.place.region(),
        own_log_groups: HashSet::new(),
        error_logs: ErrorLogs::Raise,
        searchable_fields: arguments.searchable_field.clone(),
        emails,
        limits: Limits::default(),
        bounds: Bounds::default(),
    };
    if arguments.once {
        let read = files::read(&arguments, &context).await?;
        let keeper = lamplight_keeper::Context { table: embedded.table(), topic, emails };
        let mut answer = lamplight_keeper::Answer::default();
        let has_looked = lamplight_keeper::follow(&keeper, now_ms(), &mut answer).await?;
        files::print_held(&embedded.table(), &read, &arguments).await?;
        let has_all_flows = has_looked && answer.put_off + answer.given_up == 0;
        if !has_all_flows {
            complain(&unlooked(has_looked, &answer));
        }
        return Ok(if has_all_flows { exit_code(read.all_read) } else { ExitCode::FAILURE });
    }
    // Before the files, so that a port that is taken is said at once.
    let port = arguments.port;
    let listening = |error: std::io::Error| CliError::Listen { port, reason: error.to_string() };
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(listening)?;
    let read = files::read(&arguments, &context).await?;
    note(format!("table      {} (table {})", embedded.url(), lamplight_embedded::TABLE));
    note(format!("deliveries http://{}{}", listener.local_addr().map_err(listening)?, server::INVOKE));
    let keeper = lamplight_keeper::Context { table: embedded.table(), topic, emails };
    tokio::select! {
        served = server::serve(listener, Arc::new(context)) => served.map_err(listening)?,
        () = keep(keeper) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(exit_code(read.all_read))
}

/// Why the flows are not whole.
fn unlooked(has_looked: bool, answer: &lamplight_keeper::Answer) -> String {
    if has_looked {
        format!("the flows lack {} transactions that could not be looked at", answer.put_off + answer.given_up)
    } else {
        "the flows lack what is new: another process looks at the same table; try again in half a minute".to_owned()
    }
}

fn exit_code(all_read: bool) -> ExitCode {
    if all_read { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// Runs the keeper once a minute, as the stack's schedule does, for ever.
async fn keep(context: lamplight_keeper::Context<LocalTopic>) {
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    loop {
        minute.tick().await;
        if let Err(error) = lamplight_keeper::run(&context).await {
            complain(&format!("the keeper failed: {error}"));
        }
    }
}
