//! The program as people run it: what it says on which stream.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use sqlx::ConnectOptions as _;

use crate::app::TestApp;

/// A service that runs as a process of its own, on the database and the files of a test.
pub struct Program {
    child: Child,
    /// Held open: a program whose words nobody hears does not go on.
    said: Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Program {
    pub fn start(app: &TestApp) -> Self {
        Self::start_with(app, &[])
    }

    /// The same with more in its environment.
    pub fn start_with(app: &TestApp, environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ceremony"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(app.data_dir())
            .env("DATABASE_URL", app.owner.to_url_lossy().as_str())
            .env("CEREMONY__LEDGER__DURABLE_ONLY", "false")
            .envs(environment.iter().copied())
            .current_dir(app.data_dir())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = said
            .find_map(|line| Some(line.unwrap().strip_prefix("Service    http://")?.to_owned()));
        Self { child, said, address: address.expect("the service says where it listens") }
    }

    pub fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    pub fn ask(&self, request: &str) -> String {
        let (mut stream, mut answer) = (self.send(request), Vec::new());
        // However the connection ends, what came counts.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self) {
        self.child.wait().unwrap();
    }

    /// Everything that it logged.
    pub fn stop(mut self) -> String {
        self.child.kill().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        self.child.wait().unwrap();
        assert!(self.said.all(|line| line.is_ok()));
        log
    }
}

#[tokio::test]
async fn what_clients_do_raises_no_alarm_in_the_log() {
    let app = TestApp::start().await;
    let program = Program::start(&app);
    let head = "Host: x\r\nConnection: close\r\nAuthorization: Bearer hcs_test_accreditation\r\n";
    for _ in 0..20 {
        let answer = program.ask(&format!("GET /api/v1/delegations/fra HTTP/1.1\r\n{head}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        // Half a body, and nobody there for the answer.
        let post = "POST /api/v1/auth/login HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99";
        drop(program.send(&format!("{post}\r\n{head}\r\n{{\"canary\"")));
        drop(program.send(&format!(
            "POST /api/v1/auth/logout HTTP/1.1\r\n{head}Content-Length: 0\r\n\r\n"
        )));
        drop(program.send(&format!("GET /api/v1/delegations HTTP/1.1\r\n{head}\r\n")));
    }
    let ready = program.ask("GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    let log = program.stop();
    assert!(log.contains("answered"), "there is a log at all: {log}");
    // On a busy machine the database may be slow, which is said, and is no client's doing.
    let said: Vec<&str> = log.lines().filter(|line| !line.contains("slow")).collect();
    for alarm in ["ERROR", "WARN", "canary", "already exists", "\u{1b}["] {
        assert!(!said.iter().any(|line| line.contains(alarm)), "{alarm} in\n{log}");
    }
}

#[test]
fn a_data_directory_that_is_a_file_is_called_one() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ceremony"))
        .args(["migrate", "--data-dir"])
        .arg(file.path())
        .current_dir(file.path().parent().unwrap())
        .env_remove("DATABASE_URL")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("is not a directory"), "{said}");
}
