"""What the roles of the expanded template may do. A check yields one sentence for each fault."""

from expanded import BASIC, many, target, text

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
    """No statement allows all actions or all resources."""
    for i, p in x.of("AWS::IAM::Role"):
        for s in x.statements(p):
            if s.get("Effect") != "Allow":
                continue
            for action in many(s.get("Action", "*")):
                if "*" in action:
                    yield f"{i} may do {action}"
            for resource in many(s.get("Resource", "*")):
                if "*" in _without_objects(s, text(resource)):
                    yield f"{i} may use {text(resource)}"


def _without_objects(statement, resource):
    """The objects of one bucket have no other name than a star at the end."""
    if all(a.startswith("s3:") for a in many(statement.get("Action", "*"))) and resource.startswith("${"):
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
        if many(s.get("Principal", {}).get("Service")) != [service]:
            yield f"{role} can be taken by {s.get('Principal')}"


CHECKS = (roles, stars)
