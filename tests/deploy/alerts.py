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
# What people are told to write and to run is what there is.
keys = set(re.findall(r"^\| `([a-z_.A-Z]+)` \|", (ROOT / "docs/reference/configuration.md").read_text(), re.M))
assert len(keys) > 50, "the table of keys is not where it was"
reference = (ROOT / "docs/reference/command-line.md").read_text()
helps = dict(re.findall(r"^## `scorewatch ([a-z_ ]+)`\n\n```text\n(.*?)\n```", reference, re.M | re.S))
sections = {key.split(".")[0] for key in keys}
told = [(rule["alert"], text) for rule in rules() for text in rule["annotations"].values()] + [("docs/monitoring.md", page)]
for where, text in told:
    for key in re.findall(r"(?<![\w./-])([a-z]+\.[a-z_]+)(?![\w./-])", text):
        is_file = key.endswith((".md", ".yml", ".yaml", ".json", ".toml"))
        assert is_file or key.split(".")[0] not in sections or key in keys, f"{where}: there is no key {key}"
    for line in re.findall(r'(?<![\w/.:-])scorewatch ((?:[a-z_]+ ?)+(?:--[a-z-]+ ?[\w{}$. ]*)?)', text):
        words = line.split()
        known = next((" ".join(words[:length]) for length in (2, 1) if " ".join(words[:length]) in helps), None)
        options = re.findall(r"--[a-z-]+", line)
        assert known or not options, f"{where}: there is no command scorewatch {line}"
        assert all(option in helps[known] or option in reference for option in options), f"{where}: {line}"
    for line in re.findall(r'["`]scorewatch ([a-z_ ]+)', text):
        words = line.split()
        assert words[0] in helps, f"{where}: there is no command scorewatch {line}"
assert set(rows) == {rule["alert"] for rule in rules()}, "the page has an alert that there is not"
print(f"{len(rows)} alerts, {len(tried)} cases")
