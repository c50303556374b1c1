// Package api turns an endpoint value into HTTP: decoding and validation, who may call, errors as
// problem documents (RFC 9457), and the OpenAPI document.
//
// An endpoint is a plain value. Its Lambda, its tests, the OpenAPI document and the comparison with
// template.yaml all read that one value, so it may hold constants, functions and method expressions
// only: a constructor call in it would link every endpoint of the domain into every binary.
package api
