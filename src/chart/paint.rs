//! How does a drawing become pixels? By resvg, with one font that the program carries.

use std::sync::{Arc, LazyLock};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{
        FontResolver, Options, Tree,
        fontdb::{Database, Source},
    },
};

use super::png;
use crate::{
    error::{Error, Result},
    text::escaped_markup,
};

/// How a drawing is read: with the one font, and nothing else from anywhere. It is parsed once.
static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(epaint_default_fonts::UBUNTU_LIGHT)));
    let font_resolver = FontResolver {
        select_font: Box::new(|_, fonts| fonts.faces().next().map(|face| face.id)),
        select_fallback: Box::new(|_, _, _| None),
    };
    Options { fontdb: Arc::new(fonts), font_resolver, ..Options::default() }
});

/// `svg` as a PNG.
pub(super) fn png(svg: &str) -> Result<Vec<u8>> {
    let tree = Tree::from_str(svg, &OPTIONS).map_err(Error::internal)?;
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or_else(|| Error::internal("a picture without pixels"))?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    png::file(&pixels)
}

/// How wide `text` is at `size`, in pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><text font-size="{size}">{}</text></svg>"#,
        escaped_markup(text)
    );
    Tree::from_str(&svg, &OPTIONS).map_or(0.0, |tree| f64::from(tree.root().bounding_box().width()))
}

/// The characters of `text` for which the font has no shape.
#[cfg(test)]
pub(super) fn missing(text: &str) -> Vec<String> {
    use resvg::usvg::Node;
    let svg = format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><text>{}</text></svg>"#, escaped_markup(text));
    let tree = Tree::from_str(&svg, &OPTIONS).unwrap();
    let Some(Node::Text(text)) = tree.root().children().first() else { panic!("no text came of {svg}") };
    let glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
    glyphs.filter(|glyph| glyph.id.0 == 0).map(|glyph| glyph.text.clone()).collect()
}
