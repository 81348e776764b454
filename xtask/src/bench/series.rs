//! The samples of one line, and their quantiles.

/// What samples count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milliseconds,
    Megabytes,
    /// The more, the better.
    PerSecond,
    /// The more, the better.
    MegabytesPerSecond,
}

impl Unit {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Megabytes => "MB",
            Self::PerSecond => "1/s",
            Self::MegabytesPerSecond => "MB/s",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) samples: Vec<f64>,
    /// The median must not be worse.
    pub(super) target: Option<f64>,
    /// The name of the line this one is compared with.
    pub(super) peer: Option<String>,
    /// How many times the peer's median this one's may be; a rate: must be.
    pub(super) ratio_target: Option<f64>,
}

impl Series {
    pub(super) fn new(name: impl Into<String>, unit: Unit) -> Self {
        Self { name: name.into(), unit, samples: Vec::new(), target: None, peer: None, ratio_target: None }
    }

    pub(super) fn target(mut self, target: f64) -> Self {
        self.target = Some(target);
        self
    }

    pub(super) fn peer(mut self, peer: &Self) -> Self {
        self.peer = Some(peer.name.clone());
        self
    }

    pub(super) fn ratio_target(mut self, target: f64) -> Self {
        self.ratio_target = Some(target);
        self
    }

    /// The smallest sample that so large a share of all samples does not exceed.
    pub(super) fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    pub(super) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    pub(super) fn is_missed(&self) -> bool {
        self.target.is_some_and(|target| self.is_worse(self.median(), target))
    }

    /// Whether a figure, or a ratio of figures, misses a target.
    pub(super) fn is_worse(&self, figure: f64, target: f64) -> bool {
        if matches!(self.unit, Unit::PerSecond | Unit::MegabytesPerSecond) {
            figure < target
        } else {
            figure > target
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Series, Unit};

    #[test]
    fn quantiles_are_samples() {
        let mut series = Series::new("x", Unit::Milliseconds).target(5.0);
        series.samples = vec![9.0, 1.0, 8.0, 2.0, 7.0, 3.0, 6.0, 4.0, 5.0, 10.0];
        assert_eq!([series.median(), series.quantile(0.9), series.quantile(1.0)], [5.0, 9.0, 10.0]);
        assert!(!series.is_missed());
        series.samples.push(11.0);
        assert!(series.is_missed());
    }
}
