package data

// Oddities counts what is wrong with a few rows of MTEB's own data sets and what mteb
// lets pass: an empty text, in either form; a label that training never shows or a
// judgement of a document that is not there, which in the plain form are errors.
type Oddities struct {
	What      string
	first     Place
	odd, seen int
}

// oddShare is how few they have to be: one in so many. What is odd more often is no
// oddity, but broken data.
const oddShare = 100

// Meet counts one thing, which is odd or is not.
func (o *Oddities) Meet(at Place, odd bool) {
	if o == nil {
		return
	}
	o.seen++
	if odd {
		if o.odd == 0 {
			o.first = at
		}
		o.odd++
	}
}

// Judge warns of oddities, or is an error if they are too many.
func (o *Oddities) Judge(warn func(format string, args ...any)) error {
	switch {
	case o == nil || o.odd == 0:
		return nil
	case o.odd*oddShare > o.seen:
		return o.first.Errorf("%d of %d %s", o.odd, o.seen, o.What)
	case warn != nil:
		warn("%s: %d of %d %s", o.first, o.odd, o.seen, o.What)
	}
	return nil
}
