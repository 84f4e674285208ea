"""Does Prometheus read a running scorewatch as deploy/prometheus says, with the token, and does it find what rules and dashboard ask for?

    live.py PROGRAM
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml
from deployed import ROOT, RULES, documented, expressions, rules

# Metrics that need what is not here, each with the reason. All others must be there.
LATER = {
    "scorewatch_connections_refused_total": "as long as no connection is refused",
    "scorewatch_discord_connected": "without a Discord bot",
    "scorewatch_discord_interactions_dropped_total": "without a Discord bot",
    "scorewatch_discord_refusals": "without a Discord bot",
    "scorewatch_discord_stopped": "without a Discord bot",
    "scorewatch_graph_new_words": "as long as Microsoft sends no unknown value",
    "scorewatch_refreshes_asked_total": "until somebody asks for a fetch",
}
TOKEN = "a-token-of-this-test-0123456789"
started = []


def start(work, name, command, **environment):
    with open(work / name, "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **environment}, cwd=work)
    started.append(process)
    return process


def wait(what, work, name, found, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = found()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError(f"{what} took too long\n{(work / name).read_text()[-4000:]}")


def printed(work, name, before, after):
    """What stands between two words in what a program said."""

    def find():
        for line in (work / name).read_text().splitlines():
            if before in line:
                return line.split(before, 1)[1].split(after)[0].strip()

    return wait(f"{before} of {name}", work, name, find)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetched(url, key=None):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def serve(work, program):
    """A server over the demo's tenants, whose Graph is the sandbox; with the metrics' listener as compose.yaml has it."""
    start(work, "demo", [program, "demo", "--listen", "127.0.0.1:0"])
    config = pathlib.Path(printed(work, "demo", "store", ",").removeprefix("beside").strip())
    # When the secret of a tenant ends is its owner's to say.
    text = config.read_text()
    assert "[tenants.contoso]\n" in text, text
    config.write_text(text.replace("[tenants.contoso]\n", '[tenants.contoso]\nclient_secret_ends = "2099-01-31"\n'))
    (work / "token").write_text(f"{TOKEN}\r\n")
    (work / "token").chmod(0o600)
    port = free_port()
    variables = {"SCOREWATCH__METRICS__LISTEN": f"127.0.0.1:{port}", "SCOREWATCH__METRICS__TOKEN_FILE": str(work / "token")}
    # A store of its own, so that it fetches everything itself.
    command = [program, "serve", "--config", config, "--store", work / "scorewatch.db", "--listen", "127.0.0.1:0"]
    server = start(work, "serve", command, **variables)
    address = printed(work, "serve", "address=", " ")
    return server, f"http://{address}", port, config


def asked(program, url, config, work):
    """What people ask, rightly and wrongly, so that it shows."""
    command = [program, "key", "new", "--config", config, "--store", work / "scorewatch.db", "--name", "live", "--all-tenants", "--role", "operator"]
    key = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    question = f"{url}/skills/secure_score?tenant=contoso"
    wait("the first answer", work, "serve", lambda: fetched(question, key)[0] == 200)
    statuses = [fetched(question, key)[0], fetched(f"{url}/skills/weakest_controls?tenant=contoso&limit=0", key)[0], fetched(question, "sw_wrong")[0]]
    assert statuses == [200, 400, 401], statuses


def prometheus(work, port):
    """Prometheus with the configuration that is deployed, but for places and pace; a second job has a wrong token."""
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(RULES)]
    [job] = config["scrape_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    job["authorization"]["credentials_file"] = str(work / "token")
    (work / "wrong").write_text("another-token-0123456789")
    config["scrape_configs"].append({**job, "job_name": "wrong", "authorization": {"credentials_file": str(work / "wrong")}})
    (work / "prometheus.yml").write_text(yaml.safe_dump(config))
    checked = subprocess.run(["promtool", "check", "config", work / "prometheus.yml"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    listen = free_port()
    command = ["prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/tsdb", f"--web.listen-address=127.0.0.1:{listen}"]
    start(work, "prometheus", command)
    return f"http://127.0.0.1:{listen}"


def api(root, path, **arguments):
    status, body = fetched(f"{root}/api/v1/{path}?{urllib.parse.urlencode(arguments)}")
    return json.loads(body)["data"] if status == 200 else None


def targets(root):
    return {target["labels"]["job"]: target for target in (api(root, "targets") or {}).get("activeTargets", [])}


def all_is_read(root, work):
    health = lambda job: targets(root).get(job, {}).get("health")
    wait("the target", work, "prometheus", lambda: health("scorewatch") == "up")
    wait("the refusal", work, "prometheus", lambda: health("wrong") == "down")
    assert "401" in targets(root)["wrong"]["lastError"], targets(root)["wrong"]
    names = lambda: set(api(root, "label/__name__/values") or [])
    missing = lambda: {name for name, metric in documented().items() if metric not in LATER} - names()
    try:
        wait("what workers and fetches measure", work, "prometheus", lambda: not missing(), 90)
    except AssertionError as late:
        raise AssertionError(f"not measured: {missing()}") from late
    early = {metric for name, metric in documented().items() if name in names()} & set(LATER)
    assert not early, f"these are there after all: {early}"
    for where, expression in [*expressions(), *((rule["alert"], rule["expr"]) for rule in rules())]:
        assert api(root, "query", query=expression) is not None, f"{where}: {expression}"


def rules_are_loaded(root, work):
    found = lambda: [rule for group in (api(root, "rules") or {"groups": []})["groups"] for rule in group["rules"]]
    loaded = wait("the rules", work, "prometheus", lambda: [rule for rule in found() if rule["health"] == "ok"] if all(rule["health"] == "ok" for rule in found()) else None)
    assert {rule["name"] for rule in loaded} == {rule["alert"] for rule in rules()}
    wrong = {rule["name"]: rule["lastError"] for rule in loaded if rule.get("lastError")}
    assert not wrong, wrong
    return found, len(loaded)


def main(program):
    program = str(pathlib.Path(program).absolute())
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        try:
            server, url, port, config = serve(work, program)
            asked(program, url, config, work)
            root = prometheus(work, port)
            all_is_read(root, work)
            found, number = rules_are_loaded(root, work)
            state = lambda name: next(rule["state"] for rule in found() if rule["name"] == name)
            assert state("ScorewatchDown") == "inactive", "an alert about a server that runs"
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0, (work / "serve").read_text()[-2000:]
            wait("the alert that it is gone", work, "prometheus", lambda: state("ScorewatchDown") in ("pending", "firing"))
            print(f"{number} rules loaded, {len(documented()) - len(LATER)} series names read; absent here: {', '.join(f'{name} ({why})' for name, why in LATER.items())}")
        finally:
            for process in reversed(started):
                if process.poll() is None:
                    process.terminate()
            for process in started:
                process.wait(60)


main(sys.argv[1])
