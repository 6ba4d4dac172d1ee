package lessons

// An Expr is one expression of a lesson, checked against the names that it may use.
type Expr struct {
	Source string
	Line   int
	Col    int
}
