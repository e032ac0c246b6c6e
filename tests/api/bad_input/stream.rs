//! Bodies that are announced, or go on, past all measure: sent piece by piece, since no client would.

use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::app::{Caller, TestApp};

/// Sends a head and then the same piece again and again, for as long as the other side takes it. Gives the answer.
async fn pour(who: &Caller<'_>, path: &str, head: &str, piece: &[u8]) -> String {
    let request = who.request(Method::POST, path).build().unwrap();
    let (url, token) = (request.url(), request.headers().get("authorization"));
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let query = url.query().map_or(String::new(), |query| format!("?{query}"));
    let token = token.map(|token| format!("Authorization: {}\r\n", token.to_str().unwrap()));
    let head = format!(
        "POST {}{query} HTTP/1.1\r\nHost: {host}\r\n{}{head}\r\n\r\n",
        url.path(),
        token.unwrap_or_default()
    );
    let (mut reader, mut writer) = TcpStream::connect(host).await.unwrap().into_split();
    let write = async {
        writer.write_all(head.as_bytes()).await.unwrap();
        // A line of a hundred megabits: what counts is that it is cut, not how much it carried until then.
        let mut line = tokio::time::interval(Duration::from_millis(5));
        while writer.write_all(piece).await.is_ok() {
            line.tick().await;
        }
    };
    let read = async {
        let (mut answer, mut part) = (Vec::new(), [0; 4096]);
        // A reset after the answer is an end, too: there are bytes that nobody will read.
        while let Ok(count @ 1..) = reader.read(&mut part).await {
            answer.extend_from_slice(&part[..count]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    };
    let both = timeout(Duration::from_secs(20), async { tokio::join!(write, read) });
    both.await.expect("the service cuts the line").1
}

#[tokio::test]
async fn r54_a_body_of_ten_gigabytes_is_refused_before_it_comes_and_the_connection_closed() {
    let app = TestApp::start().await;
    let head = "Content-Type: application/json\r\nContent-Length: 10737418240";
    for (who, path, status) in [
        (app.administrator(), "/accounts", "413"),
        (app.focal_point("FRA"), "/documents?participant=FRA&kind=letter", "413"),
        (app.anybody(), "/accounts", "401"),
    ] {
        let answer = pour(&who, path, head, &vec![b' '; 65_536]).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn r54_a_body_without_an_end_is_cut_off_at_the_limit() {
    let app = TestApp::start().await;
    let head = "Content-Type: application/json\r\nTransfer-Encoding: chunked";
    let piece = [b"10000\r\n".as_slice(), &vec![b' '; 65_536], b"\r\n"].concat();
    for (who, path, status) in [
        (app.administrator(), "/accounts", "413"),
        (app.anybody(), "/auth/login", "413"),
        (app.anybody(), "/accounts", "401"),
        (app.officer(), "/nothing", "404"),
    ] {
        let answer = pour(&who, path, head, &piece).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{path}: {answer}");
    }
}
