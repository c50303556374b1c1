"""What the alarms of the expanded template must watch. A check yields one sentence for each fault."""

from expanded import target, text
from stores import QUEUES

SHOWN, HIDDEN = "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"
# Any message, in either of two periods: FILL makes a 0 of the latest one while its figures are still missing.
ALERT = {
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 0,
    "EvaluationPeriods": 2,
    "DatapointsToAlarm": 1,
    "TreatMissingData": "notBreaching",
    "AlarmActions": {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]},
}


def alarms(x):
    """Each queue has one alarm, which counts the messages that are hidden too: those are the letters that wait."""
    watched = []
    for i, p in x.of("AWS::CloudWatch::Alarm"):
        metrics = {m["Id"]: m for m in p.get("Metrics", [])}
        parts = {m: d.get("MetricStat", {}) for m, d in metrics.items() if "Expression" not in d}
        queues = {target(d["Value"]) for s in parts.values() for d in s["Metric"].get("Dimensions", [])}
        watched += queues
        for queue in queues - QUEUES.keys():
            yield f"{i} watches no queue, but {queue}"
        if len(queues) != 1:
            yield f"{i} watches {len(queues)} queues"
        if {s["Metric"]["MetricName"] for s in parts.values()} != {SHOWN, HIDDEN} or any(s["Stat"] != "Maximum" for s in parts.values()):
            yield f"{i} does not look at what the queue shows and hides at the most"
        sums = {" + ".join(f"FILL({m}, 0)" for m in order) for order in (list(parts), list(parts)[::-1])}
        if [m.get("Expression") in sums for m in metrics.values() if m.get("ReturnData", True)] != [True]:
            yield f"{i} does not watch the sum of what the queue shows and hides"
        for name, value in ALERT.items():
            if p.get(name) != value:
                yield f"{i} has {name} {p.get(name)}"
        if p.get("ActionsEnabled", True) is not True:
            yield f"{i} is switched off"
        if not text(p.get("AlarmName")).startswith("${AWS::StackName}-"):
            yield f"{i} has a name that a second stack cannot have"
    for queue in QUEUES:
        if watched.count(queue) != 1:
            yield f"{queue} is watched by {watched.count(queue)} alarms"


CHECKS = (alarms,)
