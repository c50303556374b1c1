// Command fn is the function that the tests run: an event says what it does.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do   string
	File string
	Size int
}

type answer struct {
	PID       int
	Child     int           `json:",omitempty"`
	Request   string        `json:",omitempty"`
	ARN       string        `json:",omitempty"`
	Left      time.Duration `json:",omitempty"`
	Variables []string      `json:",omitempty"`
	Text      string        `json:",omitempty"`
}

func main() {
	switch os.Getenv("INIT") {
	case "exit":
		os.Exit(7)
	case "hang":
		select {}
	case "ignore-sigterm":
		signal.Ignore(syscall.SIGTERM)
	case "linger":
		linger()
	case "report":
		lambda.StartWithOptions(handle, lambda.WithEnableSIGTERM(func() {
			must(os.WriteFile(os.Getenv("REPORT"), []byte("terminated"), 0o600))
			os.Exit(0)
		}))
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, e event) (answer, error) {
	out := answer{PID: os.Getpid()}
	switch e.Do {
	case "exit":
		os.Exit(3)
	case "panic":
		panic("as told")
	case "error":
		return out, errors.New("as told")
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		out.Request, out.ARN, out.Left = lc.AwsRequestID, lc.InvokedFunctionArn, time.Until(deadline)
	case "environment":
		out.Variables = os.Environ()
	case "print":
		fmt.Println("one\ntwo")
		fmt.Fprint(os.Stderr, "three")
	case "big":
		out.Text = strings.Repeat("x", e.Size)
	case "wait":
		must(os.WriteFile(fmt.Sprintf("%s.%d", e.File, os.Getpid()), nil, 0o600))
		for !exists(e.File) {
			time.Sleep(time.Millisecond)
		}
		must(os.WriteFile(e.File+".done", nil, 0o600))
	case "family":
		child := exec.Command("sleep", "600")
		must(child.Start())
		must(os.WriteFile(e.File, fmt.Append(nil, child.Process.Pid), 0o600))
		select {}
	case "executable":
		path, err := os.Executable()
		must(err)
		out.Text = path
	case "tick":
		go tick(e.File)
	case "deadline":
		deadline, _ := ctx.Deadline()
		time.Sleep(time.Until(deadline))
	}
	return out, nil
}

// linger answers one event by itself and never asks for another.
func linger() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	next, err := http.Get(base + "next")
	must(err)
	answer := strings.NewReader(fmt.Sprintf(`{"PID":%d}`, os.Getpid()))
	_, err = http.Post(base+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json", answer)
	must(err)
	select {}
}

// tick makes a file longer for as long as the process runs.
func tick(path string) {
	file, err := os.Create(path)
	must(err)
	for range time.Tick(time.Millisecond) {
		_, err := file.WriteString(".")
		must(err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func must(err error) {
	if err != nil {
		_ = json.NewEncoder(os.Stderr).Encode(err.Error())
		os.Exit(9)
	}
}
