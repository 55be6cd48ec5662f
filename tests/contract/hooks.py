"""What schemathesis is told of Runledger: who calls, a small world to call about, and the rules that no schema can say.

`cargo xtask contract` sets CONTRACT_URL, CONTRACT_TOKEN_<ROLE> and CONTRACT_MODEL_PORT.
"""

import functools
import itertools
import json
import os
import re
import threading
import urllib.parse
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.failures import ServerError
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData

URL = os.environ["CONTRACT_URL"]
TOKENS = {role: os.environ[f"CONTRACT_TOKEN_{role.upper()}"] for role in ("user", "admin", "service")}

# The subject of the user's token.
USER = "contract-user"
GRAPH = "0197a3c2-7d4e-7c11-9a55-0d6f1c2b3a49"
VERSION = 1
START, WORK, END = "contract-start", "contract-work", "contract-end"
BLOCK = "contract-block"
INPUT_BLOCK = "c0a8e994-ebf1-4a9c-a4d8-89d09c86741b"
OUTPUT_BLOCK = "363ae599-353e-4804-937e-b2ee3cef3da4"
KEY = "contract-key"
# Its provider needs no key, and is the server below.
MODEL = "llama3.2"
FUTURE = "2099-01-02T03:04:05.678Z"


class ModelServer(BaseHTTPRequestHandler):
    """A language model that finds everything correct."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        verdict = json.dumps({"activity_status": "It did what it was to do.", "correctness_score": 0.9})
        answer = {
            "choices": [{"message": {"role": "assistant", "content": verdict}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class World:
    """Records of one user, made through the API. What a request may change or remove is made for that request."""

    def __init__(self):
        self.session = requests.Session()
        self.run = os.urandom(4).hex()
        self.numbers = itertools.count(1)
        self.ask("PUT", f"/api/blocks/{BLOCK}", {"name": "Contract block", "type": "STANDARD"})
        self.ask("PUT", f"/api/graphs/{GRAPH}/versions/{VERSION}", self.graph(START, WORK, END))
        self.ask("POST", "/api/credits/grants", {"user_id": USER, "amount": 10_000_000})
        self.ask("PUT", f"/api/kv/{KEY}", {"node_exec_id": "contract-node-exec", "data": {"a": [1, None]}})
        self.shown, self.shown_nodes = self.imported("COMPLETED")
        for status in ("FAILED", "TERMINATED", "REVIEW", "QUEUED"):
            self.imported(status, parent=self.shown)
        shared = self.ask("POST", f"/api/graphs/{GRAPH}/executions/{self.shown}/share")
        self.share_token = shared["share_token"]
        self.job = self.scoring_job()

    def ask(self, method, path, body=None, role="service", **headers):
        headers = {"Authorization": f"Bearer {TOKENS[role]}", "X-User-Id": USER, **headers}
        answer = self.session.request(method, URL + path, json=body, headers=headers, timeout=30)
        if answer.status_code >= 300:
            raise RuntimeError(f"the world cannot be made: {method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    @staticmethod
    def graph(start, work, end):
        link = {"source_name": "out", "sink_name": "in"}
        return {
            "name": "Contract",
            "description": "Answers a question.",
            "nodes": [
                {"id": start, "block_id": INPUT_BLOCK, "constant_input": {"name": "question"}},
                {"id": work, "block_id": BLOCK},
                {"id": end, "block_id": OUTPUT_BLOCK, "constant_input": {"name": "answer"}},
            ],
            "links": [{"source_id": start, "sink_id": work, **link}, {"source_id": work, "sink_id": end, **link}],
        }

    def imported(self, status, parent=None, nodes=True):
        """An execution in a status, with the ids of its node executions."""
        done = status in ("COMPLETED", "FAILED", "TERMINATED")
        node_status = status if done else "QUEUED"
        item = {
            "user_id": USER,
            "graph_id": GRAPH,
            "graph_version": VERSION,
            "status": status,
            "inputs": {"question": "why"},
            "stats": {"cost": 12, "walltime": 1.5, "node_count": 2},
            "parent_graph_exec_id": parent,
            "node_executions": [
                {"node_id": WORK, "status": node_status, "input_data": {"in": 1}, "output_data": {"out": [1, 2]}},
                {"node_id": END, "status": node_status, "input_data": {"name": "answer", "value": 42},
                 "output_data": {"output": [42]}},
            ],
        }
        execution = self.ask("POST", "/api/executions/batch", [item])["ids"][0]
        if not nodes:
            return execution, []
        return execution, self.nodes_of(execution)

    def nodes_of(self, execution):
        """The ids of an execution's node executions, if it is there."""
        asked = {"graph_exec_id": execution, "include_exec_data": "false"}
        found = self.ask("GET", f"/api/node-executions?{urllib.parse.urlencode(asked)}")
        return [node["node_exec_id"] for node in reversed(found["node_executions"])]

    def scoring_job(self, fresh=False):
        asked = {"graph_id": GRAPH if not fresh else "no-such-graph", "model_name": MODEL}
        job = self.ask("POST", "/api/executions/admin/execution_analytics", asked, "admin", Prefer="respond-async")
        return job["id"]

    def hold(self):
        return self.ask("POST", "/api/credits/holds", {"user_id": USER, "amount": 100})["hold_id"]

    def queued(self, taken=False):
        """An execution with an entry in its queue, and the entry's id."""
        execution, nodes = self.imported("RUNNING")
        entry = self.ask("POST", f"/api/executions/{execution}/queue", {"node_exec_id": nodes[0]})
        if taken:
            entry = self.ask("POST", f"/api/executions/{execution}/queue/pop")
        return execution, entry["id"]

    def number(self):
        """What no request of this run or another has been told."""
        return f"{self.run}-{next(self.numbers)}"


@functools.cache
def the_world():
    return World()


@schemathesis.hook
def after_load_schema(_context, _schema):
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["CONTRACT_MODEL_PORT"])), ModelServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    the_world()


def dice(case, sides):
    """A number that the case alone decides, so that a run can be repeated."""
    seen = repr((case.operation.label, case.path_parameters, case.query, case.body))
    return zlib.crc32(seen.encode("utf-8", "surrogatepass")) % sides


def is_negative(case, location):
    part = case.meta and case.meta.components.get(location)
    return bool(part and part.mode.is_negative)


def header(case, name):
    return next((key for key in case.headers or {} if key.lower() == name), None)


# The token of a role that may call. A user's X-User-Id is ignored, so where there is one, another role sends it.
@schemathesis.auth(refresh_interval=None)
class Token:
    def get(self, case, _context):
        roles = case.operation.definition.raw.get("x-roles") or []
        if not roles:
            return None
        names_user = header(case, "x-user-id") or is_negative(case, ParameterLocation.HEADER)
        if "user" in roles and not names_user:
            return TOKENS["user"]
        others = [role for role in roles if role != "user"]
        return TOKENS[others[dice(case, len(others))]]

    def set(self, case, token, _context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


# What an operation does with the execution in its path decides in which status it finds it.
STATUSES = {
    "POST /api/executions/{id}/start": "QUEUED",
    "PATCH /api/executions/{id}": "RUNNING",
    "POST /api/executions/{id}/stop": "RUNNING",
    "DELETE /api/executions/{id}": "COMPLETED",
    "POST /api/executions/{id}/restore": "COMPLETED",
    "POST /api/executions/{id}/nodes/{node_id}/inputs": "RUNNING",
    "POST /api/graphs/{graph_id}/executions/{id}/share": "COMPLETED",
    "DELETE /api/graphs/{graph_id}/executions/{id}/share": "COMPLETED",
}


def path_of(operation, path):
    """The path's parameters as they lead to something."""
    world, label = the_world(), operation.label
    if "/queue" in label:
        taken = label.endswith("/ack")
        execution, entry = world.queued(taken)
        return {"id": execution, **({"entry": entry} if taken else {})}
    if "/credits/holds/" in label:
        return {"id": world.hold()}
    if "/execution_analytics/jobs/" in label:
        return {"id": world.scoring_job(fresh=True) if label.startswith("DELETE") else world.job}
    if label == "PUT /api/graphs/{graph_id}/versions/{version}":
        # Of its own, since a node belongs to one version of one graph.
        return {"graph_id": f"contract-graph-{world.number()}", "version": path.get("version", 1)}
    if "/api/blocks/" in label:
        return {"id": f"contract-block-{world.number()}"}
    if "/api/node-executions/{id}" in label:
        fresh = not label.startswith("GET")
        return {"id": world.imported("RUNNING")[1][0] if fresh else world.shown_nodes[0]}
    found = {"graph_id": GRAPH, "node_id": WORK, "key": KEY, "token": world.share_token, "id": world.shown}
    if label in STATUSES:
        found["id"] = world.imported(STATUSES[label], nodes=False)[0]
    return {name: found.get(name, value) for name, value in path.items()}


def member(name, value, label):
    """The value of a body's member, or of a query's parameter, as it refers to something."""
    world = the_world()
    if value is None:
        return None
    if name in ("node_exec_ids", "ids"):
        return world.imported("RUNNING")[1]
    if name in ("node_exec_id", "graph_exec_id", "execution_id", "graph_eid", "parent_exec_id"):
        reads = "/rpc/get_" in label or label.startswith("GET")
        if name == "node_exec_id":
            return world.shown_nodes[0] if reads else world.imported("RUNNING")[1][0]
        return world.shown if reads else world.imported("RUNNING", nodes=False)[0]
    known = {
        "graph_id": GRAPH,
        "graph_version": VERSION,
        "user_id": USER,
        "parent_graph_exec_id": world.shown,
        "node_id": WORK,
        "block_ids": [BLOCK],
        "key": KEY,
        "share_token": world.share_token,
        "model_name": MODEL,
        "expires_at": FUTURE,
        "end_time": FUTURE,
        "start_time": "2020-01-02T03:04:05.678Z",
        "wait": 0,
    }
    if name == "share_token" and "update_" in label:
        return f"contract-share-token-{world.number()}"
    if name == "starting_nodes_input":
        return [[START, {"value": 1}]] if "/rpc/" in label else [{"node_id": START, "input": {"value": 1}}]
    if name in ("cost", "amount") and isinstance(value, int):
        return min(value, 100)
    return known.get(name, value)


def body_of(case, label):
    world, body = the_world(), case.body
    if label.startswith("PUT /api/graphs/"):
        number = world.number()
        graph = world.graph(*(f"contract-node-{number}-{part}" for part in ("start", "work", "end")))
        return {**body, "nodes": graph["nodes"], "links": graph["links"]}
    if label.startswith("PUT /api/blocks/"):
        return {**body, "name": f"Contract block {world.number()}"}
    if label == "POST /api/executions/batch":
        known = {"user_id": USER, "graph_id": GRAPH, "graph_version": VERSION}
        items = []
        for item in body if isinstance(body, list) else [body]:
            nodes = [{**node, "node_id": WORK} for node in item.get("node_executions") or []]
            item = {**item, **known, "node_executions": nodes, "parent_graph_exec_id": None}
            item["id"] = f"contract-import-{world.number()}"
            items.append(item)
        return items if isinstance(body, list) else items[0]
    if label == "POST /api/executions/{id}/queue" and not is_negative(case, ParameterLocation.PATH):
        nodes = world.nodes_of(case.path_parameters["id"])
        return {**body, "node_exec_id": nodes[0]} if nodes else body
    if label == "POST /api/executions/{id}/nodes/{node_id}/inputs":
        return {**body, "node_exec_id": None}
    changed = {name: member(name, value, label) for name, value in body.items()}
    if label in ("POST /rpc/upsert_execution_input",):
        changed["node_exec_id"] = None
    return changed


# Most requests are sent about things that are there, the others as they were made up.
@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None:
        return
    label = case.operation.label
    real = dice(case, 4) != 0
    key = header(case, "idempotency-key")
    if key and not is_negative(case, ParameterLocation.HEADER):
        # A key stands for one request.
        case.headers = {**case.headers, key: f"{case.headers[key][:200]}-{the_world().number()}"}
    if not real:
        return
    user = header(case, "x-user-id")
    if user and not is_negative(case, ParameterLocation.HEADER):
        case.headers = {**case.headers, user: USER}
    if case.path_parameters and not is_negative(case, ParameterLocation.PATH):
        # What an earlier answer led to stays.
        stateful = case.meta.phase.name == TestPhase.STATEFUL
        linked = case._override.path_parameters if stateful and case._override else {}
        case.path_parameters = {**path_of(case.operation, case.path_parameters), **linked}
        if is_negative(case, ParameterLocation.BODY):
            return
    query = case.query
    if label == "GET /api/events" and not is_negative(case, ParameterLocation.QUERY):
        # From the beginning, so that there is something to tell.
        query = {"after": 0, **(query or {}), "graph_exec_id": "*"}
    if query and not is_negative(case, ParameterLocation.QUERY):
        case.query = {name: member(name, value, label) for name, value in query.items()}
    has_items = isinstance(case.body, dict) or label == "POST /api/executions/batch" and isinstance(case.body, list)
    if has_items and not is_negative(case, ParameterLocation.BODY):
        case.body = body_of(case, label)


# Rules that a schema cannot say: a request of the right shape is refused by them, and the answer says so in these words
# at that place. Whatever else refuses such a request counts as a failure.
RULES = [(re.compile(pointer), re.compile(detail)) for pointer, detail in [
    # What is named has to be there, and to be of the same user.
    ("", "^names no |^there is no such |^is a node of another graph or version$"),
    ("/user_id$", "^is another user than that of X-User-Id$|^is not the user that X-User-Id names$"),
    ("^/query/graph_id$", "^is another graph than that of the path$"),
    ("^/model_name$", "^is not a model that can be asked"),
    # Cursors are opaque: which texts are some is nobody's business. Lists go by page or by cursor.
    ("^/query/cursor$", "^is not a cursor that a list gave$|^is of another list$"),
    ("^/query/(page|page_size)$", "^cannot go with cursor or limit"),
    # Rules between two members, or a member and the clock.
    ("start_time$", "^is after the end of the range$"),
    ("^/expires_at$", "^is not in the future$|^is over already$"),
    ("^$", "^has neither status nor stats"),
    ("^/execution_data$", "^is missing; a node execution is queued with the data"),
    ("^/share_token$", "^is missing; nobody could follow the link$"),
    ("/stats/", "^is given under two names$"),
    ("/(ended_at|end_time)$", "^is before |^is given, but the status is not terminal$"),
    # Items of a list that have to differ in one member.
    ("", "^is given twice in this (graph|import)$"),
    # What the API answers with 409 and 402, the methods below /rpc raise as errors of the caller.
    ("^$", "^a record that is [A-Z]+ cannot become [A-Z]+$|^there are -?[0-9]+ credits to spend, and [0-9]+ are wanted$"
     "|^this node execution takes no such input: "),
    # What is there is more than one answer holds.
    ("^$", "^finds more than 1000 executions|^has more than 1000 executions"),
    ("^/amount$", "^is more than the hold has set aside$"),
    # What a method below /rpc does not know is passed over only if it asks for nothing.
    ("", "unknown field `"),
    # For JSON Schema 1.0 is a whole number; the service wants those written as such.
    ("", "^invalid type: floating point `-?[0-9.e+]+`, expected [iu](32|64)$"),
]]


def refused_by_rules(response):
    """Whether rules are all that a request was refused by."""
    answer = response.json()
    if "args" in answer:
        # An exception has the same in one text.
        parts = re.split(r"; (?=[\w/]+: )", answer["args"][0])
        parts = [re.fullmatch(r"(?:([\w/]+): )?(.*)", part, re.DOTALL) for part in parts]
        errors = [(f"/{part[1]}" if part[1] else "", part[2]) for part in parts]
    else:
        errors = [(error["pointer"], error["detail"]) for error in answer.get("errors") or []]
    fits = lambda error: any(pointer.search(error[0]) and detail.search(error[1]) for pointer, detail in RULES)
    return bool(errors) and all(map(fits, errors))


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure counts."""
    if isinstance(failure, RejectedPositiveData) and response.status_code in (400, 422):
        return not refused_by_rules(response)
    if isinstance(failure, ServerError):
        answer = response.json()
        if case.path.startswith("/rpc/"):
            # The contract has a record that is not there raise what the seed raises, with 500.
            missing = ("DatabaseError", ["there is no such execution to delete"])
            return answer["type"] != "RecordNotFoundError" and (answer["type"], answer["args"]) != missing
        # Only one provider of models is configured here.
        return answer["type"] != "/problems/not-configured"
    return True


@schemathesis.serializer("application/x-ndjson")
def one_line(_context, value):
    return json.dumps(value).encode() + b"\n"
