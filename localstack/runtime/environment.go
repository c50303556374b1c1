package runtime

import (
	"crypto/rand"
	"encoding/hex"
	"path/filepath"
	"strconv"
	"time"
)

const (
	region  = "us-east-1"
	handler = "bootstrap"
)

// environment is everything that a process sees: nothing comes from the stack's own environment.
// Lambda's reserved variables win over the function's, the function's over the rest.
func environment(f Function, api string) []string {
	env := []string{
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"TZ=:UTC",
		"AWS_ACCESS_KEY_ID=local",
		"AWS_SECRET_ACCESS_KEY=local",
	}
	env = append(env, f.Environment...)
	return append(env,
		"AWS_LAMBDA_RUNTIME_API="+api,
		"AWS_LAMBDA_FUNCTION_NAME="+f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME="+logStream(),
		"AWS_REGION="+region,
		"AWS_DEFAULT_REGION="+region,
		"_HANDLER="+handler,
		"LAMBDA_TASK_ROOT="+filepath.Dir(f.Command),
	)
}

// logStream names a stream as CloudWatch does: one for each process.
func logStream() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, by its contract
	return time.Now().UTC().Format("2006/01/02") + "/[$LATEST]" + hex.EncodeToString(random[:])
}
