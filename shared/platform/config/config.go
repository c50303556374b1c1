// Package config is every environment variable that a function reads, in one place. docs/configuration.md
// is generated from it.
package config

import (
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Config is the configuration of a function. The env tag names the variable, doc says what it means;
// the zero environment is a safe production default wherever one exists.
type Config struct {
	Stage    string `env:"STAGE" envDefault:"prod" doc:"Where this runs: local, dev, demo, staging or prod. Unset means prod. Demo accounts exist with local and demo only."`
	LogLevel string `env:"LOG_LEVEL" envDefault:"info" doc:"Lowest level that is logged: debug, info, warn or error."`

	DatabaseURL      string        `env:"DATABASE_URL" doc:"Postgres, as a URL. Without a user in it, each function logs in as its domain's role."`
	DatabasePassword string        `env:"DATABASE_PASSWORD" doc:"Password of the domain roles, where roles log in by password."`
	DatabasePool     int32         `env:"DATABASE_POOL" envDefault:"2" doc:"Connections that one process may hold. A process serves one event at a time; the second connection covers a reconnect."`
	DatabaseConnect  time.Duration `env:"DATABASE_CONNECT" envDefault:"3s" doc:"Longest wait for a new connection."`

	RequestTimeout time.Duration `env:"REQUEST_TIMEOUT" envDefault:"4s" doc:"Longest time for a request; after it the answer is a 503."`

	RedisURL       string        `env:"REDIS_URL" doc:"Redis or Valkey, as a URL."`
	PublishTimeout time.Duration `env:"PUBLISH_TIMEOUT" envDefault:"300ms" doc:"Longest time that a request spends on publishing its event at once; after that the relay does it."`

	SessionPublicKeys string        `env:"SESSION_PUBLIC_KEYS" doc:"Ed25519 keys that verify access tokens: kid:base64url, separated by commas. Two during a rotation."`
	SessionSecret     string        `env:"SESSION_SECRET" envDefault:"session" doc:"Name or ARN of the secret that holds the signing key; read by the functions that sign only."`
	AccessTTL         time.Duration `env:"ACCESS_TTL" envDefault:"10m" doc:"Life of an access token."`
	SessionTTL        time.Duration `env:"SESSION_TTL" envDefault:"720h" doc:"Life of a session, 30 days."`
	PublicOrigin      string        `env:"PUBLIC_ORIGIN" doc:"Origin that browsers see, when it is not the host that the function sees (behind CloudFront)."`

	ConsumeFor   time.Duration `env:"CONSUME_FOR" envDefault:"90s" doc:"How long one invocation of a consumer or of the relay works. The schedule starts the next each minute, so with more than 60 s two overlap and nothing pauses."`
	ConsumeBlock time.Duration `env:"CONSUME_BLOCK" envDefault:"2s" doc:"Longest blocking read of a stream."`
	ConsumeBatch int           `env:"CONSUME_BATCH" envDefault:"200" doc:"Entries of one batch."`
	ConsumeLease time.Duration `env:"CONSUME_LEASE" envDefault:"10s" doc:"An entry that its reader has not touched for so long may be claimed by another. Renewed every third of it."`
	RetryBase    time.Duration `env:"RETRY_BASE" envDefault:"200ms" doc:"First backoff of an entry that failed; doubles, with full jitter. It rests for CONSUME_LEASE at least."`
	RetryCap     time.Duration `env:"RETRY_CAP" envDefault:"60s" doc:"Longest backoff of an entry that failed."`

	RelayTick  time.Duration `env:"RELAY_TICK" envDefault:"1s" doc:"Pause between two looks of the relay at the outboxes."`
	RelayBatch int           `env:"RELAY_BATCH" envDefault:"500" doc:"Outbox rows that the relay handles at a time."`
	OutboxDue  time.Duration `env:"OUTBOX_DUE" envDefault:"5s" doc:"An event that no inbox has confirmed after so long is published again; doubles."`
	OutboxCap  time.Duration `env:"OUTBOX_CAP" envDefault:"10m" doc:"Longest time between two publications of the same event."`

	OrderTTL        time.Duration `env:"ORDER_TTL" envDefault:"15m" doc:"An order that has no answer after so long expires."`
	CancelWindow    time.Duration `env:"CANCEL_WINDOW" envDefault:"30m" doc:"How long after its completion a buyer may cancel an order."`
	MaxAttempts     int           `env:"MAX_ATTEMPTS" envDefault:"5" doc:"An entry that has failed so often by itself becomes a dead letter."`
	InboxKeep       time.Duration `env:"INBOX_KEEP" envDefault:"720h" doc:"How long applied events are remembered, 30 days; an event that comes again later could be applied twice."`
	IdempotencyKeep time.Duration `env:"IDEMPOTENCY_KEEP" envDefault:"72h" doc:"How long an Idempotency-Key answers the order that it placed."`
	StreamKeep      time.Duration `env:"STREAM_KEEP" envDefault:"1h" doc:"How long a stream keeps an entry that every group has finished."`
	LettersKeep     time.Duration `env:"LETTERS_KEEP" envDefault:"2160h" doc:"How long a dead letter is kept that was resolved or discarded, 90 days. INBOX_KEEP at the least: without its letter, nobody would know what a mark of burial in an inbox stands for."`
	AuditKeep       time.Duration `env:"AUDIT_KEEP" envDefault:"8760h" doc:"How long the audit is kept, 365 days."`

	OrdersDLQURL     string `env:"ORDERS_DLQ_URL" doc:"URL of the SQS queue with the dead letters that will be replayed."`
	OrdersParkingURL string `env:"ORDERS_PARKING_URL" doc:"URL of the SQS queue with the dead letters that nothing replays by itself any more."`
	PicturesBucket   string `env:"PICTURES_BUCKET" doc:"S3 bucket of the product pictures, uploads included."`
	WebBucket        string `env:"WEB_BUCKET" doc:"S3 bucket of the single-page application."`

	AWSRegion   string `env:"AWS_REGION" envDefault:"us-east-1" doc:"Region of AWS services; Lambda sets it."`
	AWSEndpoint string `env:"AWS_ENDPOINT_URL" doc:"Endpoint of AWS services when it is not AWS's own."`
}

// Load reads the configuration with lookup, which has the form of os.LookupEnv. An empty variable is an unset
// one. (By hand: a library for it costs every cold start 0.1 ms.)
func Load(lookup func(name string) (string, bool)) (Config, error) {
	var c Config
	fields := reflect.ValueOf(&c).Elem()
	for field, value := range fields.Fields() {
		name, text := field.Tag.Get("env"), field.Tag.Get("envDefault")
		if set, ok := lookup(name); ok && set != "" {
			text = set
		}
		if err := read(value, text); err != nil {
			return Config{}, fmt.Errorf("configuration: %s is %q, which is no %s", name, text, field.Type)
		}
	}
	return c, nil
}

// read sets a field to what a text says; an empty text is the zero value.
func read(field reflect.Value, text string) error {
	switch {
	case text == "":
		return nil
	case field.Kind() == reflect.String:
		field.SetString(text)
		return nil
	case field.Type() == reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(text)
		field.SetInt(int64(d))
		return err //nolint:wrapcheck // Load says which variable
	default: // a whole number
		n, err := strconv.ParseInt(text, 10, field.Type().Bits())
		field.SetInt(n)
		return err //nolint:wrapcheck // Load says which variable
	}
}

// Local says whether this is a developer's machine.
func (c Config) Local() bool { return c.Stage == "local" }

// Variable describes one environment variable.
type Variable struct{ Name, Default, Doc string }

// Variables lists every variable that a function reads, in the order of Config.
func Variables() []Variable {
	t := reflect.TypeFor[Config]()
	list := make([]Variable, 0, t.NumField())
	for field := range t.Fields() {
		tag := field.Tag
		list = append(list, Variable{tag.Get("env"), tag.Get("envDefault"), tag.Get("doc")})
	}
	return list
}

// Names lists the names of Variables.
func Names() []string {
	var names []string
	for _, v := range Variables() {
		names = append(names, v.Name)
	}
	return names
}
