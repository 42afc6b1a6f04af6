//! Moments in UTC, as they are stored and written.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970 in UTC.
///
/// ```
/// use foramen::moment::Moment;
///
/// let moment = Moment(1_767_323_045_000);
/// assert_eq!(moment.iso(), "2026-01-02T03:04:05Z");
/// assert_eq!(moment.stamp(), "20260102T030405Z");
/// assert_eq!(moment.ago(Moment(moment.0 + 5 * 60_000)), "5 minutes ago");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

/// A moment as calendar date and clock time, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    seconds: i64,
}

impl Moment {
    /// Now, by the clock of the computer.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(since.as_millis() as i64)
    }

    /// The day: `2026-01-02`.
    pub fn day(self) -> String {
        let Civil { year, month, day, .. } = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Without colons, for file names: `20260102T030405Z`.
    pub fn stamp(self) -> String {
        let Civil { year, month, day, seconds } = self.civil();
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    /// For other programs, in ISO 8601: `2026-01-02T03:04:05Z`.
    pub fn iso(self) -> String {
        let seconds = self.civil().seconds;
        format!("{}T{:02}:{:02}:{:02}Z", self.day(), seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    /// Year, month, day, hour, minute, second.
    pub fn clock(self) -> [i64; 6] {
        let Civil { year, month, day, seconds } = self.civil();
        [year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60]
    }

    /// How long ago it was, in words; the day for what is older than a week.
    pub fn ago(self, now: Self) -> String {
        let minutes = (now.0 - self.0).max(0) / 60_000;
        let counted = |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
        match minutes {
            0 => "just now".to_owned(),
            1..60 => counted(minutes, "minute"),
            60..1440 => counted(minutes / 60, "hour"),
            1440..10_080 => counted(minutes / 1440, "day"),
            _ => self.day(),
        }
    }

    /// Days to a date in the proleptic Gregorian calendar, in eras of 400 years that begin in March.
    fn civil(self) -> Civil {
        let (days, millis) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Civil { year, month, day, seconds: millis / 1000 }
    }
}

impl fmt::Display for Moment {
    /// `2026-01-02 03:04`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.civil().seconds;
        write!(f, "{} {:02}:{:02}", self.day(), seconds / 3600, seconds / 60 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn days_and_stamps_are_those_of_date_u() {
        // `date -u -d @SECONDS`
        for (seconds, stamp) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (1_709_164_800, "20240229T000000Z"),
            (1_767_323_045, "20260102T030405Z"),
            (4_107_542_400, "21000301T000000Z"),
            (-1, "19691231T235959Z"),
        ] {
            assert_eq!(Moment(seconds * 1000).stamp(), stamp);
        }
        assert_eq!(Moment(1_767_323_045_999).to_string(), "2026-01-02 03:04");
        assert_eq!(Moment(1_767_323_045_999).iso(), "2026-01-02T03:04:05Z");
    }

    #[test]
    fn how_long_ago_is_said_in_the_largest_unit() {
        let now = Moment(1_767_323_045_000);
        let ago = |minutes: i64| Moment(now.0 - minutes * 60_000).ago(now);
        assert_eq!(
            [ago(0), ago(1), ago(59), ago(60), ago(1439), ago(1440), ago(10_079), ago(10_080), ago(-5)],
            [
                "just now",
                "1 minute ago",
                "59 minutes ago",
                "1 hour ago",
                "23 hours ago",
                "1 day ago",
                "6 days ago",
                "2025-12-26",
                "just now"
            ]
        );
    }
}
