package config_test

import (
	"testing"
	"time"

	"mercato/shared/platform/config"
)

func lookup(set map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := set[name]; return v, ok }
}

func TestLoad(t *testing.T) {
	t.Parallel()
	c, err := config.Load(lookup(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Stage != "prod" || c.Local() {
		t.Errorf("an empty environment is stage %q, want prod", c.Stage)
	}
	c, err = config.Load(lookup(map[string]string{"STAGE": "local", "CONSUME_FOR": "7s", "LOG_LEVEL": ""}))
	if err != nil || !c.Local() || c.ConsumeFor != 7*time.Second || c.LogLevel != "info" {
		t.Errorf("Load = %+v, %v", c, err)
	}
	if _, err := config.Load(lookup(map[string]string{"CONSUME_FOR": "soon"})); err == nil {
		t.Error("a bad duration was accepted")
	}
}

func TestVariablesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, v := range config.Variables() {
		if v.Name == "" || v.Doc == "" {
			t.Errorf("%+v lacks its env or doc tag", v)
		}
	}
}
