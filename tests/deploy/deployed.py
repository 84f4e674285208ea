"""What lies in deploy/, as the checks read it: the expressions of rules and dashboard, and the metrics that they name."""
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/scorewatch.json"
# What Prometheus makes itself.
OF_PROMETHEUS = {"up", "ALERTS"}


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def dashboard():
    return json.loads(DASHBOARD.read_text())


def panels():
    """All panels but the rows that they stand in."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def expressions():
    """Each expression of the dashboard with where it stands, as Grafana sends it: the variables have values."""
    found = [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]
    found += [(query["name"], query["expr"]) for query in dashboard()["annotations"]["list"]]
    values = {"$__rate_interval": "2m", "$__range": "6h", "$tenant": ".*"}
    for title, expression in found:
        for variable, value in values.items():
            expression = expression.replace(variable, value)
        assert "$" not in expression, f"{title}: which variable is this? {expression}"
        yield title, expression


def metrics(expression):
    """The metrics that an expression names: what is followed by what selects, computes or ends."""
    without = re.sub(r'"[^"]*"|\b(?:by|on|without|ignoring)\s*\([^)]*\)|\{[^}]*\}|\[[^\]]*\]', " ", expression)
    words = re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\w)(?!\s*\()", without)
    keywords = {"and", "or", "unless", "offset", "bool", "by", "on", "d", "h", "m", "s"}
    return {word for word in words if word not in keywords and not re.fullmatch(r"\d*[smhdwy]", word)}


def documented():
    """Each metric of the reference, by the names that Prometheus stores of it."""
    table = re.findall(r"^\| `([a-z_]+)` \| (\w+) \|", (ROOT / "docs/reference/metrics.md").read_text(), re.M)
    assert len(table) > 30, "the table of metrics is not where it was"
    names = {}
    for name, kind in table:
        for ending in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            names[name + ending] = name
    return names
