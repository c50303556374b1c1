"""template.yaml as AWS sees it after SAM's transform, without a network."""

import copy
import logging
import os
import re
import subprocess
from functools import cache
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
logging.getLogger("samtranslator").setLevel(logging.ERROR)


def source():
    """The template as it is written."""
    return yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))


@cache
def name_of(logical_id):
    """OrdersCreate lies in functions/orders-create."""
    return subprocess.run([ROOT / "tools/sam/name.sh", logical_id], check=True, capture_output=True, text=True).stdout.strip()


class Expanded:
    """The resources that one template becomes with some parameter values."""

    def __init__(self, template, **parameters):
        template = copy.deepcopy(template)
        declared = template.get("Parameters", {})
        self.declared, self.macros = declared.keys(), template.get("Transform")
        self.parameters = {k: v["Default"] for k, v in declared.items() if "Default" in v} | parameters
        # What `sam package` writes there; nothing here looks at the code.
        template["Globals"]["Function"]["CodeUri"] = "s3://code/function.zip"
        self.resources = transform(template, dict(parameters), _Policies())["Resources"]

    def of(self, *kinds):
        """(logical id, properties) of the resources of some types."""
        return [(i, r.get("Properties", {})) for i, r in self.resources.items() if r.get("Type") in kinds]

    def functions(self):
        return self.of("AWS::Lambda::Function")

    def value(self, given):
        """A parameter's value for a Ref to it, anything else as it is."""
        if isinstance(given, dict) and given.get("Ref") in self.parameters:
            return self.parameters[given["Ref"]]
        return given

    def role(self, function):
        """The role of a function's properties: logical id, properties."""
        role = target(function.get("Role"))
        return role, self.resources.get(role, {}).get("Properties", {})

    def statements(self, role):
        """Every inline statement of a role's properties; what cannot be read is one with neither Allow nor Deny."""
        for policy in many(role.get("Policies", [])):
            document = policy.get("PolicyDocument")
            statements = document.get("Statement") if isinstance(document, dict) else policy
            yield from (s if isinstance(s, dict) else {"Effect": s} for s in many(statements))

    def routes(self):
        """{"POST /api/orders": "OrdersCreate"} as the API's definition has them; $default without a method."""
        found = {}
        for _, api in self.of("AWS::ApiGatewayV2::Api"):
            for path, item in api["Body"]["paths"].items():
                for method, operation in item.items():
                    uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                    owner = re.search(r"\$\{(\w+)\.Arn}", uri).group(1)
                    route = path if path == "$default" else f"{method.upper()} {path}"
                    found[route] = owner
        return found


class _Policies:
    def load(self):
        return {"AWSLambdaBasicExecutionRole": BASIC}


def target(reference):
    """The logical id behind a Ref or a GetAtt, None for anything else."""
    if not isinstance(reference, dict):
        return None
    found = reference.get("Ref") or reference.get("Fn::GetAtt")
    return found[0] if isinstance(found, list) else found


def documents(value):
    """Every policy document in a value, wherever it lies."""
    if isinstance(value, dict) and "Statement" in value:
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from documents(one)


def many(value):
    """IAM takes one of a thing, or a list of them, everywhere."""
    return value if isinstance(value, list) else [value]


def text(value):
    """A Sub's or a plain text; whatever else CloudFormation computes as it is written."""
    return value["Fn::Sub"] if isinstance(value, dict) and isinstance(value.get("Fn::Sub"), str) else str(value)
