//! How do pixels become a file? As PNG without filters: what is drawn is flat, which deflate alone packs best.

use std::io::Write as _;

use flate2::{Compression, Crc, write::ZlibEncoder};
use resvg::tiny_skia::Pixmap;

use crate::error::{Error, Result};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Eight bits of red, green, blue and alpha; deflate, the usual filters, no interlacing.
const KIND: [u8; 5] = [8, 6, 0, 0, 0];
/// The filter of a row that is as it is.
const UNFILTERED: u8 = 0;

/// `pixels` as a PNG.
pub(super) fn file(pixels: &Pixmap) -> Result<Vec<u8>> {
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut row = Vec::new();
    for drawn in pixels.pixels().chunks(pixels.width() as usize) {
        row.clear();
        row.push(UNFILTERED);
        for pixel in drawn {
            let colour = pixel.demultiply();
            row.extend([colour.red(), colour.green(), colour.blue(), colour.alpha()]);
        }
        rows.write_all(&row).map_err(Error::internal)?;
    }
    let rows = rows.finish().map_err(Error::internal)?;
    let mut head = [pixels.width().to_be_bytes(), pixels.height().to_be_bytes()].concat();
    head.extend(KIND);
    let mut file = SIGNATURE.to_vec();
    for (name, content) in [(*b"IHDR", &head), (*b"IDAT", &rows), (*b"IEND", &Vec::new())] {
        chunk(&mut file, name, content)?;
    }
    Ok(file)
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], content: &[u8]) -> Result<()> {
    let mut check = Crc::new();
    check.update(&name);
    check.update(content);
    file.extend(u32::try_from(content.len()).map_err(Error::internal)?.to_be_bytes());
    file.extend(name);
    file.extend(content);
    file.extend(check.sum().to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use resvg::tiny_skia::Color;

    use super::*;

    #[test]
    fn what_was_drawn_is_read_again() {
        let mut pixels = Pixmap::new(7, 3).unwrap();
        pixels.fill(Color::from_rgba8(200, 100, 40, 128));
        pixels.pixels_mut()[8] = Color::from_rgba8(1, 2, 3, 255).premultiply().to_color_u8();
        assert_eq!(Pixmap::decode_png(&file(&pixels).unwrap()).unwrap(), pixels);
    }
}
