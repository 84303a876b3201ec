//! Numbers and days as people read them.

/// A number with its thousands apart.
pub(super) fn count<N: TryInto<u64> + Copy>(number: &N) -> String {
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

/// A number and what it counts.
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{} {what}{}", count(&number), if number == 1 { "" } else { "s" })
}

/// The day of a moment.
pub(super) fn day(moment: &str) -> &str {
    moment.split('T').next().unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!((count(&7_usize), count(&1_234_567_u64)), ("7".to_owned(), "1,234,567".to_owned()));
    }
}
