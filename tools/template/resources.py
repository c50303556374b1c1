"""Which resources the expanded template may hold, and what they say of one another. A check yields one sentence for each fault."""

import re

from expanded import documents, many, target

# A policy that lies at a resource, by its type: the property that holds it. They only ever refuse.
POLICIES = {
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::SecretsManager::ResourcePolicy": "ResourcePolicy",
}
# What the other checks look at. Any other type may open a door that they do not know.
KINDS = POLICIES.keys() | {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::Scheduler::Schedule",
    "AWS::SecretsManager::Secret",
}


def kinds(x):
    """Resources of known types, all of them in every deployment, and no macro that writes others."""
    for i, r in x.resources.items():
        if r.get("Type") not in KINDS:
            yield f"{i} is of the type {r.get('Type')}, which no check knows"
        if r.get("Condition"):
            yield f"{i} is there only if {r['Condition']}"
    for macro in many(x.macros):
        if macro != "AWS::Serverless-2016-10-31":
            yield f"{macro} may write resources that no check sees"


def references(x):
    """Whatever is named is there."""
    known = x.resources.keys() | x.declared
    for i, r in x.resources.items():
        for name in _named(r):
            if name not in known and not name.startswith("AWS::"):
                yield f"{i} needs {name}, which is not there"


def policies(x):
    """No policy at a resource allows anything, whomever."""
    for i, r in x.resources.items():
        if r.get("Type") == "AWS::IAM::Role":
            continue  # these are for granting: see permissions.py
        found = list(documents(r.get("Properties", {})))
        if r.get("Type") in POLICIES and not found:
            yield f"{i} has a policy without statements that can be read"
        for s in (s for d in found for s in many(d["Statement"])):
            if not isinstance(s, dict) or s.get("Effect") != "Deny":
                yield f"{i} does more than refuse: {s}"


def _named(value):
    """Every logical id and parameter that a value refers to."""
    if isinstance(value, dict):
        if len(value) == 1 and ("Ref" in value or "Fn::GetAtt" in value):
            yield str(target(value)).split(".")[0]
        sub = value.get("Fn::Sub")
        if sub:
            text, own = sub if isinstance(sub, list) else (sub, ())  # own names, which the Sub brings along
            yield from (n for n in re.findall(r"\$\{([\w:]+)[^}]*}", text) if n not in own)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _named(one)


CHECKS = (kinds, references, policies)
