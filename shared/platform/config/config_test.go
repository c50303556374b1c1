package config_test

import (
	"strings"
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
	for name, value := range map[string]string{"CONSUME_FOR": "soon", "CONSUME_BATCH": "many", "DATABASE_POOL": "9999999999", "RELAY_BATCH": "1.5"} {
		if _, err := config.Load(lookup(map[string]string{name: value})); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s = %s: %v", name, value, err)
		}
	}
	c, err = config.Load(lookup(map[string]string{"DATABASE_POOL": "7", "CONSUME_BATCH": "8", "PUBLIC_ORIGIN": "https://a.example"}))
	if err != nil || c.DatabasePool != 7 || c.ConsumeBatch != 8 || c.PublicOrigin != "https://a.example" || c.OutboxCap != 10*time.Minute {
		t.Errorf("Load = %+v, %v", c, err)
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
