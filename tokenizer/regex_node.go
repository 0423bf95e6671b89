package tokenizer

// length returns the fewest and most code points that n matches.
func (n *node) length() (least, most int) {
	switch n.op {
	case opSet:
		return 1, 1
	case opConcat:
		for _, s := range n.subs {
			a, b := s.length()
			least, most = least+a, add(most, b)
		}
		return least, most
	case opAlternate:
		least, most = n.subs[0].length()
		for _, s := range n.subs[1:] {
			a, b := s.length()
			least = min(least, a)
			if most == unlimited || b == unlimited {
				most = unlimited
			} else {
				most = max(most, b)
			}
		}
		return least, most
	case opRepeat:
		a, b := n.subs[0].length()
		if n.max == unlimited || b == unlimited {
			return min(a*n.min, 1<<30), unlimited
		}
		return min(a*n.min, 1<<30), min(b*n.max, 1<<30)
	case opAtomic, opCapture, opBackref:
		return n.subs[0].length()
	}
	return 0, 0
}

func add(a, b int) int {
	if a == unlimited || b == unlimited {
		return unlimited
	}
	return min(a+b, 1<<30)
}

// nullable reports whether n may match nothing.
func (n *node) nullable() bool {
	switch n.op {
	case opSet:
		return false
	case opConcat:
		for _, s := range n.subs {
			if !s.nullable() {
				return false
			}
		}
		return true
	case opAlternate:
		for _, s := range n.subs {
			if s.nullable() {
				return true
			}
		}
		return false
	case opRepeat:
		return n.min == 0 || n.subs[0].nullable()
	case opAtomic, opCapture, opBackref:
		return n.subs[0].nullable()
	}
	return true
}
