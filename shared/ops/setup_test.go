package ops_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/localstack/sqs"
	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform"
	"mercato/shared/platform/apitest"
	ours "mercato/shared/platform/aws/sqs"
	"mercato/shared/platform/config"
	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/inbox"
	"mercato/shared/platform/postgres"
)

// The login that the functions' client of SQS takes from the process's environment.
const login = "test"

func TestMain(m *testing.M) {
	_ = os.Setenv("AWS_ACCESS_KEY_ID", login)
	_ = os.Setenv("AWS_SECRET_ACCESS_KEY", login)
	os.Exit(m.Run())
}

// desk is a shop with dead letters of products, and its queues.
type desk struct {
	*apitest.App

	reader    *pgxpool.Pool // as products, whose events fail
	queues    *sdk.Client
	dlq, park string          // URLs
	rests     []time.Duration // for which the keeper has hidden messages
}

// setup opens a desk, with variables ("LETTERS_KEEP=1h") on top of its own.
func setup(t *testing.T, variables ...string) *desk {
	t.Helper()
	server, err := sqs.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(server)
	t.Cleanup(func() {
		front.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{queues: sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: &front.URL, Credentials: credentials.NewStaticCredentialsProvider(login, login, ""),
	})}
	d.dlq, d.park = d.create(t, "orders-dlq"), d.create(t, "orders-parking")
	set := map[string]string{
		"ORDERS_DLQ_URL": d.dlq, "ORDERS_PARKING_URL": d.park, "AWS_ENDPOINT_URL": front.URL, "REQUEST_TIMEOUT": "60s",
		"CONSUME_BLOCK": "50ms", "CONSUME_FOR": "10m", "MAX_ATTEMPTS": "1",
	}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		set[name] = value
	}
	d.App = apitest.New(t, set)
	d.reader = d.Env(t).Postgres("products")
	d.exec(t, `CREATE TABLE products.effects (event_id uuid NOT NULL)`)
	d.exec(t, `GRANT INSERT ON products.effects TO products`)
	return d
}

func (d *desk) create(t *testing.T, name string) string {
	t.Helper()
	out, err := d.queues.CreateQueue(t.Context(), &sdk.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

func (d *desk) exec(t *testing.T, query string, arguments ...any) {
	t.Helper()
	if _, err := d.DB.Exec(t.Context(), query, arguments...); err != nil {
		t.Fatal(err)
	}
}

// text answers one value as text.
func (d *desk) text(t *testing.T, query string, arguments ...any) (s string) {
	t.Helper()
	if err := d.DB.QueryRow(t.Context(), `SELECT coalesce((`+query+`)::text, 'none')`, arguments...).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// spied is a queue that notes for how long messages are hidden.
type spied struct {
	platform.Queue

	desk *desk
}

func (s spied) Hide(ctx context.Context, receipt string, rest time.Duration) error {
	s.desk.rests = append(s.desk.rests, rest)
	return s.Queue.Hide(ctx, receipt, rest)
}

// env opens an environment with the queues in its hands.
func (d *desk) env(t *testing.T) *platform.Env {
	t.Helper()
	return d.Env(t, platform.Grant{Kind: "queue", Open: func(c config.Config, name string) any {
		queue, _ := ours.Client.Open(c, name).(platform.Queue)
		return spied{queue, d}
	}})
}

// keeper opens dlq-replay.
func (d *desk) keeper(t *testing.T) *ops.Keeper {
	t.Helper()
	return ops.ReplayDead.Open(d.env(t))
}

// run invokes dlq-replay.
func (d *desk) run(t *testing.T, in ops.ReplayRequest) ops.Report {
	t.Helper()
	report, err := ops.ReplayDead.Do(d.keeper(t), t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// letter is one to be buried.
type letter struct {
	id      string
	order   int64 // 0 for none
	code    string
	replays int
	fields  map[string]string // beside those of the contract
}

// bury buries letters as products does, each in a transaction with the inbox's mark, and answers their ids.
func (d *desk) bury(t *testing.T, letters ...letter) (ids []string) {
	t.Helper()
	for _, l := range letters {
		if l.id == "" {
			l.id = uuid.NewString()
		}
		if l.code == "" {
			l.code = "failed"
		}
		fields := map[string]string{"event_id": l.id, "order_id": strconv.FormatInt(l.order, 10), "products": "[]", "replay_count": strconv.Itoa(l.replays)}
		maps.Copy(fields, l.fields)
		envelope, err := json.Marshal(deadletter.Fields(fields))
		if err != nil {
			t.Fatal(err)
		}
		var b pgx.Batch // one transaction
		b.Queue(`INSERT INTO products.inbox AS i (event_id, buried) VALUES ($1, $2)
			ON CONFLICT (event_id) DO UPDATE SET buried = $2 WHERE i.buried IS NOT NULL`, l.id, l.replays)
		b.Queue(`SELECT ops.bury($1, $2, nullif($3::bigint, 0), $4, 'on purpose', 5, $5, $6::text::json)`,
			l.id, event.OrdersStream, l.order, l.code, l.replays, string(envelope))
		if err := d.reader.SendBatch(t.Context(), &b).Close(); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, l.id)
	}
	return ids
}

// state answers how a letter stands, with its counts.
func (d *desk) state(t *testing.T, id string) string {
	t.Helper()
	return d.text(t, `SELECT d.state || ' ' || d.replay_count || ' ' || d.sends FROM ops.dead_letters d WHERE d.event_id = $1`, id)
}

// due lets the time of every letter that has one come.
func (d *desk) due(t *testing.T) {
	t.Helper()
	d.exec(t, `UPDATE ops.dead_letters SET due_at = now() WHERE due_at IS NOT NULL`)
}

// apply does what products does with entries: it remembers them, and their effect is a row, in one transaction.
func (d *desk) apply(ctx context.Context, messages []redis.XMessage) error {
	events := make([]inbox.Event, len(messages))
	for i, m := range messages {
		id, _ := m.Values["event_id"].(string)
		count, _ := m.Values["replay_count"].(string)
		n, err := strconv.Atoi(count)
		if err != nil {
			return err
		}
		events[i] = inbox.Event{ID: id, Replays: n}
	}
	var fresh []string
	return postgres.Exchange(ctx, d.reader, func(b *pgx.Batch) {
		inbox.Queue(b, "products", events).Query(func(rows pgx.Rows) (err error) {
			fresh, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
	}, func(b *pgx.Batch) error {
		b.Queue(`INSERT INTO products.effects (event_id) SELECT unnest($1::uuid[])`, fresh)
		return nil
	})
}

// applyAll applies every entry that there is.
func (d *desk) applyAll(t *testing.T) {
	t.Helper()
	messages, err := d.Redis.XRange(t.Context(), event.OrdersStream, "-", "+").Result()
	if err == nil {
		err = d.apply(t.Context(), messages)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// effects counts how often events have taken effect.
func (d *desk) effects(t *testing.T, id string) string {
	t.Helper()
	return d.text(t, `SELECT count(*) FROM products.effects e WHERE e.event_id = $1`, id)
}

// held answers how many messages a queue shows and hides.
func (d *desk) held(t *testing.T, url string) (visible, hidden int) {
	t.Helper()
	out, err := d.queues.GetQueueAttributes(t.Context(), &sdk.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	visible, _ = strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	hidden, _ = strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	return visible, hidden
}

func (d *desk) post(t *testing.T, url string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := d.queues.SendMessage(t.Context(), &sdk.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
}

// bodies receives up to ten messages.
func (d *desk) bodies(t *testing.T, url string) (list []string) {
	t.Helper()
	out, err := d.queues.ReceiveMessage(t.Context(), &sdk.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range out.Messages {
		list = append(list, aws.ToString(m.Body))
	}
	return list
}

// drop takes a queue away.
func (d *desk) drop(t *testing.T, url string) {
	t.Helper()
	if _, err := d.queues.DeleteQueue(t.Context(), &sdk.DeleteQueueInput{QueueUrl: &url}); err != nil {
		t.Fatal(err)
	}
}
