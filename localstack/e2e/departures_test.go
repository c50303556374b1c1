package e2e_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A departure is what a host answers where AWS answers otherwise, and why.
type departure struct {
	status int // HTTP
	why    string
}

// departures are the tests whose expectation, which is AWS's answer, a host does not meet, by TEST_HOST. There a test holds
// the host to the departure and is skipped; whatever is not in this list holds on every host.
var departures = map[string]map[string]departure{
	"sam": {
		"TestGateway/slash_GET_/api/products/public/?limit=1": samSlash,
		"TestGateway/slash_POST_/api/orders/":                 samSlash,
		"TestGateway/slash_GET_/api/orders/7/":                samSlash,
		"TestOrder_refused/bad_UTF-8":                         {502, "SAM decodes every body as UTF-8 and answers by itself where that fails; AWS sends such a body in base64"},
		"TestOrder_refused/7_MB":                              samSize,
		"TestOrder_refused/11_MB":                             samSize,
		`TestGateway_bytes/"api/orders"`:                      {200, "SAM's server puts the missing slash before a path; AWS refuses the request line"},
		`TestGateway_bytes/"http://\xff/api/orders"`:          {200, "SAM's server does not look at the host of an absolute target; AWS refuses one that is no name"},
		"TestGateway_bytes/cookies_of_11_KB":                  {200, "SAM has no limit of its own for headers; AWS answers 431 beyond 10,240 bytes"},
	},
}

var (
	samSlash = departure{404, "SAM takes /path/ for /path and invokes the function of that, which knows no such path; on AWS it is another path, whose $default answers 308"}
	samSize  = departure{500, "SAM has no limit for a request, and its Lambda cuts off an event of more than 6 MB; AWS answers 413"}
)

// met holds the tests that have found themselves in the list.
var met sync.Map

// meetsAWS skips a test that this host departs in, once the status of its answer is the one that the list says.
func meetsAWS(t *testing.T, status int) {
	t.Helper()
	host := os.Getenv("TEST_HOST")
	d, departs := departures[host][t.Name()]
	if !departs {
		return
	}
	met.Store(t.Name(), true)
	if status != d.status {
		t.Fatalf("%s answers %d, and departs from AWS by %d in the list: %s", host, status, d.status, d.why)
	}
	t.Skipf("%s departs from AWS here: %d: %s", host, status, d.why)
}

// unmet answers the host's departures that no test has found itself in.
func unmet(host string, found func(test string) bool) []string {
	names := slices.Sorted(maps.Keys(departures[host]))
	return slices.DeleteFunc(names, found)
}

// checkDepartures answers the exit status of a run: 1 where it was the whole suite, and a departure is no test's any more.
func checkDepartures(status int) int {
	shop := given()
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == ""
	if status != 0 || !whole || shop == nil || shop.home == "" { // without its home tests are skipped before they ask
		return status
	}
	for _, name := range unmet(os.Getenv("TEST_HOST"), func(test string) bool { _, ok := met.Load(test); return ok }) {
		fmt.Fprintln(os.Stderr, "departures: there is no test", name)
		status = 1
	}
	return status
}

func TestDepartures(t *testing.T) {
	t.Parallel()
	for host, tests := range departures {
		for name, d := range tests {
			if !strings.HasPrefix(name, "Test") || !strings.Contains(name, "/") || d.why == "" || d.status == 0 {
				t.Errorf("%s: %s: %v", host, name, d)
			}
		}
		if got := unmet(host, func(string) bool { return false }); len(got) != len(tests) {
			t.Errorf("%s: of all departures, none met, these are unmet: %q", host, got)
		}
		if got := unmet(host, func(string) bool { return true }); len(got) != 0 {
			t.Errorf("%s: all met, and these are not: %q", host, got)
		}
	}
}
