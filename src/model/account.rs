//! What a delivery is an account of: everything there was in a period, or only something more.

/// Whether an automation with this date range sends all of the period each time, so that what it leaves out is no more.
///
/// `period` is the header `automation-period`. `Since Last Sync`, `Realtime`, no header and words that are not known only
/// add; the spelling differs by version of the app.
pub fn is_complete(period: &str) -> bool {
    let word: String = period.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let whole = ["default", "today", "yesterday", "thisweek", "thismonth", "thisyear", "custom"];
    let of_days = ["previous", "last", "past"].iter().any(|first| word.starts_with(first));
    whole.contains(&word.as_str()) || (of_days && !word.contains("sync"))
}

/// How many days before today a period begins, where it says so.
pub fn days_back(period: &str) -> Option<i64> {
    let word: String = period.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let number: String = word.chars().filter(char::is_ascii_digit).collect();
    match word.as_str() {
        "today" => Some(0),
        "yesterday" | "default" => Some(1),
        _ if is_complete(period) && word.contains("day") => number.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_of_days_begins_that_many_days_ago() {
        let periods =
            [("Today", Some(0)), ("Default", Some(1)), ("Previous 7 Days", Some(7)), ("previous30days", Some(30))];
        for (period, days) in periods.into_iter().chain([("This Month", None), ("Since Last Sync", None), ("", None)]) {
            assert_eq!(days_back(period), days, "{period}");
        }
    }

    #[test]
    fn a_period_is_whole_unless_it_goes_on_from_the_last_time() {
        for period in ["Default", "today", "Yesterday", "Previous 7 Days", "previous7Days", "Last 7 Days", "Last Month"]
        {
            assert!(is_complete(period), "{period}");
        }
        for period in ["", "Since Last Sync", "sinceLastSync", "lastsync", "Realtime", "none", "7"] {
            assert!(!is_complete(period), "{period}");
        }
    }
}
