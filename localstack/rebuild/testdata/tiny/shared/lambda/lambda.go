// Package lambda speaks Lambda's Runtime API.
package lambda

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// Answer answers every event with a text, when the file that the event names is there.
func Answer(text string) {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(base + "next")
		if err != nil || next.StatusCode != http.StatusOK {
			os.Exit(1)
		}
		event, _ := io.ReadAll(next.Body)
		await(event)
		answer, _ := json.Marshal(text)
		reply, err := http.Post(base+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", strings.NewReader(string(answer)))
		if err != nil {
			os.Exit(1)
		}
		reply.Body.Close()
	}
}

func await(event []byte) {
	var e struct{ File string }
	if json.Unmarshal(event, &e) != nil || e.File == "" {
		return
	}
	_ = os.WriteFile(e.File+".begun", nil, 0o600)
	for {
		if _, err := os.Stat(e.File); err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
