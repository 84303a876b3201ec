//! Bars that show parts of a whole.

/// How wide a whole bar is, in the units of its drawing.
pub(super) const WIDTH: u64 = 1000;

/// How wide a part is drawn.
pub(super) fn units(part: u64, whole: u64) -> u64 {
    // A number that is not nothing is to be seen.
    if part == 0 {
        0
    } else {
        (part.saturating_mul(WIDTH) / whole.max(1)).clamp(4, WIDTH)
    }
}
