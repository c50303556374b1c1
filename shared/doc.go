// Package shared is the root of what the Lambdas have in common: one package
// for each domain, the events between them, and the platform below them. It
// has no code of its own; its tests hold the rules of who may import whom.
package shared
