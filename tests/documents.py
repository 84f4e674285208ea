"""Reads the documents that platforms are given with parsers that are not ours."""

import json
import pathlib
import sys

import yaml
from openapi_spec_validator import validate

MANIFESTS = pathlib.Path(__file__).resolve().parent.parent / "manifests"


def main() -> None:
    openapi = json.loads((MANIFESTS / "openapi.json").read_text(encoding="utf-8"))
    validate(openapi)
    # Security Copilot reads 3.0 and 3.0.1 only (learn.microsoft.com/copilot/security/custom-plugins).
    assert openapi["openapi"] == "3.0.1", openapi["openapi"]

    copilot = yaml.safe_load((MANIFESTS / "security-copilot.yaml").read_text(encoding="utf-8"))
    descriptor = copilot["Descriptor"]
    assert len(descriptor["Name"]) <= 100 and not set(descriptor["Name"]) & set("/\\?#@ \t"), descriptor["Name"]
    assert len(descriptor["DisplayName"]) <= 40, descriptor["DisplayName"]
    assert len(descriptor["Description"]) <= 16_000
    assert descriptor["SupportedAuthTypes"] == ["ApiKey"], descriptor["SupportedAuthTypes"]
    assert descriptor["Authorization"] == {"Type": "APIKey", "Key": "Authorization", "Location": "Header", "AuthScheme": "Bearer"}
    settings = {setting["Name"] for setting in descriptor["Settings"]}
    (group,) = copilot["SkillGroups"]
    assert group["Format"] == "API"
    assert group["Settings"]["EndpointUrlSettingName"] in settings
    print("openapi.json:", sum(len(path) for path in openapi["paths"].values()), "operations; security-copilot.yaml: ok")


if __name__ == "__main__":
    sys.exit(main())
