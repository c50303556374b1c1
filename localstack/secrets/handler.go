// Package secrets answers the one Secrets Manager call that the functions make, GetSecretValue, from files of the
// state directory, and makes the keys and passwords that a new state directory needs.
package secrets

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// maxRequest bounds a request body: SecretId has at most 2,048 characters.
const maxRequest = 64 << 10

var (
	// secretID matches a name or an ARN; the name is its last part, before the six random characters that AWS appends to it in an ARN.
	secretID = regexp.MustCompile(`(?:^|[:/])([A-Za-z0-9_.+=@-]+)$`)
	arnTail  = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)
)

type handler struct{ directory string }

// Handler speaks Secrets Manager's JSON 1.1 protocol for GetSecretValue: the secret called NAME is the file NAME.json
// under the keys of the state directory. Errors are answered as AWS does, 400 with a __type.
func Handler(state string) http.Handler { return handler{Directory(state)} }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
		refuse(w, "UnknownOperationException", "only GetSecretValue is answered here")
		return
	}
	var in struct{ SecretId string } //nolint:revive // the protocol's spelling
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil || in.SecretId == "" {
		refuse(w, "InvalidParameterException", "the body has no SecretId")
		return
	}
	name, value, changed, ok := find(h.directory, in.SecretId)
	if !ok {
		refuse(w, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"ARN":           "arn:aws:secretsmanager:us-east-1:000000000000:secret:" + name,
		"Name":          name,
		"VersionId":     "00000000-0000-0000-0000-000000000001", // a secret has one version here
		"VersionStages": []string{"AWSCURRENT"},
		"SecretString":  value,
		"CreatedDate":   float64(changed.UnixMilli()) / 1000,
	})
}

// Value answers the secret that a name or an ARN means, as Handler does; false when there is none.
func Value(state, id string) (string, bool) {
	_, value, _, ok := find(Directory(state), id)
	return value, ok
}

func find(directory, id string) (name, value string, changed time.Time, ok bool) {
	for _, name := range names(id) {
		if value, changed, ok := read(directory, name); ok {
			return name, value, changed, true
		}
	}
	return "", "", time.Time{}, false
}

// names answers the secret names that an id can mean, likeliest first.
func names(id string) []string {
	match := secretID.FindStringSubmatch(id)
	if match == nil {
		return nil
	}
	found := []string{match[1]}
	if short := arnTail.ReplaceAllString(match[1], ""); short != match[1] && short != "" {
		found = append(found, short)
	}
	return found
}

func read(directory, name string) (value string, changed time.Time, ok bool) {
	path := filepath.Join(directory, name+".json")
	content, err := os.ReadFile(path)
	if err != nil {
		return "", time.Time{}, false
	}
	if info, err := os.Stat(path); err == nil {
		changed = info.ModTime()
	}
	return string(content), changed, true
}

func refuse(w http.ResponseWriter, kind, message string) {
	answer(w, http.StatusBadRequest, map[string]any{"__type": kind, "message": message})
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away
}
