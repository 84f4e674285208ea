"""What is posted to Slack, Teams and webhooks, read by code of those who made them: slack-sdk, Adaptive Cards in Chromium, Standard Webhooks, CloudEvents.

    hooks.py PROGRAM CONFIG CARDS

CONFIG is the demo's, for its tenants; CARDS is the script of the npm package adaptivecards. Read are the samples in tests/golden/destinations and what
a running server posts: an alert and a digest, with the picture behind its address. What people see in Teams is left as pictures in target/cards.
"""

import http.server
import json
import logging
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import tomllib
import urllib.error
import urllib.request
import warnings

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from playwright.sync_api import sync_playwright
from slack_sdk.models.blocks import Block
from standardwebhooks import Webhook

PROGRAM, DEMO, CARDS = sys.argv[1:]
GOLDEN = pathlib.Path("tests/golden/destinations")
PICTURES = pathlib.Path("target/cards")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
ROOT = "https://score.example.org"
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def slack(body: dict) -> None:
    """As the models of Slack's own SDK read it: every element is one that they know, and within their limits."""
    # What a model does not know is only warned about, and left out.
    found: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(record.getMessage())
    logging.getLogger("slack_sdk").addHandler(handler)
    blocks = Block.parse_all(body["blocks"])
    assert len(blocks) == len(body["blocks"]) <= 50 and None not in blocks
    for block, sent in zip(blocks, body["blocks"]):
        block.validate_json()
        shown = block.to_dict()
        assert shown == sent, f"the model keeps {shown} of {sent}"
    logging.getLogger("slack_sdk").removeHandler(handler)
    assert not found, found


def event(headers: dict, body: bytes) -> None:
    """As a receiver reads it with the libraries of both standards."""
    assert Webhook(SECRET).verify(body, headers)["id"] == headers["webhook-id"]
    message = HTTPMessage(headers={name: value for name, value in headers.items() if name == "content-type"}, body=body)
    read = from_structured_event(message)
    assert read.get_specversion() == "1.0" and read.get_type().startswith("org.scorewatch.") and read.get_subject() == "contoso"
    assert read.get_data()["title"] and read.get_time().tzinfo is not None


def colours(dark: bool) -> dict:
    """What Microsoft publishes of the colours and sizes of Teams, as far as our cards meet them:
    https://github.com/microsoft/AdaptiveCards/tree/main/samples/HostConfig"""
    plain = {"default": "#ffffff", "subtle": "#bfffffff"} if dark else {"default": "#252424", "subtle": "#bf252424"}
    named = {"accent": "#a6a7dc" if dark else "#6264a7", "good": "#92c353", "warning": "#f8d22a", "attention": "#d74654" if dark else "#c4314b"}
    foreground = {"default": plain} | {name: {"default": colour, "subtle": colour} for name, colour in named.items()}
    sizes = {"small": 12, "default": 14, "medium": 14, "large": 18, "extraLarge": 24}
    weights = {"lighter": 200, "default": 400, "bolder": 600}
    font = lambda family: {"fontFamily": family, "fontSizes": sizes, "fontWeights": weights}
    return {
        "supportsInteractivity": True,
        "spacing": {"small": 8, "default": 12, "medium": 16, "large": 20, "extraLarge": 24, "padding": 16},
        "fontTypes": {"default": font("'Segoe UI', 'Liberation Sans', sans-serif"), "monospace": font("'Courier New', Courier, monospace")},
        "containerStyles": {"default": {"foregroundColors": foreground, "backgroundColor": "#2d2c2c" if dark else "#ffffff"}},
        "actions": {"maxActions": 6, "buttonSpacing": 8, "actionsOrientation": "Horizontal", "actionAlignment": "Left"},
    }


# Reads, checks and shows a card, and returns what was wrong with it.
SHOW = """([card, config]) => {
  const shown = new AdaptiveCards.AdaptiveCard(), context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_2);
  shown.hostConfig = new AdaptiveCards.HostConfig(config);
  shown.parse(card, context);
  const wrong = [...Array(context.eventCount).keys()].map((at) => context.getEventAt(at).message);
  wrong.push(...shown.validateProperties().validationEvents.map((event) => event.message));
  document.body.replaceChildren(shown.render());
  document.body.style = `margin: 0; background: ${config.containerStyles.default.backgroundColor}`;
  return wrong;
}"""


def opened(value) -> set[str]:
    """The addresses that the card itself says it opens."""
    if isinstance(value, list):
        return set().union(*map(opened, value))
    if not isinstance(value, dict):
        return set()
    return set().union({value["url"]} if value.get("type") == "Action.OpenUrl" else set(), *map(opened, value.values()))


def cards(bodies: dict[str, dict], picture: bytes) -> None:
    """Opens each card as Teams does, in light and dark, on a phone and on a desk."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        for name, body in bodies.items():
            (attachment,) = body["attachments"]
            for scheme in ("light", "dark"):
                for device, width in (("phone", 340), ("desk", 900)):
                    page, asked = browser.new_page(viewport={"width": width, "height": 900}, device_scale_factor=2), []

                    def serve(route, request, asked=asked):
                        asked.append(request.url)
                        return route.fulfill(body=picture, content_type="image/png") if "/pictures/" in asked[-1] else route.abort()

                    page.route("**/*", serve)
                    page.on("dialog", lambda dialog, asked=asked: asked.append(dialog.message))
                    page.add_script_tag(path=CARDS)
                    wrong = page.evaluate(SHOW, [attachment["content"], colours(scheme == "dark")])
                    assert not wrong, f"{name}: {wrong}"
                    page.wait_for_load_state("networkidle")
                    assert all(url.startswith(f"{ROOT}/pictures/") for url in asked) and len(asked) <= 1, asked
                    assert page.evaluate("document.querySelectorAll('body script, [onclick], b, strong, em, h1, li').length") == 0, f"{name} holds markup"
                    links = page.evaluate("[...document.links].map((link) => [link.href, link.textContent])")
                    for address, label in links:
                        assert address in opened(attachment["content"]), f"{name} leads to {address}"
                        assert "://" not in label or label == address, f"{label} leads to {address}"
                    page.screenshot(path=PICTURES / f"{name}-{scheme}-{device}.png", full_page=True)
                    shown, wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
                    # The library breaks no long words, and a hostile address is one.
                    assert shown <= wide or name == "hostile", f"{name} is {shown} wide on a {device} of {wide}"
                    page.close()
        browser.close()
    print(f"{len(bodies)} cards in Teams' light and dark, phone and desk: nothing wrong with any; look at {PICTURES}/")


class Taker(http.server.ThreadingHTTPServer):
    """Keeps what arrives, and answers as each platform does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.came: dict[str, list[tuple[dict, bytes]]] = {"slack": [], "teams": [], "plain": []}
        self.changed = threading.Condition()

    def wait_for(self, count: int) -> None:
        with self.changed:
            there = self.changed.wait_for(lambda: all(len(posts) >= count for posts in self.came.values()), timeout=90)
            assert there, f"of {count} each came {[(name, len(posts)) for name, posts in self.came.items()]}"


class Taking(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        name = self.path.split("/")[1]
        with self.server.changed:
            self.server.came[name].append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.server.changed.notify_all()
        status, said = {"slack": (200, b"ok"), "teams": (202, b""), "plain": (204, b"")}[name]
        self.send_response(status)
        self.send_header("content-length", str(len(said))) if status != 204 else None
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_) -> None:
        pass


def configured(home: pathlib.Path, taker: Taker, listen: str) -> pathlib.Path:
    """The demo's tenants, a store of our own, and an alert and a digest for each destination."""
    kinds = {"slack": "slack", "teams": "teams", "plain": "webhook"}
    lines = [f'[store]\npath = "{home}/scorewatch.db"', f'[server]\nlisten = "{listen}"\npublic_url = "{ROOT}"']
    for name, kind in kinds.items():
        url = f"http://127.0.0.1:{taker.server_port}/{name}/TOPSECRET?sig=TOPSECRET"
        secret = f'\nsecret = "{SECRET}"' if kind == "webhook" else ""
        lines.append(f'[destinations.{name}]\nkind = "{kind}"\nurl = "{url}"\ntenants = "all"\nrole = "analyst"{secret}')
        lines.append(f'[[alert]]\nname = "low-{name}"\ntenants = "contoso"\nto = "{name}"\nwhen = "score_below"\npercent = 99')
        lines.append(f'[[digest]]\nname = "morning-{name}"\ntenants = "contoso"\nto = "{name}"')
    for name, tenant in tomllib.loads(pathlib.Path(DEMO).read_text())["tenants"].items():
        lines.append(f"[tenants.{name}]\n" + "\n".join(f'{key} = "{value}"' for key, value in tenant.items()))
    file = home / "scorewatch.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def fetched(address: str, listen: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address.replace(ROOT, f"http://{listen}")) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def live(home: pathlib.Path) -> tuple[dict[str, dict], bytes]:
    """What a running server posts, read; the cards for Teams and the picture of the digest."""
    taker = Taker()
    threading.Thread(target=taker.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    config = configured(home, taker, listen)
    subprocess.run([PROGRAM, "refresh", "--config", config], check=True, capture_output=True, timeout=300)
    log = open(home / "serve.log", "w+")
    server = subprocess.Popen([PROGRAM, "serve", "--config", config], stdout=log, stderr=log)
    try:
        taker.wait_for(1)
        for name in taker.came:
            subprocess.run([PROGRAM, "digest", "send", f"morning-{name}", "--config", config], check=True, timeout=60)
        taker.wait_for(2)
        for _, body in taker.came["slack"]:
            slack(json.loads(body))
        for headers, body in taker.came["plain"]:
            event(headers, body)
        bodies = [json.loads(body) for _, body in taker.came["teams"]]
        addresses = [element["url"] for body in bodies for element in body["attachments"][0]["content"]["body"] if element["type"] == "Image"]
        status, picture = fetched(addresses[-1], listen)
        assert status == 200 and picture.startswith(b"\x89PNG"), (status, picture[:200])
        assert fetched(addresses[-1].replace("until=", "until=1"), listen)[0] == 404
    except BaseException:
        print(pathlib.Path(log.name).read_text(), file=sys.stderr)
        raise
    finally:
        server.terminate()
        server.wait(30)
        taker.shutdown()
    assert "TOPSECRET" not in pathlib.Path(log.name).read_text(), "the log tells an address"
    counts = {name: len(posts) for name, posts in taker.came.items()}
    assert counts == {"slack": 2, "teams": 2, "plain": 2}, counts
    print("a running server posts an alert and a digest to each: slack-sdk, standardwebhooks and cloudevents read them")
    return dict(zip(("live-alert", "live-digest"), bodies)), picture


def main(home: pathlib.Path) -> None:
    samples = {kind: {file.stem: json.loads(file.read_text()) for file in sorted(GOLDEN.glob(f"{kind}/*.json"))} for kind in ("slack", "teams")}
    assert len(samples["slack"]) == len(samples["teams"]) >= 3
    for body in samples["slack"].values():
        slack(body)
    print(f"{len(samples['slack'])} samples for Slack are what its SDK says they are")
    posted, picture = live(home)
    cards(samples["teams"] | posted, picture)


warnings.simplefilter("ignore")
with tempfile.TemporaryDirectory() as directory:
    main(pathlib.Path(directory))
