"""What the queues and buckets of the expanded template must be. A check yields one sentence for each fault."""

from expanded import documents, many, target, text

QUEUES = {"OrdersDlq": "${AWS::StackName}-orders-dlq", "OrdersParking": "${AWS::StackName}-orders-parking"}
SECRETS = {"SessionSecret": {"Ref": "SessionSecretName"}}
BUCKETS = {"Web", "Pictures"}
KEPT = {"Pictures"}  # exist nowhere else
NO_READERS = {"DbMigrate"}  # takes 300 s, and opens no queue
DAYS_14 = 14 * 24 * 3600  # the most that SQS offers
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def queues(x):
    have = dict(x.of("AWS::SQS::Queue"))
    for i in QUEUES.keys() ^ have.keys():
        yield f"{i} is not one of the queues"
    longest = max(p.get("Timeout", 0) for i, p in x.functions() if i not in NO_READERS)
    for i, p in have.items():
        if text(p.get("QueueName")) != QUEUES.get(i):
            yield f"{i} is called {text(p.get('QueueName'))}"
        if p.get("MessageRetentionPeriod") != DAYS_14:
            yield f"{i} forgets before 14 days"
        if p.get("SqsManagedSseEnabled") is not True and not p.get("KmsMasterKeyId"):
            yield f"{i} is not encrypted"
        if p.get("VisibilityTimeout", 30) <= longest:
            yield f"{i} shows a message again while a function still works on it"
        if p.get("RedrivePolicy"):
            yield f"{i} moves messages by itself, which the rows of ops.dead_letters decide"


def secrets(x):
    have = dict(x.of("AWS::SecretsManager::Secret"))
    for i in SECRETS.keys() ^ have.keys():
        yield f"{i} is not one of the secrets"
    for i, p in have.items():
        if p.get("Name") != SECRETS.get(i):
            yield f"{i} has another name than the functions ask for"


def buckets(x):
    have = dict(x.of("AWS::S3::Bucket"))
    for i in BUCKETS ^ have.keys():
        yield f"{i} is not one of the buckets"
    for i, p in have.items():
        block = p.get("PublicAccessBlockConfiguration", {})
        if not all(block.get(b) is True for b in BLOCKS) or p.get("AccessControl") or p.get("WebsiteConfiguration"):
            yield f"{i} can be made public"
        if not p.get("BucketEncryption"):
            yield f"{i} is not encrypted"
        if not any(r.get("Status") == "Enabled" and r.get("AbortIncompleteMultipartUpload") for r in p.get("LifecycleConfiguration", {}).get("Rules", [])):
            yield f"{i} keeps incomplete uploads"
        if i in KEPT and not x.resources[i].get("DeletionPolicy") == x.resources[i].get("UpdateReplacePolicy") == "Retain":
            yield f"{i} would be deleted with the stack"
        yield from _policy(x, i)
    yield from _cors(have.get("Pictures", {}))


def _policy(x, bucket):
    statements = [
        s
        for _, p in x.of("AWS::S3::BucketPolicy")
        if target(p.get("Bucket")) == bucket
        for d in documents(p)
        for s in many(d["Statement"])
    ]
    if not any(_refuses_plain(s, bucket) for s in statements):
        yield f"{bucket} may be read without TLS"


def _refuses_plain(s, bucket):
    covered = [r.get("Fn::GetAtt") or r.get("Fn::Sub") for r in many(s.get("Resource", []))]
    return (
        (s.get("Effect"), s.get("Principal"), s.get("Action")) == ("Deny", "*", "s3:*")
        and s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        and covered == [[bucket, "Arn"], "${" + bucket + ".Arn}/*"]
    )


def _cors(pictures):
    """A page of the shop's own origin may post, and no other page may do anything."""
    cors = pictures.get("CorsConfiguration", {}).get("Fn::If", [None, {}])
    rules = [(r.get("AllowedOrigins"), r.get("AllowedMethods")) for r in cors[1].get("CorsRules", [])]
    if cors[0] != "HasOrigin" or rules != [([{"Ref": "PublicOrigin"}], ["POST"])]:
        yield "Pictures takes other requests of pages than a POST from PublicOrigin"


CHECKS = (queues, secrets, buckets)
