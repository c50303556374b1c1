"""Ways to break template.yaml: what it is called -> (the change, the check that must see it, whom it must name)."""

# The functions that are broken, or that show the break: SAM takes long for all of them.
ENOUGH = {"AuthLogin", "OrdersList", "OrdersGet", "NotFound", "OrdersConsume", "DbMigrate"}


def put(path, value):
    """Sets what lies at a path of keys, which begins at the resources."""

    def change(template):
        *parents, last = path.split("/")
        at = template["Resources"]
        for key in parents:
            at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
        if isinstance(at, list):
            at[int(last)] = value
        else:
            at[last] = value

    return change


def drop(path):
    def change(template):
        *parents, last = path.split("/")
        at = template["Resources"]
        for key in parents:
            at = at[int(key)] if isinstance(at, list) else at[key]
        del at[int(last) if isinstance(at, list) else last]

    return change


def glob(name, value):
    """Sets a property of all functions."""
    return lambda template: template["Globals"]["Function"].__setitem__(name, value)


def default(parameter, value):
    return lambda template: template["Parameters"][parameter].__setitem__("Default", value)


def allow(function, **statement):
    def change(template):
        policies = template["Resources"][function]["Properties"]["Policies"]
        policies[0]["Statement"].append({"Effect": "Allow"} | statement)

    return change


def add(name, kind, **properties):
    return put(name, {"Type": kind, "Properties": properties})


def many_resources(template):
    for i in range(450):
        template["Resources"][f"Extra{i}"] = {"Type": "AWS::SNS::Topic"}


FUNCTION = "OrdersList/Properties/"
WORKER = "OrdersConsume/Properties/"
ALARM = "OrdersDlqAlarm/Properties/"
SCHEDULE = WORKER + "Events/Minute/Properties/"


def opened(**whom):
    """The bucket's policy lets somebody read."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Fn::Sub": "${Pictures.Arn}/*"}} | whom
    return lambda t: t["Resources"]["PicturesPolicy"]["Properties"]["PolicyDocument"]["Statement"].append(statement)


def letter(resource):
    """OrdersList may send to this."""
    return allow("OrdersList", Action="sqs:SendMessage", Resource=resource)


def watch(resource):
    """OrdersDlqAlarm watches this instead."""
    def change(template):
        for metric in template["Resources"]["OrdersDlqAlarm"]["Properties"]["Metrics"][1:]:
            metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"] = {"Fn::GetAtt": [resource, "QueueName"]}

    return change


def api_calls(**properties):
    """Another permission for the API to start OrdersGet."""
    return add("Open", "AWS::Lambda::Permission", Action="lambda:InvokeFunction", FunctionName={"Ref": "OrdersGet"},
               Principal="apigateway.amazonaws.com", **properties)


OF_API = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/*"
EVERYBODY = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "*", "Resource": "*"}]}

MUTATIONS = {
    # What functions are.
    "function removed": (drop("OrdersList"), "shape", "orders-list"),
    "function without a directory": (
        add("OrdersSteal", "AWS::Serverless::Function", FunctionName="x"), "shape", "orders-steal"),
    "another runtime": (put(FUNCTION + "Runtime", "nodejs22.x"), "shape", "OrdersList"),
    "a runtime for all": (glob("Runtime", "provided.al2"), "shape", "OrdersList"),
    "another architecture": (put(FUNCTION + "Architectures", ["x86_64"]), "shape", "OrdersList"),
    "another handler": (put(FUNCTION + "Handler", "main"), "shape", "OrdersList"),
    "no build": (drop("OrdersList/Metadata/BuildMethod"), "shape", "OrdersList"),
    "a build for one architecture": (put("OrdersList/Metadata/ContextPath", "tools/sam/arm64"), "shape", "OrdersList"),
    "a build by no makefile": (
        put("OrdersList/Metadata/ContextPath", {"Fn::Sub": "tools/${Architecture}"}), "shape", "OrdersList"),
    # Who starts them.
    "route removed": (drop(FUNCTION + "Events/Http"), "routes", "GET /api/orders of orders-list"),
    "route moved": (put(FUNCTION + "Events/Http/Properties/Path", "/api/order"), "routes", "GET /api/order of orders-list"),
    "method changed": (put(FUNCTION + "Events/Http/Properties/Method", "PUT"), "routes", "PUT /api/orders of orders-list"),
    "route of another domain": (put("OrdersGet/Properties/Events/Http/Properties/Path", "/api/products/{id}/x"), "routes", "GET /api/orders/{id} of orders-get"),
    "fallback removed": (drop("NotFound/Properties/Events/Http"), "routes", "$default"),
    "the world may call": (
        add("Open", "AWS::Lambda::Permission", Action="lambda:InvokeFunction", FunctionName={"Ref": "DbMigrate"}, Principal="*"),
        "routes", "Open"),
    "the API may call a worker": (
        add("Open", "AWS::Lambda::Permission", Action="lambda:InvokeFunction", FunctionName={"Ref": "DbMigrate"},
            Principal="apigateway.amazonaws.com"), "routes", "DbMigrate"),
    "any API may call": (api_calls(), "routes", "Open lets other APIs"),
    "another API may call": (
        api_calls(SourceArn={"Fn::Sub": [OF_API, {"__ApiId__": {"Ref": "Other"}}]}), "routes", "Open lets other APIs"),
    "another account's API may call": (
        api_calls(SourceArn={"Fn::Sub": ["arn:aws:execute-api:*:*:${__ApiId__}/*", {"__ApiId__": {"Ref": "Api"}}]}),
        "routes", "Open lets other APIs"),
    "the API may rewrite": (
        add("Open", "AWS::Lambda::Permission", Action="lambda:UpdateFunctionCode", FunctionName={"Ref": "OrdersGet"},
            Principal="apigateway.amazonaws.com"), "routes", "Open lets the API do"),
    "schedule removed": (drop(WORKER + "Events"), "schedules", "orders-consume"),
    "schedule off": (put(SCHEDULE + "State", "DISABLED"), "schedules", "OrdersConsumeMinute"),
    "schedule for an endpoint": (
        put(FUNCTION + "Events/Night", {"Type": "ScheduleV2", "Properties": {"ScheduleExpression": "rate(1 day)"}}),
        "schedules", "orders-list"),
    "schedule retried": (drop(SCHEDULE + "RetryPolicy"), "schedules", "OrdersConsumeMinute"),
    "schedule retried twice": (put(SCHEDULE + "RetryPolicy/MaximumRetryAttempts", 2), "schedules", "OrdersConsumeMinute"),
    "schedule of one stack only": (drop(SCHEDULE + "Name"), "schedules", "OrdersConsumeMinute"),
    "worker retried": (drop(WORKER + "EventInvokeConfig"), "asynchronous", "OrdersConsume"),
    "worker retried once": (put(WORKER + "EventInvokeConfig/MaximumRetryAttempts", 1), "asynchronous", "OrdersConsume"),
    "migration retried": (drop("DbMigrate/Properties/EventInvokeConfig"), "asynchronous", "DbMigrate"),
    # Logs.
    "no log group": (drop(FUNCTION + "LoggingConfig"), "logs", "OrdersList"),
    "another's log group": (put(FUNCTION + "LoggingConfig/LogGroup", {"Ref": "OrdersGetLog"}), "logs", "OrdersGetLog"),
    "logs for ever": (drop("OrdersListLog/Properties/RetentionInDays"), "logs", "OrdersListLog"),
    "log group renamed": (put("OrdersListLog/Properties/LogGroupName", "orders"), "logs", "OrdersListLog"),
    # How many.
    "too many copies of one": (put(FUNCTION + "ReservedConcurrentExecutions", 400), "concurrency", "OrdersList 400"),
    "a pool too large": (put(FUNCTION + "Environment", {"Variables": {"DATABASE_POOL": "80"}}), "concurrency", "OrdersList 400"),
    "a class too large": (default("HotConcurrency", 400), "concurrency", "connections are more than 380"),
    "a database too small": (default("MaxConnections", 30), "concurrency", "connections are more than 10"),
    "no limit": (lambda t: t["Globals"]["Function"].pop("ReservedConcurrentExecutions"), "concurrency", "OrdersList"),
    "no pool": (lambda t: t["Globals"]["Function"]["Environment"]["Variables"].pop("DATABASE_POOL"), "concurrency", "OrdersList"),
    "more than an account": (put("NotFound/Properties/ReservedConcurrentExecutions", 900), "concurrency", "NotFound 900"),
    "too many resources": (many_resources, "size", "resources"),
    # What else there may be.
    "address of a function": (put(FUNCTION + "FunctionUrlConfig", {"AuthType": "NONE"}), "kinds", "OrdersListUrl"),
    "another type": (add("Door", "AWS::EC2::SecurityGroup", GroupDescription="x"), "kinds", "Door"),
    "a macro": (lambda t: t.update(Transform=["AWS::Serverless-2016-10-31", "More"]), "kinds", "More"),
    "policy now and then": (put("WebPolicy/Condition", "HasOrigin"), "kinds", "WebPolicy"),
    "secret removed": (drop("SessionSecret"), "secrets", "SessionSecret"),
    "secret needed": (drop("SessionSecret"), "references", "AuthLoginRole needs SessionSecret"),
    "another secret": (add("Spare", "AWS::SecretsManager::Secret", Name="spare"), "secrets", "Spare"),
    "secret renamed": (put("SessionSecret/Properties/Name", "sessions"), "secrets", "SessionSecret"),
    "log group needed": (drop("OrdersListLog"), "references", "OrdersList needs OrdersListLog"),
    "queue of an ARN needed": (letter({"Fn::Sub": "${Queue.Arn}"}), "references", "OrdersListRole needs Queue"),
    # What lies at resources lets nobody in.
    "bucket open": (opened(Principal="*"), "policies", "PicturesPolicy"),
    "bucket open to accounts": (opened(Principal={"AWS": "*"}), "policies", "PicturesPolicy"),
    "bucket open to a list": (opened(Principal={"AWS": ["*"]}), "policies", "PicturesPolicy"),
    "bucket open to an account": (opened(Principal={"AWS": "123456789012"}), "policies", "PicturesPolicy"),
    "bucket open to a service": (opened(Principal={"Service": "cloudfront.amazonaws.com"}), "policies", "PicturesPolicy"),
    "bucket open but to one": (opened(NotPrincipal={"AWS": "123456789012"}), "policies", "PicturesPolicy"),
    "bucket open by a word made up": (opened(Principal={"Fn::Join": ["", ["*"]]}), "policies", "PicturesPolicy"),
    "bucket open at times": (
        put("PicturesPolicy/Properties/PolicyDocument/Statement/0", {"Fn::If": ["HasOrigin", {"Effect": "Allow"}, {"Effect": "Deny"}]}),
        "policies", "PicturesPolicy"),
    "bucket's policy as text": (put("PicturesPolicy/Properties/PolicyDocument", "{}"), "policies", "PicturesPolicy"),
    "queue open": (
        add("Post", "AWS::SQS::QueuePolicy", Queues=[{"Ref": "OrdersDlq"}], PolicyDocument=EVERYBODY), "policies", "Post"),
    "secret open": (
        add("Tell", "AWS::SecretsManager::ResourcePolicy", SecretId={"Ref": "SessionSecret"}, ResourcePolicy=EVERYBODY),
        "policies", "Tell"),
    "log group open": (put("OrdersListLog/Properties/ResourcePolicyDocument", EVERYBODY), "policies", "OrdersListLog"),
    # What roles may do.
    "all actions": (allow("OrdersList", Action="*", Resource={"Ref": "OrdersDlq"}), "stars", "OrdersListRole"),
    "all of a service": (allow("OrdersList", Action=["sqs:*"], Resource={"Ref": "OrdersDlq"}), "stars", "OrdersListRole may do sqs:*"),
    "all resources": (allow("OrdersList", Action="sqs:SendMessage", Resource="*"), "stars", "OrdersListRole may use *"),
    "all queues": (
        allow("OrdersList", Action="sqs:SendMessage", Resource={"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:*"}),
        "stars", "OrdersListRole"),
    "a star from a join": (letter({"Fn::Join": ["", ["arn:aws:sqs:", "*"]]}), "stars", "OrdersListRole"),
    "a star from a condition": (
        letter({"Fn::If": ["HasOrigin", "*", {"Fn::GetAtt": ["OrdersDlq", "Arn"]}]}), "stars", "OrdersListRole"),
    "a star brought along": (letter({"Fn::Sub": ["arn:aws:sqs:${X}", {"X": "*"}]}), "stars", "OrdersListRole"),
    "a star from a parameter": (default("DatabaseResourceId", "*"), "stars", "OrdersListRole"),
    "a parameter": (letter({"Ref": "PublicOrigin"}), "stars", "OrdersListRole"),
    "one letter open": (letter({"Fn::Sub": "${OrdersDlq.Arn}-?"}), "stars", "OrdersListRole"),
    "written out": (letter("arn:aws:sqs:us-east-1:123456789012:orders"), "stars", "OrdersListRole"),
    "another account's": (letter({"Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:123456789012:x"}), "stars", "OrdersListRole"),
    "some actions": (allow("OrdersList", Action="sqs:Send*", Resource={"Fn::GetAtt": ["OrdersDlq", "Arn"]}), "stars", "sqs:Send*"),
    "actions but for a letter": (
        allow("OrdersList", Action="sqs:SendMessag?", Resource={"Fn::GetAtt": ["OrdersDlq", "Arn"]}), "stars", "sqs:SendMessag?"),
    "an action made up": (
        allow("OrdersList", Action={"Fn::Join": [":", ["sqs", "*"]]}, Resource={"Fn::GetAtt": ["OrdersDlq", "Arn"]}),
        "stars", "OrdersListRole may do {"),
    "a statement at times": (
        put(FUNCTION + "Policies/0/Statement/1", {"Fn::If": ["HasOrigin", {"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Ref": "AWS::NoValue"}]}),
        "stars", "OrdersListRole"),
    "all but one": (allow("OrdersList", NotAction="iam:PassRole", Resource={"Ref": "OrdersDlq"}), "stars", "OrdersListRole"),
    "managed policy": (
        lambda t: t["Resources"]["OrdersList"]["Properties"]["Policies"].append("arn:aws:iam::aws:policy/AdministratorAccess"),
        "roles", "OrdersListRole"),
    "foreign role": (put(FUNCTION + "Role", "arn:aws:iam::123456789012:role/admin"), "roles", "OrdersList"),
    "shared role": (put(FUNCTION + "Role", {"Fn::GetAtt": ["OrdersGetRole", "Arn"]}), "roles", "shares its role"),
    "any log group": (drop(FUNCTION + "Policies/0/Statement/0"), "roles", "OrdersListRole"),
    "another's log group allowed": (
        put(FUNCTION + "Policies/0/Statement/0/NotResource", {"Fn::GetAtt": ["OrdersGetLog", "Arn"]}), "roles", "OrdersListRole"),
    "any log stream": (
        put(FUNCTION + "Policies/0/Statement/0/Action", ["logs:CreateLogGroup"]), "roles", "OrdersListRole"),
    "role for anybody": (
        put(FUNCTION + "AssumeRolePolicyDocument", {"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}), "roles", "OrdersListRole"),
    "role for a service and anybody": (
        put(FUNCTION + "AssumeRolePolicyDocument", {"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com", "AWS": "*"}}]}),
        "roles", "OrdersListRole"),
    "policy beside": (add("Beside", "AWS::IAM::Policy", PolicyName="x"), "roles", "Beside"),
    # Queues and buckets.
    "queue removed": (drop("OrdersParking"), "queues", "OrdersParking"),
    "queue renamed": (put("OrdersDlq/Properties/QueueName", "orders-dlq"), "queues", "OrdersDlq"),
    "queue forgets": (drop("OrdersDlq/Properties/MessageRetentionPeriod"), "queues", "OrdersDlq"),
    "queue in plain text": (put("OrdersDlq/Properties/SqsManagedSseEnabled", False), "queues", "OrdersDlq"),
    "queue shows too soon": (drop("OrdersDlq/Properties/VisibilityTimeout"), "queues", "OrdersDlq"),
    "queue decides": (put("OrdersDlq/Properties/RedrivePolicy", {"maxReceiveCount": 3}), "queues", "OrdersDlq"),
    "bucket removed": (drop("Web"), "buckets", "Web"),
    "bucket public": (drop("Pictures/Properties/PublicAccessBlockConfiguration/BlockPublicPolicy"), "buckets", "Pictures"),
    "bucket in plain text": (drop("Web/Properties/BucketEncryption"), "buckets", "Web"),
    "bucket without TLS": (drop("WebPolicy"), "buckets", "Web"),
    "bucket partly without TLS": (drop("WebPolicy/Properties/PolicyDocument/Statement/0/Resource/1"), "buckets", "Web"),
    "uploads pile up": (drop("Pictures/Properties/LifecycleConfiguration"), "buckets", "Pictures"),
    "pictures deleted": (drop("Pictures/DeletionPolicy"), "buckets", "Pictures"),
    "pictures from anywhere": (
        put("Pictures/Properties/CorsConfiguration/Fn::If/1/CorsRules/0/AllowedOrigins", ["*"]), "buckets", "Pictures"),
    # Alarms.
    "alarm removed": (drop("OrdersParkingAlarm"), "alarms", "OrdersParking is watched by 0"),
    "alarm twice": (lambda t: t["Resources"].update(Second=t["Resources"]["OrdersDlqAlarm"]), "alarms", "OrdersDlq is watched by 2"),
    "alarm of another queue": (watch("OrdersParking"), "alarms", "OrdersDlq is watched by 0"),
    "alarm of no queue": (watch("NotFound"), "alarms", "OrdersDlqAlarm watches no queue"),
    "alarm of two queues": (
        put(ALARM + "Metrics/2/MetricStat/Metric/Dimensions/0/Value", {"Fn::GetAtt": ["OrdersParking", "QueueName"]}),
        "alarms", "OrdersDlqAlarm"),
    "alarm blind to what is hidden": (put(ALARM + "Metrics/0/Expression", "FILL(visible, 0)"), "alarms", "OrdersDlqAlarm"),
    "alarm blind where nothing is hidden": (put(ALARM + "Metrics/0/Expression", "visible + hidden"), "alarms", "OrdersDlqAlarm"),
    "alarm of another figure": (
        put(ALARM + "Metrics/2/MetricStat/Metric/MetricName", "NumberOfMessagesSent"), "alarms", "OrdersDlqAlarm"),
    "alarm of an average": (put(ALARM + "Metrics/1/MetricStat/Stat", "Average"), "alarms", "OrdersDlqAlarm"),
    "alarm of the parts": (put(ALARM + "Metrics/1/ReturnData", True), "alarms", "OrdersDlqAlarm"),
    "alarm at two": (put(ALARM + "Threshold", 1), "alarms", "OrdersDlqAlarm"),
    "alarm at none": (put(ALARM + "ComparisonOperator", "LessThanThreshold"), "alarms", "OrdersDlqAlarm"),
    "alarm of an empty shop": (put(ALARM + "TreatMissingData", "breaching"), "alarms", "OrdersDlqAlarm"),
    "alarm of the latest figures alone": (put(ALARM + "EvaluationPeriods", 1), "alarms", "OrdersDlqAlarm"),
    "alarm for nobody": (drop(ALARM + "AlarmActions"), "alarms", "OrdersDlqAlarm"),
    "alarm off": (put(ALARM + "ActionsEnabled", False), "alarms", "OrdersDlqAlarm"),
    "alarm of one stack only": (put(ALARM + "AlarmName", "orders-dlq"), "alarms", "OrdersDlqAlarm"),
}
