//go:build unix

package sqs_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
)

// inChild marks the process that has no room.
const inChild = "SQS_TEST_FULL"

// TestLog_fullDisk: what no longer fits is refused, and what was kept before and comes after is there at the next start. The
// kernel's limit of a file's size writes half a record as a full disk does; it is a whole process's.
func TestLog_fullDisk(t *testing.T) {
	t.Parallel()
	if os.Getenv(inChild) == "" {
		child := exec.Command(os.Args[0], "-test.run=^TestLog_fullDisk$")
		child.Env = append(os.Environ(), inChild+"=on")
		if out, err := child.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	q := setup(t)
	q.send("before")
	room := limit(t, 4096)
	_, err := q.client.SendMessage(q.Context(), &sdk.SendMessageInput{QueueUrl: q.url, MessageBody: aws.String(strings.Repeat("x", 8192))})
	if err == nil {
		t.Error("8 KB are kept in 4 KB")
	}
	q.send("fits")
	limit(t, room)
	q.send("after")
	q.stop()
	q.start()
	q.bodies(q.url, "before", "fits", "after")
}

// limit sets how large a file of this process may be, in bytes, and answers how large it might be before.
func limit(t *testing.T, bytes uint64) (before uint64) {
	t.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		t.Fatal(err)
	}
	before, l.Cur = l.Cur, bytes
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		t.Fatal(err)
	}
	return before
}
