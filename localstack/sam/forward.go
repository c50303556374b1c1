package sam

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
)

// forwarder leads the containers to servers that listen on 127.0.0.1: from the address of the containers' own network, and
// to those servers only.
type forwarder struct {
	at        net.IP                  // nil where hostName leads to this machine by itself
	listeners map[string]net.Listener // by the address that they lead to
}

// rewrite answers the URL as a container has to write it. One of another machine stays as it is.
func (f *forwarder) rewrite(text string) (string, error) {
	parsed, err := url.Parse(text)
	if err != nil || !loopback(parsed.Hostname()) {
		return text, nil //nolint:nilerr // what is no URL names no server
	}
	port := parsed.Port()
	if port == "" {
		port = defaultPorts[parsed.Scheme]
	}
	if f.at != nil {
		if port, err = f.lead(net.JoinHostPort(parsed.Hostname(), port)); err != nil {
			return "", err
		}
	}
	parsed.Host = net.JoinHostPort(hostName, port)
	return parsed.String(), nil
}

// defaultPorts are those of URLs that leave it out.
var defaultPorts = map[string]string{"postgres": "5432", "postgresql": "5432", "redis": "6379", "http": "80"}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// lead answers the port at which the containers find target.
func (f *forwarder) lead(target string) (string, error) {
	listener := f.listeners[target]
	if listener == nil {
		var err error
		if listener, err = net.Listen("tcp", net.JoinHostPort(f.at.String(), "0")); err != nil {
			return "", fmt.Errorf("lead the containers to %s: %w", target, err)
		}
		f.listeners[target] = listener
		go serve(listener, target)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}

// serve ends when the listener is closed; connections end with their containers.
func serve(listener net.Listener, target string) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		go connect(from, target)
	}
}

// connect carries both directions until both have ended.
func connect(from net.Conn, target string) {
	defer from.Close() //nolint:errcheck // nothing is left to be sent
	to, err := net.Dial("tcp", target)
	if err != nil {
		return // the client sees its connection closed, as it would with the server itself
	}
	defer to.Close() //nolint:errcheck // the same
	var both sync.WaitGroup
	both.Go(func() { carry(to, from) })
	both.Go(func() { carry(from, to) })
	both.Wait()
}

func carry(to, from net.Conn) {
	_, _ = io.Copy(to, from) // either side may go
	if half, ok := to.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
}

func (f *forwarder) close() error {
	var failed []error
	for _, one := range f.listeners {
		failed = append(failed, one.Close())
	}
	return errors.Join(failed...)
}

// connects tells which variables name a server. PUBLIC_ORIGIN is for browsers, which are on this machine.
func connects(variable string) bool { return strings.HasSuffix(variable, "_URL") }

// variables answers the functions' environment as their containers need it.
func (f *forwarder) variables(functions map[string]map[string]string) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for id, environment := range functions {
		out[id] = map[string]string{}
		for name, value := range environment {
			if connects(name) {
				var err error
				if value, err = f.rewrite(value); err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
			}
			out[id][name] = value
		}
	}
	return out, nil
}
