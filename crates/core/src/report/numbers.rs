//! Formats numbers and dates for people.

/// A number with thousands separators.
pub fn count<N: TryInto<u64> + Copy>(number: &N) -> String {
    let digits = (*number).try_into().unwrap_or(u64::MAX).to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its unit, in the singular or plural.
pub fn counted<N: TryInto<u64> + Copy>(number: N, what: &str) -> String {
    let is_one = number.try_into().is_ok_and(|number| number == 1);
    format!("{} {what}{}", count(&number), if is_one { "" } else { "s" })
}

/// A share in whole percent; `<1%` for a smaller one that is not 0.
pub fn percent<N: TryInto<u64>>(part: N, whole: N) -> String {
    let [part, whole] = [part, whole].map(|it| it.try_into().unwrap_or(u64::MAX));
    match u128::from(part) * 100 / u128::from(whole.max(1)) {
        0 if part > 0 => "<1%".to_owned(),
        share => format!("{}%", share.min(100)),
    }
}

/// The text with its first letter in upper case.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The date part of a timestamp.
pub fn day(moment: &str) -> &str {
    moment.split('T').next().unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::{count, counted, percent};

    #[test]
    fn thousands_stand_apart_and_one_is_singular() {
        assert_eq!(
            (count(&7_usize), count(&1_234_567_u64)),
            ("7".to_owned(), "1,234,567".to_owned())
        );
        assert_eq!(
            (counted(1_usize, "day"), counted(0_usize, "day")),
            ("1 day".to_owned(), "0 days".to_owned())
        );
    }

    #[test]
    fn a_share_is_nothing_only_when_it_is() {
        let shares = [(0, 7), (1, 1000), (76, 100), (7, 7), (0, 0)].map(|(part, whole)| percent(part, whole));
        assert_eq!(shares, ["0%", "<1%", "76%", "100%", "0%"]);
    }
}
