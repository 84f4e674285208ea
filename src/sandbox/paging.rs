//! Which page does a request mean? `$top` and `$skiptoken`, and the address of the next page.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{TenantState, refusal::GraphRefusal, seeded_random::SeededRandom};

/// Where a page begins and how long it is.
#[derive(Debug)]
pub struct Paging {
    /// What the page before said of its end; none for the first page.
    pub after: Option<u64>,
    top: Option<usize>,
}

impl Paging {
    /// Reads the query. Options that the sandbox does not offer are refused, so that nobody relies on them unseen.
    pub fn read(query: Option<&str>, room: &TenantState, collection: &str) -> Result<Self, GraphRefusal> {
        let options: HashMap<_, _> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        let mut paging = Self { after: None, top: None };
        for (name, value) in options {
            match name.as_str() {
                "$top" => {
                    let top = value.parse().ok().filter(|top| *top > 0);
                    paging.top = Some(top.ok_or_else(|| GraphRefusal::query(format!("'{value}' is no valid $top.")))?);
                }
                "$skiptoken" => {
                    let after = opened(&value, mark(room, collection));
                    paging.after = Some(after.ok_or_else(|| GraphRefusal::query("The $skiptoken is not one of ours."))?);
                }
                other if other.starts_with('$') => return Err(GraphRefusal::query(format!("The sandbox does not offer {other}."))),
                _ => {}
            }
        }
        Ok(paging)
    }

    /// How many a page holds: what was asked for, else `default`.
    pub fn size(&self, default: usize) -> usize {
        self.top.unwrap_or(default)
    }

    /// The address of the page that begins behind `after`.
    pub fn link(&self, origin: &str, room: &TenantState, collection: &str, after: u64) -> String {
        let top = self.top.map(|top| format!("$top={top}&")).unwrap_or_default();
        format!("{origin}/v1.0/security/{collection}?{top}$skiptoken={}", sealed(after, mark(room, collection)))
    }
}

/// What keeps tokens from travelling between tenants and collections.
fn mark(room: &TenantState, collection: &str) -> u64 {
    SeededRandom::of(room.world.seed, &format!("{}/{collection}", room.tenant.entra_id)).next()
}

fn sealed(after: u64, mark: u64) -> String {
    URL_SAFE_NO_PAD.encode([(after ^ mark).to_be_bytes(), mark.to_be_bytes()].concat())
}

fn opened(token: &str, mark: u64) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (after, checked) = bytes.split_first_chunk::<8>()?;
    (checked == mark.to_be_bytes()).then(|| u64::from_be_bytes(*after) ^ mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_open_where_they_were_sealed_and_nowhere_else() {
        let token = sealed(200, 77);
        assert_eq!(opened(&token, 77), Some(200));
        assert_eq!(opened(&token, 78), None);
        assert_eq!(opened("200", 77), None);
    }
}
