package e2e_test

import (
	"os"
	"strings"
	"testing"
)

// departures are the tests whose expectation, which is AWS's answer, a host does not meet, by TEST_HOST: what it does
// instead, and why. They are skipped there; whatever is not in this list holds on every host.
var departures = map[string]map[string]string{
	"sam": {
		"TestGateway/slash_GET_/api/products/public/?limit=1": samSlash,
		"TestGateway/slash_POST_/api/orders/":                 samSlash,
		"TestGateway/slash_GET_/api/orders/7/":                samSlash,
		"TestOrder_refused/bad_UTF-8":                         "SAM decodes every body as UTF-8 and answers 502 by itself where that fails; AWS sends such a body in base64",
		"TestOrder_refused/7_MB":                              samSize,
		"TestOrder_refused/11_MB":                             samSize,
		`TestGateway_bytes/"api/orders"`:                      "SAM's server puts the missing slash before a path; AWS refuses the request line",
		`TestGateway_bytes/"http://\xff/api/orders"`:          "SAM's server does not look at the host of an absolute target; AWS refuses one that is no name",
		"TestGateway_bytes/cookies_of_11_KB":                  "SAM has no limit of its own for headers; AWS answers 431 beyond 10,240 bytes",
	},
}

const (
	samSlash = "SAM takes /path/ for /path and invokes the function of that, which knows no such path: 404; on AWS it is another path, whose $default answers 308"
	samSize  = "SAM has no limit for a request, and its Lambda cuts off an event of more than 6 MB: 500; AWS answers 413"
)

// meetsAWS skips a test that this host departs in.
func meetsAWS(t *testing.T) {
	t.Helper()
	host := os.Getenv("TEST_HOST")
	if why := departures[host][t.Name()]; why != "" {
		t.Skipf("%s departs from AWS here: %s", host, why)
	}
}

// TestDepartures: a name that is no test's any more would stay in the list for ever.
func TestDepartures(t *testing.T) {
	t.Parallel()
	for host, tests := range departures {
		for name, why := range tests {
			if !strings.HasPrefix(name, "Test") || !strings.Contains(name, "/") || why == "" {
				t.Errorf("%s: %s: %q", host, name, why)
			}
		}
	}
}
