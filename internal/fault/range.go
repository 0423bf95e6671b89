package fault

import "math"

// AtLeast refuses an option's number below least.
func AtLeast(name string, n, least int) error {
	switch {
	case n >= least:
		return nil
	case least == 0:
		return Option(name, n, "is negative")
	case least == 1:
		return Option(name, n, "is not positive")
	}
	return Option(name, n, "is less than %d", least)
}

// Above0 refuses an option's number that is not above 0, or not finite.
func Above0(name string, v float64) error {
	if v > 0 && !math.IsInf(v, 1) { // also rejects NaN
		return nil
	}
	return Option(name, v, "is not above 0 and finite")
}

// From0 refuses an option's number that is below 0, or not finite.
func From0(name string, v float64) error {
	if v >= 0 && !math.IsInf(v, 1) {
		return nil
	}
	return Option(name, v, "is not 0 or above, and finite")
}

// Within refuses an option's number that is not in [low, high].
func Within(name string, v, low, high float64) error {
	if v >= low && v <= high {
		return nil
	}
	return Option(name, v, "is not in [%v, %v]", low, high)
}

// Below refuses an option's number that is not in [low, high).
func Below(name string, v, low, high float64) error {
	if v >= low && v < high {
		return nil
	}
	return Option(name, v, "is not in [%v, %v)", low, high)
}
