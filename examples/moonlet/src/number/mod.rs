//! Numbers: conversions, and how they are written.

/// The integer that a float is equal to, if there is one.
pub fn exact_int(float: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    ((-LIMIT..LIMIT).contains(&float) && float.fract() == 0.0).then_some(float as i64)
}
/// s
pub fn to_number(_: offramp::Tagged) -> Option<offramp::Tagged> {
    None
}
/// s
pub fn tostring(_: offramp::Tagged) -> String {
    String::new()
}
/// s
pub fn append(_: &mut Vec<u8>, _: offramp::Tagged) {}
