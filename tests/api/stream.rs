//! What screens are told, by whichever service, and what happens when they come back, do not read, or are too many.

use hanoi_ceremony::access::Role;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use crate::app::{SETTINGS, TestApp};
use crate::desk::signature;

const AT_THE_TABLE: &str = "2025-10-25T11:02:00+07:00";

/// A screen that reads the stream.
struct Screen {
    response: reqwest::Response,
    read: String,
}

/// An event as it came.
#[derive(Debug, PartialEq)]
struct Told {
    id: String,
    name: String,
    data: Value,
}

impl Screen {
    async fn open(app: &TestApp, last: Option<&str>) -> Self {
        let mut request = app.anybody().request(Method::GET, "/treaty/stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { response, read: String::new() }
    }

    fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next event; what is no event is passed over.
    async fn next(&mut self) -> Told {
        loop {
            while let Some((message, rest)) = self.read.split_once("\n\n") {
                let lines: Vec<_> = message.lines().map(str::to_owned).collect();
                let rest = rest.to_owned();
                self.read = rest;
                let field = |name: &str| {
                    let line = lines.iter().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_default().to_owned()
                };
                if !field("event: ").is_empty() {
                    let data = serde_json::from_str(&field("data: ")).unwrap();
                    return Told { id: field("id: "), name: field("event: "), data };
                }
            }
            let chunk = self.response.chunk().await.unwrap().expect("the stream goes on");
            self.read += std::str::from_utf8(&chunk).unwrap();
        }
    }

    /// The next board for which a claim is true: several changes may come as one.
    async fn board(&mut self, claim: impl Fn(&Value) -> bool) -> Told {
        loop {
            let told = self.next().await;
            if told.name == "board" && claim(&told.data) {
                return told;
            }
        }
    }

    /// What it is told until the board shows so many signatories, and that board. Where the service has not noticed yet that
    /// the screen was gone, it may hear of one act after the other, with a board between them.
    async fn missed(&mut self, signatories: usize) -> (Vec<Told>, Told) {
        let mut acts = Vec::new();
        loop {
            let told = self.next().await;
            if told.name == "act" {
                acts.push(told);
            } else if told.data["tally"]["signatories"] == signatories {
                return (acts, told);
            }
        }
    }
}

fn codes(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["participant"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r30_screens_are_told_who_signs_who_is_next_and_how_many_have_signed() {
    let app = TestApp::start().await;
    let mut signers = Vec::new();
    for code in ["VNM", "FRA", "BEL", "TUR", "USA"] {
        signers.push(app.entitle(code).await);
    }
    let order = json!({ "strategy": "host_first" });
    app.treaty().act("/signing/queue/order", order).await.expect(200);
    let mut screen = Screen::open(&app, None).await;
    assert_eq!(screen.headers()["content-type"], "text/event-stream");
    assert_eq!(screen.headers()["cache-control"], "no-store");
    let first = screen.board(|_| true).await.data;
    assert_eq!((&first["place"], &first["day"]), (&json!("hanoi"), &json!("2025-10-25")));
    assert_eq!(codes(&first["next"]), ["VNM", "BEL", "FRA"]);
    assert_eq!(first["tally"], json!({ "signatories": 0, "parties": 0 }));

    app.step("VNM", "call").await.expect(200);
    let called = screen.board(|board| board["now_signing"] != json!([])).await.data;
    assert_eq!(
        called["now_signing"],
        json!([{ "participant": "VNM", "name": "Viet Nam", "state": "called" }])
    );
    assert_eq!(codes(&called["next"]), ["BEL", "FRA", "TUR"]);
    app.step("VNM", "arrive").await.expect(200);
    app.record(signature("VNM", &signers[0].full_powers, AT_THE_TABLE)).await.expect(201);
    let act = loop {
        let told = screen.next().await;
        if told.name == "act" {
            break told;
        }
    };
    assert_eq!((&act.data["kind"], &act.data["name"]), (&json!("signature"), &json!("Viet Nam")));
    let signed = screen.board(|board| board["tally"]["signatories"] == 1).await;
    assert_eq!(signed.data["now_signing"], json!([]));
    assert_eq!(signed.data["last_acts"], json!([act.data]));

    // Of persons, of why, and of what was not released, nothing is there.
    let text = signed.data.to_string();
    for hidden in ["Exemplar", "Director", "full_powers", "reason", "account", "appointment"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

#[tokio::test]
async fn a_screen_that_comes_back_is_told_what_it_missed_and_nothing_else() {
    let app = TestApp::start().await;
    let belgium = app.entitle("BEL").await;
    let france = app.entitle("FRA").await;
    let mut screen = Screen::open(&app, None).await;
    let before = screen.board(|_| true).await;
    drop(screen);
    for (code, signer) in [("FRA", &france), ("BEL", &belgium)] {
        app.record(signature(code, &signer.full_powers, AT_THE_TABLE)).await.expect(201);
    }
    let mut screen = Screen::open(&app, Some(&before.id)).await;
    let (missed, board) = screen.missed(2).await;
    let codes: Vec<_> = missed.iter().map(|told| &told.data["participant"]).collect();
    assert_eq!(codes, ["FRA", "BEL"]);
    drop(screen);
    // The connection broke between the two acts.
    let mut screen = Screen::open(&app, Some(&missed[0].id)).await;
    let (rest, again) = screen.missed(2).await;
    let data: Vec<_> = rest.iter().map(|told| &told.data).collect();
    assert_eq!((data, &again), (vec![&missed[1].data], &board));
    drop(screen);

    // Who has seen all is told of the next thing only.
    let mut screen = Screen::open(&app, Some(&board.id)).await;
    let other = app.entitle("VNM").await;
    app.record(signature("VNM", &other.full_powers, AT_THE_TABLE)).await.expect(201);
    assert_eq!(
        screen.board(|board| board["tally"]["signatories"] != 2).await.data["tally"]["signatories"],
        3
    );
    let mut lost = Screen::open(&app, Some("nonsense")).await;
    assert_eq!(lost.next().await.name, "board");
}

#[tokio::test]
async fn every_service_of_an_installation_tells_the_same_under_the_same_ids() {
    let app = TestApp::start().await;
    let other = app.replica().await;
    let france = app.entitle("FRA").await;
    let (mut here, mut there) = (Screen::open(&app, None).await, Screen::open(&other, None).await);
    assert_eq!(here.next().await, there.next().await);
    // What happens at one service is told by the other.
    app.step("FRA", "call").await.expect(200);
    let is_called = |board: &Value| board["now_signing"][0]["state"] == "called";
    let told = there.board(is_called).await;
    assert_eq!(here.board(is_called).await, told);
    // A screen that loses the one goes on at the other.
    drop(there);
    app.record(signature("FRA", &france.full_powers, AT_THE_TABLE)).await.expect(201);
    let mut back = Screen::open(&other, Some(&told.id)).await;
    assert_eq!(back.next().await.data["kind"], "signature");
    assert_eq!(back.next().await.data["tally"]["signatories"], 1);
}

#[tokio::test]
async fn a_process_listens_once_however_many_screens_it_has_and_not_at_all_without_any() {
    let app = TestApp::start().await;
    let mut owner = app.as_owner().await;
    let listening = "select count(*) from pg_stat_activity where datname = current_database() and query like 'LISTEN%'";
    let count = sqlx::query_scalar::<_, i64>(listening);
    assert_eq!(count.fetch_one(&mut owner).await.unwrap(), 0);
    let mut screens = Vec::new();
    for _ in 0..20 {
        let mut screen = Screen::open(&app, None).await;
        screen.next().await;
        screens.push(screen);
    }
    let count = sqlx::query_scalar::<_, i64>(listening);
    assert_eq!(count.fetch_one(&mut owner).await.unwrap(), 1);
    app.entitle("FRA").await;
    app.step("FRA", "call").await.expect(200);
    for screen in &mut screens {
        screen.board(|board| board["now_signing"] != json!([])).await;
    }
}

#[tokio::test]
async fn more_screens_than_there_may_be_are_told_to_come_back() {
    let settings = SETTINGS.replace("[server]\n", "[server]\nscreens = 2\n");
    let app = TestApp::start_with(crate::app::NOW, &settings).await;
    let first = Screen::open(&app, None).await;
    let _second = Screen::open(&app, None).await;
    let third = app.anybody().get("/treaty/stream").await;
    assert_eq!((third.problem(503).as_str(), third.header("retry-after")), ("unavailable", "5"));
    drop(first);
    // The place of who left is free as soon as the service has noticed.
    while app.role(Role::Gate).get("/treaty/stream").await.status != 200 {}
}

#[tokio::test]
async fn a_screen_hears_of_the_board_while_the_prepared_status_hears_of_it_too() {
    let app = TestApp::start().await;
    app.anybody().get("/treaty/status").await.expect(200);
    let mut owner = app.owner.connect().await.unwrap();
    let listening = "select count(*) from pg_stat_activity
                     where datname = current_database() and query like 'LISTEN%'";
    while sqlx::query_scalar::<_, i64>(listening).fetch_one(&mut owner).await.unwrap() == 0 {}
    let board = async { Screen::open(&app, None).await.board(|_| true).await };
    let told = tokio::time::timeout(std::time::Duration::from_secs(10), board).await;
    assert_eq!(told.expect("a board before the first heartbeat").name, "board");
}
