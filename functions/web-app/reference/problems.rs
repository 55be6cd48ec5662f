//! The kinds of problems: what each means, when it comes, and what to do about it.

use super::schema::Prose;

/// A kind of problem, as a `type` names it.
pub(crate) struct Problem {
    /// Its name in `/problems/<name>`.
    pub(crate) name: &'static str,
    pub(crate) status: u16,
    pub(crate) title: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) when: &'static [&'static str],
    pub(crate) advice: &'static [&'static str],
    /// The example's detail.
    detail: &'static str,
    /// The example's other members.
    more: &'static str,
    /// A header that comes with it.
    pub(crate) header: &'static str,
}

impl Problem {
    pub(crate) fn meaning(&self) -> Prose {
        Prose(self.meaning.to_owned())
    }

    pub(crate) fn when(&self) -> Vec<Prose> {
        self.when.iter().map(|text| Prose((*text).to_owned())).collect()
    }

    pub(crate) fn advice(&self) -> Vec<Prose> {
        self.advice.iter().map(|text| Prose((*text).to_owned())).collect()
    }

    /// A document of this kind.
    pub(crate) fn example(&self) -> String {
        let Self {
            name,
            status,
            title,
            detail,
            more,
            ..
        } = self;
        format!(
            "{{\n  \"type\": \"/problems/{name}\",\n  \"title\": \"{title}\",\n  \"status\": {status},\n  \
             \"detail\": \"{detail}\",\n  \"instance\": \"0197a3c2-d41e-7c02-9a6b-8e5f1d3c7b20\"{more}\n}}"
        )
    }
}

/// What the host answers by itself.
pub(crate) struct HostProblem {
    pub(crate) status: u16,
    pub(crate) detail: &'static str,
    pub(crate) advice: &'static str,
}

/// The kinds that come with a status at a path.
pub(crate) fn of(status: u16, path: &str) -> Vec<&'static str> {
    let is_readiness = path == "/api/health/ready";
    let needs_settings = is_readiness || path == "/api/executions/admin/execution_analytics";
    let fits = |problem: &&Problem| match problem.name {
        "not-ready" => is_readiness,
        "not-configured" => needs_settings || path.ends_with("/config"),
        _ => true,
    };
    let fitting = PROBLEMS.iter().filter(|problem| problem.status == status).filter(fits);
    fitting.map(|problem| problem.name).collect()
}

/// The exceptions that come with a status of the data service.
pub(crate) fn exceptions(status: u16) -> Vec<&'static str> {
    let fitting = EXCEPTIONS
        .iter()
        .filter(|exception| exception.statuses.contains(&status));
    fitting.map(|exception| exception.name).collect()
}

/// An exception of the data service.
pub(crate) struct Exception {
    pub(crate) statuses: &'static [u16],
    pub(crate) name: &'static str,
    pub(crate) when: &'static str,
}

pub(crate) const EXCEPTIONS: [Exception; 7] = [
    Exception {
        statuses: &[400, 413, 415],
        name: "ValueError",
        when: "The arguments do not fit or contradict what is stored (400), the body is too large (413), or it is no JSON (415).",
    },
    Exception {
        statuses: &[400],
        name: "InsufficientBalanceError",
        when: "There are fewer credits than the call spends. After the message come the user, the balance and the amount.",
    },
    Exception {
        statuses: &[401, 403],
        name: "NotAuthorizedError",
        when: "There is no token that holds (401), or it is not the token of a service (403).",
    },
    Exception {
        statuses: &[404],
        name: "NotFoundError",
        when: "There is no such method.",
    },
    Exception {
        statuses: &[500],
        name: "RecordNotFoundError",
        when: "A record that the call was to change is not there.",
    },
    Exception {
        statuses: &[500],
        name: "DatabaseError",
        when: "Something went wrong inside. The log has it under the request's id.",
    },
    Exception {
        statuses: &[500],
        name: "UnhealthyServiceError",
        when: "The database is out of reach. Retry-After says when to try again.",
    },
];

pub(crate) const PROBLEMS: [Problem; 15] = [
    Problem {
        name: "malformed",
        status: 400,
        title: "Malformed request",
        meaning: "The request cannot be read: what was sent is not JSON, or not all of it arrived.",
        when: &[
            "The body is not JSON, not UTF-8, or empty where one is needed.",
            "The connection broke off before the body was complete.",
            "A packed body cannot be unpacked.",
        ],
        advice: &[
            "Send the body as a JSON library writes it, in one piece. `detail` says at which line and column reading stopped.",
            "If the body broke off on the way, send the same request again, with the same `Idempotency-Key`.",
        ],
        detail: "the body is not JSON: EOF while parsing an object at line 1 column 17",
        more: "",
        header: "",
    },
    Problem {
        name: "unauthorized",
        status: 401,
        title: "Not authenticated",
        meaning: "Nobody knows who is calling: there is no token, or one that does not hold.",
        when: &[
            "The header `Authorization` is missing, or does not begin with `Bearer`.",
            "The token has expired, is not valid yet, or was made for another audience.",
            "The token is signed with a key that this ledger does not know, or was changed on the way.",
        ],
        advice: &[
            "Take a new token from your platform and send it as `Authorization: Bearer <token>`.",
            "If a new token does not hold either, its issuer and this ledger do not agree on the key or the audience: ask whoever runs the ledger.",
        ],
        detail: "the token does not hold: it is malformed, expired, not yet valid, or not signed for us",
        more: "",
        header: "WWW-Authenticate: Bearer",
    },
    Problem {
        name: "shortfall",
        status: 402,
        title: "Not enough credits",
        meaning: "The user has fewer credits to spend than this needs. Nothing has changed.",
        when: &[
            "Spending, or setting aside, is for more cents than the balance without what holds have set aside already.",
        ],
        advice: &[
            "`balance` is what there is to spend, `amount` what was wanted, both in cents.",
            "Top the user's credits up, release holds that are no longer needed, or spend less.",
        ],
        detail: "there are 40 credits to spend, and 100 are wanted",
        more: ",\n  \"balance\": 40,\n  \"amount\": 100",
        header: "",
    },
    Problem {
        name: "forbidden",
        status: 403,
        title: "Not allowed",
        meaning: "The token holds, but this route is for another role. Nothing was looked up.",
        when: &[
            "The token's role is not among those that the reference names beside the operation.",
            "A page got a form that another site has sent.",
        ],
        advice: &[
            "Call with a token of one of the roles that may. Reads and lists are for every role; what an executor reports is for a `service`; monitors and scoring are for an `admin`.",
            "Records that are somebody else's are never a 403: they answer 404, as if they did not exist.",
        ],
        detail: "this route is not for the role user",
        more: "",
        header: "",
    },
    Problem {
        name: "not-found",
        status: 404,
        title: "Not found",
        meaning: "There is nothing here, or nothing that the caller may see. The two cannot be told apart.",
        when: &[
            "No record has this id, or it was deleted. Or there is nothing to take.",
            "The record belongs to another user than the token's, or than the one that `X-User-Id` names.",
            "A share link was revoked or replaced, or is over.",
            "The path has a mistake in it, such as a slash at its end.",
        ],
        advice: &[
            "Compare the path with the reference, and the id with what the ledger answered when the record was made.",
            "A service or an admin sees everybody's records without `X-User-Id`.",
            "A deleted execution can be brought back with `POST /api/executions/{id}/restore`.",
        ],
        detail: "there is no such record",
        more: "",
        header: "",
    },
    Problem {
        name: "method-not-allowed",
        status: 405,
        title: "Method not allowed",
        meaning: "The path is right, but it does not know this method.",
        when: &[
            "A path is asked with a method that the reference does not list for it. `OPTIONS` is one of those everywhere.",
        ],
        advice: &["The header `Allow` names the methods that the path has."],
        detail: "this path answers to GET, HEAD, PATCH, DELETE",
        more: "",
        header: "Allow: GET, HEAD, PATCH, DELETE",
    },
    Problem {
        name: "conflict",
        status: 409,
        title: "Conflict",
        meaning: "The request contradicts what is stored now. At another time it might have succeeded; nothing has changed.",
        when: &[
            "An id or a name is taken already, such as a block's name, or a graph that is another user's.",
            "A node that has run was to leave its graph version, or a hold that has ended was to be captured.",
            "Another write has just changed what this one builds on.",
        ],
        advice: &[
            "Read the record again and decide anew. `detail` says what contradicts.",
            "If two writers met, the same request will do when it is sent again.",
        ],
        detail: "another block has this name",
        more: "",
        header: "",
    },
    Problem {
        name: "illegal-move",
        status: 409,
        title: "Illegal move",
        meaning: "A record that stands where it does cannot go to the status that was asked for. Nothing has changed.",
        when: &[
            "An execution or a node execution has ended already, and a late report wants to move it on.",
            "A step was left out, such as from QUEUED straight to COMPLETED.",
        ],
        advice: &[
            "`current_status` is where the record stands, `allowed_from` from where the move would be legal.",
            "A report that comes twice is no problem: to move to the same status is a 200 that changes nothing.",
            "Where a run ended meanwhile, drop the report; else report the missing step first.",
        ],
        detail: "a record that is FAILED cannot become COMPLETED",
        more: ",\n  \"current_status\": \"FAILED\",\n  \"allowed_from\": [\"RUNNING\"]",
        header: "",
    },
    Problem {
        name: "too-large",
        status: 413,
        title: "Body too large",
        meaning: "The body has more bytes than the ledger takes, as it was sent or once it is unpacked.",
        when: &[
            "The body is larger than the variable `max_body_bytes`, which is 8 MiB unless the operator has set it.",
        ],
        advice: &[
            "Send less at once: import fewer executions in a batch, or keep large values elsewhere and store where they are.",
            "The import takes `Content-Encoding: gzip`, which saves time on the way; the limit holds for what it unpacks to.",
        ],
        detail: "the body is larger than 8388608 bytes; send less at once",
        more: "",
        header: "",
    },
    Problem {
        name: "unsupported-media-type",
        status: 415,
        title: "Unsupported media type",
        meaning: "The body is of a type, or packed in a way, that this operation does not take.",
        when: &[
            "`Content-Type` is missing or another one than the reference names, mostly `application/json`.",
            "`Content-Encoding` is one that the route does not unpack: only the import takes `gzip`.",
        ],
        advice: &[
            "Send the header `Content-Type: application/json`. `curl -d` alone says that it sends a form.",
            "For a packed body, `Accept-Encoding` in the answer names what is taken; send it as it is otherwise.",
        ],
        detail: "send the body as application/json, and say so in Content-Type",
        more: "",
        header: "",
    },
    Problem {
        name: "invalid",
        status: 422,
        title: "Invalid request",
        meaning: "The request could be read, but something in it does not fit. Sent as it is, it can never succeed.",
        when: &[
            "A member or a parameter is missing, unknown, of another type, or out of its bounds.",
            "Something that it names is not there, such as a graph version or a parent execution.",
            "An `Idempotency-Key` was used before for another request.",
        ],
        advice: &[
            "`errors` names each thing that does not fit: `pointer` is a JSON pointer into the body, or `/path/<name>`, `/query/<name>` or `/headers/<name>`; `detail` goes on after it.",
            "Change the request; trying again does not help. The shape of a body is told one fault at a time.",
        ],
        detail: "the request does not fit; see errors",
        more: ",\n  \"errors\": [\n    { \"pointer\": \"/graph_version\", \"detail\": \"is missing\" }\n  ]",
        header: "",
    },
    Problem {
        name: "internal",
        status: 500,
        title: "Internal error",
        meaning: "Something went wrong on the ledger's side. The log says what, under the request's id.",
        when: &[
            "The ledger has a fault, or the database answered something unexpected.",
            "A setting of the application cannot be used: then every route answers this way, and `GET /api/health/ready` names the setting.",
        ],
        advice: &[
            "Tell whoever runs the ledger the request's id: `instance`, and the header `X-Request-Id`.",
            "A write may be sent again with the same `Idempotency-Key`: it happens once.",
        ],
        detail: "something went wrong on our side; the log has it under this request id",
        more: "",
        header: "",
    },
    Problem {
        name: "unavailable",
        status: 503,
        title: "Temporarily unavailable",
        meaning: "The ledger cannot reach its database right now. What was stored is safe.",
        when: &["The database is away, restarting, or takes no more connections."],
        advice: &[
            "Wait as long as `Retry-After` says and send the same request again, a few times with growing pauses.",
            "Give writes an `Idempotency-Key`, so that one that did arrive does not happen twice.",
        ],
        detail: "the database is out of reach; try again shortly",
        more: "",
        header: "Retry-After: 2",
    },
    Problem {
        name: "not-ready",
        status: 503,
        title: "Not ready",
        meaning: "This cannot be served as things stand, although the database answers.",
        when: &[
            "`GET /api/health/ready` found tables that are older than this program, or a database that takes no writes.",
            "Whoever waited for a scoring job gets this instead of the report when nobody goes on with it. The job and its results stay.",
        ],
        advice: &[
            "`detail` says what is missing. Send no traffic here until the answer to the question for readiness is 200.",
            "Tables are brought up to date by `cargo xtask migrate`; a replica is meant to be read-only with the variable `database_read_only`.",
        ],
        detail: "the database takes no writes: it is a standby, or set to be read-only",
        more: "",
        header: "Retry-After: 2",
    },
    Problem {
        name: "not-configured",
        status: 503,
        title: "Not configured",
        meaning: "What this needs was not set up, or a setting cannot be used.",
        when: &[
            "Executions were to be scored, and there is no key for the model's provider in the variable `llm_providers`, or that variable cannot be read.",
            "`GET /api/health/ready` found a setting that cannot be used.",
        ],
        advice: &[
            "For whoever runs the ledger: `detail` says which variable to set, and to what. Then the same request will do.",
        ],
        detail: "models of OpenAI need a key: set the variable llm_providers",
        more: "",
        header: "Retry-After: 60",
    },
];

/// The host has no page for each: they say `about:blank`, and their status is all that there is to know.
pub(crate) const HOST_PROBLEMS: [HostProblem; 8] = [
    HostProblem {
        status: 400,
        detail: "The request's body broke off, or is not what its head says.",
        advice: "Send it again, whole, with the length that its head says.",
    },
    HostProblem {
        status: 404,
        detail: "No route of the application matches this path.",
        advice: "Compare the path with the reference.",
    },
    HostProblem {
        status: 408,
        detail: "The request's body did not come in time.",
        advice: "Send it again, over a better connection or in smaller parts.",
    },
    HostProblem {
        status: 413,
        detail: "The request's body is larger than the host accepts.",
        advice: "Send less at once.",
    },
    HostProblem {
        status: 500,
        detail: "The component failed while it served this request.",
        advice: "Tell whoever runs the ledger the request's id.",
    },
    HostProblem {
        status: 503,
        detail: "Too many requests are being served. Try again later.",
        advice: "Wait as long as Retry-After says, then send it again.",
    },
    HostProblem {
        status: 503,
        detail: "Too many connections are open. Try again later.",
        advice: "Keep connections open and use them again; wait as long as Retry-After says.",
    },
    HostProblem {
        status: 504,
        detail: "The component did not answer in time.",
        advice: "Look whether a write happened before you send it again, or send it with the same Idempotency-Key.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = include_str!("../../../shared/web/src/reply/problem.rs");
    const HOST: &str = include_str!("../../../local/src/problem.rs");

    #[test]
    fn every_kind_that_there_is_has_a_page_under_its_own_title() {
        let mut made: Vec<(&str, &str)> = Vec::new();
        for after in SOURCE.split("\"/problems/").skip(1) {
            let (name, rest) = after.split_once('"').unwrap();
            let title = rest.split('"').nth(1).unwrap();
            if !made.contains(&(name, title)) {
                made.push((name, title));
            }
        }
        let mut told: Vec<(&str, &str)> = PROBLEMS.iter().map(|problem| (problem.name, problem.title)).collect();
        made.sort_unstable();
        told.sort_unstable();
        assert_eq!(made, told);
    }

    #[test]
    fn everything_that_the_host_says_by_itself_is_explained() {
        let details = HOST
            .split_once("fn detail")
            .unwrap()
            .1
            .split_once("\n    }\n")
            .unwrap()
            .0;
        let mut said: Vec<&str> = details.split('"').skip(1).step_by(2).collect();
        let mut told: Vec<&str> = HOST_PROBLEMS.iter().map(|problem| problem.detail).collect();
        said.sort_unstable();
        told.sort_unstable();
        assert_eq!(said, told);
    }

    #[test]
    fn an_example_is_a_document_of_its_kind() {
        for problem in &PROBLEMS {
            let document: serde_json::Value = serde_json::from_str(&problem.example()).unwrap();
            assert_eq!(document["status"], problem.status);
            assert_eq!(document["type"], format!("/problems/{}", problem.name));
        }
    }
}
