"""A mail server that is not ours takes an alert and a digest, Python's email package reads them, Chromium shows them.

    mail.py PROGRAM CONFIG

CONFIG is the demo's, for its tenants. What people see is left as pictures in target/mail.
"""

import datetime
import email
import email.policy
import ipaddress
import logging
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import tomllib
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import sync_playwright

PROGRAM, DEMO = sys.argv[1:]
# The servers below are as careless as they are meant to be, and some clients leave in the middle.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
USER, PASSWORD = "mailer", "correct horse 🐎"
PEOPLE = ["ada.lovelace@example.com", "grace@example.org"]
UNSUBSCRIBE = "https://leave.example.com/mails"
PICTURES = pathlib.Path("target/mail")


def certificate(home: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """A root of its own, and a certificate of that root for localhost."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def made(subject: str, key, issuer: str, signer, authority: bool):
        name = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        builder = builder.not_valid_after(now + datetime.timedelta(hours=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        return builder.add_extension(x509.SubjectAlternativeName(names), critical=False).sign(signer, hashes.SHA256())

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = made("a root of the test", root_key, "a root of the test", root_key, True)
    leaf = made("localhost", key, "a root of the test", root_key, False)
    pem = serialization.Encoding.PEM
    (home / "root.pem").write_bytes(root.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (home / "server.pem").write_bytes(leaf.public_bytes(pem) + private)
    return home / "root.pem", home / "server.pem"


class Inbox:
    """Keeps what arrives, each with its envelope and whether it came in protected and from somebody known."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], bytes]] = []
        self.came = threading.Condition()

    async def handle_DATA(self, server, session, envelope) -> str:
        assert server.transport.get_extra_info("ssl_object") and session.authenticated, "in clear text, or from anybody"
        with self.came:
            self.mails.append((envelope.rcpt_tos, envelope.content))
            self.came.notify_all()
        return "250 taken"

    def wait_for(self, count: int) -> list[tuple[list[str], bytes]]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.mails) >= count, timeout=60), f"{len(self.mails)} of {count} mails came"
            return list(self.mails)


def known(server, session, envelope, mechanism, data) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
    return AuthResult(success=right, handled=False)


class AnyPort(Controller):
    """On a port that is free, which its greeting to itself must know."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def servers(inbox: Inbox, pem: pathlib.Path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    sign_in = {"authenticator": known, "auth_required": True}
    later = AnyPort(inbox, "127.0.0.1", 0, tls_context=context, require_starttls=True, auth_require_tls=True, **sign_in)
    from_the_start = AnyPort(inbox, "127.0.0.1", 0, ssl_context=context, auth_require_tls=False, **sign_in)
    clear = AnyPort(inbox, "127.0.0.1", 0, auth_require_tls=False, **sign_in)
    for controller in (later, from_the_start, clear):
        controller.start()
    return {"starttls": later, "tls": from_the_start, "clear": clear}


def configured(home: pathlib.Path, number: int, security: str, root: pathlib.Path, password: str = PASSWORD) -> pathlib.Path:
    """The demo's tenants and a store of our own, with a server for mail."""
    mine = tempfile.mkdtemp(dir=home)
    pathlib.Path(mine, "password").write_text(password)
    lines = [
        f'[store]\npath = "{home}/scorewatch.db"',
        '[server]\nlisten = "127.0.0.1:0"',
        f'[mail]\nserver = "localhost"\nport = {number}\nsecurity = "{security}"\nusername = "{USER}"',
        f'password_file = "{mine}/password"\nfrom = "scorewatch@bücher.example"\nunsubscribe = "{UNSUBSCRIBE}"',
        f'root_certificate = "{root}"',
        f'[destinations.ciso]\nkind = "mail"\nto = "{", ".join(PEOPLE)}"\ntenants = "all"\nrole = "analyst"',
        '[[alert]]\nname = "low"\ntenants = "contoso"\nto = "ciso"\nwhen = "score_below"\npercent = 99',
        '[[digest]]\nname = "morning"\ntenants = "contoso"\nto = "ciso"',
    ]
    for name, tenant in tomllib.loads(pathlib.Path(DEMO).read_text())["tenants"].items():
        lines.append(f"[tenants.{name}]\n" + "\n".join(f'{key} = "{value}"' for key, value in tenant.items()))
    file = pathlib.Path(mine, "scorewatch.toml")
    file.write_text("\n".join(lines) + "\n")
    return file


def checked(config: pathlib.Path) -> tuple[int, str]:
    done = subprocess.run([PROGRAM, "check", "--config", config], capture_output=True, text=True, timeout=120)
    assert PASSWORD not in done.stdout + done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("mail")]
    return done.returncode, line


def read(raw: bytes, person: str, what: str) -> dict:
    """The mail as Python's email package reads it, once nothing about it is wrong."""
    lines = raw.split(b"\r\n")
    assert raw.isascii() and max(map(len, lines)) <= 998 and b"\n" not in raw.replace(b"\r\n", b""), "no line is too long for a server"
    head = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    foldable = [line for line in head if not line.startswith((b"List-Unsubscribe:", b"Message-ID:", b"Content-Type:"))]
    assert max(map(len, foldable)) <= 78, head
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    for part in mail.walk():
        assert not part.defects, part.defects
        for name, value in part.items():
            assert not getattr(value, "defects", ()), (name, value.defects)
    assert mail["To"] == person and mail["From"].addresses[0].addr_spec == "scorewatch@xn--bcher-kva.example", mail.items()
    assert not any(other in raw.decode() for other in PEOPLE if other != person), "nobody sees the others"
    assert "contoso" in mail["Subject"].lower() and len(mail["Subject"]) <= 120, mail["Subject"]
    assert abs(mail["Date"].datetime - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=10)
    assert mail["Auto-Submitted"] == "auto-generated" and mail["List-Id"].endswith("<scorewatch.xn--bcher-kva.example>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"] == f"<{UNSUBSCRIBE}?to={person.replace('@', '%40')}>", mail["List-Unsubscribe"]
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds[:4] == ["multipart/alternative", "text/plain", "multipart/related", "text/html"], kinds
    text = plain.get_content()
    for line in text.splitlines():
        assert len(line) <= 72 or line.startswith("https://"), line
    assert text.splitlines()[0].startswith(mail["Subject"][:40]), text
    pictures = {part["Content-ID"].strip("<>"): part for part in mail.walk() if part.get_content_type() == "image/png"}
    markup = html.get_content()
    assert len(markup) < 100_000 and len(html.as_bytes()) < 102_000, len(markup)
    for cid, part in pictures.items():
        png = part.get_content()
        assert png.startswith(b"\x89PNG") and (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (1000, 480)
        assert f'src="cid:{cid}"' in markup and part.get_content_disposition() == "inline"
    print(f"{what}: {mail['Subject']!r} to {person}, {len(raw)} bytes, {len(pictures)} picture")
    return {"mail": mail, "html": markup, "pictures": {cid: part.get_content() for cid, part in pictures.items()}}


# Each text with its colour and what it stands on, as the browser computes them: what WCAG asks for is 4.5.
CONTRASTS = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = parts(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility()) continue;
    const [one, other] = [luminance(parts(getComputedStyle(element).color)), luminance(ground(element))];
    found.push([(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), text.slice(0, 60)]);
  }
  return found;
}"""


def look(mails: dict[str, dict]) -> None:
    """Opens each mail as clients do, in light and dark, on a phone and on a desk."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        for name, mail in mails.items():
            grounds = set()
            for scheme in ("light", "dark"):
                for device, width in (("phone", 390), ("desk", 1000)):
                    context = browser.new_context(
                        viewport={"width": width, "height": 900}, color_scheme=scheme, device_scale_factor=2, is_mobile=device == "phone"
                    )
                    page, asked = context.new_page(), []

                    def serve(route, asked=asked, mail=mail):
                        url = route.request.url
                        if url == "http://mail.invalid/":
                            return route.fulfill(body=mail["html"].replace('src="cid:', 'src="http://mail.invalid/cid:'), content_type="text/html")
                        part = mail["pictures"].get(url.removeprefix("http://mail.invalid/cid:"))
                        if part is None:
                            asked.append(url)
                            return route.abort()
                        return route.fulfill(body=part, content_type="image/png")

                    page.route("**/*", serve)
                    page.on("console", lambda message: asked.append(message.text))
                    page.goto("http://mail.invalid/")
                    assert not asked, f"a mail asks nobody for anything: {asked}"
                    shown, wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
                    assert shown <= wide, f"{name} is {shown} wide on a {device} of {wide}"
                    assert page.evaluate("document.scripts.length") == 0
                    loaded = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
                    assert loaded == [1000] * len(mail["pictures"]), loaded
                    contrasts = page.evaluate(CONTRASTS)
                    worst = min(contrasts)
                    assert len(contrasts) > 5 and worst[0] >= 4.5, f"{name} {scheme}: {len(contrasts)} texts, {worst}"
                    grounds.add(page.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor"))
                    picture = PICTURES / f"{name}-{scheme}-{device}.png"
                    page.screenshot(path=picture, full_page=True)
                    context.close()
            assert len(grounds) == 2, f"light and dark look the same: {grounds}"
        browser.close()
    print(f"light and dark, phone and desk: nothing asked for, all of it readable; look at {PICTURES}/")


def refused(home: pathlib.Path, controllers: dict, root: pathlib.Path) -> None:
    """What `check` says of servers and sign-ins that do not do."""
    other = home / "other"
    other.mkdir()
    cases = [
        (configured(home, controllers["starttls"].port, "starttls", root, "wrong"), "FAILED. The mail server refuses the sign-in (535"),
        (configured(home, controllers["clear"].port, "starttls", root), "FAILED. The mail server does not offer STARTTLS"),
        (configured(home, controllers["starttls"].port, "starttls", certificate(other)[0]), "FAILED. The certificate of the mail server"),
        (configured(home, controllers["starttls"].port, "tls", root), "FAILED. No protected connection"),
    ]
    for config, expected in cases:
        code, line = checked(config)
        assert code != 0 and expected in line, (code, line)
    print("check refuses: a wrong password, a server without STARTTLS, a strange certificate, TLS where there is none")


def main(home: pathlib.Path) -> None:
    root, pem = certificate(home)
    inbox = Inbox()
    controllers = servers(inbox, pem)
    refused(home, controllers, root)
    seen, came = {}, 0
    for security in ("starttls", "tls"):
        config = configured(home, controllers[security].port, security, root)
        assert checked(config) == (0, "mail: ok. localhost answers, and takes the sign-in."), checked(config)
        (home / "scorewatch.db").unlink(missing_ok=True)
        subprocess.run([PROGRAM, "refresh", "--config", config], check=True, capture_output=True, timeout=300)
        log = open(home / f"{security}.log", "w+")
        server = subprocess.Popen([PROGRAM, "serve", "--config", config], stdout=log, stderr=log)
        try:
            inbox.wait_for(came + 2)
            subprocess.run([PROGRAM, "digest", "send", "morning", "--config", config], check=True, timeout=60)
            mails = inbox.wait_for(came + 4)[came:]
        except BaseException:
            print(pathlib.Path(log.name).read_text(), file=sys.stderr)
            raise
        finally:
            server.terminate()
            server.wait(30)
        came = len(inbox.mails)
        told = pathlib.Path(log.name).read_text()
        assert not any(secret in told for secret in [PASSWORD, *PEOPLE]), "the log tells a password or an address"
        assert [to for to, _ in mails] == [[person] for person in PEOPLE * 2], "each once, and alone"
        for what, pair in (("alert", mails[:2]), ("digest", mails[2:])):
            both = [read(raw, to[0], f"{security} {what}") for to, raw in pair]
            assert both[0]["mail"]["Message-ID"] != both[1]["mail"]["Message-ID"]
            seen[what] = both[0]
    assert seen["digest"]["pictures"], "a digest shows how the score moved"
    for controller in controllers.values():
        controller.stop()
    look(seen)


with tempfile.TemporaryDirectory() as directory:
    main(pathlib.Path(directory))
