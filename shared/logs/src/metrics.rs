//! Values of metrics in the embedded metric format, as Powertools and others write it:
//! `{"_aws":{"CloudWatchMetrics":[{"Namespace":"shop","Dimensions":[["service"]],"Metrics":[{"Name":"Orders","Unit":"Count"}]}]},"service":"web","Orders":3}`
//!
//! Source: CloudWatch user guide, "Specification: Embedded metric format".

use std::collections::{BTreeMap, BTreeSet};

use crate::json::{Json, Reader, members};
use crate::message::Message;

/// Bytes of each name and of a dimension's value: what CloudWatch takes.
const TEXT_BYTES: usize = 256;

/// Values of one metric in one line: what CloudWatch takes.
const VALUES: usize = 100;

/// Metrics of one line, and those with each of their sets of dimensions. CloudWatch takes a hundred metrics.
const METRICS: usize = 200;

/// Dimensions of one set, and sets of them: what CloudWatch takes of dimensions.
const DIMENSIONS: usize = 30;

/// The values of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// What it belongs to.
    pub namespace: String,
    /// What it is called.
    pub name: String,
    /// Its unit, where it has one.
    pub unit: Option<String>,
    /// The names and values of its dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// Its values.
    pub values: Vec<f64>,
}

/// What a directive says: which members are metrics, and which are dimensions.
#[derive(Debug, Default)]
struct Directive {
    namespace: String,
    /// Names of members: the sets of dimensions.
    dimensions: Vec<Vec<String>>,
    /// Names of members, and their units.
    metrics: Vec<(String, Option<String>)>,
}

/// The metrics of a line: each with each of its sets of dimensions, as CloudWatch counts them. A metric without a value
/// is none, and a dimension without a text is left out; sets that come to the same by that are one.
#[must_use]
pub fn metrics(message: &Message<'_>) -> Vec<Metric> {
    let text = message.text();
    let Some(start) = text.find('{') else { return Vec::new() };
    let object = Json::Plain(text[start..].trim_end());
    let mut directives = Vec::new();
    members(object, |key, value| {
        if key == "_aws" {
            value.members(|key, value| {
                if key == "CloudWatchMetrics" {
                    value.elements(|directive| push(&mut directives, METRICS, Some(Directive::read(directive))));
                }
            });
        }
    });
    let measured: BTreeSet<_> = directives.iter().flat_map(Directive::names).collect();
    let dimensions: BTreeSet<_> = directives.iter().flat_map(|own| own.dimensions.iter().flatten()).collect();
    let (mut values, mut texts) = (BTreeMap::new(), BTreeMap::new());
    members(object, |key, value| {
        let key = key.to_owned();
        if dimensions.contains(&key) {
            texts.extend(short(value).map(|text| (key.clone(), text)));
        }
        if measured.contains(&key) {
            values.insert(key, numbers(value));
        }
    });
    let mut told: Vec<Metric> = Vec::new();
    for metric in directives.iter().flat_map(|directive| directive.metrics(&values, &texts)).take(METRICS) {
        if !told.iter().any(|other| other.is_same(&metric)) {
            told.push(metric);
        }
    }
    told
}

impl Metric {
    /// Whether both are one, so that a value counts in it once.
    fn is_same(&self, other: &Self) -> bool {
        let Self { namespace, name, unit, dimensions, values: _ } = self;
        *name == other.name && *dimensions == other.dimensions && *namespace == other.namespace && *unit == other.unit
    }
}

impl Directive {
    fn read(value: &mut Reader<'_>) -> Self {
        let mut directive = Self::default();
        value.members(|key, value| match key {
            "Namespace" => directive.namespace = short(value).unwrap_or_default(),
            "Dimensions" => {
                value.elements(|set| {
                    let mut names = Vec::new();
                    set.elements(|name| push(&mut names, DIMENSIONS, short(name)));
                    push(&mut directive.dimensions, DIMENSIONS, Some(names));
                });
            }
            "Metrics" => {
                value.elements(|metric| {
                    let (mut name, mut unit) = (None, None);
                    metric.members(|key, value| match key {
                        "Name" => name = short(value),
                        "Unit" => unit = short(value).filter(|unit| unit != "None"),
                        _ => {}
                    });
                    push(&mut directive.metrics, METRICS, name.map(|name| (name, unit)));
                });
            }
            _ => {}
        });
        if directive.dimensions.is_empty() {
            directive.dimensions.push(Vec::new());
        }
        directive
    }

    /// The names of its metrics.
    fn names(&self) -> impl Iterator<Item = &String> {
        self.metrics.iter().map(|(name, _)| name)
    }

    fn metrics<'d>(
        &'d self,
        values: &'d BTreeMap<String, Vec<f64>>,
        texts: &'d BTreeMap<String, String>,
    ) -> impl Iterator<Item = Metric> + 'd {
        self.metrics.iter().flat_map(move |(name, unit)| {
            let values = values.get(name).filter(|values| !values.is_empty());
            values.into_iter().flat_map(move |values| {
                self.dimensions.iter().map(move |set| Metric {
                    namespace: self.namespace.clone(),
                    name: name.clone(),
                    unit: unit.clone(),
                    dimensions: set.iter().filter_map(|key| Some((key.clone(), texts.get(key)?.clone()))).collect(),
                    values: values.clone(),
                })
            })
        })
    }
}

/// Adds to a list, up to a bound.
fn push<T>(list: &mut Vec<T>, bound: usize, more: Option<T>) {
    if list.len() < bound {
        list.extend(more);
    }
}

/// A number, or an array of numbers.
fn numbers(value: &mut Reader<'_>) -> Vec<f64> {
    if let Some(number) = value.number() {
        return vec![number];
    }
    let mut numbers = Vec::new();
    value.elements(|value| push(&mut numbers, VALUES, value.number()));
    numbers
}

fn short(value: &mut Reader<'_>) -> Option<String> {
    let text = value.text_or_digits()?;
    Some(text[..text.floor_char_boundary(TEXT_BYTES)].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<Metric> {
        metrics(&Message::from(line.to_owned()))
    }

    fn metric(name: &str, unit: Option<&str>, dimensions: &[(&str, &str)], values: &[f64]) -> Metric {
        let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Metric {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            unit: unit.map(str::to_owned),
            dimensions: dimensions.collect(),
            values: values.to_vec(),
        }
    }

    #[test]
    fn each_metric_comes_with_each_set_of_its_dimensions() {
        let line = r#"{"service":"web","page":7,"Orders":3,"Errors":0,"Value":[12.5,-1e1],"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"shop","Dimensions":[["service"],["service","page","gone"]],"Metrics":[{"Name":"Orders","Unit":"Count"},{"Name":"Nothing"}]},{"Namespace":"shop","Metrics":[{"Name":"Value","Unit":"None","StorageResolution":1}]}]}}"#;
        assert_eq!(
            read(line),
            [
                metric("Orders", Some("Count"), &[("service", "web")], &[3.0]),
                metric("Orders", Some("Count"), &[("page", "7"), ("service", "web")], &[3.0]),
                metric("Value", None, &[], &[12.5, -10.0]),
            ]
        );
    }

    #[test]
    fn sets_of_dimensions_that_come_to_the_same_are_one() {
        for sets in [r#"["service"],["service","tenant"]"#, r#"["service"],["service"]"#] {
            let line = format!(
                r#"{{"service":"web","tenant":null,"Orders":3,"_aws":{{"CloudWatchMetrics":[{{"Namespace":"shop","Dimensions":[{sets}],"Metrics":[{{"Name":"Orders"}},{{"Name":"Orders"}}]}},{{"Namespace":"shop","Dimensions":[["service"]],"Metrics":[{{"Name":"Orders"}}]}}]}}}}"#
            );
            assert_eq!(read(&line), [metric("Orders", None, &[("service", "web")], &[3.0])]);
        }
    }

    #[test]
    fn an_object_in_the_column_of_the_message_is_read() {
        let object =
            r#"{"_aws":{"CloudWatchMetrics":[{"Namespace":"shop","Metrics":[{"Name":"Orders"}]}]},"Orders":1}"#;
        assert_eq!(read(&format!("2026-11-20T08:47:12.345Z\ta-1\tINFO\t{object}\n")).len(), 1);
    }

    #[test]
    fn what_is_no_number_is_no_value_and_nothing_is_without_bounds() {
        let define = |value: &str| {
            read(&format!(
                r#"{{"_aws":{{"CloudWatchMetrics":[{{"Namespace":"{}","Metrics":[{{"Name":"A"}}]}}]}},"A":{value}}}"#,
                "n".repeat(1_000)
            ))
        };
        for value in ["\"1\"", "null", "[]", "{\"Max\":1}", "[\"x\"]"] {
            assert_eq!(define(value), [], "{value}");
        }
        let many = define(&format!("[{}]", vec!["1"; 1_000].join(",")));
        assert_eq!((many[0].values.len(), many[0].namespace.len()), (VALUES, TEXT_BYTES));
        let dimensions: Vec<_> = (0..2_000).map(|i| format!("\"d{i}\"")).collect();
        let texts: String = (0..2_000).map(|i| format!(",\"d{i}\":\"x\"")).collect();
        let wide = read(&format!(
            r#"{{"_aws":{{"CloudWatchMetrics":[{{"Dimensions":[[{0}],["d0"]],"Metrics":[{{"Name":"A"}}]}}]}},"A":1{texts}}}"#,
            dimensions.join(",")
        ));
        assert_eq!((wide.len(), wide[0].dimensions.len()), (2, DIMENSIONS));
        assert_eq!(read("{\"_aws\":{\"CloudWatchMetrics\":[1,{}]}}"), []);
        assert_eq!(read("no object"), []);
    }
}
