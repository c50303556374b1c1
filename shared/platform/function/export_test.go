package function

// Serve is serve, for the tests.
var Serve = serve
