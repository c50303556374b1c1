package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"mercato/localstack/gateway"
	"mercato/localstack/provision"
	"mercato/localstack/rebuild"
	"mercato/localstack/runtime"
	"mercato/localstack/sam"
	"mercato/localstack/servers"
	"mercato/localstack/template"
)

// stack is everything that `dev` runs, in the order in which it was started.
type stack struct {
	*journal
	command  string // that began it, as users write it
	home     string
	port     int
	listener net.Listener // held from the beginning, so that nobody takes the port meanwhile
	servers  *servers.Servers
	aws      provision.Host           // who plays AWS for the functions
	signer   string                   // the name of the key that signs sessions there
	made     map[string]template.Made // what the template names there
	template *template.Template
	runtime  *runtime.Runtime
	docker   *sam.Docker       // nil where no container runs
	freeze   bool              // processes stop between two events
	watcher  *rebuild.Watcher  // nil where nothing is rebuilt
	binaries *rebuild.Binaries // the same
	resuming sync.Map          // the workers that a build has interrupted and nobody has begun anew
	onStop   []func() error    // run in reverse
	broken   chan error        // what ends the stack by itself

	mu       sync.Mutex
	finished bool // stack.json is gone for good
}

const (
	drainWithin = 3 * time.Second // for requests under way when the stack stops
	endWithin   = 5 * time.Second // for the functions' processes
)

func (s *stack) baseURL() string { return "http://localhost:" + strconv.Itoa(s.port) }

// claim takes what another stack could have: the state directory and the port.
func (s *stack) claim(context.Context) error {
	home, err := makeHome()
	if err != nil {
		return err
	}
	s.home = home
	if s.port, err = findPort(); err != nil {
		return err
	}
	lock, err := servers.Lock(home)
	if err != nil {
		return err
	}
	s.onStop = append(s.onStop, lock.Close)
	if s.listener, err = listen(s.port, s.command); err != nil {
		return err
	}
	s.onStop = append(s.onStop, func() error {
		if err := s.listener.Close(); !errors.Is(err, net.ErrClosed) { // the gateway closes it too
			return err
		}
		return nil
	})
	return removeStackFile(home) // of a stack that was killed
}

func (s *stack) startServers(ctx context.Context) error {
	s.say("starting Postgres and Redis")
	var err error
	s.servers, err = servers.Start(ctx, servers.Config{
		State:       s.home,
		DatabaseURL: os.Getenv("DATABASE_URL"),
		RedisURL:    os.Getenv("REDIS_URL"),
		PipOnly:     os.Getenv("MERCATO_SERVERS") == "pip",
		Say:         s.say,
		Changed:     s.announce,
	})
	if err != nil {
		return err
	}
	s.onStop = append(s.onStop, s.servers.Stop)
	s.say("Postgres and Redis are ready")
	return nil
}

// serve answers requests until the stack stops, and lets those under way end then.
func (s *stack) serve(listener net.Listener, handler http.Handler) {
	// A client that sends nothing, or its body for ever, holds no connection for ever. API Gateway takes 30 s.
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Shutdown
	s.onStop = append(s.onStop, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			return server.Close()
		}
		return nil
	})
}

func (s *stack) startGateway(context.Context) error {
	api := gateway.New(routes(s.template), s.runtime)
	local := newControl(s.runtime, s.port)
	s.serve(s.listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isControl(r.URL.Path) {
			local.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	}))
	return nil
}

// announceFirst writes stack.json once the system is ready, and sees to its end.
func (s *stack) announceFirst(context.Context) error {
	s.onStop = append(s.onStop, s.withdraw)
	s.announce()
	return nil
}

// announce writes stack.json as things are now.
func (s *stack) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.servers == nil || s.finished {
		return
	}
	postgres, redis := s.servers.PIDs()
	f := stackFile{
		BaseURL: s.baseURL(), DatabaseURL: s.servers.DatabaseURL(), RedisURL: s.servers.RedisURL(),
		AWSEndpoint: s.aws.Endpoint, AWSKey: s.aws.Key, AWSSecret: s.aws.Secret,
		PIDs: pids{os.Getpid(), postgres, redis},
	}
	if err := f.write(s.home); err != nil {
		s.say("stack.json: %v", err)
	}
}

// withdraw removes stack.json.
func (s *stack) withdraw() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
	if s.home == "" {
		return nil
	}
	return removeStackFile(s.home)
}
