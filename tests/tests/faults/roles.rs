//! The roles of the stack allow what the functions ask for, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use yaml_rust2::{Yaml, YamlLoader};

use crate::presses;
use crate::schedule::Function;
use crate::world::World;

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// Worlds in which everything is asked for that there is to ask.
const SEEDS: u64 = 25;

/// What is asked for besides: by Lambda in a function's name, and by calls that are not made in these worlds.
const BESIDES: [(Function, &[&str]); 4] = [
    (
        Function::Parser,
        &[
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            // Lambda's destination for what failed.
            "s3:ListBucket",
            "s3:PutObject",
            // Lambda's mapping of the stream.
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ],
    ),
    (
        Function::Notifier,
        &[
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            // Lambda's mapping of the queue.
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            // Where a bot's message stands.
            "dynamodb:GetItem",
            // What Slack refuses, and the webhook.
            "sqs:SendMessage",
            "ssm:GetParameter",
            "kms:Decrypt",
        ],
    ),
    (Function::Keeper, &["logs:CreateLogStream", "logs:PutLogEvents"]),
    (
        Function::Responder,
        &[
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            // The signing secret.
            "ssm:GetParameter",
            "kms:Decrypt",
        ],
    ),
];

#[tokio::test]
async fn each_role_allows_what_its_function_asks_for_and_nothing_else() {
    let mut asked: BTreeMap<Function, BTreeSet<String>> = BTreeMap::new();
    for seed in 0..SEEDS {
        let world = World::new(seed).await;
        let schedule = world.schedule();
        world.run().await.unwrap();
        for (function, actions) in schedule.actions() {
            asked.entry(function).or_default().extend(actions);
        }
    }
    for (function, actions) in presses::press(0).await.actions() {
        asked.entry(function).or_default().extend(actions);
    }
    for (function, actions) in BESIDES {
        asked.entry(function).or_default().extend(actions.iter().map(|action| (*action).to_owned()));
    }
    let template = YamlLoader::load_from_str(TEMPLATE).unwrap().remove(0);
    for (function, asked) in asked {
        let role = &template["Resources"][format!("{function:?}Role").as_str()]["Properties"];
        let statements = statements(role);
        let allowed: BTreeSet<_> = statements.iter().flat_map(|statement| list(&statement["Action"])).collect();
        assert_eq!(allowed, asked, "{function:?}");
        assert!(role["ManagedPolicyArns"].is_badvalue(), "{function:?} has nothing but its own policy");
        for statement in statements {
            let resources = list(&statement["Resource"]);
            assert!(!resources.is_empty() && !resources.contains(&"*".to_owned()), "{statement:?}");
        }
    }
}

/// All statements of a role, those that stand under a condition too.
fn statements(role: &Yaml) -> Vec<&Yaml> {
    let policies = role["Policies"].as_vec().unwrap().iter();
    let listed = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_vec().unwrap());
    let single = listed.flat_map(|statement| match statement {
        Yaml::Array(choice) => choice.iter().filter(|part| part.as_hash().is_some()).collect(),
        statement => vec![statement],
    });
    single.collect()
}

/// One or many.
fn list(yaml: &Yaml) -> Vec<String> {
    match yaml {
        Yaml::Array(many) => many.iter().filter_map(Yaml::as_str).map(str::to_owned).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect(),
    }
}
