//! Against a site on loopback that counts what it is asked, with the clock in the test's hand.

use std::sync::Arc;
use std::sync::Mutex as Shared;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// Answers every request with what stands for its path, and notes which came.
struct Site {
    issuer: String,
    pages: Arc<Shared<Vec<(&'static str, String)>>>,
    asked: Arc<Shared<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Site {
    async fn start() -> Self {
        crate::secret::provide_tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let (pages, asked) = (Arc::<Shared<Vec<_>>>::default(), Arc::<Shared<Vec<_>>>::default());
        let (shown, noted) = (Arc::clone(&pages), Arc::clone(&asked));
        let serving = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                let length = socket.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let found = shown.lock().unwrap().iter().find(|(at, _)| *at == path).cloned();
                noted.lock().unwrap().push(path);
                let answer = found.map_or_else(
                    || {
                        "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n"
                            .to_owned()
                    },
                    |(_, body)| format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}"),
                );
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Self { issuer, pages, asked, serving }
    }

    fn shows(&self, keys_at: &str, changes: &[(&str, &str)]) {
        let mut document = serde_json::json!({
            "issuer": self.issuer, "authorization_endpoint": format!("{}/people", self.issuer),
            "token_endpoint": format!("{}/token", self.issuer), "jwks_uri": keys_at,
        });
        for (name, value) in changes {
            document[name] = (*value).into();
        }
        let at = "/.well-known/openid-configuration";
        *self.pages.lock().unwrap() =
            vec![(at, document.to_string()), ("/keys", r#"{"keys":[{"kty":"?"}]}"#.to_owned())];
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn own_keys(&self) -> String {
        format!("{}/keys", self.issuer)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn after(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

#[tokio::test]
async fn what_a_provider_says_is_believed_for_an_hour_and_asked_again_for_a_new_key() {
    let site = Site::start().await;
    site.shows(&site.own_keys(), &[]);
    let discovery = Discovery::of(&site.issuer).unwrap();
    for (at, is_anew, asked) in [
        (0, false, 2),
        (3599, false, 2),
        (3600, false, 4),
        (3601, true, 4),
        (3609, true, 4),
        (3610, true, 6),
        (3611, false, 6),
    ] {
        let known = if is_anew {
            discovery.known_anew(after(at)).await
        } else {
            discovery.known(after(at)).await
        };
        assert!(known.is_ok(), "{at}");
        assert_eq!(site.asked(), asked, "{at}: the document and the keys");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_left_alone_for_a_moment() {
    let site = Site::start().await;
    let discovery = Discovery::of(&site.issuer).unwrap();
    for (at, asked) in [(0, 1), (1, 1), (9, 1), (10, 2)] {
        assert!(discovery.known(after(at)).await.is_err());
        assert_eq!(site.asked(), asked, "{at}: and nobody goes where it sends us on");
    }
    site.shows(&site.own_keys(), &[]);
    assert!(discovery.known(after(20)).await.is_ok());
}

#[tokio::test]
async fn a_provider_sends_us_nowhere_but_to_whoever_has_the_certificate_of_a_name() {
    let site = Site::start().await;
    let own = site.own_keys();
    for (keys_at, changes, asked) in [
        ("http://metadata.inner.example/latest", vec![], 1),
        ("http://login.ministry.example/keys", vec![], 1),
        ("file:///etc/passwd", vec![], 1),
        ("keys", vec![], 1),
        (&own, vec![("issuer", "https://login.other.example")], 1),
        (&own, vec![("issuer", "http://127.0.0.1")], 1),
        (&own, vec![("token_endpoint", "http://inner.example/token")], 2),
        (&own, vec![("authorization_endpoint", "javascript:alert(1)")], 2),
    ] {
        site.asked.lock().unwrap().clear();
        site.shows(keys_at, &changes);
        let refused = Discovery::of(&site.issuer).unwrap().known(after(0)).await;
        assert!(matches!(refused, Err(Unreached::Unreadable(_))), "{keys_at} {changes:?}");
        assert_eq!(site.asked(), asked, "{keys_at} {changes:?}");
    }
    // A provider of the world's does not send us to this machine either.
    let of_the_world = Discovery::of("https://login.ministry.example").unwrap();
    assert!(of_the_world.reachable("http://127.0.0.1/keys").is_err());
    assert!(of_the_world.reachable("https://keys.ministry.example").is_ok());
}

#[tokio::test]
async fn an_endless_answer_is_read_no_further_than_is_reasonable() {
    let site = Site::start().await;
    let at = "/.well-known/openid-configuration";
    *site.pages.lock().unwrap() = vec![(at, " ".repeat(2 * ANSWER_LIMIT_BYTES))];
    let refused = Discovery::of(&site.issuer).unwrap().known(after(0)).await;
    assert!(matches!(refused, Err(Unreached::Unreadable(_))));
}
