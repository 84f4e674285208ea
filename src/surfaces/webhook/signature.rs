//! How does a receiver know that a post is ours? By the signature of Standard Webhooks: <https://github.com/standard-webhooks/standard-webhooks>.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, ErrorKind, Result};

/// What a secret begins with (`#signature-scheme`).
const PREFIX: &str = "whsec_";
/// How many bytes a secret has (`#signature-scheme`: "between 24 bytes (192 bits) and 64 bytes (512 bits)").
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Base64 as `openssl rand -base64` writes it, with or without `=` at its end.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// The key of `secret`, which is `whsec_` and 24 to 64 bytes in base64.
///
/// # Errors
/// [`ErrorKind::Misconfigured`] for anything else.
pub fn key(secret: &SecretString) -> Result<hmac::Key> {
    let bytes = secret.expose_secret().trim().strip_prefix(PREFIX).and_then(|text| BASE64.decode(text).ok());
    let bytes = bytes.filter(|bytes| SECRET_BYTES.contains(&bytes.len())).ok_or_else(|| {
        Error::new(
            ErrorKind::Misconfigured,
            "The secret of a webhook is not whsec_ and 24 to 64 bytes in base64. Make one with: echo whsec_$(openssl rand -base64 32)",
        )
    })?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

/// The headers that name the post `id`, say when this try of it was made, and prove both and `body`.
///
/// # Errors
/// [`ErrorKind::Internal`] for an id that no header can hold.
pub fn headers(key: &hmac::Key, id: &str, at: Timestamp, body: &[u8]) -> Result<HeaderMap> {
    let seconds = at.as_second();
    let mut signed = format!("{id}.{seconds}.").into_bytes();
    signed.extend_from_slice(body);
    let signature = format!("v1,{}", STANDARD.encode(hmac::sign(key, &signed)));
    let values = [("webhook-id", id.to_owned()), ("webhook-timestamp", seconds.to_string()), ("webhook-signature", signature)];
    let header =
        |(name, value): (&'static str, String)| Ok((HeaderName::from_static(name), HeaderValue::try_from(value).map_err(Error::internal)?));
    values.into_iter().map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of the reference libraries: libraries/python/tests/test_webhooks.py and the others.
        let key = key(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()).unwrap();
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let headers = headers(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#).unwrap();
        assert_eq!(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(
            (&headers["webhook-id"], &headers["webhook-timestamp"]),
            (&HeaderValue::from_static("msg_p5jXN8AQM9LWM0D4loKWxJek"), &HeaderValue::from_static("1614265330"))
        );
    }

    #[test]
    fn a_secret_has_24_to_64_bytes() {
        let of = |bytes: usize| key(&format!("whsec_{}\n", STANDARD.encode(vec![7; bytes])).into()).is_ok();
        assert_eq!([23, 24, 64, 65].map(of), [false, true, true, false]);
        for wrong in ["", "whsec_", "whsec_***", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            let refused = key(&wrong.into()).unwrap_err();
            assert!(refused.kind == ErrorKind::Misconfigured && !format!("{refused:?}").contains("MfKQ"), "{refused:?}");
        }
    }
}
