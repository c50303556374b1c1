"""What every function of the expanded template must have. A check yields one sentence for each fault."""

import json
import re

from expanded import ROOT, many, name_of, target

# The requests that nothing else answers; the documents do not list it.
FALLBACK = ("$default", "not-found")
# A schedule starts what loops, whose names say so, the relay, and the replay of dead letters.
SCHEDULED = {"outbox-relay", "dlq-replay"}
# RDS keeps some for itself, people come with psql, and a migration logs in twice.
RESERVED_CONNECTIONS = 20
# A new account may run 1000 at once, 100 of which AWS wants unreserved.
RESERVABLE = 900
# CloudFormation takes 500.
RESOURCES = 450


# How SAM says for which API a permission is.
ARN_OF_API = re.compile(r"arn:\$\{AWS::Partition}:execute-api:\$\{AWS::Region}:\$\{AWS::AccountId}:\$\{__ApiId__}/")


def directories():
    return {main.parent.name for main in ROOT.glob("functions/*/main.go")}


def documented():
    """{"POST /api/orders": "orders-create"} of the document that is generated from the endpoint values."""
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    found = {f"{m.upper()} {p}": o["operationId"] for p, item in paths.items() for m, o in item.items()}
    return found | dict([FALLBACK])


def shape(x):
    """One function for each directory, for the architecture that was asked for."""
    named = {name_of(i): i for i, _ in x.functions()}
    yield from differ("functions", named, directories())
    for i, p in x.functions():
        if p.get("Runtime") != "provided.al2023" or p.get("Handler") != "bootstrap":
            yield f"{i} runs {p.get('Handler')} on {p.get('Runtime')}"
        if [x.value(a) for a in p.get("Architectures", [])] != [x.parameters["Architecture"]]:
            yield f"{i} is not for {x.parameters['Architecture']}"
        metadata = x.resources[i].get("Metadata", {})
        if metadata.get("BuildMethod") != "makefile":
            yield f"{i} is not built by make"
        path = metadata.get("ContextPath", {})
        path = path.get("Fn::Sub", "") if isinstance(path, dict) else path
        if "${Architecture}" not in path or not (ROOT / path.replace("${Architecture}", x.parameters["Architecture"]) / "Makefile").is_file():
            yield f"{i} is built by no makefile for {x.parameters['Architecture']}"


def routes(x):
    """The API has the documented routes, and each may start its own function."""
    have = {route: name_of(owner) for route, owner in x.routes().items()}
    yield from differ("routes", {f"{r} of {n}" for r, n in have.items()}, {f"{r} of {n}" for r, n in documented().items()})
    allowed = {target(p["FunctionName"]) for _, p in x.of("AWS::Lambda::Permission")}
    for i, p in x.of("AWS::Lambda::Permission"):
        if p.get("Principal") != "apigateway.amazonaws.com":
            yield f"{i} lets {p.get('Principal')} call a function"
        sub = p.get("SourceArn", {}).get("Fn::Sub")
        if not isinstance(sub, list) or not ARN_OF_API.match(sub[0]) or sub[1].get("__ApiId__") != {"Ref": "Api"}:
            yield f"{i} lets other APIs than ours call a function"
        if p.get("Action") != "lambda:InvokeFunction":
            yield f"{i} lets the API do {p.get('Action')}"
    yield from differ("functions that the API may call", allowed, set(x.routes().values()))


def schedules(x):
    """What is to run by itself is started by a schedule of its own, which does not start late what the next one starts anyway."""
    have = {}
    for i, p in x.of("AWS::Scheduler::Schedule", "AWS::Events::Rule"):
        for t in [p["Target"]] if "Target" in p else p.get("Targets", []):
            have[name_of(target(t["Arn"]) or "")] = i
            if t.get("RetryPolicy", {}).get("MaximumRetryAttempts") != 0 and not t.get("DeadLetterConfig", {}).get("Arn"):
                yield f"{i} is retried, and has no dead-letter queue"
        if "${AWS::StackName}" not in str(p.get("Name")):
            yield f"{i} has a name that a second stack cannot have"
        if p.get("State", "ENABLED") != "ENABLED":
            yield f"{i} is switched off"
    yield from differ("functions with a schedule", have, {d for d in directories() if d.endswith("-consume")} | SCHEDULED)


def asynchronous(x):
    """Nobody waits for a function without a route: no retry, or a place for what failed."""
    settled = set()
    for _, p in x.of("AWS::Lambda::EventInvokeConfig"):
        failed = p.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if p.get("MaximumRetryAttempts") == 0 or failed:
            settled.add(target(p["FunctionName"]))
    for i, p in x.functions():
        if i not in x.routes().values() and i not in settled and not p.get("DeadLetterConfig"):
            yield f"{i} is retried when nobody waits for it, and has no dead-letter queue"


def logs(x):
    """A log group of its own, kept for a number of days."""
    groups, owners = dict(x.of("AWS::Logs::LogGroup")), {}
    for i, p in x.functions():
        group = target(p.get("LoggingConfig", {}).get("LogGroup"))
        if group not in groups:
            yield f"{i} has no log group of its own"
            continue
        if group in owners:
            yield f"{i} writes to the log group of {owners[group]}"
        owners[group] = i
        if groups[group].get("LogGroupName") != {"Fn::Sub": "/aws/lambda/${AWS::StackName}-" + name_of(i)}:
            yield f"{group} is not named for {i}"
    for i, p in groups.items():
        if not isinstance(x.value(p.get("RetentionInDays")), int):
            yield f"{i} keeps logs for ever"


def concurrency(x):
    """Connections stay below MaxConnections, and copies below what an account may reserve."""
    connections, copies = {}, {}
    for i, p in x.functions():
        copies[i] = x.value(p.get("ReservedConcurrentExecutions")) or 0
        if copies[i] < 1:
            yield f"{i} has no reserved concurrency"
        if any("rds-db:connect" in many(s.get("Action")) for s in x.statements(x.role(p)[1])):
            pool = p.get("Environment", {}).get("Variables", {}).get("DATABASE_POOL")
            if not str(pool).isdigit():
                yield f"{i} has no DATABASE_POOL"
                continue
            connections[i] = copies[i] * int(pool)
    for what, used, limit in (
        ("connections", connections, x.parameters["MaxConnections"] - RESERVED_CONNECTIONS),
        ("copies", copies, RESERVABLE),
    ):
        if sum(used.values()) > limit:
            most = sorted(used.items(), key=lambda item: -item[1])[:5]
            yield f"{sum(used.values())} {what} are more than {limit}; most have: " + ", ".join(f"{i} {n}" for i, n in most)


def size(x):
    if len(x.resources) >= RESOURCES:
        yield f"{len(x.resources)} resources, of {RESOURCES}"


def differ(what, have, want):
    """Two sets that must be one."""
    have, want = set(have), set(want)
    yield from (f"{what}: {one} is one too many" for one in sorted(have - want))
    yield from (f"{what}: {one} is missing" for one in sorted(want - have))


CHECKS = (shape, routes, schedules, asynchronous, logs, concurrency, size)
