//! How is a file of text written? In UTF-8, or as Windows does: with a mark, in UTF-16 where PowerShell redirected it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// The text that `bytes` are, without their mark; `None` where they are none.
pub(super) fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((UTF_8, 0));
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes.get(mark..)?)?;
    // UTF-16 without its mark.
    (!text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_writes_is_read() {
        let written = "name = \"Zo\u{eb}\"\r\n";
        let utf_16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| [mark.to_vec(), written.encode_utf16().flat_map(bytes).collect()].concat();
        for bytes in [
            written.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", written.as_bytes()].concat(),
            utf_16([0xff, 0xfe], u16::to_le_bytes),
            utf_16([0xfe, 0xff], u16::to_be_bytes),
        ] {
            assert_eq!(text(&bytes).as_deref(), Some(written), "{bytes:?}");
        }
        for bytes in [&b"name = \"Zo\xeb\""[..], b"\xff\xfea", b"\xff\xfe\x00\xd8", b"n\0a\0"] {
            assert_eq!(text(bytes), None, "{bytes:?}");
        }
        assert_eq!(text(b"").as_deref(), Some(""));
    }
}
