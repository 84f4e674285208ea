"""Is the compose file one that Compose takes, does it keep what it promises, and is everything there that it mounts?"""
import pathlib
import re

import compose_spec
import yaml
from deployed import ROOT, RULES

FOLDER = ROOT / "deploy/compose"
FILE = FOLDER / "compose.yaml"


def follows_the_specification():
    """Read by an implementation of the Compose specification, which knows every member and refuses others."""
    reader = compose_spec.PyOptions(apply_merge=True)
    read = reader.from_yaml(substituted())
    read.validate()
    for broken in ("no_such_member: 1", "networks: [nowhere]"):
        text = substituted().replace("    mem_limit: 1g", f"    {broken}", 1)
        try:
            reader.from_yaml(text).validate()
        except Exception:
            continue
        raise AssertionError(f"the reader takes anything: {broken}")


def substituted():
    """As Compose reads it without any variable."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", FILE.read_text())
    assert "${" not in text, "each variable needs a default"
    return text


def confined(services):
    for name, service in services.items():
        assert service.get("read_only") is True, f"{name} may write its own root"
        assert service.get("cap_drop") == ["ALL"], f"{name} has capabilities"
        assert "no-new-privileges:true" in service.get("security_opt", []), f"{name} may gain privileges"
        assert not service.get("privileged") and "network_mode" not in service and "pid" not in service, f"{name} is not confined"
        assert service.get("mem_limit") and service.get("pids_limit"), f"{name} has no bounds"
        assert service.get("healthcheck", {}).get("test"), f"nobody sees whether {name} works"
        assert re.fullmatch(r"[\w./-]+:[\w.-]*\d[\w.-]*", service["image"]), f"{name}: which version is {service['image']}?"
        for port in service.get("ports", []):
            assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), f"{name} is open beyond this machine at {port}"
        for variable, value in service.get("environment", {}).items():
            assert variable.endswith("__FILE") or not re.search("PASSWORD|SECRET|TOKEN", variable), f"{name} has a secret in {variable}: {value}"
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert mount.endswith(":ro"), f"{name} may write {source}"
                assert (FOLDER / source).exists(), f"{source} is not there"
    user = services["scorewatch"]["user"]
    assert user.split(":")[0] not in ("0", "root"), "scorewatch is root"


def fits_together(whole):
    services = whole["services"]
    given = {secret for service in services.values() for secret in service.get("secrets", [])}
    assert given == set(whole["secrets"]), "secrets that nobody gets, or that nobody has"
    assert all(secret["file"].startswith("./secrets/") for secret in whole["secrets"].values())
    kept = (ROOT / ".gitignore").read_text().splitlines()
    assert "/deploy/compose/secrets/" in kept, "somebody commits the secrets"
    used = {mount.split(":")[0] for service in services.values() for mount in service["volumes"]}
    assert set(whole["volumes"]) <= used, "a volume that nobody uses"
    # The parts find each other, under the names and ports that they have here.
    prometheus = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    [job] = prometheus["scrape_configs"]
    assert job["job_name"] == "scorewatch" and job["authorization"]["credentials_file"] == "/run/secrets/metrics_token"
    configuration = (FOLDER / "config/scorewatch.toml").read_text()
    host, port = job["static_configs"][0]["targets"][0].split(":")
    assert host in services and f'listen = "0.0.0.0:{port}"' in configuration, "Prometheus looks for scorewatch elsewhere"
    assert prometheus["rule_files"] == [RULES.name]
    for secret in re.findall(r'_file = "/run/secrets/(\w+)"', configuration):
        assert secret in services["scorewatch"]["secrets"], f"scorewatch does not get {secret}"
    store = re.search(r'^path = "(.*)/', configuration, re.M).group(1)
    assert f"store:{store}" in services["scorewatch"]["volumes"], "the store is in no volume"
    provisioning = ROOT / "deploy/grafana/provisioning"
    [source] = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())["datasources"]
    name, port = source["url"].removeprefix("http://").split(":")
    assert name in services and any(mapped.endswith(f":{port}") for mapped in services[name]["ports"])
    [provider] = yaml.safe_load((provisioning / "dashboards/scorewatch.yaml").read_text())["providers"]
    mounts = [mount.split(":")[1] for mount in services["grafana"]["volumes"]]
    assert any(pathlib.PurePath(mount).parent == pathlib.PurePath(provider["options"]["path"]) for mount in mounts), "Grafana has no dashboard"
    build = services["scorewatch"]["build"]
    assert (FOLDER / build["context"] / build["dockerfile"]).exists(), "there is nothing to build the image from"


follows_the_specification()
whole = yaml.safe_load(substituted())
confined(whole["services"])
fits_together(whole)
print(f"{len(whole['services'])} services, each confined and on this machine only")
