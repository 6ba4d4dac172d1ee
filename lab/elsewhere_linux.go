package lab

// Elsewhere is embedded by mechanisms: where there is no Linux it says so.
type Elsewhere struct{}
