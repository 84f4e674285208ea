//! How does a value become few bytes, and come back? Postcard, deflated, behind the version of its form.

use std::io::{Read, Write};

use flate2::{Compression, bufread::DeflateDecoder, write::DeflateEncoder};
use serde::{Serialize, de::DeserializeOwned};

use super::{database_error::damaged, form::StoredForm};
use crate::error::{Error, ErrorKind, Result};

/// No honest value is larger unpacked; a damaged one could claim to be.
const UNPACKED_BYTES_MAX: u64 = 64 << 20;

/// `value` as it is hashed and compared: not deflated, without a version.
pub(super) fn plain(value: &impl Serialize) -> Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(Error::internal)
}

/// `value` as it is stored.
pub(super) fn seal(form: StoredForm, value: &impl Serialize) -> Result<Vec<u8>> {
    seal_plain(form, &plain(value)?)
}

/// What [`plain`] gave, as it is stored.
///
/// # Errors
/// When it is larger than can be read back.
pub(super) fn seal_plain(form: StoredForm, plain: &[u8]) -> Result<Vec<u8>> {
    if plain.len() as u64 > UNPACKED_BYTES_MAX {
        let sentence = "This sync holds more text than any tenant has, and was not stored. What was stored before is kept.";
        return Err(Error::new(ErrorKind::Upstream, sentence));
    }
    let mut encoder = DeflateEncoder::new(vec![form.byte()], Compression::best());
    encoder.write_all(plain).map_err(Error::internal)?;
    encoder.finish().map_err(Error::internal)
}

/// The value that [`seal`] stored.
pub(super) fn unseal<T: DeserializeOwned>(form: StoredForm, sealed: &[u8]) -> Result<T> {
    postcard::from_bytes(&unseal_plain(form, sealed)?).map_err(|_| damaged("a stored value does not decode"))
}

/// The same of a form that an older version ends earlier: what stands behind it there, and what it would have where it stands nowhere.
pub(super) fn unseal_longer<T: DeserializeOwned, M: DeserializeOwned + Default>(form: StoredForm, sealed: &[u8]) -> Result<(T, M)> {
    let plain = unseal_plain(form, sealed)?;
    let damaged = |_| damaged("a stored value does not decode");
    let (value, rest) = postcard::take_from_bytes(&plain).map_err(damaged)?;
    let is_longer = form.bytes(sealed)?.0 > 1;
    Ok((value, if is_longer { postcard::from_bytes(rest).map_err(damaged)? } else { M::default() }))
}

/// What [`plain`] gave before it was stored.
pub(super) fn unseal_plain(form: StoredForm, sealed: &[u8]) -> Result<Vec<u8>> {
    let (_version, deflated) = form.bytes(sealed)?;
    let mut plain = Vec::with_capacity(deflated.len() * 4);
    DeflateDecoder::new(deflated)
        .take(UNPACKED_BYTES_MAX)
        .read_to_end(&mut plain)
        .map_err(|_| damaged("a stored value does not inflate"))?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_refused() {
        let sealed = seal(StoredForm::Text, &vec!["one", "two"]).unwrap();
        assert_eq!(unseal::<Vec<String>>(StoredForm::Text, &sealed).unwrap(), ["one", "two"]);
        assert!(unseal::<Vec<String>>(StoredForm::Text, &sealed[..sealed.len() / 2]).is_err());
        assert!(unseal::<Vec<String>>(StoredForm::Text, &[]).is_err());
    }
}
