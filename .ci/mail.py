"""A thousand letters, a mail server that is killed and started twice, and a worker that is killed once.

    mail.py PROGRAM PLACE

Each letter must arrive at least once, under one Message-ID, and none may be lost. Then letters over TLS with a login; and
none over TLS to a server that is not who it should be. Called by `.ci/mail`.
"""

import email
import email.policy
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

PROGRAM, PLACE = sys.argv[1], sys.argv[2]
LETTERS = 1000
KILLED_AT = [250, 600]
WORKER_KILLED_AT = 400
HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """aiosmtpd, in a process of its own."""

    def __init__(self, directory, *certificate):
        self.port, self.directory, self.certificate = free_port(), directory, certificate
        os.makedirs(directory)
        self.start()

    def start(self):
        command = [sys.executable, os.path.join(HERE, "mail_server.py"), str(self.port), self.directory]
        log = open(os.path.join(PLACE, "mail-server.log"), "ab")
        self.process = subprocess.Popen(command + list(self.certificate), stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout.readline() == "ready\n", "the mail server does not start"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def letters(self):
        names = [name for name in os.listdir(self.directory) if name.endswith(".eml")]
        for name in names:
            with open(os.path.join(self.directory, name), "rb") as file:
                yield email.message_from_binary_file(file, policy=email.policy.default)

    def count(self):
        return sum(name.endswith(".eml") for name in os.listdir(self.directory))


class Service:
    """The program, with the database that comes with it."""

    def __init__(self, data, mail):
        self.data, self.mail, self.password, self.token = data, mail, None, None
        self.start()

    def start(self):
        environment = dict(os.environ, CEREMONY__LOG__FILTER="warn", **self.mail)
        command = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data-dir", self.data]
        log = open(os.path.join(PLACE, "service.log"), "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        is_first = not os.path.exists(os.path.join(self.data, "keys"))
        for line in self.process.stdout:
            if line.startswith("Service"):
                self.base = line.split()[1]
            if "with the password" in line:
                self.password = line.split()[-1]
            if self.password if is_first else line.startswith("Try it"):
                break
        assert self.process.poll() is None, "the service does not start"

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()

    def call(self, method, path, body=None):
        request = urllib.request.Request(f"{self.base}/api/v1{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def log_in(self, own="a sentence of my own choice"):
        who = {"email": "administrator@ceremony.example", "password": self.password}
        self.token = self.call("POST", "/auth/login", who)["token"]
        if self.password != own:
            self.call("POST", "/auth/password", {"current": self.password, "new": own})
            self.password = own

    def invite(self, nth):
        body = {"email": f"reader{nth}@mission.example", "name": f"Nguyễn Ví Dụ {nth}", "role": "gate", "language": "vi"}
        assert self.call("POST", "/invitations", body)["code"] is None, "the code is in the letter alone"

    def waiting(self):
        return len(self.call("GET", "/messages?state=waiting&limit=1")["items"])


def over(server, **more):
    mail = {"transport": "smtp", "at_once": 8, "lease_seconds": 4, "retry_first_ms": 100, "retry_longest_ms": 500,
            "poll_ms": 100, "smtp__host": "127.0.0.1", "smtp__port": server.port, "smtp__security": "none", **more}
    return {f"CEREMONY__MAIL__{key.upper()}": str(value) for key, value in mail.items()}


def until(what, happens, seconds=120):
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.02)


def a_thousand():
    server = Server(os.path.join(PLACE, "inbox"))
    service = Service(os.path.join(PLACE, "data"), over(server))
    service.log_in()
    # They are written while nobody takes them, so that all of them are on their way when it begins.
    server.kill()
    began = time.monotonic()
    with ThreadPoolExecutor(4) as officers:
        list(officers.map(service.invite, range(LETTERS)))
    written = time.monotonic() - began
    began = time.monotonic()
    server.start()
    for killed_at in sorted([*KILLED_AT, WORKER_KILLED_AT]):
        until(f"{killed_at} letters", lambda: server.count() >= killed_at)
        if killed_at in KILLED_AT:
            server.kill()
            assert server.count() < LETTERS, "killed too late"
            time.sleep(0.5)
            server.start()
        else:
            service.stop(signal.SIGKILL)
            service.start()
            service.log_in()
    until("all delivered", lambda: service.waiting() == 0)
    sent = time.monotonic() - began
    delivered = set()
    page = service.call("GET", "/messages?state=delivered&kind=invitation&limit=200")
    while True:
        delivered.update(item["id"] for item in page["items"])
        if not page["next"]:
            break
        page = service.call("GET", f"/messages?state=delivered&kind=invitation&limit=200&cursor={page['next']}")
    ids, copies = defaultdict(set), 0
    for letter in server.letters():
        if letter["Subject"] != "Thư mời":
            continue
        copies += 1
        assert letter["To"].addresses[0].display_name.startswith("Nguyễn Ví Dụ "), letter["To"]
        ids[letter["X-To"]].add(letter["Message-ID"])
    assert len(delivered) == LETTERS, f"{len(delivered)} are said to be delivered"
    assert len(ids) == LETTERS, f"{LETTERS - len(ids)} are lost"
    assert all(len(of_one) == 1 for of_one in ids.values()), "a letter has two ids"
    assert len(set.union(*ids.values())) == LETTERS, "two letters share an id"
    print(f"mail: {LETTERS} letters written in {written:.1f} s and delivered in {sent:.1f} s, the server killed twice and the "
          f"worker once: none lost, each under one Message-ID, {copies - LETTERS} copies came again")
    service.stop()
    server.kill()


def over_tls():
    certificate = [os.path.join(PLACE, name) for name in ("cert.pem", "key.pem")]
    authority = os.path.join(PLACE, "ca.pem")
    server = Server(os.path.join(PLACE, "private"), *certificate)
    login = {"smtp__host": "localhost", "smtp__security": "starttls", "smtp__user": "desk"}
    data = os.path.join(PLACE, "tls")
    service = Service(data, over(server, smtp__password="wrong", smtp__ca_file=authority, **login))
    service.log_in()
    service.invite(0)
    troubles = lambda: {item["trouble"] for item in service.call("GET", "/messages?state=waiting")["items"]}
    until("a wrong password is not a lost letter", lambda: troubles() == {"credentials"})
    password = service.password
    for settings, trouble in [
        ({"smtp__password": "open sesame", "smtp__ca_file": ""}, "tls"),
        ({"smtp__password": "open sesame", "smtp__ca_file": authority, "smtp__security": "tls"}, None),
        ({"smtp__password": "open sesame", "smtp__ca_file": authority}, "delivered"),
    ]:
        service.stop()
        service.mail = over(server, **{**login, **settings})
        service.start()
        service.password = password
        service.log_in()
        if trouble == "delivered":
            until("delivered over TLS", lambda: service.waiting() == 0)
        else:
            wanted = [trouble] if trouble else ["tls", "unreachable", "slow"]
            until(f"{wanted}", lambda: troubles() <= set(wanted) and troubles())
            assert server.count() == 0, "a letter went to a server that is not who it should be"
    assert server.count() >= 1
    print("mail: over STARTTLS with a login; nothing to a server without the right certificate, nothing lost by a wrong password")
    service.stop()
    server.kill()


a_thousand()
over_tls()
