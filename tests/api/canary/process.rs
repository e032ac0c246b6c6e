//! The program itself, in a process of its own, with the server that comes with it; and people who call it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use reqwest::{Method, RequestBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// The service, from its start to its end.
pub struct Running {
    child: Child,
    base: String,
    http: reqwest::Client,
    /// Every answer: who asked what, and what they were told, heads included.
    pub told: Mutex<Vec<Told>>,
}

/// An answer that somebody got.
#[derive(Debug, Clone)]
pub struct Told {
    pub whom: String,
    pub of: String,
    pub status: u16,
    pub answer: Vec<u8>,
}

/// Somebody with a token.
pub struct Person {
    pub name: &'static str,
    pub token: String,
}

impl Running {
    /// Starts it, and gives the administrator's first password where it prints one.
    pub fn start(data_dir: &Path, log: &Path) -> (Self, Option<String>) {
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_ceremony"))
            .arg("--data-dir")
            .arg(data_dir)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_remove("DATABASE_URL")
            .env_remove("CEREMONY__DATABASE__URL")
            .env("CEREMONY__LOG__FILTER", "trace")
            .env("CEREMONY__ACCESS__ARGON2__MEMORY_KIB", "8")
            .env("CEREMONY__ACCESS__ARGON2__PASSES", "1")
            // A life takes longer than five minutes where the machine is slow.
            .env("CEREMONY__ACCESS__STEP_UP_MINUTES", "720")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut password = None;
        let mut base = String::new();
        let is_first = !data_dir.join("pg").exists();
        while let Some(Ok(line)) = lines.next() {
            if let Some((_, address)) = line.split_once("Service    ") {
                address.trim().clone_into(&mut base);
            }
            password = line.split_once(" with the password ").map(|(_, word)| word.to_owned());
            if !base.is_empty() && (password.is_some() || (!is_first && line.starts_with("Try it")))
            {
                break;
            }
        }
        assert!(!base.is_empty(), "it says where it listens");
        // Who prints into a closed pipe dies of it.
        std::thread::spawn(move || lines.for_each(drop));
        hanoi_ceremony::secret::provide_tls();
        let http = crate::app::client();
        (Self { child, base, http, told: Mutex::default() }, password)
    }

    /// Asks it to end and waits until its database has ended, too.
    pub async fn stop(mut self, data_dir: &Path) -> Vec<Told> {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
        let running: PathBuf = data_dir.join("pg/postmaster.pid");
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(20));
        while running.exists() {
            looks.tick().await;
        }
        std::mem::take(self.told.get_mut().unwrap())
    }

    /// An account of this role, with a password of its own choice.
    pub async fn hire(
        &self,
        by: &Person,
        name: &'static str,
        role: &str,
        for_whom: Option<&str>,
    ) -> Person {
        let email = format!("{}@staff.example", name.to_lowercase());
        let mut wanted = json!({ "email": email, "name": name, "role": role });
        if let Some(code) = for_whom {
            wanted["participant"] = json!(code);
        }
        let made = self.post(by, "/accounts", wanted).await;
        let password = made["initial_password"].as_str().unwrap().to_owned();
        self.first_login(name, &email, &password).await
    }

    /// Logs in with a password that is shown once, changes it, and logs in again.
    pub async fn first_login(&self, name: &'static str, email: &str, password: &str) -> Person {
        let own = "a sentence of my own choice";
        let nobody = Person { name, token: String::new() };
        let login = json!({ "email": email, "password": password });
        let token =
            self.post(&nobody, "/auth/login", login).await["token"].as_str().unwrap().to_owned();
        let known = Person { name, token };
        self.post(&known, "/auth/password", json!({ "current": password, "new": own })).await;
        let login = json!({ "email": email, "password": own });
        let token =
            self.post(&nobody, "/auth/login", login).await["token"].as_str().unwrap().to_owned();
        Person { name, token }
    }

    /// A request to be finished by hand.
    pub fn request(&self, who: &Person, method: Method, path: &str) -> RequestBuilder {
        let path = match path.strip_prefix("//") {
            Some(path) => format!("{}/{path}", self.base),
            None => format!("{}/api/v1{path}", self.base),
        };
        self.http.request(method, path).bearer_auth(&who.token)
    }

    /// Sends it, and keeps what comes back.
    pub async fn send(&self, who: &Person, of: &str, request: RequestBuilder) -> Told {
        let mut response = request.send().await.unwrap();
        let (status, heads) = (response.status().as_u16(), format!("{:?}\n", response.headers()));
        let kind = response.headers().get("content-type");
        // Of what has no end, the beginning: the board is whole in it.
        let body = if kind.is_some_and(|kind| kind == "text/event-stream") {
            response.chunk().await.unwrap().unwrap_or_default()
        } else {
            response.bytes().await.unwrap()
        };
        let answer = [heads.as_bytes(), &body].concat();
        let told = Told { whom: who.name.to_owned(), of: of.to_owned(), status, answer };
        self.told.lock().unwrap().push(told.clone());
        told
    }

    /// GET, whatever comes of it.
    pub async fn get(&self, who: &Person, path: &str) -> Told {
        self.send(who, path, self.request(who, Method::GET, path)).await
    }

    /// POST of what must be accepted.
    pub async fn post(&self, who: &Person, path: &str, body: Value) -> Value {
        let request = self.request(who, Method::POST, path).header("if-match", "*").json(&body);
        let told = self.send(who, path, request).await;
        assert!((200..300).contains(&told.status), "{path}: {}", told.text());
        told.json()
    }

    /// POST of bytes, whatever comes of it.
    pub async fn upload(&self, who: &Person, path: &str, media_type: &str, bytes: &[u8]) -> Told {
        let request = self.request(who, Method::POST, path).header("content-type", media_type);
        self.send(who, path, request.body(bytes.to_vec())).await
    }
}

impl Told {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.answer).into_owned()
    }

    pub fn json(&self) -> Value {
        let text = self.text();
        text.split_once('\n')
            .and_then(|(_, body)| serde_json::from_str(body).ok())
            .unwrap_or_default()
    }
}
