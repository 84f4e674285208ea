//! Who gets the picture of a post? Whoever has its address, for a week; nobody else learns whether it exists.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, header};
use scorewatch::{
    card::{Block, Card, Word},
    chart,
    delivery::Post,
    http::{HttpServer, PictureAddresses, ServerSettings},
    store::{NewDelivery, Store, StoredPost},
};
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

use crate::support::{
    doors::doors,
    posts::{a_digest, post, trend},
};

const ROOT: &str = "https://score.example.org";

fn row(post: &Post) -> NewDelivery {
    NewDelivery {
        id: post.id.clone(),
        tenants: post.tenants.join(","),
        kind: post.kind.clone(),
        period: post.id.clone(),
        destination: "soc".to_owned(),
        title: post.card.title.clone(),
        post: StoredPost::of(post).unwrap(),
        names: false,
        created: post.created,
        deadline: post.created + SignedDuration::from_hours(24),
    }
}

#[tokio::test]
async fn a_picture_is_there_for_those_who_were_given_its_address() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("scorewatch.db")).await.unwrap();
    let drawn = post(a_digest(), Card::new("Contoso", vec![Block::Trend(trend(30))], "foot"));
    let words = Post {
        id: "words-words-words-words-".to_owned(),
        card: Card::new("Contoso", vec![Block::Lead(vec![Word::plain("x")])], ""),
        ..drawn.clone()
    };
    for post in [&drawn, &words] {
        assert!(store.enqueue(&row(post)).await.unwrap());
    }
    let addresses = Arc::new(PictureAddresses::new(ROOT, &store.secret("pictures").await.unwrap()));
    let doors = doors(store).await;
    let settings =
        ServerSettings { listen: "127.0.0.1:0".parse().unwrap(), pictures: Some(Arc::clone(&addresses)), ..ServerSettings::default() };
    let server = HttpServer::start(settings, Arc::clone(&doors.ask), Arc::clone(&doors.operations), String::new).await.unwrap();
    let (client, here) = (Client::new(), format!("http://{}", server.local_addr()));
    let get = |address: &str| client.get(address.replace(ROOT, &here)).send();

    let now = Timestamp::now();
    let address = addresses.address(&drawn.id, now);
    assert!(address.starts_with(&format!("{ROOT}/pictures/{}.png?until=", drawn.id)), "{address}");
    let picture = get(&address).await.unwrap();
    assert_eq!(
        (picture.status(), &picture.headers()[header::CONTENT_TYPE]),
        (reqwest::StatusCode::OK, &header::HeaderValue::from_static("image/png"))
    );
    assert_eq!(picture.headers()[header::CACHE_CONTROL], "private, max-age=86400, immutable");
    let png = picture.bytes().await.unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 5000, "{} bytes", png.len());
    assert_eq!(png.get(16..24).unwrap(), [0, 0, 0x03, 0xe8, 0, 0, 0x01, 0xe0], "1000 by 480");
    let dark = chart::trend(&chart::Trend { title: "Contoso", days: &trend(30) }, chart::Theme::Dark).unwrap();
    assert_eq!(png, dark, "light on dark, on its own ground: for light and dark looks alike");

    // All readers of a channel fetch it: it is drawn once.
    let mut connection = SqliteConnectOptions::new().filename(directory.path().join("scorewatch.db")).connect().await.unwrap();
    sqlx::query("UPDATE outbox SET post = 'damaged' WHERE id = $1").bind(&drawn.id).execute(&mut connection).await.unwrap();
    assert_eq!(get(&address).await.unwrap().bytes().await.unwrap(), png);

    let expired = addresses.address(&drawn.id, now - SignedDuration::from_hours(7 * 24 + 1));
    let foreign = PictureAddresses::new(ROOT, &[0; 32]).address(&drawn.id, now);
    let unknown = addresses.address("unknown", now);
    let without_trend = addresses.address(&words.id, now);
    let unsigned = format!("{ROOT}/pictures/{}.png", drawn.id);
    let other_file = address.replace(".png", ".svg");
    let not_utf8 = address.replace(&drawn.id, "%FF");
    let mut answers = Vec::new();
    for wrong in [expired, foreign, unknown, without_trend, unsigned, other_file, not_utf8] {
        let answer = get(&wrong).await.unwrap();
        assert_eq!(answer.status(), 404, "{wrong}");
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        answers.push(answer.text().await.unwrap().replace(&id, "ID"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn there_are_no_pictures_where_the_outside_does_not_reach_us() {
    let house = crate::http::house_with(|_| ()).await;
    let addresses = PictureAddresses::new(&format!("http://{}", house.server.local_addr()), &[0; 32]);
    assert_eq!(reqwest::get(addresses.address("AAAA", Timestamp::now())).await.unwrap().status(), 404);
}
