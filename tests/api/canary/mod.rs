//! R50 over a whole life: passport numbers, a date of birth and the content of a paper are handed in, changed, asked to
//! be changed, vetted, read, refused, repeated and taken away; then they are looked for wherever they could have stayed.
//!
//! It is the program itself that runs, logging all that it can, with the database server that comes with it.

mod process;
mod search;

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use hanoi_ceremony::db::embedded::{Options, Server};
use hanoi_ceremony::secret::sha256;
use hanoi_ceremony::server::FIRST_ADMINISTRATOR;
use reqwest::Method;
use serde_json::{Value, json};

use self::process::{Person, Running, Told};
use self::search::Search;
use crate::app::{member, routes};

/// As the person is entered; after the mission's own change; after a change request; and a second passport.
const NUMBERS: [&str; 4] = ["QV73918462", "KW20586173", "ZJ91647305", "HX58302947"];
const BORN: &str = "1931-07-19";
/// In the content of a paper, and in that of one that is refused.
const CONTENT: &str = "content-canary-8c1f03d7e5";
const REFUSED: &str = "refused-canary-42b9a06c17";
/// What is stored in clear: whoever does not find this is blind.
const FAMILY: &str = "CLEARLYVISIBLE";

const REASON: &str = "?reason=An%20example.";

/// Those who take part. Only the first three may see who a person is.
struct Cast {
    france: Person,
    officer: Person,
    security: Person,
    others: Vec<Person>,
}

/// What came of it, for the routes that ask for one thing.
struct Made {
    member: String,
    document: String,
    request: String,
    /// The secret in the address of a calendar.
    calendar: String,
}

async fn cast(service: &Running, password: &str) -> Cast {
    let administrator = service.first_login("Administrator", FIRST_ADMINISTRATOR, password).await;
    let by = &administrator;
    let france = service.hire(by, "France", "focal_point", Some("FRA")).await;
    let officer = service.hire(by, "Officer", "accreditation", None).await;
    let security = service.hire(by, "Security", "security", None).await;
    let mut others = vec![service.hire(by, "Germany", "focal_point", Some("DEU")).await];
    for (name, role) in [("Treaty", "treaty"), ("Auditor", "auditor"), ("Programme", "programme")] {
        others.push(service.hire(by, name, role, None).await);
    }
    others.push(administrator);
    Cast { france, officer, security, others }
}

/// The person as France enters them.
fn person() -> Value {
    let mut person = member("Canary");
    person["family_name"] = json!(FAMILY);
    person["date_of_birth"] = json!(BORN);
    person["passport"]["number"] = json!(NUMBERS[0]);
    person["other_passports"] =
        json!([{ "nationality": "FRA", "number": NUMBERS[3], "expires_on": "2031-01-01" }]);
    person
}

/// The whole way of a person through the house.
async fn live(service: &Running, cast: &Cast) -> Made {
    let (france, members) = (&cast.france, "/delegations/FRA/members");
    service.post(france, "/delegations", json!({ "participant": "FRA" })).await;
    service.post(france, &format!("{members}?dry_run=true"), person()).await;
    let member = enter_once(service, france).await;
    let path = format!("{members}/{member}");

    let paper = format!("%PDF-1.7 {CONTENT} {CONTENT}");
    let upload = format!("/documents?participant=FRA&kind=passport&member={member}");
    let paper = service.upload(france, &upload, "application/pdf", paper.as_bytes()).await;
    let document =
        paper.json()["id"].as_str().unwrap_or_else(|| panic!("{}", paper.text())).to_owned();
    let photo = [png().as_slice(), CONTENT.as_bytes()].concat();
    let upload = format!("/documents?participant=FRA&kind=photo&member={member}");
    assert_eq!(service.upload(france, &upload, "image/png", &photo).await.status, 201);

    let change = json!({ "passport": { "number": NUMBERS[1] } }).to_string();
    let own = service.request(france, Method::PATCH, &path).header("if-match", "*");
    let own = own.header("content-type", "application/merge-patch+json").body(change);
    let changed = service.send(france, &path, own).await;
    assert_eq!(changed.status, 200, "{}", changed.text());

    service.post(france, &format!("{path}/submit"), json!({})).await;
    service.post(&cast.officer, &format!("{path}/pre-approve"), json!({})).await;
    let wanted = json!({ "changes": { "passport": { "number": NUMBERS[2] } } });
    let asked = service.post(france, &format!("{path}/change-requests"), wanted).await;
    let request = asked["id"].as_str().unwrap().to_owned();
    let decision = json!({ "reason": "An example." });
    service.post(&cast.officer, &format!("/change-requests/{request}/accept"), decision).await;
    service.post(&cast.security, &format!("{path}/approve"), json!({})).await;
    let calendar = json!({ "participant": "FRA", "member": member });
    let calendar = service.post(france, "/calendar-feeds", calendar).await;
    let calendar = calendar["path"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    for (address, status) in [(calendar.clone(), 200), (format!("{calendar}x"), 404)] {
        assert_eq!(service.get(france, &address).await.status, status);
    }
    let calendar = calendar.rsplit('/').next().unwrap().to_owned();
    Made { member, document, request, calendar }
}

/// Enters the person under a key, twice: the second answer is the first.
async fn enter_once(service: &Running, france: &Person) -> String {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let path = "/delegations/FRA/members";
        let request = service.request(france, Method::POST, path).header("idempotency-key", "once");
        ids.push(service.send(france, path, request.json(&person())).await.json()["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    ids[0].as_str().unwrap().to_owned()
}

/// The head of a photograph, as far as anybody looks at it.
fn png() -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x58\0\0\x03\x20\x08\x02\0\0\0";
    [head.as_slice(), &[0; 4]].concat()
}

/// The values in wrong places, in requests that are refused.
async fn fail(service: &Running, who: &Person, made: &Made) {
    let members = "/delegations/FRA/members";
    let own = format!("{members}/{}", made.member);
    let misplaced = |field: &str, value: &str| {
        let mut person = person();
        person[field] = json!(value);
        person
    };
    let mut twice = person();
    twice["email"] = json!("another@delegate.example");
    twice["function"] = json!("king");
    let bodies = [
        misplaced("email", NUMBERS[0]),
        misplaced("date_of_birth", NUMBERS[0]),
        misplaced("nationality", BORN),
        misplaced("passport", NUMBERS[0]),
        misplaced("language", NUMBERS[0]),
        misplaced("function", BORN),
        misplaced("secret", NUMBERS[0]),
        twice,
        // Whole, and yet refused: the address is taken.
        person(),
    ];
    for body in bodies {
        let request = service.request(who, Method::POST, members).json(&body);
        let told = service.send(who, members, request).await;
        assert!([409, 422].contains(&told.status), "{body} {}", told.text());
    }
    let whole = person().to_string();
    for (media_type, body, status) in [
        ("application/json", whole[..whole.len() - 1].to_owned(), 400),
        ("application/json", whole.replace('{', "[").replace('}', "]"), 400),
        ("application/json", format!("{{\"{}\":1,{}", "a", &whole[1..]), 422),
        ("application/json", format!("{{\"passport\":{},{}", json!(NUMBERS[0]), &whole[1..]), 400),
        ("text/plain", whole.clone(), 415),
    ] {
        let told = service.upload(who, members, media_type, body.as_bytes()).await;
        assert_eq!(told.status, status, "{media_type} {body} {}", told.text());
    }
    for (method, path, status) in [
        (Method::GET, format!("{members}/{}", NUMBERS[1]), 404),
        (Method::GET, format!("/{}", NUMBERS[1]), 404),
        (Method::GET, format!("{members}?q={}", NUMBERS[1]), 200),
        (Method::GET, format!("{members}?sort={}", NUMBERS[1]), 422),
        (Method::GET, format!("{members}?cursor={}", NUMBERS[1]), 422),
        (Method::GET, format!("{own}/passport?purpose={}", NUMBERS[1]), 400),
        (Method::GET, format!("{own}/passport"), 422),
        (Method::PUT, format!("{own}?number={}", NUMBERS[1]), 405),
    ] {
        let body = if method == Method::GET { String::new() } else { whole.clone() };
        let request = service.request(who, method, &path).body(body);
        let told = service.send(who, "a refusal", request).await;
        assert_eq!(told.status, status, "{path} {}", told.text());
    }
    let stale = service.request(who, Method::PATCH, &own).header("if-match", "\"0\"");
    let change = json!({ "passport": { "number": NUMBERS[0] } });
    assert_eq!(service.send(who, &own, stale.json(&change)).await.status, 412);
    let upload = format!("/documents?participant=FRA&kind=passport&member={}", made.member);
    let page = format!("<html>{REFUSED}</html>");
    assert_eq!(service.upload(who, &upload, "application/pdf", page.as_bytes()).await.status, 415);
}

/// Whoever may come in anywhere asks for all that there is.
async fn walk(service: &Running, cast: &Cast, made: &Made) {
    let known = [&cast.france, &cast.officer, &cast.security];
    for who in known.into_iter().chain(&cast.others) {
        for (_, pattern) in routes().filter(|(method, _)| method == Method::GET) {
            let path = match pattern.strip_prefix("/api/v1") {
                Some(path) => path.to_owned(),
                None => format!("/{pattern}"),
            };
            let path = path.replace("{code}", "FRA").replace("{slug}", "not-found");
            let ids = [&made.member, &made.document, &made.request];
            for id in ids.iter().take(if path.contains("{id}") { 3 } else { 1 }) {
                let reason = if path.ends_with("/passport") { REASON } else { "" };
                service.get(who, &(path.replace("{id}", id) + reason)).await;
            }
        }
    }
}

/// Each answer shows what it may, and to whom it may.
fn judge(all: &[Told]) {
    let numbers = Search::of(NUMBERS.iter().map(|number| ("a number", number.as_bytes())));
    let identity = Search::of([("the birth date", BORN.as_bytes())]);
    let content =
        Search::of([("the content", CONTENT.as_bytes()), ("what was refused", REFUSED.as_bytes())]);
    let (mut in_clear, mut contents) = (0, 0);
    for told in all {
        let Told { whom, of, status, answer } = told;
        let knows_persons = ["France", "Officer", "Security"].contains(&whom.as_str());
        let is_reading = knows_persons && *status == 200;
        let found = numbers.finds(answer);
        if is_reading && of.ends_with(&format!("/passport{REASON}")) {
            in_clear += usize::from(!found.is_empty());
        } else {
            assert!(found.is_empty(), "{whom} {status} {of}: {found:?}\n{}", told.text());
        }
        let found = content.finds(answer);
        if is_reading && of.ends_with("/content") {
            contents += usize::from(!found.is_empty());
        } else {
            assert!(found.is_empty(), "{whom} {status} {of}: {found:?}\n{}", told.text());
        }
        let found = identity.finds(answer);
        assert!(knows_persons && *status < 400 || found.is_empty(), "{whom} {of}: {found:?}");
    }
    assert!(in_clear >= 4 && contents >= 3, "what may be read was: {in_clear}, {contents}");
}

#[tokio::test]
async fn r50_after_a_whole_life_nothing_sealed_is_found_in_any_log_answer_dump_or_file() {
    let home = tempfile::tempdir().unwrap();
    // The server's user has to reach the data, also when the tests run as root.
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let (data, log) = (home.path().join("data"), home.path().join("service.log"));

    let (service, password) = Running::start(&data, &log);
    let cast = cast(&service, &password.unwrap()).await;
    let made = live(&service, &cast).await;
    fail(&service, &cast.france, &made).await;
    let mut told = service.stop(&data).await;

    let (service, _) = Running::start(&data, &log);
    let path = format!("/delegations/FRA/members/{}/passport{REASON}", made.member);
    let read = service.get(&cast.security, &path).await;
    assert!(read.text().contains(NUMBERS[2]), "kept, and readable: {}", read.text());
    assert_eq!(
        enter_once(&service, &cast.france).await,
        made.member,
        "an answer of before the restart"
    );
    walk(&service, &cast, &made).await;
    let options = Options { data_dir: Some(data.clone()), throwaway: false };
    let server = Server::start(&options).await.unwrap();
    let dump = Command::new(server.bin_dir().join("pg_dump"))
        .arg(server.url("postgres", "postgres"))
        .output()
        .unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    drop(server);
    told.extend(service.stop(&data).await);
    judge(&told);

    let sealed = NUMBERS.iter().map(|number| ("a passport's number", number.as_bytes()));
    let sealed =
        sealed.chain([("the birth date", BORN.as_bytes()), ("the content", CONTENT.as_bytes())]);
    let search = Search::of(sealed.chain([
        ("what was refused", REFUSED.as_bytes()),
        ("the address of a calendar", made.calendar.as_bytes()),
    ]));
    let log = std::fs::read(log).unwrap();
    assert_eq!(search.finds(&log), [].into(), "in the service's log");
    assert_eq!(search.finds(&dump.stdout), [].into(), "in a dump of the database");
    assert_eq!(search.finds_below(&data), [].into(), "in the directory of the data");

    // The negative controls: what is stored in clear is found in the same places, text as well as bytes.
    let hash = sha256(format!("%PDF-1.7 {CONTENT} {CONTENT}"));
    let clear = Search::of([("the name", FAMILY.as_bytes()), ("the hash", hash.as_slice())]);
    let dumped = clear.finds(&dump.stdout);
    assert!(dumped.contains("the name (plain)") && dumped.contains("the hash (hex)"), "{dumped:?}");
    for place in ["pg/base", "pg/pg_wal"] {
        let found: Vec<_> = clear.finds_below(&data.join(place)).into_iter().collect();
        let found = found.join("\n");
        assert!(
            found.contains("the name (plain)") && found.contains("the hash (plain)"),
            "{place}: {found}"
        );
    }
    let routes = Search::of([("a route", b"/delegations/{code}/members".as_slice())]);
    assert!(!routes.finds(&log).is_empty(), "the log tells of what was asked");
    assert!(String::from_utf8_lossy(&log).contains("TRACE"), "and all that it can");
}
