//! What this process counts as it answers, for whoever watches over it.

use std::fmt;
use std::time::Duration;

use actix_web::http::Method;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::budget::Class;

/// The upper ends of the classes in which the time of an answer is counted, in seconds.
const SECONDS: [f64; 13] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Method, route and status. A route stands as its pattern, never as what somebody asked for: neither a person nor a guess
/// becomes a label, and there are no more of them than routes.
type Answered = [(&'static str, String); 3];
/// The class of a request.
type OfClass = [(&'static str, &'static str); 1];

/// Counts answers and their times. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Meters {
    answers: Family<Answered, Counter>,
    times: Family<OfClass, Histogram, fn() -> Histogram>,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            answers: Family::default(),
            times: Family::new_with_constructor(|| Histogram::new(SECONDS)),
        }
    }
}

impl Meters {
    /// Counts one answer of a route, by its method and pattern, after this time.
    pub(super) fn count(
        &self,
        method: &Method,
        pattern: Option<&str>,
        status: u16,
        took: Duration,
    ) {
        let route = pattern.unwrap_or("none");
        let named = match *method {
            Method::GET | Method::HEAD | Method::POST | Method::PATCH | Method::DELETE => {
                method.as_str()
            }
            // Any word can be sent as a method: what no route knows is not told.
            _ => "other",
        };
        let labels = [
            ("method", named.to_owned()),
            ("route", route.to_owned()),
            ("status", status.to_string()),
        ];
        self.answers.get_or_create(&labels).inc();
        let class = Class::of(method, route);
        self.times.get_or_create(&[("class", class.as_str())]).observe(took.as_secs_f64());
    }

    /// All that was counted, and what `state` says of now, as `OpenMetrics` text.
    pub fn tell(&self, state: &Registry) -> Result<String, fmt::Error> {
        let mut counted = Registry::default();
        let answers = "Answers, by method, route and status";
        counted.register("http_requests", answers, self.answers.clone());
        let times = "How long answers took to begin, by the class of the request";
        counted.register_with_unit("http_request", times, Unit::Seconds, self.times.clone());
        let mut told = String::new();
        text::encode_registry(&mut told, &counted)?;
        text::encode_registry(&mut told, state)?;
        text::encode_eof(&mut told)?;
        Ok(told)
    }
}
