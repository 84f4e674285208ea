"""Is the dashboard one that Grafana takes, that people can read, and that asks only for what there is?"""
import json
import subprocess
import tempfile

import jsonschema
import yaml
from deployed import OF_PROMETHEUS, ROOT, dashboard, documented, expressions, metrics, panels, rules
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

COLUMNS = 24


def follows_our_schema():
    schema = json.loads((ROOT / "tests/deploy/dashboard.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in jsonschema.Draft202012Validator(schema).iter_errors(dashboard())]
    assert not errors, "\n".join(errors)


def lost(ours, theirs, path=""):
    """What of `ours` is not in `theirs`."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            yield from lost(value, theirs[key], f"{path}/{key}") if key in theirs else [f"{path}/{key}"]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, (one, other) in enumerate(zip(ours, theirs)):
            yield from lost(one, other, f"{path}/{at}")
    elif ours != theirs:
        yield f"{path}: {ours} became {theirs}"


def is_grafanas():
    """Grafana's own types, made of its schemas, hold all that is in it: no member is misspelt or of another kind of panel."""
    plugins.register_default_plugins()
    read = Dashboard.from_json(dashboard())
    dropped = list(lost(dashboard(), json.loads(JSONEncoder(sort_keys=True).encode(read))))
    assert not dropped, "Grafana does not know:\n" + "\n".join(dropped)


def can_be_read():
    taken, ids, refs = {}, set(), 0
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        assert panel["id"] not in ids, f"two panels have the id {panel['id']}"
        ids.add(panel["id"])
        for x in range(place["x"], place["x"] + place["w"]):
            assert x < COLUMNS, f"{panel['title']} is cut at the right"
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies over {taken[x, y]}"
                taken[x, y] = panel["title"]
    # A unit that fits: what is said in seconds is shown in seconds, ratios in percent.
    for panel in panels():
        unit = panel["fieldConfig"]["defaults"].get("unit")
        for target in panel["targets"]:
            expression, refs = target["expr"], refs + 1
            if panel["type"] == "table":
                continue
            if "time() -" in expression or "_seconds_bucket" in expression or expression.endswith("_seconds)"):
                assert unit == "s", f"{panel['title']} shows seconds as {unit}"
            if "_percent" in expression:
                assert unit == "percent", f"{panel['title']} shows percent as {unit}"
            if "_bytes_" in expression:
                assert unit == "bytes", f"{panel['title']} shows bytes as {unit}"
    titles = [panel["title"] for panel in panels()]
    assert len(titles) == len(set(titles)), "two panels have the same title"
    return refs


def asks_for_what_there_is():
    known, asked = documented(), {}
    for where, expression in [*expressions(), *((rule["alert"], rule["expr"]) for rule in rules())]:
        found = metrics(expression)
        assert found, f"{where} names no metric: {expression}"
        for name in found - OF_PROMETHEUS:
            assert name in known, f"{where} names {name}, which docs/reference/metrics.md does not have"
            asked[name] = where
    unused = {name for name in set(known.values()) if not any(known[asked_name] == name for asked_name in asked)}
    print(f"of {len(set(known.values()))} metrics rules and dashboard use all but {len(unused)}: {', '.join(sorted(unused))}")


def is_promql():
    """promtool reads each expression as if it were to be recorded."""
    recorded = [{"record": f"dashboard:{at}", "expr": expression} for at, (_, expression) in enumerate(expressions())]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}, file)
        file.flush()
        checked = subprocess.run(["promtool", "check", "rules", "--lint=none", file.name], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(recorded)} rules found" in checked.stdout, checked.stdout


follows_our_schema()
is_grafanas()
queries = can_be_read()
asks_for_what_there_is()
is_promql()
print(f"{len(panels())} panels with {queries} queries")
