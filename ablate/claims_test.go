package ablate

import (
	"math"
	"testing"
)

func TestPublishedRow(t *testing.T) {
	for _, c := range published { // what is stated follows from the table
		d := PublishedRow(c.With)["AvgAll.v1"] - PublishedRow(c.Over)["AvgAll.v1"]
		if math.Abs(d-c.Published) > 0.1 {
			t.Errorf("%s: stated %v, by the table %v", c.Name, c.Published, d)
		}
	}
	if got := PublishedRow("pca-dims=64"); got != nil {
		t.Errorf("the table has a row pca-dims=64: %v", got)
	}
}
