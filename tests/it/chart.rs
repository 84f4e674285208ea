//! How does a trend look, whatever it is made of? Golden pictures, compared by pixels; hostile titles and numbers.

use std::{env, fs, path::Path};

use jiff::{
    ToSpan as _,
    civil::{Date, date},
};
use resvg::tiny_skia::Pixmap;
use scorewatch::chart::{Theme, Trend, trend};

const NEWEST: Date = date(2026, 11, 21);
const SIZE: (u32, u32) = (1000, 480);
/// What a picture may weigh; a chat loads it over a phone.
const BYTES_MAX: usize = 60 * 1024;

/// So many days up to the newest, as a tenant moves: steps, plateaus, and a fall.
fn days(count: usize) -> Vec<(Date, f64)> {
    let moved = |day: usize| {
        let steps: f64 = [(6, 1.8), (19, 2.4), (20, 0.9), (33, -3.1), (41, 0.7), (52, 4.6), (66, 1.2), (81, -0.9), (84, 1.7)]
            .iter()
            .filter(|(from, _)| day >= *from)
            .map(|(_, by)| by)
            .sum();
        49.3 + steps + [0.0, 0.12, -0.08, 0.05][day % 4]
    };
    (0..count).map(|day| (NEWEST - i64::try_from(count - 1 - day).unwrap().days(), moved(day + 90 - count))).collect()
}

fn drawn(title: &str, days: &[(Date, f64)], theme: Theme) -> Pixmap {
    let png = trend(&Trend { title, days }, theme).unwrap();
    assert!(png.len() < BYTES_MAX, "{} bytes", png.len());
    let pixels = Pixmap::decode_png(&png).unwrap();
    assert_eq!((pixels.width(), pixels.height()), SIZE);
    pixels
}

/// Compares a picture with `tests/golden/chart/<name>.png`: other machines may round a pixel's edge otherwise, and no more.
fn golden(name: &str, days: &[(Date, f64)], theme: Theme) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/chart").join(name).with_extension("png");
    let png = trend(&Trend { title: "Secure Score of contoso", days }, theme).unwrap();
    println!("{name}: {} bytes", png.len());
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &png).unwrap();
    }
    let expected = fs::read(&path).unwrap_or_else(|_| panic!("{name} is missing: run the tests with UPDATE_GOLDEN=1 and look at it"));
    let (now, then) = (Pixmap::decode_png(&png).unwrap(), Pixmap::decode_png(&expected).unwrap());
    let (mean, share) = difference(&now, &then);
    assert!(
        mean < 1.0 && share <= 0.005,
        "{name} differs by {mean:.2} on average, in {share:.4} of its pixels: run the tests with UPDATE_GOLDEN=1 and look at it"
    );
}

/// By how much the parts of colours differ on average, and the share of pixels that clearly differ.
fn difference(now: &Pixmap, then: &Pixmap) -> (f64, f64) {
    assert_eq!((now.width(), now.height()), (then.width(), then.height()));
    let (mut sum, mut clearly) = (0_u64, 0_u32);
    for (now, then) in now.data().chunks_exact(4).zip(then.data().chunks_exact(4)) {
        let apart = now.iter().zip(then).map(|(now, then)| u64::from(now.abs_diff(*then)));
        sum += apart.clone().sum::<u64>();
        clearly += u32::from(apart.max() > Some(24));
    }
    (sum as f64 / now.data().len() as f64, f64::from(clearly) / f64::from(now.width() * now.height()))
}

#[test]
fn pictures_look_as_they_did() {
    golden("dark", &days(90), Theme::Dark);
    let falling: Vec<_> = days(90).iter().map(|(day, percent)| (*day, 130.0 - percent)).collect();
    golden("light", &falling, Theme::Light);
    let mut gaps = days(90);
    gaps.retain(|(day, _)| {
        !(date(2026, 9, 28)..=date(2026, 10, 9)).contains(day) && *day != date(2026, 11, 3) && *day != date(2026, 11, 5)
    });
    golden("gaps", &gaps, Theme::Dark);
    golden("flat", &days(90).iter().map(|(day, _)| (*day, 57.9)).collect::<Vec<_>>(), Theme::Light);
    golden("two-days", &days(2), Theme::Dark);
}

/// Whether `pixels` differ from `others` anywhere outside of the given columns and rows.
fn differ_outside(pixels: &Pixmap, others: &Pixmap, columns: std::ops::Range<u32>, rows: std::ops::Range<u32>) -> Option<(u32, u32)> {
    let places = (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| (x, y)));
    places.filter(|(x, y)| !(columns.contains(x) && rows.contains(y))).find(|(x, y)| pixels.pixel(*x, *y) != others.pixel(*x, *y))
}

#[test]
fn a_hostile_title_changes_the_line_of_the_title_and_nothing_else() {
    let mut gaps = days(90);
    gaps.remove(50);
    let wide = "W".repeat(5000);
    let titles = [
        "<script>alert(1)</script>",
        "</text></svg><rect width=\"1000\" height=\"480\" fill=\"red\"/>",
        "&amp; &lt; &#0; &nosuch; ]]> <![CDATA[ <!--",
        "a\u{0}b\u{1}c\u{1b}[31m\n\n\nd\u{202e}e\u{200b}f\u{fffe}\u{ffff}",
        "שלום עולם مرحبا بالعالم",
        "🛡️👩‍👩‍👧‍👦 株式会社",
        &format!("Z{}", "\u{301}".repeat(2000)),
        &wide,
        &"i".repeat(5000),
        "",
    ];
    for days in [&days(90), &gaps] {
        let plain = drawn("Secure Score of contoso", days, Theme::Dark);
        for title in titles {
            let pixels = drawn(title, days, Theme::Dark);
            assert_ne!(pixels, plain, "{title:?} is drawn");
            let end = if days.len() < 90 { 780 } else { 962 };
            assert_eq!(differ_outside(&pixels, &plain, 38..end, 30..74), None, "{:?}", title.chars().take(60).collect::<String>());
        }
    }
}

#[test]
fn no_number_breaks_a_picture() {
    let whole = days(30);
    let with = |number: f64| {
        whole.iter().enumerate().map(|(at, (day, percent))| (*day, if at == 12 { number } else { *percent })).collect::<Vec<_>>()
    };
    let without: Vec<_> = whole.iter().enumerate().filter(|(at, _)| *at != 12).map(|(_, day)| *day).collect();
    let missing = drawn("t", &without, Theme::Dark);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(drawn("t", &with(number), Theme::Dark), missing, "{number} is no number, so the day is missing");
    }
    for (number, edge) in [(1e300, 100.0), (100.5, 100.0), (-0.0001, 0.0), (f64::MIN, 0.0)] {
        assert_eq!(drawn("t", &with(number), Theme::Dark), drawn("t", &with(edge), Theme::Dark), "{number} is drawn at {edge}");
    }
    for days in [vec![], vec![(NEWEST, f64::NAN)]] {
        assert!(trend(&Trend { title: "t", days: &days }, Theme::Dark).is_err());
    }
}

#[test]
fn days_may_come_in_any_order_and_from_any_time() {
    let mut shuffled = days(40);
    shuffled.reverse();
    shuffled.swap(3, 30);
    shuffled.push((NEWEST, f64::NAN));
    assert_eq!(drawn("t", &shuffled, Theme::Light), drawn("t", &days(40), Theme::Light));
    drawn("t", &[(Date::MIN, 10.0), (date(2026, 1, 1), 90.0), (Date::MAX, 20.0)], Theme::Light);
    let years: Vec<_> = (0..4000).map(|day| (NEWEST - i64::from(3999 - day).days(), f64::from(day / 40))).collect();
    assert_eq!(drawn("t", &years, Theme::Light), drawn("t", &years[300..], Theme::Light), "the newest days are drawn");
    assert_ne!(drawn("t", &years, Theme::Light), drawn("t", &years[400..], Theme::Light), "ten years of them");
}

/// What is at the edges is whole: the ring around the newest day has room above 100 % and below 0 %.
#[test]
fn all_and_nothing_are_not_clipped() {
    let ink = |pixels: &Pixmap, y: u32| {
        let pixel = pixels.pixel(944, y).unwrap();
        (pixel.red(), pixel.green(), pixel.blue())
    };
    for (percent, y) in [(100.0, 196), (0.0, 394)] {
        let flat: Vec<_> = days(30).iter().map(|(day, _)| (*day, percent)).collect();
        let pixels = drawn("t", &flat, Theme::Dark);
        for beside in [y - 6, y, y + 6] {
            assert_eq!(ink(&pixels, beside), (0x6A, 0xA8, 0xFF), "{percent} % at {beside}");
        }
        assert_eq!((ink(&pixels, y - 14), ink(&pixels, y + 14)), ((0x15, 0x17, 0x1E), (0x15, 0x17, 0x1E)), "{percent} %");
    }
}

#[test]
fn a_picture_brings_its_ground_and_only_its_corners_are_open() {
    for theme in Theme::ALL {
        let pixels = drawn("contoso", &days(90), theme);
        let alpha = |x, y| pixels.pixel(x, y).unwrap().alpha();
        assert_eq!([alpha(0, 0), alpha(999, 0), alpha(0, 479), alpha(999, 479)], [0; 4], "{theme}");
        assert!(
            (1..479)
                .all(|y| (1..999).all(|x| alpha(x, y) == 255
                    || [(x, y), (999 - x, y), (x, 479 - y), (999 - x, 479 - y)].iter().any(|(x, y)| *x < 26 && *y < 26))),
            "{theme}"
        );
    }
}
