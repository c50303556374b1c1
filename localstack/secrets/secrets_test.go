package secrets_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"mercato/localstack/secrets"
)

// setup serves a fresh state directory to a client of the real SDK.
func setup(t *testing.T) (state string, client *secretsmanager.Client) {
	t.Helper()
	state = t.TempDir()
	server := httptest.NewServer(secrets.Handler(state))
	t.Cleanup(server.Close)
	return state, secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(server.URL),
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

func TestSession(t *testing.T) {
	t.Parallel()
	state, client := setup(t)
	public, err := secrets.Session(state, secrets.SessionName)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := secrets.Session(state, secrets.SessionName); err != nil || again != public {
		t.Errorf("the second call answered %q, %v, the first %q", again, err, public)
	}
	for _, id := range []string{
		"session",
		"mercato/local/session",
		"arn:aws:secretsmanager:us-east-1:000000000000:secret:session",
		"arn:aws:secretsmanager:us-east-1:000000000000:secret:session-a1B2c3",
	} {
		out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		checkPair(t, public, *out.SecretString)
	}
}

// checkPair fails unless what the secret signs is verified by the public form.
func checkPair(t *testing.T, public, secret string) {
	t.Helper()
	var key struct{ Kid, Private string }
	if err := json.Unmarshal([]byte(secret), &key); err != nil {
		t.Fatal(err)
	}
	kid, encoded, _ := strings.Cut(public, ":")
	if kid != key.Kid || len(kid) != 16 {
		t.Errorf("key id %q, in the secret %q", kid, key.Kid)
	}
	seed, _ := base64.RawURLEncoding.DecodeString(key.Private)
	verify, _ := base64.RawURLEncoding.DecodeString(encoded)
	signature := ed25519.Sign(ed25519.NewKeyFromSeed(seed), []byte("message"))
	if !ed25519.Verify(verify, []byte("message"), signature) {
		t.Error("the public form does not belong to the secret")
	}
}

func TestGetSecretValue_unknown(t *testing.T) {
	t.Parallel()
	state, client := setup(t)
	if _, err := secrets.Password(state, "postgres"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(state, "outside.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"nothing", "postgres", "../outside", "..", "keys/../../outside", "a\x00b"} {
		_, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
		if missing := (*types.ResourceNotFoundException)(nil); !errors.As(err, &missing) {
			t.Errorf("%q: %v, want ResourceNotFoundException", id, err)
		}
	}
}

func TestHandler_refusesOtherCalls(t *testing.T) {
	t.Parallel()
	state, client := setup(t)
	if _, err := client.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{}); err == nil {
		t.Error("ListSecrets was answered")
	}
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"SecretId":`))
	request.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	recorder := httptest.NewRecorder()
	secrets.Handler(state).ServeHTTP(recorder, request)
	if recorder.Code != 400 || !strings.Contains(recorder.Body.String(), "InvalidParameterException") {
		t.Errorf("half a body: %d %s", recorder.Code, recorder.Body)
	}
}

func TestKept(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	password, err := secrets.Password(state, "redis")
	if err != nil || len(password) != 32 {
		t.Fatalf("%q, %v", password, err)
	}
	if again, err := secrets.Password(state, "redis"); err != nil || again != password {
		t.Errorf("the second call answered %q, %v", again, err)
	}
	if _, err := secrets.Session(state, secrets.SessionName); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"redis", "session.json"} {
		info, err := os.Stat(filepath.Join(secrets.Directory(state), name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	broken := filepath.Join(secrets.Directory(state), "session.json")
	if err := os.WriteFile(broken, []byte(`{"kid":"1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if public, err := secrets.Session(state, secrets.SessionName); err == nil {
		t.Errorf("a broken key answered %q", public)
	}
}
