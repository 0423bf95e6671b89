package classifier_test

import (
	"context"
	"fmt"

	"github.com/m2v-dev/m2v/classifier"
	"github.com/m2v-dev/m2v/static"
)

func Example() {
	student, err := static.Open("../static/testdata/float32")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer student.Close()
	train := &classifier.Examples{
		Task:   classifier.Single,
		Texts:  []string{"the house", "a stone bridge", "the river", "a window", "paper", "sing", "read and write", "run", "walk", "open it"},
		Labels: [][]string{{"thing"}, {"thing"}, {"thing"}, {"thing"}, {"thing"}, {"deed"}, {"deed"}, {"deed"}, {"deed"}, {"deed"}},
	}
	o := classifier.DefaultOptions()
	o.C = 10 // "o.C = 0" chooses it by cross-validation
	c, _, err := classifier.Fit(context.Background(), classifier.Base{Static: student}, train, nil, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := c.Predict(context.Background(), []string{"the stone house", "sing and run"}, classifier.DefaultThreshold)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range all {
		fmt.Println(p.Labels)
	}
	// Output:
	// [thing]
	// [deed]
}
