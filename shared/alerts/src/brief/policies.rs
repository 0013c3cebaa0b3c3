//! What watches, quiet hours and summaries say.

use super::{Brief, FUNCTION, LINE, facts, icon, is_region, moment, runbook, text};
use crate::held::Held;
use crate::links;
use crate::readable::{excerpt, line};
use crate::summary::Summary;
use crate::watch::{WatchState, Watched};

/// The sign of what was held during quiet hours.
pub(crate) const QUIET: &str = "🌙";

/// The sign of a summary.
pub(crate) const SUMMARY: &str = "📋";

/// Characters of the lines of what was held, and of a summary.
const HELD: usize = 2_800;

pub(super) fn of_watch(watch: &Watched) -> Brief {
    let icon = watch_icon(watch);
    let name = line(&watch.name, LINE);
    let measured = watch.measured().map(|measured| line(&measured, LINE));
    let fired = watch.fired_for();
    let limit = watch.unit.rounded(watch.threshold);
    let lead = match (watch.state, measured) {
        (WatchState::Firing, Some(measured)) if watch.threshold > 0.0 => format!("{name}: {measured} (limit {limit})"),
        (WatchState::Firing, measured) => format!("{name}: {}", measured.unwrap_or_else(|| watch.condition.clone())),
        (WatchState::Ok, measured) => {
            let measured = measured.map(|measured| format!(": {measured}")).unwrap_or_default();
            let fired = fired.map(|fired| format!(", was firing for {fired}")).unwrap_or_default();
            format!("{name} is OK again{measured}{fired}")
        }
        (WatchState::Ended, _) => {
            let fired = fired.map(|fired| format!(", after firing for {fired}")).unwrap_or_default();
            format!("{name} is not watched any more for {}{fired}", line(watch.place(), FUNCTION))
        }
    };
    let place = [watch.account.as_deref(), watch.region.as_deref()].into_iter().flatten();
    let place = place.collect::<Vec<_>>().join(" · ");
    let function = watch.function.as_deref().zip(watch.region.as_deref());
    let function = function.filter(|(_, region)| is_region(region)).map(|(name, region)| links::function(region, name));
    let links = [("Function", function), ("Runbook", runbook(watch.runbook.as_deref()))];
    Brief {
        line: format!("{icon} {lead}"),
        facts: facts(&[
            ("Condition", Some(&watch.condition)),
            ("Functions", Some(watch.place())),
            ("Account and region", Some(&place)),
            ("Since", moment(&watch.since).as_deref()),
        ]),
        links: links.into_iter().filter_map(|(label, url)| Some((label, url?))).collect(),
        ..Brief::bare(icon, lead)
    }
}

pub(super) fn of_held(held: &Held) -> Brief {
    let (messages, were) = if held.count == 1 { ("message", "was") } else { ("messages", "were") };
    let until = moment(&held.until).map(|until| format!(", until {until}")).unwrap_or_default();
    let lead = format!("{} {messages} {were} held during quiet hours{until}", held.count);
    let line = format!("{QUIET} {lead}");
    Brief { line, said: text(excerpt(&held.lines, HELD)), ..Brief::bare(QUIET, lead) }
}

pub(super) fn of_summary(summary: &Summary) -> Brief {
    let until = moment(&summary.until).map(|until| format!(" until {until}")).unwrap_or_default();
    let lead = format!("Summary of the {}{until}", line(&summary.every, 20));
    let line = format!("{SUMMARY} {lead}");
    Brief { line, said: text(excerpt(&summary.lines(), HELD)), facts: summary.facts(), ..Brief::bare(SUMMARY, lead) }
}

pub(crate) const fn watch_icon(watch: &Watched) -> &'static str {
    match watch.state {
        WatchState::Firing => icon(watch.severity),
        WatchState::Ok => "🟢",
        WatchState::Ended => "⚪",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Notice;
    use crate::watch::tests::watch;

    #[test]
    fn a_watch_says_what_it_measured_and_how_long_it_fired() {
        let brief = |state| Brief::of(&Notice::Watch(Box::new(watch("mailer", state))));
        let firing = brief(WatchState::Firing);
        assert_eq!(firing.line, "🔴 mail errors: errors of mailer are 7.2 % over 10 min (limit 5 %)");
        assert_eq!(firing.links.iter().map(|(label, _)| *label).collect::<Vec<_>>(), ["Function", "Runbook"]);
        let ok = brief(WatchState::Ok).line;
        assert_eq!(ok, "🟢 mail errors is OK again: errors of mailer are 1.2 % over 10 min, was firing for 14 min");
        let ended = brief(WatchState::Ended).line;
        assert_eq!(ended, "⚪ mail errors is not watched any more for mailer, after firing for 14 min");
        let mut silent = watch("mailer", WatchState::Firing);
        (silent.watch.metric, silent.watch.unit) = ("invocations".to_owned(), crate::watch::Unit::Count);
        (silent.watch.value, silent.watch.threshold) = (Some(0.0), 0.0);
        let silent = Brief::of(&Notice::Watch(Box::new(silent)));
        assert_eq!(silent.lead, "mail errors: no invocations of mailer for 10 min");
    }
}
