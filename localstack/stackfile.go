package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// stackFile is what a running stack tells scripts, in stack.json of the state directory.
type stackFile struct {
	BaseURL     string `json:"base_url"`
	DatabaseURL string `json:"database_url"` // of the owner
	RedisURL    string `json:"redis_url"`    // with every right
	AWSEndpoint string `json:"aws_endpoint_url"`
	AWSKey      string `json:"aws_access_key_id"`
	AWSSecret   string `json:"aws_secret_access_key"`
	PIDs        pids   `json:"pids"`
}

// pids are 0 for a server that the stack does not run itself.
type pids struct {
	Stack    int `json:"stack"`
	Postgres int `json:"postgres"`
	Redis    int `json:"redis"`
}

func stackFilePath(home string) string { return filepath.Join(home, "stack.json") }

// write replaces the file as a whole, so that no reader sees half of it. Passwords are in it: only the owner reads it.
func (f stackFile) write(home string) error {
	content, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(home, ".stack-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(content, '\n'))
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), stackFilePath(home))
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}

// readStackFile fails with one line when no stack runs.
func readStackFile(home string) (stackFile, error) {
	var f stackFile
	content, err := os.ReadFile(stackFilePath(home))
	if errors.Is(err, fs.ErrNotExist) {
		return f, fmt.Errorf("no stack runs on %s: start one with make dev, or name its state directory with MERCATO_HOME", home)
	}
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(content, &f); err != nil {
		return f, fmt.Errorf("%s: %w", stackFilePath(home), err)
	}
	return f, nil
}

func removeStackFile(home string) error {
	if err := os.Remove(stackFilePath(home)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
