package ablate

// writing writes a folder while the next student is made: one at a time, so that no more
// than two students are in memory.
type writing struct{ pending chan error } // nil while nothing is written

// start begins to write, once what is being written is done.
func (w *writing) start(write func() error) error {
	if err := w.wait(); err != nil {
		return err
	}
	w.pending = make(chan error, 1)
	go func() { w.pending <- write() }()
	return nil
}

// wait returns when nothing is written any more, with the error of what was.
func (w *writing) wait() error {
	if w.pending == nil {
		return nil
	}
	err := <-w.pending
	w.pending = nil
	return err
}
