//! The times of a server as a person sets them, and which of them go together.

use crate::cli::ServerArgs;
use anyhow::bail;
use jiff::{SignedDuration, SpanRelativeTo};
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use terrane_server::config::Limits;

/// Nothing here is meant to take longer.
const LONGEST: Span = Span(Duration::from_hours(366 * 24));
/// Lost agents are looked for at least so often, and several times in a lease.
const SWEEP_PAUSE_MAX: Duration = Duration::from_secs(2);
const SWEEPS_IN_A_LEASE: u32 = 4;
const SECOND: Duration = Duration::from_secs(1);

/// A length of time, written like `30s`, `1h 30m` or `200ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(pub Duration);

/// A text that is no length of time.
#[derive(Debug)]
pub struct NoSpan(String);

impl fmt::Display for NoSpan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is no length of time: write it like 30s, 15m, 1h 30m, 21d or 200ms", self.0)
    }
}

impl std::error::Error for NoSpan {}

impl FromStr for Span {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let no_span = || NoSpan(text.to_owned());
        let span: jiff::Span = text.trim().parse().map_err(|_| no_span())?;
        let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| no_span())?;
        Duration::try_from(span).map(Self).map_err(|_| no_span())
    }
}

impl TryFrom<String> for Span {
    type Error = NoSpan;

    fn try_from(text: String) -> Result<Self, NoSpan> {
        text.parse()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX);
        write!(formatter, "{span:#}")
    }
}

/// Puts the times a person has set in the place of the defaults; an error says which cannot be used, why, and what to
/// do.
pub fn set(limits: &mut Limits, args: &ServerArgs) -> anyhow::Result<()> {
    for (flag, given, limit) in [
        ("heartbeat", args.heartbeat, &mut limits.heartbeat),
        ("lease", args.lease, &mut limits.lease),
        ("silence", args.silence, &mut limits.silence),
        ("interrupt-grace", args.interrupt_grace, &mut limits.interrupt_grace),
        ("force-cancel-wait", args.force_cancel_wait, &mut limits.force_cancel_after),
        ("plan-timeout", args.plan_timeout, &mut limits.plan_timeout),
        ("apply-timeout", args.apply_timeout, &mut limits.apply_timeout),
        ("snapshot-interval", args.snapshot_interval, &mut limits.snapshot_interval),
        ("late-delivery", args.late_delivery, &mut limits.late_delivery),
        ("saved-plan-life", args.saved_plan_life, &mut limits.saved_plan_life),
        ("deleted-state-life", args.deleted_state_life, &mut limits.deleted_state_life),
        ("log-poll", args.log_poll, &mut limits.log_poll),
        ("request-timeout", args.request_timeout, &mut limits.request_timeout),
    ] {
        let Some(span) = given else { continue };
        if span.0.is_zero() {
            bail!("cannot use {span} as {flag}: it must be longer than nothing; set it with --{flag} TIME");
        }
        if span > LONGEST {
            bail!("cannot use {span} as {flag}: it may be {LONGEST} at the most; set it with --{flag} TIME");
        }
        *limit = span.0;
    }
    if limits.heartbeat >= limits.lease {
        bail!(
            "cannot use {} as heartbeat: it must be shorter than the lease of {}, or every agent is taken for lost; \
             set them with --heartbeat TIME and --lease TIME",
            Span(limits.heartbeat),
            Span(limits.lease)
        );
    }
    limits.sweep_pause = SWEEP_PAUSE_MAX.min(limits.lease / SWEEPS_IN_A_LEASE);
    // One setting for the engines here and for those of people, who are told it with each state.
    if let Some(span) = args.snapshot_interval {
        limits.snapshot_interval = snapshot_interval(span)?;
        limits.state_snapshot_interval = limits.snapshot_interval;
    }
    Ok(())
}

/// How often engines are asked for a state: they are told in whole seconds.
pub fn snapshot_interval(span: Span) -> anyhow::Result<Duration> {
    if span.0.subsec_nanos() != 0 || span.0 < SECOND || span > LONGEST {
        bail!(
            "cannot use {span} as snapshot-interval: engines are told whole seconds; set it with \
             --snapshot-interval TIME, such as 20s"
        );
    }
    Ok(span.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(settings: &str) -> Result<Limits, String> {
        let args: ServerArgs = toml::from_str(settings).map_err(|error| error.to_string())?;
        let mut limits = Limits::default();
        set(&mut limits, &args).map_err(|error| error.to_string())?;
        Ok(limits)
    }

    #[test]
    fn each_time_goes_to_its_place() {
        let settings = "heartbeat = \"1s\"\nlease = \"4s\"\nsilence = \"3m\"\ninterrupt-grace = \"4m\"\n\
            force-cancel-wait = \"5m\"\nplan-timeout = \"6m\"\napply-timeout = \"1h 7m\"\nsnapshot-interval = \"8m\"\n\
            late-delivery = \"9m\"\nsaved-plan-life = \"10m\"\ndeleted-state-life = \"11m\"\nlog-poll = \"500ms\"\n\
            request-timeout = \"12m\"\n";
        let limits = limits(settings).unwrap();
        let minutes = |minutes| Duration::from_mins(minutes);
        assert_eq!((limits.heartbeat, limits.lease), (SECOND, 4 * SECOND));
        assert_eq!((limits.silence, limits.interrupt_grace), (minutes(3), minutes(4)));
        assert_eq!((limits.force_cancel_after, limits.plan_timeout), (minutes(5), minutes(6)));
        assert_eq!((limits.apply_timeout, limits.snapshot_interval), (minutes(67), minutes(8)));
        assert_eq!((limits.late_delivery, limits.log_poll), (minutes(9), SECOND / 2));
        assert_eq!((limits.saved_plan_life, limits.deleted_state_life), (minutes(10), minutes(11)));
        assert_eq!(limits.request_timeout, minutes(12));
        assert_eq!((limits.sweep_pause, limits.state_snapshot_interval), (SECOND, minutes(8)));
    }

    #[test]
    fn what_the_help_says_are_the_defaults() {
        use clap::CommandFactory;
        let limits = Limits::default();
        let mut command = crate::cli::Cli::command();
        let server = command.find_subcommand_mut("server").unwrap();
        for (flag, default) in [
            ("heartbeat", limits.heartbeat),
            ("lease", limits.lease),
            ("silence", limits.silence),
            ("interrupt-grace", limits.interrupt_grace),
            ("force-cancel-wait", limits.force_cancel_after),
            ("plan-timeout", limits.plan_timeout),
            ("apply-timeout", limits.apply_timeout),
            ("snapshot-interval", limits.snapshot_interval),
            ("late-delivery", limits.late_delivery),
            ("saved-plan-life", limits.saved_plan_life),
            ("deleted-state-life", limits.deleted_state_life),
            ("log-poll", limits.log_poll),
            ("request-timeout", limits.request_timeout),
        ] {
            let argument = server.get_arguments().find(|argument| argument.get_long() == Some(flag)).unwrap();
            assert_eq!(argument.get_help_heading(), Some("Times"), "{flag}");
            let help = argument.get_help().unwrap().to_string();
            let said = help.split_once("[default: ").unwrap().1.trim_end_matches(']');
            assert_eq!(said.parse::<Span>().unwrap(), Span(default), "{flag}: {help}");
        }
        let untouched = self::limits("").unwrap();
        assert_eq!(format!("{untouched:?}"), format!("{limits:?}"), "what is not set stays");
    }

    #[test]
    fn times_that_cannot_be_used_are_refused() {
        for (settings, needed) in [
            ("heartbeat = \"30s\"", "cannot use 30s as heartbeat: it must be shorter than the lease of 30s"),
            ("lease = \"2s\"", "shorter than the lease of 2s"),
            (
                "lease = \"0s\"",
                "cannot use 0s as lease: it must be longer than nothing; set it with --lease TIME",
            ),
            ("silence = \"9000h\"", "at the most; set it with --silence TIME"),
            ("snapshot-interval = \"1500ms\"", "as snapshot-interval: engines are told whole seconds"),
            ("lease = \"-5s\"", "is no length of time"),
            ("lease = \"5\"", "is no length of time: write it like 30s"),
            ("lease = \"soon\"", "is no length of time"),
            ("lease = 5", "expected a string"),
        ] {
            let refused = limits(settings).expect_err(settings);
            assert!(refused.contains(needed), "{settings}: {refused}");
        }
    }
}
