//! Reports that name no transaction, kept until a line is known that ties their request to one: mostly there is none.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Member, MemberKey, Report, Transactions};
use crate::function::FunctionKey;

/// What stands for a figure that a report does not have.
const NONE: u32 = u32::MAX;

/// What the platform measured of an invocation that went well, by a line that names no transaction. It is small, as
/// there may be millions of which nobody asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoneReport {
    function: Arc<FunctionKey>,
    /// The digits of the request id.
    request: u128,
    duration_us: u64,
    reported_ms: i64,
    init_us: u32,
    memory_mb: u32,
    max_memory_mb: u32,
    stream: Option<u64>,
}

impl LoneReport {
    /// A report of an invocation; nothing if the request id has not Lambda's form, or the report says more.
    #[must_use]
    pub fn of(key: &MemberKey, report: &Report) -> Option<Self> {
        let Report { duration_us, reported_ms, init_us, memory_mb, max_memory_mb, status, stream } = report;
        let small = |figure: Option<u64>| match figure {
            Some(figure) => u32::try_from(figure).ok().filter(|figure| *figure != NONE),
            None => Some(NONE),
        };
        Some(Self {
            function: Arc::clone(&key.function),
            request: status.is_none().then(|| digits(&key.request_id)).flatten()?,
            duration_us: *duration_us,
            reported_ms: *reported_ms,
            init_us: small(*init_us)?,
            memory_mb: small(*memory_mb)?,
            max_memory_mb: small(*max_memory_mb)?,
            stream: *stream,
        })
    }

    /// The function.
    #[must_use]
    pub fn function(&self) -> &FunctionKey {
        &self.function
    }

    /// What was measured.
    #[must_use]
    pub fn report(&self) -> Report {
        let known = |figure: u32| (figure != NONE).then_some(u64::from(figure));
        Report {
            duration_us: self.duration_us,
            reported_ms: self.reported_ms,
            init_us: known(self.init_us),
            memory_mb: known(self.memory_mb),
            max_memory_mb: known(self.max_memory_mb),
            status: None,
            stream: self.stream,
        }
    }

    /// The invocation and what was measured of it.
    fn member(&self) -> (MemberKey, Member) {
        let key = MemberKey { function: Arc::clone(&self.function), request_id: request_id(self.request).into() };
        (key, Member::measured(self.report()))
    }
}

/// The digits of an id as Lambda writes it: 8-4-4-4-12, in lower case.
fn digits(request_id: &str) -> Option<u128> {
    let mut digits = 0;
    for (i, byte) in request_id.bytes().enumerate() {
        let digit = match byte {
            b'-' if matches!(i, 8 | 13 | 18 | 23) => continue,
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        digits = digits << 4 | u128::from(digit);
    }
    (request_id.len() == 36 && request_id.bytes().filter(|byte| *byte == b'-').count() == 4).then_some(digits)
}

/// The id of these digits.
fn request_id(digits: u128) -> String {
    let text = format!("{digits:032x}");
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// Any number of reports. Their order means nothing, and is looked at only where two are compared.
#[derive(Debug, Clone, Default, Eq)]
pub struct LoneReports(Vec<LoneReport>);

impl LoneReports {
    /// Takes one in.
    pub fn push(&mut self, lone: LoneReport) {
        self.0.push(lone);
    }

    /// Takes others in.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &LoneReport> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for LoneReports {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |reports: &Self| {
            let mut reports = reports.0.clone();
            reports.sort_unstable();
            reports
        };
        self.0.len() == other.0.len() && sorted(self) == sorted(other)
    }
}

impl Transactions {
    /// Takes reports into what is known of their requests, where a transaction has the request, and gives up the others.
    /// Stories have what was measured from then on.
    pub fn join_reports(&mut self) {
        let reports = std::mem::take(&mut self.reports);
        let requests: HashSet<_> =
            self.by_id.values().flat_map(|own| own.members.keys()).filter_map(|key| digits(&key.request_id)).collect();
        for lone in reports.iter().filter(|lone| requests.contains(&lone.request)) {
            self.join_report(lone);
        }
    }

    /// Takes a report into what is known of its request.
    pub fn join_report(&mut self, lone: &LoneReport) {
        let (key, member) = lone.member();
        self.add_to_request(&key.request_id.clone(), |loose| loose.add(key, member));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_what_it_was() {
        let function = Arc::new(FunctionKey { account: "1".into(), region: "r".into(), function: "f".into() });
        let key = |request_id: &str| MemberKey { function: Arc::clone(&function), request_id: request_id.into() };
        let report =
            |init_us, memory_mb| Report { duration_us: 5, reported_ms: 7, init_us, memory_mb, ..Report::default() };
        for report in [report(None, None), report(Some(0), Some(10_240))] {
            let key = key("0a9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01");
            let lone = LoneReport::of(&key, &report).unwrap();
            assert_eq!(lone.member(), (key, Member::measured(report)));
        }
        for id in ["a-1", "0A9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01", "0a9e7c2a03a44-4a7e-9d2a-7f5f3c1c0a01", ""] {
            assert_eq!(LoneReport::of(&key(id), &report(None, None)), None, "{id}");
        }
        let id = key("0a9e7c2a-3a44-4a7e-9d2a-7f5f3c1c0a01");
        assert_eq!(LoneReport::of(&id, &report(Some(u64::MAX), None)), None);
        assert_eq!(LoneReport::of(&id, &Report { status: Some("odd".to_owned()), ..report(None, None) }), None);
    }
}
