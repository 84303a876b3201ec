//! The words of action names.

/// End of the word that begins at `from` or includes it: the next cut after `from`, or the end.
///
/// Words are cut before a capital letter that follows a small letter or a digit (`Get|Object`, `V2|Logging`),
/// before the last capital of a run that continues in small letters (`DB|Instances`), and before every character
/// that is neither a letter nor a digit.
pub(crate) fn next_cut(name: &str, from: usize) -> usize {
    let bytes = name.as_bytes();
    let mut at = from + 1;
    while at < bytes.len() {
        if is_cut(bytes, at) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

fn is_cut(bytes: &[u8], at: usize) -> bool {
    let (Some(before), Some(here)) = (bytes.get(at.wrapping_sub(1)), bytes.get(at)) else {
        return false;
    };
    let small = |byte: &u8| byte.is_ascii_lowercase();
    if here.is_ascii_uppercase() {
        small(before)
            || before.is_ascii_digit()
            || before.is_ascii_uppercase() && bytes.get(at + 1).is_some_and(small)
    } else {
        // Never inside a multi-byte character.
        !here.is_ascii_alphanumeric() && !(0x80..0xC0).contains(here)
    }
}
