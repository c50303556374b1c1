package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"mercato/functions"
	"mercato/shared/platform/api"
)

func openAPI() error {
	compact, err := json.Marshal(api.Document(functions.Endpoints()))
	if err != nil {
		return fmt.Errorf("the OpenAPI document: %w", err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, compact, "", "  "); err != nil {
		return fmt.Errorf("the OpenAPI document: %w", err)
	}
	return write("docs/openapi.json", pretty.String()+"\n")
}
