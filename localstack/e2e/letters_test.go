package e2e_test

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
)

// letter is a dead letter as GET answers it.
type letter struct {
	EventID     string `json:"event_id"`
	OrderID     int64  `json:"order_id"`
	ErrorCode   string `json:"error_code"`
	ReplayCount int    `json:"replay_count"`
	State       string
}

// clerk is the demo account that may look after the shop.
func clerk(t *testing.T, s *stack) *user {
	t.Helper()
	u := visitor(t, s)
	u.do(t, "POST", "/api/auth/demo-login", map[string]string{"user": "admin"}).want(t, 200)
	var who struct{ User struct{ ID int64 } }
	u.do(t, "GET", "/api/auth/session", nil).into(t, 200, &who)
	u.id = who.User.ID
	return u
}

func (u *user) letters(t *testing.T, state string) (list []letter) {
	t.Helper()
	u.do(t, "GET", "/api/ops/dlq?limit=100&state="+state, nil).into(t, 200, &list)
	return list
}

// forge writes an entry that no function has sent, as text in pairs.
func forge(t *testing.T, client *redis.Client, stream string, pairs ...string) {
	t.Helper()
	if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, Values: pairs}).Err(); err != nil {
		t.Error(err) // other goroutines than the test's forge as well
	}
}

// queue looks at one of the stack's queues from outside, with the stack's own login.
type queue struct {
	sqs *sqs.Client
	url string
}

func (s *stack) queue(t *testing.T, name string) queue {
	t.Helper()
	f, err := s.file()
	if err != nil {
		t.Fatal(err)
	}
	client := sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: &f.AWSEndpoint, Credentials: credentials.NewStaticCredentialsProvider(f.AWSKey, f.AWSSecret, ""),
	})
	all, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range all.QueueUrls {
		if strings.HasSuffix(url, name) {
			return queue{client, url}
		}
	}
	t.Fatalf("no queue %s among %v", name, all.QueueUrls)
	return queue{}
}

// length counts messages, those that somebody is looking at too.
func (q queue) length(t *testing.T) (n int) {
	t.Helper()
	names := []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible}
	got, err := q.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: names})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		part, err := strconv.Atoi(got.Attributes[string(name)])
		if err != nil {
			t.Fatal(err)
		}
		n += part
	}
	return n
}

// bodies reads messages and leaves them for others to see.
func (q queue) bodies(t *testing.T) (all []string) {
	t.Helper()
	got, err := q.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &q.url, MaxNumberOfMessages: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got.Messages {
		all = append(all, *m.Body)
		if _, err := q.sqs.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &q.url, ReceiptHandle: m.ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// move moves the only message there is to another queue.
func (q queue) move(t *testing.T, to queue) {
	t.Helper()
	got, err := q.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &q.url})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("%v, %+v", err, got)
	}
	if _, err := q.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &to.url, MessageBody: got.Messages[0].Body}); err != nil {
		t.Fatal(err)
	}
	if _, err := q.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: got.Messages[0].ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
}

// play runs a command of the program on this stack, with these variables.
func (s *stack) play(t *testing.T, command string, variables ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.cmd.Path, command)
	cmd.Env = append(append(cmd.Environ(), "MERCATO_HOME="+s.home, "BASE_URL=", "STATE=", "ERROR_CODE="), variables...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// spoil makes the shop unable to take stock, which is no outage, until it is mended.
func spoil(t *testing.T, db *pgxpool.Pool) (mend func()) {
	t.Helper()
	alter := func(how string) {
		if _, err := db.Exec(context.WithoutCancel(t.Context()), `ALTER TABLE products.stock_ledger `+how); err != nil {
			t.Fatal(err)
		}
	}
	alter(`ADD CONSTRAINT spoiled CHECK (kind <> 'reserve') NOT VALID`)
	return func() { alter(`DROP CONSTRAINT spoiled`) }
}

// TestPoison: an entry that nobody can have sent comes again and again. It is one dead letter, which somebody discards.
func TestPoison(t *testing.T) {
	t.Parallel()
	s := own(t)
	db, client, admin := s.owner(t), s.redis(t), clerk(t, s)
	stop := s.keepDead(t, "dlq-replay") // the messages stay where they are
	id := uuid.NewString()
	poison := func() {
		forge(t, client, event.OrdersStream, "event_id", id, "order_id", "900000001", "products", `[{"product_id":1,"quantity":-5}]`)
	}
	for range 10 {
		poison()
	}
	until(t, "the letter", func() bool { return len(admin.letters(t, "dead")) > 0 })
	awaitRead(t, client)
	if got := admin.letters(t, "dead"); len(got) != 1 || got[0].EventID != id || got[0].ErrorCode != "malformed" || got[0].OrderID != 900000001 {
		t.Fatalf("10 times the same poison: %+v", got)
	}
	dead := s.queue(t, "orders-dlq")
	if got := dead.bodies(t); dead.length(t) != 1 || len(got) != 1 || !strings.Contains(got[0], id) {
		t.Errorf("%d messages: %q", dead.length(t), got)
	}
	if out, err := s.play(t, "dlq-ls"); err != nil || strings.Count(out, id) != 1 {
		t.Errorf("dlq-ls: %v\n%s", err, out)
	}

	admin.do(t, "POST", "/api/ops/dlq/discard", map[string]any{"ids": []string{id}}).refused(t, 422, "invalid")
	if out, err := s.play(t, "dlq-discard", "IDS="+id, "REASON=nobody ordered this"); err != nil || strings.Count(out, id) != 1 {
		t.Errorf("dlq-discard: %v\n%s", err, out)
	}
	var deeds []struct{ Actor, Action, Target, Reason string }
	admin.do(t, "GET", "/api/ops/audit?target="+id, nil).into(t, 200, &deeds)
	if len(deeds) != 1 || deeds[0].Actor != "user:"+strconv.FormatInt(admin.id, 10) || deeds[0].Action != "dlq.discard" || deeds[0].Reason != "nobody ordered this" {
		t.Errorf("audit %+v", deeds)
	}
	poison()
	awaitRead(t, client)
	if left, gone := admin.letters(t, "dead"), admin.letters(t, "discarded"); len(left) != 0 || len(gone) != 1 {
		t.Errorf("after it was discarded, and came once more: dead %+v, discarded %+v", left, gone)
	}
	stop()
	s.invoke(t, "dlq-replay")
	until(t, "its message is deleted", func() bool { return dead.length(t) == 0 })
	if n := count(t, db, `SELECT count(*) FROM products.decisions`) + count(t, db, `SELECT count(*) FROM products.failures`); n != 0 {
		t.Errorf("%d rows tell of an order that there never was", n)
	}
}

// TestParked: what three replays did not mend is replayed by hand once its cause is. It takes effect once, and its
// message leaves orders-parking.
func TestParked(t *testing.T) {
	t.Parallel()
	s := own(t, dueSoon, "MAX_ATTEMPTS=1")
	db, admin := s.owner(t), clerk(t, s)
	stop := s.keepDead(t, "dlq-replay") // once it sees a parked message it hides it for a while
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp := seller.list(t, "Lamp", "19.99", perLine)
	mend := spoil(t, db)
	order := buyer.order(t, line{lamp, "", perLine})
	var dead []letter
	until(t, "the letter", func() bool { dead = admin.letters(t, "dead"); return len(dead) == 1 })
	replay := func() {
		t.Helper()
		admin.do(t, "POST", "/api/ops/dlq/replay", map[string]any{"ids": []string{dead[0].EventID}}).want(t, 202)
	}
	for n := range 3 {
		replay()
		until(t, "it fails again", func() bool {
			all := append(admin.letters(t, "dead"), admin.letters(t, "parked")...)
			return len(all) == 1 && all[0].ReplayCount == n+1
		})
	}
	if got := admin.letters(t, "parked"); len(got) != 1 {
		t.Fatalf("parked: %+v", got)
	}
	waiting, parking := s.queue(t, "orders-dlq"), s.queue(t, "orders-parking")
	waiting.move(t, parking) // as dlq-replay does
	mend()
	replay()
	if got := buyer.decided(t, order); got.path() != "PENDING, COMPLETED" {
		t.Errorf("the order went %s", got.path())
	}
	until(t, "the letter is resolved", func() bool { return len(admin.letters(t, "resolved")) == 1 })
	if waiting.length(t) != 0 || parking.length(t) != 1 {
		t.Errorf("%d and %d messages", waiting.length(t), parking.length(t))
	}
	stop()
	s.invoke(t, "dlq-replay")
	until(t, "its message leaves orders-parking", func() bool { return parking.length(t) == 0 })
	checkBooks(t, db, []int64{order})
}
