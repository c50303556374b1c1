package outbox

// Object is for the tests.
var Object = object
