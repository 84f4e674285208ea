"""Does each alert say how bad it is, what it is about and what to do; is there a test that it fires and one that it does not; and does the page have it?"""
import re

import yaml
from deployed import ROOT, rules

SEVERITIES = {"critical", "warning", "info"}
SUMMARY_CHARACTERS_MAX = 120

tests = yaml.safe_load((ROOT / "tests/deploy/alerts_test.yml").read_text())["tests"]
tried = [case for test in tests for case in test["alert_rule_test"]]
page = (ROOT / "docs/monitoring.md").read_text()
rows = dict(re.findall(r'^\| <a id="\w+"></a>(\w+) \| (\w+) \|', page, re.M))
for rule in rules():
    name, notes = rule["alert"], rule["annotations"]
    assert rule["labels"]["severity"] in SEVERITIES, name
    assert set(notes) == {"summary", "description", "runbook"}, name
    assert notes["runbook"] == f"docs/monitoring.md#{name.lower()}" and f'<a id="{name.lower()}"></a>' in page, f"{name}: the page does not have it"
    assert rows[name] == rule["labels"]["severity"], f"{name} is of another severity on the page"
    assert len(re.sub(r"\{\{[^}]*\}\}", "contoso", notes["summary"])) <= SUMMARY_CHARACTERS_MAX, f"{name}: too long for a phone"
    assert notes["description"].endswith(".") and len(notes["description"]) > 60, f"{name} does not say what to do"
    mine = [case for case in tried if case["alertname"] == name]
    assert any(case["exp_alerts"] for case in mine), f"no test has {name} fire"
    assert any(not case["exp_alerts"] for case in mine), f"no test keeps {name} from firing"
    labels = {label for case in mine for alert in case["exp_alerts"] for label in alert["exp_labels"]}
    named = {label for text in notes.values() for label in re.findall(r"\$labels\.(\w+)", text)}
    assert named <= labels, f"{name} names labels that it does not have: {named - labels}"
    for subject in {"tenant", "destination", "worker"} & labels:
        assert subject in re.findall(r"\$labels\.(\w+)", notes["summary"]), f"{name} does not say which {subject}"
assert set(rows) == {rule["alert"] for rule in rules()}, "the page has an alert that there is not"
print(f"{len(rows)} alerts, {len(tried)} cases")
