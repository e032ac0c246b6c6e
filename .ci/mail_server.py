"""A mail server on loopback: aiosmtpd. What it accepts is on disk before it says so.

    mail_server.py PORT DIRECTORY [CERTIFICATE KEY]

With a certificate it takes letters only over STARTTLS, from `desk` with the password `open sesame`.
"""

import asyncio
import os
import ssl
import sys
import uuid

from aiosmtpd.smtp import SMTP, AuthResult


class Clerk:
    def __init__(self, directory):
        self.directory = directory

    async def handle_DATA(self, server, session, envelope):
        name = os.path.join(self.directory, uuid.uuid4().hex)
        with open(name + ".new", "wb") as file:
            file.write(b"".join(b"X-To: " + to.encode() + b"\r\n" for to in envelope.rcpt_tos))
            file.write(envelope.content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(name + ".new", name + ".eml")
        return "250 it is here"


def is_known(server, session, envelope, mechanism, data):
    # Not handled: the answer is the server's to give.
    return AuthResult(success=data.login == b"desk" and data.password == b"open sesame", handled=False)


async def main(port, directory, certificate=None, key=None):
    more = {}
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate, key)
        more = {"tls_context": tls, "require_starttls": True, "authenticator": is_known, "auth_required": True}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Clerk(directory), hostname="localhost", enable_SMTPUTF8=True, **more),
        "127.0.0.1", int(port), reuse_address=True)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
