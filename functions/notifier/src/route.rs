//! Who is told of which notice, as the policies say.

use lamplight_alerts::Notice;
use lamplight_policy::{Decision, Document, Subject, Treatment};
use lamplight_table::{Table, TableError};

use crate::tell::Post;

/// The way of one notice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// When people are told.
    pub treatment: Treatment,
    /// The receivers by their names; those without a name, if it is empty.
    pub to: Vec<String>,
    /// Whether a route has quiet hours that may hold it at some time.
    pub may_be_held: bool,
}

/// The policies that are in force. Those that this version cannot read are none: rather too many people are told than
/// nobody.
///
/// # Errors
///
/// [`TableError`] if it is not known what is in force.
pub async fn policies(table: &Table, now_ms: i64) -> Result<Document, TableError> {
    let Some(policies) = table.recent_policies(now_ms).await? else {
        return Ok(Document::default());
    };
    Ok(Document::parse(&policies.text).unwrap_or_else(|error| {
        tracing::error!(%error, version = policies.version, "the policies cannot be read; everybody is told");
        Document::default()
    }))
}

impl Way {
    /// The way of a notice, to which the runbook of its route is added.
    #[must_use]
    pub fn of(notice: &mut Notice, document: &Document, now_ms: i64) -> Self {
        // For whom these are was decided before.
        match notice {
            Notice::Held(alerts) => return Self { to: alerts.held.to.clone(), ..Self::default() },
            Notice::Summary(alert) => return Self { to: alert.summary.to.clone(), ..Self::default() },
            _ => {}
        }
        let Decision { route, treatment, to, runbook } = document.decide(&Subject::of(notice), now_ms);
        if let Some(runbook) = runbook {
            notice.add_runbook(runbook);
        }
        let to = match notice {
            Notice::Watch(alert) if !alert.watch.to.is_empty() => alert.watch.to.clone(),
            _ => to.to_vec(),
        };
        // What is done with an issue goes the way of its alerts, and disturbs nobody.
        let is_silent = matches!(notice, Notice::Change(_));
        let treatment = match treatment {
            Treatment::Held { .. } if is_silent => Treatment::AtOnce,
            treatment => treatment,
        };
        let may_be_held = !is_silent && route.is_some_and(|route| route.has_quiet_hours());
        Self { treatment, to, may_be_held }
    }

    /// Which receivers are told, by their positions. Where a name is nobody's, those without a name are told instead,
    /// and where everybody has a name, all of them are.
    #[must_use]
    pub fn receivers<R: Post>(&self, receivers: &[R]) -> Vec<usize> {
        let positions = |is_meant: &dyn Fn(Option<&str>) -> bool| {
            let all = receivers.iter().enumerate();
            all.filter(|(_, receiver)| is_meant(receiver.policy_name())).map(|(i, _)| i).collect::<Vec<_>>()
        };
        let is_known = |name: &String| receivers.iter().any(|receiver| receiver.policy_name() == Some(name));
        let unknown: Vec<_> = self.to.iter().filter(|name| !is_known(name)).collect();
        if !unknown.is_empty() {
            tracing::warn!(?unknown, "a policy names receivers that there are not; those without a name are told");
        }
        let falls_back = self.to.is_empty() || !unknown.is_empty();
        let meant = positions(&|name| match name {
            Some(name) => self.to.iter().any(|to| to == name),
            None => falls_back,
        });
        if meant.is_empty() { positions(&|_| true) } else { meant }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::PostError;

    struct Named(Option<&'static str>);

    impl Post for Named {
        async fn post(&self, _notices: &[Notice]) -> Result<(), PostError> {
            Ok(())
        }

        fn policy_name(&self) -> Option<&str> {
            self.0
        }
    }

    fn told(to: &[&str], receivers: &[Option<&'static str>]) -> Vec<usize> {
        let way = Way { to: to.iter().map(|name| (*name).to_owned()).collect(), ..Way::default() };
        way.receivers(&receivers.iter().map(|name| Named(*name)).collect::<Vec<_>>())
    }

    #[test]
    fn a_receiver_with_a_name_gets_what_names_it_and_nothing_is_told_to_nobody() {
        let all = [None, Some("shop"), Some("mail"), Some("shop"), None];
        assert_eq!(told(&[], &all), [0, 4]);
        assert_eq!(told(&["shop"], &all), [1, 3]);
        assert_eq!(told(&["shop", "mail"], &all), [1, 2, 3]);
        assert_eq!(told(&["gone"], &all), [0, 4]);
        assert_eq!(told(&["gone", "mail"], &all), [0, 2, 4]);
        assert_eq!(told(&[], &[Some("shop")]), [0], "all have names");
        assert_eq!(told(&["gone"], &[Some("shop"), Some("mail")]), [0, 1]);
    }
}
