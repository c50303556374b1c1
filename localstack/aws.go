package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"mercato/localstack/endpoint"
	"mercato/localstack/provision"
	"mercato/localstack/secrets"
	"mercato/localstack/sigv4"
	"mercato/localstack/template"
)

const (
	// awsKey is who calls the embedded endpoint; its secret is the state directory's.
	awsKey = "mercato"
	// givenLogin is what emulators take for key and secret of their one account.
	givenLogin = "test"
	// answerWithin is how long a given endpoint may take for its first answer, whatever that is.
	answerWithin = 5 * time.Second
)

// startAWS brings up what plays AWS for the functions, or finds who does, and makes there what the template names.
func (s *stack) startAWS(ctx context.Context) error {
	var err error
	if given := os.Getenv("AWS_ENDPOINT_URL"); given != "" {
		s.signer = secrets.ElsewhereName
		s.aws, err = givenAWS(ctx, given)
	} else {
		s.signer = secrets.SessionName
		s.aws, err = s.embedAWS()
	}
	if err != nil {
		return err
	}
	if s.made, err = makeResources(ctx, s.aws, s.home, s.signer, s.baseURL()); err != nil {
		return fmt.Errorf("AWS at %s: %w", s.aws.Endpoint, err)
	}
	return nil
}

// embedAWS serves the stand-ins until the stack stops.
func (s *stack) embedAWS() (provision.Host, error) {
	none := provision.Host{}
	secret, err := secrets.Password(s.home, "aws")
	if err != nil {
		return none, err
	}
	login := sigv4.Login{Key: awsKey, Secret: secret}
	services, err := endpoint.Open(s.home, login)
	if err != nil {
		return none, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return none, errors.Join(fmt.Errorf("AWS endpoint: %w", err), services.Close())
	}
	s.serve(listener, services)
	s.onStop = append(s.onStop, services.Close) // first: a long poll under way would hold up the server
	return provision.Host{Endpoint: "http://" + listener.Addr().String(), Key: login.Key, Secret: login.Secret}, nil
}

// givenAWS finds out whether anybody answers, before anything is started that depends on it.
func givenAWS(ctx context.Context, given string) (provision.Host, error) {
	parsed, err := url.Parse(given)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return provision.Host{}, fmt.Errorf("AWS_ENDPOINT_URL=%s is not a URL: set one such as http://127.0.0.1:4566, or unset it for the embedded one", given)
	}
	client := http.Client{Transport: &http.Transport{}, Timeout: answerWithin}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, given, nil)
	if err != nil {
		return provision.Host{}, err
	}
	response, err := client.Do(request)
	if err != nil {
		return provision.Host{}, fmt.Errorf("nothing answers at AWS_ENDPOINT_URL=%s: start it (make localstack), or unset AWS_ENDPOINT_URL for the embedded one", given)
	}
	_ = response.Body.Close() // that there is one is all that counts
	return provision.Host{Endpoint: given, Key: or("AWS_ACCESS_KEY_ID", givenLogin), Secret: or("AWS_SECRET_ACCESS_KEY", givenLogin)}, nil
}

func or(variable, otherwise string) string {
	if value := os.Getenv(variable); value != "" {
		return value
	}
	return otherwise
}

// makeResources makes what the template names at the host, which gets one secret of the state directory's: the session key
// of the signer's name.
func makeResources(ctx context.Context, host provision.Host, home, signer, origin string) (map[string]template.Made, error) {
	if _, err := secrets.Session(home, signer); err != nil { // made where there is none
		return nil, err
	}
	return provision.Apply(ctx, host, provision.Wanted{
		Load: func(made map[string]template.Made) (*template.Template, error) {
			return template.LoadMade(templatePath, map[string]string{"Stage": stage(), "PublicOrigin": origin}, made)
		},
		Secret: func(name string) (string, bool) {
			if name != secrets.SessionName {
				return "", false
			}
			return secrets.Value(home, signer)
		},
	})
}
