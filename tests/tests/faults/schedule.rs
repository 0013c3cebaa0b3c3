//! What goes wrong, and when: a schedule that a seed makes.
//!
//! Whether a call fails depends on the seed, on what the call says and on how often it was made before, and not on the
//! order of calls that run at once: the same seed is the same schedule.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use lamplight_tests::delivery::Random;
use serde_json::Value;
use tokio::sync::Notify;

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not arrive.
    Refused,
    /// It arrives and is turned down: too many at once.
    Throttled,
    /// It arrives, and the other side breaks before it does anything.
    Broken,
    /// It is carried out, but no answer comes.
    Unanswered,
    /// No answer comes, and it is carried out later, when whoever made it has tried again or gone.
    Late,
    /// The process dies before it calls.
    DiesBefore,
    /// It is carried out, and the process dies before the answer comes.
    DiesAfter,
}

/// Of as many faults as this: dying is as likely as everything else together, since it needs more to be mended.
const FAULTS: [Fault; 10] = [
    Fault::Refused,
    Fault::Throttled,
    Fault::Broken,
    Fault::Unanswered,
    Fault::Late,
    Fault::DiesBefore,
    Fault::DiesBefore,
    Fault::DiesBefore,
    Fault::DiesAfter,
    Fault::DiesAfter,
];

/// The faults of one run.
#[derive(Debug)]
pub struct Schedule {
    seed: u64,
    /// The connections that all processes share: they are not what is tried here.
    web: SharedHttpClient,
    /// Calls of a hundred that fail.
    percent: usize,
    is_over: AtomicBool,
    /// How often each call was made.
    calls: Mutex<HashMap<u64, u64>>,
    /// Calls that are under way still, though nobody waits for them any more.
    late: Mutex<Vec<Late>>,
    /// What each function asked of AWS, as IAM calls it.
    actions: Mutex<BTreeMap<Function, BTreeSet<String>>>,
    /// Items that were written, each as often as DynamoDB charges it if it has a KB.
    units: AtomicU64,
    /// Bytes of all answers.
    answered: AtomicU64,
    /// Calls that say this are never answered.
    silence: Mutex<Option<String>>,
}

/// A call that nobody waits for.
struct Late(HttpConnectorFuture);

impl fmt::Debug for Late {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Late")
    }
}

/// Whose process it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    Parser,
    Notifier,
    Keeper,
    Responder,
}

impl Schedule {
    /// The schedule of a seed.
    pub fn new(seed: u64) -> Arc<Self> {
        Self::with_percent(seed, 1 + Random::new(seed).below(40))
    }

    /// Nothing fails.
    pub fn without_faults() -> Arc<Self> {
        Self::with_percent(0, 0)
    }

    fn with_percent(seed: u64, percent: usize) -> Arc<Self> {
        let web = aws_smithy_http_client::Builder::new().build_http();
        Arc::new(Self {
            seed,
            web,
            percent,
            is_over: AtomicBool::new(false),
            calls: Mutex::default(),
            late: Mutex::default(),
            actions: Mutex::default(),
            units: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            silence: Mutex::default(),
        })
    }

    /// Nothing fails from now on.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// How many calls were made.
    pub fn calls(&self) -> u64 {
        self.calls.lock().unwrap().values().sum()
    }

    /// Carries out what is late: all of it, or every other one.
    pub async fn catch_up(&self, is_all: bool) {
        let late = {
            let mut waiting = self.late.lock().unwrap();
            let count = if is_all { waiting.len() } else { waiting.len() / 2 };
            waiting.drain(..count).collect::<Vec<_>>()
        };
        for call in late {
            // Nobody hears what came of it.
            let _ = call.0.await;
        }
    }

    /// What each function asked of AWS so far.
    pub fn actions(&self) -> BTreeMap<Function, BTreeSet<String>> {
        self.actions.lock().unwrap().clone()
    }

    /// Write units so far, if each item has at most a KB.
    pub fn units(&self) -> u64 {
        self.units.load(Ordering::SeqCst)
    }

    /// Bytes of all answers so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::SeqCst)
    }

    /// Answers no call that says this from now on.
    pub fn silence(&self, about: &str) {
        *self.silence.lock().unwrap() = Some(about.to_owned());
    }

    fn is_silent(&self, said: &[u8]) -> bool {
        self.silence.lock().unwrap().as_ref().is_some_and(|about| String::from_utf8_lossy(said).contains(about))
    }

    fn record(&self, function: Function, operation: &str, said: &[u8]) {
        self.units.fetch_add(units_of(operation, said), Ordering::SeqCst);
        let mut actions = self.actions.lock().unwrap();
        actions.entry(function).or_default().extend(actions_of(operation, said));
    }

    /// What goes wrong with this call.
    fn fault(&self, operation: &str, said: &[u8]) -> Option<Fault> {
        if self.is_over.load(Ordering::SeqCst) {
            return None;
        }
        // The members of a request come in any order, and a transaction has a token that is made up.
        let mut bytes = match serde_json::from_slice::<Value>(said) {
            Ok(Value::Object(mut request)) => {
                request.remove("ClientRequestToken");
                Value::from(request).to_string().into_bytes()
            }
            _ => said.to_vec(),
        };
        bytes.sort_unstable();
        let call = bytes
            .iter()
            .chain(operation.as_bytes())
            .fold(self.seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5));
        let mut calls = self.calls.lock().unwrap();
        let before = calls.entry(call).or_default();
        *before += 1;
        let mut random = Random::new(call ^ before.wrapping_mul(0x9e37_79b9));
        (random.below(100) < self.percent).then(|| FAULTS[random.below(FAULTS.len())])
    }
}

/// The write units of a call, if each item has at most a KB.
fn units_of(operation: &str, said: &[u8]) -> u64 {
    let request: Value = serde_json::from_slice(said).unwrap_or_default();
    let count = |list: &Value| list.as_array().map_or(0, |list| list.len() as u64);
    match operation.split_once('.').map(|(_, name)| name) {
        Some("TransactWriteItems") => 2 * count(&request["TransactItems"]),
        Some("BatchWriteItem") => {
            request["RequestItems"].as_object().into_iter().flat_map(|tables| tables.values()).map(count).sum()
        }
        Some("PutItem" | "UpdateItem" | "DeleteItem") => 1,
        _ => 0,
    }
}

/// The actions that a call needs. A transaction needs those of its parts.
fn actions_of(operation: &str, said: &[u8]) -> Vec<String> {
    let of_table = |name: &str| format!("dynamodb:{name}");
    match operation.split_once('.') {
        Some((_, "TransactWriteItems")) => {
            let request: Value = serde_json::from_slice(said).unwrap();
            let parts =
                request["TransactItems"].as_array().unwrap().iter().flat_map(|part| part.as_object().unwrap().keys());
            parts
                .map(|part| {
                    if part == "ConditionCheck" {
                        of_table("ConditionCheckItem")
                    } else {
                        of_table(&format!("{part}Item"))
                    }
                })
                .collect()
        }
        Some((_, name)) => vec![of_table(name)],
        None if operation == "Publish" => vec!["sns:Publish".to_owned()],
        None => Vec::new(),
    }
}

/// A process: it can die at any call, and what it remembers dies with it.
#[derive(Debug, Clone)]
pub struct Process {
    function: Function,
    schedule: Arc<Schedule>,
    death: Arc<Notify>,
}

impl Process {
    /// A new process of a function.
    pub fn new(function: Function, schedule: &Arc<Schedule>) -> Self {
        Self { function, schedule: Arc::clone(schedule), death: Arc::default() }
    }

    /// A client of the table at this endpoint.
    pub fn client(&self, endpoint_url: &str) -> Client {
        let plain = lamplight_embedded::client(endpoint_url).config().to_builder();
        let retries = RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(1));
        let faulty = SharedHttpClient::new(Faulty { inner: self.schedule.web.clone(), process: self.clone() });
        Client::from_conf(plain.http_client(faulty).retry_config(retries).build())
    }

    /// Works until it is done or dies; nothing if it died.
    pub async fn live<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.death.notified() => None,
            done = work => Some(done),
        }
    }

    /// What goes wrong with a call that this process is about to make.
    fn fault(&self, operation: &str, said: &[u8]) -> Option<Fault> {
        self.schedule.record(self.function, operation, said);
        self.schedule.fault(operation, said)
    }

    /// Makes a call: `call` carries it out, `failed` is the answer to it if it was not, or if nobody knows.
    pub async fn call<T>(
        &self,
        operation: &str,
        said: &[u8],
        call: impl Future<Output = T>,
        failed: impl FnOnce(Fault) -> T,
    ) -> T {
        self.carry_out(self.fault(operation, said), call, failed).await
    }

    /// Carries a call out, as far as what goes wrong with it allows.
    async fn carry_out<T>(
        &self,
        fault: Option<Fault>,
        call: impl Future<Output = T>,
        failed: impl FnOnce(Fault) -> T,
    ) -> T {
        match fault {
            None => call.await,
            Some(fault @ (Fault::Refused | Fault::Throttled | Fault::Broken)) => failed(fault),
            Some(fault @ (Fault::Unanswered | Fault::Late)) => {
                call.await;
                failed(fault)
            }
            Some(Fault::DiesBefore) => self.die().await,
            Some(Fault::DiesAfter) => {
                call.await;
                self.die().await
            }
        }
    }

    async fn die<T>(&self) -> T {
        self.death.notify_one();
        std::future::pending().await
    }
}

/// A client whose calls fail as the schedule says.
#[derive(Debug)]
struct Faulty {
    inner: SharedHttpClient,
    process: Process,
}

impl HttpClient for Faulty {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { inner, process: self.process.clone() })
    }
}

struct FaultyConnector {
    inner: SharedHttpConnector,
    process: Process,
}

impl fmt::Debug for FaultyConnector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FaultyConnector")
    }
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let said = request.body().bytes().unwrap_or_default().to_vec();
        let (inner, process) = (self.inner.clone(), self.process.clone());
        HttpConnectorFuture::new(async move {
            if process.schedule.is_silent(&said) {
                return std::future::pending().await;
            }
            match process.fault(&operation, &said) {
                Some(Fault::Late) => {
                    process.schedule.late.lock().unwrap().push(Late(inner.call(request)));
                    answer(Fault::Late)
                }
                fault => {
                    let answered = process.carry_out(fault, async { inner.call(request).await }, answer).await;
                    process.schedule.answered.fetch_add(length(&answered), Ordering::SeqCst);
                    answered
                }
            }
        })
    }
}

/// How many bytes an answer says it has.
fn length(answer: &Result<HttpResponse, ConnectorError>) -> u64 {
    let length = answer.as_ref().ok().and_then(|response| response.headers().get("content-length"));
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// What a process hears of a call that failed.
fn answer(fault: Fault) -> Result<HttpResponse, ConnectorError> {
    let refused = |status: u16, kind: &str| {
        let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","message":"as scheduled"}}"#);
        Ok(HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body)))
    };
    match fault {
        Fault::Throttled => refused(400, "ProvisionedThroughputExceededException"),
        Fault::Broken => refused(500, "InternalServerError"),
        Fault::Unanswered | Fault::Late => Err(ConnectorError::timeout("as scheduled".into())),
        Fault::Refused | Fault::DiesBefore | Fault::DiesAfter => Err(ConnectorError::io("as scheduled".into())),
    }
}
