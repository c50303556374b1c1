"""What the roles of the expanded template may do. A check yields one sentence for each fault."""

import re

from expanded import BASIC, many, target, text

# One action, spelled out.
ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z]+")
# How a Sub's text begins that is one resource of this account.
OWN = re.compile(r"arn:\$\{AWS::Partition}:[a-z-]+:\$\{AWS::Region}:\$\{AWS::AccountId}:|\$\{(?P<resource>\w+)\.Arn}")

# SAM attaches this to every function's role and cannot be told not to. It may write to any log group, so each role
# denies itself all groups but its function's: WRITES is all that the policy allows.
WRITES = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}


def roles(x):
    """Each function has a role that nothing else has."""
    owners = {}
    for i, p in x.functions():
        role, found = x.role(p)
        if not found:
            yield f"{i} has no role of this template"
            continue
        if role in owners:
            yield f"{i} shares its role with {owners[role]}"
        owners[role] = i
        yield from _logs_of(x, i, role, found)
        yield from _trust(role, found, "lambda.amazonaws.com")
    for i, p in x.of("AWS::IAM::Role"):
        managed = set(map(str, p.get("ManagedPolicyArns", []))) - ({BASIC} if i in owners else set())
        if managed:
            yield f"{i} has the managed policy {min(managed)}"
        if i not in owners:
            yield from _trust(i, p, "scheduler.amazonaws.com")
    for i, _ in x.of("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::User", "AWS::IAM::UserPolicy", "AWS::IAM::RolePolicy"):
        yield f"{i} grants beside the functions' own policies"


def stars(x):
    """A role's statements allow single actions on single resources of this account."""
    for i, p in x.of("AWS::IAM::Role"):
        for s in x.statements(p):
            if s.get("Effect") == "Deny":  # whatever else it is, it may allow
                continue
            for action in many(s.get("Action", "*")):
                if not isinstance(action, str) or not ACTION.fullmatch(action):
                    yield f"{i} may do {action}"
            for resource in many(s.get("Resource", "*")):
                if not _single(x, s, resource):
                    yield f"{i} may use {text(resource)}"


def _single(x, statement, resource):
    """Whether this is one resource, of the template or by an ARN of this account."""
    if not isinstance(resource, dict) or len(resource) != 1:
        return False
    if "Fn::Sub" not in resource:  # a Ref to a parameter might be anything
        return ({"Ref", "Fn::GetAtt"} & resource.keys()) != set() and target(resource) in x.resources
    if not isinstance(resource["Fn::Sub"], str):
        return False
    said = _without_objects(statement, resource["Fn::Sub"])
    for name, value in x.parameters.items():
        said = said.replace("${" + name + "}", str(value))
    own = OWN.match(said)
    return bool(own) and not set("*?") & set(said) and (own["resource"] is None or own["resource"] in x.resources)


def _without_objects(statement, resource):
    """The objects of one bucket have no other name than a star at the end."""
    if all(str(a).startswith("s3:") for a in many(statement.get("Action", "*"))) and resource.startswith("${"):
        return resource.removesuffix("/*")
    return resource


def _logs_of(x, function, role, properties):
    own = target(dict(x.functions())[function].get("LoggingConfig", {}).get("LogGroup"))
    for s in x.statements(properties):
        if s.get("Effect") == "Deny" and WRITES <= set(many(s.get("Action"))) and not s.get("Condition"):
            if [r.get("Fn::GetAtt") for r in many(s.get("NotResource", {}))] == [[own, "Arn"]]:
                return
    yield f"{role} may write to other log groups than that of {function}"


def _trust(role, properties, service):
    for s in many(properties["AssumeRolePolicyDocument"]["Statement"]):
        if s.get("Principal") not in ({"Service": service}, {"Service": [service]}):
            yield f"{role} can be taken by {s.get('Principal')}"


CHECKS = (roles, stars)
