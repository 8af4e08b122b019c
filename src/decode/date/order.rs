//! Which number of `3/4/2026` is the month: the locale says, or a number that can be no month.

/// The order of day and month where both are numbers and the year stands last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    MonthFirst,
    DayFirst,
}

/// English-speaking countries that put the day first.
const ENGLISH: &str = "gb ie au nz in za sg hk mt ke ng pk my jm tt zw bw lk mm 150 001";
/// Countries whose other languages put the month first.
const MONTH_FIRST: &str = "us pr ph";

/// The order of a locale such as `en_US`, `en-GB` or `de`; `None` for an empty one.
pub fn of(locale: &str) -> Option<Order> {
    let locale = locale.trim().split(['.', '@']).next()?.to_lowercase().replace('-', "_");
    let mut parts = locale.split('_');
    let language = parts.next().filter(|language| !language.is_empty())?;
    let country = parts.find(|part| part.len() == 2 || part.len() == 3);
    let among = |list: &str| country.is_some_and(|country| list.split(' ').any(|known| known == country));
    let month_first = if language == "en" { !among(ENGLISH) } else { language == "fil" || among(MONTH_FIRST) };
    Some(if month_first { Order::MonthFirst } else { Order::DayFirst })
}

/// Month and day of two numbers; `None` when nothing says which is which, or what says it cannot be true.
pub fn sorted(first: i16, second: i16, order: Option<Order>) -> Option<(i16, i16)> {
    let can_be = |month: i16| (1..=12).contains(&month);
    let told = match (can_be(first), can_be(second)) {
        (true, false) => Order::MonthFirst,
        (false, true) => Order::DayFirst,
        (true, true) if first == second => order.unwrap_or(Order::DayFirst),
        (true, true) => order?,
        (false, false) => return None,
    };
    match told {
        _ if order.is_some_and(|order| order != told) => None,
        Order::MonthFirst => Some((first, second)),
        Order::DayFirst => Some((second, first)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locale_has_its_order() {
        for (locale, order) in [
            ("en_US", Some(Order::MonthFirst)),
            ("en", Some(Order::MonthFirst)),
            ("en-Latn-US", Some(Order::MonthFirst)),
            ("en_GB", Some(Order::DayFirst)),
            ("es_US", Some(Order::MonthFirst)),
            ("de", Some(Order::DayFirst)),
            ("fr-CA", Some(Order::DayFirst)),
            ("", None),
        ] {
            assert_eq!(of(locale), order, "{locale}");
        }
    }

    #[test]
    fn what_can_be_two_dates_is_none_without_a_locale() {
        assert_eq!(sorted(3, 15, None), Some((3, 15)));
        assert_eq!(sorted(15, 3, None), Some((3, 15)));
        assert_eq!(sorted(3, 4, None), None);
        assert_eq!(sorted(3, 3, None), Some((3, 3)));
        assert_eq!(sorted(3, 4, Some(Order::MonthFirst)), Some((3, 4)));
        assert_eq!(sorted(3, 4, Some(Order::DayFirst)), Some((4, 3)));
        assert_eq!(sorted(15, 3, Some(Order::MonthFirst)), None);
        assert_eq!(sorted(13, 14, None), None);
    }
}
