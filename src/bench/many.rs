//! Ten thousand members: how long an officer's queue, search and list take at the server, one after the other, beside
//! the same question asked of the database alone; and how the database finds the answer.

use std::sync::atomic::AtomicU64;

use super::load::Load;
use super::report::{Many, Row};
use super::{Bench, Error, get};

/// What is asked, of the service and of the database.
struct Question {
    what: &'static str,
    path: &'static str,
    /// Of which table the columns are asked for that are not sealed.
    table: &'static str,
    /// What follows them.
    from: &'static str,
}

const QUESTIONS: &[Question] = &[
    Question {
        what: "a queue: `GET /members?status=submitted&sort=status_since`",
        path: "/api/v1/members?status=submitted&sort=status_since",
        table: "member",
        from: "from member where status = 'submitted' order by status_changed_at, member_id limit 51",
    },
    Question {
        what: "what of it nobody has taken: `…&assigned_to=none`",
        path: "/api/v1/members?status=submitted&sort=status_since&assigned_to=none",
        table: "member",
        from: "from member where status = 'submitted' and assigned_to is null \
               order by status_changed_at, member_id limit 51",
    },
    Question {
        what: "what is asked to be changed: `GET /change-requests?state=open`",
        path: "/api/v1/change-requests?state=open",
        table: "change_request",
        from: "from change_request where state = 'open' order by requested_at, change_request_id limit 51",
    },
    Question {
        what: "a search that finds few: `GET /members?q=sample 99`",
        path: "/api/v1/members?q=sample%2099",
        table: "member",
        from: "from member where member_id in (select member_id from member_word where words ^@ 'sample 99') \
               order by sort_name, member_id limit 51",
    },
    Question {
        what: "a search that finds most: `GET /members?q=exemplar`",
        path: "/api/v1/members?q=exemplar",
        table: "member",
        from: "from member where case when search_text like '% exemplar%' then true end \
               order by sort_name, member_id limit 51",
    },
    Question {
        what: "the list: `GET /members`",
        path: "/api/v1/members",
        table: "member",
        from: "from member order by sort_name, member_id limit 51",
    },
];

impl Bench<'_> {
    /// Fills up to ten thousand members, and measures.
    pub(super) async fn many(&self) -> Result<Many, Error> {
        self.pgbench.fill_members(10_000).await?;
        self.pgbench.fill(include_str!("ten_thousand.sql")).await?;
        let numbers = AtomicU64::new(0);
        let mut many = Many { rows: Vec::new(), plans: Vec::new() };
        for question in QUESTIONS {
            let request = get(question.path, Some(&self.token));
            let ask = |_: u64| request.clone();
            let (address, lasting) = (self.service.address, self.options.lasting);
            let load = Load { address, clients: 1, lasting, wanted: 200, request: &ask };
            let script = self.pgbench.rows_of(question.table, question.from).await?;
            // A first turn, which is not counted.
            load.run(&numbers).await?;
            let mut rounds = Vec::new();
            for _ in 0..self.options.rounds {
                let rate = load.run(&numbers).await?;
                rounds.push((rate, self.pgbench.run(&script, 1, lasting).await?));
            }
            many.rows.push(Row {
                what: question.what,
                beside: "the same rows by `pgbench`",
                rounds,
            });
            many.plans.push((question.what, self.pgbench.plan(&script).await?));
        }
        Ok(many)
    }
}
