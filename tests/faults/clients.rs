//! Clients as the contract wants them: each repeats a request under its `Idempotency-Key` until it knows the outcome, and
//! notes what was acknowledged.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::chance::Chance;
use crate::world::{PARTICIPANTS, World};

/// How long an outcome may stay unknown.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a client waits for one answer.
const TIMEOUT: Duration = Duration::from_secs(12);

/// A write, and what the service answered to it.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// Where it was sent.
    pub path: String,
    /// With which body.
    pub body: Value,
    /// Under which key.
    pub key: String,
    /// By whom.
    pub token: String,
    /// What came back.
    pub answer: Value,
}

/// An attempt that got no answer.
#[derive(Clone, Debug)]
pub struct Broken {
    /// When the request was sent.
    pub began: Instant,
    /// What was seen of it.
    pub why: String,
}

/// What all clients have seen.
#[derive(Default)]
pub struct Seen {
    /// Writes that were acknowledged, in the order of their answers.
    pub acknowledged: Mutex<Vec<Acknowledged>>,
    /// What no client should see: a refusal, or no outcome at all.
    pub faults: Mutex<Vec<String>>,
    /// Attempts without an answer.
    pub broken: Mutex<Vec<Broken>>,
    /// Attempts after the first.
    pub retries: AtomicU64,
    /// Answers 503, all of which have to say when to come back.
    pub sheds: AtomicU64,
}

/// Clients at work.
pub struct Clients {
    /// What they see.
    pub seen: Arc<Seen>,
    /// How many writes were acknowledged so far.
    pub count: watch::Receiver<u64>,
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

impl Clients {
    /// Sets so many of them to work: most register members, every third keeps the record of a participant of its own. They
    /// go from service to service where there are several, and go on with the account of earlier ones.
    pub fn start(world: &World, many: usize, chance: &mut Chance, seen: Arc<Seen>) -> Self {
        let bases: Vec<String> =
            world.services.iter().map(|s| format!("http://{}/api/v1", s.address)).collect();
        let (tell, count) = watch::channel(0);
        let stop = Arc::<AtomicBool>::default();
        let mut tasks = JoinSet::new();
        for number in 0..many {
            let worker = Worker {
                http: Client::builder().no_proxy().timeout(TIMEOUT).build().unwrap(),
                bases: bases.clone(),
                chance: chance.split(),
                seen: Arc::clone(&seen),
                count: tell.clone(),
                code: PARTICIPANTS[number % PARTICIPANTS.len()],
                name: format!("{number}.{:x}", chance.below(u64::MAX)),
                done: 0,
            };
            let stop = Arc::clone(&stop);
            let (registrar, recorder) = (world.registrar.clone(), world.recorder.clone());
            tasks.spawn(async move {
                if number % 3 == 0 && number / 3 < PARTICIPANTS.len() {
                    worker.keep_record(&recorder, PARTICIPANTS[number / 3], &stop).await;
                } else {
                    worker.register(&registrar, &stop).await;
                }
            });
        }
        Self { seen, count, stop, tasks }
    }

    /// Waits until so many more writes were acknowledged.
    pub async fn go_on(&mut self, more: u64) {
        let wanted = *self.count.borrow() + more;
        let reached = self.count.wait_for(|count| *count >= wanted);
        let reached = tokio::time::timeout(PATIENCE, reached).await;
        assert!(reached.is_ok(), "no write is acknowledged any more: {:?}", self.seen.faults);
    }

    /// Lets each client end what it is at, and answers what they have seen.
    pub async fn finish(mut self) -> Arc<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        self.seen
    }

    /// Takes the clients away at once, and answers what they have seen.
    pub fn abandon(mut self) -> Arc<Seen> {
        self.tasks.abort_all();
        self.seen
    }
}

/// One client.
struct Worker {
    http: Client,
    bases: Vec<String>,
    chance: Chance,
    seen: Arc<Seen>,
    count: watch::Sender<u64>,
    code: &'static str,
    name: String,
    done: u64,
}

impl Worker {
    /// Enters one member after the other. They have no address, so that nothing but the key keeps one from being entered twice.
    async fn register(mut self, token: &str, stop: &AtomicBool) {
        let path = format!("/delegations/{}/members", self.code);
        while !stop.load(Ordering::Relaxed) {
            self.done += 1;
            let family_name = format!("{MEMBER} {} {}", self.name.replace('.', " "), self.done);
            let body = json!({ "family_name": family_name, "given_names": "Exemplar", "function": "adviser", "rank": "director" });
            if self.persist(token, &path, body).await.is_none() {
                return;
            }
        }
    }

    /// Records the accession of one participant, takes the recording back, and so on.
    async fn keep_record(mut self, token: &str, participant: &str, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            self.done += 1;
            let body = json!({ "kind": "accession", "participant": participant, "place": "new_york",
                "done_at": "2026-02-01T12:00:00-05:00" });
            let Some(act) = self.persist(token, "/treaty/acts", body).await else { return };
            let path = format!("/treaty/acts/{}/withdraw", act["id"].as_str().unwrap_or_default());
            let reason = format!("Round {} of an exercise.", self.done);
            if self.persist(token, &path, json!({ "reason": reason })).await.is_none() {
                return;
            }
        }
    }

    /// Sends a request under one key until its outcome is known. None: what came is a fault.
    async fn persist(&mut self, token: &str, path: &str, body: Value) -> Option<Value> {
        let key = format!("{}.{}.{:x}", self.name, self.done, self.chance.below(u64::MAX));
        let began = Instant::now();
        loop {
            let base = self.chance.below(u64::try_from(self.bases.len()).unwrap());
            let base = &self.bases[usize::try_from(base).unwrap()];
            let sent = Instant::now();
            let request = self.http.post(format!("{base}{path}")).bearer_auth(token).json(&body);
            let request = request.header("idempotency-key", &key).header("if-match", "*");
            match answer_to(request).await {
                Ok((200 | 201, _, answer)) => {
                    let token = token.to_owned();
                    let path = path.to_owned();
                    let told = Acknowledged { path, body, key, token, answer: answer.clone() };
                    self.seen.acknowledged.lock().unwrap().push(told);
                    self.count.send_modify(|count| *count += 1);
                    return Some(answer);
                }
                Ok((503, says_when, _)) => {
                    self.seen.sheds.fetch_add(1, Ordering::Relaxed);
                    if !says_when {
                        return self.fault(format!("{path}: 503 without Retry-After"));
                    }
                }
                // The request is still running, of which the first answer was lost.
                Ok((409, _, answer)) if answer["code"] == "request_in_progress" => {}
                Ok((status, _, answer)) => {
                    return self.fault(format!("{path} under {key}: {status} {answer}"));
                }
                Err(why) => {
                    let broken = Broken { began: sent, why: why.to_string() };
                    self.seen.broken.lock().unwrap().push(broken);
                }
            }
            if began.elapsed() > PATIENCE {
                return self.fault(format!("{path} under {key}: the outcome stays unknown"));
            }
            self.seen.retries.fetch_add(1, Ordering::Relaxed);
            self.chance.hesitate(Duration::from_millis(200)).await;
        }
    }

    fn fault(&self, what: String) -> Option<Value> {
        self.seen.faults.lock().unwrap().push(what);
        None
    }
}

/// How the members of the exercise are called.
pub const MEMBER: &str = "EXERCISE";

/// Status, whether it says when to come back, and body.
pub async fn answer_to(
    request: reqwest::RequestBuilder,
) -> Result<(u16, bool, Value), reqwest::Error> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let says_when = answer.headers().contains_key("retry-after");
    let bytes = answer.bytes().await?;
    Ok((status, says_when, serde_json::from_slice(&bytes).unwrap_or_default()))
}
