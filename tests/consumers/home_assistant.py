"""Does what Home Assistant does with a snippet: asks the address with the headers, and renders the templates. Reads the snippet from
standard input, prints the rendered sensors as JSON."""

import json
import sys

import requests
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

text = sys.stdin.read()
# What Home Assistant has in secrets.yaml, here as the snippet says that it stands there.
secret = text.split('health_export: "')[1].split('"')[0]
yaml.SafeLoader.add_constructor("!secret", lambda loader, node: {"health_export": secret}[node.value])
config = yaml.safe_load(text)
shown = {}
for rest in config["rest"]:
    answer = requests.get(rest["resource"], headers=rest["headers"], timeout=30)
    answer.raise_for_status()
    for sensor in rest["sensor"]:
        render = lambda text: ImmutableSandboxedEnvironment().from_string(text).render(value_json=answer.json(), value=answer.text)
        shown[sensor["name"]] = sensor | {"available": render(sensor["availability"]), "state": render(sensor["value_template"]) if render(sensor["availability"]) == "True" else None}
for template in config.get("template", []):
    for sensor in template["sensor"]:
        environment = ImmutableSandboxedEnvironment()
        environment.globals |= {
            "states": lambda name: shown[name.removeprefix("sensor.")]["state"],
            "has_value": lambda name: shown[name.removeprefix("sensor.")]["state"] is not None,
            "today_at": lambda time: f"2026-01-01 {time}:00+00:00",
        }
        render = lambda text: environment.from_string(text).render()
        shown[sensor["name"]] = sensor | {"state": render(sensor["state"]), "last_reset": render(sensor["last_reset"])}
print(json.dumps(shown))
