// Command stack runs one function twice at once, prints what it runs and waits to be killed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"mercato/localstack/runtime"
)

func main() {
	stack, err := runtime.Start(runtime.Config{
		Functions: []runtime.Function{{Name: "fn", Command: os.Args[1]}},
		Log:       os.Stderr,
		Freeze:    os.Getenv("FREEZE") == "on",
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, payload := range os.Args[2:] {
		go func() { _, _ = stack.Invoke(context.Background(), "fn", []byte(payload)) }()
	}
	if len(os.Args) == 2 {
		if _, err := stack.Invoke(context.Background(), "fn", nil); err != nil {
			log.Fatal(err)
		}
	}
	for {
		stats := stack.Stats()[0]
		ready := 0
		for _, p := range stats.Processes {
			if p.State != "starting" {
				ready++
			}
		}
		if ready >= max(1, len(os.Args)-2) {
			text, _ := json.Marshal(stats.Processes)
			fmt.Println(string(text))
			select {}
		}
	}
}
