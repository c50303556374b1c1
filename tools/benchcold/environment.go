package main

import (
	"crypto/ed25519"
	"encoding/base64"
)

// environment is what the functions find: everything that they need to start,
// and servers that refuse. Port 1 is never listened on, so a connection costs
// what the function makes of it and nothing else.
func environment(api string) []string {
	key := base64.RawURLEncoding.EncodeToString(make([]byte, ed25519.PublicKeySize))
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=none",
		"AWS_SECRET_ACCESS_KEY=none",
		"AWS_ENDPOINT_URL=http://127.0.0.1:1",
		"STAGE=local",
		"GOMAXPROCS=1",
		"DATABASE_URL=postgres://127.0.0.1:1/mercato?sslmode=disable",
		"DATABASE_PASSWORD=none",
		"REDIS_URL=redis://127.0.0.1:1",
		"SESSION_PUBLIC_KEYS=bench:" + key,
	}
}
