//! Does an answer over HTTP say where its list goes on? In a `Link` header and in members of JSON, until the last page.

use std::collections::BTreeSet;

use reqwest::{Response, Url, header};
use serde_json::Value;

use crate::mcp::{House, at_the_end_of_the_story, house_at};

async fn get(house: &House, url: &Url, accept: &str) -> Response {
    let response = house.client.get(url.clone()).bearer_auth(&house.key).header(header::ACCEPT, accept).send().await.unwrap();
    assert_eq!(response.status(), 200, "{url}");
    response
}

/// Where the response to `url` goes on, as a client resolves it: RFC 8288.
fn next(url: &Url, response: &Response) -> Option<Url> {
    let link = response.headers().get(header::LINK)?.to_str().unwrap();
    let reference = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
    Some(url.join(reference).unwrap())
}

#[tokio::test]
async fn the_next_page_is_followed_to_the_last_one() {
    let house = house_at(at_the_end_of_the_story, |_| ()).await;
    for (path, list) in [
        ("/skills/weakest_controls?Page=1&tenant=contoso&limit=20&order=quick+wins", "controls"),
        ("/linked/skills/score_changes?tenant=contoso&since=month&limit=10", "changes"),
        ("/skills/accepted_risks?tenant=contoso&limit=2", "risks"),
        ("/skills/improvement_plan?tenant=contoso&target=70%20%25", "steps"),
    ] {
        let (mut url, mut ids, mut total) = (Url::parse(&house.url(path)).unwrap(), Vec::new(), 0);
        loop {
            let response = get(&house, &url, "application/json").await;
            let next = next(&url, &response);
            let text = get(&house, &url, "text/plain").await;
            assert_eq!(self::next(&url, &text), next, "in each form: {url}");
            let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            ids.extend(answer[list].as_array().unwrap().iter().map(|row| row["control"].as_str().unwrap().to_owned()));
            total = total.max(usize::try_from(answer["total"].as_u64().unwrap()).unwrap());
            assert_eq!(answer["next_page"].as_u64(), next.as_ref().map(|_| answer["page"].as_u64().unwrap() + 1), "{answer}");
            assert_eq!(answer["not_listed"].as_u64().unwrap_or(0), (total - ids.len()) as u64, "{answer}");
            let Some(next) = next else { break };
            url = next;
        }
        let once: BTreeSet<&String> = ids.iter().collect();
        assert!(total > 3 && (ids.len(), once.len()) == (total, total), "{path}: {} of {total}", ids.len());
    }
    let whole = get(&house, &Url::parse(&house.url("/skills/secure_score?tenant=contoso")).unwrap(), "application/json").await;
    assert!(!whole.headers().contains_key(header::LINK));
}
