//! How are points written? To two decimals; a move with its sign, which for people is a true minus.

use super::round2;

/// An amount of points: `3.33`, `10`.
pub fn points(number: f64) -> String {
    round2(number).to_string()
}

/// A move in a form for programs and assistants: `+3.33`, `-10`, `0`.
pub fn signed(number: f64) -> String {
    let rounded = round2(number);
    if rounded > 0.0 { format!("+{rounded}") } else { rounded.to_string() }
}

/// A move as people read it: `+3.33`, `−10`, `0`.
pub fn with_sign(number: f64) -> String {
    signed(number).replace('-', "\u{2212}")
}

/// A move of a percentage for people: `−0.63 pp`.
pub fn percentage_points(number: f64) -> String {
    format!("{} pp", with_sign(number))
}

/// How a percentage moved `from` one `to` another, in percentage points: the difference of what is shown of both, so that it adds up.
pub fn percent_move(from: f64, to: f64) -> f64 {
    round2(round2(to) - round2(from))
}

/// Whether an amount of points is told in the singular.
pub fn is_one(number: f64) -> bool {
    points(number) == "1"
}

/// An amount of points for people: `3.33 points`, `1 point`.
pub fn amount(number: f64) -> String {
    format!("{} {}", points(number), if is_one(number) { "point" } else { "points" })
}

/// A move of points for people: `+3.33 points`, `−1 point`, `no change`.
pub fn moved(number: f64) -> String {
    match with_sign(number).as_str() {
        "0" => "no change".to_owned(),
        moved => format!("{moved} {}", if is_one(number.abs()) { "point" } else { "points" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_point_is_no_plural() {
        assert_eq!([0.0, 1.0, 0.999, 3.333].map(amount), ["0 points", "1 point", "1 point", "3.33 points"]);
        assert_eq!([0.001, -1.0, 1.0, -2.5].map(moved), ["no change", "\u{2212}1 point", "+1 point", "\u{2212}2.5 points"]);
    }
}
