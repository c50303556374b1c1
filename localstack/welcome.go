package main

import (
	"fmt"
	"os"
)

// welcome says where the system is and what to do with it.
func (s *stack) welcome() string {
	logins := ""
	if stage() == "local" {
		logins = `
  demo@demo.com   demotest   seller
  demo2@demo.com  demotest   buyer
  admin@demo.com  demotest   administrator
`
	}
	return fmt.Sprintf(`
  Mercato runs on %[1]s
%[2]s
  There is no web page yet. Try:
    %[6]smake demo
    curl %[1]s/api/products/public
    %[5]s "%[3]s"

  Ctrl-C stops it. Data stays in %[4]s; %[6]smake reset removes it.

`, s.baseURL(), logins, s.servers.DatabaseURL(), s.home, s.servers.Psql(), which())
}

// which is what a command in another terminal needs before it to mean this stack.
func which() string {
	if home := os.Getenv("MERCATO_HOME"); home != "" {
		return "MERCATO_HOME=" + home + " "
	}
	return ""
}
