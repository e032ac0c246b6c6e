"""Who sends what schemathesis makes up: somebody of each role in turn, about things that are there."""

import json
import os
import re
import time
import zlib
from collections import Counter, defaultdict

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

API = os.environ["CEREMONY_AT"] + "/api/v1"
# What is grave asks for a factor that was shown within five minutes.
FRESH_SECONDS = 200
# These end a login, so that whoever sends them comes with one of their own.
ENDS_LOGINS = ("/auth/logout", "/auth/password", "/auth/sessions", "/auth/totp", "/auth/passkeys", "/auth/recovery-codes")
PARAMETER = re.compile(r"\{(\w+)\}")


class Person:
    """Somebody who logs in again when a login has grown old."""

    def __init__(self, email, password):
        self.email, self.password, self.token, self.until = email, password, None, 0

    def log_in(self):
        answer = requests.post(API + "/auth/login", json={"email": self.email, "password": self.password}, timeout=30)
        answer.raise_for_status()
        return answer.json()["token"]

    def bearer(self):
        if self.token is None or time.monotonic() > self.until:
            self.token, self.until = self.log_in(), time.monotonic() + FRESH_SECONDS
        return self.token


def hire():
    """An account of each role, made by the administrator of the rehearsal."""
    state = open(os.environ["CEREMONY_STATE"]).read()
    password = re.search(r'^administrator_password = "(.+)"', state, re.MULTILINE).group(1)
    administrator = Person("administrator@ceremony.example", password)
    head = {"authorization": f"Bearer {administrator.bearer()}"}
    described = requests.get(os.environ["CEREMONY_AT"] + "/openapi.json", timeout=30).json()
    people = [administrator]
    for role in described["components"]["schemas"]["Role"]["enum"]:
        for participant in ["VNM", "FRA"] if role == "focal_point" else [None]:
            wanted = {"email": f"{role}.{participant}@fuzz.example".lower(), "name": "Exemplar", "role": role}
            wanted |= {"participant": participant} if participant else {}
            made = requests.post(API + "/accounts", json=wanted, headers=head, timeout=30)
            made.raise_for_status()
            first = Person(wanted["email"], made.json()["initial_password"])
            new = "a sentence that nobody else would say 7"
            body = {"current": first.password, "new": new}
            own = {"authorization": f"Bearer {first.log_in()}"}
            requests.post(API + "/auth/password", json=body, headers=own, timeout=30).raise_for_status()
            people.append(Person(wanted["email"], new))
    return people


PEOPLE = hire()
# What is there, by the path of its list: ids and codes that answers have named.
KNOWN = defaultdict(lambda: defaultdict(int))
for code in "VNM", "FRA":
    KNOWN["/api/v1/delegations"][code] = 1
SENT = Counter()
# Who was refused where, by their place among the people.
REFUSED = defaultdict(set)
SENDER = {}


def whose(case):
    """The same request is sent by the same person."""
    made = f"{case.method} {case.path} {case.path_parameters} {case.query} {case.body!r}"
    return zlib.crc32(made.encode(errors="replace"))


@schemathesis.auth(refresh_interval=None)
class Somebody:
    """A role for each request: of four, three by somebody who was not refused there before."""

    def get(self, case, _):
        chance = whose(case)
        order = [(chance + step) % len(PEOPLE) for step in range(len(PEOPLE))]
        welcome = [who for who in order if who not in REFUSED[case.method, case.path]] or order
        SENDER[case.id] = (order if chance % 4 == 0 else welcome)[0]
        person = PEOPLE[SENDER[case.id]]
        return person.log_in() if any(end in case.path for end in ENDS_LOGINS) else person.bearer()

    def set(self, case, token, _):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(_, case, kwargs):
    """Three of four sound paths lead to things that are there, in whatever version."""
    chance = whose(case)
    parts = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
    if parts is not None and parts.mode.is_positive and chance % 4:
        for found in PARAMETER.finditer(case.path):
            known = list(KNOWN[case.path[: found.start()].rstrip("/")])
            if known and found.group(1) in case.path_parameters:
                case.path_parameters[found.group(1)] = known[chance % len(known)]
    if case.method != "GET" and chance % 3 and case.headers is not None and "If-Match" in case.headers:
        case.headers["If-Match"] = "*"


@schemathesis.hook
def after_call(_, case, response):
    """Notes what is there, and what was answered."""
    SENT[response.status_code] += 1
    sender = SENDER.pop(case.id, None)
    if response.status_code == 403 and sender is not None:
        REFUSED[case.method, case.path].add(sender)
    if not 200 <= response.status_code < 300 or "json" not in str(response.headers.get("content-type")):
        return
    try:
        body = json.loads(response.content)
    except ValueError:
        return
    items = body.get("items", [body]) if isinstance(body, dict) else []
    for item in items:
        name = isinstance(item, dict) and (item.get("id") or item.get("code"))
        if isinstance(name, str) and len(KNOWN[case.path]) < 100:
            KNOWN[case.path][name] += 1


@schemathesis.hook
def after_load_schema(_, __):
    """Says at the end how many requests there were."""
    import atexit

    def tell():
        by_status = ", ".join(f"{count} × {status}" for status, count in sorted(SENT.items()))
        print(f"schemathesis: {sum(SENT.values())} requests: {by_status}")

    atexit.register(tell)
